//! How degrees are spread: by rows, by inequality, and by a power law of the tail.
//!
//! Convention: the degree of a vertex is the number of its edges, in and out: parallel edges count as
//! often as the projection keeps them, a self-loop once in and once out (undirected: once). Gini is 0 when
//! all degrees are equal and nears 1 when one vertex has all edges; the Herfindahl-Hirschman index sums the
//! squared shares of the edge ends, from 1/n to 1. The power law is fitted to the degrees from 1; where
//! fewer than two of those differ it is undefined (NaN).
//!
//! Cost: O(n log n + D²) time for D different degrees, 20 bytes a vertex; vertices are divided by the
//! threads, different degrees are not.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::power_law;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, TableOrder, Work};
use super::sort::sort_by_key;
use crate::graph::{Csr, Neighbourhoods, stats};

/// Parameters of [`super::Algorithm::DegreeDistribution`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DegreeDistributionConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "degree_distribution",
    aliases: &["degree_histogram", "power_law", "gini", "hhi", "herfindahl"],
    special_cases: &[],
    title: "Degree distribution",
    summary: "Counts the vertices of each degree, and measures how unequal degrees are and how heavy their tail is.",
    convention: "A degree counts edges in and out, parallel edges as often as the projection keeps them. Of all \
                 tails of the degrees, with the likeliest exponent for each, the one nearest to its law is told; that \
                 it lies near does not prove that degrees follow the law, and of less than some fifty vertices the \
                 exponent is uncertain.",
    source: "Clauset, Shalizi and Newman, SIAM Review 51, 2009; Gini 1912; Hirschman 1945.",
    parameters: &[],
    columns: &[
        count("degree", "Edges at the vertex, in and out."),
        share(
            "at_most_share",
            "Vertices whose degree is not above this one, as a share of all.",
        ),
    ],
    rows: Some((
        "degrees",
        &[
            count("degree", "The degree."),
            count("vertices", "Vertices of this degree."),
            share("share", "Those as a share of all vertices."),
            share(
                "at_least_share",
                "Vertices of this degree or more as a share of all.",
            ),
        ],
    )),
    order: &[("degrees", TableOrder::Least("degree"))],
    summary_values: &[
        score("mean_degree", "Mean degree."),
        count("largest_degree", "Largest degree."),
        score(
            "gini",
            "Inequality of degrees, from 0 (all equal) towards 1 (one has all).",
        ),
        score(
            "concentration",
            "Herfindahl-Hirschman index: sum of the squared shares of the edge ends, from 1/n to 1.",
        ),
        score(
            "exponent",
            "Exponent of the power law that lies nearest to the tail that it begins.",
        ),
        count("tail_from", "Degree from which the power law holds."),
        count("tail_vertices", "Vertices in that tail."),
        score(
            "tail_distance",
            "Greatest distance between the tail's distribution function and the law's, from 0 to 1.",
        ),
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e9,
};

const fn count(name: &'static str, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity: Quantity::Count,
        meaning,
    }
}

const fn share(name: &'static str, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity: Quantity::Share,
        meaning,
    }
}

const fn score(name: &'static str, meaning: &'static str) -> ColumnInfo {
    ColumnInfo {
        name,
        quantity: Quantity::Score,
        meaning,
    }
}

impl DegreeDistributionConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &DegreeDistributionConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    // D different degrees from 1 sum to D (D + 1) / 2 or more, and all degrees to 2 m.
    let different = n.min(2 * m.isqrt() + 2);
    Work {
        bytes: 44 * n + 64 * different,
        operations: n
            .saturating_mul(2 + u64::from(n.max(2).ilog2()))
            .saturating_add(different.saturating_mul(2 * different + 400)),
        rows: different,
    }
}

/// Counts and measures the degrees.
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    _config: &DegreeDistributionConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let mut degrees = vec![0_u32; n];
    blocks::fill_around(graph, &mut degrees, control, |v| {
        let into = if graph.directed { graph.into.degree(v) } else { 0 };
        (graph.out.degree(v) + into) as u32
    })?;
    let mut ascending = degrees.clone();
    sort_by_key(&mut ascending, control, |it| *it)?;
    let counts: Vec<(u32, u64)> = ascending
        .chunk_by(|a, b| a == b)
        .map(|it| (it[0], it.len() as u64))
        .collect();
    control.check()?;
    let summary = summary(&ascending, &counts, control)?;
    let mut shares = vec![0.0; n];
    blocks::fill(&mut shares, &control.silent(), |v| {
        let own = degrees[v as usize];
        ascending.partition_point(|it| *it <= own) as f64 / n as f64
    })?;
    let integers = degrees.iter().map(|it| u64::from(*it)).collect();
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("degree", Quantity::Count, Values::Integers(integers)),
            OutputColumn::new("at_most_share", Quantity::Share, Values::Numbers(shares)),
        ],
        rows: Some(rows(&counts, n as f64)),
        summary,
        ..Outcome::default()
    })
}

fn summary(
    ascending: &[u32],
    counts: &[(u32, u64)],
    control: &Control,
) -> Result<Vec<(&'static str, Quantity, f64)>, KernelError> {
    let amounts: Vec<f64> = ascending.iter().map(|it| f64::from(*it)).collect();
    let ends: f64 = amounts.iter().sum();
    let squares: f64 = amounts.iter().map(|it| (it / ends).powi(2)).sum();
    let linked = counts.partition_point(|it| it.0 == 0);
    let law = power_law::fit(&counts[linked..], control)?;
    let of_law = |part: fn(power_law::PowerLaw) -> f64| law.map_or(f64::NAN, part);
    Ok(vec![
        ("mean_degree", Quantity::Score, ends / amounts.len().max(1) as f64),
        (
            "largest_degree",
            Quantity::Count,
            amounts.last().copied().unwrap_or(0.0),
        ),
        ("gini", Quantity::Score, stats::gini(&amounts)),
        ("concentration", Quantity::Score, squares),
        ("exponent", Quantity::Score, of_law(|it| it.alpha)),
        ("tail_from", Quantity::Count, of_law(|it| f64::from(it.x_min))),
        ("tail_vertices", Quantity::Count, of_law(|it| it.tail as f64)),
        ("tail_distance", Quantity::Score, of_law(|it| it.distance)),
    ])
}

fn rows(counts: &[(u32, u64)], n: f64) -> RowTable {
    let mut left: u64 = counts.iter().map(|it| it.1).sum();
    let mut at_least = Vec::with_capacity(counts.len());
    for (_, count) in counts {
        at_least.push(left as f64 / n);
        left -= count;
    }
    let column = OutputColumn::new;
    RowTable {
        name: "degrees",
        columns: vec![
            column(
                "degree",
                Quantity::Count,
                Values::Integers(counts.iter().map(|it| u64::from(it.0)).collect()),
            ),
            column(
                "vertices",
                Quantity::Count,
                Values::Integers(counts.iter().map(|it| it.1).collect()),
            ),
            column(
                "share",
                Quantity::Share,
                Values::Numbers(counts.iter().map(|it| it.1 as f64 / n).collect()),
            ),
            column("at_least_share", Quantity::Share, Values::Numbers(at_least)),
        ],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{
        any_graph, graph_of, integer_column, integers, on_threads, run, skewed,
    };
    use super::super::registry::Algorithm;
    use super::*;
    use crate::graph::Direction;

    fn outcome(graph: &Csr) -> Outcome {
        run(&Algorithm::DegreeDistribution(DegreeDistributionConfig {}), graph).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn rows_and_shares_count_the_degrees(graph in any_graph(14)) {
            let found = outcome(&graph);
            let degrees = integer_column(&found, "degree");
            let ends = graph.out.targets.len() + if graph.directed { graph.into.targets.len() } else { 0 };
            prop_assert_eq!(degrees.iter().sum::<u64>(), ends as u64);
            let row = |name: &str| integers(&found.row_column(name).unwrap().values);
            for (degree, count) in row("degree").iter().zip(row("vertices")) {
                prop_assert_eq!(degrees.iter().filter(|it| *it == degree).count() as u64, count);
            }
            prop_assert_eq!(row("vertices").iter().sum::<u64>(), degrees.len() as u64);
            for (own, share) in degrees.iter().zip(found.numbers("at_most_share")) {
                let at_most = degrees.iter().filter(|it| *it <= own).count();
                prop_assert_eq!(*share, at_most as f64 / degrees.len() as f64);
            }
        }
    }

    #[test]
    fn known_graphs_have_their_known_spread() {
        let ring = outcome(&graph_of(4, &[(0, 1), (1, 2), (2, 3), (3, 0)], true));
        assert_eq!(
            (ring.summary[0].2, ring.summary[2].2, ring.summary[3].2),
            (2.0, 0.0, 0.25)
        );
        assert!(ring.summary[4].2.is_nan());
        let star: Vec<(u32, u32)> = (1..5).map(|v| (0, v)).collect();
        let star = outcome(&graph_of(5, &star, false));
        assert_eq!((star.summary[1].2, star.summary[3].2), (4.0, 20.0 / 64.0));
        assert!((star.summary[2].2 - 0.3).abs() < 1e-12);
    }

    #[test]
    fn threads_change_nothing_and_a_skewed_graph_has_a_tail() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || outcome(&graph));
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
        assert!((1.2..4.0).contains(&one.summary[4].2), "{:?}", one.summary);
    }
}
