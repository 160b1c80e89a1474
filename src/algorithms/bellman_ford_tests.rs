//! Distances and cycles against relaxing every edge.

use proptest::prelude::*;

use super::*;
use crate::algorithms::random_graphs::{integer_column, keep_all, number_column, numbers};
use crate::graph::{EdgeList, build};

fn answer(graph: &Csr, sources: &[u32]) -> Outcome {
    let inputs = Inputs {
        sources: sources.to_vec(),
        ..Inputs::default()
    };
    run(graph, &BellmanFordConfig::default(), &inputs, &Control::default()).unwrap()
}

fn weighted(n: u32, rows: &[(u32, u32, i8)], directed: bool) -> Csr {
    let edges = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: Some(rows.iter().map(|it| f64::from(it.2)).collect()),
        times: None,
    };
    build(n, edges, keep_all(directed))
}

/// Relaxes every edge n times, then n times more to see what still falls.
fn by_definition(graph: &Csr, source: u32) -> Vec<f64> {
    let n = graph.vertex_count();
    let mut length = vec![f64::INFINITY; n as usize];
    length[source as usize] = 0.0;
    for round in 0..2 * n {
        for v in 0..n {
            for at in graph.out.range(v) {
                let u = graph.out.targets[at] as usize;
                if length[v as usize] + graph.out.weight(at) < length[u] {
                    let still_falls = round >= n;
                    length[u] = if still_falls {
                        f64::NEG_INFINITY
                    } else {
                        length[v as usize] + graph.out.weight(at)
                    };
                }
            }
        }
    }
    length
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn distances_are_what_relaxing_every_edge_gives_and_cycles_are_negative(
        rows in prop::collection::vec((0_u32..9, 0_u32..9, -2_i8..7), 0..30),
    ) {
        let graph = weighted(9, &rows, true);
        let expected = by_definition(&graph, 0);
        let outcome = answer(&graph, &[0]);
        let found = number_column(&outcome, "distance");
        let parents = integer_column(&outcome, "parent");
        for v in 0..9 {
            if expected[v] == f64::NEG_INFINITY {
                prop_assert!(found[v].is_nan());
            } else {
                prop_assert_eq!(found[v], expected[v]);
            }
            if let Some(length) = found.get(parents[v] as usize) {
                prop_assert_eq!(length + graph.out.lightest_to(parents[v] as u32, v as u32), found[v]);
            }
        }
        let spoiled = expected.contains(&f64::NEG_INFINITY);
        prop_assert_eq!(listed(&outcome).is_empty(), !spoiled);
        let weights = numbers(&outcome.row_column("weight").unwrap().values);
        for (cycle, weight) in listed(&outcome).iter().zip(weights) {
            prop_assert!(weight < 0.0, "{:?} weighs {}", cycle, weight);
            prop_assert!(cycle.iter().all(|v| found[*v as usize].is_nan()));
        }
    }
}

#[test]
fn a_cycle_is_named_in_the_order_of_travel() {
    let graph = weighted(
        6,
        &[(0, 3, 1), (3, 1, -4), (1, 4, 1), (4, 3, 2), (4, 5, 1), (0, 2, -7)],
        true,
    );
    let outcome = answer(&graph, &[0]);
    assert_eq!(listed(&outcome), [[1, 4, 3]]);
    assert_eq!(number_column(&outcome, "distance")[2], -7.0);
    let summary: Vec<f64> = outcome.summary.iter().map(|it| it.2).collect();
    assert_eq!(summary, [6.0, 4.0, 1.0]);
}

#[test]
fn a_long_chain_with_a_loop_at_itself_ends() {
    let mut rows: Vec<(u32, u32, i8)> = (0..999).map(|v| (v, v + 1, -1)).collect();
    let outcome = answer(&weighted(1000, &rows, true), &[]);
    assert_eq!(number_column(&outcome, "distance")[999], -999.0);
    rows.push((998, 998, -1));
    assert_eq!(listed(&answer(&weighted(1000, &rows, true), &[])), [[998]]);
}

#[test]
fn a_circle_that_is_zero_but_for_rounding_is_not_negative() {
    let edges = EdgeList {
        sources: vec![0, 1, 2],
        targets: vec![1, 2, 0],
        weights: Some(vec![0.1, 0.2, -0.3 - 1e-16]),
        times: None,
    };
    let outcome = answer(&build(3, edges, keep_all(true)), &[0]);
    assert!(listed(&outcome).is_empty());
}

#[test]
fn a_negative_weight_without_direction_is_refused() {
    let graph = weighted(2, &[(0, 1, -1)], false);
    let refused = run(
        &graph,
        &BellmanFordConfig::default(),
        &Inputs::default(),
        &Control::default(),
    );
    assert!(matches!(refused, Err(KernelError::NotApplicable { .. })));
}
