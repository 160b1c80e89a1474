//! What passes through a vertex within a time window: how much it took in and gave out again.
//!
//! For each vertex and each window that begins with an edge in, let `received` be the weight of the
//! edges in and `sent` that of the edges out within the window. What can have passed through is the
//! smaller of the two. The vertex is described by the window in which that is greatest, the earliest
//! of equal ones.
//!
//! Convention: direction counts; undirected projections are refused. Without weights every edge
//! weighs 1. Both ends of the window belong to it. Parallel edges count as often as the projection
//! keeps them; a self-loop counts neither in nor out. What a vertex had before the window is not
//! known, so the weight that passed is an upper bound.
//!
//! Cost: O(m log d) time for vertices of at most d edges, divided by the threads; 72 bytes a vertex.
//! Source: definition; the pattern is the pass-through account of the field (FATF typologies).

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use crate::graph::{Adjacency, Csr};

/// Parameters of [`super::Algorithm::PassThrough`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PassThroughConfig {
    /// Length of the window in milliseconds, from 1.
    pub window_ms: i64,
}

impl Default for PassThroughConfig {
    fn default() -> Self {
        Self {
            window_ms: 172_800_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "pass_through",
    aliases: &["flow_through", "fan_in_fan_out", "mules"],
    special_cases: &[],
    title: "Pass-through in time",
    summary: "Says for each vertex how much it received and sent on within one window, from and to how many.",
    convention: "Edges are followed in their direction. A window begins with an edge in; of all windows the one \
                 in which most can have passed through counts, the earliest of equal ones. Without weights every \
                 edge weighs 1. Edges from a vertex to itself do not count. What passed is the smaller of what \
                 was received and sent, and so an upper bound.",
    source: "Definition; pass-through accounts as in the typologies of the FATF.",
    parameters: &[ParameterInfo {
        name: "window_ms",
        kind: "whole number",
        default: "172800000",
        range: "from 1 to 9223372036854775807",
        meaning: "Length of the window in milliseconds (172800000 are two days).",
    }],
    columns: &[
        column(
            "passed",
            Quantity::Weight,
            "Weight that can have passed through in the window.",
        ),
        column(
            "received",
            Quantity::Weight,
            "Weight of the edges in within the window.",
        ),
        column(
            "sent",
            Quantity::Weight,
            "Weight of the edges out within the window.",
        ),
        column(
            "senders",
            Quantity::Count,
            "Different vertices with an edge in within the window.",
        ),
        column(
            "receivers",
            Quantity::Count,
            "Different vertices with an edge out within the window.",
        ),
        column(
            "balance",
            Quantity::Share,
            "The smaller of received and sent as a share of the greater.",
        ),
        column(
            "burst",
            Quantity::Share,
            "Received in the window as a share of all ever received.",
        ),
        column(
            "begin",
            Quantity::Instant,
            "When the window begins; none where nothing passed.",
        ),
        column(
            "span",
            Quantity::Duration,
            "From the first to the last edge in the window.",
        ),
    ],
    rows: None,
    order: &[],
    summary_values: &[column(
        "passing",
        Quantity::Count,
        "Vertices through which something can have passed.",
    )],
    needs_times: true,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

const fn column(name: &'static str, quantity: Quantity, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity,
        meaning,
    }
}

impl PassThroughConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.window_ms < 1 {
            return Err(KernelError::Parameter {
                parameter: "window_ms",
                problem: format!("is {}; 1 or more is allowed", self.window_ms),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &PassThroughConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: n.saturating_mul(150).saturating_add(m.saturating_mul(48)),
        operations: n.saturating_add(m.saturating_mul(20)),
        ..Work::default()
    }
}

/// An edge at a vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Passing {
    time: i64,
    other: u32,
    weight: f64,
}

/// The window of a vertex in which most can have passed through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Best {
    received: f64,
    sent: f64,
    senders: u64,
    receivers: u64,
    total: f64,
    begin: Option<i64>,
    span: i64,
}

impl Best {
    fn passed(&self) -> f64 {
        self.received.min(self.sent)
    }
}

/// Finds each vertex's window.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] without direction or times, [`KernelError::NegativeWeight`].
pub fn run(
    graph: &Csr,
    config: &PassThroughConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if !graph.directed || graph.out.times.is_none() {
        let lacks = if graph.directed {
            "a time for every edge"
        } else {
            "directed edges"
        };
        return Err(KernelError::NotApplicable {
            reason: format!("what passes through in a window needs {lacks}, and the projection has none"),
        });
    }
    super::shortest_paths::refuse_negative(graph)?;
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let mut best = vec![Best::default(); n];
    blocks::fill_around(graph, &mut best, control, |v| {
        best_window(graph, v, config.window_ms)
    })?;
    let passing = best.iter().filter(|it| it.passed() > 0.0).count();
    Ok(Outcome {
        vertices: columns(&best),
        summary: vec![("passing", Quantity::Count, passing as f64)],
        ..Outcome::default()
    })
}

fn columns(best: &[Best]) -> Vec<OutputColumn> {
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let numbers = |of: &dyn Fn(&Best) -> f64| Values::Numbers(best.iter().map(of).collect());
    let integers = |of: &dyn Fn(&Best) -> u64| Values::Integers(best.iter().map(of).collect());
    let values = vec![
        numbers(&Best::passed),
        numbers(&|it| it.received),
        numbers(&|it| it.sent),
        integers(&|it| it.senders),
        integers(&|it| it.receivers),
        numbers(&|it| share(it.passed(), it.received.max(it.sent))),
        numbers(&|it| share(it.received, it.total)),
        Values::Times(best.iter().map(|it| it.begin).collect()),
        integers(&|it| it.span.unsigned_abs()),
    ];
    let named = INFO.columns.iter().zip(values);
    named
        .map(|(info, values)| OutputColumn {
            name: info.name,
            quantity: info.quantity,
            values,
        })
        .collect()
}

/// Amounts that differ by less than this part are equal.
const TIE: f64 = 1e-9;

/// The edges of `v` in one direction by time, then neighbour; self-loops left out.
fn in_time(side: &Adjacency, v: u32) -> Vec<Passing> {
    let times = side.times.as_deref().unwrap_or_default();
    let mut edges: Vec<Passing> = side
        .range(v)
        .filter(|at| side.targets[*at] != v)
        .map(|at| Passing {
            time: times[at],
            other: side.targets[at],
            weight: side.weight(at),
        })
        .collect();
    edges.sort_by(|a, b| {
        (a.time, a.other)
            .cmp(&(b.time, b.other))
            .then(a.weight.total_cmp(&b.weight))
    });
    edges
}

fn best_window(graph: &Csr, v: u32, window_ms: i64) -> Best {
    let (into, out) = (in_time(&graph.into, v), in_time(&graph.out, v));
    let total = into.iter().map(|it| it.weight).sum();
    // Sums up to each edge; a window is a difference of two, whose rounding must not make a later one
    // the greater.
    let (received_to, sent_to) = (sums(&into), sums(&out));
    let mut best = (0.0, 0..0, 0..0);
    for (at, first) in into.iter().enumerate() {
        let last = first.time.saturating_add(window_ms);
        let ins = at..into.partition_point(|it| it.time <= last);
        let outs = out.partition_point(|it| it.time < first.time)..out.partition_point(|it| it.time <= last);
        let received: f64 = received_to[ins.end] - received_to[ins.start];
        let passed = received.min(sent_to[outs.end] - sent_to[outs.start]);
        if passed > best.0 * (1.0 + TIE) {
            best = (passed, ins, outs);
        }
    }
    let (_, ins, outs) = best;
    let (ins, outs) = (&into[ins], &out[outs]);
    let begin = ins.first().map(|it| it.time);
    let end = ins.iter().chain(outs).map(|it| it.time).max();
    Best {
        received: ins.iter().map(|it| it.weight).sum(),
        sent: outs.iter().map(|it| it.weight).sum(),
        senders: distinct(ins),
        receivers: distinct(outs),
        total,
        begin,
        span: end.zip(begin).map_or(0, |(end, begin)| end - begin),
    }
}

/// Sums of the weights of the first 0, 1, 2, … edges.
fn sums(edges: &[Passing]) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for edge in edges {
        sum += edge.weight;
        sums.push(sum);
    }
    sums
}

fn distinct(edges: &[Passing]) -> u64 {
    let mut others: Vec<u32> = edges.iter().map(|it| it.other).collect();
    others.sort_unstable();
    others.dedup();
    others.len() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::{EdgeList, ParallelEdges, ProjectionRules, build};

    const RULES: ProjectionRules = ProjectionRules {
        direction: crate::graph::Direction::Directed,
        parallel: ParallelEdges::Keep,
        self_loops: true,
    };

    fn graph(n: u32, edges: &[(u32, u32, f64, i64)]) -> Csr {
        let list = EdgeList {
            sources: edges.iter().map(|it| it.0).collect(),
            targets: edges.iter().map(|it| it.1).collect(),
            weights: Some(edges.iter().map(|it| it.2).collect()),
            times: Some(edges.iter().map(|it| it.3).collect()),
        };
        build(n, list, RULES)
    }

    fn best(graph: &Csr, v: u32, window_ms: i64) -> Best {
        best_window(graph, v, window_ms)
    }

    #[test]
    fn the_window_with_most_passing_through_is_taken() {
        // Early small flow, later a burst from two senders to one receiver.
        let edges = [
            (1, 0, 5.0, 0),
            (0, 2, 5.0, 1),
            (1, 0, 50.0, 100),
            (3, 0, 40.0, 105),
            (0, 4, 80.0, 109),
        ];
        let found = best(&graph(5, &edges), 0, 10);
        assert_eq!(
            (found.received, found.sent, found.senders, found.receivers),
            (90.0, 80.0, 2, 1)
        );
        assert_eq!((found.begin, found.span, found.total), (Some(100), 9, 95.0));
        assert_eq!(
            best(&graph(5, &edges), 1, 10),
            Best::default(),
            "who receives nothing passes nothing on"
        );
    }

    #[test]
    fn the_earliest_of_equal_windows_is_taken_though_sums_round() {
        let edges: Vec<(u32, u32, f64, i64)> = (0..8)
            .flat_map(|at| [(0, 1, 0.01, at * 1000), (1, 2, 0.01, at * 1000 + 1)])
            .collect();
        assert_eq!(best(&graph(3, &edges), 1, 10).begin, Some(0));
        assert_eq!(best(&graph(3, &edges), 0, 10).begin, None);
    }

    #[test]
    fn what_left_before_anything_came_does_not_count() {
        let found = best(&graph(3, &[(0, 1, 9.0, 0), (2, 0, 9.0, 5)]), 0, 10);
        assert_eq!(found.passed(), 0.0);
    }

    #[test]
    fn projections_without_times_or_direction_are_refused() {
        let untimed = EdgeList {
            sources: vec![0],
            targets: vec![1],
            weights: None,
            times: None,
        };
        let graph = build(2, untimed, RULES);
        let refused = run(
            &graph,
            &PassThroughConfig::default(),
            &Inputs::default(),
            &Control::default(),
        );
        assert!(refused.unwrap_err().to_string().contains("a time for every edge"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The definition read word for word: every window that begins with an edge in, summed anew.
        #[test]
        fn agrees_with_trying_every_window(
            edges in prop::collection::vec((0_u32..4, 0_u32..4, 1_u32..9, 0_i64..30), 0..24),
            window in 1_i64..12,
        ) {
            let edges: Vec<(u32, u32, f64, i64)> =
                edges.into_iter().map(|(u, v, weight, time)| (u, v, f64::from(weight), time)).collect();
            let graph = graph(4, &edges);
            for v in 0..4 {
                let within = |first: i64, time: i64| (first..=first + window).contains(&time);
                let mut most: f64 = 0.0;
                for first in edges.iter().filter(|it| it.1 == v && it.0 != v).map(|it| it.3) {
                    let sum = |out: bool| -> f64 {
                        let mine = edges.iter().filter(|it| it.0 != it.1 && within(first, it.3));
                        mine.filter(|it| if out { it.0 == v } else { it.1 == v }).map(|it| it.2).sum()
                    };
                    most = most.max(sum(true).min(sum(false)));
                }
                prop_assert_eq!(best(&graph, v, window).passed(), most);
            }
        }
    }
}
