//! Link prediction against every pair of vertices by the definitions.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::random_graphs::{any_graph, graph_of, integers, numbers, on_threads, skewed};
use super::*;
use crate::graph::Direction;

fn answer(graph: &Csr, config: &LinkPredictionConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

const EVERY: [Ranking; 5] = [
    Ranking::CommonNeighbours,
    Ranking::AdamicAdar,
    Ranking::ResourceAllocation,
    Ranking::Jaccard,
    Ranking::PreferentialAttachment,
];

/// The pairs that are not linked and share a neighbour, with their scores in the order of [`EVERY`].
fn by_pairs(graph: &Csr, most: usize) -> Vec<((u32, u32), [f64; 5])> {
    let n = graph.vertex_count();
    let around = |v: u32| -> BTreeSet<u32> {
        let lists = graph.out.neighbours(v).iter().chain(graph.into.neighbours(v));
        lists.copied().filter(|u| *u != v).collect()
    };
    let sets: Vec<BTreeSet<u32>> = (0..n).map(around).collect();
    let mut found = Vec::new();
    for v in 0..n {
        for u in v + 1..n {
            let (a, b) = (&sets[v as usize], &sets[u as usize]);
            let degrees: Vec<f64> = a
                .intersection(b)
                .map(|w| sets[*w as usize].len())
                .filter(|degree| *degree <= most)
                .map(|degree| degree as f64)
                .collect();
            let common = degrees.len() as f64;
            if a.contains(&u) || degrees.is_empty() {
                continue;
            }
            let scores = [
                common,
                degrees.iter().map(|it| 1.0 / it.ln()).sum(),
                degrees.iter().map(|it| 1.0 / it).sum(),
                common / (a.len() as f64 + b.len() as f64 - common),
                (a.len() * b.len()) as f64,
            ];
            found.push(((v, u), scores));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_pair_has_the_scores_of_the_definitions(
        graph in any_graph(14),
        by in 0_usize..5,
        top_k in 1_u32..30,
        max_neighbours in prop::sample::select(vec![0_u32, 3, 5]),
    ) {
        let config = LinkPredictionConfig { by: EVERY[by], top_k, max_neighbours };
        let most = if max_neighbours == 0 { usize::MAX } else { max_neighbours as usize };
        let outcome = answer(&graph, &config);
        let mut wanted = by_pairs(&graph, most);
        prop_assert_eq!(outcome.summary[1].2, wanted.len() as f64);
        wanted.sort_by(|a, b| b.1[by].total_cmp(&a.1[by]).then(a.0.cmp(&b.0)));
        wanted.truncate(top_k as usize);
        let whole = |name| integers(&outcome.row_column(name).unwrap().values);
        let real = |name| numbers(&outcome.row_column(name).unwrap().values);
        let (from, to) = (whole("from"), whole("to"));
        let found: Vec<_> = (0..from.len()).map(|row| (from[row] as u32, to[row] as u32)).collect();
        prop_assert_eq!(&found, &wanted.iter().map(|it| it.0).collect::<Vec<_>>());
        let columns = [
            whole("common_neighbours").into_iter().map(|it| it as f64).collect(),
            real("adamic_adar"),
            real("resource_allocation"),
            real("jaccard"),
            real("preferential_attachment"),
        ];
        for (row, (_, scores)) in wanted.iter().enumerate() {
            prop_assert_eq!(columns.each_ref().map(|column: &Vec<f64>| column[row]), *scores);
        }
    }
}

#[test]
fn a_path_of_three_lacks_the_link_of_its_ends() {
    let outcome = answer(
        &graph_of(4, &[(0, 1), (1, 2)], true),
        &LinkPredictionConfig::default(),
    );
    let column = |name| integers(&outcome.vertex_column(name).unwrap().values);
    assert_eq!(
        column("likely_partner"),
        [2, u64::from(u32::MAX), 0, u64::from(u32::MAX)]
    );
    assert_eq!(column("predicted"), [1, 0, 1, 0]);
    let score = numbers(&outcome.row_column("adamic_adar").unwrap().values);
    assert_eq!(score, [1.0 / 2.0_f64.ln()]);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let config = LinkPredictionConfig {
        top_k: 0,
        ..Default::default()
    };
    assert!(
        config
            .validate()
            .unwrap_err()
            .to_string()
            .contains("`top_k` is 0")
    );
    let config = LinkPredictionConfig {
        max_neighbours: 1,
        ..Default::default()
    };
    assert!(config.validate().is_err());
}

#[test]
fn threads_do_not_change_a_bit() {
    let graph = skewed(Direction::Directed);
    let config = LinkPredictionConfig::default();
    let of = |threads| on_threads(threads, || answer(&graph, &config));
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(8));
}
