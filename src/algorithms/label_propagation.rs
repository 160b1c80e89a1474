//! Communities by synchronous label propagation, the CDLP of LDBC Graphalytics.
//!
//! Every vertex begins with its own number as label. In each round all vertices at once take the
//! label that is most frequent among their in- and out-neighbours in the round before; of equally
//! frequent labels the smallest. A vertex without neighbours keeps its label.
//!
//! Convention: a neighbour linked both ways counts twice, parallel edges count as often as the
//! projection keeps them, a self-loop votes for the vertex's own label once in and once out
//! (undirected: once). Weights are ignored. A community is all holders of a label; it need not be
//! connected, and the vertex that a label began with may have left it, so `community` names it by
//! its smallest member and `label` keeps the label itself.
//!
//! Cost: O(m log d) a round, 16 bytes a vertex beyond the answer, all threads of the pool.
//!
//! Not for: communities of guaranteed quality (use `louvain`); two-coloured graphs may swap labels
//! for ever, hence the cap on rounds.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParameterInfo, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::LabelPropagation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelPropagationConfig {
    /// Rounds at most, from 1.
    pub max_iterations: u32,
}

impl Default for LabelPropagationConfig {
    fn default() -> Self {
        Self { max_iterations: 30 }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "label_propagation",
    aliases: &["cdlp", "lpa"],
    title: "Label propagation",
    summary: "Finds communities by letting each vertex take the label that most of its neighbours have.",
    convention: "A neighbour linked both ways counts twice; weights are ignored; of equally frequent labels the \
                 smallest wins. A community is named by its smallest member and need not be connected.",
    source: "Raghavan, Albert and Kumara, Phys. Rev. E 76, 2007; CDLP of LDBC Graphalytics, arXiv:2011.15028.",
    parameters: &[ParameterInfo {
        name: "max_iterations",
        kind: "whole number",
        default: "30",
        range: "from 1",
        meaning: "Rounds at most; it stops before when no label changes.",
    }],
    columns: &[
        ColumnInfo {
            name: "community",
            quantity: Quantity::Name,
            meaning: "The community that the vertex belongs to, named by its smallest member.",
        },
        ColumnInfo {
            name: "community_size",
            quantity: Quantity::Count,
            meaning: "Number of vertices in that community.",
        },
        ColumnInfo {
            name: "origin",
            quantity: Quantity::Name,
            meaning: "The vertex that the community's label began with; it may have left.",
        },
    ],
    rows: None,
    summary_values: &[
        ColumnInfo {
            name: "communities",
            quantity: Quantity::Count,
            meaning: "Number of communities.",
        },
        ColumnInfo {
            name: "largest",
            quantity: Quantity::Count,
            meaning: "Vertices in the largest community.",
        },
        ColumnInfo {
            name: "singletons",
            quantity: Quantity::Count,
            meaning: "Communities of one vertex.",
        },
        ColumnInfo {
            name: "iterations",
            quantity: Quantity::Count,
            meaning: "Rounds done.",
        },
        ColumnInfo {
            name: "unsettled",
            quantity: Quantity::Count,
            meaning: "Vertices whose label changed in the last round; 0 when the labels settled.",
        },
    ],
    needs_times: false,
    counts_parallel: false,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 6.0e8,
};

impl LabelPropagationConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.max_iterations == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_iterations",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &LabelPropagationConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        // Sorting the labels around a vertex visits each about four times.
        operations: u64::from(config.max_iterations) * (n + 8 * m),
        bytes: 48 * n,
        ..Work::default()
    }
}

/// Finds the communities.
pub fn run(
    graph: &Csr,
    config: &LabelPropagationConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let rounds = config.max_iterations;
    control.expect(u64::from(rounds) * u64::from(n));
    let mut labels: Vec<u32> = (0..n).collect();
    let mut next = labels.clone();
    let (mut done, mut unsettled) = (0, f64::from(n));
    while done < rounds && unsettled > 0.0 {
        // Counts below 2^53 add exactly.
        unsettled = blocks::fill_and_sum(&mut next, control, |v| {
            let label = most_frequent(graph, &labels, v);
            (label, f64::from(u8::from(label != labels[v as usize])))
        })?;
        std::mem::swap(&mut labels, &mut next);
        done += 1;
    }
    control.advance(u64::from(rounds - done) * u64::from(n));
    let groups = Groups::from_labels(&labels);
    let mut summary = groups.summary("communities");
    summary.push(("iterations", Quantity::Count, f64::from(done)));
    summary.push(("unsettled", Quantity::Count, unsettled));
    let mut vertices = groups.into_columns("community", "community_size");
    vertices.push(OutputColumn::new(
        "origin",
        Quantity::Name,
        Values::Vertices(labels),
    ));
    Ok(Outcome {
        exactness: if unsettled > 0.0 {
            Exactness::Unsettled {
                rounds: u64::from(done),
                change: unsettled,
            }
        } else {
            Exactness::Exact
        },
        vertices,
        summary,
        ..Outcome::default()
    })
}

/// The smallest of the labels that occur most often around `v`.
fn most_frequent(graph: &Csr, labels: &[u32], v: u32) -> u32 {
    let into = if graph.directed {
        graph.into.neighbours(v)
    } else {
        &[]
    };
    let around = graph.out.neighbours(v).iter().chain(into);
    let mut votes: Vec<u32> = around.map(|u| labels[*u as usize]).collect();
    votes.sort_unstable();
    let (mut best, mut most) = (labels[v as usize], 0);
    for same in votes.chunk_by(|a, b| a == b) {
        if same.len() > most {
            (best, most) = (same[0], same.len());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::*;
    use crate::graph::Direction;

    fn communities(graph: &Csr, max_iterations: u32) -> Outcome {
        let config = LabelPropagationConfig { max_iterations };
        run(graph, &config, &Inputs::default(), &Control::default()).unwrap()
    }

    /// The rounds by counting votes edge by edge.
    fn by_votes(graph: &Csr, rounds: u32) -> Vec<u32> {
        let n = graph.vertex_count();
        let mut labels: Vec<u32> = (0..n).collect();
        for _ in 0..rounds {
            let mut votes = vec![BTreeMap::<u32, i64>::new(); n as usize];
            for u in 0..n {
                for v in graph.out.neighbours(u) {
                    *votes[u as usize].entry(labels[*v as usize]).or_default() += 1;
                    if graph.directed {
                        *votes[*v as usize].entry(labels[u as usize]).or_default() += 1;
                    }
                }
            }
            let winner = |(own, votes): (&u32, &BTreeMap<u32, i64>)| {
                let best = votes
                    .iter()
                    .max_by_key(|(label, count)| (**count, -i64::from(**label)));
                best.map_or(*own, |(label, _)| *label)
            };
            labels = labels.iter().zip(&votes).map(winner).collect();
        }
        labels
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn counting_votes_gives_the_same(graph in any_graph(24), rounds in 1_u32..6) {
            let outcome = communities(&graph, rounds);
            prop_assert_eq!(&outcome.vertices[2].values, &Values::Vertices(by_votes(&graph, rounds)));
        }
    }

    #[test]
    fn threads_do_not_change_a_label() {
        let graph = skewed(Direction::Directed);
        assert_eq!(
            on_threads(1, || communities(&graph, 10)),
            on_threads(4, || communities(&graph, 10))
        );
    }
}
