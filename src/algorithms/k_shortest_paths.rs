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
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParameterInfo, Work};
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
    aliases: &["yen", "yens_k_shortest_paths", "alternative_routes"],
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
    counts_parallel: false,
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
            // Those found, as many candidates and the copies of both that are listed; each visits a vertex once.
            .saturating_add(
                k.saturating_mul(3)
                    .saturating_mul(n.saturating_mul(12).saturating_add(96)),
            ),
        operations: search.saturating_mul(k.saturating_mul(edges).saturating_add(1)),
        rows: k,
    }
}

/// Lists the paths.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`]; [`KernelError::Parameter`] unless there is one source and one target;
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
            self.candidates.insert(Candidate {
                path: measured(&self.graph.out, vertices),
                left_at: begin.len() - 1,
            });
            // No more can come to be listed than are still wanted.
            if self.candidates.len() > self.wanted - self.found.len() {
                self.candidates.pop_last();
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
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, numbers};
    use super::*;

    fn answer(graph: &Csr, source: u32, target: u32, k: u32) -> Outcome {
        let config = KShortestPathsConfig {
            k,
            ..KShortestPathsConfig::default()
        };
        let inputs = Inputs {
            sources: vec![source],
            targets: vec![target],
            ..Inputs::default()
        };
        run(graph, &config, &inputs, &Control::default()).unwrap()
    }

    fn listed(outcome: &Outcome) -> Vec<Vec<u32>> {
        match &outcome.row_column("members").unwrap().values {
            Values::Lists { offsets, members } => offsets
                .windows(2)
                .map(|it| members[it[0]..it[1]].to_vec())
                .collect(),
            _ => panic!("not lists"),
        }
    }

    /// Every path without a repeated vertex, by walking all of them.
    fn all_paths(graph: &Csr, path: &mut Vec<u32>, target: u32, found: &mut Vec<Vec<u32>>) {
        let v = path[path.len() - 1];
        if v == target {
            found.push(path.clone());
            return;
        }
        let mut next = graph.out.neighbours(v).to_vec();
        next.dedup();
        for u in next {
            if !path.contains(&u) {
                path.push(u);
                all_paths(graph, path, target, found);
                path.pop();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn they_are_the_shortest_of_all_paths(graph in any_graph(7), ends in (0_u32..7, 0_u32..7), k in 1_u32..12) {
            let n = graph.vertex_count();
            let (source, target) = (ends.0 % n, ends.1 % n);
            let mut all = Vec::new();
            all_paths(&graph, &mut vec![source], target, &mut all);
            let lengths = |paths: &[Vec<u32>]| -> Vec<f64> {
                paths.iter().map(|it| measured(&graph.out, it.clone()).length()).collect()
            };
            let mut expected = lengths(&all);
            expected.sort_unstable_by(f64::total_cmp);
            expected.truncate(k as usize);
            let outcome = answer(&graph, source, target, k);
            prop_assert_eq!(numbers(&outcome.row_column("length").unwrap().values), expected.clone());
            let mut found = listed(&outcome);
            prop_assert_eq!(lengths(&found), expected);
            prop_assert!(found.iter().all(|path| all.contains(path)));
            found.sort_unstable();
            found.dedup();
            prop_assert_eq!(found.len() as f64, outcome.summary[0].2);
        }
    }

    #[test]
    fn a_grid_has_as_many_shortest_ways_as_choices_of_turns() {
        // 4 x 4 vertices: 20 ways of 6 edges.
        let edge = |at: u32| [(at, at + 1), (at, at + 4)];
        let pairs: Vec<(u32, u32)> = (0..16)
            .flat_map(edge)
            .filter(|(v, u)| *u < 16 && (u - v == 4 || u % 4 != 0))
            .collect();
        let outcome = answer(&graph_of(16, &pairs, true), 0, 15, 100);
        assert_eq!(
            outcome.summary,
            [
                ("paths", Quantity::Count, 20.0),
                ("shortest", Quantity::Hops, 6.0),
                ("longest", Quantity::Hops, 6.0)
            ]
        );
    }

    #[test]
    fn several_sources_are_refused() {
        let two = vec!["a".to_owned(), "b".to_owned()];
        let config = KShortestPathsConfig {
            sources: two.clone(),
            targets: two[..1].to_vec(),
            k: 5,
        };
        let message = config.validate().unwrap_err().to_string();
        assert_eq!(
            message,
            "parameter `sources` names 2 vertices of the graph; give the key of exactly one"
        );
    }
}
