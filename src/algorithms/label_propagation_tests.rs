use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::random_graphs::{any_graph, graph_of, integer_column, on_threads, skewed};
use super::super::registry::ItemCodes;
use super::*;
use crate::graph::{Direction, MISSING};

fn config(max_iterations: u32, synchronous: bool, random_tiebreak: bool) -> LabelPropagationConfig {
    LabelPropagationConfig {
        max_iterations,
        synchronous,
        random_tiebreak,
        ..LabelPropagationConfig::default()
    }
}

fn outcome(graph: &Csr, config: &LabelPropagationConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

fn by_attribute(graph: &Csr, codes: &[u32]) -> Outcome {
    let inputs = Inputs {
        items: vec![ItemCodes {
            name: "party".to_owned(),
            codes: codes.to_vec(),
        }],
        ..Inputs::default()
    };
    let config = LabelPropagationConfig {
        attribute: "party".to_owned(),
        ..LabelPropagationConfig::default()
    };
    run(graph, &config, &inputs, &Control::default()).unwrap()
}

/// The votes that each vertex gets for each label.
fn votes(graph: &Csr, labels: &[u32]) -> Vec<BTreeMap<u32, i64>> {
    let mut votes = vec![BTreeMap::<u32, i64>::new(); labels.len()];
    for u in 0..graph.vertex_count() {
        for v in graph.out.neighbours(u) {
            *votes[u as usize].entry(labels[*v as usize]).or_default() += 1;
            if graph.directed {
                *votes[*v as usize].entry(labels[u as usize]).or_default() += 1;
            }
        }
    }
    votes
}

fn winner(own: u32, votes: &BTreeMap<u32, i64>) -> u32 {
    let best = votes
        .iter()
        .max_by_key(|(label, count)| (**count, -i64::from(**label)));
    best.map_or(own, |(label, _)| *label)
}

/// Synchronous rounds by counting votes edge by edge.
fn by_votes(graph: &Csr, rounds: u32) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..graph.vertex_count()).collect();
    for _ in 0..rounds {
        let votes = votes(graph, &labels);
        labels = labels
            .iter()
            .zip(&votes)
            .map(|(own, votes)| winner(*own, votes))
            .collect();
    }
    labels
}

/// Asynchronous rounds, one vertex after the other.
fn one_by_one(graph: &Csr, rounds: u32) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..graph.vertex_count()).collect();
    for _ in 0..rounds {
        for v in sampling::permutation(graph.vertex_count(), 1) {
            labels[v as usize] = winner(labels[v as usize], &votes(graph, &labels)[v as usize]);
        }
    }
    labels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn counting_votes_gives_the_same(graph in any_graph(24), rounds in 1_u32..6) {
        let all_at_once = outcome(&graph, &config(rounds, true, false));
        prop_assert_eq!(&all_at_once.vertices[2].values, &Values::Vertices(by_votes(&graph, rounds)));
        let in_turn = outcome(&graph, &config(rounds, false, false));
        prop_assert_eq!(&in_turn.vertices[2].values, &Values::Vertices(one_by_one(&graph, rounds)));
    }

    #[test]
    fn settled_labels_are_among_the_most_frequent(graph in any_graph(24), synchronous in any::<bool>()) {
        let found = outcome(&graph, &config(50, synchronous, true));
        if found.exactness == Exactness::Exact {
            let labels: Vec<u32> = integer_column(&found, "origin").iter().map(|it| *it as u32).collect();
            for (own, votes) in labels.iter().zip(votes(&graph, &labels)) {
                prop_assert_eq!(votes.get(own), votes.values().max());
            }
        }
    }

    /// A graph in another order of its vertices, which knows their numbers.
    #[test]
    fn the_order_of_the_graph_changes_nothing(
        rows in prop::collection::vec((0..9_u32, 0..9_u32), 0..30),
        order in Just((0..9_u32).collect::<Vec<u32>>()).prop_shuffle(),
        synchronous in any::<bool>(),
        random_tiebreak in any::<bool>(),
    ) {
        let place = inverse(&order);
        let moved: Vec<(u32, u32)> = rows.iter().map(|(u, v)| (place[*u as usize], place[*v as usize])).collect();
        let turned = Csr { order: Some(Arc::new(order.clone())), ..graph_of(9, &moved, false) };
        let config = config(4, synchronous, random_tiebreak);
        let (plain, turned) = (outcome(&graph_of(9, &rows, false), &config), outcome(&turned, &config));
        let (wanted, found) = (integer_column(&plain, "origin"), integer_column(&turned, "origin"));
        for (v, number) in order.iter().enumerate() {
            prop_assert_eq!(u64::from(order[found[v] as usize]), wanted[*number as usize]);
        }
    }
}

#[test]
fn threads_do_not_change_a_label() {
    let graph = skewed(Direction::Directed);
    for (synchronous, random) in [(true, false), (false, false), (true, true), (false, true)] {
        let of = |threads| on_threads(threads, || outcome(&graph, &config(10, synchronous, random)));
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
}

#[test]
fn values_spread_to_those_without() {
    // 0 - 1 - 2   3 - 4   5, with values at 0 and 3.
    let graph = graph_of(6, &[(0, 1), (1, 2), (3, 4)], false);
    let found = by_attribute(&graph, &[70, MISSING, MISSING, 4, 4, MISSING]);
    assert_eq!(integer_column(&found, "community"), [0, 0, 0, 3, 3, 5]);
    let none = u64::from(NO_VERTEX);
    assert_eq!(integer_column(&found, "origin"), [0, 0, 0, 3, 3, none]);
    let nobody = by_attribute(&graph, &[MISSING; 6]);
    assert_eq!(integer_column(&nobody, "community"), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn asynchronous_rounds_settle_where_synchronous_ones_swap_for_ever() {
    let pair = graph_of(2, &[(0, 1)], false);
    assert_eq!(outcome(&pair, &config(30, true, false)).summary[4].2, 2.0);
    let found = outcome(&pair, &config(30, false, false));
    assert_eq!((found.summary[0].2, found.exactness), (1.0, Exactness::Exact));
}

#[test]
fn what_cannot_run_is_refused() {
    assert!(config(0, true, false).validate().is_err());
    let graph = graph_of(2, &[(0, 1)], false);
    let unknown = LabelPropagationConfig {
        attribute: "party".to_owned(),
        ..LabelPropagationConfig::default()
    };
    let answer = run(&graph, &unknown, &Inputs::default(), &Control::default());
    assert!(matches!(answer, Err(KernelError::NotApplicable { .. })));
    let control = Control::default();
    control.cancel();
    let answer = run(&graph, &config(3, false, false), &Inputs::default(), &control);
    assert_eq!(answer, Err(KernelError::Cancelled));
}
