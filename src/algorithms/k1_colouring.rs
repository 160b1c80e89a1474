//! K1-colouring: colours such that no edge joins two of the same, as few as a greedy order finds.
//!
//! Vertices take their turn by falling degree, those of equal degree in the projection's order; each
//! takes the smallest colour that no neighbour has. A vertex of degree `d` then has a colour of at most
//! `d`, so that there are at most one more colours than the largest degree (Welsh and Powell).
//!
//! Convention: direction, weights, parallel edges and self-loops change nothing; degrees count all edges
//! but self-loops. Colours count from 0, and no smaller number of colours is promised: to find the
//! smallest is NP-hard.
//!
//! Cost: O(n log n + m) time, 16 bytes a vertex beyond the answer; one thread, as each turn reads the
//! turns before it.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, TableOrder, Work};
use super::sort::sort_by_key;
use crate::graph::Csr;

/// The colour of a vertex that had no turn yet.
const NO_COLOUR: u32 = u32::MAX;

/// Turns between two reports of progress.
const BATCH: usize = 64;

/// Reads that the searches for a vertex in its own lists take.
const SEARCHES: usize = 16;

/// Parameters of [`super::Algorithm::K1Colouring`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct K1ColouringConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "k1_colouring",
    aliases: &[
        "k1_coloring",
        "graph_colouring",
        "graph_coloring",
        "colouring",
        "coloring",
    ],
    special_cases: &[],
    title: "K1-colouring",
    summary: "Gives every vertex a colour such that no edge joins two vertices of the same.",
    convention: "Direction, weights, parallel edges and edges from a vertex to itself change nothing. Vertices \
                 choose by falling degree, each the smallest colour that is free. Fewer colours may be possible, \
                 more than the largest degree and one never occur.",
    source: "Welsh and Powell, The Computer Journal 10, 1967.",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "colour",
            quantity: Quantity::Count,
            meaning: "Number of the colour, from 0.",
        },
        ColumnInfo {
            name: "colour_size",
            quantity: Quantity::Count,
            meaning: "Vertices of that colour.",
        },
    ],
    rows: None,
    order: &[("vertices", TableOrder::Least("colour"))],
    summary_values: &[
        ColumnInfo {
            name: "colours",
            quantity: Quantity::Count,
            meaning: "Number of colours.",
        },
        ColumnInfo {
            name: "largest",
            quantity: Quantity::Count,
            meaning: "Vertices of the most frequent colour.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl K1ColouringConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &K1ColouringConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 48 * n,
        operations: n.saturating_mul(2 + u64::from(n.max(2).ilog2())) + 4 * m,
        ..Work::default()
    }
}

/// Colours the vertices.
pub fn run(
    graph: &Csr,
    _config: &K1ColouringConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let colours = colours(graph, control)?;
    let mut sizes = Vec::new();
    for colour in &colours {
        let at = *colour as usize;
        if at >= sizes.len() {
            sizes.resize(at + 1, 0_u64);
        }
        sizes[at] += 1;
    }
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let column = |name, values| OutputColumn::new(name, Quantity::Count, Values::Integers(values));
    Ok(Outcome {
        summary: vec![
            ("colours", Quantity::Count, sizes.len() as f64),
            ("largest", Quantity::Count, largest as f64),
        ],
        vertices: vec![
            column("colour", colours.iter().map(|it| u64::from(*it)).collect()),
            column(
                "colour_size",
                colours.iter().map(|it| sizes[*it as usize]).collect(),
            ),
        ],
        ..Outcome::default()
    })
}

fn colours(graph: &Csr, control: &Control) -> Result<Vec<u32>, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let degree = |v: u32| {
        let both = if graph.directed { 2 } else { 1 };
        graph.degree(v) - both * graph.out.range_to(v, v).len()
    };
    let mut pace = Pace::new(control);
    let mut order: Vec<(Reverse<usize>, u32, u32)> = Vec::with_capacity(n as usize);
    for v in 0..n {
        // Searches in its lists.
        pace.step(SEARCHES)?;
        order.push((Reverse(degree(v)), graph.number(v), v));
    }
    sort_by_key(&mut order, control, |it| *it)?;
    let mut colours = vec![NO_COLOUR; n as usize];
    // The last vertex, by turn, that found each colour taken by a neighbour.
    let mut taken = vec![NO_COLOUR; order.first().map_or(0, |it| it.0.0) + 2];
    for (turns, batch) in (0_u32..).zip(order.chunks(BATCH)) {
        for (at, (degree, _, v)) in (turns * BATCH as u32..).zip(batch) {
            pace.step(degree.0)?;
            for u in graph.around(*v).into_iter().flatten() {
                let colour = colours[*u as usize];
                if colour != NO_COLOUR {
                    taken[colour as usize] = at;
                }
            }
            let free = taken.iter().position(|it| *it != at).unwrap_or(0);
            colours[*v as usize] = free as u32;
        }
        control.advance(batch.len() as u64);
    }
    Ok(colours)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column, on_threads, run, skewed};
    use super::super::registry::Algorithm;
    use super::super::simple_view::distinct_neighbours;
    use super::*;
    use crate::graph::Direction;

    fn found(graph: &Csr) -> Vec<u64> {
        integer_column(
            &run(&Algorithm::K1Colouring(K1ColouringConfig {}), graph).unwrap(),
            "colour",
        )
    }

    fn complete(n: u32) -> Csr {
        let pairs: Vec<(u32, u32)> = (0..n).flat_map(|u| (0..u).map(move |v| (u, v))).collect();
        graph_of(n, &pairs, false)
    }

    /// No edge joins equal colours, and each vertex has all smaller colours among its neighbours.
    fn verify(graph: &Csr, colours: &[u64]) -> Result<(), TestCaseError> {
        for v in 0..graph.vertex_count() {
            let around: Vec<u64> = distinct_neighbours(graph, v)
                .map(|it| colours[it.0 as usize])
                .collect();
            let own = colours[v as usize];
            prop_assert!(!around.contains(&own), "{v} has the colour of a neighbour");
            prop_assert!(
                (0..own).all(|it| around.contains(&it)),
                "{v} had a smaller colour free"
            );
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn colours_differ_along_edges_and_are_as_small_as_can_be(graph in any_graph(24)) {
            verify(&graph, &found(&graph))?;
        }

        #[test]
        fn the_order_of_the_graph_changes_nothing(
            rows in prop::collection::vec((0..9_u32, 0..9_u32), 0..30),
            order in Just((0..9_u32).collect::<Vec<u32>>()).prop_shuffle(),
        ) {
            let place = |v: u32| order.iter().position(|it| *it == v).unwrap() as u32;
            let moved: Vec<(u32, u32)> = rows.iter().map(|(u, v)| (place(*u), place(*v))).collect();
            let turned = Csr { order: Some(Arc::new(order.clone())), ..graph_of(9, &moved, false) };
            let colours = colours(&turned, &Control::default()).unwrap();
            let wanted = found(&graph_of(9, &rows, false));
            for (v, colour) in (0_u32..).zip(colours) {
                prop_assert_eq!(u64::from(colour), wanted[turned.number(v) as usize]);
            }
        }
    }

    #[test]
    fn known_graphs_have_their_known_colours() {
        assert_eq!(found(&complete(5)), [0, 1, 2, 3, 4]);
        assert_eq!(found(&graph_of(4, &[(3, 0), (3, 1), (3, 2)], true)), [1, 1, 1, 0]);
        assert_eq!(found(&graph_of(3, &[(0, 0), (1, 1)], true)), [0, 0, 0]);
        let ring = graph_of(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)], false);
        assert_eq!(found(&ring).into_iter().max(), Some(2));
        assert!(found(&graph_of(0, &[], false)).is_empty());
    }

    #[test]
    fn threads_change_nothing_and_a_cancelled_run_ends() {
        let graph = skewed(Direction::Directed);
        assert_eq!(on_threads(1, || found(&graph)), on_threads(3, || found(&graph)));
        let control = Control::default();
        control.cancel();
        assert_eq!(colours(&graph, &control), Err(KernelError::Cancelled));
    }
}
