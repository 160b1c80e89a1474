//! Minimum spanning forest: the lightest edges that hold every component together.
//!
//! Convention: direction is ignored; of parallel edges the lightest counts, self-loops never do. Without
//! weights every edge weighs 1. Where edges weigh the same, the one that comes first in the projection's
//! edge list is taken, so that the answer is one and the same forest every time. Negative weights are
//! allowed.
//!
//! Cost: O(m log m) time on one thread, for sorting; 20 bytes an edge and 4 a vertex beyond the answer.
//! Source: Kruskal 1956, with Tarjan's disjoint sets.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, Work};
use super::wcc::root;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::SpanningForest`]; it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanningForestConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "spanning_forest",
    aliases: &["minimum_spanning_tree", "minimum_spanning_forest", "mst"],
    title: "Minimum spanning forest",
    summary: "Finds the edges of least weight in sum that hold every part of the graph together.",
    convention: "Edges count both ways whatever their direction. Of parallel edges the lightest counts; edges \
                 from a vertex to itself do not. Among edges of equal weight the first of the data is taken.",
    source: "Kruskal, Proceedings of the American Mathematical Society 7, 1956.",
    parameters: &[],
    columns: &[ColumnInfo {
        name: "degree",
        quantity: Quantity::Count,
        meaning: "Edges of the forest at the vertex.",
    }],
    rows: Some((
        "edges",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "The end that comes first in vertex order.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "The other end.",
            },
            ColumnInfo {
                name: "weight",
                quantity: Quantity::Weight,
                meaning: "Weight of the edge.",
            },
        ],
    )),
    summary_values: &[
        ColumnInfo {
            name: "edges",
            quantity: Quantity::Count,
            meaning: "Edges of the forest.",
        },
        ColumnInfo {
            name: "weight",
            quantity: Quantity::Weight,
            meaning: "Sum of their weights.",
        },
        ColumnInfo {
            name: "components",
            quantity: Quantity::Count,
            meaning: "Trees, single vertices included.",
        },
    ],
    needs_times: false,
    counts_parallel: false,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl SpanningForestConfig {
    /// Whether every parameter is in its range: always, since there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &SpanningForestConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: n.saturating_mul(40).saturating_add(m.saturating_mul(24)),
        operations: n.saturating_add(m.saturating_mul(2 * u64::from(m.max(2).ilog2()))),
        // A forest has fewer edges than vertices.
        rows: n,
    }
}

/// An edge to weigh; sorts by what decides between edges.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    weight: f64,
    from: u32,
    to: u32,
}

/// Finds the forest.
///
/// # Errors
///
/// None of its own; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    _config: &SpanningForestConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let candidates = candidates(graph, control)?;
    let mut parent: Vec<u32> = (0..n).collect();
    let mut degree = vec![0_u64; n as usize];
    let mut forest: Vec<Candidate> = Vec::new();
    for (at, edge) in candidates.into_iter().enumerate() {
        if at % CHECK_EVERY == 0 {
            control.check()?;
        }
        let (a, b) = (root(&mut parent, edge.from), root(&mut parent, edge.to));
        if a != b {
            parent[a.max(b) as usize] = a.min(b);
            degree[edge.from as usize] += 1;
            degree[edge.to as usize] += 1;
            forest.push(edge);
        }
    }
    let column = |name, quantity, values| OutputColumn::new(name, quantity, values);
    let ends = |end: fn(&Candidate) -> u32| Values::Vertices(forest.iter().map(end).collect());
    let weights: Vec<f64> = forest.iter().map(|it| it.weight).collect();
    let total: f64 = weights.iter().sum();
    Ok(Outcome {
        vertices: vec![column("degree", Quantity::Count, Values::Integers(degree))],
        rows: Some(RowTable {
            name: "edges",
            columns: vec![
                column("from", Quantity::Name, ends(|it| it.from)),
                column("to", Quantity::Name, ends(|it| it.to)),
                column("weight", Quantity::Weight, Values::Numbers(weights)),
            ],
        }),
        summary: vec![
            ("edges", Quantity::Count, forest.len() as f64),
            ("weight", Quantity::Weight, total),
            ("components", Quantity::Count, f64::from(n) - forest.len() as f64),
        ],
        ..Outcome::default()
    })
}

/// Looks for cancellation once in so many edges.
const CHECK_EVERY: usize = 1 << 16;

/// Every edge once, the lightest first.
fn candidates(graph: &Csr, control: &Control) -> Result<Vec<Candidate>, KernelError> {
    let mut found = Vec::new();
    blocks::in_turn(graph.vertex_count(), control, |v| {
        for at in graph.out.range(v) {
            let u = graph.out.targets[at];
            // An undirected edge stands in both lists.
            if u == v || (!graph.directed && u < v) {
                continue;
            }
            found.push(Candidate {
                weight: graph.out.weight(at),
                from: v.min(u),
                to: v.max(u),
            });
        }
    })?;
    found.sort_unstable_by(|a, b| {
        a.weight
            .total_cmp(&b.weight)
            .then((a.from, a.to).cmp(&(b.from, b.to)))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::any_graph;
    use super::super::wcc;
    use super::*;

    fn forest(graph: &Csr) -> Outcome {
        run(
            graph,
            &SpanningForestConfig {},
            &Inputs::default(),
            &Control::default(),
        )
        .unwrap()
    }

    fn summary(outcome: &Outcome, name: &str) -> f64 {
        outcome.summary.iter().find(|it| it.0 == name).unwrap().2
    }

    /// Least weight by Prim's algorithm on a dense matrix, tree by tree.
    fn by_prim(graph: &Csr) -> f64 {
        let n = graph.vertex_count() as usize;
        let mut matrix = vec![vec![f64::INFINITY; n]; n];
        for vertex in 0..graph.vertex_count() {
            for at in graph.out.range(vertex) {
                let (v, u) = (vertex as usize, graph.out.targets[at] as usize);
                let weight = graph.out.weight(at).min(matrix[v][u]);
                (matrix[v][u], matrix[u][v]) = (weight, weight);
            }
        }
        let (mut total, mut done) = (0.0, vec![false; n]);
        for start in 0..n {
            if done[start] {
                continue;
            }
            let mut distance = vec![f64::INFINITY; n];
            distance[start] = 0.0;
            while let Some(v) = (0..n)
                .filter(|v| !done[*v] && distance[*v].is_finite())
                .min_by(|a, b| distance[*a].total_cmp(&distance[*b]))
            {
                done[v] = true;
                total += distance[v];
                for u in (0..n).filter(|u| !done[*u]) {
                    distance[u] = distance[u].min(matrix[v][u]);
                }
            }
        }
        total
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn it_is_as_light_as_prims_and_joins_what_is_connected(graph in any_graph(20)) {
            let found = forest(&graph);
            prop_assert!((summary(&found, "weight") - by_prim(&graph)).abs() < 1e-9);
            let mut components = wcc::labels(&graph, &Control::default()).unwrap();
            components.sort_unstable();
            components.dedup();
            prop_assert_eq!(summary(&found, "components") as usize, components.len());
            let edges = summary(&found, "edges") as usize;
            prop_assert_eq!(edges + components.len(), graph.vertex_count() as usize);
        }
    }
}
