//! Betweenness: how many shortest paths run through a vertex.
//!
//! For each ordered pair of other vertices (unordered when undirected) the share of their shortest
//! paths that pass through the vertex, added up; ends of a path do not count.
//!
//! Convention: edges are followed in their direction. Parallel edges that the projection kept are
//! different paths, so a doubled line draws twice the traffic of a single one; merged ones are one.
//! Self-loops lie on no shortest path. By weights, lengths that differ by less than one part in 10^10
//! are equal, because sums of decimals differ in their last digits by the order of adding; weights
//! must be above zero, since the number of shortest paths is not defined along edges of length 0.
//!
//! Cost: O(n m) time by hops, O(n m log n) by weights, divided by the threads; with samples, their
//! number in place of n. Memory: at most 16 times 52 bytes a vertex.
//! Sources: Brandes 2001; sampled sources as Brandes & Pich 2007, with the bounds of `sampling`.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::path_counts::Paths;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sampling::{Draw, sample};
use super::shortest_paths::refuse_negative;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Betweenness`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BetweennessConfig {
    /// Source vertices sampled; 0, or as many as there are vertices, computes exactly.
    pub samples: u32,
    /// Seed of the sample.
    pub seed: u64,
    /// Whether path length is the sum of edge weights instead of hops.
    pub weighted: bool,
}

impl Default for BetweennessConfig {
    fn default() -> Self {
        Self {
            samples: 0,
            seed: 1,
            weighted: false,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "betweenness",
    aliases: &["betweenness_centrality", "through_traffic"],
    special_cases: &[],
    title: "Betweenness",
    summary: "Counts how many shortest paths between other vertices run through each vertex.",
    convention: "Edges are followed in their direction; in an undirected projection each pair counts once. The \
                 ends of a path do not count. Where several shortest paths join a pair, each carries its share. \
                 Parallel edges that the projection keeps are different paths, merged ones are one. Edges from \
                 a vertex to itself lie on no shortest path. By weights, every weight must be above zero, and \
                 lengths that differ by less than one part in 10,000,000,000 are equal. A sampled value is \
                 scaled up from paths that start at the sampled vertices.",
    source: "Brandes 2001; error bound of samples: Serfling 1974, Bardenet & Maillard 2015",
    parameters: &[
        ParameterInfo {
            name: "samples",
            kind: "whole number",
            default: "0",
            range: "from 0 to 4294967295",
            meaning: "Start vertices sampled; 0 takes all and is exact.",
        },
        ParameterInfo {
            name: "seed",
            kind: "whole number",
            default: "1",
            range: "from 0 to 18446744073709551615",
            meaning: "Seed of the sample.",
        },
        ParameterInfo {
            name: "weighted",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether a path's length is its sum of weights instead of its number of steps.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "betweenness",
            quantity: Quantity::Score,
            meaning: "Pairs of other vertices whose shortest paths run through it, each counted by its share.",
        },
        ColumnInfo {
            name: "betweenness_share",
            quantity: Quantity::Share,
            meaning: "The same as a share of all pairs of other vertices.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "sources",
            quantity: Quantity::Count,
            meaning: "Vertices from which paths were followed.",
        },
        ColumnInfo {
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Pairs of other vertices that a vertex could lie between.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 6.0e8,
};

impl BetweennessConfig {
    /// Whether every parameter is in its range: always, since any value will do.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Sources whose contributions are added up before they are merged.
const CHUNK: usize = 32;

/// Probability that every sampled value is within the error given.
const CONFIDENCE: f64 = 0.95;

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &BetweennessConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let sources = match u64::from(config.samples) {
        0 => n,
        samples => samples.min(n),
    };
    let entries = n + 2 * m;
    let search = if config.weighted {
        entries * u64::from(entries.max(2).ilog2())
    } else {
        entries
    };
    let chunks = sources.div_ceil(CHUNK as u64).min(WAVE as u64);
    let heap = if config.weighted { 32 * m } else { 0 };
    Work {
        bytes: chunks * (52 * n + heap) + 32 * n,
        operations: sources.saturating_mul(search + 2 * entries),
        ..Work::default()
    }
}

/// Counts the shortest paths through every vertex.
///
/// # Errors
///
/// By weights: [`KernelError::NegativeWeight`], and [`KernelError::ZeroWeight`] where one is 0.
/// [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &BetweennessConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if config.weighted {
        refuse_unordered_weights(graph)?;
    }
    let n = graph.vertex_count();
    let exact = config.samples == 0 || config.samples >= n;
    let sources = if exact {
        (0..n).collect()
    } else {
        sample(n, config.samples, config.seed)
    };
    let sums = add_up(graph, &sources, config.weighted, !exact, control)?;
    // Undirected pairs are met from both ends.
    let scale = f64::from(n) / sources.len().max(1) as f64 * if graph.directed { 1.0 } else { 0.5 };
    let pairs = f64::from(n.saturating_sub(1))
        * f64::from(n.saturating_sub(2))
        * if graph.directed { 1.0 } else { 0.5 };
    let exactness = if exact {
        Exactness::Exact
    } else {
        let error = error_of_mean(&sums, sources.len() as u32) * scale * sources.len() as f64;
        Exactness::Sampled {
            errors: [("betweenness", error), ("betweenness_share", error / pairs)]
                .map(|(column, error)| (column.to_owned(), error))
                .into(),
            confidence: CONFIDENCE,
        }
    };
    let values: Vec<f64> = sums.values.iter().map(|sum| sum * scale).collect();
    let shares = values
        .iter()
        .map(|it| if pairs > 0.0 { it / pairs } else { 0.0 })
        .collect();
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("betweenness", Quantity::Score, Values::Numbers(values)),
            OutputColumn::new("betweenness_share", Quantity::Share, Values::Numbers(shares)),
        ],
        summary: vec![
            ("sources", Quantity::Count, sources.len() as f64),
            ("pairs", Quantity::Count, pairs),
        ],
        exactness,
        ..Outcome::default()
    })
}

fn refuse_unordered_weights(graph: &Csr) -> Result<(), KernelError> {
    refuse_negative(graph)?;
    match graph.first_weight(|weight| weight == 0.0) {
        None => Ok(()),
        Some((from, to, _)) => Err(KernelError::ZeroWeight { from, to }),
    }
}

/// Sums over sources of what each contributes to every vertex, and, for the error of a sample, of its
/// square.
struct Sums {
    values: Vec<f64>,
    squares: Vec<f64>,
}

fn add_up(
    graph: &Csr,
    sources: &[u32],
    weighted: bool,
    with_squares: bool,
    control: &Control,
) -> Result<Sums, KernelError> {
    let n = graph.vertex_count();
    let zeros = || Sums {
        values: vec![0.0; n as usize],
        squares: vec![0.0; if with_squares { n as usize } else { 0 }],
    };
    let mut total = zeros();
    in_order(
        sources.len(),
        CHUNK,
        control,
        || Paths::new(graph, weighted),
        |paths, range| {
            let mut sums = zeros();
            let mut pace = Pace::new(control);
            for &source in &sources[range] {
                paths.follow(source, &mut pace, |v, through| {
                    sums.values[v as usize] += through;
                    if let Some(square) = sums.squares.get_mut(v as usize) {
                        *square += through * through;
                    }
                })?;
            }
            Ok(sums)
        },
        |sums| {
            total
                .values
                .iter_mut()
                .zip(&sums.values)
                .for_each(|(to, from)| *to += from);
            total
                .squares
                .iter_mut()
                .zip(&sums.squares)
                .for_each(|(to, from)| *to += from);
            ControlFlow::Continue(())
        },
    )?;
    Ok(total)
}

/// The distance from the true mean contribution of a source that, with probability
/// [`CONFIDENCE`], no vertex's sampled mean exceeds.
fn error_of_mean(sums: &Sums, drawn: u32) -> f64 {
    let n = sums.values.len() as u32;
    let draw = Draw {
        drawn,
        population: n,
        // A vertex lies between the source and at most all others.
        ceiling: f64::from(n.saturating_sub(2)),
    };
    // Each vertex has an equal part of the risk, and each of its two bounds half of that.
    let risk = (1.0 - CONFIDENCE) / f64::from(n) / 2.0;
    let k = f64::from(drawn);
    let spread = |(sum, square): (&f64, &f64)| (square / k - (sum / k).powi(2)).max(0.0).sqrt();
    let widest = sums
        .values
        .iter()
        .zip(&sums.squares)
        .map(spread)
        .fold(0.0, f64::max);
    draw.hoeffding_serfling(risk)
        .min(draw.bernstein_serfling(risk, widest))
}

#[cfg(test)]
#[path = "betweenness_tests.rs"]
mod tests;
