//! Link prediction: pairs that are not linked but have neighbours in common, most promising first.
//!
//! With `N(v)` the neighbours of a vertex and `d(v)` their number: common neighbours `|N(u) ∩ N(v)|`,
//! Jaccard `|N(u) ∩ N(v)| / |N(u) ∪ N(v)|`, Adamic-Adar `Σ 1 / ln d(w)` and resource allocation
//! `Σ 1 / d(w)` over the common neighbours `w`, and preferential attachment `d(u) d(v)`.
//!
//! Convention: direction is ignored, parallel edges count once, self-loops do not count. Only pairs two
//! hops apart are ranked, by preferential attachment too. Common neighbours with more than
//! `max_neighbours` neighbours are passed over, in every score but the degrees, and the outcome is then
//! marked as truncated. Ties are broken by vertex order.
//!
//! Method: from each vertex over its neighbours to the later ones two hops away, adding up in a flat array.
//! Cost: O(m h) time for h = `max_neighbours`, divided by the threads; 16 bytes a vertex and thread, the
//! simple view beside the graph.
//! Source: Liben-Nowell & Kleinberg 2007; Adamic & Adar 2003; Zhou, Lü & Zhang 2009.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::best::Best;
use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pairs::Leaders;
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, TableOrder,
    Work,
};
use super::simple_view::SimpleView;
use crate::graph::Csr;

/// What pairs are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// Common neighbours, rare ones counting more.
    #[default]
    AdamicAdar,
    /// Common neighbours, each counting one over its degree.
    ResourceAllocation,
    /// Common neighbours.
    CommonNeighbours,
    /// Common neighbours as a part of all neighbours of both.
    Jaccard,
    /// Product of the degrees.
    PreferentialAttachment,
}

/// Parameters of [`super::Algorithm::LinkPrediction`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkPredictionConfig {
    /// The score to rank by.
    pub by: Ranking,
    /// Pairs listed, from 1.
    pub top_k: u32,
    /// Common neighbours with more neighbours are passed over; 0 follows all.
    pub max_neighbours: u32,
}

impl Default for LinkPredictionConfig {
    fn default() -> Self {
        Self {
            by: Ranking::AdamicAdar,
            top_k: 100,
            max_neighbours: 1000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "link_prediction",
    aliases: &[],
    special_cases: &[
        SpecialCase {
            name: "adamic_adar",
            sets: &[("by", "adamic_adar")],
            needs: &[],
        },
        SpecialCase {
            name: "resource_allocation",
            sets: &[("by", "resource_allocation")],
            needs: &[],
        },
        SpecialCase {
            name: "preferential_attachment",
            sets: &[("by", "preferential_attachment")],
            needs: &[],
        },
        SpecialCase {
            name: "common_neighbours",
            sets: &[("by", "common_neighbours")],
            needs: &[],
        },
        SpecialCase {
            name: "common_neighbors",
            sets: &[("by", "common_neighbours")],
            needs: &[],
        },
    ],
    title: "Link prediction",
    summary: "Lists the pairs that are not linked but, by the neighbours they share, most likely will be or ought to be.",
    convention: "Edges count both ways whatever their direction; several between two count once, an edge to itself \
                 does not count. Only pairs with a common neighbour are ranked. Common neighbours that have very \
                 many neighbours are passed over, and the result says so.",
    source: "Liben-Nowell & Kleinberg, JASIST 58, 2007; Adamic & Adar 2003; Zhou, Lü & Zhang 2009.",
    parameters: &[
        ParameterInfo {
            name: "by",
            kind: "text",
            default: "adamic_adar",
            range: "adamic_adar, resource_allocation, common_neighbours, jaccard or preferential_attachment",
            meaning: "The score that pairs are ranked by; all scores are listed.",
        },
        ParameterInfo {
            name: "top_k",
            kind: "whole number",
            default: "100",
            range: "from 1 to 4294967295",
            meaning: "Pairs listed.",
        },
        ParameterInfo {
            name: "max_neighbours",
            kind: "whole number",
            default: "1000",
            range: "from 2 to 4294967295, or 0",
            meaning: "Common neighbours with more neighbours are passed over; 0 follows all.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "likely_partner",
            quantity: Quantity::Name,
            meaning: "The other end of its first pair in the list; none where it is in no pair.",
        },
        ColumnInfo {
            name: "best_score",
            quantity: Quantity::Score,
            meaning: "The score of that pair; 0 where there is none.",
        },
        ColumnInfo {
            name: "predicted",
            quantity: Quantity::Count,
            meaning: "Listed pairs that it is part of.",
        },
    ],
    rows: Some((
        "pairs",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "The end that comes first in vertex order.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "The other end.",
            },
            ColumnInfo {
                name: "common_neighbours",
                quantity: Quantity::Count,
                meaning: "Neighbours that both have.",
            },
            ColumnInfo {
                name: "adamic_adar",
                quantity: Quantity::Score,
                meaning: "Sum over these of one over the logarithm of their degree.",
            },
            ColumnInfo {
                name: "resource_allocation",
                quantity: Quantity::Score,
                meaning: "Sum over these of one over their degree.",
            },
            ColumnInfo {
                name: "jaccard",
                quantity: Quantity::Score,
                meaning: "Common neighbours as a part of all neighbours of both.",
            },
            ColumnInfo {
                name: "preferential_attachment",
                quantity: Quantity::Score,
                meaning: "Product of the two degrees.",
            },
        ],
    )),
    order: &[
        ("vertices", TableOrder::Greatest("best_score")),
        ("pairs", TableOrder::AsComputed),
    ],
    summary_values: &[
        ColumnInfo {
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Pairs listed.",
        },
        ColumnInfo {
            name: "candidates",
            quantity: Quantity::Count,
            meaning: "Pairs two hops apart that were ranked.",
        },
        ColumnInfo {
            name: "passed_over",
            quantity: Quantity::Count,
            meaning: "Vertices passed over as common neighbours because they have too many neighbours.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e8,
};

impl LinkPredictionConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: &str| {
            Err(KernelError::Parameter {
                parameter,
                problem: problem.to_owned(),
            })
        };
        if self.top_k == 0 {
            return refused("top_k", "is 0; it must be 1 or more");
        }
        if self.max_neighbours == 1 {
            return refused("max_neighbours", "is 1; it must be 0, or 2 or more");
        }
        Ok(())
    }
}

/// Vertices whose pairs a thread ranks at a time.
const CHUNK: usize = 64;

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &LinkPredictionConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let neighbours = match config.max_neighbours {
        0 => n,
        most => n.min(u64::from(most)),
    };
    let met = m.saturating_mul(neighbours);
    let rows = u64::from(config.top_k).min(met);
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    Work {
        // Every chunk keeps up to twice the rows while it ranks.
        bytes: (rows * (chunks + 2) * 40).saturating_add(chunks * 16 * n + 40 * n + 20 * m),
        operations: met.saturating_add(n + 6 * m),
        rows,
    }
}

/// Ranks the pairs that are two hops apart.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    config: &LinkPredictionConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let view = SimpleView::new(graph, control)?;
    control.advance(u64::from(n));
    let prediction = Prediction::new(&view, config);
    let most = config.top_k as usize;
    let (mut best, mut candidates) = (Best::new(most), 0);
    in_order(
        n as usize,
        CHUNK,
        control,
        || Workspace {
            common: vec![0; n as usize],
            sums: vec![
                0.0;
                if prediction.shares.is_empty() {
                    0
                } else {
                    n as usize
                }
            ],
            met: vec![0; n as usize + 1],
        },
        |workspace, range| {
            let (mut found, mut ranked) = (Best::new(most), 0);
            for v in range {
                ranked += prediction.rank(v as u32, workspace, &mut found, control)?;
            }
            Ok((found.take().collect::<Vec<_>>(), ranked))
        },
        |(found, ranked)| {
            candidates += ranked;
            found
                .into_iter()
                .for_each(|(score, pair)| best.offer(score, pair));
            ControlFlow::Continue(())
        },
    )?;
    let pairs: Vec<(f64, (u32, u32))> = best.take().collect();
    Ok(prediction.outcome(&pairs, candidates))
}

/// What pairs are ranked with.
struct Prediction<'a> {
    view: &'a SimpleView,
    by: Ranking,
    /// Neighbours that a common neighbour has at most.
    most: usize,
    /// What each vertex adds to the score of two that share it, where that is not 1.
    shares: Vec<f64>,
}

/// What a thread ranks with; `common` and `sums` are all 0 between vertices.
struct Workspace {
    common: Vec<u32>,
    sums: Vec<f64>,
    /// Vertices that share any; one place more than there are vertices.
    met: Vec<u32>,
}

/// The scores of a pair.
struct Scores {
    common: u64,
    adamic_adar: f64,
    resource_allocation: f64,
    jaccard: f64,
    preferential_attachment: f64,
}

impl<'a> Prediction<'a> {
    fn new(view: &'a SimpleView, config: &LinkPredictionConfig) -> Self {
        let degrees = || (0..view.vertex_count()).map(|v| view.degree(v) as f64);
        let shares = match config.by {
            Ranking::AdamicAdar => degrees().map(rarity).collect(),
            Ranking::ResourceAllocation => degrees().map(|degree| 1.0 / degree).collect(),
            _ => Vec::new(),
        };
        Self {
            view,
            by: config.by,
            most: match config.max_neighbours {
                0 => usize::MAX,
                most => most as usize,
            },
            shares,
        }
    }

    /// Offers the pairs of `v` with later vertices two hops away, and returns how many there are.
    fn rank(
        &self,
        v: u32,
        workspace: &mut Workspace,
        best: &mut Best<(u32, u32)>,
        control: &Control,
    ) -> Result<u64, KernelError> {
        let Workspace { common, sums, met } = workspace;
        let mut count = 0;
        for &w in self.view.neighbours(v) {
            if self.view.degree(w) > self.most {
                continue;
            }
            control.check()?;
            let later = self.view.neighbours(w).iter().rev().take_while(|u| **u > v);
            for &u in later.clone() {
                // Written always and kept only when new: a branch here is mispredicted as often as not.
                met[count] = u;
                count += usize::from(common[u as usize] == 0);
                common[u as usize] += 1;
            }
            if let Some(share) = self.shares.get(w as usize) {
                later.for_each(|u| sums[*u as usize] += share);
            }
        }
        // Those linked to it are met too and are no candidates.
        for &u in self.view.neighbours(v) {
            common[u as usize] = 0;
            if let Some(sum) = sums.get_mut(u as usize) {
                *sum = 0.0;
            }
        }
        let mut ranked = 0;
        for &u in &met[..count] {
            let shared = std::mem::take(&mut common[u as usize]);
            if shared > 0 {
                let sum = sums.get_mut(u as usize).map(std::mem::take);
                best.offer(sum.unwrap_or_else(|| self.score(v, u, shared)), (v, u));
                ranked += 1;
            }
        }
        Ok(ranked)
    }

    fn score(&self, v: u32, u: u32, common: u32) -> f64 {
        let (a, b) = (self.view.degree(v) as f64, self.view.degree(u) as f64);
        match self.by {
            Ranking::Jaccard => f64::from(common) / (a + b - f64::from(common)),
            Ranking::PreferentialAttachment => a * b,
            _ => f64::from(common),
        }
    }

    /// Every score of a pair, by merging the two lists.
    fn scores(&self, v: u32, u: u32) -> Scores {
        let (mut left, mut right) = (self.view.neighbours(v), self.view.neighbours(u));
        let (a, b) = (left.len() as f64, right.len() as f64);
        let (mut common, mut adamic_adar, mut resource_allocation) = (0, 0.0, 0.0);
        while let (Some(x), Some(y)) = (left.first(), right.first()) {
            let degree = self.view.degree(*x);
            if x == y && degree <= self.most {
                common += 1;
                adamic_adar += rarity(degree as f64);
                resource_allocation += 1.0 / degree as f64;
            }
            left = &left[usize::from(x <= y)..];
            right = &right[usize::from(y <= x)..];
        }
        Scores {
            common,
            adamic_adar,
            resource_allocation,
            jaccard: common as f64 / (a + b - common as f64),
            preferential_attachment: a * b,
        }
    }

    fn outcome(&self, pairs: &[(f64, (u32, u32))], candidates: u64) -> Outcome {
        let n = self.view.vertex_count();
        let mut leaders = Leaders::new(n, &[], &[], &[]);
        for &(score, (v, u)) in pairs {
            leaders.add(v, u, score);
            leaders.add(u, v, score);
        }
        let passed_over = (0..n).filter(|v| self.view.degree(*v) > self.most).count();
        let scores: Vec<Scores> = pairs.iter().map(|(_, (v, u))| self.scores(*v, *u)).collect();
        let number = |name, of: fn(&Scores) -> f64| {
            let values = scores.iter().map(of).collect();
            OutputColumn::new(name, Quantity::Score, Values::Numbers(values))
        };
        let (from, to) = pairs.iter().map(|it| it.1).unzip();
        let common = scores.iter().map(|it| it.common).collect();
        Outcome {
            vertices: vec![
                OutputColumn::new("likely_partner", Quantity::Name, Values::Vertices(leaders.first)),
                OutputColumn::new("best_score", Quantity::Score, Values::Numbers(leaders.scores)),
                OutputColumn::new("predicted", Quantity::Count, Values::Integers(leaders.listed)),
            ],
            rows: Some(RowTable {
                name: "pairs",
                columns: vec![
                    OutputColumn::new("from", Quantity::Name, Values::Vertices(from)),
                    OutputColumn::new("to", Quantity::Name, Values::Vertices(to)),
                    OutputColumn::new("common_neighbours", Quantity::Count, Values::Integers(common)),
                    number("adamic_adar", |it| it.adamic_adar),
                    number("resource_allocation", |it| it.resource_allocation),
                    number("jaccard", |it| it.jaccard),
                    number("preferential_attachment", |it| it.preferential_attachment),
                ],
            }),
            summary: vec![
                ("pairs", Quantity::Count, pairs.len() as f64),
                ("candidates", Quantity::Count, candidates as f64),
                ("passed_over", Quantity::Count, passed_over as f64),
            ],
            exactness: if passed_over > 0 {
                Exactness::Truncated {
                    listed: pairs.len() as u64,
                }
            } else {
                Exactness::Exact
            },
        }
    }
}

/// What a common neighbour of this degree adds to Adamic-Adar; those of two have two neighbours at least.
fn rarity(degree: f64) -> f64 {
    1.0 / degree.ln()
}

#[cfg(test)]
#[path = "link_prediction_tests.rs"]
mod tests;
