//! Divides each community into parts that are well connected, for the Leiden algorithm.
//!
//! A set `S` within a community `C` is well connected when the weight from `S` to the rest of `C` is at
//! least what chance would put there: `E(S, C - S) ≥ γ volume(S) volume(C - S) / W`. Vertices begin
//! alone; each that is still alone and well connected joins the well-connected part of its community
//! that gains most modularity, the smallest among equals, unless all would lose. Parts so built cannot
//! be cut in two without a loss at some step of their making.
//!
//! Law: the original draws among the gains at random; the greatest gain needs no seed and comes to
//! better divisions in the same time (Sahu, arXiv:2312.13936).
//!
//! Cost: two visits of each edge end, 52 bytes a vertex, one thread.
//!
//! Source: Traag, Waltman and van Eck, Scientific Reports 9, 2019.

use super::community_sums::Sums;
use super::control::{Control, KernelError};
use super::layers::Layer;
use super::pace::Pace;

/// What is known of a part.
struct Part {
    volume: f64,
    /// Weight towards the rest of its community.
    outward: f64,
}

/// The well-connected parts of `community`, whose labels are below the number of vertices; each part is
/// labelled by one of its members. Vertices are visited by number, `falling` or rising.
pub(super) fn refine(
    layer: &Layer<'_>,
    community: &[u32],
    resolution: f64,
    falling: bool,
    control: &Control,
) -> Result<Vec<u32>, KernelError> {
    let n = layer.vertex_count();
    let mut pace = Pace::new(control);
    let mut volume = vec![0.0; n as usize];
    for (own, strength) in community.iter().zip(&layer.strength) {
        volume[*own as usize] += strength;
    }
    let mut parts = alone(layer, community, &mut pace)?;
    let mut part: Vec<u32> = (0..n).collect();
    let mut is_alone = vec![true; n as usize];
    let chance = |one: f64, other: f64| resolution * one * other / layer.total;
    for visit in 0..n {
        let v = if falling { n - 1 - visit } else { visit };
        pace.step(layer.degree(v))?;
        let (own, strength) = (community[v as usize], layer.strength[v as usize]);
        let (whole, outward) = (volume[own as usize], parts.known(v).outward);
        if !is_alone[v as usize] || outward < chance(strength, whole - strength) {
            continue;
        }
        let mut gathered = parts.gather();
        layer.around(v, |u, weight| {
            if community[u as usize] == own {
                gathered.add(part[u as usize], weight);
            }
        });
        let (mut best, mut most, mut towards) = (v, -1.0, 0.0);
        gathered.drain(|other, weight, known| {
            let excess = weight - chance(strength, known.volume);
            let better = excess > most || (excess == most && other < best);
            let well_connected = known.outward >= chance(known.volume, whole - known.volume);
            if excess >= 0.0 && better && well_connected {
                (best, most, towards) = (other, excess, weight);
            }
        });
        if best != v {
            part[v as usize] = best;
            (is_alone[v as usize], is_alone[best as usize]) = (false, false);
            let joined = parts.known(best);
            joined.volume += strength;
            joined.outward += outward - 2.0 * towards;
        }
    }
    Ok(part)
}

/// Every vertex as a part of its own.
fn alone(layer: &Layer<'_>, community: &[u32], pace: &mut Pace<'_>) -> Result<Sums<Part>, KernelError> {
    let mut outward = Vec::with_capacity(community.len());
    for (v, own) in (0_u32..).zip(community) {
        pace.step(layer.degree(v))?;
        let mut sum = 0.0;
        // A product, not a branch: which neighbours belong cannot be predicted.
        layer.around(v, |u, weight| {
            sum += weight * f64::from(u8::from(community[u as usize] == *own));
        });
        outward.push(sum);
    }
    let known = layer.strength.iter().zip(outward);
    Ok(Sums::of(known.map(|(volume, outward)| Part {
        volume: *volume,
        outward,
    })))
}
