//! Influence maximisation: the few vertices from which news reaches most.
//!
//! News spreads by independent cascades: whoever hears it passes it on, once, along each out-edge with the
//! edge's probability. Of that process `simulations` outcomes are drawn, each a graph of the edges that pass
//! it on; the vertices are chosen greedily, the next one that reaches most that is not reached yet, summed
//! over these graphs (CELF). The spread that is told is measured on as many other graphs, drawn afresh, so
//! that the choice does not flatter itself.
//!
//! Convention: the probability is the same for every edge, or the edge's weight, 0 to 1. Parallel edges are
//! one edge, which by weight passes news on when one of them does; self-loops pass on nothing; an undirected
//! edge tries each way by itself. Ties are broken by vertex order.
//!
//! Exact: gains are counts of reached vertices on the drawn graphs, so that the choice is that of the greedy
//! method on them, whose spread is at least 63 per cent of the best choice's, on them. Sampled: the bounds of
//! `spread`, `gain` and `reached` hold together, by concentration of means of independent draws.
//!
//! Cost: O(simulations (n + m)) for bounds of every vertex, by the condensation of each graph, and as much at
//! most for each vertex looked at, divided by the threads; edges are drawn again by hashing, never kept: 1
//! bit a vertex and simulation, 16 bytes a vertex and thread.
//! Source: Kempe, Kleinberg & Tardos, KDD 2003; Leskovec et al. (CELF), KDD 2007; Ohsaka et al., AAAI 2014.

use serde::{Deserialize, Serialize};

use super::cascade::{Cascade, Confidence, Estimate, LIVE_GRAPHS};
use super::chunks::WAVE;
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, TableOrder, Work,
};
use super::sampling;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Influence`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InfluenceConfig {
    /// Vertices chosen, 1 to 10,000.
    pub top_k: u32,
    /// Probability that an edge passes news on, 0 to 1.
    pub probability: f64,
    /// Whether each edge's weight is its probability instead.
    pub weighted: bool,
    /// Outcomes drawn, 1 to 100,000; as many again to measure.
    pub simulations: u32,
    /// Start of the random numbers.
    pub seed: u64,
}

impl Default for InfluenceConfig {
    fn default() -> Self {
        Self {
            top_k: 10,
            probability: 0.1,
            weighted: false,
            simulations: 100,
            seed: 1,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "influence",
    aliases: &["influence_maximisation", "influence_maximization", "celf"],
    special_cases: &[],
    title: "Influence maximisation",
    summary: "Chooses the few vertices from which news, passed on along edges by chance, reaches most.",
    convention: "Whoever hears the news passes it on once along each edge that leaves it, with a probability. Each \
                 next vertex is the one that adds most to those before it. Undirected edges pass it on both ways, \
                 several edges between two count once, or by weight together.",
    source: "Kempe, Kleinberg & Tardos, KDD 2003; Leskovec et al., KDD 2007.",
    parameters: &[
        ParameterInfo {
            name: "top_k",
            kind: "whole number",
            default: "10",
            range: "from 1 to 10000",
            meaning: "Vertices chosen.",
        },
        ParameterInfo {
            name: "probability",
            kind: "number",
            default: "0.1",
            range: "from 0 to 1",
            meaning: "Probability that an edge passes the news on.",
        },
        ParameterInfo {
            name: "weighted",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether the weight of an edge, 0 to 1, is its probability instead.",
        },
        ParameterInfo {
            name: "simulations",
            kind: "whole number",
            default: "100",
            range: "from 1 to 100000",
            meaning: "Outcomes that are drawn to choose by, and as many again to measure by.",
        },
        sampling::SEED,
    ],
    columns: &[
        ColumnInfo {
            name: "rank",
            quantity: Quantity::Count,
            meaning: "Its place among those chosen, from 1; 0 where it was not.",
        },
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Share,
            meaning: "How likely the news reaches it from all those chosen.",
        },
    ],
    rows: Some((
        "seeds",
        &[
            ColumnInfo {
                name: "vertex",
                quantity: Quantity::Name,
                meaning: "A chosen vertex, in the order of the choice.",
            },
            ColumnInfo {
                name: "gain",
                quantity: Quantity::Score,
                meaning: "Vertices that are reached more on average than from those before it.",
            },
            ColumnInfo {
                name: "spread",
                quantity: Quantity::Score,
                meaning: "Vertices reached on average from it and those before it, themselves among them.",
            },
        ],
    )),
    order: &[
        ("vertices", TableOrder::Greatest("reached")),
        ("seeds", TableOrder::AsComputed),
    ],
    summary_values: &[
        ColumnInfo {
            name: "spread",
            quantity: Quantity::Score,
            meaning: "Vertices reached on average from all those chosen.",
        },
        ColumnInfo {
            name: "chosen",
            quantity: Quantity::Count,
            meaning: "Vertices chosen; fewer than asked for when those reach all in every simulation.",
        },
        ColumnInfo {
            name: "evaluations",
            quantity: Quantity::Count,
            meaning: "Times that the reach of a vertex was counted.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl InfluenceConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let counts = [
            ("top_k", self.top_k, 10_000),
            ("simulations", self.simulations, 100_000),
        ];
        let is_wrong = |it: &(&str, u32, u32)| !(1..=it.2).contains(&it.1);
        if let Some((parameter, value, most)) = counts.into_iter().find(is_wrong) {
            let problem = format!("is {value}; it must be from 1 to {most}");
            return Err(KernelError::Parameter { parameter, problem });
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(KernelError::Parameter {
                parameter: "probability",
                problem: format!("is {}; it must be from 0 to 1", self.probability),
            });
        }
        Ok(())
    }
}

/// What it takes on a graph of this size, where few vertices are looked at for each that is chosen, as bounds
/// by condensation bring about.
pub fn work(config: &InfluenceConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let (chosen, draws) = (u64::from(config.top_k).min(n), u64::from(config.simulations));
    let one = draws.saturating_mul(n + 2 * m);
    Work {
        // A live graph grows by doubling, and has both directions of an undirected edge.
        bytes: draws.saturating_mul(n / 8 + 8)
            + 60 * n
            + WAVE as u64 * 8 * n
            + LIVE_GRAPHS as u64 * (100 * n + 80 * m),
        operations: one.saturating_mul(6).saturating_add(one.saturating_mul(chosen)),
        rows: chosen,
    }
}

/// Chooses the vertices and measures how far news reaches from them.
///
/// # Errors
///
/// [`KernelError::NoProbability`] when weights are to be probabilities and one is not, and
/// [`KernelError::NotApplicable`] when there are none.
pub fn run(
    graph: &Csr,
    config: &InfluenceConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let cascade = Cascade::new(graph, config, control)?;
    let choice = cascade.choose(config.top_k as usize, control)?;
    let estimate = cascade.measure(&choice.vertices, control)?;
    Ok(outcome(
        graph.vertex_count(),
        choice.vertices,
        choice.evaluations,
        estimate,
    ))
}

fn outcome(n: u32, chosen: Vec<u32>, evaluations: u64, estimate: Estimate) -> Outcome {
    let Estimate {
        spread,
        reached,
        confidence,
    } = estimate;
    let mut rank = vec![0_u64; n as usize];
    for (v, place) in chosen.iter().zip(1..) {
        rank[*v as usize] = place;
    }
    let before = std::iter::once(0.0).chain(spread.iter().copied());
    let gain = spread
        .iter()
        .zip(before)
        .map(|(own, before)| own - before)
        .collect();
    Outcome {
        summary: vec![
            ("spread", Quantity::Score, spread.last().copied().unwrap_or(0.0)),
            ("chosen", Quantity::Count, chosen.len() as f64),
            ("evaluations", Quantity::Count, evaluations as f64),
        ],
        vertices: vec![
            OutputColumn::new("rank", Quantity::Count, Values::Integers(rank)),
            OutputColumn::new("reached", Quantity::Share, Values::Numbers(reached)),
        ],
        rows: Some(RowTable {
            name: "seeds",
            columns: vec![
                OutputColumn::new("vertex", Quantity::Name, Values::Vertices(chosen)),
                OutputColumn::new("gain", Quantity::Score, Values::Numbers(gain)),
                OutputColumn::new("spread", Quantity::Score, Values::Numbers(spread)),
            ],
        }),
        exactness: confidence.map_or(Exactness::Exact, sampled),
    }
}

fn sampled(confidence: Confidence) -> Exactness {
    let Confidence { spread, reached } = confidence;
    let errors = [("spread", spread), ("gain", 2.0 * spread), ("reached", reached)];
    Exactness::Sampled {
        errors: errors.map(|(name, error)| (name.to_owned(), error)).into(),
        confidence: 1.0 - super::cascade::RISK,
    }
}

#[cfg(test)]
#[path = "influence_tests.rs"]
mod tests;
