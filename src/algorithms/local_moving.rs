//! Moves vertices one by one to the neighbouring community that gains most modularity.
//!
//! Vertices stand in a queue; one that moves puts its neighbours outside its new community back into
//! it. A pass is what stands in the queue at a time.
//!
//! Cost: a visit of each edge end a pass at first, soon far fewer; about 45 bytes a vertex; one thread,
//! as moves depend on their order and the answer must not depend on threads.
//!
//! Source: the queue after Traag, Waltman and van Eck, Scientific Reports 9, 2019; ending a level when
//! a pass gains little after Staudt and Meyerhenke, TPDS 27, 2016.

use super::community_sums::Sums;
use super::control::{Control, KernelError};
use super::layers::Layer;
use super::pace::Pace;

/// A move must gain this much modularity, so that rounding cannot keep it going.
pub(super) const LEAST_GAIN: f64 = 1e-10;

/// What counts as a gain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Resolution of modularity.
    pub(super) resolution: f64,
    /// Moving ends after a pass that gains less; 0 where no move may be left.
    pub(super) least: f64,
}

/// What moving came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moves {
    /// Whether any vertex moved.
    pub(super) any: bool,
    /// Modularity gained.
    pub(super) gained: f64,
}

/// Moves vertices between communities, labels below their number, until no single move gains or a pass
/// gains too little. The first pass visits vertices in `order`, or by number.
pub(super) fn move_vertices(
    layer: &Layer<'_>,
    order: Option<&[u32]>,
    community: &mut [u32],
    rule: Rule,
    control: &Control,
) -> Result<Moves, KernelError> {
    let n = layer.vertex_count();
    let mut moves = Moves {
        any: false,
        gained: 0.0,
    };
    if layer.total == 0.0 {
        return Ok(moves);
    }
    control.expect(n.into());
    let mut standing = Standing::of(layer, community, control)?;
    let mut pass: Vec<u32> = order.map_or_else(|| (0..n).collect(), <[u32]>::to_vec);
    let mut next: Vec<u32> = Vec::new();
    let mut queued = vec![true; n as usize];
    let mut pace = Pace::new(control);
    while !pass.is_empty() {
        let mut excess = 0.0;
        for v in pass.drain(..) {
            pace.step(layer.degree(v))?;
            queued[v as usize] = false;
            let own = community[v as usize];
            let (best, gain) = standing.choose(layer, v, community, rule.resolution);
            if best != own {
                excess += gain;
                moves.any = true;
                community[v as usize] = best;
                layer.around(v, |u, _| {
                    if !queued[u as usize] && community[u as usize] != best {
                        queued[u as usize] = true;
                        next.push(u);
                    }
                });
            }
        }
        let gained = 2.0 * excess / layer.total;
        moves.gained += gained;
        if gained < rule.least {
            break;
        }
        std::mem::swap(&mut pass, &mut next);
    }
    control.advance(n.into());
    Ok(moves)
}

/// Where communities stand while vertices move.
struct Standing {
    /// Weight from the vertex at hand towards communities, and their volumes.
    sums: Sums<f64>,
    members: Vec<u32>,
    /// Names without members, the smallest last: a vertex that is better off alone takes one.
    free: Vec<u32>,
}

impl Standing {
    fn of(layer: &Layer<'_>, community: &[u32], control: &Control) -> Result<Standing, KernelError> {
        let mut volume = vec![0.0; community.len()];
        let mut members = vec![0_u32; community.len()];
        for (own, strength) in community.iter().zip(&layer.strength) {
            volume[*own as usize] += strength;
            members[*own as usize] += 1;
        }
        control.check()?;
        let names = (0..layer.vertex_count()).rev();
        let free = names.filter(|it| members[*it as usize] == 0).collect();
        control.check()?;
        Ok(Standing {
            sums: Sums::of(volume.into_iter()),
            members,
            free,
        })
    }

    /// Takes `v` out of its community and puts it where the weight towards the community most exceeds
    /// what chance would put there: back unless another gains enough, and of equally good ones into the
    /// smallest. Returns the community and by how much the excess grew.
    fn choose(&mut self, layer: &Layer<'_>, v: u32, community: &[u32], resolution: f64) -> (u32, f64) {
        let (own, strength) = (community[v as usize], layer.strength[v as usize]);
        self.members[own as usize] -= 1;
        let volume = self.sums.known(own);
        *volume -= strength;
        if self.members[own as usize] == 0 {
            // Alone it stays unless it gains; rounding must not leave volume behind.
            *volume = 0.0;
        }
        let mut sums = self.sums.gather();
        sums.add(own, 0.0);
        layer.around(v, |u, weight| sums.add(community[u as usize], weight));
        let (mut best, mut most, mut stay) = (own, f64::NEG_INFINITY, 0.0);
        sums.drain(|other, weight, volume| {
            let excess = weight - resolution * strength * volume / layer.total;
            if other == own {
                stay = excess;
            } else if excess > most || (excess == most && other < best) {
                (best, most) = (other, excess);
            }
        });
        // A community without members exceeds chance by 0, which is best where all others fall short.
        if let Some(alone) = self.free.last().filter(|_| most < 0.0) {
            (best, most) = (*alone, 0.0);
        }
        // Moving gains 2 (most - stay) / total.
        if most - stay <= LEAST_GAIN * layer.total {
            best = own;
        }
        self.enter(best, own, strength);
        (best, most - stay)
    }

    /// Counts a vertex that left `from` into `to`.
    fn enter(&mut self, to: u32, from: u32, strength: f64) {
        *self.sums.known(to) += strength;
        self.members[to as usize] += 1;
        if to == from {
            return;
        }
        if self.free.last() == Some(&to) {
            self.free.pop();
        }
        if self.members[from as usize] == 0 {
            self.free.push(from);
        }
    }
}
