//! Core numbers by peeling.
//!
//! The k-core is the largest part of the graph in which every vertex has k neighbours or more; a
//! vertex's core number is the largest k whose core holds it. Method: remove the vertex of least
//! degree again and again, with vertices kept in buckets by degree.
//!
//! Convention: direction, parallel edges, self-loops and weights are ignored; what counts is
//! distinct neighbours.
//!
//! Cost: O(n + m) time, 16 bytes a vertex and 10 an edge beyond the answer, one thread.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::SimpleView;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::KCore`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KCoreConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "k_core",
    aliases: &["kcore", "core_number", "coreness"],
    special_cases: &[],
    title: "Core numbers",
    summary: "Says how deep in the dense middle of the graph each vertex lies.",
    convention: "Direction, parallel edges, self-loops and weights are ignored: what counts is distinct \
                 neighbours.",
    source: "Batagelj and Zaveršnik, arXiv:cs/0310049, 2003.",
    parameters: &[],
    columns: &[ColumnInfo {
        name: "core",
        quantity: Quantity::Count,
        meaning: "The largest k such that the vertex is in a part where all have k neighbours or more.",
    }],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "degeneracy",
            quantity: Quantity::Count,
            meaning: "The largest core number.",
        },
        ColumnInfo {
            name: "innermost",
            quantity: Quantity::Count,
            meaning: "Vertices with that core number.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl KCoreConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &KCoreConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 40 * n + 10 * m,
        operations: 2 * n + 6 * m,
        ..Work::default()
    }
}

/// Computes the core numbers.
pub fn run(
    graph: &Csr,
    _config: &KCoreConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let view = SimpleView::new(graph, control)?;
    let cores = peel(&view, control)?;
    let degeneracy = cores.iter().copied().max().unwrap_or(0);
    let innermost = cores.iter().filter(|core| **core == degeneracy).count();
    Ok(Outcome {
        vertices: vec![OutputColumn::new(
            "core",
            Quantity::Count,
            Values::Integers(cores.into_iter().map(u64::from).collect()),
        )],
        summary: vec![
            ("degeneracy", Quantity::Count, f64::from(degeneracy)),
            ("innermost", Quantity::Count, innermost as f64),
        ],
        ..Outcome::default()
    })
}

fn peel(view: &SimpleView, control: &Control) -> Result<Vec<u32>, KernelError> {
    let n = view.vertex_count();
    let mut degree: Vec<u32> = (0..n).map(|v| view.degree(v) as u32).collect();
    let mut buckets = Buckets::of(&degree);
    blocks::in_turn_paced(n, control, |at, pace| {
        let v = buckets.order[at as usize];
        pace.step(view.degree(v))?;
        for u in view.neighbours(v) {
            // Removed neighbours have a degree no larger than `v`'s, so this skips them.
            if degree[*u as usize] > degree[v as usize] {
                buckets.lower(*u, &mut degree);
            }
        }
        Ok(())
    })?;
    Ok(degree)
}

/// Vertices ordered by degree, where a vertex moves down by one degree in constant time.
struct Buckets {
    order: Vec<u32>,
    /// Where each vertex stands in `order`.
    place: Vec<u32>,
    /// Where the vertices of each degree begin in `order`.
    begin: Vec<u32>,
}

impl Buckets {
    fn of(degree: &[u32]) -> Buckets {
        let most = degree.iter().copied().max().unwrap_or(0) as usize;
        let mut begin = vec![0_u32; most + 2];
        degree.iter().for_each(|it| begin[*it as usize + 1] += 1);
        for at in 1..begin.len() {
            begin[at] += begin[at - 1];
        }
        let mut next = begin.clone();
        let (mut order, mut place) = (vec![0; degree.len()], vec![0; degree.len()]);
        for (v, it) in (0_u32..).zip(degree) {
            let at = next[*it as usize];
            next[*it as usize] += 1;
            order[at as usize] = v;
            place[v as usize] = at;
        }
        Buckets { order, place, begin }
    }

    /// Lowers the degree of `u` by one: swaps it with the first of its bucket, whose start then
    /// moves past it.
    fn lower(&mut self, u: u32, degree: &mut [u32]) {
        let bucket = degree[u as usize] as usize;
        let (at, first) = (self.place[u as usize], self.begin[bucket]);
        let other = self.order[first as usize];
        self.order.swap(at as usize, first as usize);
        self.place[u as usize] = first;
        self.place[other as usize] = at;
        self.begin[bucket] += 1;
        degree[u as usize] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::any_graph;
    use super::*;

    fn cores(graph: &Csr) -> Values {
        let outcome = run(graph, &KCoreConfig {}, &Inputs::default(), &Control::default()).unwrap();
        outcome.vertices[0].values.clone()
    }

    /// Core numbers by their definition: for each k, drop vertices with fewer neighbours until none is left to drop.
    fn by_definition(graph: &Csr) -> Vec<u64> {
        let n = graph.vertex_count();
        let mut neighbours = vec![BTreeSet::new(); n as usize];
        for u in 0..n {
            for v in graph.out.neighbours(u).iter().filter(|v| **v != u) {
                neighbours[u as usize].insert(*v);
                neighbours[*v as usize].insert(u);
            }
        }
        let mut cores = vec![0; n as usize];
        let mut left: BTreeSet<u32> = (0..n).collect();
        for k in 1.. {
            loop {
                let few = |v: &u32| neighbours[*v as usize].intersection(&left).count() < k;
                let dropped: Vec<u32> = left.iter().copied().filter(few).collect();
                dropped.iter().for_each(|v| assert!(left.remove(v)));
                if dropped.is_empty() {
                    break;
                }
            }
            if left.is_empty() {
                return cores;
            }
            left.iter().for_each(|v| cores[*v as usize] = k as u64);
        }
        cores
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_definition_gives_the_same(graph in any_graph(24)) {
            prop_assert_eq!(cores(&graph), Values::Integers(by_definition(&graph)));
        }
    }
}
