//! Triangles and local clustering coefficient.
//!
//! A triangle is three vertices of which each two are linked, in whatever direction. The clustering
//! of a vertex with `d` distinct neighbours is the number of directed edges among them over
//! `d (d - 1)`; an undirected edge counts both ways. Below two neighbours it is 0.
//!
//! Method: each edge points from the end with fewer neighbours to the other (then by number), so
//! that every triangle is met once, from its lowest end, by merging two short lists.
//!
//! Convention: self-loops and parallel edges change nothing; reciprocal edges are one link for
//! triangles and two for directed clustering.
//!
//! Cost: O(m √m) time at worst, 16 bytes a vertex and 18 an edge beyond the answer, all threads.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, Work};
use super::simple_view::SimpleView;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Triangles`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrianglesConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "triangles",
    aliases: &["triangle_count", "lcc", "clustering", "clustering_coefficient"],
    title: "Triangles and clustering",
    summary: "Counts the triangles at each vertex and says how closely its neighbours are linked to one another.",
    convention: "Neighbours count once, whichever way and however often they are linked; self-loops and weights \
                 are ignored. In a directed graph, clustering counts the directed edges among the neighbours.",
    source: "Latapy, Theoretical Computer Science 407, 2008; LCC of LDBC Graphalytics, arXiv:2011.15028.",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "triangles",
            quantity: Quantity::Count,
            meaning: "Triangles that the vertex is part of.",
        },
        ColumnInfo {
            name: "clustering",
            quantity: Quantity::Share,
            meaning: "Edges among its neighbours, as a share of those possible.",
        },
    ],
    rows: None,
    summary_values: &[
        ColumnInfo {
            name: "triangles",
            quantity: Quantity::Count,
            meaning: "Triangles in the graph.",
        },
        ColumnInfo {
            name: "transitivity",
            quantity: Quantity::Share,
            meaning: "Share of neighbour pairs, over all vertices, that are linked.",
        },
        ColumnInfo {
            name: "mean_clustering",
            quantity: Quantity::Share,
            meaning: "Mean of the column `clustering`.",
        },
    ],
    needs_times: false,
    counts_parallel: false,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e8,
};

impl TrianglesConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &TrianglesConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 64 * n + 18 * m,
        operations: n + 6 * m + m.saturating_mul((2 * m).isqrt()),
        ..Work::default()
    }
}

/// Counts triangles and the edges among neighbours.
pub fn run(
    graph: &Csr,
    _config: &TrianglesConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let view = SimpleView::new(graph, control)?;
    let n = view.vertex_count();
    let upward = Upward::of(&view, control)?;
    let tally = Tally::of(n);
    control.expect(u64::from(n));
    blocks::for_each(n, control, |v| upward.count(v, &tally, control))?;
    let triangles: Vec<u64> = tally.triangles.into_iter().map(AtomicU64::into_inner).collect();
    let links = tally.links.into_iter().map(AtomicU64::into_inner);
    let pairs = |v: u32| {
        let degree = view.degree(v) as u64;
        degree * degree.saturating_sub(1)
    };
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            0.0
        } else {
            part as f64 / whole as f64
        }
    };
    let clustering: Vec<f64> = (0..n)
        .zip(links)
        .map(|(v, links)| share(links, pairs(v)))
        .collect();
    // Every triangle is counted at its three corners.
    let corners: u64 = triangles.iter().sum();
    let mean = clustering.iter().sum::<f64>() / f64::from(n.max(1));
    Ok(Outcome {
        summary: vec![
            ("triangles", Quantity::Count, (corners / 3) as f64),
            (
                "transitivity",
                Quantity::Share,
                share(2 * corners, (0..n).map(pairs).sum()),
            ),
            ("mean_clustering", Quantity::Share, mean),
        ],
        vertices: vec![
            OutputColumn::new("triangles", Quantity::Count, Values::Integers(triangles)),
            OutputColumn::new("clustering", Quantity::Share, Values::Numbers(clustering)),
        ],
        ..Outcome::default()
    })
}

/// Counters that all threads add to; whole numbers, so that the order of adding changes nothing.
struct Tally {
    triangles: Vec<AtomicU64>,
    /// Directed edges among the neighbours of each vertex.
    links: Vec<AtomicU64>,
}

impl Tally {
    fn of(n: u32) -> Tally {
        let zeros = || (0..n).map(|_| AtomicU64::new(0)).collect();
        Tally {
            triangles: zeros(),
            links: zeros(),
        }
    }

    /// Adds `triangles` at `v` whose opposite edges are `links` directed edges in all.
    fn add(&self, v: u32, (triangles, links): (u64, u64)) {
        self.triangles[v as usize].fetch_add(triangles, Ordering::Relaxed);
        self.links[v as usize].fetch_add(links, Ordering::Relaxed);
    }
}

/// Each vertex's neighbours of higher rank, ascending by number, with the ways to them.
struct Upward {
    offsets: Vec<usize>,
    neighbours: Vec<(u32, u8)>,
}

impl Upward {
    fn of(view: &SimpleView, control: &Control) -> Result<Upward, KernelError> {
        let rank = |v: u32| (view.degree(v), v);
        let mut upward = Upward {
            offsets: vec![0],
            neighbours: Vec::with_capacity(view.entry_count() / 2),
        };
        blocks::in_turn(view.vertex_count(), control, |v| {
            let all = view
                .neighbours(v)
                .iter()
                .copied()
                .zip(view.ways(v).iter().copied());
            upward.neighbours.extend(all.filter(|(u, _)| rank(*u) > rank(v)));
            upward.offsets.push(upward.neighbours.len());
        })?;
        Ok(upward)
    }

    fn above(&self, v: u32) -> &[(u32, u8)] {
        &self.neighbours[self.offsets[v as usize]..self.offsets[v as usize + 1]]
    }

    /// Adds the triangles whose lowest corner is `a`.
    fn count(&self, a: u32, tally: &Tally, control: &Control) -> Result<(), KernelError> {
        let mut at_a = (0, 0);
        for (b, a_to_b) in self.above(a) {
            control.check()?;
            let mut at_b = (0, 0);
            let (mut left, mut right) = (self.above(a), self.above(*b));
            while let (Some((c, a_to_c)), Some((d, b_to_c))) = (left.first(), right.first()) {
                if c == d {
                    at_a = (at_a.0 + 1, at_a.1 + u64::from(*b_to_c));
                    at_b = (at_b.0 + 1, at_b.1 + u64::from(*a_to_c));
                    tally.add(*c, (1, u64::from(*a_to_b)));
                }
                left = &left[usize::from(c <= d)..];
                right = &right[usize::from(d <= c)..];
            }
            tally.add(*b, at_b);
        }
        tally.add(a, at_a);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::*;
    use crate::graph::Direction;

    fn clustering(graph: &Csr) -> Outcome {
        run(
            graph,
            &TrianglesConfig {},
            &Inputs::default(),
            &Control::default(),
        )
        .unwrap()
    }

    /// Triangles and clustering of each vertex by looking at all pairs of its neighbours.
    fn by_pairs(graph: &Csr) -> (Vec<u64>, Vec<f64>) {
        let n = graph.vertex_count();
        let edge = |u: u32, v: u32| u64::from(graph.out.neighbours(u).contains(&v));
        let at = |v: u32| {
            let around = graph.out.neighbours(v).iter().chain(graph.into.neighbours(v));
            let around: BTreeSet<u32> = around.copied().filter(|u| *u != v).collect();
            let (mut triangles, mut links) = (0, 0);
            for a in &around {
                for b in around.iter().filter(|b| a < *b) {
                    triangles += u64::from(edge(*a, *b) + edge(*b, *a) > 0);
                    links += edge(*a, *b) + edge(*b, *a);
                }
            }
            let possible = around.len() * around.len().saturating_sub(1);
            (triangles, links as f64 / possible.max(1) as f64)
        };
        (0..n).map(at).unzip()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn all_pairs_of_neighbours_give_the_same(graph in any_graph(24)) {
            let (triangles, shares) = by_pairs(&graph);
            let outcome = clustering(&graph);
            prop_assert_eq!(outcome.summary[0].2, triangles.iter().sum::<u64>() as f64 / 3.0);
            prop_assert_eq!(&outcome.vertices[0].values, &Values::Integers(triangles));
            prop_assert_eq!(&outcome.vertices[1].values, &Values::Numbers(shares));
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        assert_eq!(
            on_threads(1, || clustering(&graph)),
            on_threads(4, || clustering(&graph))
        );
    }
}
