//! Topological order: an order in which every edge points forward, and how long the longest way to each
//! vertex is.
//!
//! Convention: edges are followed in their direction. A vertex on a cycle, or behind one, has no place:
//! its level, its distance and its position are not defined, and the summary counts such vertices. The
//! position is the one that always takes the smallest vertex that is free.
//!
//! Cost: O(m + n log n) time on one thread; 28 bytes a vertex beyond the answer.
//! Source: Kahn 1962; the longest way by relaxing along the order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, TableOrder, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::TopologicalOrder`]; it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopologicalOrderConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "topological_order",
    aliases: &["topological_sort", "longest_path", "critical_path", "toposort"],
    special_cases: &[],
    title: "Topological order and longest path",
    summary: "Puts the vertices in an order in which every edge points forward, with the longest way to each.",
    convention: "Vertices on a cycle, or behind one, have no place in the order and no longest way. Edge \
                 weights, where there are some, add up along a way.",
    source: "Kahn, Communications of the ACM 5, 1962.",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "position",
            quantity: Quantity::Score,
            meaning: "Place in the order, from 0; not defined on or behind a cycle.",
        },
        ColumnInfo {
            name: "level",
            quantity: Quantity::Hops,
            meaning: "Edges of the longest way that ends at the vertex; not defined on or behind a cycle.",
        },
        ColumnInfo {
            name: "longest",
            quantity: Quantity::Weight,
            meaning: "Greatest sum of weights of a way that ends at the vertex; not defined on or behind a cycle.",
        },
    ],
    rows: None,
    order: &[("vertices", TableOrder::Least("position"))],
    summary_values: &[
        ColumnInfo {
            name: "levels",
            quantity: Quantity::Count,
            meaning: "Vertices on the longest way.",
        },
        ColumnInfo {
            name: "longest",
            quantity: Quantity::Weight,
            meaning: "Greatest sum of weights of any way; 0 without edges.",
        },
        ColumnInfo {
            name: "unordered",
            quantity: Quantity::Count,
            meaning: "Vertices on a cycle or behind one.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 5.0e7,
};

impl TopologicalOrderConfig {
    /// Whether every parameter is in its range: always, since there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &TopologicalOrderConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 60 * n,
        operations: (2 * m).saturating_add(n.saturating_mul(u64::from(n.max(2).ilog2()))),
        ..Work::default()
    }
}

/// Finds the order.
///
/// # Errors
///
/// None of its own; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    _config: &TopologicalOrderConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let mut open = vec![0_usize; n as usize];
    blocks::fill(&mut open, &control.silent(), |v| graph.into.degree(v))?;
    let mut free: BinaryHeap<Reverse<u32>> = (0..n).filter(|v| open[*v as usize] == 0).map(Reverse).collect();
    let nowhere = || vec![f64::NAN; n as usize];
    let (mut position, mut level, mut longest) = (nowhere(), vec![0.0_f64; n as usize], nowhere());
    let mut best = vec![f64::NEG_INFINITY; n as usize];
    let mut placed = 0_u32;
    blocks::in_turn(n, control, |_| {
        let Some(Reverse(v)) = free.pop() else { return };
        let at = v as usize;
        position[at] = f64::from(placed);
        placed += 1;
        // A way may also begin here.
        longest[at] = best[at].max(0.0);
        for index in graph.out.range(v) {
            let u = graph.out.targets[index] as usize;
            best[u] = best[u].max(longest[at] + graph.out.weight(index));
            level[u] = level[u].max(level[at] + 1.0);
            open[u] -= 1;
            if open[u] == 0 {
                free.push(Reverse(u as u32));
            }
        }
    })?;
    for (level, position) in level.iter_mut().zip(&position) {
        if position.is_nan() {
            *level = f64::NAN;
        }
    }
    let greatest = |values: &[f64]| {
        values
            .iter()
            .copied()
            .filter(|it| !it.is_nan())
            .fold(0.0, f64::max)
    };
    let levels = if placed == 0 { 0.0 } else { greatest(&level) + 1.0 };
    let summary = vec![
        ("levels", Quantity::Count, levels),
        ("longest", Quantity::Weight, greatest(&longest)),
        ("unordered", Quantity::Count, f64::from(n - placed)),
    ];
    let column = |name, quantity, values| OutputColumn::new(name, quantity, Values::Numbers(values));
    Ok(Outcome {
        vertices: vec![
            column("position", Quantity::Score, position),
            column("level", Quantity::Hops, level),
            column("longest", Quantity::Weight, longest),
        ],
        summary,
        ..Outcome::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of};
    use super::super::scc;
    use super::*;

    fn found(graph: &Csr) -> Outcome {
        run(
            graph,
            &TopologicalOrderConfig {},
            &Inputs::default(),
            &Control::default(),
        )
        .unwrap()
    }

    /// Longest ways by relaxing every edge as often as there are vertices (Bellman and Ford).
    fn by_relaxing(graph: &Csr) -> Vec<f64> {
        let n = graph.vertex_count();
        let mut longest = vec![0.0_f64; n as usize];
        for _ in 0..n {
            for v in 0..n {
                for at in graph.out.range(v) {
                    let u = graph.out.targets[at] as usize;
                    longest[u] = longest[u].max(longest[v as usize] + graph.out.weight(at));
                }
            }
        }
        longest
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn edges_point_forward_and_ways_are_the_longest(graph in any_graph(16)) {
            let outcome = found(&graph);
            let (position, longest) = (outcome.numbers("position"), outcome.numbers("longest"));
            let components = scc::labels(&graph, &Control::default()).unwrap();
            let relaxed = by_relaxing(&graph);
            for v in 0..graph.vertex_count() {
                let at = v as usize;
                for u in graph.out.neighbours(v) {
                    let u = *u as usize;
                    // Behind what has no place nothing has one; a place behind is later.
                    prop_assert!(position[u].is_nan() || position[at] < position[u]);
                }
                let alone = components.iter().filter(|it| **it == components[at]).count() == 1;
                prop_assert!(alone || position[at].is_nan(), "{at} is on a cycle");
                prop_assert!(position[at].is_nan() || longest[at] == relaxed[at], "{longest:?} {relaxed:?}");
            }
        }
    }

    #[test]
    fn what_stands_behind_a_cycle_has_no_place() {
        let outcome = found(&graph_of(5, &[(0, 1), (1, 2), (2, 1), (2, 3), (0, 4)], true));
        let level = outcome.numbers("level");
        assert_eq!((level[0], level[4]), (0.0, 1.0));
        assert!(level[1..4].iter().all(|it| it.is_nan()));
        assert_eq!(outcome.summary[2].2, 3.0);
        assert_eq!(outcome.summary[0].2, 2.0);
    }
}
