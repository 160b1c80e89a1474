//! Closeness, harmonic closeness and mean distance to all others.
//!
//! With r others reached at distances that sum to s, among n vertices: closeness is
//! (r / (n - 1)) (r / s), harmonic closeness the sum of 1 / distance, mean distance s / r.
//!
//! Convention: distances are measured *from* the vertex, along the direction of edges (run on the
//! reversed projection for distances *to* it). Parallel edges count by the lightest, self-loops never.
//! A vertex that reaches nobody has closeness and harmonic closeness 0, and no mean or farthest
//! distance. By weights, others at distance 0 add nothing to harmonic closeness, and closeness is not
//! defined where all others are at distance 0.
//!
//! Cost: O(n m) time by hops and O(n m log n) by weights, divided by the threads; 12 bytes a vertex and
//! thread, and 40 a vertex.
//! Sources: Wasserman & Faust 1994; Marchiori & Latora 2000 (harmonic).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_paths::{Distances, length_quantity, refuse_negative};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Closeness`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClosenessConfig {
    /// Whether distance is the sum of edge weights instead of hops.
    pub weighted: bool,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "closeness",
    aliases: &["closeness_centrality", "harmonic", "harmonic_closeness"],
    special_cases: &[],
    title: "Closeness",
    summary: "Measures how far every vertex is from all others, to find the best placed and the hardest to reach.",
    convention: "Distances are measured from the vertex along the direction of edges; in an undirected \
                 projection both directions are the same. Vertices that cannot be reached are left out of means \
                 and lower closeness by their share. Of parallel edges the lightest counts; edges from a vertex \
                 to itself never do. Weights must not be negative. Others at distance 0 add nothing to harmonic \
                 closeness.",
    source: "Wasserman & Faust 1994; Marchiori & Latora 2000",
    parameters: &[ParameterInfo {
        name: "weighted",
        kind: "yes or no",
        default: "no",
        range: "yes or no",
        meaning: "Whether distance is the sum of weights instead of the number of steps.",
    }],
    columns: &[
        ColumnInfo {
            name: "closeness",
            quantity: Quantity::Score,
            meaning: "Share of others reached, divided by their mean distance.",
        },
        ColumnInfo {
            name: "harmonic",
            quantity: Quantity::Score,
            meaning: "Sum over all others of 1 divided by their distance; those not reached add 0.",
        },
        ColumnInfo {
            name: "mean_distance",
            quantity: Quantity::Hops,
            meaning: "Mean distance to the others that are reached, in weight when weighted.",
        },
        ColumnInfo {
            name: "farthest",
            quantity: Quantity::Hops,
            meaning: "Distance to the farthest vertex that is reached, in weight when weighted.",
        },
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Other vertices reached.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "pairs_reached",
            quantity: Quantity::Count,
            meaning: "Ordered pairs of different vertices with a path from the first to the second.",
        },
        ColumnInfo {
            name: "mean_distance",
            quantity: Quantity::Hops,
            meaning: "Mean distance over these pairs, in weight when weighted.",
        },
        ColumnInfo {
            name: "diameter",
            quantity: Quantity::Hops,
            meaning: "Greatest distance over these pairs, in weight when weighted.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 3.0e8,
};

impl ClosenessConfig {
    /// Whether every parameter is in its range: always, since any value will do.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &ClosenessConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = n + 2 * m;
    let (search, heap) = if config.weighted {
        (entries * u64::from(entries.max(2).ilog2()), 32 * m)
    } else {
        (entries, 0)
    };
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    Work {
        bytes: chunks * (12 * n + heap) + 48 * n,
        operations: n.saturating_mul(search),
        ..Work::default()
    }
}

/// Vertices that a thread measures at a time.
const CHUNK: usize = 32;

/// What one search tells about its source.
struct Reach {
    sum: f64,
    harmonic: f64,
    farthest: f64,
    others: u32,
}

impl Reach {
    /// Adds up in the order of settling, so that the bits do not depend on threads.
    fn of(distances: &Distances) -> Self {
        let mut reach = Self {
            sum: 0.0,
            harmonic: 0.0,
            farthest: 0.0,
            others: 0,
        };
        // The source is settled first.
        for v in distances.order.iter().skip(1) {
            let length = distances.length[*v as usize];
            reach.sum += length;
            reach.harmonic += if length > 0.0 { 1.0 / length } else { 0.0 };
            reach.farthest = length;
            reach.others += 1;
        }
        reach
    }

    fn closeness(&self, n: u32) -> f64 {
        let r = f64::from(self.others);
        match self.others {
            0 => 0.0,
            _ if self.sum == 0.0 => f64::NAN,
            _ => (r / f64::from(n - 1)) * (r / self.sum),
        }
    }

    /// `value` where somebody is reached, NaN where nobody is.
    fn if_any(&self, value: f64) -> f64 {
        if self.others == 0 { f64::NAN } else { value }
    }
}

/// Measures the distances from every vertex.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] when weighted; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &ClosenessConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if config.weighted {
        refuse_negative(graph)?;
    }
    let n = graph.vertex_count();
    let mut reaches: Vec<Reach> = Vec::with_capacity(n as usize);
    in_order(
        n as usize,
        CHUNK,
        control,
        || Distances::new(n),
        |distances, range| {
            let mut pace = Pace::new(control);
            let one = |v: usize| {
                distances.search(&graph.out, &[v as u32], config.weighted, &mut pace)?;
                Ok(Reach::of(distances))
            };
            range.map(one).collect::<Result<Vec<Reach>, KernelError>>()
        },
        |chunk| {
            reaches.extend(chunk);
            ControlFlow::Continue(())
        },
    )?;
    let quantity = length_quantity(graph, config.weighted);
    Ok(outcome(&reaches, quantity))
}

fn outcome(reaches: &[Reach], quantity: Quantity) -> Outcome {
    let n = reaches.len() as u32;
    let numbers = |value: &dyn Fn(&Reach) -> f64| Values::Numbers(reaches.iter().map(value).collect());
    let mean = |it: &Reach| it.if_any(it.sum / f64::from(it.others));
    let reached = reaches.iter().map(|it| u64::from(it.others)).collect();
    let pairs: f64 = reaches.iter().map(|it| f64::from(it.others)).sum();
    let length: f64 = reaches.iter().map(|it| it.sum).sum();
    let diameter = reaches.iter().map(|it| it.farthest).fold(0.0, f64::max);
    Outcome {
        vertices: vec![
            OutputColumn::new("closeness", Quantity::Score, numbers(&|it| it.closeness(n))),
            OutputColumn::new("harmonic", Quantity::Score, numbers(&|it| it.harmonic)),
            OutputColumn::new("mean_distance", quantity, numbers(&mean)),
            OutputColumn::new("farthest", quantity, numbers(&|it| it.if_any(it.farthest))),
            OutputColumn::new("reached", Quantity::Count, Values::Integers(reached)),
        ],
        summary: vec![
            ("pairs_reached", Quantity::Count, pairs),
            (
                "mean_distance",
                quantity,
                if pairs > 0.0 { length / pairs } else { f64::NAN },
            ),
            ("diameter", quantity, diameter),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::Algorithm;
    use crate::algorithms::random_graphs::{
        all_distances, any_graph, graph_of, integer_column, number_column, run, run_with_threads,
    };

    fn algorithm(weighted: bool) -> Algorithm {
        Algorithm::Closeness(ClosenessConfig { weighted })
    }

    fn close(a: f64, b: f64) -> bool {
        (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * a.abs().max(1.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn values_follow_from_the_table_of_all_distances(graph in any_graph(10), weighted in any::<bool>()) {
            let outcome = run(&algorithm(weighted), &graph).unwrap();
            let table = all_distances(&graph, weighted);
            let n = graph.vertex_count() as usize;
            let columns = ["closeness", "harmonic", "mean_distance", "farthest"].map(|name| number_column(&outcome, name));
            for v in 0..n {
                let others: Vec<f64> = (0..n).filter(|u| *u != v).map(|u| table[v][u]).filter(|it| it.is_finite()).collect();
                let (r, s) = (others.len() as f64, others.iter().sum::<f64>());
                let expected = if others.is_empty() {
                    [0.0, 0.0, f64::NAN, f64::NAN]
                } else {
                    let farthest = others.iter().copied().fold(0.0, f64::max);
                    [r * r / s / (n as f64 - 1.0), others.iter().map(|it| 1.0 / it).sum(), s / r, farthest]
                };
                for (column, value) in columns.iter().zip(expected) {
                    prop_assert!(close(column[v], value), "{} is not {}", column[v], value);
                }
                prop_assert_eq!(integer_column(&outcome, "reached")[v], others.len() as u64);
            }
        }
    }

    #[test]
    fn distances_are_measured_along_the_edges() {
        let outcome = run(&algorithm(false), &graph_of(3, &[(0, 1), (1, 2)], true)).unwrap();
        assert_eq!(integer_column(&outcome, "reached"), [2, 1, 0]);
        assert_eq!(outcome.summary[2], ("diameter", Quantity::Hops, 2.0));
    }

    #[test]
    fn one_thread_and_four_give_the_same_bits() {
        let pairs: Vec<(u32, u32)> = (0..900).map(|it| (it * 7 % 300, it * it % 300)).collect();
        let graph = graph_of(300, &pairs, false);
        let with =
            |threads| run_with_threads(&algorithm(false), &graph, &Inputs::default(), threads).unwrap();
        assert_eq!(format!("{:?}", with(1)), format!("{:?}", with(4)));
    }
}
