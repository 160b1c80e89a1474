//! Random walks: sequences of vertices along edges, and how often each vertex is visited.
//!
//! From each vertex, or each of the sources, `walks_per_vertex` walks of at most `length` vertices follow
//! out-edges at random: all alike, or in step with their weights, and, with the factors of node2vec, less
//! or more likely back to where the walk came from and away from it.
//!
//! Convention: a walk ends early at a vertex without out-edges, or, by weight, without an out-edge that
//! weighs anything. Parallel edges are as many ways; a self-loop is a step that stays. Visits count all
//! walks, starts included; of the walks themselves the first `max_walks` are listed.
//!
//! Law: a walk depends on the seed, its start and its number, never on threads or on other walks.
//! Cost: O(log d) a step, divided by the threads; 4 bytes a listed step, 8 a vertex, 8 an edge by weight.
//! Source: Grover & Leskovec, KDD 2016; Yang et al., KnightKing, SOSP 2019 (rejection sampling).

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::chunks::in_order;
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sampling;
use super::walker::{self, SIDE_BY_SIDE, WalkRules, Walker};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::RandomWalks`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomWalksConfig {
    /// Keys of the vertices where walks begin; empty: all.
    pub sources: Vec<String>,
    /// Walks begun at each vertex, 1 to 10,000.
    pub walks_per_vertex: u32,
    /// Vertices of a walk at most, 2 to 10,000.
    pub length: u32,
    /// How much less likely a step back is, 0.001 to 1000.
    pub return_factor: f64,
    /// How much less likely a step away is, 0.001 to 1000.
    pub in_out_factor: f64,
    /// Whether edges are taken in step with their weights, where there are some.
    pub weighted: bool,
    /// Start of the random numbers.
    pub seed: u64,
    /// Walks listed at most, from 1.
    pub max_walks: u64,
}

impl Default for RandomWalksConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            walks_per_vertex: 10,
            length: 80,
            return_factor: 1.0,
            in_out_factor: 1.0,
            weighted: true,
            seed: 1,
            max_walks: 10_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "random_walks",
    aliases: &["random_walk", "walks"],
    special_cases: &[],
    title: "Random walks",
    summary: "Walks along edges at random and counts how often it comes by each vertex.",
    convention: "A walk ends early where no edge leads on. Edges are taken in step with their weights, where there \
                 are some. Undirected edges are taken both ways. Visits count every walk, the list may stop \
                 before.",
    source: "Grover & Leskovec, KDD 2016; Yang et al., SOSP 2019.",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "all vertices",
            range: "vertices of the graph",
            meaning: "Where walks begin.",
        },
        walker::WALKS_PER_VERTEX,
        walker::LENGTH,
        walker::RETURN_FACTOR,
        walker::IN_OUT_FACTOR,
        walker::WEIGHTED,
        sampling::SEED,
        ParameterInfo {
            name: "max_walks",
            kind: "whole number",
            default: "10000",
            range: "from 1 to 18446744073709551615",
            meaning: "Walks listed at most, in the order of their starts; the result says when there are more.",
        },
    ],
    columns: &[ColumnInfo {
        name: "visits",
        quantity: Quantity::Count,
        meaning: "Times that walks came by, their starts included.",
    }],
    rows: Some((
        "walks",
        &[
            ColumnInfo {
                name: "start",
                quantity: Quantity::Name,
                meaning: "Where the walk begins.",
            },
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Its vertices in order.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "walks",
            quantity: Quantity::Count,
            meaning: "Walks walked.",
        },
        ColumnInfo {
            name: "steps",
            quantity: Quantity::Count,
            meaning: "Edges walked along.",
        },
        ColumnInfo {
            name: "ended_early",
            quantity: Quantity::Count,
            meaning: "Walks that came to a vertex where no edge leads on.",
        },
        ColumnInfo {
            name: "unvisited",
            quantity: Quantity::Count,
            meaning: "Vertices that no walk came by.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 6.0e6,
};

impl RandomWalksConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.max_walks == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_walks",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        self.rules().validate()
    }

    fn rules(&self) -> WalkRules {
        WalkRules {
            seed: self.seed,
            walks_per_vertex: self.walks_per_vertex,
            length: self.length,
            return_factor: self.return_factor,
            in_out_factor: self.in_out_factor,
            weighted: self.weighted,
        }
    }
}

/// Walks that a thread walks at a time.
const CHUNK: usize = 256;

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &RandomWalksConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let length = u64::from(config.length);
    let starts = match config.sources.len() {
        0 => n,
        named => n.min(named as u64),
    };
    let walks = starts.saturating_mul(u64::from(config.walks_per_vertex));
    let rows = walks.min(config.max_walks);
    Work {
        bytes: rows
            .saturating_mul(4 * length + 12)
            .saturating_add(16 * n + if config.weighted { 16 * m } else { 0 }),
        operations: walks
            .saturating_mul(config.rules().steps(m))
            .saturating_add(2 * m),
        rows,
    }
}

/// Walks the walks.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] when weights count, and [`KernelError::NotApplicable`] when sources are
/// asked for and none of them is in the graph.
pub fn run(
    graph: &Csr,
    config: &RandomWalksConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if inputs.sources.is_empty() && !config.sources.is_empty() {
        return Err(KernelError::NotApplicable {
            reason: "none of the vertices that `sources` names is in the graph".to_owned(),
        });
    }
    let starts = match inputs.sources.len() {
        0 => (0..graph.vertex_count()).collect(),
        _ => inputs.sources.clone(),
    };
    let walker = Walker::new(graph, config.rules(), control)?;
    let visits: Vec<AtomicU64> = (0..graph.vertex_count()).map(|_| AtomicU64::new(0)).collect();
    let each = config.walks_per_vertex as usize;
    let cap = usize::try_from(config.max_walks).unwrap_or(usize::MAX);
    let mut whole = Part::default();
    in_order(
        starts.len().saturating_mul(each),
        CHUNK,
        control,
        || vec![Vec::new(); SIDE_BY_SIDE],
        |walks, range| {
            let mut part = Part::default();
            let places: Vec<usize> = range.collect();
            for places in places.chunks(SIDE_BY_SIDE) {
                control.check()?;
                let start = |at: &usize| (starts[at / each], (at % each) as u32);
                walker.walk_together(&places.iter().map(start).collect::<Vec<_>>(), walks, control)?;
                for (at, walk) in places.iter().zip(&*walks) {
                    for v in walk {
                        visits[*v as usize].fetch_add(1, Ordering::Relaxed);
                    }
                    part.count(walk, config.length);
                    if *at < cap {
                        part.list(walk);
                    }
                }
            }
            Ok(part)
        },
        |part| {
            whole.append(&part);
            ControlFlow::Continue(())
        },
    )?;
    let visits = visits.into_iter().map(AtomicU64::into_inner).collect();
    Ok(outcome(visits, whole))
}

/// Some of the walks.
#[derive(Default)]
struct Part {
    walks: u64,
    steps: u64,
    ended_early: u64,
    /// Ends of the listed walks in `members`.
    ends: Vec<usize>,
    members: Vec<u32>,
}

impl Part {
    fn count(&mut self, walk: &[u32], length: u32) {
        self.walks += 1;
        self.steps += walk.len() as u64 - 1;
        self.ended_early += u64::from(walk.len() < length as usize);
    }

    fn list(&mut self, walk: &[u32]) {
        self.members.extend_from_slice(walk);
        self.ends.push(self.members.len());
    }

    fn append(&mut self, other: &Part) {
        self.walks += other.walks;
        self.steps += other.steps;
        self.ended_early += other.ended_early;
        let begin = self.members.len();
        self.ends.extend(other.ends.iter().map(|end| begin + end));
        self.members.extend_from_slice(&other.members);
    }
}

fn outcome(visits: Vec<u64>, walks: Part) -> Outcome {
    let listed = walks.ends.len() as u64;
    let mut offsets = walks.ends;
    offsets.insert(0, 0);
    let members = walks.members;
    let starts = offsets[..listed as usize]
        .iter()
        .map(|begin| members[*begin])
        .collect();
    let unvisited = visits.iter().filter(|it| **it == 0).count();
    Outcome {
        vertices: vec![OutputColumn::new(
            "visits",
            Quantity::Count,
            Values::Integers(visits),
        )],
        rows: Some(RowTable {
            name: "walks",
            columns: vec![
                OutputColumn::new("start", Quantity::Name, Values::Vertices(starts)),
                OutputColumn::new("members", Quantity::Name, Values::Lists { offsets, members }),
            ],
        }),
        summary: vec![
            ("walks", Quantity::Count, walks.walks as f64),
            ("steps", Quantity::Count, walks.steps as f64),
            ("ended_early", Quantity::Count, walks.ended_early as f64),
            ("unvisited", Quantity::Count, unvisited as f64),
        ],
        exactness: if listed < walks.walks {
            Exactness::Truncated { listed }
        } else {
            Exactness::Exact
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column, on_threads, skewed};
    use super::*;
    use crate::graph::Direction;

    fn answer(graph: &Csr, config: &RandomWalksConfig, sources: &[u32]) -> Outcome {
        let inputs = Inputs {
            sources: sources.to_vec(),
            ..Inputs::default()
        };
        run(graph, config, &inputs, &Control::default()).unwrap()
    }

    fn walks(outcome: &Outcome) -> Vec<Vec<u32>> {
        match &outcome.row_column("members").unwrap().values {
            Values::Lists { offsets, members } => {
                let walk = |pair: &[usize]| members[pair[0]..pair[1]].to_vec();
                offsets.windows(2).map(walk).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn walks_follow_edges_to_their_end_and_visits_count_them(
            graph in any_graph(12),
            (p, q) in (0.1_f64..10.0, 0.1_f64..10.0),
            length in 2_u32..9,
        ) {
            let config = RandomWalksConfig {
                walks_per_vertex: 3,
                length,
                return_factor: p,
                in_out_factor: q,
                ..Default::default()
            };
            let outcome = answer(&graph, &config, &[]);
            let walks = walks(&outcome);
            prop_assert_eq!(walks.len(), 3 * graph.vertex_count() as usize);
            let mut visits = vec![0; graph.vertex_count() as usize];
            for (at, walk) in walks.iter().enumerate() {
                prop_assert_eq!(walk[0], at as u32 / 3);
                prop_assert!(walk.windows(2).all(|it| graph.out.neighbours(it[0]).contains(&it[1])));
                let last = *walk.last().unwrap();
                prop_assert!(walk.len() == length as usize || graph.out.degree(last) == 0);
                walk.iter().for_each(|v| visits[*v as usize] += 1);
            }
            prop_assert_eq!(integer_column(&outcome, "visits"), visits);
        }
    }

    /// Long walks on an undirected graph stay at a vertex in step with its degree.
    #[test]
    fn visits_of_long_walks_are_the_stationary_distribution() {
        let graph = graph_of(4, &[(0, 1), (0, 2), (1, 2), (2, 3)], false);
        let config = RandomWalksConfig {
            walks_per_vertex: 100,
            length: 2000,
            ..Default::default()
        };
        let visits = integer_column(&answer(&graph, &config, &[]), "visits");
        for (visits, degree) in visits.iter().zip([2.0, 2.0, 3.0, 1.0]) {
            let share = *visits as f64 / 800_000.0;
            assert!(
                (share - degree / 8.0).abs() < 0.005,
                "{share} for degree {degree}"
            );
        }
    }

    #[test]
    fn sources_and_the_cap_choose_what_is_listed() {
        let graph = graph_of(3, &[(0, 1), (1, 2), (2, 0)], true);
        let config = RandomWalksConfig {
            walks_per_vertex: 2,
            length: 3,
            max_walks: 3,
            ..Default::default()
        };
        let outcome = answer(&graph, &config, &[1, 2]);
        assert_eq!(walks(&outcome), [[1, 2, 0], [1, 2, 0], [2, 0, 1]]);
        assert_eq!(outcome.exactness, Exactness::Truncated { listed: 3 });
        assert_eq!(integer_column(&outcome, "visits"), [4, 4, 4]);
    }

    #[test]
    fn walks_from_few_sources_are_estimated_as_few() {
        let of = |sources: &[&str]| {
            let config = RandomWalksConfig {
                sources: sources.iter().map(|it| (*it).to_owned()).collect(),
                walks_per_vertex: 10,
                max_walks: u64::MAX,
                ..Default::default()
            };
            let size = Extent {
                n: 3,
                m: 5,
                attributes: 0,
            };
            work(&config, size)
        };
        let rows = [
            of(&["a"]),
            of(&["a", "b"]),
            of(&["a", "b", "c", "elsewhere"]),
            of(&[]),
        ]
        .map(|it| it.rows);
        assert_eq!(rows, [10, 20, 30, 30]);
        assert!(of(&["a"]).operations < of(&[]).operations);
    }

    #[test]
    fn parameters_out_of_range_and_sources_elsewhere_are_refused() {
        let config = RandomWalksConfig {
            return_factor: 0.0,
            ..Default::default()
        };
        let error = config.validate().unwrap_err().to_string();
        assert_eq!(
            error,
            "parameter `return_factor` is 0; it must be from 0.001 to 1000"
        );
        let config = RandomWalksConfig {
            sources: vec!["elsewhere".to_owned()],
            ..Default::default()
        };
        let graph = graph_of(2, &[(0, 1)], true);
        assert!(run(&graph, &config, &Inputs::default(), &Control::default()).is_err());
    }

    #[test]
    fn threads_do_not_change_a_step() {
        let graph = skewed(Direction::Undirected);
        let config = RandomWalksConfig {
            walks_per_vertex: 2,
            length: 10,
            in_out_factor: 0.5,
            ..Default::default()
        };
        let of = |threads| on_threads(threads, || answer(&graph, &config, &[]));
        assert_eq!(of(1), of(3));
        assert_eq!(of(1), of(8));
    }
}
