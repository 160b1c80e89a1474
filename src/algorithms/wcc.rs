//! Weakly connected components.
//!
//! Two vertices share a component when a path joins them with edge direction ignored. Method: a
//! forest in which every root is the smallest vertex of its tree. The first two neighbours of every
//! vertex are joined; what is then the largest component in a sample is most often nearly all of it,
//! and only vertices outside it look at the rest of their edges.
//!
//! Convention: self-loops and parallel edges change nothing; a vertex without edges is a component
//! of its own. Weights are ignored, so that an edge of weight 0 still joins.
//!
//! Cost: O(n + m) time in practice, far less where one component is large; 4 bytes a vertex beyond the
//! answer; all threads.
//!
//! Not for: components that respect direction (use `scc`).

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::groups::Groups;
use super::outcome::{Outcome, Quantity};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use crate::graph::{Csr, NO_VERTEX, Neighbourhoods};

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
    special_cases: &[],
    title: "Weakly connected components",
    summary: "Finds the parts of the graph that have no edge between them.",
    convention: "Edge direction and weights are ignored. A component is named by its smallest member; a \
                 vertex without edges is a component of its own.",
    source: "Afforest: Sutton, Ben-Nun and Barak, IPDPS 2018.",
    parameters: &[],
    columns: &COLUMNS,
    rows: None,
    order: &[],
    summary_values: &SUMMARY,
    needs_times: false,
    parallel: ParallelEdges::Smallest,
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
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
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

/// Neighbours of every vertex that are joined before the largest component is guessed.
const FIRST: usize = 2;

/// Vertices that are asked for their component when the largest one is guessed.
const SAMPLE: usize = 1024;

/// The smallest member of each vertex's component.
pub(super) fn labels<L: Neighbourhoods>(graph: &Csr<L>, control: &Control) -> Result<Vec<u32>, KernelError> {
    let n = graph.vertex_count();
    control.expect(3 * u64::from(n));
    let forest = Forest::new(n);
    let ranges = graph.out.portions();
    for_ranges(&ranges, control, |v| {
        for u in graph.out.list(v).take(FIRST) {
            forest.join(v, u);
        }
    })?;
    for_ranges(&ranges, control, |v| forest.flatten(v))?;
    let largest = forest.most_frequent();
    for_ranges(&ranges, control, |v| {
        // Whoever else belongs to the largest component has an edge to it on its own side.
        if forest.root(v) == largest {
            return;
        }
        for u in graph.out.list(v).skip(FIRST) {
            forest.join(v, u);
        }
        if graph.directed {
            for u in graph.into.list(v) {
                forest.join(v, u);
            }
        }
    })?;
    (0..n).into_par_iter().for_each(|v| forest.flatten(v));
    Ok(forest.parent.into_iter().map(AtomicU32::into_inner).collect())
}

/// Calls `visit` with each vertex, a range at a time on any thread.
fn for_ranges(
    ranges: &[Range<u32>],
    control: &Control,
    visit: impl Fn(u32) + Sync,
) -> Result<(), KernelError> {
    ranges.par_iter().try_for_each(|range| {
        control.check()?;
        control.advance(range.len() as u64);
        range.clone().for_each(&visit);
        Ok(())
    })
}

/// Trees that threads join; every parent is smaller than its child or the vertex itself, so that the
/// root of a finished component is its smallest member, whoever joined what first.
struct Forest {
    parent: Vec<AtomicU32>,
}

impl Forest {
    fn new(n: u32) -> Self {
        Self {
            parent: (0..n).map(AtomicU32::new).collect(),
        }
    }

    fn parent(&self, v: u32) -> u32 {
        // Trees carry no other data, so that no order between threads is needed.
        self.parent[v as usize].load(Relaxed)
    }

    fn root(&self, mut v: u32) -> u32 {
        loop {
            let above = self.parent(v);
            if above == v {
                return v;
            }
            v = above;
        }
    }

    /// Makes one tree of those of `v` and `u`.
    fn join(&self, v: u32, u: u32) {
        let (mut a, mut b) = (self.parent(v), self.parent(u));
        while a != b {
            let (high, low) = (a.max(b), a.min(b));
            let above = self.parent(high);
            let joined = above == low
                || above == high
                    && self.parent[high as usize]
                        .compare_exchange(high, low, Relaxed, Relaxed)
                        .is_ok();
            if joined {
                return;
            }
            (a, b) = (self.parent(self.parent(high)), self.parent(low));
        }
    }

    /// Hangs `v` directly below its root.
    fn flatten(&self, v: u32) {
        let root = self.root(v);
        if self.parent(v) != root {
            self.parent[v as usize].store(root, Relaxed);
        }
    }

    /// The root that most of a sample of evenly spread vertices have; the smallest of several.
    fn most_frequent(&self) -> u32 {
        let step = (self.parent.len() / SAMPLE).max(1);
        let mut seen: Vec<u32> = (0..self.parent.len() as u32)
            .step_by(step)
            .map(|v| self.root(v))
            .collect();
        seen.sort_unstable();
        let runs = seen.chunk_by(|a, b| a == b);
        runs.rev()
            .max_by_key(|run| run.len())
            .map_or(NO_VERTEX, |run| run[0])
    }
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
