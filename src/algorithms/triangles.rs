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
//! Cost: O(m √m) time at worst, all threads; 28 bytes a vertex and 18 an edge beyond the answer, and 17
//! a vertex for each thread.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
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
        // Sixteen threads at most are counted, so that an estimate is the same on every machine.
        bytes: 64 * n + 18 * m + 16 * 17 * n,
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
const BLOCK: u32 = 32;

/// Vertices by rank, 0 for the one with most neighbours, and for each its neighbours of lower rank
/// number: short lists, most of whose entries are few and stay in a core's cache.
struct Upward {
    /// Whether directed edges among neighbours are counted.
    directed: bool,
    /// Rank of each vertex.
    rank: Vec<u32>,
    offsets: Vec<usize>,
    above: Vec<u32>,
    /// Directed edges between the two, parallel to `above`; empty where the graph has no direction.
    ways: Vec<u8>,
}

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
    fn of(view: &SimpleView, directed: bool, control: &Control) -> Result<Upward, KernelError> {
        let n = view.vertex_count();
        let mut order: Vec<u32> = (0..n).collect();
        order.par_sort_by_key(|v| Reverse(view.degree(*v)));
        let mut rank = vec![0; n as usize];
        for (place, v) in (0_u32..).zip(&order) {
            rank[*v as usize] = place;
        }
        let mut upward = Upward {
            directed,
            offsets: vec![0],
            above: Vec::with_capacity(view.entry_count() / 2),
            ways: Vec::new(),
            rank,
        };
        blocks::in_turn(n, control, |place| {
            let v = order[place as usize];
            for (u, ways) in view.neighbours(v).iter().zip(view.ways(v)) {
                let rank = upward.rank[*u as usize];
                if rank < place {
                    upward.above.push(rank);
                    if directed {
                        upward.ways.push(*ways);
                    }
                }
            }
            upward.offsets.push(upward.above.len());
        })?;
        Ok(upward)
    }

    fn vertex_count(&self) -> u32 {
        self.rank.len() as u32
    }

    fn workspace(&self) -> Workspace {
        let n = self.rank.len();
        let longest = self.offsets.windows(2).map(|it| it[1] - it[0]).max();
        Workspace {
            counts: Counts {
                triangles: vec![0; n],
                links: vec![0; if self.directed { n } else { 0 }],
            },
            mark: vec![0; n],
            closed: vec![0; longest.unwrap_or(0)],
        }
    }

    /// Counts all triangles, each once; whole numbers, so that threads may add in any order.
    fn count_all(&self, control: &Control) -> Result<Counts, KernelError> {
        let n = self.vertex_count();
        control.expect(u64::from(n));
        let spare: Mutex<Vec<Workspace>> = Mutex::new(Vec::new());
        let locked = || spare.lock().unwrap_or_else(PoisonError::into_inner);
        (0..n.div_ceil(BLOCK)).into_par_iter().try_for_each(|block| {
            let kept = locked().pop();
            let mut own = kept.unwrap_or_else(|| self.workspace());
            let begin = block * BLOCK;
            let ranks = begin..n.min(begin.saturating_add(BLOCK));
            control.advance(u64::from(ranks.end - ranks.start));
            for a in ranks {
                if self.directed {
                    self.count_directed(a, &mut own, control)?;
                } else {
                    self.count(a, &mut own, control)?;
                }
            }
            locked().push(own);
            Ok(())
        })?;
        let mut all = spare
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter();
        let mut total = all.next().unwrap_or_else(|| self.workspace()).counts;
        let add = |to: &mut [u64], from: &[u64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        for other in all {
            add(&mut total.triangles, &other.counts.triangles);
            add(&mut total.links, &other.counts.links);
        }
        Ok(total)
    }

    fn range(&self, rank: u32) -> std::ops::Range<usize> {
        self.offsets[rank as usize]..self.offsets[rank as usize + 1]
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

    /// Values by rank in the order of the vertices.
    fn by_vertex(&self, values: &[u64]) -> Vec<u64> {
        self.rank.iter().map(|rank| values[*rank as usize]).collect()
    }
}

/// Writes the places of `list` whose vertex is marked to the front of `closed`; returns how many they
/// are. Every place is written and kept only where it counts, since a branch would be guessed wrong.
#[inline]
fn closing(list: &[u32], mark: &[u8], closed: &mut [u32]) -> usize {
    let mut found = 0;
    for (at, c) in (0_u32..).zip(list) {
        closed[found] = at;
        found += usize::from(mark[*c as usize] != 0);
    }
    found
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
