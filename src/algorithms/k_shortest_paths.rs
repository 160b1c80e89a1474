//! The k shortest paths from one vertex to another that pass no vertex twice.
//!
//! Each further path leaves one of those found at some vertex: from there the shortest way is sought that
//! avoids the vertices before it and the edges by which found paths with the same beginning go on. A path
//! is left only from where it left its own origin on (Lawler), so that no path is found twice. Every
//! search is led by the true distances to the target, which one search backward gives.
//!
//! Convention: edges are followed in their direction; of parallel edges the lightest counts, self-loops
//! never do. Weights must not be negative; without weights every edge counts 1. Paths come by length; which
//! of equal length comes first is the same every time.
//!
//! Cost: O(k l (n + m) log n) time at worst for paths of l edges, far less where paths are short, on one
//! thread; 52 bytes a vertex, 24 an edge at worst, and 32 bytes a vertex of the paths that are kept.
//! Sources: Yen, Management Science 17, 1971; Lawler, Management Science 18, 1972.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::path_search::{Path, PathSearch, measured};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, TableOrder, Work,
};
use super::shortest_paths::{length_quantity, refuse_negative};
use super::sssp::{self, Method};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::KShortestPaths`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KShortestPathsConfig {
    /// Where the paths begin; one vertex.
    pub sources: Vec<String>,
    /// Where they end; one vertex.
    pub targets: Vec<String>,
    /// Paths listed at most, 1 to 10,000.
    pub k: u32,
}

impl Default for KShortestPathsConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            targets: Vec::new(),
            k: 5,
        }
    }
}

/// Most paths that are listed.
const MOST: u32 = 10_000;

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "k_shortest_paths",
    aliases: &[
        "yen",
        "yens_k_shortest_paths",
        "alternative_routes",
        "ksp",
        "yens",
    ],
    special_cases: &[],
    title: "Several shortest paths",
    summary: "Lists the shortest ways from one vertex to another, the next best ones too.",
    convention: "A way passes no vertex twice. Edges are followed in their direction, both ways when the projection \
                 is undirected; of parallel edges the lightest counts. Weights must not be negative; without \
                 weights every edge counts 1. Ways of equal length come in an order that is the same every time.",
    source: "Yen, Management Science 17, 1971; Lawler, Management Science 18, 1972",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "",
            range: "one vertex",
            meaning: "Where the ways begin.",
        },
        ParameterInfo {
            name: "targets",
            kind: "keys",
            default: "",
            range: "one vertex",
            meaning: "Where they end.",
        },
        ParameterInfo {
            name: "k",
            kind: "whole number",
            default: "5",
            range: "1 to 10000",
            meaning: "Ways listed at most.",
        },
    ],
    columns: &[ColumnInfo {
        name: "paths",
        quantity: Quantity::Count,
        meaning: "Listed ways through the vertex.",
    }],
    rows: Some((
        "paths",
        &[
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Vertices in the order of travel.",
            },
            ColumnInfo {
                name: "length",
                quantity: Quantity::Weight,
                meaning: "Sum of weights.",
            },
            ColumnInfo {
                name: "edges",
                quantity: Quantity::Count,
                meaning: "Number of edges.",
            },
        ],
    )),
    order: &[("paths", TableOrder::AsComputed)],
    summary_values: &[
        ColumnInfo {
            name: "paths",
            quantity: Quantity::Count,
            meaning: "Ways listed; fewer than k where there are no more.",
        },
        ColumnInfo {
            name: "shortest",
            quantity: Quantity::Weight,
            meaning: "Length of the first; left out where there is none.",
        },
        ColumnInfo {
            name: "longest",
            quantity: Quantity::Weight,
            meaning: "Length of the last; left out where there is none.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e11,
};

impl KShortestPathsConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        one_vertex("sources", self.sources.len())?;
        one_vertex("targets", self.targets.len())?;
        if !(1..=MOST).contains(&self.k) {
            return Err(KernelError::Parameter {
                parameter: "k",
                problem: format!("is {}; 1 to {MOST} is allowed", self.k),
            });
        }
        Ok(())
    }
}

fn one_vertex(parameter: &'static str, given: usize) -> Result<(), KernelError> {
    if given == 1 {
        return Ok(());
    }
    Err(KernelError::Parameter {
        parameter,
        problem: format!("names {given} vertices of the graph; give the key of exactly one"),
    })
}

/// Ways that may pass every vertex; beyond them, ways of [`USUAL`] vertices are reckoned with.
const LONG: u64 = 16;

/// Vertices of a way on average, where many are listed.
const USUAL: u64 = 256;

/// Vertices that `k` ways pass together at most; more are refused when they are met, since reckoning with all
/// vertices for each of thousands of ways would refuse nearly every graph.
fn most_passed(k: u64, n: u64) -> u64 {
    let long = n.saturating_mul(k.min(LONG));
    long.saturating_add(n.min(USUAL).saturating_mul(k.saturating_sub(LONG)))
}

/// What it takes on a graph of this size: bytes at most, and steps where paths have 64 edges at most. One through all
/// vertices would be searched for at each of them; such are rare and their searches led.
pub fn work(config: &KShortestPathsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = n.saturating_add(m.saturating_mul(2));
    let search = entries.saturating_mul(u64::from(entries.max(2).ilog2()));
    let (k, edges) = (u64::from(config.k), n.min(64));
    Work {
        bytes: (n.saturating_mul(64))
            .saturating_add(m.saturating_mul(48))
            // Those found, as many candidates and the copies of both that are listed.
            .saturating_add(most_passed(k, n).saturating_mul(36))
            .saturating_add(k.saturating_mul(3 * 96)),
        operations: search.saturating_mul(k.saturating_mul(edges).saturating_add(1)),
        rows: k,
    }
}

/// Lists the paths.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`]; [`KernelError::Parameter`] unless there is one source and one target;
/// [`KernelError::NotApplicable`] where thousands of ways pass hundreds of vertices each;
/// [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &KShortestPathsConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    one_vertex("sources", inputs.sources.len())?;
    one_vertex("targets", inputs.targets.len())?;
    refuse_negative(graph)?;
    control.check()?;
    let left = sssp::lengths(&graph.into, &inputs.targets, Method::Auto, 0.0, control)?;
    let mut deviations = Deviations {
        graph,
        target: inputs.targets[0],
        left: &left,
        search: PathSearch::new(graph.vertex_count()),
        before: vec![false; graph.vertex_count() as usize],
        wanted: config.k as usize,
        found: Vec::new(),
        candidates: BTreeSet::new(),
        passed: 0,
        most_passed: most_passed(u64::from(config.k), u64::from(graph.vertex_count())).saturating_mul(2),
    };
    control.expect(u64::from(config.k));
    deviations.find(inputs.sources[0], control)?;
    let paths: Vec<Path> = deviations.found.into_iter().map(|it| it.path).collect();
    Ok(outcome(graph, paths))
}

/// A path and the place at which it left the path that it comes from.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    path: Path,
    left_at: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (own, others) = (&self.path, &other.path);
        let by_length = own.length().total_cmp(&others.length());
        by_length.then_with(|| own.vertices.cmp(&others.vertices))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The search for the next path.
struct Deviations<'a> {
    graph: &'a Csr,
    target: u32,
    /// Distance of each vertex to the target.
    left: &'a [f64],
    search: PathSearch,
    /// The vertices before the one where a path is being left.
    before: Vec<bool>,
    /// Paths asked for.
    wanted: usize,
    found: Vec<Candidate>,
    candidates: BTreeSet<Candidate>,
    /// Vertices of those found and of the candidates.
    passed: u64,
    /// More of them than this are refused.
    most_passed: u64,
}

impl Deviations<'_> {
    fn find(&mut self, source: u32, control: &Control) -> Result<(), KernelError> {
        let k = self.wanted;
        self.leave(&[source], 0.0, &[], control)?;
        while self.found.len() < k {
            let Some(next) = self.candidates.pop_first() else {
                control.advance((k - self.found.len()) as u64);
                return Ok(());
            };
            control.advance(1);
            self.found.push(next.clone());
            if self.found.len() < k {
                self.leave_everywhere(&next, control)?;
            }
        }
        Ok(())
    }

    /// Finds for each place of `path`, from where it left its origin on, the shortest path that leaves it
    /// there.
    fn leave_everywhere(&mut self, from: &Candidate, control: &Control) -> Result<(), KernelError> {
        let vertices = &from.path.vertices;
        vertices[..from.left_at]
            .iter()
            .for_each(|v| self.before[*v as usize] = true);
        for at in from.left_at..vertices.len() - 1 {
            control.check()?;
            let begin = &vertices[..=at];
            let goes_on = |it: &Candidate| {
                let same = it.path.vertices.starts_with(begin);
                same.then(|| it.path.vertices.get(at + 1).copied()).flatten()
            };
            let closed: Vec<u32> = self.found.iter().filter_map(goes_on).collect();
            self.leave(begin, from.path.distances[at], &closed, control)?;
            self.before[vertices[at] as usize] = true;
        }
        vertices.iter().for_each(|v| self.before[*v as usize] = false);
        Ok(())
    }

    /// Notes the shortest path that begins with `begin`, which is `length` long, and does not go on to a
    /// vertex of `closed`.
    fn leave(
        &mut self,
        begin: &[u32],
        length: f64,
        closed: &[u32],
        control: &Control,
    ) -> Result<(), KernelError> {
        let (last, target) = (begin[begin.len() - 1], self.target);
        let (left, before) = (self.left, &self.before);
        // Rounding must never make it too much.
        let estimate = |v: u32| (v != target).then(|| left[v as usize] * (1.0 - 1e-12));
        let may = |from: u32, to: u32| !(before[to as usize] || from == last && closed.contains(&to));
        let way = self.search.led(
            &self.graph.out,
            &[last],
            length,
            estimate,
            may,
            &mut Pace::new(control),
        )?;
        if let Some(way) = way {
            let vertices: Vec<u32> = begin.iter().copied().chain(way.into_iter().skip(1)).collect();
            let passed = vertices.len() as u64;
            let candidate = Candidate {
                path: measured(&self.graph.out, vertices),
                left_at: begin.len() - 1,
            };
            if self.candidates.insert(candidate) {
                self.passed += passed;
            }
            // No more can come to be listed than are still wanted.
            if self.candidates.len() > self.wanted - self.found.len() {
                let dropped = self.candidates.pop_last();
                self.passed -= dropped.map_or(0, |it| it.path.vertices.len() as u64);
            }
            if self.passed > self.most_passed {
                return Err(KernelError::NotApplicable {
                    reason: format!(
                        "the ways pass more than {} vertices together, more than memory was reckoned for; ask for \
                         fewer ways than k = {}",
                        self.most_passed, self.wanted
                    ),
                });
            }
        }
        Ok(())
    }
}

fn outcome(graph: &Csr, paths: Vec<Path>) -> Outcome {
    let quantity = length_quantity(graph, true);
    let mut through = vec![0_u64; graph.vertex_count() as usize];
    let (mut offsets, mut members) = (vec![0], Vec::new());
    for path in &paths {
        path.vertices.iter().for_each(|v| through[*v as usize] += 1);
        members.extend_from_slice(&path.vertices);
        offsets.push(members.len());
    }
    let lengths: Vec<f64> = paths.iter().map(Path::length).collect();
    let edges = paths.iter().map(|it| it.vertices.len() as u64 - 1).collect();
    let end = |length: Option<&f64>| length.copied().unwrap_or(f64::INFINITY);
    let (shortest, longest) = (end(lengths.first()), end(lengths.last()));
    let column = OutputColumn::new;
    Outcome {
        vertices: vec![column("paths", Quantity::Count, Values::Integers(through))],
        rows: Some(RowTable {
            name: "paths",
            columns: vec![
                column("members", Quantity::Name, Values::Lists { offsets, members }),
                column("length", quantity, Values::Numbers(lengths)),
                column("edges", Quantity::Count, Values::Integers(edges)),
            ],
        }),
        summary: vec![
            ("paths", Quantity::Count, paths.len() as f64),
            ("shortest", quantity, shortest),
            ("longest", quantity, longest),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
#[path = "k_shortest_paths_tests.rs"]
mod tests;
