//! Node similarity: vertices whose sets of out-neighbours are alike.
//!
//! With `A` and `B` the out-neighbours of two vertices, Jaccard is `|A ∩ B| / |A ∪ B|`, overlap
//! `|A ∩ B| / min(|A|, |B|)` and cosine `|A ∩ B| / √(|A| |B|)`. Weighted, with `a` and `b` the weights
//! to each neighbour: `Σ min(a, b) / Σ max(a, b)`, `Σ min(a, b) / min(Σ a, Σ b)`, and the cosine of the
//! two rows of weights. Each vertex lists its `top_k` most similar ones, ties by vertex order.
//!
//! Convention: parallel edges count once, or with their weights summed; self-loops do not count; the
//! neighbours of an undirected graph are all neighbours. A neighbour that more than `max_holders` vertices
//! point to says little about two of them and is left out of every set, and the outcome is then marked
//! as truncated. Only pairs with a neighbour in common are pairs.
//!
//! Method: from each vertex over its neighbours to whoever else points there, counting in a flat array.
//! Cost: O(m h) time for h = `max_holders`, divided by the threads; 8 bytes a vertex and thread, 16
//! when weighted, 40 a listed pair.
//! Source: Jaccard 1901; Lin & Dyer 2010 (pairs by co-occurrence).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pairs::{Leaders, Pairs};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, Work,
};
use super::set_comparison::Comparison;
use super::shortest_paths::refuse_negative;
use crate::graph::Csr;

/// How alike two sets of neighbours are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Shared neighbours as a part of all of both.
    #[default]
    Jaccard,
    /// Shared neighbours as a part of the smaller set.
    Overlap,
    /// Shared neighbours over the geometric mean of both counts.
    Cosine,
}

/// Parameters of [`super::Algorithm::NodeSimilarity`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSimilarityConfig {
    /// The measure.
    pub metric: Metric,
    /// Similar vertices listed for each, from 1.
    pub top_k: u32,
    /// Least similarity, 0 to 1.
    pub cutoff: f64,
    /// Vertices with fewer neighbours are left out, from 1.
    pub degree_cutoff: u32,
    /// Neighbours that more vertices point to are left out; 0 keeps all.
    pub max_holders: u32,
    /// Whether edge weights count, where there are some.
    pub weighted: bool,
    /// Pairs listed at most, from 1.
    pub max_pairs: u64,
}

impl Default for NodeSimilarityConfig {
    fn default() -> Self {
        Self {
            metric: Metric::Jaccard,
            top_k: 10,
            cutoff: 0.0,
            degree_cutoff: 1,
            max_holders: 1000,
            weighted: false,
            max_pairs: 10_000_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "node_similarity",
    aliases: &["similarity"],
    special_cases: &[
        SpecialCase {
            name: "jaccard",
            sets: &[("metric", "jaccard")],
            needs: &[],
        },
        SpecialCase {
            name: "overlap",
            sets: &[("metric", "overlap")],
            needs: &[],
        },
        SpecialCase {
            name: "cosine",
            sets: &[("metric", "cosine")],
            needs: &[],
        },
    ],
    title: "Node similarity",
    summary: "Lists for each vertex the ones that point to the same neighbours as it does.",
    convention: "Neighbours are those that edges lead to, or all of them where direction does not count. Several \
                 edges to a neighbour count once, or with their weights summed; an edge to itself does not count. \
                 Neighbours that very many point to are left out, and the result says so. A pair stands once \
                 for each of its two that lists the other.",
    source: "Jaccard, Bulletin de la Société Vaudoise des Sciences Naturelles 37, 1901.",
    parameters: &[
        ParameterInfo {
            name: "metric",
            kind: "text",
            default: "jaccard",
            range: "jaccard, overlap or cosine",
            meaning: "How alike two sets of neighbours are: what they share as a part of all of both, of the \
                      smaller one, or of the geometric mean of both.",
        },
        ParameterInfo {
            name: "top_k",
            kind: "whole number",
            default: "10",
            range: "from 1 to 4294967295",
            meaning: "Most similar vertices listed for each.",
        },
        ParameterInfo {
            name: "cutoff",
            kind: "number",
            default: "0",
            range: "from 0 to 1",
            meaning: "Least similarity of a listed pair; pairs with nothing in common are never listed.",
        },
        ParameterInfo {
            name: "degree_cutoff",
            kind: "whole number",
            default: "1",
            range: "from 1 to 4294967295",
            meaning: "Vertices with fewer neighbours are compared with none.",
        },
        ParameterInfo {
            name: "max_holders",
            kind: "whole number",
            default: "1000",
            range: "from 2 to 4294967295, or 0",
            meaning: "Neighbours that more vertices point to are left out of every set; 0 keeps all.",
        },
        ParameterInfo {
            name: "weighted",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether edge weights count, where there are some.",
        },
        ParameterInfo {
            name: "max_pairs",
            kind: "whole number",
            default: "10000000",
            range: "from 1 to 18446744073709551615",
            meaning: "Pairs listed at most, in vertex order; the result says when there are more.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "most_similar",
            quantity: Quantity::Name,
            meaning: "The vertex most similar to it; none where nothing is shared.",
        },
        ColumnInfo {
            name: "best_similarity",
            quantity: Quantity::Score,
            meaning: "Similarity to that vertex; 0 where there is none.",
        },
        ColumnInfo {
            name: "similar",
            quantity: Quantity::Count,
            meaning: "Vertices listed as similar to it.",
        },
    ],
    rows: Some((
        "pairs",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "The vertex whose list it is.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "A vertex similar to it.",
            },
            ColumnInfo {
                name: "similarity",
                quantity: Quantity::Score,
                meaning: "How alike their neighbours are, up to 1.",
            },
            ColumnInfo {
                name: "common",
                quantity: Quantity::Count,
                meaning: "Neighbours that both have.",
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
            name: "compared",
            quantity: Quantity::Count,
            meaning: "Vertices with enough neighbours to be compared.",
        },
        ColumnInfo {
            name: "mean_similarity",
            quantity: Quantity::Score,
            meaning: "Mean similarity of the pairs listed.",
        },
        ColumnInfo {
            name: "too_common",
            quantity: Quantity::Count,
            meaning: "Neighbours left out because too many point to them.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 5.0e8,
};

impl NodeSimilarityConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if !(0.0..=1.0).contains(&self.cutoff) {
            return refused("cutoff", format!("is {}; it must be from 0 to 1", self.cutoff));
        }
        if self.max_holders == 1 {
            return refused("max_holders", "is 1; it must be 0, or 2 or more".to_owned());
        }
        let counts = [
            ("top_k", u64::from(self.top_k)),
            ("degree_cutoff", u64::from(self.degree_cutoff)),
            ("max_pairs", self.max_pairs),
        ];
        match counts.into_iter().find(|it| it.1 == 0) {
            Some((parameter, _)) => refused(parameter, "is 0; it must be 1 or more".to_owned()),
            None => Ok(()),
        }
    }
}

/// Vertices that a thread compares with others at a time.
const CHUNK: usize = 64;

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &NodeSimilarityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let holders = match config.max_holders {
        0 => n,
        most => n.min(u64::from(most)),
    };
    let met = m.saturating_mul(2).saturating_mul(holders);
    let rows = n
        .saturating_mul(u64::from(config.top_k).min(n))
        .min(config.max_pairs)
        .min(met);
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    let lists = if config.weighted { 24 * m } else { 8 * m };
    Work {
        bytes: rows.saturating_mul(40) + chunks * 16 * n + 48 * n + 2 * lists,
        operations: met.saturating_add(n + 4 * m),
        rows,
    }
}

/// Lists for each vertex those most similar to it.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] when weights count; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &NodeSimilarityConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let weighted = config.weighted && graph.is_weighted();
    if weighted {
        refuse_negative(graph)?;
    }
    let n = graph.vertex_count();
    let comparison = Comparison::new(graph, config, weighted, control)?;
    let cap = usize::try_from(config.max_pairs).unwrap_or(usize::MAX);
    let mut pairs = Pairs::default();
    in_order(
        n as usize,
        CHUNK,
        control,
        || comparison.workspace(),
        |workspace, range| {
            let mut found = Pairs::default();
            for v in range {
                comparison.compare(v as u32, workspace, &mut found, control)?;
            }
            Ok(found)
        },
        |found| {
            pairs.append(found);
            match pairs.to.len() > cap {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
    )?;
    let is_cut = pairs.to.len() > cap;
    pairs.truncate(cap);
    let exactness = if is_cut || comparison.too_common > 0 {
        Exactness::Truncated {
            listed: pairs.to.len() as u64,
        }
    } else {
        Exactness::Exact
    };
    Ok(outcome(n, pairs, &comparison, exactness))
}

fn outcome(n: u32, pairs: Pairs, comparison: &Comparison, exactness: Exactness) -> Outcome {
    let leaders = Leaders::new(n, &pairs.from, &pairs.to, &pairs.scores);
    let listed = pairs.to.len() as f64;
    let compared = comparison.compared();
    let mean = pairs.scores.iter().sum::<f64>() / listed.max(1.0);
    Outcome {
        vertices: vec![
            OutputColumn::new("most_similar", Quantity::Name, Values::Vertices(leaders.first)),
            OutputColumn::new(
                "best_similarity",
                Quantity::Score,
                Values::Numbers(leaders.scores),
            ),
            OutputColumn::new("similar", Quantity::Count, Values::Integers(leaders.listed)),
        ],
        rows: Some(RowTable {
            name: "pairs",
            columns: vec![
                OutputColumn::new("from", Quantity::Name, Values::Vertices(pairs.from)),
                OutputColumn::new("to", Quantity::Name, Values::Vertices(pairs.to)),
                OutputColumn::new("similarity", Quantity::Score, Values::Numbers(pairs.scores)),
                OutputColumn::new("common", Quantity::Count, Values::Integers(pairs.common)),
            ],
        }),
        summary: vec![
            ("pairs", Quantity::Count, listed),
            ("compared", Quantity::Count, compared as f64),
            ("mean_similarity", Quantity::Score, mean),
            ("too_common", Quantity::Count, comparison.too_common as f64),
        ],
        exactness,
    }
}

#[cfg(test)]
#[path = "node_similarity_tests.rs"]
mod tests;
