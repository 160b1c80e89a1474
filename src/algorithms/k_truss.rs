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
//! O(m √m log d) time, the count of triangles divided by the threads; 34 bytes a link beyond the graph.
//! Source: Cohen 2008; Wang & Cheng, PVLDB 5, 2012.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::k_core::Buckets;
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParameterInfo, Work};
use super::simple_view::SimpleView;
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
    aliases: &["truss", "truss_numbers"],
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
            range: "from 2",
            meaning: "Links of a smaller truss number are not listed.",
        },
        ParameterInfo {
            name: "max_links",
            kind: "whole number",
            default: "1000000",
            range: "from 1",
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
    counts_parallel: false,
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
        bytes: 40 * n + 60 * m + 16 * rows,
        // Twice over the links, and over the neighbours of the end that has fewer.
        operations: n + 6 * m + m.saturating_mul((2 * m).isqrt().min(n)).saturating_mul(2),
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
    let links = Links::new(&view, control)?;
    let count = links.ends.len();
    control.expect(count as u64);
    let mut support = vec![0_u32; count];
    blocks::fill(&mut support, control, |link| {
        let mut triangles = 0;
        // A cancelled run is noticed between blocks: one link costs its shorter list only.
        links.each_triangle(link, |_, _| triangles += 1);
        triangles
    })?;
    let corners: u64 = support.iter().map(|it| u64::from(*it)).sum();
    let truss = links.peel(support, control)?;
    Ok(outcome(&links, &truss, config, corners / 3))
}

/// The links of a graph by number, in the order of their ends.
struct Links<'a> {
    view: &'a SimpleView,
    /// The ends of each link, the smaller first.
    ends: Vec<(u32, u32)>,
    /// The link of each entry of the view.
    numbers: Vec<u32>,
}

impl<'a> Links<'a> {
    fn new(view: &'a SimpleView, control: &Control) -> Result<Self, KernelError> {
        let n = view.vertex_count();
        let mut links = Links {
            view,
            ends: Vec::with_capacity(view.entry_count() / 2),
            numbers: vec![0; view.entry_count()],
        };
        // Where the next smaller neighbour of each vertex stands: they come in order.
        let mut next: Vec<usize> = (0..n).map(|v| view.range(v).start).collect();
        for v in 0..n {
            if (v as usize).is_multiple_of(blocks::BLOCK) {
                control.check()?;
            }
            for at in view.range(v) {
                let u = view.target(at);
                if u > v {
                    let number = links.ends.len() as u32;
                    links.ends.push((v, u));
                    links.numbers[at] = number;
                    links.numbers[next[u as usize]] = number;
                    next[u as usize] += 1;
                }
            }
        }
        Ok(links)
    }

    /// Calls `visit` with the two other links of each triangle that `link` is part of.
    fn each_triangle(&self, link: u32, mut visit: impl FnMut(u32, u32)) {
        let (mut few, mut many) = self.ends[link as usize];
        if self.view.degree(few) > self.view.degree(many) {
            std::mem::swap(&mut few, &mut many);
        }
        let range = self.view.range(many);
        let mut from = range.start;
        let others = self.view.neighbours(many);
        for at in self.view.range(few) {
            let wanted = self.view.target(at);
            // Both lists ascend, so that the search goes on where it stopped, in strides that double.
            let rest = &others[from - range.start..];
            let mut stride = 1;
            while stride < rest.len() && rest[stride] < wanted {
                stride *= 2;
            }
            let within = &rest[stride / 2..rest.len().min(stride + 1)];
            from += stride / 2 + within.partition_point(|it| *it < wanted);
            if from == range.end {
                return;
            }
            if self.view.target(from) == wanted {
                visit(self.numbers[at], self.numbers[from]);
            }
        }
    }

    /// The truss number of each link, whose triangles are `support`.
    fn peel(&self, mut support: Vec<u32>, control: &Control) -> Result<Vec<u32>, KernelError> {
        let mut buckets = Buckets::of(&support);
        blocks::in_turn(support.len() as u32, control, |at| {
            let link = buckets.order[at as usize];
            let own = support[link as usize];
            self.each_triangle(link, |a, b| {
                // A triangle that lost a link already holds nothing any more.
                if buckets.place[a as usize] > at && buckets.place[b as usize] > at {
                    for other in [a, b] {
                        if support[other as usize] > own {
                            buckets.lower(other, &mut support);
                        }
                    }
                }
            });
        })?;
        support.iter_mut().for_each(|it| *it += 2);
        Ok(support)
    }
}

fn outcome(links: &Links, truss: &[u32], config: &KTrussConfig, triangles: u64) -> Outcome {
    let mut of_vertex = vec![0_u64; links.view.vertex_count() as usize];
    let (mut from, mut to, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_cut = false;
    for (&(v, u), &number) in links.ends.iter().zip(truss) {
        for end in [v, u] {
            let best = &mut of_vertex[end as usize];
            *best = (*best).max(u64::from(number));
        }
        if number >= config.min_truss {
            if numbers.len() as u64 == config.max_links {
                is_cut = true;
                continue;
            }
            from.push(v);
            to.push(u);
            numbers.push(u64::from(number));
        }
    }
    let most = truss.iter().copied().max().unwrap_or(0);
    let innermost = truss.iter().filter(|it| **it == most).count();
    Outcome {
        vertices: vec![OutputColumn::new(
            "truss",
            Quantity::Count,
            Values::Integers(of_vertex),
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
    }
}
