//! Truss numbers: how tightly each link is held by triangles.
//!
//! The k-truss is the largest part of the graph in which every link closes at least `k - 2` triangles; the
//! truss number of a link is the largest `k` whose truss holds it, that of a vertex the largest of its
//! links.
//!
//! Convention: direction is ignored, parallel edges are one link, self-loops do not count. A link in no
//! triangle has the number 2, a vertex without links 0.
//!
//! Method: links are peeled off, those in fewest triangles first, as vertices are for core numbers. Cost:
//! O(m √m) time, the count of triangles divided by the threads; 50 bytes a link and 40 a vertex beyond the
//! graph. Source: Cohen 2008; Wang & Cheng, PVLDB 5, 2012.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::chunks::WAVE;
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::simple_view::SimpleView;
use super::truss_links::{Peeling, supports};
use super::upward::Upward;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::KTruss`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KTrussConfig {
    /// Links of a smaller truss number are not listed, from 2.
    pub min_truss: u32,
    /// Links listed at most, from 1.
    pub max_links: u64,
}

impl Default for KTrussConfig {
    fn default() -> Self {
        Self {
            min_truss: 3,
            max_links: 1_000_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "k_truss",
    aliases: &["truss", "truss_numbers", "ktruss"],
    special_cases: &[],
    title: "Truss numbers",
    summary: "Says of each link and vertex how tight the tightest cluster is that holds it by triangles.",
    convention: "In the truss of a number k every link closes at least k - 2 triangles within it. Edges count both \
                 ways whatever their direction, several between two are one link, and an edge from a vertex to \
                 itself does not count.",
    source: "Cohen 2008; Wang & Cheng, PVLDB 5, 2012.",
    parameters: &[
        ParameterInfo {
            name: "min_truss",
            kind: "whole number",
            default: "3",
            range: "from 2 to 4294967295",
            meaning: "Links of a smaller truss number are not listed.",
        },
        ParameterInfo {
            name: "max_links",
            kind: "whole number",
            default: "1000000",
            range: "from 1 to 18446744073709551615",
            meaning: "Links listed at most, in vertex order; the result says when there are more.",
        },
    ],
    columns: &[ColumnInfo {
        name: "truss",
        quantity: Quantity::Count,
        meaning: "The largest truss number of its links; 2 where they close no triangle, 0 without links.",
    }],
    rows: Some((
        "links",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "The end that comes first in vertex order.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "The other end.",
            },
            ColumnInfo {
                name: "truss",
                quantity: Quantity::Count,
                meaning: "Truss number of the link.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "max_truss",
            quantity: Quantity::Count,
            meaning: "The largest truss number.",
        },
        ColumnInfo {
            name: "innermost",
            quantity: Quantity::Count,
            meaning: "Links that have it.",
        },
        ColumnInfo {
            name: "triangles",
            quantity: Quantity::Count,
            meaning: "Triangles in the graph.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl KTrussConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if self.min_truss < 2 {
            let problem = format!("is {}; it must be 2 or more", self.min_truss);
            return refused("min_truss", problem);
        }
        if self.max_links == 0 {
            return refused("max_links", "is 0; it must be 1 or more".to_owned());
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &KTrussConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let rows = m.min(config.max_links);
    Work {
        // What peels the links takes most; the simple view is gone by then.
        bytes: 60 * n + 50 * m + 16 * rows + WAVE as u64 * (4 * n + 8 * (2 * m).isqrt()),
        // Twice over the triangles, and over the links at each level, which are no more than those of a clique.
        operations: n + 20 * m + m.saturating_mul((2 * m).isqrt()).saturating_mul(4),
        rows,
    }
}

/// Computes truss numbers.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    config: &KTrussConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let view = SimpleView::new(graph, control)?;
    let mut upward = Upward::of(&view, false, control)?;
    drop(view);
    upward.sort(control)?;
    let support = supports(&upward, control)?;
    let corners: u64 = support.iter().map(|it| u64::from(*it)).sum();
    let truss = Peeling::new(&upward, support, control)?.run()?;
    Ok(outcome(&upward, &truss, config, corners / 3))
}

fn outcome(upward: &Upward, truss: &[u32], config: &KTrussConfig, triangles: u64) -> Outcome {
    let n = upward.vertex_count();
    let mut vertices = vec![0; n as usize];
    for (v, rank) in (0..n).zip(&upward.rank) {
        vertices[*rank as usize] = v;
    }
    let (mut of_rank, mut listed) = (vec![0_u64; n as usize], Vec::new());
    for a in 0..n {
        for link in upward.range(a) {
            let (b, number) = (upward.above[link], truss[link]);
            for end in [a, b] {
                let best = &mut of_rank[end as usize];
                *best = (*best).max(u64::from(number));
            }
            if number >= config.min_truss {
                let (v, u) = (vertices[a as usize], vertices[b as usize]);
                listed.push((v.min(u), v.max(u), number));
            }
        }
    }
    listed.par_sort_unstable();
    let cap = usize::try_from(config.max_links).unwrap_or(usize::MAX);
    let is_cut = listed.len() > cap;
    listed.truncate(cap);
    let most = truss.iter().copied().max().unwrap_or(0);
    let innermost = truss.iter().filter(|it| **it == most).count();
    let numbers = listed.iter().map(|it| u64::from(it.2)).collect();
    let (from, to) = listed.iter().map(|it| (it.0, it.1)).unzip();
    Outcome {
        vertices: vec![OutputColumn::new(
            "truss",
            Quantity::Count,
            Values::Integers(upward.by_vertex(&of_rank)),
        )],
        rows: Some(RowTable {
            name: "links",
            columns: vec![
                OutputColumn::new("from", Quantity::Name, Values::Vertices(from)),
                OutputColumn::new("to", Quantity::Name, Values::Vertices(to)),
                OutputColumn::new("truss", Quantity::Count, Values::Integers(numbers)),
            ],
        }),
        summary: vec![
            ("max_truss", Quantity::Count, f64::from(most)),
            ("innermost", Quantity::Count, innermost as f64),
            ("triangles", Quantity::Count, triangles as f64),
        ],
        exactness: if is_cut {
            Exactness::Truncated {
                listed: config.max_links,
            }
        } else {
            Exactness::Exact
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column, integers, on_threads, skewed};
    use super::*;
    use crate::graph::Direction;

    fn answer(graph: &Csr, config: &KTrussConfig) -> Outcome {
        run(graph, config, &Inputs::default(), &Control::default()).unwrap()
    }

    type Pairs = BTreeSet<(u32, u32)>;

    /// Truss numbers by their definition: for each k, drop links in too few triangles until none is left to drop.
    fn by_definition(graph: &Csr) -> Vec<(u64, u64, u64)> {
        let list = |v: u32| {
            graph
                .out
                .neighbours(v)
                .iter()
                .map(move |u| (v.min(*u), v.max(*u)))
        };
        let mut left: Pairs = (0..graph.vertex_count())
            .flat_map(list)
            .filter(|it| it.0 != it.1)
            .collect();
        let mut found = Vec::new();
        for k in 3.. {
            loop {
                let has = |a: u32, b: u32| left.contains(&(a.min(b), a.max(b)));
                let triangles = |(v, u): (u32, u32)| {
                    (0..graph.vertex_count())
                        .filter(|w| has(v, *w) && has(u, *w))
                        .count() as u64
                };
                let weak: Pairs = left.iter().copied().filter(|it| triangles(*it) < k - 2).collect();
                if weak.is_empty() {
                    break;
                }
                for pair in weak {
                    left.remove(&pair);
                    found.push((u64::from(pair.0), u64::from(pair.1), k - 1));
                }
            }
            if left.is_empty() {
                break;
            }
        }
        found.sort_unstable();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn dropping_weak_links_gives_the_same(graph in any_graph(10)) {
            let config = KTrussConfig { min_truss: 2, ..Default::default() };
            let outcome = answer(&graph, &config);
            let column = |name| integers(&outcome.row_column(name).unwrap().values);
            let (from, to, truss) = (column("from"), column("to"), column("truss"));
            let found: Vec<_> = (0..from.len()).map(|row| (from[row], to[row], truss[row])).collect();
            let wanted = by_definition(&graph);
            prop_assert_eq!(&found, &wanted);
            let of = |v: u64| wanted.iter().filter(|it| it.0 == v || it.1 == v).map(|it| it.2).max();
            let most: Vec<u64> = (0..u64::from(graph.vertex_count())).map(|v| of(v).unwrap_or(0)).collect();
            prop_assert_eq!(integer_column(&outcome, "truss"), most);
        }
    }

    #[test]
    fn a_clique_is_a_truss_of_its_size() {
        let clique: Vec<(u32, u32)> = (0..6).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        let edges = [clique, vec![(5, 6), (6, 7)]].concat();
        let outcome = answer(&graph_of(9, &edges, true), &KTrussConfig::default());
        assert_eq!(integer_column(&outcome, "truss"), [6, 6, 6, 6, 6, 6, 2, 2, 0]);
        assert_eq!(outcome.summary[1].2, 15.0);
        assert_eq!(outcome.summary[2].2, 20.0);
        let few = KTrussConfig {
            max_links: 4,
            ..Default::default()
        };
        let outcome = answer(&graph_of(9, &edges, true), &few);
        assert_eq!(outcome.exactness, Exactness::Truncated { listed: 4 });
        assert!(KTrussConfig { min_truss: 1, ..few }.validate().is_err());
    }

    #[test]
    fn threads_do_not_change_a_number() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || answer(&graph, &KTrussConfig::default()));
        assert_eq!(of(1), of(3));
        assert_eq!(of(1), of(8));
        let control = Control::default();
        control.cancel();
        let stopped = run(&graph, &KTrussConfig::default(), &Inputs::default(), &control);
        assert_eq!(stopped, Err(KernelError::Cancelled));
    }

    /// Many links of one vertex in one turn are marked, few are searched for; both agree with one another.
    #[test]
    fn a_wheel_with_a_crowded_hub_has_truss_3_and_its_loose_ends_2() {
        let rim = 1..400_u32;
        let spokes = rim.clone().map(|v| (0, v));
        let edges: Vec<(u32, u32)> = spokes
            .chain(rim.map(|v| (v, v % 399 + 1)))
            .chain((400..420).map(|v| (0, v)))
            .collect();
        let outcome = answer(&graph_of(420, &edges, false), &KTrussConfig::default());
        let wanted: Vec<u64> = (0..420).map(|v| if v < 400 { 3 } else { 2 }).collect();
        assert_eq!(integer_column(&outcome, "truss"), wanted);
        assert_eq!(outcome.summary[1].2, 798.0);
    }
}
