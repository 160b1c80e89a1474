//! Cycles whose edges follow one another in time: what left a vertex came back to it.
//!
//! A cycle is a sequence of edges, each beginning where the one before it ends and not earlier, the
//! last ending where the first begins, through distinct vertices, the last at most `window_ms` after
//! the first. It is listed once, from its earliest edge.
//!
//! Convention: direction counts; undirected projections are refused. Edges at the same instant may
//! follow one another in any order, because records often carry the day only. Parallel edges that the
//! projection kept make different cycles. Self-loops never belong to one.
//!
//! Method: from each edge in time order, a walk backward in time from its source marks for every vertex
//! how late it may be left to return within the window, and a depth-first search forward follows these
//! marks only. Edges whose source receives nothing within the window cost two binary searches.
//! Cost: O(m log m) time and what the walks meet, which grows with the edges a vertex has in a window to
//! the power of half the length; divided by the threads. Memory: 76 bytes an edge, 40 a vertex and
//! thread, and the cycles listed. Source: after Kumar & Calders 2018 (2SCENT), without its summaries.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sort::sort_by_key;
use super::temporal_search::{Found, Limits, Search};
use super::time_order::{TimeOrder, TimedEdge};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::TemporalCycles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemporalCyclesConfig {
    /// Shortest cycle listed, from 2.
    pub min_length: u32,
    /// Longest cycle listed, at most 12.
    pub max_length: u32,
    /// First to last edge at most, in milliseconds.
    pub window_ms: i64,
    /// Least weight over greatest weight of a cycle, 0..=1; 0 accepts all.
    pub weight_ratio: f64,
    /// Cycles listed at most.
    pub max_cycles: u64,
}

impl Default for TemporalCyclesConfig {
    fn default() -> Self {
        Self {
            min_length: 3,
            max_length: 6,
            window_ms: 259_200_000,
            weight_ratio: 0.0,
            max_cycles: 100_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "temporal_cycles",
    aliases: &["temporal_cycle_detection", "loops_in_time"],
    special_cases: &[],
    title: "Cycles in time",
    summary: "Lists the loops in which something leaves a vertex and comes back to it step by step, in time order.",
    convention: "Edges are followed in their direction and never back in time; edges at the same instant may \
                 follow one another. A loop passes each vertex once, lasts at most the window from its first to \
                 its last edge, and is listed once, from its earliest edge. Parallel edges that the projection \
                 keeps make different loops. Edges from a vertex to itself do not count. The weight in loops \
                 counts every edge once, however many loops it is part of.",
    source: "After Kumar & Calders, 2SCENT, VLDB 2018",
    parameters: &[
        ParameterInfo {
            name: "min_length",
            kind: "whole number",
            default: "3",
            range: "2 to max_length",
            meaning: "Edges of the shortest loop listed.",
        },
        ParameterInfo {
            name: "max_length",
            kind: "whole number",
            default: "6",
            range: "min_length to 12",
            meaning: "Edges of the longest loop listed.",
        },
        ParameterInfo {
            name: "window_ms",
            kind: "whole number",
            default: "259200000",
            range: "from 0 to 9223372036854775807",
            meaning: "Milliseconds from the first to the last edge at most (259200000 are three days).",
        },
        ParameterInfo {
            name: "weight_ratio",
            kind: "number",
            default: "0",
            range: "0 to 1",
            meaning: "Least weight over greatest weight of a loop at least; 0 accepts all.",
        },
        ParameterInfo {
            name: "max_cycles",
            kind: "whole number",
            default: "100000",
            range: "from 1 to 18446744073709551615",
            meaning: "Loops listed at most, the earliest first.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "cycles",
            quantity: Quantity::Count,
            meaning: "Listed loops through the vertex.",
        },
        ColumnInfo {
            name: "weight_in_cycles",
            quantity: Quantity::Weight,
            meaning: "Weight of the edges out of the vertex that are part of a listed loop, each counted once; \
                      only with weights.",
        },
    ],
    rows: Some((
        "cycles",
        &[
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Vertices in the order of travel, from the source of the earliest edge.",
            },
            ColumnInfo {
                name: "length",
                quantity: Quantity::Count,
                meaning: "Number of edges.",
            },
            ColumnInfo {
                name: "start",
                quantity: Quantity::Instant,
                meaning: "Time of the first edge.",
            },
            ColumnInfo {
                name: "duration",
                quantity: Quantity::Duration,
                meaning: "From the first to the last edge.",
            },
            ColumnInfo {
                name: "least_weight",
                quantity: Quantity::Weight,
                meaning: "Smallest weight of an edge; only with weights.",
            },
            ColumnInfo {
                name: "greatest_weight",
                quantity: Quantity::Weight,
                meaning: "Greatest weight of an edge; only with weights.",
            },
            ColumnInfo {
                name: "total_weight",
                quantity: Quantity::Weight,
                meaning: "Sum of the weights of its edges; only with weights.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "cycles",
            quantity: Quantity::Count,
            meaning: "Loops listed.",
        },
        ColumnInfo {
            name: "vertices_on_cycles",
            quantity: Quantity::Count,
            meaning: "Vertices on a listed loop.",
        },
        ColumnInfo {
            name: "weight_in_cycles",
            quantity: Quantity::Weight,
            meaning: "Weight of the edges on listed loops, each counted once; only with weights.",
        },
    ],
    needs_times: true,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl TemporalCyclesConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if self.max_length > 12 || self.max_length < 2 {
            return refused(
                "max_length",
                format!("is {}; 2 to 12 is allowed", self.max_length),
            );
        }
        if self.min_length < 2 || self.min_length > self.max_length {
            let problem = format!(
                "is {}; 2 to max_length ({}) is allowed",
                self.min_length, self.max_length
            );
            return refused("min_length", problem);
        }
        if self.window_ms < 0 {
            return refused(
                "window_ms",
                format!("is {}; 0 or more is allowed", self.window_ms),
            );
        }
        if !(0.0..=1.0).contains(&self.weight_ratio) {
            return refused(
                "weight_ratio",
                format!("is {}; 0 to 1 is allowed", self.weight_ratio),
            );
        }
        if self.max_cycles == 0 {
            return refused("max_cycles", "is 0; at least 1 is needed".to_owned());
        }
        Ok(())
    }
}

/// Start edges that a thread follows at a time.
const CHUNK: usize = 512;

/// What it takes on a graph of `n` vertices and `m` edges: bytes at most, and steps where a vertex has about ten edges within a window; denser windows take more.
pub fn work(config: &TemporalCyclesConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let chunks = m.div_ceil(CHUNK as u64).min(WAVE as u64);
    let log = u64::from(m.max(2).ilog2());
    Work {
        // Each chunk of a wave may fill the cap before the first one's cycles are taken.
        bytes: (80 * m + chunks * 40 * n + 16 * n).saturating_add(
            config
                .max_cycles
                .saturating_mul((chunks + 1) * (64 + 16 * u64::from(config.max_length))),
        ),
        rows: config.max_cycles,
        operations: m * (2 * log + 10 * u64::from(config.max_length)),
    }
}

/// Lists the cycles.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] without times or without direction; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &TemporalCyclesConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let not_applicable = |reason: &str| KernelError::NotApplicable {
        reason: reason.to_owned(),
    };
    if !graph.directed {
        return Err(not_applicable(
            "cycles in time follow the direction of edges, and the projection is undirected; run it on a directed one",
        ));
    }
    let order = |lists| TimeOrder::new(lists, control);
    let (Some(out), Some(into)) = (order(&graph.out)?, order(&graph.into)?) else {
        return Err(not_applicable(
            "cycles in time need a time for every edge, and the projection has none; name the attribute that holds it",
        ));
    };
    let starts = starts(graph, &out, control)?;
    let limits = Limits::of(config);
    let (cap, mut found) = (config.max_cycles, Vec::new());
    in_order(
        starts.len(),
        CHUNK,
        control,
        || Search::new(&out, &into, graph.vertex_count(), limits),
        |search, range| search.cycles(&starts[range], &mut Pace::new(control)),
        |cycles| {
            found.extend(cycles);
            if found.len() as u64 > cap {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    )?;
    let exactness = if found.len() as u64 > cap {
        found.truncate(cap as usize);
        Exactness::Truncated { listed: cap }
    } else {
        Exactness::Exact
    };
    Ok(outcome(graph, &found, exactness))
}

/// Every edge with its source, by (time, row).
fn starts(graph: &Csr, out: &TimeOrder, control: &Control) -> Result<Vec<(u32, TimedEdge)>, KernelError> {
    let mut starts = Vec::with_capacity(graph.entry_count() as usize);
    let mut pace = Pace::new(control);
    for v in 0..graph.vertex_count() {
        let own = out.of(v);
        pace.step(own.len())?;
        starts.extend(own.iter().map(|edge| (v, *edge)));
    }
    sort_by_key(&mut starts, control, |(_, edge)| (edge.time, edge.row))?;
    Ok(starts)
}

fn outcome(graph: &Csr, cycles: &[Found], exactness: Exactness) -> Outcome {
    let mut through = vec![0_u64; graph.vertex_count() as usize];
    for v in cycles.iter().flat_map(Found::members) {
        through[v as usize] += 1;
    }
    let on_cycles = through.iter().filter(|it| **it > 0).count();
    let mut summary = vec![
        ("cycles", Quantity::Count, cycles.len() as f64),
        ("vertices_on_cycles", Quantity::Count, on_cycles as f64),
    ];
    let mut vertices = vec![OutputColumn::new(
        "cycles",
        Quantity::Count,
        Values::Integers(through),
    )];
    if graph.is_weighted() {
        let (leaving, total) = weight_in_cycles(graph.vertex_count(), cycles);
        vertices.push(OutputColumn::new(
            "weight_in_cycles",
            Quantity::Weight,
            Values::Numbers(leaving),
        ));
        summary.push(("weight_in_cycles", Quantity::Weight, total));
    }
    Outcome {
        vertices,
        rows: Some(rows(cycles, graph.is_weighted())),
        summary,
        exactness,
    }
}

/// Weight of the edges on cycles, by source and altogether; each edge counts once.
fn weight_in_cycles(n: u32, cycles: &[Found]) -> (Vec<f64>, f64) {
    let mut edges: Vec<(u32, u32, f64)> = cycles.iter().flat_map(Found::edges).collect();
    edges.sort_unstable_by_key(|(row, _, _)| *row);
    edges.dedup_by_key(|(row, _, _)| *row);
    let mut leaving = vec![0.0; n as usize];
    let mut total = 0.0;
    for (_, source, weight) in edges {
        leaving[source as usize] += weight;
        total += weight;
    }
    (leaving, total)
}

fn rows(cycles: &[Found], weighted: bool) -> RowTable {
    let mut offsets = vec![0];
    let mut members = Vec::new();
    for cycle in cycles {
        members.extend(cycle.members());
        offsets.push(members.len());
    }
    let integers = |value: &dyn Fn(&Found) -> u64| Values::Integers(cycles.iter().map(value).collect());
    let numbers = |value: &dyn Fn(&Found) -> f64| Values::Numbers(cycles.iter().map(value).collect());
    let start = Values::Times(cycles.iter().map(|it| Some(it.start())).collect());
    let mut columns = vec![
        OutputColumn::new("members", Quantity::Name, Values::Lists { offsets, members }),
        OutputColumn::new("length", Quantity::Count, integers(&Found::length)),
        OutputColumn::new("start", Quantity::Instant, start),
        OutputColumn::new("duration", Quantity::Duration, integers(&Found::duration)),
    ];
    if weighted {
        columns.extend([
            OutputColumn::new("least_weight", Quantity::Weight, numbers(&Found::least_weight)),
            OutputColumn::new(
                "greatest_weight",
                Quantity::Weight,
                numbers(&Found::greatest_weight),
            ),
            OutputColumn::new("total_weight", Quantity::Weight, numbers(&Found::total_weight)),
        ]);
    }
    RowTable {
        name: "cycles",
        columns,
    }
}

#[cfg(test)]
#[path = "temporal_cycles_tests.rs"]
mod tests;
