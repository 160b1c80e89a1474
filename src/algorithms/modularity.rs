//! How good a division into communities is, and which vertices of a community hang together.
//!
//! With `A` the symmetric weight matrix, `k` its row sums and `W` the sum of all `k`, the modularity
//! of a partition at resolution `γ` is `Σ over communities (inner / W - γ (volume / W)²)`, where
//! `inner` sums `A` within the community and `volume` sums `k`. Convention: that of [`super::layers`].

use std::ops::ControlFlow;

use super::chunks;
use super::control::{Control, KernelError};
use super::disjoint_sets::{join, root};
use super::layers::Layer;
use super::pace::Pace;

/// The modularity of `community`, labels below the number of vertices; on all threads.
pub(super) fn modularity(
    layer: &Layer<'_>,
    community: &[u32],
    resolution: f64,
    control: &Control,
) -> Result<f64, KernelError> {
    if layer.total == 0.0 {
        return Ok(0.0);
    }
    let mut inner = 0.0;
    let ranges = layer.even_ranges();
    let within = |range: std::ops::Range<u32>| {
        let mut sum = 0.0;
        for v in range {
            let own = community[v as usize];
            sum += layer.loops[v as usize];
            // A product, not a branch: which neighbours belong cannot be predicted.
            layer.around(v, |u, weight| {
                sum += weight * f64::from(u8::from(community[u as usize] == own))
            });
        }
        sum
    };
    chunks::in_order(
        ranges.len(),
        1,
        control,
        || (),
        |(), index| Ok(ranges[index].iter().cloned().map(within).sum::<f64>()),
        |sum| {
            inner += sum;
            ControlFlow::Continue(())
        },
    )?;
    let mut volume = vec![0.0; community.len()];
    for (own, strength) in community.iter().zip(&layer.strength) {
        volume[*own as usize] += strength;
    }
    let expected: f64 = volume.iter().map(|it| (it / layer.total).powi(2)).sum();
    Ok(inner / layer.total - resolution * expected)
}

/// Splits communities into their connected parts, each labelled by its smallest member.
///
/// Every vertex is first joined with one neighbour in its community; only vertices that this leaves
/// outside the largest part of their community look at all their neighbours (Afforest, Sutton et al.,
/// IPDPS 2018).
pub(super) fn split(layer: &Layer<'_>, community: &mut [u32], control: &Control) -> Result<(), KernelError> {
    let n = layer.vertex_count();
    let mut parent: Vec<u32> = (0..n).collect();
    let mut pace = Pace::new(control);
    for v in 0..n {
        pace.step(layer.degree(v))?;
        let own = community[v as usize];
        if let Some(u) = layer.find_around(v, |u| community[u as usize] == own) {
            join(&mut parent, v, u);
        }
    }
    let largest = largest_parts(&mut parent, community);
    for v in 0..n {
        let own = community[v as usize];
        if parent[v as usize] == largest[own as usize] {
            continue;
        }
        pace.step(layer.degree(v))?;
        layer.around(v, |u, _| {
            if community[u as usize] == own {
                join(&mut parent, v, u);
            }
        });
    }
    for v in 0..n {
        community[v as usize] = root(&mut parent, v);
    }
    Ok(())
}

/// The root of the largest part so far of each community; afterwards each parent is a root.
fn largest_parts(parent: &mut [u32], community: &[u32]) -> Vec<u32> {
    let mut size = vec![0_u32; parent.len()];
    for v in 0..parent.len() {
        // Parents are smaller than their children, so ascending order meets settled parents only.
        parent[v] = parent[parent[v] as usize];
        size[parent[v] as usize] += 1;
    }
    let mut largest = vec![u32::MAX; parent.len()];
    for (part, own) in parent.iter().zip(community) {
        let slot = &mut largest[*own as usize];
        if *slot == u32::MAX || size[*part as usize] > size[*slot as usize] {
            *slot = *part;
        }
    }
    largest
}

/// Numbers communities from 0 in the order of their smallest members; returns how many there are.
pub(super) fn renumber(community: &mut [u32]) -> u32 {
    let mut number = vec![u32::MAX; community.len()];
    let mut count = 0;
    for own in community.iter_mut() {
        let slot = &mut number[*own as usize];
        if *slot == u32::MAX {
            *slot = count;
            count += 1;
        }
        *own = *slot;
    }
    count
}

#[cfg(test)]
#[path = "modularity_tests.rs"]
mod tests;
