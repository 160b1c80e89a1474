//! Degrees: entries, distinct neighbours and weights, in and out.
//!
//! Convention: a parallel edge counts as often as the projection keeps it; a self-loop counts once
//! in `in_degree` and once in `out_degree` (undirected: once), and never among the distinct
//! neighbours. In an undirected graph in, out and total are the same number.
//!
//! Cost: O(n + m) time, 48 bytes a vertex (72 weighted).

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::{distinct, distinct_neighbours};
use super::sweeps::weight_at;
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Degree`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DegreeConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "degree",
    aliases: &["degrees", "degree_centrality"],
    special_cases: &[],
    title: "Degree",
    summary: "Counts the edges and the distinct neighbours of each vertex, and sums their weights.",
    convention: "Parallel edges count as often as the projection keeps them. A self-loop counts once in and \
                 once out (undirected: once) and is no distinct neighbour. In an undirected graph in, out and \
                 total are equal.",
    source: "Definition.",
    parameters: &[],
    columns: &[
        count("in_degree", "Edges that end at the vertex."),
        count("out_degree", "Edges that begin at the vertex."),
        count("degree", "Edges at the vertex, in and out."),
        count("distinct_in", "Different vertices with an edge to it."),
        count("distinct_out", "Different vertices that it has an edge to."),
        count("distinct", "Different neighbours, either way."),
        weight(
            "weight_in",
            "Sum of the weights in; only when edges have weights.",
        ),
        weight(
            "weight_out",
            "Sum of the weights out; only when edges have weights.",
        ),
        weight(
            "weight",
            "Sum of the weights, in and out; only when edges have weights.",
        ),
    ],
    rows: None,
    order: &[],
    summary_values: &[],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

const fn count(name: &'static str, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity: Quantity::Count,
        meaning,
    }
}

const fn weight(name: &'static str, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity: Quantity::Weight,
        meaning,
    }
}

impl DegreeConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &DegreeConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 72 * n,
        operations: n + 6 * m,
        ..Work::default()
    }
}

/// Counts and sums; nine columns when weighted, else six.
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    _config: &DegreeConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = u64::from(graph.vertex_count());
    control.expect(n * if graph.is_weighted() { 9 } else { 6 });
    let (out, into) = (&*graph.out, &*graph.into);
    let both = |of_in: u64, of_out: u64| if graph.directed { of_in + of_out } else { of_out };
    let mut vertices = vec![
        counts("in_degree", graph, control, |v| into.degree(v) as u64)?,
        counts("out_degree", graph, control, |v| out.degree(v) as u64)?,
        counts("degree", graph, control, |v| {
            both(into.degree(v) as u64, out.degree(v) as u64)
        })?,
        counts("distinct_in", graph, control, |v| {
            distinct(into.list(v), v).count() as u64
        })?,
        counts("distinct_out", graph, control, |v| {
            distinct(out.list(v), v).count() as u64
        })?,
        counts("distinct", graph, control, |v| {
            distinct_neighbours(graph, v).count() as u64
        })?,
    ];
    if graph.is_weighted() {
        let total = |v| weight_at(out, v) + if graph.directed { weight_at(into, v) } else { 0.0 };
        vertices.push(sums("weight_in", graph, control, |v| weight_at(into, v))?);
        vertices.push(sums("weight_out", graph, control, |v| weight_at(out, v))?);
        vertices.push(sums("weight", graph, control, total)?);
    }
    Ok(Outcome {
        vertices,
        ..Outcome::default()
    })
}

fn counts<L: Neighbourhoods>(
    name: &'static str,
    graph: &Csr<L>,
    control: &Control,
    value: impl Fn(u32) -> u64 + Sync,
) -> Result<OutputColumn, KernelError> {
    let mut values = vec![0; graph.vertex_count() as usize];
    blocks::fill_around(graph, &mut values, control, value)?;
    Ok(OutputColumn::new(name, Quantity::Count, Values::Integers(values)))
}

fn sums<L: Neighbourhoods>(
    name: &'static str,
    graph: &Csr<L>,
    control: &Control,
    value: impl Fn(u32) -> f64 + Sync,
) -> Result<OutputColumn, KernelError> {
    let mut values = vec![0.0; graph.vertex_count() as usize];
    blocks::fill_around(graph, &mut values, control, value)?;
    Ok(OutputColumn::new(name, Quantity::Weight, Values::Numbers(values)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::*;
    use crate::graph::Direction;

    fn degrees(graph: &Csr) -> Outcome {
        run(graph, &DegreeConfig {}, &Inputs::default(), &Control::default()).unwrap()
    }

    /// The columns from a walk over the edges instead of over the vertices.
    fn by_edges(graph: &Csr) -> Vec<[f64; 9]> {
        let n = graph.vertex_count();
        let mut rows = vec![[0.0; 9]; n as usize];
        let mut sets = vec![[BTreeSet::new(), BTreeSet::new(), BTreeSet::new()]; n as usize];
        let entries = (0..n).flat_map(|u| graph.out.range(u).map(move |index| (u, index)));
        for (u, index) in entries {
            let (v, weight) = (graph.out.targets[index], graph.out.weight(index));
            rows[u as usize][1] += 1.0;
            rows[v as usize][0] += 1.0;
            rows[u as usize][7] += weight;
            rows[v as usize][6] += weight;
            if u != v {
                sets[u as usize][1].insert(v);
                sets[u as usize][2].insert(v);
                sets[v as usize][0].insert(u);
                sets[v as usize][2].insert(u);
            }
        }
        for (row, sets) in rows.iter_mut().zip(&sets) {
            let twice = if graph.directed { 1.0 } else { 0.0 };
            row[2] = row[1] + twice * row[0];
            row[8] = row[7] + twice * row[6];
            for (at, set) in sets.iter().enumerate() {
                row[3 + at] = set.len() as f64;
            }
        }
        rows
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn walking_the_edges_gives_the_same(graph in any_graph(24)) {
            let outcome = degrees(&graph);
            prop_assert_eq!(outcome.vertices.len(), if graph.is_weighted() { 9 } else { 6 });
            let expected = by_edges(&graph);
            for (at, column) in outcome.vertices.iter().enumerate() {
                prop_assert_eq!(column.name, INFO.columns[at].name);
                let values: Vec<f64> = match &column.values {
                    Values::Integers(values) => values.iter().map(|it| *it as f64).collect(),
                    Values::Numbers(values) => values.clone(),
                    other => panic!("{other:?}"),
                };
                let wanted: Vec<f64> = expected.iter().map(|row| row[at]).collect();
                prop_assert_eq!(values, wanted, "{}", column.name);
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        assert_eq!(
            on_threads(1, || degrees(&graph)),
            on_threads(4, || degrees(&graph))
        );
    }
}
