//! Weakly connected components.
//!
//! Two vertices share a component when a path joins them with edge direction ignored. Method: a
//! forest in which every root is the smallest vertex of its tree; each edge joins two trees.
//!
//! Convention: self-loops and parallel edges change nothing; a vertex without edges is a component
//! of its own. Weights are ignored, so that an edge of weight 0 still joins.
//!
//! Cost: O(m α(n)) time in practice, 4 bytes a vertex beyond the answer, one thread.
//!
//! Not for: components that respect direction (use `scc`).

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::outcome::{Outcome, Quantity};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Wcc`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WccConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "wcc",
    aliases: &[
        "connected_components",
        "weakly_connected_components",
        "components",
    ],
    title: "Weakly connected components",
    summary: "Finds the parts of the graph that have no edge between them.",
    convention: "Edge direction and weights are ignored. A component is named by its smallest member; a \
                 vertex without edges is a component of its own.",
    source: "Union-find with path halving: Tarjan and van Leeuwen, J. ACM 31(2), 1984.",
    parameters: &[],
    columns: &COLUMNS,
    rows: None,
    summary_values: &SUMMARY,
    needs_times: false,
    counts_parallel: false,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 3.0e8,
};

/// The columns of components, weak or strong.
pub(super) const COLUMNS: [ColumnInfo; 2] = [
    ColumnInfo {
        name: "component",
        quantity: Quantity::Name,
        meaning: "The component that the vertex belongs to, named by its smallest member.",
    },
    ColumnInfo {
        name: "component_size",
        quantity: Quantity::Count,
        meaning: "Number of vertices in that component.",
    },
];

/// The summary of components, weak or strong.
pub(super) const SUMMARY: [ColumnInfo; 3] = [
    ColumnInfo {
        name: "components",
        quantity: Quantity::Count,
        meaning: "Number of components.",
    },
    ColumnInfo {
        name: "largest",
        quantity: Quantity::Count,
        meaning: "Vertices in the largest component.",
    },
    ColumnInfo {
        name: "singletons",
        quantity: Quantity::Count,
        meaning: "Components of one vertex.",
    },
];

impl WccConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &WccConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 28 * n,
        operations: n + 4 * m,
        ..Work::default()
    }
}

/// Finds the components.
pub fn run(
    graph: &Csr,
    _config: &WccConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    outcome(&labels(graph, control)?)
}

/// The answer in columns, from labels of either kind of component.
pub(super) fn outcome(labels: &[u32]) -> Result<Outcome, KernelError> {
    let groups = Groups::from_labels(labels);
    Ok(Outcome {
        summary: groups.summary("components"),
        vertices: groups.into_columns("component", "component_size"),
        ..Outcome::default()
    })
}

/// The smallest member of each vertex's component.
pub(super) fn labels(graph: &Csr, control: &Control) -> Result<Vec<u32>, KernelError> {
    let n = graph.vertex_count();
    let mut parent: Vec<u32> = (0..n).collect();
    blocks::in_turn(n, control, |v| {
        // Every edge of a directed graph stands in one `out` list, so `into` adds nothing.
        for u in graph.out.neighbours(v) {
            let (a, b) = (root(&mut parent, v), root(&mut parent, *u));
            parent[a.max(b) as usize] = a.min(b);
        }
    })?;
    // Parents are smaller than their children, so ascending order meets settled parents only.
    for v in 0..parent.len() {
        parent[v] = parent[parent[v] as usize];
    }
    Ok(parent)
}

/// The smallest vertex known to share the component of `v`, in a forest whose parents are smaller than
/// their children.
pub(super) fn root(parent: &mut [u32], mut v: u32) -> u32 {
    while parent[v as usize] != v {
        let above = parent[parent[v as usize] as usize];
        parent[v as usize] = above;
        v = above;
    }
    v
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::any_graph;
    use super::*;
    use crate::graph::{EdgeList, ProjectionRules, build};

    /// Components by spreading the smallest label until nothing changes.
    fn by_spreading(graph: &Csr) -> Vec<u32> {
        let n = graph.vertex_count();
        let mut labels: Vec<u32> = (0..n).collect();
        loop {
            let before = labels.clone();
            for u in 0..n {
                for v in graph.out.neighbours(u) {
                    let least = labels[u as usize].min(labels[*v as usize]);
                    labels[u as usize] = least;
                    labels[*v as usize] = least;
                }
            }
            if labels == before {
                return labels;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn spreading_labels_finds_the_same(graph in any_graph(24)) {
            prop_assert_eq!(labels(&graph, &Control::default()).unwrap(), by_spreading(&graph));
        }
    }

    #[test]
    fn the_summary_counts_components() {
        let edges = EdgeList {
            sources: vec![3, 1],
            targets: vec![4, 3],
            ..EdgeList::default()
        };
        let graph = build(6, edges, ProjectionRules::default());
        let outcome = run(&graph, &WccConfig {}, &Inputs::default(), &Control::default()).unwrap();
        let summary: Vec<f64> = outcome.summary.iter().map(|it| it.2).collect();
        assert_eq!(summary, [4.0, 3.0, 3.0]);
    }

    #[test]
    fn a_cancelled_run_gives_no_answer() {
        let control = Control::default();
        control.cancel();
        let graph = build(6, EdgeList::default(), ProjectionRules::default());
        assert_eq!(labels(&graph, &control), Err(KernelError::Cancelled));
    }
}
