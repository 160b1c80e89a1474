//! The simple undirected view of a graph: direction ignored, parallel edges merged, self-loops left out.
//!
//! Cost: O(n + m) time, 8 bytes a vertex and at most 10 bytes an edge.

use super::blocks;
use super::control::{Control, KernelError};
use crate::graph::{Csr, NO_VERTEX, Neighbourhoods};

/// For each vertex its distinct neighbours in either direction, ascending, itself left out.
pub(super) struct SimpleView {
    offsets: Vec<usize>,
    targets: Vec<u32>,
    /// Directed edges between the two, parallel to `targets`: 1, or 2 when reciprocal or undirected.
    ways: Vec<u8>,
}

impl SimpleView {
    /// The simple undirected view of `graph`; fails only when the run is cancelled.
    pub(super) fn new(graph: &Csr, control: &Control) -> Result<Self, KernelError> {
        let n = graph.vertex_count();
        let entries = graph.entry_count() as usize * if graph.directed { 2 } else { 1 };
        let mut offsets = Vec::with_capacity(n as usize + 1);
        let (mut targets, mut ways) = (Vec::with_capacity(entries), Vec::with_capacity(entries));
        offsets.push(0);
        blocks::in_turn_paced(n, control, |v, pace| {
            pace.step(graph.degree(v))?;
            for (u, reciprocal) in distinct_neighbours(graph, v) {
                targets.push(u);
                ways.push(1 + u8::from(reciprocal || !graph.directed));
            }
            offsets.push(targets.len());
            Ok(())
        })?;
        Ok(Self {
            offsets,
            targets,
            ways,
        })
    }

    /// The index range of `v`'s neighbours, for [`SimpleView::target`].
    pub(super) fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize]..self.offsets[v as usize + 1]
    }

    /// The neighbour at `index`.
    pub(super) fn target(&self, index: usize) -> u32 {
        self.targets[index]
    }

    /// The neighbours of `v`, ascending.
    pub(super) fn neighbours(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }

    /// How many directed edges join `v` to each of its neighbours, in their order.
    pub(super) fn ways(&self, v: u32) -> &[u8] {
        &self.ways[self.range(v)]
    }

    /// Number of neighbours of `v`.
    pub(super) fn degree(&self, v: u32) -> usize {
        self.range(v).len()
    }

    /// Entries of all lists together, two for each linked pair.
    pub(super) fn entry_count(&self) -> usize {
        self.targets.len()
    }

    /// Number of vertices.
    pub(super) fn vertex_count(&self) -> u32 {
        (self.offsets.len() - 1) as u32
    }
}

/// The distinct neighbours of `v` in both directions, ascending, without `v`; the flag says whether
/// the neighbour stands in both lists.
pub(super) fn distinct_neighbours<L: Neighbourhoods>(
    graph: &Csr<L>,
    v: u32,
) -> impl Iterator<Item = (u32, bool)> {
    let into = graph
        .into
        .list(v)
        .take(if graph.directed { usize::MAX } else { 0 });
    let mut out = distinct(graph.out.list(v), v).peekable();
    let mut into = distinct(into, v).peekable();
    std::iter::from_fn(move || {
        let next = match (out.peek(), into.peek()) {
            (Some(a), Some(b)) => *a.min(b),
            (Some(only), None) | (None, Some(only)) => *only,
            (None, None) => return None,
        };
        let forth = out.next_if_eq(&next).is_some();
        let back = into.next_if_eq(&next).is_some();
        Some((next, forth && back))
    })
}

/// The distinct members of a sorted list, without `v`.
pub(super) fn distinct(sorted: impl Iterator<Item = u32>, v: u32) -> impl Iterator<Item = u32> {
    let mut last = NO_VERTEX;
    sorted.filter(move |u| std::mem::replace(&mut last, *u) != *u && *u != v)
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
            let view = SimpleView::new(&graph, &Control::default()).unwrap();
            for v in 0..graph.vertex_count() {
                let lists = graph.out.neighbours(v).iter().chain(graph.into.neighbours(v));
                let expected: BTreeSet<u32> = lists.copied().filter(|u| *u != v).collect();
                let found: Vec<u32> = view.range(v).map(|index| view.target(index)).collect();
                prop_assert_eq!(&found, &expected.into_iter().collect::<Vec<_>>());
                for (u, ways) in found.iter().zip(view.ways(v)) {
                    let (forth, back) = (graph.out.neighbours(v), graph.into.neighbours(v));
                    prop_assert_eq!(*ways, u8::from(forth.contains(u)) + u8::from(back.contains(u)));
                }
            }
        }
    }
}
