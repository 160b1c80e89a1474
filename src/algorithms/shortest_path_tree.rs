//! Through which vertex a shortest path enters each vertex, from the distances alone.
//!
//! Law: the parent is the smallest vertex among those nearer to the sources from which an edge fills the
//! distance exactly. Where only edges of weight 0 lead on, it is the smallest among those that are fewest
//! such edges away from a vertex with a parent; so following parents always ends at a source. It depends
//! on the distances only, not on the search that found them.
//!
//! Cost: O(n + m) time on all threads; 4 bytes a vertex.

use super::blocks;
use super::control::{Control, KernelError};
use crate::graph::{Adjacency, Csr, NO_VERTEX};

/// The parent of each vertex by its distance in `length`; [`NO_VERTEX`] for `sources` (ascending) and for
/// what is infinitely far. Announces and reports a work unit a vertex.
pub(super) fn parents(
    graph: &Csr,
    sources: &[u32],
    length: &[f64],
    weighted: bool,
    control: &Control,
) -> Result<Vec<u32>, KernelError> {
    let weights = graph.into.weights.as_deref().filter(|_| weighted);
    let mut parents = vec![NO_VERTEX; length.len()];
    control.expect(length.len() as u64);
    blocks::fill_along(&*graph.into, &mut parents, control, |v| {
        let own = length[v as usize];
        if own == 0.0 || own == f64::INFINITY {
            return NO_VERTEX; // sources, those beside them, and what no source reaches
        }
        from_nearer(&graph.into, weights, v, length)
    })?;
    if weights.is_some() {
        let is_rest = |v: &u32| {
            length[*v as usize] < f64::INFINITY
                && parents[*v as usize] == NO_VERTEX
                && sources.binary_search(v).is_err()
        };
        let rest: Vec<u32> = (0..length.len() as u32).filter(is_rest).collect();
        over_zeros(graph, rest, length, &mut parents, control)?;
    }
    Ok(parents)
}

fn from_nearer(into: &Adjacency, weights: Option<&[f64]>, v: u32, length: &[f64]) -> u32 {
    let own = length[v as usize];
    let list = into.neighbours(v);
    let fills = |u: u32, weight: f64| {
        let before = length[u as usize];
        before < own && before + weight == own
    };
    let found = match weights {
        Some(weights) => {
            let pairs = list.iter().zip(&weights[into.range(v)]);
            pairs
                .into_iter()
                .find(|(u, weight)| fills(**u, **weight))
                .map(|it| it.0)
        }
        None => list.iter().find(|u| fills(**u, 1.0)),
    };
    found.copied().unwrap_or(NO_VERTEX)
}

/// Gives parents to `rest`, to which only edges lead that add nothing, layer by layer.
fn over_zeros(
    graph: &Csr,
    rest: Vec<u32>,
    length: &[f64],
    parents: &mut [u32],
    control: &Control,
) -> Result<(), KernelError> {
    let adds_nothing = |u: u32, v: u32, weight: f64| {
        length[u as usize] == length[v as usize] && length[u as usize] + weight == length[v as usize]
    };
    let mut waits = vec![false; if rest.is_empty() { 0 } else { length.len() }];
    rest.iter().for_each(|v| waits[*v as usize] = true);
    let into = &graph.into;
    let mut layer: Vec<u32> = Vec::new();
    for &v in &rest {
        let leads = |at: &usize| {
            let u = into.targets[*at];
            !waits[u as usize] && adds_nothing(u, v, into.weight(*at))
        };
        if let Some(at) = into.range(v).find(leads) {
            parents[v as usize] = into.targets[at];
            layer.push(v);
        }
    }
    while !layer.is_empty() {
        control.check()?;
        layer.iter().for_each(|v| waits[*v as usize] = false);
        let mut next = Vec::new();
        // Ascending, so that the smallest comes first.
        for &u in &layer {
            for at in graph.out.range(u) {
                let v = graph.out.targets[at];
                if waits[v as usize] && adds_nothing(u, v, graph.out.weight(at)) {
                    waits[v as usize] = false;
                    parents[v as usize] = u;
                    next.push(v);
                }
            }
        }
        next.sort_unstable();
        layer = next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{all_distances, keep_all};
    use super::*;
    use crate::graph::{EdgeList, build};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Weights of 0 are frequent, so that circles of them occur.
        #[test]
        fn parents_lead_along_tight_edges_to_a_source(
            rows in prop::collection::vec((0_u32..12, 0_u32..12, 0_u8..3), 0..40),
            second in 0_u32..12,
            directed in any::<bool>(),
        ) {
            let edges = EdgeList {
                sources: rows.iter().map(|it| it.0).collect(),
                targets: rows.iter().map(|it| it.1).collect(),
                weights: Some(rows.iter().map(|it| f64::from(it.2)).collect()),
                times: None,
            };
            let graph = build(12, edges, keep_all(directed));
            let mut sources = vec![0, second];
            sources.dedup();
            let table = all_distances(&graph, true);
            let length: Vec<f64> = (0..12)
                .map(|v| sources.iter().map(|it| table[*it as usize][v]).fold(f64::INFINITY, f64::min))
                .collect();
            let parents = parents(&graph, &sources, &length, true, &Control::default()).unwrap();
            for v in 0..12 {
                let (mut at, mut steps) = (v, 0);
                while parents[at as usize] != NO_VERTEX {
                    let before = parents[at as usize];
                    let tight = graph.into.range(at).any(|it| {
                        graph.into.targets[it] == before
                            && length[before as usize] + graph.into.weight(it) == length[at as usize]
                    });
                    prop_assert!(tight && steps < 12, "{} to {}", before, at);
                    (at, steps) = (before, steps + 1);
                }
                let reached = length[v as usize] < f64::INFINITY;
                prop_assert_eq!(reached, sources.contains(&at));
            }
        }
    }
}
