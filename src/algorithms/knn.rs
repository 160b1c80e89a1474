//! k nearest neighbours: vertices whose numeric attributes are alike.
//!
//! Each vertex is the point of its attributes, as they are or as z-scores (less the mean, over the standard
//! deviation). Euclidean distance is the length of the difference, similarity then 1 over 1 plus the
//! distance; cosine similarity is the cosine of the angle, distance then 1 less the similarity.
//!
//! Convention: edges play no part. A vertex without a value in every attribute, or with one beyond 1e150, is
//! left out and counted; for the cosine so is one whose values are all 0. An attribute that is the same
//! everywhere has the z-score 0. Ties are broken by vertex order. Pairs beyond `max_pairs` are not listed.
//!
//! Method: an exact tree of boxes (`nearest`); for the cosine on points brought to length 1, whose distances
//! order as their angles do.
//! Cost: O(n log n) where attributes are few and spread, O(n² attributes) at worst, searches divided by the
//! threads; 18 bytes a vertex and attribute, 40 a listed pair.
//! Source: Friedman, Bentley & Finkel, ACM TOMS 3, 1977.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::in_order;
use super::control::{Control, KernelError};
use super::nearest::{Nearest, Tree};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::{self, Pace};
use super::pairs::Leaders;
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, NumberColumn, ParallelEdges, ParameterInfo, TableOrder,
    Work,
};
use crate::graph::Csr;

/// How far apart two points are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// Length of the difference.
    #[default]
    Euclidean,
    /// One less the cosine of the angle.
    Cosine,
}

/// What becomes of the values before they are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Less the mean, over the standard deviation.
    #[default]
    ZScore,
    /// Nothing.
    None,
}

/// Parameters of [`super::Algorithm::Knn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnnConfig {
    /// Neighbours listed for each, 1 to 1000.
    pub top_k: u32,
    /// The distance.
    pub metric: Distance,
    /// What becomes of the values before.
    pub scale: Scale,
    /// Pairs listed at most, from 1.
    pub max_pairs: u64,
}

impl Default for KnnConfig {
    fn default() -> Self {
        Self {
            top_k: 10,
            metric: Distance::Euclidean,
            scale: Scale::ZScore,
            max_pairs: 10_000_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "knn",
    aliases: &["k_nearest_neighbours", "k_nearest_neighbors"],
    special_cases: &[],
    title: "Nearest by attributes",
    summary: "Lists for each vertex the ones whose numeric attributes are nearest to its own.",
    convention: "All numeric attributes of the projection count, edges do not. A vertex without a value in every \
                 attribute is left out. A pair stands once for each of its two that lists the other.",
    source: "Friedman, Bentley & Finkel, ACM Transactions on Mathematical Software 3, 1977.",
    parameters: &[
        ParameterInfo {
            name: "top_k",
            kind: "whole number",
            default: "10",
            range: "from 1 to 1000",
            meaning: "Nearest vertices listed for each.",
        },
        ParameterInfo {
            name: "metric",
            kind: "text",
            default: "euclidean",
            range: "euclidean or cosine",
            meaning: "Whether points are near that lie close together, or that lie in the same direction.",
        },
        ParameterInfo {
            name: "scale",
            kind: "text",
            default: "z_score",
            range: "z_score or none",
            meaning: "Whether each attribute is measured in standard deviations from its mean, or as it is.",
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
            name: "nearest",
            quantity: Quantity::Name,
            meaning: "The vertex nearest to it; none where it was left out.",
        },
        ColumnInfo {
            name: "nearest_distance",
            quantity: Quantity::Score,
            meaning: "Distance to that vertex; not defined where there is none.",
        },
        ColumnInfo {
            name: "listed_by",
            quantity: Quantity::Count,
            meaning: "Vertices that list it as near.",
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
                meaning: "A vertex near to it.",
            },
            ColumnInfo {
                name: "distance",
                quantity: Quantity::Score,
                meaning: "How far apart they are.",
            },
            ColumnInfo {
                name: "similarity",
                quantity: Quantity::Score,
                meaning: "How alike they are, up to 1.",
            },
        ],
    )),
    order: &[
        ("vertices", TableOrder::Least("nearest_distance")),
        ("pairs", TableOrder::Least("distance")),
    ],
    summary_values: &[
        ColumnInfo {
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Pairs listed.",
        },
        ColumnInfo {
            name: "compared",
            quantity: Quantity::Count,
            meaning: "Vertices that have every value.",
        },
        ColumnInfo {
            name: "left_out",
            quantity: Quantity::Count,
            meaning: "Vertices left out, since a value is missing.",
        },
        ColumnInfo {
            name: "mean_distance",
            quantity: Quantity::Score,
            meaning: "Mean distance of the pairs listed.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Numbers,
    steps_a_second: 3.0e8,
};

impl KnnConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if !(1..=1000).contains(&self.top_k) {
            return refused("top_k", format!("is {}; it must be from 1 to 1000", self.top_k));
        }
        if self.max_pairs == 0 {
            return refused("max_pairs", "is 0; it must be 1 or more".to_owned());
        }
        Ok(())
    }
}

/// Vertices whose neighbours a thread finds at a time.
const CHUNK: usize = 256;

/// Attributes up to which a search is taken to stay near its point.
const FEW: u64 = 8;

/// What it takes on a graph of this size: an upper bound for many attributes; for few, what points that are
/// not laid out to defeat the tree take, since comparing all with all would be refused for nothing.
pub fn work(config: &KnnConfig, size: Extent) -> Work {
    let Extent { n, attributes, .. } = size;
    let top_k = u64::from(config.top_k).min(n);
    let rows = n.saturating_mul(top_k).min(config.max_pairs);
    let searched = match attributes {
        0..=FEW => n.min((64 + 4 * top_k).saturating_mul(1 << attributes)),
        _ => n,
    };
    let each = searched.saturating_add(64) * (attributes + 1);
    Work {
        bytes: rows.saturating_mul(56).saturating_add(n * (32 + 18 * attributes)),
        operations: n.saturating_mul(each),
        rows,
    }
}

/// Lists for each vertex those nearest to it.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] when the projection has no numeric attribute; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &KnnConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if inputs.numbers.is_empty() {
        return Err(KernelError::NotApplicable {
            reason: "there is nothing to compare; name numeric attributes in the projection".to_owned(),
        });
    }
    let n = graph.vertex_count();
    control.check()?;
    let points = Points::new(n, &inputs.numbers, config, control)?;
    let tree = Tree::new(&points.values, points.width, control)?;
    let compared = points.members.len();
    let each = (config.top_k as usize).min(compared.saturating_sub(1));
    let cap = usize::try_from(config.max_pairs).unwrap_or(usize::MAX);
    // Points whose lists are wanted; of the last one perhaps a part.
    let listed = cap.div_ceil(each.max(1)).min(compared);
    let mut near = vec![(0.0, 0_u32); listed * each];
    in_order(
        compared,
        CHUNK,
        control,
        || Nearest::new(each),
        |nearest, range| {
            let mut pace = Pace::new(control);
            let mut owners = Vec::with_capacity(range.len());
            let mut lists: Vec<(f64, u32)> = Vec::with_capacity(range.len() * each);
            // In the order of the tree, searches that follow one another visit the same boxes.
            for own in tree.order()[range].iter().filter(|it| (**it as usize) < listed) {
                let point = points.at(*own);
                owners.push(*own);
                lists.extend_from_slice(tree.nearest(point, *own, nearest, &mut pace)?);
            }
            Ok((owners, lists))
        },
        |(owners, lists)| {
            for (own, list) in owners.iter().zip(lists.chunks(each.max(1))) {
                near[*own as usize * each..][..each].copy_from_slice(list);
            }
            ControlFlow::Continue(())
        },
    )?;
    let exactness = if compared * each > cap {
        near.truncate(cap);
        Exactness::Truncated {
            listed: config.max_pairs,
        }
    } else {
        Exactness::Exact
    };
    let outcome = outcome(n, config.metric, &points, &near, each);
    Ok(Outcome { exactness, ..outcome })
}

/// The vertices that have every value, as points.
struct Points {
    /// The vertex of each point, ascending.
    members: Vec<u32>,
    /// Coordinates, point by point.
    values: Vec<f64>,
    /// Coordinates of a point.
    width: usize,
}

/// Values beyond it have squares that are infinite, or nearly.
const BEYOND: f64 = 1e150;

impl Points {
    fn new(
        n: u32,
        columns: &[NumberColumn],
        config: &KnnConfig,
        control: &Control,
    ) -> Result<Self, KernelError> {
        let has_value = |v: u32, column: &NumberColumn| {
            // NaN is not below either.
            column.values.get(v as usize).is_some_and(|it| it.abs() <= BEYOND)
        };
        let width = columns.len();
        let mut pace = Pace::new(control);
        let mut members = Vec::new();
        for v in 0..n {
            pace.step(width)?;
            if columns.iter().all(|column| has_value(v, column)) {
                members.push(v);
            }
        }
        let mut values = vec![0.0; members.len() * width];
        for (dimension, column) in columns.iter().enumerate() {
            let given: Vec<f64> = members.iter().map(|v| column.values[*v as usize]).collect();
            let (mean, deviation) = match config.scale {
                Scale::ZScore => spread(&given, control)?,
                Scale::None => (0.0, 1.0),
            };
            for (at, value) in given.iter().enumerate() {
                // A cache line is written.
                pace.step(1)?;
                values[at * width + dimension] = (value - mean) / deviation;
            }
        }
        let mut points = Points {
            members,
            values,
            width,
        };
        if config.metric == Distance::Cosine {
            points.bring_to_length_one(control)?;
        }
        Ok(points)
    }

    fn at(&self, point: u32) -> &[f64] {
        &self.values[point as usize * self.width..][..self.width]
    }

    /// Divides each point by its length and drops those that have none.
    fn bring_to_length_one(&mut self, control: &Control) -> Result<(), KernelError> {
        let width = self.width;
        let mut pace = Pace::new(control);
        let mut kept = 0;
        for at in 0..self.members.len() {
            pace.step(width)?;
            let point = at * width..(at + 1) * width;
            let length = self.values[point.clone()]
                .iter()
                .map(|it| it * it)
                .sum::<f64>()
                .sqrt();
            if length > 0.0 {
                for (to, from) in (kept * width..).zip(point) {
                    self.values[to] = self.values[from] / length;
                }
                self.members[kept] = self.members[at];
                kept += 1;
            }
        }
        self.members.truncate(kept);
        self.values.truncate(kept * width);
        Ok(())
    }
}

/// Mean and standard deviation; the deviation of equal values is 1, so that all have the z-score 0.
fn spread(values: &[f64], control: &Control) -> Result<(f64, f64), KernelError> {
    let Some(first) = values.first() else {
        return Ok((0.0, 1.0));
    };
    let count = values.len() as f64;
    let mean = sum(values, control, |it| it)? / count;
    let deviation = (sum(values, control, |it| (it - mean).powi(2))? / count).sqrt();
    Ok(if values.iter().all(|it| it == first) {
        (*first, 1.0)
    } else if deviation > 0.0 {
        (mean, deviation)
    } else {
        (mean, 1.0)
    })
}

/// Sum of a part of each value, in order.
fn sum(values: &[f64], control: &Control, part: impl Fn(f64) -> f64) -> Result<f64, KernelError> {
    let mut sum = 0.0;
    for piece in values.chunks(pace::ENTRIES) {
        control.check()?;
        piece.iter().for_each(|it| sum += part(*it));
    }
    Ok(sum)
}

/// `near` holds for each point `each` others, nearest first, with the squared distance.
fn outcome(n: u32, metric: Distance, points: &Points, near: &[(f64, u32)], each: usize) -> Outcome {
    let members = &points.members;
    let from: Vec<u32> = (0..near.len()).map(|row| members[row / each]).collect();
    let to: Vec<u32> = near.iter().map(|it| members[it.1 as usize]).collect();
    let distance = |squared: f64| match metric {
        Distance::Euclidean => squared.sqrt(),
        // Of two points of length 1.
        Distance::Cosine => squared / 2.0,
    };
    let similarity = |distance: &f64| match metric {
        Distance::Euclidean => 1.0 / (1.0 + distance),
        Distance::Cosine => 1.0 - distance,
    };
    let distances: Vec<f64> = near.iter().map(|it| distance(it.0)).collect();
    let similarities = distances.iter().map(similarity).collect();
    let mut listed_by = vec![0_u64; n as usize];
    to.iter().for_each(|v| listed_by[*v as usize] += 1);
    let mut leaders = Leaders::new(n, &from, &to, &distances);
    let alone = |it: (&mut f64, &u64)| {
        if *it.1 == 0 {
            *it.0 = f64::NAN;
        }
    };
    leaders.scores.iter_mut().zip(&leaders.listed).for_each(alone);
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    Outcome {
        summary: vec![
            ("pairs", Quantity::Count, near.len() as f64),
            ("compared", Quantity::Count, members.len() as f64),
            ("left_out", Quantity::Count, f64::from(n) - members.len() as f64),
            ("mean_distance", Quantity::Score, mean),
        ],
        vertices: vec![
            OutputColumn::new("nearest", Quantity::Name, Values::Vertices(leaders.first)),
            OutputColumn::new(
                "nearest_distance",
                Quantity::Score,
                Values::Numbers(leaders.scores),
            ),
            OutputColumn::new("listed_by", Quantity::Count, Values::Integers(listed_by)),
        ],
        rows: Some(RowTable {
            name: "pairs",
            columns: vec![
                OutputColumn::new("from", Quantity::Name, Values::Vertices(from)),
                OutputColumn::new("to", Quantity::Name, Values::Vertices(to)),
                OutputColumn::new("distance", Quantity::Score, Values::Numbers(distances)),
                OutputColumn::new("similarity", Quantity::Score, Values::Numbers(similarities)),
            ],
        }),
        ..Outcome::default()
    }
}

#[cfg(test)]
#[path = "knn_tests.rs"]
mod tests;
