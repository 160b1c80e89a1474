//! Reciprocity: how many of the links between vertices go both ways.
//!
//! With `L` ordered pairs of different vertices that have an edge, of which `R` also have one back, the
//! reciprocity is `R / L`. Pairs linked by chance would be returned with a probability of the density `a`;
//! the correlation `(R / L - a) / (1 - a)` is 0 then, 1 when every link is returned, below 0 when fewer
//! are than by chance.
//!
//! Convention: parallel edges are one link, self-loops none; weights change nothing. Without a link both
//! numbers are undefined (NaN), as is the correlation of a complete graph. Links of an undirected graph
//! are all returned.
//!
//! Cost: O(n + m) time, 8 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::{distinct, distinct_neighbours};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Reciprocity`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReciprocityConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "reciprocity",
    aliases: &["mutuality"],
    special_cases: &[],
    title: "Reciprocity",
    summary: "Measures how many links between two vertices go both ways.",
    convention: "Parallel edges are one link, edges from a vertex to itself none. The correlation compares with \
                 links put at random. Without a link there is no number.",
    source: "Garlaschelli and Loffredo, Phys. Rev. Lett. 93, 2004.",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "links",
            quantity: Quantity::Count,
            meaning: "Different vertices that it has an edge to.",
        },
        ColumnInfo {
            name: "returned",
            quantity: Quantity::Count,
            meaning: "Those with an edge back.",
        },
        ColumnInfo {
            name: "returned_share",
            quantity: Quantity::Share,
            meaning: "Returned links as a share of its links; none without a link.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "links",
            quantity: Quantity::Count,
            meaning: "Ordered pairs of different vertices with an edge.",
        },
        ColumnInfo {
            name: "returned",
            quantity: Quantity::Count,
            meaning: "Those with an edge back.",
        },
        ColumnInfo {
            name: "reciprocity",
            quantity: Quantity::Share,
            meaning: "Returned links as a share of all.",
        },
        ColumnInfo {
            name: "correlation",
            quantity: Quantity::Score,
            meaning: "Reciprocity beyond that of random links, from below 0 to 1.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl ReciprocityConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &ReciprocityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 32 * n,
        operations: n + 4 * m,
        ..Work::default()
    }
}

/// Counts links and those returned.
pub fn run(
    graph: &Csr,
    _config: &ReciprocityConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let mut counts = vec![(0_u32, 0_u32); n as usize];
    blocks::fill_around(graph, &mut counts, control, |v| {
        let links = distinct(graph.out.list(v), v).count() as u32;
        let returned = match graph.directed {
            true => distinct_neighbours(graph, v).filter(|it| it.1).count() as u32,
            false => links,
        };
        (links, returned)
    })?;
    let links: u64 = counts.iter().map(|it| u64::from(it.0)).sum();
    let returned: u64 = counts.iter().map(|it| u64::from(it.1)).sum();
    let (links, returned) = (links as f64, returned as f64);
    let reciprocity = returned / links;
    let chance = links / (f64::from(n) * (f64::from(n) - 1.0));
    let column = |name, part: fn(&(u32, u32)) -> u32| {
        let values = counts.iter().map(|it| u64::from(part(it))).collect();
        OutputColumn::new(name, Quantity::Count, Values::Integers(values))
    };
    let shares = counts
        .iter()
        .map(|it| f64::from(it.1) / f64::from(it.0))
        .collect();
    Ok(Outcome {
        vertices: vec![
            column("links", |it| it.0),
            column("returned", |it| it.1),
            OutputColumn::new("returned_share", Quantity::Share, Values::Numbers(shares)),
        ],
        summary: vec![
            ("links", Quantity::Count, links),
            ("returned", Quantity::Count, returned),
            ("reciprocity", Quantity::Share, reciprocity),
            (
                "correlation",
                Quantity::Score,
                (reciprocity - chance) / (1.0 - chance),
            ),
        ],
        ..Outcome::default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column, on_threads, run, skewed};
    use super::super::registry::Algorithm;
    use super::*;
    use crate::graph::Direction;

    fn outcome(graph: &Csr) -> Outcome {
        run(&Algorithm::Reciprocity(ReciprocityConfig {}), graph).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The correlation coefficient of the matrix of links with its transpose, by its definition.
        #[test]
        fn the_matrix_of_links_gives_the_same(graph in any_graph(10)) {
            let n = graph.vertex_count();
            let edges = (0..n).flat_map(|u| graph.out.neighbours(u).iter().map(move |v| (u, *v)));
            let links: BTreeSet<(u32, u32)> = edges.filter(|(u, v)| u != v).collect();
            let returned = links.iter().filter(|(u, v)| links.contains(&(*v, *u))).count();
            let summary = outcome(&graph).summary;
            prop_assert_eq!((summary[0].2, summary[1].2), (links.len() as f64, returned as f64));
            let pairs = (0..n).flat_map(|u| (0..n).map(move |v| (u, v))).filter(|(u, v)| u != v);
            let mean = links.len() as f64 / f64::from(n * (n - 1)).max(1.0);
            let at = |u, v| f64::from(u8::from(links.contains(&(u, v)))) - mean;
            let (mut both, mut square) = (0.0, 0.0);
            for (u, v) in pairs {
                both += at(u, v) * at(v, u);
                square += at(u, v) * at(u, v);
            }
            if square > 1e-9 {
                prop_assert!((summary[3].2 - both / square).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn known_graphs_have_their_known_reciprocity() {
        let three = outcome(&graph_of(3, &[(0, 1), (1, 0), (1, 2), (1, 2)], true));
        assert_eq!(three.summary[2].2, 2.0 / 3.0);
        assert_eq!(integer_column(&three, "returned"), [1, 1, 0]);
        assert_eq!(outcome(&graph_of(3, &[(0, 1)], false)).summary[2].2, 1.0);
        assert!(outcome(&graph_of(3, &[(0, 0)], true)).summary[2].2.is_nan());
    }

    #[test]
    fn threads_change_nothing() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || outcome(&graph).summary);
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
}
