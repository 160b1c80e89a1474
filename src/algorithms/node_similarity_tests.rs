//! Node similarity against sets compared pair by pair.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::random_graphs::{
    any_graph, graph_of, integers, number_column, numbers, on_threads, skewed,
};
use super::*;
use crate::graph::Direction;

fn answer(graph: &Csr, config: &NodeSimilarityConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

/// The weights to the neighbours of each vertex that are not left out.
fn rows(graph: &Csr, config: &NodeSimilarityConfig) -> Vec<BTreeMap<u32, f64>> {
    let holders = |item: u32| {
        let lists = (0..graph.vertex_count()).filter(|v| *v != item);
        lists.filter(|v| graph.out.neighbours(*v).contains(&item)).count()
    };
    let row = |v: u32| {
        let mut row = BTreeMap::new();
        for at in graph.out.range(v) {
            let u = graph.out.targets[at];
            if u != v && (config.max_holders == 0 || holders(u) <= config.max_holders as usize) {
                *row.entry(u).or_insert(0.0) += graph.out.weight(at);
            }
        }
        if config.weighted && graph.is_weighted() {
            row
        } else {
            row.into_keys().map(|u| (u, 1.0)).collect()
        }
    };
    (0..graph.vertex_count()).map(row).collect()
}

/// Similarity by the definition over all vertices.
fn similarity(metric: Metric, a: &BTreeMap<u32, f64>, b: &BTreeMap<u32, f64>, n: u32) -> f64 {
    let pairs = || (0..n).map(|it| (a.get(&it).unwrap_or(&0.0), b.get(&it).unwrap_or(&0.0)));
    let sum = |part: fn(f64, f64) -> f64| pairs().map(|(a, b)| part(*a, *b)).sum::<f64>();
    let shared = sum(f64::min);
    match metric {
        Metric::Jaccard => shared / sum(f64::max),
        Metric::Overlap => shared / sum(|a, _| a).min(sum(|_, b| b)),
        Metric::Cosine => sum(|a, b| a * b) / (sum(|a, _| a * a).sqrt() * sum(|_, b| b * b).sqrt()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn all_pairs_of_sets_give_the_same(
        graph in any_graph(14),
        metric in prop::sample::select(vec![Metric::Jaccard, Metric::Overlap, Metric::Cosine]),
        (top_k, degree_cutoff, weighted) in (1_u32..5, 1_u32..4, any::<bool>()),
        (max_holders, cutoff) in (prop::sample::select(vec![0, 2, 4]), prop::sample::select(vec![0.0, 0.3, 1.0])),
    ) {
        let config = NodeSimilarityConfig { metric, top_k, cutoff, degree_cutoff, max_holders, weighted, ..Default::default() };
        let (outcome, n) = (answer(&graph, &config), graph.vertex_count());
        let rows = rows(&graph, &config);
        let column = |name| integers(&outcome.row_column(name).unwrap().values);
        let (from, to, common) = (column("from"), column("to"), column("common"));
        let similar = numbers(&outcome.row_column("similarity").unwrap().values);
        for v in 0..n {
            let own = &rows[v as usize];
            let enough = |row: &BTreeMap<u32, f64>| row.len() >= degree_cutoff as usize;
            let mut wanted: Vec<f64> = (0..n)
                .filter(|u| *u != v && enough(own) && enough(&rows[*u as usize]))
                .filter(|u| own.keys().any(|item| rows[*u as usize].contains_key(item)))
                .map(|u| similarity(metric, own, &rows[u as usize], n))
                .filter(|it| *it >= cutoff - 1e-12)
                .collect();
            wanted.sort_by(|a, b| b.total_cmp(a));
            let listed: Vec<usize> = (0..from.len()).filter(|row| from[*row] == u64::from(v)).collect();
            // At the cut-off itself rounding may decide.
            if cutoff == 0.0 || !weighted {
                prop_assert_eq!(listed.len(), wanted.len().min(top_k as usize));
            }
            for (row, wanted) in listed.iter().zip(&wanted) {
                prop_assert!((similar[*row] - wanted).abs() < 1e-12, "{} {wanted}", similar[*row]);
                let other = &rows[to[*row] as usize];
                prop_assert!((similar[*row] - similarity(metric, own, other, n)).abs() < 1e-12);
                prop_assert_eq!(common[*row], own.keys().filter(|it| other.contains_key(it)).count() as u64);
            }
        }
    }
}

#[test]
fn two_with_the_same_neighbours_are_wholly_similar() {
    let graph = graph_of(5, &[(0, 2), (0, 3), (1, 2), (1, 3), (4, 3)], true);
    let outcome = answer(&graph, &NodeSimilarityConfig::default());
    assert_eq!(
        number_column(&outcome, "best_similarity"),
        [1.0, 1.0, 0.0, 0.0, 0.5]
    );
    let column = |name| integers(&outcome.row_column(name).unwrap().values);
    assert_eq!(column("from"), [0, 0, 1, 1, 4, 4]);
    assert_eq!(column("to"), [1, 4, 0, 4, 0, 1]);
    assert_eq!(column("common"), [2, 1, 2, 1, 1, 1]);
}

#[test]
fn what_was_left_out_or_not_listed_is_said() {
    let graph = graph_of(5, &[(0, 4), (1, 4), (2, 4), (0, 3), (1, 3)], true);
    let exactness = |config| answer(&graph, &config).exactness;
    assert_eq!(exactness(NodeSimilarityConfig::default()), Exactness::Exact);
    let few = NodeSimilarityConfig {
        max_pairs: 3,
        ..Default::default()
    };
    assert_eq!(exactness(few), Exactness::Truncated { listed: 3 });
    let rare = NodeSimilarityConfig {
        max_holders: 2,
        ..Default::default()
    };
    assert_eq!(exactness(rare), Exactness::Truncated { listed: 2 });
}

#[test]
fn parameters_out_of_range_are_refused() {
    let refused = |config: NodeSimilarityConfig| config.validate().unwrap_err().to_string();
    let default = NodeSimilarityConfig::default;
    let error = refused(NodeSimilarityConfig {
        cutoff: 1.5,
        ..default()
    });
    assert_eq!(error, "parameter `cutoff` is 1.5; it must be from 0 to 1");
    assert!(
        refused(NodeSimilarityConfig {
            top_k: 0,
            ..default()
        })
        .contains("`top_k` is 0")
    );
    assert!(
        refused(NodeSimilarityConfig {
            max_holders: 1,
            ..default()
        })
        .contains("max_holders")
    );
    let parameters = BTreeMap::from([("metric".to_owned(), "euclid".into())]);
    let error = crate::algorithms::Algorithm::from_parameters("node_similarity", &parameters).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter `metric` is \"euclid\"; it must be text (jaccard, overlap or cosine)"
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let graph = skewed(Direction::Directed);
    let config = NodeSimilarityConfig {
        metric: Metric::Cosine,
        weighted: true,
        max_pairs: 20_000,
        ..Default::default()
    };
    let of = |threads| on_threads(threads, || answer(&graph, &config));
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(8));
}
