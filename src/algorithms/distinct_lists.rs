//! One direction of a graph with each neighbour once: parallel edges merged, self-loops left out.
//!
//! Cost: O(m) time. A graph that has neither parallel edges nor self-loops is lent, not copied; else 4
//! bytes a vertex and 4 an edge, 12 with weights.

use std::borrow::Cow;

use super::control::{Control, KernelError};
use super::pace::Pace;
use crate::graph::Adjacency;

/// For each vertex its distinct neighbours, ascending, itself left out.
pub(super) struct DistinctLists<'a> {
    offsets: Cow<'a, [u32]>,
    targets: Cow<'a, [u32]>,
    weights: Option<Cow<'a, [f64]>>,
}

impl<'a> DistinctLists<'a> {
    /// The distinct lists of `side`; weights of parallel edges become one by `merged`. Fails only when
    /// the run is cancelled.
    pub(super) fn new(
        side: &'a Adjacency,
        control: &Control,
        merged: impl Fn(f64, f64) -> f64,
    ) -> Result<Self, KernelError> {
        if are_distinct(side, control)? {
            return Ok(Self {
                offsets: Cow::Borrowed(&side.offsets),
                targets: Cow::Borrowed(&side.targets),
                weights: side.weights.as_deref().map(Cow::Borrowed),
            });
        }
        let n = side.offsets.len() as u32 - 1;
        let mut offsets = Vec::with_capacity(side.offsets.len());
        offsets.push(0_u32);
        let mut targets = Vec::with_capacity(side.targets.len());
        let mut weights = side.weights.as_ref().map(|it| Vec::with_capacity(it.len()));
        let mut pace = Pace::new(control);
        for v in 0..n {
            pace.step(side.degree(v))?;
            let begin = targets.len();
            for at in side.range(v) {
                let u = side.targets[at];
                if u == v {
                    continue;
                }
                let is_parallel = targets.len() > begin && targets.last() == Some(&u);
                if !is_parallel {
                    targets.push(u);
                }
                if let Some(weights) = &mut weights {
                    match weights.last_mut() {
                        Some(last) if is_parallel => *last = merged(*last, side.weight(at)),
                        _ => weights.push(side.weight(at)),
                    }
                }
            }
            offsets.push(targets.len() as u32);
        }
        Ok(Self {
            offsets: Cow::Owned(offsets),
            targets: Cow::Owned(targets),
            weights: weights.map(Cow::Owned),
        })
    }

    /// The index range of `v`'s neighbours.
    #[inline]
    pub(super) fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize] as usize..self.offsets[v as usize + 1] as usize
    }

    /// The neighbours of `v`, ascending.
    #[inline]
    pub(super) fn neighbours(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }

    /// Number of neighbours of `v`.
    #[inline]
    pub(super) fn degree(&self, v: u32) -> usize {
        self.range(v).len()
    }

    /// The neighbour at `index`.
    #[inline]
    pub(super) fn target(&self, index: usize) -> u32 {
        self.targets[index]
    }

    /// The weight at `index`; 1 when unweighted.
    #[inline]
    pub(super) fn weight(&self, index: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[index])
    }
}

/// Whether `side` has neither parallel edges nor self-loops.
fn are_distinct(side: &Adjacency, control: &Control) -> Result<bool, KernelError> {
    let n = side.offsets.len() as u32 - 1;
    let mut pace = Pace::new(control);
    for v in 0..n {
        pace.step(side.degree(v))?;
        let list = side.neighbours(v);
        if list.windows(2).any(|pair| pair[0] == pair[1]) || list.binary_search(&v).is_ok() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::random_graphs::any_graph;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_neighbour_stands_once_with_all_its_weight(graph in any_graph(8)) {
            for side in [&graph.out, &graph.into] {
                let lists = DistinctLists::new(side, &Control::default(), |a, b| a + b).unwrap();
                for v in 0..graph.vertex_count() {
                    let mut wanted: BTreeMap<u32, f64> = BTreeMap::new();
                    for at in side.range(v).filter(|at| side.targets[*at] != v) {
                        *wanted.entry(side.targets[at]).or_default() += side.weight(at);
                    }
                    let found: Vec<(u32, f64)> =
                        lists.range(v).map(|at| (lists.target(at), lists.weight(at))).collect();
                    if graph.is_weighted() {
                        prop_assert_eq!(&found, &wanted.clone().into_iter().collect::<Vec<_>>());
                    }
                    prop_assert_eq!(lists.neighbours(v), wanted.into_keys().collect::<Vec<_>>());
                }
            }
        }
    }
}
