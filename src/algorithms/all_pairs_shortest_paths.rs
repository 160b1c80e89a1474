//! Distances between all pairs of vertices, for graphs small enough that a table of them can be read.
//!
//! Convention: edges are followed in their direction; an undirected projection lists each pair once, by
//! the vertex that comes first. Of parallel edges the lightest counts, self-loops never do. Weights must
//! not be negative; without weights every edge counts 1. Pairs without a path are not listed.
//!
//! Cost: O(n m) time by hops and O(n m log n) by weights, divided by the threads; 12 bytes a vertex and
//! thread, and 16 a pair. Source: one search from each vertex, Dijkstra 1959.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_paths::{Distances, length_quantity, refuse_negative};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::AllPairsShortestPaths`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllPairsShortestPathsConfig {
    /// Whether distance is the sum of edge weights, where there are some, instead of hops.
    pub weighted: bool,
    /// Pairs that the graph may have, from 1; larger graphs are refused.
    pub max_pairs: u64,
}

impl Default for AllPairsShortestPathsConfig {
    fn default() -> Self {
        Self {
            weighted: true,
            max_pairs: 1_000_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "all_pairs_shortest_paths",
    aliases: &["all_pairs", "apsp", "all_shortest_paths", "distance_matrix"],
    special_cases: &[],
    title: "Distances between all pairs",
    summary: "Lists the distance from every vertex to every other, in a graph small enough for such a table.",
    convention: "Edges are followed in their direction; an undirected projection lists every pair once. Of parallel \
                 edges the lightest counts; edges from a vertex to itself never do. Weights must not be negative; \
                 without weights every edge counts 1. Pairs without a path are left out.",
    source: "Dijkstra 1959, from every vertex",
    parameters: &[
        ParameterInfo {
            name: "weighted",
            kind: "yes or no",
            default: "yes",
            range: "yes or no",
            meaning: "Whether distance is the sum of weights, where there are some, instead of the number of steps.",
        },
        ParameterInfo {
            name: "max_pairs",
            kind: "whole number",
            default: "1_000_000",
            range: "from 1 to 18446744073709551615",
            meaning: "Pairs that the graph may have at most; larger graphs are refused.",
        },
    ],
    columns: &[ColumnInfo {
        name: "reached",
        quantity: Quantity::Count,
        meaning: "Other vertices that the vertex reaches.",
    }],
    rows: Some((
        "pairs",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "Where the path begins.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "Where it ends.",
            },
            ColumnInfo {
                name: "distance",
                quantity: Quantity::Weight,
                meaning: "Least sum of weights, or fewest steps.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Pairs listed.",
        },
        ColumnInfo {
            name: "mean_distance",
            quantity: Quantity::Weight,
            meaning: "Mean distance over these pairs.",
        },
        ColumnInfo {
            name: "diameter",
            quantity: Quantity::Weight,
            meaning: "Greatest distance over these pairs.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e9,
};

impl AllPairsShortestPathsConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.max_pairs == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_pairs",
                problem: "is 0; at least 1 is needed".to_owned(),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size, whether it is refused or not.
pub fn work(config: &AllPairsShortestPathsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = n.saturating_add(m.saturating_mul(2));
    let (search, heap) = if config.weighted {
        (
            entries.saturating_mul(u64::from(entries.max(2).ilog2())),
            m.saturating_mul(32),
        )
    } else {
        (entries, 0)
    };
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    let rows = n.saturating_mul(n).min(config.max_pairs);
    Work {
        bytes: chunks
            .saturating_mul(n.saturating_mul(12).saturating_add(heap))
            .saturating_add(40 * rows),
        operations: n.saturating_mul(search),
        rows,
    }
}

/// Vertices from which a thread searches at a time.
const CHUNK: usize = 16;

/// Lists the distances.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] when the graph has more pairs than allowed;
/// [`KernelError::NegativeWeight`] when weighted; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &AllPairsShortestPathsConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let possible = u64::from(n) * u64::from(n.saturating_sub(1)) / if graph.directed { 1 } else { 2 };
    if possible > config.max_pairs {
        return Err(KernelError::NotApplicable {
            reason: format!(
                "{n} vertices make {possible} pairs, more than the {} of `max_pairs`; raise it, project fewer \
                 vertices, or run `sssp` from those of interest or `closeness` for means",
                config.max_pairs
            ),
        });
    }
    if config.weighted {
        refuse_negative(graph)?;
    }
    let mut found = Pairs::default();
    in_order(
        n as usize,
        CHUNK,
        control,
        || Distances::new(n),
        |distances, range| {
            let mut found = Pairs::default();
            let mut pace = Pace::new(control);
            for v in range {
                distances.search(&graph.out, &[v as u32], config.weighted, &mut pace)?;
                found.note(v as u32, distances, graph.directed);
            }
            Ok(found)
        },
        |chunk| {
            found.append(chunk);
            ControlFlow::Continue(())
        },
    )?;
    Ok(found.outcome(length_quantity(graph, config.weighted)))
}

/// Pairs by (from, to), and how many each vertex reaches.
#[derive(Default)]
struct Pairs {
    from: Vec<u32>,
    to: Vec<u32>,
    distance: Vec<f64>,
    reached: Vec<u64>,
}

impl Pairs {
    fn note(&mut self, v: u32, distances: &Distances, directed: bool) {
        let is_listed = |u: &u32| if directed { *u != v } else { *u > v };
        let mut others: Vec<u32> = distances.order.iter().copied().filter(is_listed).collect();
        others.sort_unstable();
        self.reached.push(distances.order.len() as u64 - 1);
        self.from.resize(self.from.len() + others.len(), v);
        self.distance
            .extend(others.iter().map(|u| distances.length[*u as usize]));
        self.to.append(&mut others);
    }

    fn append(&mut self, mut chunk: Pairs) {
        self.from.append(&mut chunk.from);
        self.to.append(&mut chunk.to);
        self.distance.append(&mut chunk.distance);
        self.reached.append(&mut chunk.reached);
    }

    fn outcome(self, quantity: Quantity) -> Outcome {
        let pairs = self.distance.len() as f64;
        let sum: f64 = self.distance.iter().sum();
        let mean = if pairs > 0.0 { sum / pairs } else { f64::NAN };
        let diameter = self.distance.iter().copied().fold(0.0, f64::max);
        let column = OutputColumn::new;
        Outcome {
            vertices: vec![column("reached", Quantity::Count, Values::Integers(self.reached))],
            rows: Some(RowTable {
                name: "pairs",
                columns: vec![
                    column("from", Quantity::Name, Values::Vertices(self.from)),
                    column("to", Quantity::Name, Values::Vertices(self.to)),
                    column("distance", quantity, Values::Numbers(self.distance)),
                ],
            }),
            summary: vec![
                ("pairs", Quantity::Count, pairs),
                ("mean_distance", quantity, mean),
                ("diameter", quantity, diameter),
            ],
            ..Outcome::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::Algorithm;
    use crate::algorithms::random_graphs::{
        all_distances, any_graph, graph_of, integer_column, integers, numbers, run, run_with_threads,
    };

    fn algorithm(weighted: bool, max_pairs: u64) -> Algorithm {
        Algorithm::AllPairsShortestPaths(AllPairsShortestPathsConfig { weighted, max_pairs })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn rows_are_the_finite_entries_of_the_table_of_all_distances(graph in any_graph(10), weighted in any::<bool>()) {
            let outcome = run(&algorithm(weighted, 1_000), &graph).unwrap();
            let table = all_distances(&graph, weighted);
            let n = graph.vertex_count() as usize;
            let column = |name: &str| &outcome.row_column(name).unwrap().values;
            let found: Vec<(u64, u64, f64)> = integers(column("from"))
                .into_iter()
                .zip(integers(column("to")))
                .zip(numbers(column("distance")))
                .map(|((v, u), distance)| (v, u, distance))
                .collect();
            let mut expected = Vec::new();
            for (v, row) in table.iter().enumerate() {
                for (u, distance) in row.iter().enumerate() {
                    if distance.is_finite() && u != v && (graph.directed || u > v) {
                        expected.push((v as u64, u as u64, *distance));
                    }
                }
            }
            prop_assert_eq!(found, expected);
            let reached = |v: usize| (0..n).filter(|u| *u != v && table[v][*u].is_finite()).count() as u64;
            prop_assert_eq!(integer_column(&outcome, "reached"), (0..n).map(reached).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_graph_with_too_many_pairs_is_refused_with_what_to_do() {
        let refused = run(&algorithm(true, 5), &graph_of(4, &[(0, 1)], false)).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("4 vertices make 6 pairs, more than the 5 of `max_pairs`")
        );
        assert!(run(&algorithm(true, 6), &graph_of(4, &[(0, 1)], false)).is_ok());
        assert!(run(&algorithm(true, 11), &graph_of(4, &[(0, 1)], true)).is_err());
    }

    #[test]
    fn one_thread_and_three_give_the_same_bits() {
        let pairs: Vec<(u32, u32)> = (0..900).map(|it| (it * 7 % 300, it * it % 300)).collect();
        let graph = graph_of(300, &pairs, true);
        let with = |threads| {
            run_with_threads(&algorithm(true, 100_000), &graph, &Inputs::default(), threads).unwrap()
        };
        assert_eq!(format!("{:?}", with(1)), format!("{:?}", with(3)));
    }
}
