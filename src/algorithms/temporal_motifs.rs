//! How often each pattern of three edges in time occurs among two or three vertices.
//!
//! A motif is three edges in time order, the last at most `window_ms` after the first, that join two or three
//! vertices. Its pattern says which of them each edge joins: the first leads from 1 to 2 always, so that 6
//! choices for the second and 6 for the third make 36 patterns.
//!
//! Convention: direction counts; undirected projections are refused. Edges at the same instant follow one
//! another in the order of the projection's edge list, so that three edges are counted once. Parallel edges that
//! the projection kept are different edges. Self-loops never belong to one. Other edges may lie between.
//!
//! Cost: O(m log m) time for motifs of two vertices and stars; for triangles O(m √m) to find them, and
//! the edges at each of them; divided by the threads. Memory: 100 bytes an edge, 16 a vertex and thread.
//! Source: Paranjape, Benson & Leskovec, WSDM 2017.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::motif_counts::{
    PATTERNS, Pairs, StarCounter, Stars, Table, TriangleCounter, Triangles, add_triangles,
};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, TableOrder, Work,
};
use super::time_order::TimeOrder;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::TemporalMotifs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemporalMotifsConfig {
    /// First to last edge at most, in milliseconds.
    pub window_ms: i64,
}

impl Default for TemporalMotifsConfig {
    fn default() -> Self {
        Self {
            window_ms: 86_400_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "temporal_motifs",
    aliases: &["motifs_in_time", "motif_counts", "motifs"],
    special_cases: &[],
    title: "Motifs in time",
    summary: "Counts how often each pattern of three successive edges occurs among two or three vertices.",
    convention: "Edges are in time order, the last within the window of the first; other edges may lie between. \
                 Direction counts. Edges at the same instant follow one another in the order of the data. Parallel \
                 edges that the projection keeps are different edges. Edges from a vertex to itself do not count. \
                 In a pattern 12 is an edge from the motif's vertex 1 to its vertex 2; the first edge is always 12.",
    source: "Paranjape, Benson & Leskovec, Motifs in Temporal Networks, WSDM 2017",
    parameters: &[ParameterInfo {
        name: "window_ms",
        kind: "whole number",
        default: "86_400_000",
        range: "from 0 to 9223372036854775807",
        meaning: "Milliseconds from the first to the last edge at most (86400000 are a day).",
    }],
    columns: &[ColumnInfo {
        name: "stars",
        quantity: Quantity::Count,
        meaning: "Motifs of three vertices in which all edges are at this one, two of them with the same other one.",
    }],
    rows: Some((
        "motifs",
        &[
            ColumnInfo {
                name: "second",
                quantity: Quantity::Count,
                meaning: "The second edge, after a first one from 1 to 2: 12, 21, 13, 31, 23 or 32.",
            },
            ColumnInfo {
                name: "third",
                quantity: Quantity::Count,
                meaning: "The third edge, in the same way.",
            },
            ColumnInfo {
                name: "vertices",
                quantity: Quantity::Count,
                meaning: "Vertices of the pattern, 2 or 3.",
            },
            ColumnInfo {
                name: "is_triangle",
                quantity: Quantity::Flag,
                meaning: "Whether its edges join all three pairs of three vertices.",
            },
            ColumnInfo {
                name: "count",
                quantity: Quantity::Count,
                meaning: "How often it occurs.",
            },
            ColumnInfo {
                name: "share",
                quantity: Quantity::Share,
                meaning: "Its share of all motifs.",
            },
        ],
    )),
    order: &[("motifs", TableOrder::Greatest("count"))],
    summary_values: &[
        ColumnInfo {
            name: "motifs",
            quantity: Quantity::Count,
            meaning: "Motifs in all.",
        },
        ColumnInfo {
            name: "of_two_vertices",
            quantity: Quantity::Count,
            meaning: "Those of two vertices.",
        },
        ColumnInfo {
            name: "stars",
            quantity: Quantity::Count,
            meaning: "Those of three vertices in which one pair has two edges.",
        },
        ColumnInfo {
            name: "triangles",
            quantity: Quantity::Count,
            meaning: "Those of three vertices in which every pair has one.",
        },
    ],
    needs_times: true,
    parallel: ParallelEdges::Keep,
    uses_weights: false,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 8.0e8,
};

impl TemporalMotifsConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.window_ms < 0 {
            return Err(KernelError::Parameter {
                parameter: "window_ms",
                problem: format!("is {}; 0 or more is allowed", self.window_ms),
            });
        }
        Ok(())
    }
}

/// Vertices at which a thread counts at a time.
const CHUNK: usize = 64;

/// What it takes on a graph of this size: bytes at most, and steps where triangles have a few edges each.
pub fn work(_config: &TemporalMotifsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    let log = u64::from(m.max(2).ilog2());
    Work {
        bytes: n
            .saturating_mul(40 + 16 * chunks)
            .saturating_add(m.saturating_mul(180)),
        operations: n.saturating_add(m.saturating_mul(40 + 2 * log + 4 * m.isqrt())),
        rows: 36,
    }
}

/// Counts the motifs.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] without times or without direction; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &TemporalMotifsConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let not_applicable = |reason: &str| KernelError::NotApplicable {
        reason: reason.to_owned(),
    };
    if !graph.directed {
        return Err(not_applicable(
            "motifs in time tell the direction of edges, and the projection is undirected; run it on a directed one",
        ));
    }
    let (Some(out), Some(into)) = (
        TimeOrder::new(&graph.out, control)?,
        TimeOrder::new(&graph.into, control)?,
    ) else {
        return Err(not_applicable(
            "motifs in time need a time for every edge, and the projection has none; name the attribute that holds it",
        ));
    };
    control.check()?;
    let (n, window) = (graph.vertex_count(), config.window_ms);
    let mut table = Table::default();
    let stars = count_stars(n, window, &out, &into, &mut table, control)?;
    let triangles = count_triangles(n, window, &out, &into, control)?;
    add_triangles(&triangles, &mut table);
    Ok(outcome(stars, &table))
}

/// Adds stars and motifs of two vertices to `table`; answers the stars at each vertex.
fn count_stars(
    n: u32,
    window: i64,
    out: &TimeOrder,
    into: &TimeOrder,
    table: &mut Table,
    control: &Control,
) -> Result<Vec<u64>, KernelError> {
    let mut at_vertices = Vec::with_capacity(n as usize);
    let mut all = Stars::default();
    in_order(
        n as usize,
        CHUNK,
        control,
        || StarCounter::new(n, window),
        |counter, range| {
            let (mut sum, mut counts) = (Stars::default(), Vec::with_capacity(CHUNK));
            for v in range {
                let stars = counter.count(v as u32, out, into, control)?;
                counts.push(limited(stars.count()));
                sum.merge(&stars);
            }
            Ok((sum, counts))
        },
        |(sum, counts)| {
            all.merge(&sum);
            at_vertices.extend(counts);
            ControlFlow::Continue(())
        },
    )?;
    all.add_to(table);
    Stars::halve(table);
    Ok(at_vertices)
}

fn count_triangles(
    n: u32,
    window: i64,
    out: &TimeOrder,
    into: &TimeOrder,
    control: &Control,
) -> Result<Triangles, KernelError> {
    let pairs = Pairs::new(n, out, into, control)?;
    let mut all = Triangles::default();
    in_order(
        n as usize,
        CHUNK,
        control,
        || TriangleCounter::new(n, window),
        |counter, range| {
            let mut found = Triangles::default();
            for v in range {
                counter.count(v as u32, &pairs, &mut found, control)?;
            }
            Ok(found)
        },
        |found| {
            let own = all.iter_mut().flatten().flatten();
            own.zip(found.iter().flatten().flatten())
                .for_each(|(to, from)| *to += from);
            ControlFlow::Continue(())
        },
    )?;
    Ok(all)
}

/// The count, or the greatest that a column holds.
fn limited(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Whether the motif joins two vertices only.
fn is_pair(second: usize, third: usize) -> bool {
    second < 2 && third < 2
}

/// Whether its edges join three different pairs.
fn is_triangle(second: usize, third: usize) -> bool {
    // Patterns come in twos that join the same pair; the first of them join 1 and 2, the first edge's.
    second / 2 != third / 2 && second >= 2 && third >= 2
}

fn outcome(stars: Vec<u64>, table: &Table) -> Outcome {
    let places: Vec<(usize, usize)> = (0..6)
        .flat_map(|second| (0..6).map(move |third| (second, third)))
        .collect();
    let count = |(second, third): (usize, usize)| table[second][third];
    let sum = |test: &dyn Fn(usize, usize) -> bool| -> f64 {
        places
            .iter()
            .filter(|it| test(it.0, it.1))
            .map(|it| count(*it))
            .sum::<u128>() as f64
    };
    let (all, pairs, triangles) = (sum(&|_, _| true), sum(&is_pair), sum(&is_triangle));
    let integers =
        |value: &dyn Fn((usize, usize)) -> u64| Values::Integers(places.iter().copied().map(value).collect());
    let share = |it: &(usize, usize)| if all > 0.0 { count(*it) as f64 / all } else { 0.0 };
    let column = OutputColumn::new;
    Outcome {
        rows: Some(RowTable {
            name: "motifs",
            columns: vec![
                column("second", Quantity::Count, integers(&|it| PATTERNS[it.0])),
                column("third", Quantity::Count, integers(&|it| PATTERNS[it.1])),
                column(
                    "vertices",
                    Quantity::Count,
                    integers(&|it| if is_pair(it.0, it.1) { 2 } else { 3 }),
                ),
                column(
                    "is_triangle",
                    Quantity::Flag,
                    Values::Flags(places.iter().map(|it| is_triangle(it.0, it.1)).collect()),
                ),
                column("count", Quantity::Count, integers(&|it| limited(count(it)))),
                column(
                    "share",
                    Quantity::Share,
                    Values::Numbers(places.iter().map(share).collect()),
                ),
            ],
        }),
        vertices: vec![column("stars", Quantity::Count, Values::Integers(stars))],
        summary: vec![
            ("motifs", Quantity::Count, all),
            ("of_two_vertices", Quantity::Count, pairs),
            ("stars", Quantity::Count, all - pairs - triangles),
            ("triangles", Quantity::Count, triangles),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
#[path = "temporal_motifs_tests.rs"]
mod tests;
