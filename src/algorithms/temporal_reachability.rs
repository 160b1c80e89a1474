//! Who can be reached in time order, and when: earliest arrivals from sources, or, searched backward,
//! latest departures towards them.
//!
//! A journey follows edges that do not go back in time. All edges are gone through once in time order;
//! an edge can be taken when its source has been reached, and not longer ago than may be waited.
//!
//! Convention: edges are followed in their direction, both ways when the projection is undirected, and take
//! no time. Edges at the same instant may follow one another in any order, because records often carry the
//! day only; `strict` forbids it. At a source any wait is allowed. The wait is bounded everywhere else, so a
//! later arrival may lead on where the earliest does not.
//!
//! Cost: O(m log m) time, for sorting on all threads, else on one; 24 bytes an entry, 33 a vertex.
//! Source: Xuan, Ferreira & Jarry 2003; Wu et al., VLDB 2014 (one pass over the edges).

use serde::{Deserialize, Serialize};

use super::bfs::need_sources;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, TableOrder,
    Work,
};
use super::sort::sort_by_key;
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::TemporalReachability`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemporalReachabilityConfig {
    /// Where journeys begin, or end when searched backward; at least one.
    pub sources: Vec<String>,
    /// Whether journeys towards the sources are sought instead of those from them.
    pub backward: bool,
    /// Whether each edge must be later than the one before it, not only not earlier.
    pub strict: bool,
    /// Edges before this instant are not taken, in milliseconds since 1970-01-01 UTC.
    pub start_ms: Option<i64>,
    /// Edges after this instant are not taken, in milliseconds since 1970-01-01 UTC.
    pub end_ms: Option<i64>,
    /// Longest wait at a vertex between two edges, in milliseconds, from 0; none for any.
    pub max_wait_ms: Option<i64>,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "temporal_reachability",
    aliases: &["earliest_arrival", "time_respecting_paths"],
    special_cases: &[SpecialCase {
        name: "latest_departure",
        sets: &[("backward", "yes")],
        needs: &[],
    }],
    title: "Reachability in time",
    summary: "Says which vertices can be reached from the given ones step by step in time order, and how early.",
    convention: "Edges are followed in their direction, both ways when the projection is undirected, never back in \
                 time, and take no time themselves. Edges at the same instant may follow one another unless strict. \
                 Waiting at a source is free. Searched backward, the question is from which vertices the given \
                 ones can be reached, and how late one may leave.",
    source: "Xuan, Ferreira & Jarry, International Journal of Foundations of Computer Science 14, 2003; Wu et al., \
             VLDB 2014",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "",
            range: "at least one vertex",
            meaning: "Where journeys begin, or end when searched backward.",
        },
        ParameterInfo {
            name: "backward",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether journeys towards the sources are sought instead of those from them.",
        },
        ParameterInfo {
            name: "strict",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether each edge must be later than the one before it, not only not earlier.",
        },
        ParameterInfo {
            name: "start_ms",
            kind: "whole number",
            default: "",
            range: "an instant, or none",
            meaning: "Edges before it are not taken, in milliseconds since 1970-01-01 UTC.",
        },
        ParameterInfo {
            name: "end_ms",
            kind: "whole number",
            default: "",
            range: "an instant, or none",
            meaning: "Edges after it are not taken, in milliseconds since 1970-01-01 UTC.",
        },
        ParameterInfo {
            name: "max_wait_ms",
            kind: "whole number",
            default: "",
            range: "from 0 to 9223372036854775807, or none",
            meaning: "Longest wait at a vertex between two edges, in milliseconds; none for any.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Flag,
            meaning: "Whether a journey leads there; sources count.",
        },
        ColumnInfo {
            name: "time",
            quantity: Quantity::Instant,
            meaning: "Earliest arrival; searched backward, the latest departure. At sources the start, or the end, \
                      where there is one.",
        },
        ColumnInfo {
            name: "parent",
            quantity: Quantity::Name,
            meaning: "The other end of the edge of that arrival or departure.",
        },
    ],
    rows: None,
    order: &[("vertices", TableOrder::Least("time"))],
    summary_values: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Vertices reached, sources included.",
        },
        ColumnInfo {
            name: "share",
            quantity: Quantity::Share,
            meaning: "Their share of all vertices.",
        },
    ],
    needs_times: true,
    parallel: ParallelEdges::Keep,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 7.0e8,
};

impl TemporalReachabilityConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())?;
        if let Some(wait) = self.max_wait_ms.filter(|it| *it < 0) {
            return Err(KernelError::Parameter {
                parameter: "max_wait_ms",
                problem: format!("is {wait}; 0 or more is allowed"),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &TemporalReachabilityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = m.saturating_mul(2);
    Work {
        bytes: n.saturating_mul(48).saturating_add(entries.saturating_mul(24)),
        operations: n.saturating_add(entries.saturating_mul(2 + u64::from(entries.max(2).ilog2()))),
        ..Work::default()
    }
}

/// Finds what journeys from, or towards, `inputs.sources` reach.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] without times; [`KernelError::Parameter`] without a source;
/// [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &TemporalReachabilityConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    need_sources(inputs.sources.is_empty())?;
    let steps = steps(graph, config, control)?.ok_or_else(|| KernelError::NotApplicable {
        reason: "journeys in time need a time for every edge, and the projection has none; name the attribute that \
                 holds it"
            .to_owned(),
    })?;
    let mut journeys = Journeys::new(graph.vertex_count(), config, &inputs.sources);
    control.expect(steps.len() as u64);
    let mut pace = Pace::new(control);
    for instant in steps.chunk_by(|a, b| a.time == b.time) {
        journeys.pass(instant, &mut pace)?;
        control.advance(instant.len() as u64);
    }
    Ok(journeys.outcome(config))
}

/// An edge as a journey takes it. Searched backward, time runs down and edges lead the other way.
#[derive(Clone, Copy)]
struct Step {
    time: i64,
    from: u32,
    to: u32,
    row: u32,
}

/// The edges between start and end, by (time, from, row); `None` where they have no times.
fn steps(
    graph: &Csr,
    config: &TemporalReachabilityConfig,
    control: &Control,
) -> Result<Option<Vec<Step>>, KernelError> {
    let (Some(times), Some(rows)) = (&graph.out.times, &graph.out.rows) else {
        return Ok(None);
    };
    let (start, end) = (
        config.start_ms.unwrap_or(i64::MIN),
        config.end_ms.unwrap_or(i64::MAX),
    );
    let mut steps = Vec::with_capacity(times.len());
    let mut pace = Pace::new(control);
    for v in 0..graph.vertex_count() {
        pace.step(graph.out.degree(v))?;
        for at in graph.out.range(v) {
            let (u, time, row) = (graph.out.targets[at], times[at], rows[at]);
            if time < start || time > end {
                continue;
            }
            steps.push(if config.backward {
                Step {
                    time: turned(time),
                    from: u,
                    to: v,
                    row,
                }
            } else {
                Step {
                    time,
                    from: v,
                    to: u,
                    row,
                }
            });
        }
    }
    sort_by_key(&mut steps, control, |it| (it.time, it.from, it.row, it.to))?;
    Ok(Some(steps))
}

/// The instant on a clock that runs down, which turned again is the instant; unlike the negative, it has
/// one for every instant.
fn turned(time: i64) -> i64 {
    !time
}

/// What has been reached by the instant under way.
struct Journeys<'a> {
    config: &'a TemporalReachabilityConfig,
    is_source: Vec<bool>,
    reached: Vec<bool>,
    /// First and last arrival of what is reached, but for sources.
    first: Vec<i64>,
    last: Vec<i64>,
    parent: Vec<u32>,
    /// Vertices left at the instant under way, and whether each vertex is one of them.
    leaving: Vec<u32>,
    is_leaving: Vec<bool>,
}

impl<'a> Journeys<'a> {
    fn new(n: u32, config: &'a TemporalReachabilityConfig, sources: &[u32]) -> Self {
        let n = n as usize;
        let mut is_source = vec![false; n];
        sources.iter().for_each(|v| is_source[*v as usize] = true);
        Self {
            config,
            reached: is_source.clone(),
            is_source,
            first: vec![0; n],
            last: vec![0; n],
            parent: vec![NO_VERTEX; n],
            leaving: Vec::new(),
            is_leaving: vec![false; n],
        }
    }

    fn may_leave(&self, v: u32, time: i64) -> bool {
        let v = v as usize;
        let waits = || time.saturating_sub(self.last[v]);
        self.is_source[v] || self.reached[v] && self.config.max_wait_ms.is_none_or(|most| waits() <= most)
    }

    /// Takes the steps of one instant, which come by where they begin.
    fn pass(&mut self, instant: &[Step], pace: &mut Pace<'_>) -> Result<(), KernelError> {
        for own in instant.chunk_by(|a, b| a.from == b.from) {
            pace.step(own.len())?;
            let v = own[0].from;
            if self.may_leave(v, own[0].time) {
                self.is_leaving[v as usize] = true;
                self.leaving.push(v);
            }
        }
        let mut at = 0;
        while let Some(&v) = self.leaving.get(at) {
            at += 1;
            let begin = instant.partition_point(|it| it.from < v);
            for step in instant[begin..].iter().take_while(|it| it.from == v) {
                pace.step(0)?;
                self.arrive(step);
                if !self.config.strict && !self.is_leaving[step.to as usize] {
                    self.is_leaving[step.to as usize] = true;
                    self.leaving.push(step.to);
                }
            }
        }
        for v in self.leaving.drain(..) {
            self.is_leaving[v as usize] = false;
        }
        Ok(())
    }

    fn arrive(&mut self, step: &Step) {
        let v = step.to as usize;
        if self.is_source[v] {
            return;
        }
        if !std::mem::replace(&mut self.reached[v], true) {
            self.first[v] = step.time;
            self.parent[v] = step.from;
        }
        self.last[v] = step.time;
    }

    fn outcome(self, config: &TemporalReachabilityConfig) -> Outcome {
        let at_sources = if config.backward {
            config.end_ms
        } else {
            config.start_ms
        };
        let time = |v: usize| match (self.reached[v], self.is_source[v]) {
            (false, _) => None,
            (true, true) => at_sources,
            (true, false) if config.backward => Some(turned(self.first[v])),
            (true, false) => Some(self.first[v]),
        };
        let n = self.reached.len();
        let count = self.reached.iter().filter(|it| **it).count() as f64;
        let times = (0..n).map(time).collect();
        Outcome {
            vertices: vec![
                OutputColumn::new("reached", Quantity::Flag, Values::Flags(self.reached)),
                OutputColumn::new("time", Quantity::Instant, Values::Times(times)),
                OutputColumn::new("parent", Quantity::Name, Values::Vertices(self.parent)),
            ],
            summary: vec![
                ("reached", Quantity::Count, count),
                ("share", Quantity::Share, count / n.max(1) as f64),
            ],
            ..Outcome::default()
        }
    }
}

#[cfg(test)]
#[path = "temporal_reachability_tests.rs"]
mod tests;
