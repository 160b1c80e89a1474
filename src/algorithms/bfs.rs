//! Hops from the nearest source, breadth-first.
//!
//! Convention: edges are followed in their direction; parallel edges and self-loops change nothing.
//! A vertex that no source reaches is infinitely far. Among several parents the smallest is named.
//!
//! Cost: O(n + m) time at most, all threads where levels are large; 20 bytes a vertex.
//! Source: Moore 1959; Beamer, Asanović and Patterson, SC 2012.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::hop_search::{self, UNREACHED};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, TableOrder, Work,
};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Bfs`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BfsConfig {
    /// Where the search starts; at least one.
    pub sources: Vec<String>,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "bfs",
    aliases: &["breadth_first_search", "hops"],
    special_cases: &[],
    title: "Hops from sources",
    summary: "Counts the fewest steps from the nearest of the given vertices to every other.",
    convention: "Edges are followed in their direction, both ways when the projection is undirected. Parallel \
                 edges and edges from a vertex to itself change nothing. What no source reaches is infinitely \
                 far.",
    source: "Moore 1959; direction-optimising search of Beamer, Asanović and Patterson, SC 2012.",
    parameters: &[ParameterInfo {
        name: "sources",
        kind: "keys",
        default: "",
        range: "at least one vertex",
        meaning: "Where the search starts.",
    }],
    columns: &[
        ColumnInfo {
            name: "hops",
            quantity: Quantity::Hops,
            meaning: "Fewest steps from a source; infinite where there is no path.",
        },
        ColumnInfo {
            name: "parent",
            quantity: Quantity::Name,
            meaning: "The vertex before it on a shortest path, the first in vertex order of several.",
        },
    ],
    rows: None,
    order: &[("vertices", TableOrder::Least("hops"))],
    summary_values: &[
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Count,
            meaning: "Vertices reached, sources included.",
        },
        ColumnInfo {
            name: "farthest",
            quantity: Quantity::Hops,
            meaning: "Most steps to a vertex that is reached.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 2.5e8,
};

impl BfsConfig {
    /// Whether every parameter is in its range: a search needs a source.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())
    }
}

/// Refuses a search that starts nowhere.
pub(super) fn need_sources(missing: bool) -> Result<(), KernelError> {
    if missing {
        return Err(KernelError::Parameter {
            parameter: "sources",
            problem: "names no vertex of the graph; give at least one key".to_owned(),
        });
    }
    Ok(())
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &BfsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 36 * n,
        operations: 2 * n + 4 * m,
        ..Work::default()
    }
}

/// Counts hops from the nearest of `inputs.sources`.
///
/// # Errors
///
/// [`KernelError::Parameter`] without a source; [`KernelError::Cancelled`].
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    _config: &BfsConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    need_sources(inputs.sources.is_empty())?;
    let units = u64::from(graph.vertex_count());
    control.expect(units);
    let found = hop_search::search(graph, &inputs.sources, control)?;
    control.advance(units);
    let hops = found.level.iter().map(|level| match *level {
        UNREACHED => f64::INFINITY,
        level => f64::from(level),
    });
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("hops", Quantity::Hops, Values::Numbers(hops.collect())),
            OutputColumn::new("parent", Quantity::Name, Values::Vertices(found.parent)),
        ],
        summary: vec![
            ("reached", Quantity::Count, found.reached as f64),
            ("farthest", Quantity::Hops, f64::from(found.farthest)),
        ],
        ..Outcome::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::random_graphs::{any_graph, graph_of, integer_column, number_column};
    use crate::graph::NO_VERTEX;

    fn answer(graph: &Csr, sources: &[u32]) -> Outcome {
        let inputs = Inputs {
            sources: sources.to_vec(),
            ..Inputs::default()
        };
        run(graph, &BfsConfig::default(), &inputs, &Control::default()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn hops_are_what_relaxing_every_edge_n_times_gives(graph in any_graph(12), second in 0_u32..12) {
            let n = graph.vertex_count();
            let mut sources = vec![0, second % n];
            sources.dedup();
            let mut expected = vec![f64::INFINITY; n as usize];
            sources.iter().for_each(|v| expected[*v as usize] = 0.0);
            for _ in 0..n {
                for v in 0..n {
                    for u in graph.out.neighbours(v) {
                        expected[*u as usize] = expected[*u as usize].min(expected[v as usize] + 1.0);
                    }
                }
            }
            let outcome = answer(&graph, &sources);
            prop_assert_eq!(number_column(&outcome, "hops"), expected.clone());
            let parents = integer_column(&outcome, "parent");
            for v in 0..n {
                let before = |u: &u32| expected[*u as usize] + 1.0 == expected[v as usize];
                let first = graph.into.neighbours(v).iter().copied().find(before).filter(|_| expected[v as usize].is_finite());
                prop_assert_eq!(parents[v as usize], u64::from(first.unwrap_or(NO_VERTEX)));
            }
        }
    }

    #[test]
    fn a_search_without_a_source_is_refused() {
        let graph = graph_of(2, &[(0, 1)], true);
        let refused = run(
            &graph,
            &BfsConfig::default(),
            &Inputs::default(),
            &Control::default(),
        );
        assert!(matches!(
            refused,
            Err(KernelError::Parameter {
                parameter: "sources",
                ..
            })
        ));
        assert!(BfsConfig::default().validate().is_err());
    }

    #[test]
    fn a_cancelled_search_stops() {
        let control = Control::default();
        control.cancel();
        let inputs = Inputs {
            sources: vec![0],
            ..Inputs::default()
        };
        let stopped = run(&graph_of(1, &[], true), &BfsConfig::default(), &inputs, &control);
        assert_eq!(stopped, Err(KernelError::Cancelled));
    }
}
