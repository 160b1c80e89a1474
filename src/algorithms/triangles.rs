//! Triangles and local clustering coefficient.
//!
//! A triangle is three vertices of which each two are linked, in whatever direction. The clustering
//! of a vertex with `d` distinct neighbours is the number of directed edges among them over
//! `d (d - 1)`; an undirected edge counts both ways. Below two neighbours it is 0.
//!
//! Method: each edge points from the end with fewer neighbours to the other, so that every triangle is
//! met once, from its lowest corner: the corner's list is marked, and the lists of its members are looked
//! through for marks.
//!
//! Convention: self-loops and parallel edges change nothing; reciprocal edges are one link for
//! triangles and two for directed clustering.
//!
//! Cost: O(m √m) time at worst, sixteen threads at most; 28 bytes a vertex and 18 an edge beyond the answer,
//! and 17 a vertex for each thread.

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_any_order};
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::SimpleView;
use super::upward::{Upward, closing};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Triangles`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrianglesConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "triangles",
    aliases: &["triangle_count", "lcc", "clustering", "clustering_coefficient"],
    special_cases: &[],
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
    order: &[],
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
    parallel: ParallelEdges::Smallest,
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
        // No more workspaces exist on any machine, so that the estimate is the same on all.
        bytes: 64 * n + 18 * m + WAVE as u64 * (17 * n + 4 * (2 * m).isqrt()),
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
    let pairs: Vec<u64> = (0..n)
        .map(|v| {
            let degree = view.degree(v) as u64;
            degree * degree.saturating_sub(1)
        })
        .collect();
    let upward = Upward::of(&view, graph.directed, control)?;
    drop(view);
    let counts = upward.count_all(control)?;
    let triangles = upward.by_vertex(&counts.triangles);
    // An undirected edge opposite to a vertex is two directed ones.
    let links = if graph.directed {
        upward.by_vertex(&counts.links)
    } else {
        triangles.iter().map(|it| 2 * it).collect()
    };
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            0.0
        } else {
            part as f64 / whole as f64
        }
    };
    let clustering: Vec<f64> = links
        .iter()
        .zip(&pairs)
        .map(|(links, pairs)| share(*links, *pairs))
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
                share(2 * corners, pairs.iter().sum()),
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

/// Vertices that a thread takes at a time.
const CHUNK: usize = 32;

/// Sums by rank.
struct Counts {
    triangles: Vec<u64>,
    /// Directed edges opposite to the vertex; empty where the graph has no direction.
    links: Vec<u64>,
}

/// What a thread counts with, beside its own sums.
struct Workspace {
    counts: Counts,
    /// Ways between the lowest corner and each vertex; 0 where there is no edge.
    mark: Vec<u8>,
    /// Places in a list at which a triangle closes.
    closed: Vec<u32>,
}

impl Upward {
    fn workspace(&self) -> Workspace {
        let n = self.rank.len();
        Workspace {
            counts: Counts {
                triangles: vec![0; n],
                links: vec![0; if self.directed { n } else { 0 }],
            },
            mark: vec![0; n],
            closed: vec![0; self.longest()],
        }
    }

    /// Counts all triangles, each once; whole numbers, so that threads may add in any order.
    fn count_all(&self, control: &Control) -> Result<Counts, KernelError> {
        let all = in_any_order(
            self.vertex_count() as usize,
            CHUNK,
            control,
            || self.workspace(),
            |own, ranks| {
                ranks.into_iter().try_for_each(|a| match self.directed {
                    true => self.count_directed(a as u32, own, control),
                    false => self.count(a as u32, own, control),
                })
            },
        )?;
        let mut all = all.into_iter();
        let mut total = all.next().unwrap_or_else(|| self.workspace()).counts;
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        for other in all {
            add(&mut total.triangles, &other.counts.triangles);
            add(&mut total.links, &other.counts.links);
        }
        Ok(total)
    }

    /// Counts the triangles whose lowest corner is `a`.
    fn count(&self, a: u32, own: &mut Workspace, control: &Control) -> Result<(), KernelError> {
        let around = &self.above[self.range(a)];
        around.iter().for_each(|b| own.mark[*b as usize] = 1);
        let (triangles, mut at_a) = (&mut own.counts.triangles, 0);
        for b in around {
            control.check()?;
            let list = &self.above[self.range(*b)];
            let found = closing(list, &own.mark, &mut own.closed);
            for at in &own.closed[..found] {
                triangles[list[*at as usize] as usize] += 1;
            }
            triangles[*b as usize] += found as u64;
            at_a += found as u64;
        }
        triangles[a as usize] += at_a;
        around.iter().for_each(|b| own.mark[*b as usize] = 0);
        Ok(())
    }

    /// The same, with the directed edges opposite to each corner.
    fn count_directed(&self, a: u32, own: &mut Workspace, control: &Control) -> Result<(), KernelError> {
        let range = self.range(a);
        let around = || self.above[range.clone()].iter().zip(&self.ways[range.clone()]);
        around().for_each(|(b, ways)| own.mark[*b as usize] = *ways);
        let Counts { triangles, links } = &mut own.counts;
        for (b, a_to_b) in around() {
            control.check()?;
            let list = self.range(*b);
            let (targets, ways) = (&self.above[list.clone()], &self.ways[list]);
            let found = closing(targets, &own.mark, &mut own.closed);
            let (mut opposite_a, mut opposite_b) = (0, 0);
            for at in &own.closed[..found] {
                let c = targets[*at as usize] as usize;
                triangles[c] += 1;
                links[c] += u64::from(*a_to_b);
                opposite_a += u64::from(ways[*at as usize]);
                opposite_b += u64::from(own.mark[c]);
            }
            triangles[*b as usize] += found as u64;
            links[*b as usize] += opposite_b;
            triangles[a as usize] += found as u64;
            links[a as usize] += opposite_a;
        }
        around().for_each(|(b, _)| own.mark[*b as usize] = 0);
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
