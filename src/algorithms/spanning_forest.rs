//! Minimum spanning forest: the lightest edges that hold every component together.
//!
//! Convention: direction is ignored; of parallel edges the lightest counts, self-loops never do. Without
//! weights every edge weighs 1. Where edges weigh the same, the one that comes first in the projection's
//! edge list is taken, so that the answer is one and the same forest every time. Negative weights are
//! allowed.
//!
//! Light edges are dealt with before heavy ones are sorted; by then most of the heavy ones join what is
//! joined already and are dropped (filter-Kruskal).
//!
//! Cost: O(m + n log n log (m / n)) time where weights are spread at random, O(m log m) at worst, on one
//! thread; 20 bytes an edge and 4 a vertex beyond the answer.
//! Sources: Kruskal 1956, with Tarjan's disjoint sets; Osipov, Sanders & Singler, ALENEX 2009.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::disjoint_sets::{join, root};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::{self, Pace};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::sort::divide;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::SpanningForest`]; it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanningForestConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "spanning_forest",
    aliases: &[
        "minimum_spanning_tree",
        "minimum_spanning_forest",
        "mst",
        "kruskal",
        "prim",
    ],
    special_cases: &[],
    title: "Minimum spanning forest",
    summary: "Finds the edges of least weight in sum that hold every part of the graph together.",
    convention: "Edges count both ways whatever their direction. Of parallel edges the lightest counts; edges \
                 from a vertex to itself do not. Among edges of equal weight the first of the data is taken.",
    source: "Kruskal, Proceedings of the American Mathematical Society 7, 1956; Osipov, Sanders & Singler, ALENEX 2009",
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
    order: &[],
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
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 6.0e8,
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

impl Candidate {
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_weight = self.weight.total_cmp(&other.weight);
        by_weight.then((self.from, self.to).cmp(&(other.from, other.to)))
    }
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
    let mut candidates = candidates(graph, control)?;
    let mut growth = Growth {
        parent: (0..n).collect(),
        degree: vec![0; n as usize],
        forest: Vec::new(),
    };
    growth.take(&mut candidates, control)?;
    let Growth { degree, forest, .. } = growth;
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

/// Edges that are sorted at once.
const FEW: usize = pace::ENTRIES;

/// Every edge once.
fn candidates(graph: &Csr, control: &Control) -> Result<Vec<Candidate>, KernelError> {
    let mut found = Vec::new();
    blocks::in_turn_paced(graph.vertex_count(), control, |v, pace| {
        pace.step(graph.out.degree(v))?;
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
        Ok(())
    })?;
    Ok(found)
}

/// Steps to the roots of the two trees that an edge may join.
const CLIMB: usize = 4;

/// The forest as far as it has grown.
struct Growth {
    /// Towards the smallest vertex of each tree.
    parent: Vec<u32>,
    degree: Vec<u64>,
    forest: Vec<Candidate>,
}

impl Growth {
    /// Takes what joins two trees of `edges`, which are no lighter than those taken before.
    fn take(&mut self, edges: &mut [Candidate], control: &Control) -> Result<(), KernelError> {
        control.check()?;
        let mut rest = edges;
        // The light part is the shorter one or halves what is left, so that recursion is not deep.
        while rest.len() > FEW {
            let middle = light_part(rest, control)?;
            if middle == rest.len() {
                break; // all alike, but for a few
            }
            let (light, heavy) = rest.split_at_mut(middle);
            self.take(light, control)?;
            let kept = self.drop_joined(heavy, control)?;
            rest = &mut heavy[..kept];
        }
        control.check()?;
        rest.sort_unstable_by(Candidate::order);
        let mut pace = Pace::new(control);
        for edge in rest.iter() {
            pace.step(CLIMB)?;
            self.add(*edge);
        }
        Ok(())
    }

    /// Adds `edge` if it joins two trees.
    fn add(&mut self, edge: Candidate) {
        if join(&mut self.parent, edge.from, edge.to) {
            self.degree[edge.from as usize] += 1;
            self.degree[edge.to as usize] += 1;
            self.forest.push(edge);
        }
    }

    /// Moves those of `edges` that join two trees to the front; answers how many there are.
    fn drop_joined(&mut self, edges: &mut [Candidate], control: &Control) -> Result<usize, KernelError> {
        let mut kept = 0;
        let mut pace = Pace::new(control);
        for at in 0..edges.len() {
            pace.step(CLIMB)?;
            let edge = edges[at];
            if root(&mut self.parent, edge.from) != root(&mut self.parent, edge.to) {
                edges[kept] = edge;
                kept += 1;
            }
        }
        Ok(kept)
    }
}

/// Moves the lightest of `edges`, about an eighth of them, to the front; answers how many there are.
fn light_part(edges: &mut [Candidate], control: &Control) -> Result<usize, KernelError> {
    const SAMPLE: usize = 64;
    let mut sample: Vec<Candidate> = edges.iter().step_by(edges.len() / SAMPLE).copied().collect();
    sample.sort_unstable_by(Candidate::order);
    let pivot = sample[sample.len() / 8];
    divide(edges, control, |it| it.order(&pivot).is_le())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, integers, keep_all};
    use super::super::wcc;
    use super::*;
    use crate::graph::{build, generate};

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

    /// Enough edges for several parts; with weights that are all alike too.
    #[test]
    fn dropping_heavy_edges_changes_nothing() {
        for greatest in [1, 5, 1_000_000] {
            let list = generate::weighted(generate::rmat(14, 16, 3), 1, greatest, 4);
            let graph = build(1 << 14, list, keep_all(false));
            let mut expected = Vec::new();
            let mut parent: Vec<u32> = (0..1 << 14).collect();
            let mut all = candidates(&graph, &Control::default()).unwrap();
            assert!(all.len() > 2 * FEW);
            all.sort_by(Candidate::order);
            for edge in all {
                let (a, b) = (root(&mut parent, edge.from), root(&mut parent, edge.to));
                if a != b {
                    parent[a as usize] = b;
                    expected.push((u64::from(edge.from), u64::from(edge.to)));
                }
            }
            let found = forest(&graph);
            let ends = |name| integers(&found.row_column(name).unwrap().values);
            let edges: Vec<(u64, u64)> = ends("from").into_iter().zip(ends("to")).collect();
            assert_eq!(edges, expected);
        }
    }
}
