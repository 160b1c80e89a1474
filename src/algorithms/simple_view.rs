//! The simple undirected view of a graph: direction ignored, parallel edges merged, self-loops left out.
//!
//! Cost: O(n + m) time, 8 bytes a vertex and at most 8 bytes an edge.

use crate::graph::{Adjacency, Csr};

/// For each vertex its distinct neighbours in either direction, ascending, itself left out.
pub(super) struct SimpleView {
    offsets: Vec<usize>,
    targets: Vec<u32>,
}

impl SimpleView {
    /// The simple undirected view of `graph`.
    pub(super) fn new(graph: &Csr) -> Self {
        let n = graph.vertex_count();
        let mut offsets = Vec::with_capacity(n as usize + 1);
        let mut targets = Vec::with_capacity(graph.entry_count() as usize);
        offsets.push(0);
        for v in 0..n {
            if graph.directed {
                merge(&graph.out, &graph.into, v, &mut targets);
            } else {
                let others = graph.out.neighbours(v).iter().filter(|u| **u != v);
                extend_distinct(&mut targets, offsets[v as usize], others.copied());
            }
            offsets.push(targets.len());
        }
        Self { offsets, targets }
    }

    /// The index range of `v`'s neighbours, for [`SimpleView::target`].
    pub(super) fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize]..self.offsets[v as usize + 1]
    }

    /// The neighbour at `index`.
    pub(super) fn target(&self, index: usize) -> u32 {
        self.targets[index]
    }
}

/// Appends the neighbours of `v` in both sorted lists, each once.
fn merge(out: &Adjacency, into: &Adjacency, v: u32, targets: &mut Vec<u32>) {
    let begin = targets.len();
    let (mut a, mut b) = (out.neighbours(v), into.neighbours(v));
    let both = std::iter::from_fn(|| {
        let from_a = match (a.first(), b.first()) {
            (Some(x), Some(y)) => x <= y,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return None,
        };
        let list = if from_a { &mut a } else { &mut b };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    });
    extend_distinct(targets, begin, both.filter(|u| *u != v));
}

/// Appends the sorted values, each once; the list under way begins at `begin`.
fn extend_distinct(targets: &mut Vec<u32>, begin: usize, sorted: impl Iterator<Item = u32>) {
    for u in sorted {
        if targets.len() == begin || targets.last() != Some(&u) {
            targets.push(u);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::random_graphs::any_graph;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn neighbours_are_the_set_of_both_directions(graph in any_graph(8)) {
            let view = SimpleView::new(&graph);
            for v in 0..graph.vertex_count() {
                let lists = graph.out.neighbours(v).iter().chain(graph.into.neighbours(v));
                let expected: BTreeSet<u32> = lists.copied().filter(|u| *u != v).collect();
                let found: Vec<u32> = view.range(v).map(|index| view.target(index)).collect();
                prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
