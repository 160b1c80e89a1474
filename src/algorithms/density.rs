//! Density: linked pairs of vertices as a share of all pairs.
//!
//! Convention: a pair is ordered in a directed graph, so that `n (n - 1)` are possible, and unordered in
//! an undirected one. Self-loops are no pairs and parallel edges link a pair once; weights change nothing.
//! With fewer than two vertices density is 0.
//!
//! Cost: O(n + m) time, 16 bytes a vertex, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::{distinct, distinct_neighbours};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Density`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DensityConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "density",
    aliases: &["graph_density"],
    special_cases: &[],
    title: "Density",
    summary: "Measures how many of all possible pairs of vertices are linked.",
    convention: "Pairs are ordered when edges have direction. Parallel edges link a pair once, and an edge from a \
                 vertex to itself links none. Weights change nothing.",
    source: "Definition; Wasserman and Faust, Social Network Analysis, 1994.",
    parameters: &[],
    columns: &[ColumnInfo {
        name: "linked_share",
        quantity: Quantity::Share,
        meaning: "Different neighbours, either way, as a share of all other vertices.",
    }],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "vertices",
            quantity: Quantity::Count,
            meaning: "Number of vertices.",
        },
        ColumnInfo {
            name: "edges",
            quantity: Quantity::Count,
            meaning: "Number of edges.",
        },
        ColumnInfo {
            name: "linked_pairs",
            quantity: Quantity::Count,
            meaning: "Pairs of different vertices with an edge; ordered pairs when edges have direction.",
        },
        ColumnInfo {
            name: "self_loops",
            quantity: Quantity::Count,
            meaning: "Edges from a vertex to itself.",
        },
        ColumnInfo {
            name: "isolated",
            quantity: Quantity::Count,
            meaning: "Vertices without an edge to another.",
        },
        ColumnInfo {
            name: "density",
            quantity: Quantity::Share,
            meaning: "Linked pairs as a share of all pairs.",
        },
        ColumnInfo {
            name: "mean_neighbours",
            quantity: Quantity::Score,
            meaning: "Different neighbours, either way, that a vertex has on average.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl DensityConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &DensityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 24 * n,
        operations: n + 4 * m,
        ..Work::default()
    }
}

/// Counts the linked pairs.
pub fn run(
    graph: &Csr,
    _config: &DensityConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    // Neighbours either way, entries of linked pairs, self-loops.
    let mut counts = vec![(0_u32, 0_u32, 0_u32); n as usize];
    blocks::fill_around(graph, &mut counts, control, |v| {
        let list = graph.out.neighbours(v);
        let loops = graph.out.range_to(v, v).len();
        let around = distinct_neighbours(graph, v).count();
        (
            around as u32,
            distinct(list.iter().copied(), v).count() as u32,
            loops as u32,
        )
    })?;
    let sum =
        |part: fn(&(u32, u32, u32)) -> u32| counts.iter().map(|it| u64::from(part(it))).sum::<u64>() as f64;
    let others = f64::from(n.saturating_sub(1).max(1));
    let (neighbours, entries) = (sum(|it| it.0), sum(|it| it.1));
    let pairs = if graph.directed { entries } else { entries / 2.0 };
    let vertices = f64::from(n.max(1));
    Ok(Outcome {
        summary: vec![
            ("vertices", Quantity::Count, f64::from(n)),
            ("edges", Quantity::Count, graph.edge_count as f64),
            ("linked_pairs", Quantity::Count, pairs),
            ("self_loops", Quantity::Count, sum(|it| it.2)),
            ("isolated", Quantity::Count, sum(|it| u32::from(it.0 == 0))),
            // Every pair has two orders; an undirected one stands in both lists.
            ("density", Quantity::Share, entries / (vertices * others)),
            ("mean_neighbours", Quantity::Score, neighbours / vertices),
        ],
        vertices: vec![OutputColumn::new(
            "linked_share",
            Quantity::Share,
            Values::Numbers(counts.iter().map(|it| f64::from(it.0) / others).collect()),
        )],
        ..Outcome::default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, on_threads, run, skewed};
    use super::super::registry::Algorithm;
    use super::*;
    use crate::graph::Direction;

    fn outcome(graph: &Csr) -> Outcome {
        run(&Algorithm::Density(DensityConfig {}), graph).unwrap()
    }

    fn density(graph: &Csr) -> f64 {
        outcome(graph).summary[5].2
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_set_of_pairs_counts_the_same(graph in any_graph(12)) {
            let n = graph.vertex_count();
            let edges = (0..n).flat_map(|u| graph.out.neighbours(u).iter().map(move |v| (u, *v)));
            let pairs: BTreeSet<(u32, u32)> = edges.filter(|(u, v)| u != v).collect();
            let possible = f64::from(n * n.saturating_sub(1)).max(1.0);
            prop_assert_eq!(density(&graph), pairs.len() as f64 / possible);
            let linked: BTreeSet<u32> = pairs.iter().flat_map(|(u, v)| [*u, *v]).collect();
            prop_assert_eq!(outcome(&graph).summary[4].2, f64::from(n) - linked.len() as f64);
        }
    }

    #[test]
    fn known_graphs_have_their_known_density() {
        let complete: Vec<(u32, u32)> = (0..6).flat_map(|u| (0..u).map(move |v| (u, v))).collect();
        assert_eq!(density(&graph_of(6, &complete, false)), 1.0);
        assert_eq!(density(&graph_of(6, &complete, true)), 0.5);
        let star: Vec<(u32, u32)> = (1..5).map(|v| (0, v)).collect();
        assert_eq!(density(&graph_of(5, &star, false)), 0.4);
        assert_eq!(density(&graph_of(1, &[(0, 0)], true)), 0.0);
        assert_eq!(
            outcome(&graph_of(2, &[(0, 0), (0, 1), (0, 1)], true)).summary[3].2,
            1.0
        );
    }

    #[test]
    fn threads_change_nothing() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || outcome(&graph));
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
}
