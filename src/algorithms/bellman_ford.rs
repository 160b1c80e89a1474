//! Distances from sources where weights may be negative, and the cycles of negative weight behind which
//! there is no least distance.
//!
//! Vertices that came nearer in one round hand their distance on in the next. From time to time the edges
//! by which vertices came nearer last are searched for a cycle: its weight is negative. What it reaches has
//! no least distance and is set aside; the rest goes on.
//!
//! Convention: edges are followed in their direction; of parallel edges the lightest counts. A way counts as
//! shorter when it is so by more than one part in 10¹² of the lengths involved, so that rounding makes no cycle
//! negative. Undirected projections with a negative weight are refused: such an edge, gone to and fro, is a
//! negative cycle by itself. One cycle is named for each part that is set aside, not every cycle there is.
//!
//! Cost: O(n m) time at worst, O(k m) where shortest paths have k edges at most, on one thread; 29 bytes a
//! vertex.
//! Sources: Bellman 1958; Ford 1956; Moore 1959; the search for cycles: Cherkassky & Goldberg 1999.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, TableOrder, Work,
};
use super::shortest_paths::length_quantity;
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::BellmanFord`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BellmanFordConfig {
    /// Where the search starts; empty starts at every vertex at once.
    pub sources: Vec<String>,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "bellman_ford",
    aliases: &["negative_cycles", "negative_weights"],
    special_cases: &[],
    title: "Distances with negative weights",
    summary: "Adds up weights, negative ones too, along shortest paths, and names the cycles that bring a gain \
              each time round.",
    convention: "Edges are followed in their direction; of parallel edges the lightest counts. Behind a cycle of \
                 negative weight there is no least distance. One cycle is named for each part of the graph that \
                 such cycles spoil. Differences below one part in 10¹² count as rounding. Undirected projections \
                 with a negative weight are refused.",
    source: "Bellman, Quarterly of Applied Mathematics 16, 1958; Moore 1959; Cherkassky & Goldberg, Mathematical \
             Programming 85, 1999",
    parameters: &[ParameterInfo {
        name: "sources",
        kind: "keys",
        default: "",
        range: "vertices, or none",
        meaning: "Where the search starts; without any it starts everywhere, and finds whether there is a \
                  negative cycle at all.",
    }],
    columns: &[
        ColumnInfo {
            name: "distance",
            quantity: Quantity::Weight,
            meaning: "Least sum of weights from a source; infinite where there is no path, not defined behind a \
                      negative cycle.",
        },
        ColumnInfo {
            name: "parent",
            quantity: Quantity::Name,
            meaning: "The vertex before it on a shortest path.",
        },
    ],
    rows: Some((
        "cycles",
        &[
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Vertices of a negative cycle in the order of travel, from the first in vertex order.",
            },
            ColumnInfo {
                name: "edges",
                quantity: Quantity::Count,
                meaning: "Number of edges.",
            },
            ColumnInfo {
                name: "weight",
                quantity: Quantity::Weight,
                meaning: "Sum of their weights, below 0.",
            },
        ],
    )),
    order: &[("vertices", TableOrder::Least("distance"))],
    summary_values: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Vertices reached, sources included.",
        },
        ColumnInfo {
            name: "without_least",
            quantity: Quantity::Count,
            meaning: "Those of them that lie behind a negative cycle.",
        },
        ColumnInfo {
            name: "cycles",
            quantity: Quantity::Count,
            meaning: "Negative cycles named.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.2e11,
};

impl BellmanFordConfig {
    /// Whether every parameter is in its range: always, since any sources will do.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size: most graphs need few rounds, not one a vertex.
pub fn work(_config: &BellmanFordConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: n.saturating_mul(64),
        operations: n.saturating_mul(n.saturating_add(m.saturating_mul(2))),
        // A self-loop is a cycle of one vertex.
        rows: n,
    }
}

/// Adds up weights from `inputs.sources`, or from everywhere.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] when the graph is undirected and a weight negative;
/// [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &BellmanFordConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if !graph.directed && graph.first_weight(|weight| weight < 0.0).is_some() {
        return Err(KernelError::NotApplicable {
            reason: "in an undirected projection an edge of negative weight is a negative cycle by itself; run it \
                     on a directed one"
                .to_owned(),
        });
    }
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let everywhere: Vec<u32>;
    let sources = if config.sources.is_empty() && inputs.sources.is_empty() {
        everywhere = (0..n).collect();
        &everywhere
    } else {
        &inputs.sources
    };
    let mut search = Search::new(graph, sources);
    search.settle(control)?;
    control.advance(u64::from(n));
    Ok(search.outcome())
}

/// A way is shorter when it is so by more than this part of the lengths involved.
const ROUNDING: f64 = 1e-12;

struct Search<'a> {
    graph: &'a Csr,
    /// Negative infinity behind a negative cycle.
    length: Vec<f64>,
    parent: Vec<u32>,
    /// Vertices that came nearer in this round, and whether each vertex is one of them.
    nearer: Vec<u32>,
    is_nearer: Vec<bool>,
    cycles: Vec<Vec<u32>>,
    /// Entries followed since cycles were searched for.
    since_search: usize,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Csr, sources: &[u32]) -> Self {
        let n = graph.vertex_count() as usize;
        let mut search = Self {
            graph,
            length: vec![f64::INFINITY; n],
            parent: vec![NO_VERTEX; n],
            nearer: sources.to_vec(),
            is_nearer: vec![false; n],
            cycles: Vec::new(),
            since_search: 0,
        };
        sources.iter().for_each(|v| search.length[*v as usize] = 0.0);
        search
    }

    /// Hands distances on until none changes.
    fn settle(&mut self, control: &Control) -> Result<(), KernelError> {
        let mut pace = Pace::new(control);
        while !self.nearer.is_empty() {
            let mut round = std::mem::take(&mut self.nearer);
            for v in round.drain(..) {
                self.is_nearer[v as usize] = false;
                self.hand_on(v, &mut pace)?;
            }
            if self.since_search > self.length.len() {
                self.since_search = 0;
                self.set_cycles_aside(&mut pace)?;
            }
        }
        Ok(())
    }

    fn hand_on(&mut self, v: u32, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        let own = self.length[v as usize];
        let range = self.graph.out.range(v);
        self.since_search += range.len() + 1;
        pace.step(range.len())?;
        for at in range {
            let (u, weight) = (self.graph.out.targets[at], self.graph.out.weight(at));
            let (known, length) = (self.length[u as usize], own + weight);
            if length < known && known - length > ROUNDING * (own.abs() + weight.abs()) {
                self.length[u as usize] = length;
                self.parent[u as usize] = v;
                if !std::mem::replace(&mut self.is_nearer[u as usize], true) {
                    self.nearer.push(u);
                }
            }
        }
        Ok(())
    }

    /// Finds the cycles that parents form and sets aside what they reach.
    fn set_cycles_aside(&mut self, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        let n = self.length.len() as u32;
        // The walk on which each vertex was met, from 1.
        let mut met = vec![0_u32; n as usize];
        let mut found = Vec::new();
        for start in 0..n {
            pace.step(0)?;
            let mut v = start;
            while v != NO_VERTEX && met[v as usize] == 0 {
                met[v as usize] = start + 1;
                v = self.parent[v as usize];
            }
            if v != NO_VERTEX && met[v as usize] == start + 1 {
                found.push(self.cycle_through(v));
            }
        }
        for cycle in found {
            // What an earlier one reaches needs no cycle of its own.
            if self.length[cycle[0] as usize] > f64::NEG_INFINITY {
                self.spoil(&cycle, pace)?;
                self.cycles.push(cycle);
            }
        }
        let length = &self.length;
        self.nearer.retain(|v| length[*v as usize] > f64::NEG_INFINITY);
        Ok(())
    }

    /// The cycle of parents through `v` in the order of travel, from its smallest vertex.
    fn cycle_through(&self, v: u32) -> Vec<u32> {
        let mut cycle = vec![v];
        let mut at = self.parent[v as usize];
        while at != v {
            cycle.push(at);
            at = self.parent[at as usize];
        }
        cycle.reverse();
        let smallest = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
        cycle.rotate_left(smallest);
        cycle
    }

    /// Sets aside what `cycle` reaches.
    fn spoil(&mut self, cycle: &[u32], pace: &mut Pace<'_>) -> Result<(), KernelError> {
        let mut open = cycle.to_vec();
        while let Some(v) = open.pop() {
            if std::mem::replace(&mut self.length[v as usize], f64::NEG_INFINITY) == f64::NEG_INFINITY {
                continue;
            }
            self.parent[v as usize] = NO_VERTEX;
            pace.step(self.graph.out.degree(v))?;
            let length = &self.length;
            let reached = self.graph.out.neighbours(v).iter();
            open.extend(
                reached
                    .copied()
                    .filter(|u| length[*u as usize] > f64::NEG_INFINITY),
            );
        }
        Ok(())
    }

    fn outcome(self) -> Outcome {
        let count = |test: fn(f64) -> bool| self.length.iter().filter(|it| test(**it)).count() as f64;
        let reached = count(|it| it < f64::INFINITY);
        let without_least = count(|it| it == f64::NEG_INFINITY);
        let weight = |cycle: &Vec<u32>| -> f64 {
            let ends = cycle.iter().zip(cycle.iter().cycle().skip(1));
            ends.map(|(v, u)| self.graph.out.lightest_to(*v, *u)).sum()
        };
        let weights = self.cycles.iter().map(weight).collect();
        let (mut offsets, mut members) = (vec![0], Vec::new());
        for cycle in &self.cycles {
            members.extend_from_slice(cycle);
            offsets.push(members.len());
        }
        let edges = self.cycles.iter().map(|it| it.len() as u64).collect();
        let defined = |length: f64| {
            if length == f64::NEG_INFINITY {
                f64::NAN
            } else {
                length
            }
        };
        let quantity = length_quantity(self.graph, true);
        let column = OutputColumn::new;
        let lengths = self.length.into_iter().map(defined).collect();
        Outcome {
            vertices: vec![
                column("distance", quantity, Values::Numbers(lengths)),
                column("parent", Quantity::Name, Values::Vertices(self.parent)),
            ],
            summary: vec![
                ("reached", Quantity::Count, reached),
                ("without_least", Quantity::Count, without_least),
                ("cycles", Quantity::Count, self.cycles.len() as f64),
            ],
            rows: Some(RowTable {
                name: "cycles",
                columns: vec![
                    column("members", Quantity::Name, Values::Lists { offsets, members }),
                    column("edges", Quantity::Count, Values::Integers(edges)),
                    column("weight", Quantity::Weight, Values::Numbers(weights)),
                ],
            }),
            ..Outcome::default()
        }
    }
}

#[cfg(test)]
#[path = "bellman_ford_tests.rs"]
mod tests;
