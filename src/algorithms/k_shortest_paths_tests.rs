//! Ways are listed in order, all of them, and within what was reckoned.

use proptest::prelude::*;

use super::super::random_graphs::{any_graph, graph_of, numbers};
use super::*;

fn answer(graph: &Csr, source: u32, target: u32, k: u32) -> Outcome {
    let config = KShortestPathsConfig {
        k,
        ..KShortestPathsConfig::default()
    };
    let inputs = Inputs {
        sources: vec![source],
        targets: vec![target],
        ..Inputs::default()
    };
    run(graph, &config, &inputs, &Control::default()).unwrap()
}

#[test]
fn many_ways_on_a_large_graph_are_not_reckoned_through_all_its_vertices() {
    let config = KShortestPathsConfig {
        k: 10_000,
        ..KShortestPathsConfig::default()
    };
    let size = Extent {
        n: 200_000,
        m: 1_000_000,
        attributes: 0,
    };
    assert!(work(&config, size).bytes < 300 << 20, "{:?}", work(&config, size));
    // A few may still pass every vertex.
    let few = KShortestPathsConfig { k: 5, ..config };
    assert!(work(&few, size).bytes > 5 * 12 * size.n);
}

fn listed(outcome: &Outcome) -> Vec<Vec<u32>> {
    match &outcome.row_column("members").unwrap().values {
        Values::Lists { offsets, members } => offsets
            .windows(2)
            .map(|it| members[it[0]..it[1]].to_vec())
            .collect(),
        _ => panic!("not lists"),
    }
}

/// Every path without a repeated vertex, by walking all of them.
fn all_paths(graph: &Csr, path: &mut Vec<u32>, target: u32, found: &mut Vec<Vec<u32>>) {
    let v = path[path.len() - 1];
    if v == target {
        found.push(path.clone());
        return;
    }
    let mut next = graph.out.neighbours(v).to_vec();
    next.dedup();
    for u in next {
        if !path.contains(&u) {
            path.push(u);
            all_paths(graph, path, target, found);
            path.pop();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn they_are_the_shortest_of_all_paths(graph in any_graph(7), ends in (0_u32..7, 0_u32..7), k in 1_u32..12) {
        let n = graph.vertex_count();
        let (source, target) = (ends.0 % n, ends.1 % n);
        let mut all = Vec::new();
        all_paths(&graph, &mut vec![source], target, &mut all);
        let lengths = |paths: &[Vec<u32>]| -> Vec<f64> {
            paths.iter().map(|it| measured(&graph.out, it.clone()).length()).collect()
        };
        let mut expected = lengths(&all);
        expected.sort_unstable_by(f64::total_cmp);
        expected.truncate(k as usize);
        let outcome = answer(&graph, source, target, k);
        prop_assert_eq!(numbers(&outcome.row_column("length").unwrap().values), expected.clone());
        let mut found = listed(&outcome);
        prop_assert_eq!(lengths(&found), expected);
        prop_assert!(found.iter().all(|path| all.contains(path)));
        found.sort_unstable();
        found.dedup();
        prop_assert_eq!(found.len() as f64, outcome.summary[0].2);
    }
}

#[test]
fn a_grid_has_as_many_shortest_ways_as_choices_of_turns() {
    // 4 x 4 vertices: 20 ways of 6 edges.
    let edge = |at: u32| [(at, at + 1), (at, at + 4)];
    let pairs: Vec<(u32, u32)> = (0..16)
        .flat_map(edge)
        .filter(|(v, u)| *u < 16 && (u - v == 4 || u % 4 != 0))
        .collect();
    let outcome = answer(&graph_of(16, &pairs, true), 0, 15, 100);
    assert_eq!(
        outcome.summary,
        [
            ("paths", Quantity::Count, 20.0),
            ("shortest", Quantity::Hops, 6.0),
            ("longest", Quantity::Hops, 6.0)
        ]
    );
}

#[test]
fn several_sources_are_refused() {
    let two = vec!["a".to_owned(), "b".to_owned()];
    let config = KShortestPathsConfig {
        sources: two.clone(),
        targets: two[..1].to_vec(),
        k: 5,
    };
    let message = config.validate().unwrap_err().to_string();
    assert_eq!(
        message,
        "parameter `sources` names 2 vertices of the graph; give the key of exactly one"
    );
}
