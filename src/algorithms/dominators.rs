//! Dominators: through which vertex every path from the sources must go.
//!
//! `d` dominates `v` when every path from a source to `v` passes `d`. The immediate dominators form a tree
//! below a virtual root that has an edge to every source.
//!
//! Convention: edges are followed in their direction; parallel edges, self-loops and weights change nothing.
//! A vertex does not dominate itself here.
//!
//! Cost: near O(n + m) on the graphs we meet (the last step can take O(n²) on adversarial ones) on one
//! thread; 36 bytes a vertex. Source: the semi-NCA algorithm, Georgiadis 2005, after Lengauer & Tarjan
//! 1979, without recursion.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::bfs::need_sources;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::Dominators`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DominatorsConfig {
    /// Where paths begin; at least one.
    pub sources: Vec<String>,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "dominators",
    aliases: &["dominator_tree", "immediate_dominators"],
    special_cases: &[],
    title: "Dominators",
    summary: "Says for every vertex through which other vertex each path from the given sources must go.",
    convention: "Edges are followed in their direction, both ways when the projection is undirected. Parallel \
                 edges, edges from a vertex to itself and weights change nothing. A vertex does not count as its \
                 own dominator.",
    source: "Lengauer & Tarjan, ACM TOPLAS 1, 1979; Georgiadis, Princeton University 2005 (semi-NCA)",
    parameters: &[ParameterInfo {
        name: "sources",
        kind: "keys",
        default: "",
        range: "at least one vertex",
        meaning: "Where paths begin.",
    }],
    columns: &[
        ColumnInfo {
            name: "dominator",
            quantity: Quantity::Name,
            meaning: "The nearest vertex that every path from a source to this one passes; none for sources, for \
                      what no source reaches, and where paths have no vertex in common.",
        },
        ColumnInfo {
            name: "dominated",
            quantity: Quantity::Count,
            meaning: "Vertices that no path from a source reaches without passing this one.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Vertices reached, sources included.",
        },
        ColumnInfo {
            name: "dominating",
            quantity: Quantity::Count,
            meaning: "Vertices that dominate another one.",
        },
        ColumnInfo {
            name: "most_dominated",
            quantity: Quantity::Count,
            meaning: "Most vertices that a single one dominates.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl DominatorsConfig {
    /// Whether every parameter is in its range: paths need a source.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())
    }
}

/// What it takes on a graph of this size: bytes at most, and steps on graphs that are not adversarial.
pub fn work(_config: &DominatorsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: n.saturating_mul(60),
        operations: n.saturating_mul(8).saturating_add(m.saturating_mul(8)),
        ..Work::default()
    }
}

/// Finds the dominators of what `inputs.sources` reach.
///
/// # Errors
///
/// [`KernelError::Parameter`] without a source; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    _config: &DominatorsConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    need_sources(inputs.sources.is_empty())?;
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let tree = Dominators::new(graph, &inputs.sources, control)?;
    let dominated = tree.dominated(n, control)?;
    control.advance(u64::from(n));
    let dominating = dominated.iter().filter(|count| **count > 0).count();
    let most = dominated.iter().copied().max().unwrap_or(0);
    let reached = tree.order.len() - 1;
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("dominator", Quantity::Name, Values::Vertices(tree.immediate(n))),
            OutputColumn::new("dominated", Quantity::Count, Values::Integers(dominated)),
        ],
        summary: vec![
            ("reached", Quantity::Count, reached as f64),
            ("dominating", Quantity::Count, dominating as f64),
            ("most_dominated", Quantity::Count, most as f64),
        ],
        ..Outcome::default()
    })
}

/// The tree of immediate dominators of the vertices that the roots reach.
pub(super) struct Dominators {
    /// Vertices by their number in depth-first order; number 0 is the virtual root, and its entry has
    /// no meaning.
    order: Vec<u32>,
    /// Number of the immediate dominator, by number.
    immediate: Vec<u32>,
}

/// Steps of a climb along a path, which is short on average once the paths below it were compressed.
const CLIMB: usize = 4;

/// Number of a vertex that the search has not met.
const UNSEEN: u32 = u32::MAX;

impl Dominators {
    /// The dominators of `graph` seen from `roots`.
    pub(super) fn new(graph: &Csr, roots: &[u32], control: &Control) -> Result<Self, KernelError> {
        let walk = Walk::new(graph, roots, control)?;
        let count = walk.order.len();
        let mut forest = Forest {
            ancestor: walk.parent.clone(),
            label: (0..count as u32).collect(),
            semi: (0..count as u32).collect(),
            path: Vec::new(),
        };
        let mut pace = Pace::new(control);
        for number in (1..count as u32).rev() {
            let v = walk.order[number as usize];
            // Each entry climbs a path, which costs more than a read.
            pace.step(CLIMB * graph.into.degree(v))?;
            let mut semi = walk.parent[number as usize];
            if roots.binary_search(&v).is_ok() {
                semi = 0;
            }
            for u in graph.into.neighbours(v) {
                let before = walk.number[*u as usize];
                if before != UNSEEN {
                    let label = forest.label_on_path(before, number + 1);
                    semi = semi.min(forest.semi[label as usize]);
                }
            }
            forest.semi[number as usize] = semi;
        }
        let mut immediate = walk.parent;
        for number in 1..count {
            pace.step(CLIMB)?;
            let mut dominator = immediate[number];
            while dominator > forest.semi[number] {
                dominator = immediate[dominator as usize];
            }
            immediate[number] = dominator;
        }
        Ok(Self {
            order: walk.order,
            immediate,
        })
    }

    /// The immediate dominator of each of `n` vertices; [`NO_VERTEX`] below the virtual root and where no
    /// root leads.
    fn immediate(&self, n: u32) -> Vec<u32> {
        let mut by_vertex = vec![NO_VERTEX; n as usize];
        for (v, dominator) in self.order.iter().zip(&self.immediate).skip(1) {
            if *dominator != 0 {
                by_vertex[*v as usize] = self.order[*dominator as usize];
            }
        }
        by_vertex
    }

    /// For each of `n` vertices how many others it dominates; 0 where no root leads.
    pub(super) fn dominated(&self, n: u32, control: &Control) -> Result<Vec<u64>, KernelError> {
        let mut pace = Pace::new(control);
        let mut below = vec![0_u64; self.order.len()];
        for number in (1..self.order.len()).rev() {
            pace.step(0)?;
            below[self.immediate[number] as usize] += below[number] + 1;
        }
        let mut by_vertex = vec![0_u64; n as usize];
        for (v, dominated) in self.order.iter().zip(&below).skip(1) {
            pace.step(0)?;
            by_vertex[*v as usize] = *dominated;
        }
        Ok(by_vertex)
    }
}

/// The depth-first search from the roots, in preorder.
struct Walk {
    order: Vec<u32>,
    /// Number of the vertex from which each was met, by number; 0 for those met first.
    parent: Vec<u32>,
    /// Number by vertex.
    number: Vec<u32>,
}

impl Walk {
    fn new(graph: &Csr, roots: &[u32], control: &Control) -> Result<Self, KernelError> {
        let mut walk = Self {
            order: vec![0],
            parent: vec![0],
            number: vec![UNSEEN; graph.vertex_count() as usize],
        };
        let mut pace = Pace::new(control);
        let offsets = &graph.out.offsets;
        let entries = |v: u32| offsets[v as usize]..offsets[v as usize + 1];
        // Each vertex on the way down, with the entries not yet looked at.
        let mut path: Vec<(u32, Range<u32>)> = Vec::new();
        for &root in roots {
            if walk.number[root as usize] == UNSEEN {
                walk.meet(root, 0);
                path.push((root, entries(root)));
            }
            while let Some((v, left)) = path.last_mut() {
                // On the way back the rest of every list on the path is read.
                pace.step(0)?;
                let v = *v;
                let Some(at) = left.next() else {
                    path.pop();
                    continue;
                };
                let u = graph.out.targets[at as usize];
                if walk.number[u as usize] == UNSEEN {
                    walk.meet(u, walk.number[v as usize]);
                    path.push((u, entries(u)));
                }
            }
        }
        Ok(walk)
    }

    fn meet(&mut self, v: u32, parent: u32) {
        self.number[v as usize] = self.order.len() as u32;
        self.order.push(v);
        self.parent.push(parent);
    }
}

/// The part of the search tree that is linked so far, with compressed paths; all by number.
struct Forest {
    ancestor: Vec<u32>,
    /// The number with the smallest semidominator between here and `ancestor`.
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// The number with the smallest semidominator among `number` and its linked ancestors, which are
    /// those from `linked` on.
    fn label_on_path(&mut self, number: u32, linked: u32) -> u32 {
        let mut top = number;
        while self.ancestor[top as usize] >= linked {
            self.path.push(top);
            top = self.ancestor[top as usize];
        }
        while let Some(below) = self.path.pop() {
            let (at, above) = (below as usize, top as usize);
            let best = self.label[above];
            if self.semi[best as usize] < self.semi[self.label[at] as usize] {
                self.label[at] = best;
            }
            self.ancestor[at] = self.ancestor[above];
            top = below;
        }
        self.label[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column};
    use super::*;

    fn answer(graph: &Csr, sources: &[u32]) -> Outcome {
        let inputs = Inputs {
            sources: sources.to_vec(),
            ..Inputs::default()
        };
        run(graph, &DominatorsConfig::default(), &inputs, &Control::default()).unwrap()
    }

    /// What the sources reach when `without` is closed.
    fn reached(graph: &Csr, sources: &[u32], without: Option<u32>) -> Vec<bool> {
        let mut reached = vec![false; graph.vertex_count() as usize];
        let mut open: Vec<u32> = sources.to_vec();
        while let Some(v) = open.pop() {
            if Some(v) != without && !std::mem::replace(&mut reached[v as usize], true) {
                open.extend(graph.out.neighbours(v));
            }
        }
        reached
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_vertex_is_lost_without_each_of_its_dominators_and_only_then(graph in any_graph(12), second in 0_u32..12) {
            let n = graph.vertex_count();
            let mut sources = vec![0, second % n];
            sources.dedup();
            let all = reached(&graph, &sources, None);
            let lost: Vec<Vec<bool>> = (0..n)
                .map(|d| {
                    let left = reached(&graph, &sources, Some(d));
                    (0..n as usize).map(|v| v != d as usize && all[v] && !left[v]).collect()
                })
                .collect();
            let outcome = answer(&graph, &sources);
            let dominator = integer_column(&outcome, "dominator");
            let dominated = integer_column(&outcome, "dominated");
            for v in 0..n as usize {
                prop_assert_eq!(dominated[v] as usize, lost[v].iter().filter(|it| **it).count());
                // The dominators of `v` are a chain; the nearest is dominated by all the others.
                let own: Vec<usize> = (0..n as usize).filter(|d| lost[*d][v]).collect();
                let nearest = own.iter().find(|d| own.iter().all(|it| it == *d || lost[*it][**d]));
                prop_assert_eq!(dominator[v], nearest.map_or(u64::from(NO_VERTEX), |it| *it as u64));
            }
        }
    }

    #[test]
    fn where_two_ways_meet_the_dominator_is_where_they_parted() {
        let graph = graph_of(6, &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5)], true);
        let outcome = answer(&graph, &[0]);
        let none = u64::from(NO_VERTEX);
        assert_eq!(integer_column(&outcome, "dominator"), [none, 0, 1, 1, 1, 4]);
        assert_eq!(integer_column(&outcome, "dominated"), [5, 4, 0, 0, 1, 0]);
    }
}
