//! Simple cycles up to a length.
//!
//! A cycle passes each of its vertices once and returns to where it began. Each is listed once, from
//! its smallest vertex.
//!
//! Convention: edges are followed in their direction. Parallel edges make one cycle, not several, and
//! the lightest gives the weight. Self-loops are no cycles. In an undirected graph a cycle has at least
//! three vertices and is listed in one of its two directions, the one whose second vertex is smaller.
//!
//! Method: depth-first from each vertex through later vertices of its strong component. A walk back
//! from it, half the greatest length deep, marks how far the way home is, and the second half of the
//! search follows these marks only.
//! Cost: grows with the edges of a vertex to the power of half the length, and with the cycles; divided
//! by the threads. Memory: 24 bytes an edge, 48 a vertex and 8 a vertex and thread, and the cycles listed.
//! Source: Johnson 1975 for starts and components; the walk back bounds length as in Gupta & Suzumura 2021.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::scc;
use crate::graph::{Adjacency, Csr};

/// Parameters of [`super::Algorithm::Cycles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CyclesConfig {
    /// Shortest cycle listed, from 2 (3 when undirected).
    pub min_length: u32,
    /// Longest cycle listed, at most 12.
    pub max_length: u32,
    /// Cycles listed at most.
    pub max_cycles: u64,
}

impl Default for CyclesConfig {
    fn default() -> Self {
        Self {
            min_length: 2,
            max_length: 6,
            max_cycles: 100_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "cycles",
    aliases: &["simple_cycles", "cycle_detection", "circular_dependencies"],
    special_cases: &[],
    title: "Cycles",
    summary: "Lists the closed ways that return to where they began without passing a vertex twice.",
    convention: "Edges are followed in their direction. Each cycle is listed once, from its first member in vertex \
                 order. Parallel edges make one cycle, and the lightest of them gives the weight. Edges from a \
                 vertex to itself are not cycles. In an undirected projection a cycle has at least three \
                 vertices and is listed in one direction.",
    source: "Johnson 1975; length bound after Gupta & Suzumura 2021",
    parameters: &[
        ParameterInfo {
            name: "min_length",
            kind: "whole number",
            default: "2",
            range: "2 to max_length",
            meaning: "Vertices of the shortest cycle listed; in an undirected projection at least 3.",
        },
        ParameterInfo {
            name: "max_length",
            kind: "whole number",
            default: "6",
            range: "min_length to 12",
            meaning: "Vertices of the longest cycle listed.",
        },
        ParameterInfo {
            name: "max_cycles",
            kind: "whole number",
            default: "100000",
            range: "from 1 to 18446744073709551615",
            meaning: "Cycles listed at most; those of the first vertices come first.",
        },
    ],
    columns: &[ColumnInfo {
        name: "cycles",
        quantity: Quantity::Count,
        meaning: "Listed cycles through the vertex.",
    }],
    rows: Some((
        "cycles",
        &[
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Vertices in the order of travel, from the first in vertex order.",
            },
            ColumnInfo {
                name: "length",
                quantity: Quantity::Count,
                meaning: "Number of vertices.",
            },
            ColumnInfo {
                name: "weight",
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
            meaning: "Cycles listed.",
        },
        ColumnInfo {
            name: "vertices_on_cycles",
            quantity: Quantity::Count,
            meaning: "Vertices on a listed cycle.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl CyclesConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if !(2..=12).contains(&self.max_length) {
            return refused(
                "max_length",
                format!("is {}; 2 to 12 is allowed", self.max_length),
            );
        }
        if !(2..=self.max_length).contains(&self.min_length) {
            let problem = format!(
                "is {}; 2 to max_length ({}) is allowed",
                self.min_length, self.max_length
            );
            return refused("min_length", problem);
        }
        if self.max_cycles == 0 {
            return refused("max_cycles", "is 0; at least 1 is needed".to_owned());
        }
        Ok(())
    }
}

/// Start vertices that a thread searches from at a time.
const CHUNK: usize = 64;

/// What it takes on a graph of `n` vertices and `m` edges: bytes at most; steps where degrees are near
/// their mean, since a few hubs can take more.
pub fn work(config: &CyclesConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    let length = u64::from(config.max_length);
    let degree = (2 * m).div_ceil(n.max(1)).max(1);
    let half = degree.saturating_pow(config.max_length.div_ceil(2));
    let cycles = config.max_cycles.min(most_cycles(config.max_length, size));
    Work {
        // Each chunk of a wave may fill the cap before the first one's cycles are taken.
        bytes: (48 * m + 48 * n + chunks * 8 * n)
            .saturating_add(cycles.saturating_mul((chunks + 1) * (24 + 16 * length))),
        rows: cycles,
        operations: n
            .saturating_mul(half)
            .saturating_add(cycles.saturating_mul(length * degree))
            .saturating_add(4 * m),
    }
}

/// Cycles that a graph of this size can have: every other edge of one names all its vertices, but for one where
/// they are odd.
fn most_cycles(max_length: u32, size: Extent) -> u64 {
    let entries = size.m.saturating_mul(2);
    let of_length = |length: u32| {
        let pairs = entries.saturating_pow(length / 2);
        if length.is_multiple_of(2) {
            pairs
        } else {
            pairs.saturating_mul(size.n)
        }
    };
    (2..=max_length).map(of_length).fold(0, u64::saturating_add)
}

/// Lists the cycles.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    config: &CyclesConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let component = scc::labels(graph, control)?;
    let ways = Ways {
        out: Steps::within(&graph.out, &component, control)?,
        into: Steps::within(&graph.into, &component, control)?,
        directed: graph.directed,
    };
    let (cap, mut found) = (config.max_cycles, Vec::new());
    in_order(
        component.len(),
        CHUNK,
        control,
        || Search::new(&ways, config, component.len()),
        |search, range| search.cycles(range, &mut Pace::new(control)),
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

fn outcome(graph: &Csr, found: &[Vec<Step>], exactness: Exactness) -> Outcome {
    let mut through = vec![0_u64; graph.vertex_count() as usize];
    let mut offsets = vec![0];
    let mut members = Vec::new();
    for cycle in found {
        members.extend(cycle.iter().map(|step| step.to));
        offsets.push(members.len());
    }
    members.iter().for_each(|v| through[*v as usize] += 1);
    let lengths = found.iter().map(|cycle| cycle.len() as u64).collect();
    let mut columns = vec![
        OutputColumn::new("members", Quantity::Name, Values::Lists { offsets, members }),
        OutputColumn::new("length", Quantity::Count, Values::Integers(lengths)),
    ];
    if graph.is_weighted() {
        let weight = |cycle: &Vec<Step>| cycle.iter().map(|step| step.weight).sum();
        let weights = found.iter().map(weight).collect();
        columns.push(OutputColumn::new(
            "weight",
            Quantity::Weight,
            Values::Numbers(weights),
        ));
    }
    let on_cycles = through.iter().filter(|it| **it > 0).count();
    Outcome {
        vertices: vec![OutputColumn::new(
            "cycles",
            Quantity::Count,
            Values::Integers(through),
        )],
        rows: Some(RowTable {
            name: "cycles",
            columns,
        }),
        summary: vec![
            ("cycles", Quantity::Count, found.len() as f64),
            ("vertices_on_cycles", Quantity::Count, on_cycles as f64),
        ],
        exactness,
    }
}

/// A step to a vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    to: u32,
    weight: f64,
}

/// For each vertex the steps to other vertices of its component, each once, ascending.
struct Steps {
    offsets: Vec<usize>,
    steps: Vec<Step>,
}

/// The steps a cycle can take, forward and back.
struct Ways {
    out: Steps,
    into: Steps,
    directed: bool,
}

impl Steps {
    fn within(lists: &Adjacency, component: &[u32], control: &Control) -> Result<Self, KernelError> {
        let mut pace = Pace::new(control);
        let mut all = Self {
            offsets: vec![0],
            steps: Vec::new(),
        };
        for (v, own) in (0_u32..).zip(component) {
            pace.step(lists.degree(v))?;
            let begin = all.steps.len();
            let inside = |index: &usize| {
                let u = lists.targets[*index];
                u != v && component[u as usize] == *own
            };
            for index in lists.range(v).filter(inside) {
                let (to, weight) = (lists.targets[index], lists.weight(index));
                match all.steps[begin..].last_mut() {
                    Some(last) if last.to == to => last.weight = last.weight.min(weight),
                    _ => all.steps.push(Step { to, weight }),
                }
            }
            all.offsets.push(all.steps.len());
        }
        Ok(all)
    }

    /// The steps from `v` to vertices not before `first`.
    fn from(&self, v: u32, first: u32) -> &[Step] {
        let steps = &self.steps[self.offsets[v as usize]..self.offsets[v as usize + 1]];
        &steps[steps.partition_point(|step| step.to < first)..]
    }
}

/// The workspace of a search; between starts nothing is marked.
struct Search<'a> {
    ways: &'a Ways,
    min_length: usize,
    max_length: usize,
    max_cycles: u64,
    /// Depth of the walk back.
    depth: u32,
    /// Fewest steps back to the start, [`FAR`] beyond the depth.
    home: Vec<u32>,
    on_path: Vec<bool>,
    marked: Vec<u32>,
    /// The way so far, the start left out; each step with those that may be tried in its place.
    path: Vec<Step>,
    open: Vec<&'a [Step]>,
}

const FAR: u32 = u32::MAX;

impl<'a> Search<'a> {
    fn new(ways: &'a Ways, config: &CyclesConfig, n: usize) -> Self {
        Self {
            ways,
            // Forth and back over one undirected edge is no cycle.
            min_length: config.min_length.max(if ways.directed { 2 } else { 3 }) as usize,
            max_length: config.max_length as usize,
            max_cycles: config.max_cycles,
            depth: config.max_length / 2,
            home: vec![FAR; n],
            on_path: vec![false; n],
            marked: Vec::new(),
            path: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The cycles whose smallest vertex is one of `starts`, one more than the cap at most.
    fn cycles(
        &mut self,
        starts: std::ops::Range<usize>,
        pace: &mut Pace<'_>,
    ) -> Result<Vec<Vec<Step>>, KernelError> {
        let mut found = Vec::new();
        for start in starts {
            let start = start as u32;
            pace.step(0)?;
            if self.ways.into.from(start, start).is_empty() || found.len() as u64 > self.max_cycles {
                continue;
            }
            self.mark_back(start, pace)?;
            self.follow(start, &mut found, pace)?;
            for v in self.marked.drain(..) {
                self.home[v as usize] = FAR;
            }
        }
        Ok(found)
    }

    /// Marks the later vertices from which the start is at most `depth` steps away.
    fn mark_back(&mut self, start: u32, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        self.home[start as usize] = 0;
        self.marked.push(start);
        let mut at = 0;
        while let Some(&v) = self.marked.get(at) {
            at += 1;
            let hops = self.home[v as usize] + 1;
            if hops > self.depth {
                break;
            }
            let steps = self.ways.into.from(v, start);
            pace.step(steps.len())?;
            for step in steps {
                if self.home[step.to as usize] == FAR {
                    self.home[step.to as usize] = hops;
                    self.marked.push(step.to);
                }
            }
        }
        Ok(())
    }

    /// Depth-first from `start`, in ascending order of vertices at every step.
    fn follow(
        &mut self,
        start: u32,
        found: &mut Vec<Vec<Step>>,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        self.open.push(self.ways.out.from(start, start));
        while let Some(options) = self.open.last_mut() {
            let Some((step, rest)) = options.split_first() else {
                self.open.pop();
                if let Some(left) = self.path.pop() {
                    self.on_path[left.to as usize] = false;
                }
                continue;
            };
            *options = rest;
            pace.step(0)?;
            if step.to == start {
                self.close(*step, found);
                if found.len() as u64 > self.max_cycles {
                    self.abandon();
                }
            } else if !self.on_path[step.to as usize] && self.leads_home(step.to) {
                self.on_path[step.to as usize] = true;
                self.path.push(*step);
                self.open.push(self.ways.out.from(step.to, start));
            }
        }
        Ok(())
    }

    /// Ends the search of a full answer; the workspace may serve a chunk that comes before this one.
    fn abandon(&mut self) {
        self.open.clear();
        for left in self.path.drain(..) {
            self.on_path[left.to as usize] = false;
        }
    }

    /// Whether `v`, as the next vertex of the path, may still get back to the start.
    fn leads_home(&self, v: u32) -> bool {
        let left = self.max_length - self.path.len() - 1;
        // Beyond the depth of the walk back nothing is known.
        left > self.depth as usize || self.home[v as usize] as usize <= left
    }

    /// Lists the path and the step back to the start, if they keep to the limits.
    fn close(&self, last: Step, found: &mut Vec<Vec<Step>>) {
        let length = self.path.len() + 1;
        let turned = |(second, end): (&Step, &Step)| second.to > end.to;
        let is_mirror = !self.ways.directed && self.path.first().zip(self.path.last()).is_some_and(turned);
        if (self.min_length..=self.max_length).contains(&length) && !is_mirror {
            found.push([last].iter().chain(&self.path).copied().collect());
        }
    }
}

#[cfg(test)]
#[path = "cycles_tests.rs"]
mod tests;
