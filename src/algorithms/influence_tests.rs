//! Influence against trying every vertex on every drawn graph, and against probabilities by hand.

use proptest::prelude::*;

use super::super::random_graphs::{
    any_graph, graph_of, integers, keep_all, number_column, numbers, on_threads, skewed,
};
use super::*;
use crate::graph::{Direction, EdgeList, build};

fn answer(graph: &Csr, config: &InfluenceConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

fn chosen(outcome: &Outcome) -> Vec<u64> {
    integers(&outcome.row_column("vertex").unwrap().values)
}

/// Whom each vertex reaches on a graph without chance, by repeated joining.
fn reach(graph: &Csr) -> Vec<Vec<bool>> {
    let n = graph.vertex_count() as usize;
    let mut table = vec![vec![false; n]; n];
    (0..n).for_each(|v| table[v][v] = true);
    for _ in 0..n {
        for v in 0..n {
            for u in graph.out.neighbours(v as u32) {
                let further = table[*u as usize].clone();
                table[v].iter_mut().zip(further).for_each(|(own, it)| *own |= it);
            }
        }
    }
    table
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// With a probability of 1 the greedy choice is that of plain reachability.
    #[test]
    fn without_chance_the_choice_is_greedy_by_reach(graph in any_graph(10), top_k in 1_u32..5) {
        let config = InfluenceConfig { top_k, probability: 1.0, simulations: 2, ..Default::default() };
        let outcome = answer(&graph, &config);
        let table = reach(&graph);
        let n = graph.vertex_count() as usize;
        let (mut covered, mut wanted, mut spread) = (vec![false; n], Vec::new(), Vec::new());
        for _ in 0..top_k {
            let gain = |v: usize| (0..n).filter(|w| table[v][*w] && !covered[*w]).count();
            let best = (0..n).rev().max_by_key(|v| gain(*v)).unwrap();
            if gain(best) == 0 {
                break;
            }
            wanted.push(best as u64);
            (0..n).for_each(|w| covered[w] |= table[best][w]);
            spread.push(covered.iter().filter(|it| **it).count() as f64);
        }
        prop_assert_eq!(chosen(&outcome), wanted);
        prop_assert_eq!(numbers(&outcome.row_column("spread").unwrap().values), spread);
        prop_assert_eq!(number_column(&outcome, "reached"), covered.iter().map(|it| f64::from(u8::from(*it))).collect::<Vec<_>>());
        prop_assert_eq!(outcome.exactness, Exactness::Exact);
    }
}

/// 0 → 1 → 2 and 3 → 4, with weights as probabilities: spread from 0 is 1 + 0.5 + 0.25, from 3 it is 1.8.
#[test]
fn spread_is_that_of_probabilities_within_its_bound() {
    let edges = EdgeList {
        sources: vec![0, 1, 3],
        targets: vec![1, 2, 4],
        weights: Some(vec![0.5, 0.5, 0.8]),
        times: None,
    };
    let graph = build(5, edges, keep_all(true));
    let config = InfluenceConfig {
        top_k: 2,
        weighted: true,
        simulations: 20_000,
        ..Default::default()
    };
    let outcome = answer(&graph, &config);
    assert_eq!(chosen(&outcome), [3, 0]);
    let Exactness::Sampled { errors, confidence } = &outcome.exactness else {
        panic!("{:?}", outcome.exactness)
    };
    assert_eq!(*confidence, 0.95);
    assert!(errors["spread"] < 0.1 && errors["reached"] < 0.02, "{errors:?}");
    let spread = numbers(&outcome.row_column("spread").unwrap().values);
    assert!((spread[0] - 1.8).abs() < errors["spread"] && (spread[1] - 3.55).abs() < errors["spread"]);
    for (found, wanted) in number_column(&outcome, "reached")
        .iter()
        .zip([1.0, 0.5, 0.25, 1.0, 0.8])
    {
        assert!((found - wanted).abs() < errors["reached"], "{found} {wanted}");
    }
}

#[test]
fn weights_that_are_no_probabilities_are_refused() {
    let graph = skewed(Direction::Directed);
    let config = InfluenceConfig {
        weighted: true,
        ..Default::default()
    };
    let of = |graph: &Csr| {
        run(graph, &config, &Inputs::default(), &Control::default())
            .unwrap_err()
            .to_string()
    };
    assert!(of(&graph).contains("which is no probability"));
    assert!(of(&graph_of(2, &[(0, 1)], true)).contains("no weights"));
    assert!(
        InfluenceConfig {
            probability: 1.1,
            ..config.clone()
        }
        .validate()
        .is_err()
    );
    assert!(
        InfluenceConfig {
            simulations: 0,
            ..config
        }
        .validate()
        .is_err()
    );
}

#[test]
fn threads_do_not_change_the_choice() {
    let graph = skewed(Direction::Undirected);
    let config = InfluenceConfig {
        probability: 0.05,
        simulations: 10,
        top_k: 5,
        ..Default::default()
    };
    let of = |threads| on_threads(threads, || answer(&graph, &config));
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(8));
}
