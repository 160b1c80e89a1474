//! Degree assortativity: whether vertices with many edges are linked to others with many.
//!
//! The Pearson correlation, over all edges, of the degrees at their two ends: of the degree out where an
//! edge begins and the degree in where it ends. Above 0 hubs are linked to hubs, as in many social
//! networks; below 0 to vertices with few edges, as in many technical ones.
//!
//! Convention: degrees and edges count parallel edges as often as the projection keeps them, and
//! self-loops once in and once out (undirected: once). An undirected edge counts in both directions, with
//! all edges of a vertex as its degree. Weights change nothing. Where all degrees at an end are equal the
//! correlation is undefined (NaN). Sums are exact whole numbers, so that their order changes nothing.
//!
//! Cost: O(n + m) time, 8 bytes a vertex, all threads of the pool.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::blocks;
use super::chunks::in_order;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use crate::graph::Csr;

/// Vertices of a piece of work.
const CHUNK: usize = 1024;

/// Parameters of [`super::Algorithm::DegreeAssortativity`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DegreeAssortativityConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "degree_assortativity",
    aliases: &["assortativity", "degree_correlation"],
    special_cases: &[],
    title: "Degree assortativity",
    summary: "Measures whether vertices with many edges are linked to others with many.",
    convention: "The correlation of the degree out where an edge begins with the degree in where it ends; of all \
                 edges of a vertex when the projection is undirected. Parallel edges count as often as the \
                 projection keeps them; weights change nothing. Where degrees do not differ there is no number.",
    source: "Newman, Phys. Rev. Lett. 89, 2002.",
    parameters: &[],
    columns: &[ColumnInfo {
        name: "neighbour_degree",
        quantity: Quantity::Score,
        meaning: "Mean degree in (undirected: degree) of the vertices its edges lead to; none without an edge out.",
    }],
    rows: None,
    order: &[],
    summary_values: &[ColumnInfo {
        name: "assortativity",
        quantity: Quantity::Score,
        meaning: "Correlation of the degrees at the two ends of an edge, from -1 to 1.",
    }],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 9.0e8,
};

impl DegreeAssortativityConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &DegreeAssortativityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 16 * n,
        operations: 2 * n + 4 * m,
        ..Work::default()
    }
}

/// Correlates the degrees.
pub fn run(
    graph: &Csr,
    _config: &DegreeAssortativityConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let mut neighbour_degree = vec![0.0; n];
    blocks::fill_along(&*graph.out, &mut neighbour_degree, control, |v| {
        let list = graph.out.neighbours(v);
        let sum: u64 = list.iter().map(|u| graph.into.degree(*u) as u64).sum();
        sum as f64 / list.len() as f64
    })?;
    let mut all = Sums::default();
    in_order(
        n,
        CHUNK,
        control,
        || (),
        |(), range| {
            let mut sums = Sums::default();
            range.for_each(|v| sums.add(graph, v as u32));
            Ok(sums)
        },
        |sums| {
            all.merge(&sums);
            ControlFlow::Continue(())
        },
    )?;
    let column = Values::Numbers(neighbour_degree);
    Ok(Outcome {
        vertices: vec![OutputColumn::new("neighbour_degree", Quantity::Score, column)],
        summary: vec![("assortativity", Quantity::Score, all.correlation())],
        ..Outcome::default()
    })
}

/// Sums over edges of the degrees `x` where they begin and `y` where they end. Degrees stay below 2³² and
/// edges below 2³², so that products of two sums fit 128 bits.
#[derive(Default)]
struct Sums {
    edges: u128,
    x: u128,
    y: u128,
    xx: u128,
    yy: u128,
    xy: u128,
}

impl Sums {
    /// Adds the edges out of `v`, and the squares of the edges into it.
    fn add(&mut self, graph: &Csr, v: u32) {
        let list = graph.out.neighbours(v);
        let (x, y) = (list.len() as u128, graph.into.degree(v) as u128);
        let ends: u128 = list.iter().map(|u| graph.into.degree(*u) as u128).sum();
        self.edges += x;
        self.x += x * x;
        self.xx += x * x * x;
        self.y += y * y;
        self.yy += y * y * y;
        self.xy += x * ends;
    }

    fn merge(&mut self, other: &Sums) {
        self.edges += other.edges;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }

    fn correlation(&self) -> f64 {
        let spread = |square: u128, sum: u128| (self.edges * square - sum * sum) as f64;
        let (one, other) = (self.edges * self.xy, self.x * self.y);
        let together = if one >= other {
            (one - other) as f64
        } else {
            -((other - one) as f64)
        };
        together / (spread(self.xx, self.x).sqrt() * spread(self.yy, self.y).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, on_threads, run, skewed};
    use super::super::registry::Algorithm;
    use super::*;
    use crate::graph::Direction;

    fn assortativity(graph: &Csr) -> f64 {
        run(
            &Algorithm::DegreeAssortativity(DegreeAssortativityConfig {}),
            graph,
        )
        .unwrap()
        .summary[0]
            .2
    }

    /// The correlation from the list of edges, around the means.
    fn by_edges(graph: &Csr) -> Option<f64> {
        let mut pairs = Vec::new();
        for u in 0..graph.vertex_count() {
            for v in graph.out.neighbours(u) {
                pairs.push((graph.out.degree(u) as f64, graph.into.degree(*v) as f64));
            }
        }
        let m = pairs.len() as f64;
        let (x, y) = (
            pairs.iter().map(|it| it.0).sum::<f64>() / m,
            pairs.iter().map(|it| it.1).sum::<f64>() / m,
        );
        let sum = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
        let (xx, yy) = (sum(&|it| (it.0 - x).powi(2)), sum(&|it| (it.1 - y).powi(2)));
        let xy = sum(&|it| (it.0 - x) * (it.1 - y));
        (xx > 1e-9 && yy > 1e-9).then(|| xy / (xx * yy).sqrt())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_list_of_edges_gives_the_same(graph in any_graph(14)) {
            let found = assortativity(&graph);
            match by_edges(&graph) {
                Some(wanted) => prop_assert!((found - wanted).abs() < 1e-9, "{found} instead of {wanted}"),
                None => prop_assert!(found.is_nan()),
            }
        }
    }

    #[test]
    fn known_graphs_have_their_known_assortativity() {
        let star: Vec<(u32, u32)> = (1..6).map(|v| (0, v)).collect();
        assert!((assortativity(&graph_of(6, &star, false)) + 1.0).abs() < 1e-12);
        let path = graph_of(4, &[(0, 1), (1, 2), (2, 3)], false);
        assert!((assortativity(&path) + 0.5).abs() < 1e-12);
        let ring = graph_of(3, &[(0, 1), (1, 2), (2, 0)], false);
        assert!(assortativity(&ring).is_nan());
    }

    #[test]
    fn threads_change_nothing() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || assortativity(&graph).to_bits());
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
}
