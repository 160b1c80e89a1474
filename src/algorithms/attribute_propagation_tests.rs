use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::random_graphs::{all_distances, any_graph, graph_of, integer_column, on_threads, skewed};
use super::super::registry::ItemCodes;
use super::*;
use crate::graph::Direction;

fn given(codes: Vec<u32>) -> Inputs {
    Inputs {
        items: vec![ItemCodes {
            name: "tag".to_owned(),
            codes,
        }],
        ..Inputs::default()
    }
}

fn outcome(graph: &Csr, config: &AttributePropagationConfig, codes: &[u32]) -> Outcome {
    run(graph, config, &given(codes.to_vec()), &Control::default()).unwrap()
}

/// The bearers that each vertex lists.
fn lists(outcome: &Outcome) -> Vec<Vec<u32>> {
    match &outcome.vertex_column("bearers").unwrap().values {
        Values::Lists { offsets, members } => offsets
            .windows(2)
            .map(|it| members[it[0]..it[1]].to_vec())
            .collect(),
        other => panic!("{other:?}"),
    }
}

/// The first `kept` values within `rounds` edges of each vertex, as their first bearers.
fn by_distance(graph: &Csr, codes: &[u32], backwards: bool, rounds: u32, kept: usize) -> Vec<Vec<u32>> {
    let distances = all_distances(graph, false);
    let n = codes.len();
    let reaches = |u: usize, v: usize| {
        let length = if backwards {
            distances[v][u]
        } else {
            distances[u][v]
        };
        length <= f64::from(rounds)
    };
    let bearer = |code: &u32| codes.iter().position(|it| it == code).unwrap() as u32;
    let of = |v: usize| {
        let found: BTreeSet<u32> = (0..n)
            .filter(|u| codes[*u] != MISSING && reaches(*u, v))
            .map(|u| codes[u])
            .collect();
        found.iter().take(kept).map(bearer).collect()
    };
    (0..n).map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn distances_tell_the_same(
        (graph, codes) in any_graph(14).prop_flat_map(|graph| {
            let n = graph.vertex_count() as usize;
            (Just(graph), prop::collection::vec(prop_oneof![0..6_u32, Just(MISSING)], n))
        }),
        backwards in any::<bool>(),
        rounds in 1_u32..5,
        kept in 1_u32..5,
    ) {
        let config = AttributePropagationConfig {
            backwards,
            max_values: kept,
            max_iterations: rounds,
            ..AttributePropagationConfig::default()
        };
        let kept = kept as usize;
        prop_assert_eq!(lists(&outcome(&graph, &config, &codes)), by_distance(&graph, &codes, backwards, rounds, kept));
        for synchronous in [true, false] {
            let config = AttributePropagationConfig { synchronous, max_iterations: 50, ..config.clone() };
            prop_assert_eq!(lists(&outcome(&graph, &config, &codes)), by_distance(&graph, &codes, backwards, 50, kept));
        }
    }
}

#[test]
fn a_value_goes_along_the_edges_and_backwards_against_them() {
    let path = graph_of(4, &[(0, 1), (1, 2), (2, 3)], true);
    let codes = [MISSING, 5, MISSING, MISSING];
    let forwards = outcome(&path, &AttributePropagationConfig::default(), &codes);
    assert_eq!(integer_column(&forwards, "values"), [0, 1, 1, 1]);
    assert_eq!(integer_column(&forwards, "received"), [0, 0, 1, 1]);
    assert_eq!(forwards.exactness, Exactness::Exact);
    let config = AttributePropagationConfig {
        backwards: true,
        ..AttributePropagationConfig::default()
    };
    assert_eq!(
        integer_column(&outcome(&path, &config, &codes), "values"),
        [1, 1, 0, 0]
    );
}

#[test]
fn each_vertex_can_be_a_value_and_cut_sets_say_so() {
    let ring = graph_of(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)], true);
    let own = AttributePropagationConfig {
        attribute: OWN.to_owned(),
        ..AttributePropagationConfig::default()
    };
    let found = outcome(&ring, &own, &[]);
    assert_eq!(lists(&found), vec![vec![0, 1, 2, 3, 4]; 5]);
    let few = AttributePropagationConfig {
        max_values: 2,
        ..own.clone()
    };
    let found = outcome(&ring, &few, &[]);
    assert_eq!(lists(&found), vec![vec![0, 1]; 5]);
    assert_eq!(found.exactness, Exactness::Truncated { listed: 10 });
    let short = AttributePropagationConfig {
        max_iterations: 2,
        ..own
    };
    assert!(matches!(
        outcome(&ring, &short, &[]).exactness,
        Exactness::Unsettled { rounds: 2, .. }
    ));
}

#[test]
fn neither_threads_nor_the_order_of_the_graph_change_a_set() {
    let graph = skewed(Direction::Directed);
    let codes: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 50).collect();
    for (synchronous, max_iterations) in [(true, 3), (false, 2)] {
        let config = AttributePropagationConfig {
            synchronous,
            max_iterations,
            ..AttributePropagationConfig::default()
        };
        let of = |threads| on_threads(threads, || outcome(&graph, &config, &codes));
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
    // 2 → 0 → 1 in the projection, numbered backwards in the graph.
    let turned = Csr {
        order: Some(Arc::new(vec![2, 1, 0])),
        ..graph_of(3, &[(0, 2), (2, 1)], true)
    };
    let found = outcome(&turned, &AttributePropagationConfig::default(), &[7, 7, 8]);
    assert_eq!(lists(&found), [[1].to_vec(), [1, 2].to_vec(), [1, 2].to_vec()]);
}

#[test]
fn what_cannot_run_is_refused() {
    let none = AttributePropagationConfig {
        max_values: 0,
        ..AttributePropagationConfig::default()
    };
    assert!(none.validate().is_err());
    let graph = graph_of(2, &[(0, 1)], false);
    let config = AttributePropagationConfig::default();
    let answer = run(&graph, &config, &Inputs::default(), &Control::default());
    assert!(matches!(answer, Err(KernelError::NotApplicable { .. })));
    let control = Control::default();
    control.cancel();
    let answer = run(&graph, &config, &given(vec![1, 2]), &control);
    assert_eq!(answer, Err(KernelError::Cancelled));
}
