//! Weighted distance from the nearest source.
//!
//! Convention: the length of a path is the sum of its weights, edges followed in their direction; of
//! parallel edges the lightest counts, self-loops never do. Weights of 0 are allowed, negative ones
//! are refused. Without weights every edge counts 1. A vertex that no source reaches is infinitely far.
//!
//! Both methods give the same bits; the parents follow from the distances.
//!
//! Cost: by Dijkstra's method O((n + m) log n) time on one thread; by delta-stepping O(n + m) on the
//! graphs we meet, on all threads. 36 bytes a vertex and 16 an edge.
//! Sources: Dijkstra 1959; Meyer & Sanders 2003; Zhang et al., CGO 2020.

use serde::{Deserialize, Serialize};

use super::bfs::need_sources;
use super::control::{Control, KernelError};
use super::delta_stepping;
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, TableOrder,
    Work,
};
use super::shortest_path_tree::parents;
use super::shortest_paths::{Distances, length_quantity, refuse_negative};
use crate::graph::{Adjacency, Csr};

/// Parameters of [`super::Algorithm::Sssp`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SsspConfig {
    /// Where the search starts; at least one.
    pub sources: Vec<String>,
    /// How it goes on; the answer is the same.
    pub method: Method,
    /// Width of a bin of delta-stepping, in the unit of the weights; 0 chooses one.
    pub delta: f64,
}

/// How distances are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By size: small graphs by Dijkstra's method, others by delta-stepping.
    #[default]
    Auto,
    /// The nearest vertex first, from a heap.
    Dijkstra,
    /// The nearest bin of vertices first, on all threads.
    DeltaStepping,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "sssp",
    aliases: &["shortest_paths", "single_source_shortest_path"],
    special_cases: &[
        SpecialCase {
            name: "dijkstra",
            sets: &[("method", "dijkstra")],
            needs: &[],
        },
        SpecialCase {
            name: "delta_stepping",
            sets: &[("method", "delta_stepping")],
            needs: &[],
        },
    ],
    title: "Weighted distance from sources",
    summary: "Adds up the weights along the shortest path from the nearest of the given vertices to every other.",
    convention: "Edges are followed in their direction, both ways when the projection is undirected. Of parallel \
                 edges the lightest counts; edges from a vertex to itself never do. Weights must not be \
                 negative; without weights every edge counts 1. What no source reaches is infinitely far.",
    source: "Dijkstra 1959; delta-stepping: Meyer & Sanders, Journal of Algorithms 49, 2003; Zhang et al., CGO 2020",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "",
            range: "at least one vertex",
            meaning: "Where the search starts.",
        },
        ParameterInfo {
            name: "method",
            kind: "text",
            default: "auto",
            range: "auto, dijkstra or delta_stepping",
            meaning: "How distances are found; the answer is the same. By itself it takes delta-stepping for large \
                      graphs.",
        },
        ParameterInfo {
            name: "delta",
            kind: "number",
            default: "0",
            range: "from 0",
            meaning: "Width of a bin of delta-stepping, in the unit of the weights; 0 chooses one.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "distance",
            quantity: Quantity::Weight,
            meaning: "Least sum of weights from a source; infinite where there is no path.",
        },
        ColumnInfo {
            name: "parent",
            quantity: Quantity::Name,
            meaning: "The vertex before it on a shortest path: the first in vertex order of several, nearer ones \
                      before those at the same distance.",
        },
    ],
    rows: None,
    order: &[("vertices", TableOrder::Least("distance"))],
    summary_values: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Vertices reached, sources included.",
        },
        ColumnInfo {
            name: "farthest",
            quantity: Quantity::Weight,
            meaning: "Greatest distance of a vertex that is reached.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.2e9,
};

impl SsspConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())?;
        if !(self.delta.is_finite() && self.delta >= 0.0) {
            return Err(KernelError::Parameter {
                parameter: "delta",
                problem: format!("is {}; 0 or more is allowed", self.delta),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &SsspConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = n + 2 * m;
    Work {
        bytes: 36 * n + 32 * m,
        operations: entries * u64::from(entries.max(2).ilog2()),
        ..Work::default()
    }
}

/// Adds up weights from the nearest of `inputs.sources`.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`] with the ends of the first edge that has one; [`KernelError::Parameter`]
/// without a source; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &SsspConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    need_sources(inputs.sources.is_empty())?;
    refuse_negative(graph)?;
    let sources = &inputs.sources;
    let length = lengths(&graph.out, sources, config.method, config.delta, control)?;
    let parents = parents(graph, sources, &length, true, control)?;
    let reached = length.iter().filter(|it| it.is_finite());
    let (count, farthest) = reached.fold((0_u32, 0.0_f64), |(count, farthest), it| {
        (count + 1, farthest.max(*it))
    });
    let quantity = length_quantity(graph, true);
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("distance", quantity, Values::Numbers(length)),
            OutputColumn::new("parent", Quantity::Name, Values::Vertices(parents)),
        ],
        summary: vec![
            ("reached", Quantity::Count, f64::from(count)),
            ("farthest", quantity, farthest),
        ],
        ..Outcome::default()
    })
}

/// Distances from the nearest of `sources` along `lists`; infinite where there is no path.
pub(super) fn lengths(
    lists: &Adjacency,
    sources: &[u32],
    method: Method,
    delta: f64,
    control: &Control,
) -> Result<Vec<f64>, KernelError> {
    let by_bins = match method {
        Method::Auto => lists.targets.len() >= MANY_ENTRIES,
        Method::Dijkstra => false,
        Method::DeltaStepping => true,
    };
    match &lists.weights {
        Some(weights) if by_bins => delta_stepping::distances(lists, weights, sources, delta, control),
        _ => {
            let mut found = Distances::new((lists.offsets.len() - 1) as u32);
            found.search(lists, sources, true, &mut Pace::new(control))?;
            Ok(found.length)
        }
    }
}

/// From so many entries on, bins cost less than a heap.
const MANY_ENTRIES: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::random_graphs::{any_graph, integer_column, keep_all, number_column};
    use crate::graph::{EdgeList, NO_VERTEX, build};

    fn answer(graph: &Csr, sources: &[u32]) -> Result<Outcome, KernelError> {
        let inputs = Inputs {
            sources: sources.to_vec(),
            ..Inputs::default()
        };
        run(graph, &SsspConfig::default(), &inputs, &Control::default())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn distances_are_what_relaxing_every_edge_n_times_gives(graph in any_graph(12), source in 0_u32..12) {
            let n = graph.vertex_count();
            let source = source % n;
            let mut expected = vec![f64::INFINITY; n as usize];
            expected[source as usize] = 0.0;
            for _ in 0..n {
                for v in 0..n {
                    for index in graph.out.range(v) {
                        let u = graph.out.targets[index] as usize;
                        expected[u] = expected[u].min(expected[v as usize] + graph.out.weight(index));
                    }
                }
            }
            for method in [Method::Dijkstra, Method::DeltaStepping] {
                let config = SsspConfig { method, ..SsspConfig::default() };
                let inputs = Inputs { sources: vec![source], ..Inputs::default() };
                let outcome = run(&graph, &config, &inputs, &Control::default()).unwrap();
                prop_assert_eq!(&number_column(&outcome, "distance"), &expected);
            }
        }
    }

    fn weighted(rows: &[(u32, u32, f64)]) -> Csr {
        let edges = EdgeList {
            sources: rows.iter().map(|it| it.0).collect(),
            targets: rows.iter().map(|it| it.1).collect(),
            weights: Some(rows.iter().map(|it| it.2).collect()),
            times: None,
        };
        build(4, edges, keep_all(true))
    }

    #[test]
    fn following_parents_ends_at_a_source_even_over_edges_of_weight_zero() {
        let graph = weighted(&[(3, 2, 0.0), (2, 1, 0.0), (1, 2, 0.0), (2, 3, 0.0), (1, 0, 5.0)]);
        let parents = integer_column(&answer(&graph, &[3]).unwrap(), "parent");
        assert_eq!(parents, [1, 2, 3, u64::from(NO_VERTEX)]);
    }

    #[test]
    fn a_negative_weight_is_refused_with_its_ends() {
        let graph = weighted(&[(2, 3, 1.0), (1, 0, -2.0), (0, 1, -3.0)]);
        assert_eq!(
            answer(&graph, &[0]),
            Err(KernelError::NegativeWeight {
                from: 0,
                to: 1,
                weight: -3.0
            })
        );
    }
}
