//! Cycles against trying every sequence of distinct vertices.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::algorithms::Algorithm;
use crate::algorithms::random_graphs::{
    any_graph, graph_of, integer_column, integers, numbers, run, run_with_threads,
};

fn algorithm(min_length: u32, max_length: u32, max_cycles: u64) -> Algorithm {
    Algorithm::Cycles(CyclesConfig {
        min_length,
        max_length,
        max_cycles,
    })
}

fn listed(outcome: &Outcome) -> Vec<Vec<u32>> {
    match &outcome.row_column("members").unwrap().values {
        Values::Lists { offsets, members } => offsets
            .windows(2)
            .map(|ends| members[ends[0]..ends[1]].to_vec())
            .collect(),
        _ => panic!("members are lists"),
    }
}

/// Every cycle from its smallest vertex; of the two directions of an undirected one, the smaller.
fn by_brute_force(graph: &Csr, min: usize, max: usize) -> BTreeSet<Vec<u32>> {
    let mut found = BTreeSet::new();
    let mut sequences: Vec<Vec<u32>> = (0..graph.vertex_count()).map(|v| vec![v]).collect();
    while let Some(sequence) = sequences.pop() {
        let last = sequence[sequence.len() - 1];
        let closes = graph.out.neighbours(last).contains(&sequence[0]);
        if closes && sequence.len() >= min && (graph.directed || sequence.len() >= 3) {
            let mut mirror = sequence.clone();
            mirror[1..].reverse();
            found.insert(if graph.directed {
                sequence.clone()
            } else {
                sequence.clone().min(mirror)
            });
        }
        if sequence.len() < max {
            let later = |u: &&u32| **u > sequence[0] && !sequence.contains(u);
            let next = graph.out.neighbours(last).iter().filter(later);
            sequences.extend(next.map(|u| sequence.iter().copied().chain([*u]).collect::<Vec<_>>()));
        }
    }
    found
}

/// The lightest edge from `v` to `u`.
fn lightest(graph: &Csr, v: u32, u: u32) -> f64 {
    let edges = graph.out.range(v).filter(|index| graph.out.targets[*index] == u);
    edges
        .map(|index| graph.out.weight(index))
        .fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn cycles_are_those_of_trying_every_sequence(graph in any_graph(7), min in 2_u32..5, longer in 0_u32..4) {
        let outcome = run(&algorithm(min, min + longer, 100_000), &graph).unwrap();
        let expected = by_brute_force(&graph, min as usize, (min + longer) as usize);
        let found = listed(&outcome);
        prop_assert_eq!(found.len(), expected.len(), "none is listed twice");
        prop_assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected.clone());
        for v in 0..graph.vertex_count() {
            let through = expected.iter().filter(|it| it.contains(&v)).count() as u64;
            prop_assert_eq!(integer_column(&outcome, "cycles")[v as usize], through);
        }
        if graph.is_weighted() {
            let weights = numbers(&outcome.row_column("weight").unwrap().values);
            for (cycle, weight) in found.iter().zip(weights) {
                let ends = cycle.iter().cycle().skip(1);
                let sum: f64 = cycle.iter().zip(ends).map(|(v, u)| lightest(&graph, *v, *u)).sum();
                prop_assert_eq!(weight, sum);
            }
        }
    }
}

/// Every ordered pair of `n` vertices.
fn complete(n: u32) -> Csr {
    let pairs: Vec<(u32, u32)> = (0..n).flat_map(|v| (0..n).map(move |u| (v, u))).collect();
    graph_of(n, &pairs, true)
}

#[test]
fn the_cap_keeps_the_first_and_says_so() {
    let graph = complete(6);
    let all = run(&algorithm(2, 4, 1000), &graph).unwrap();
    let capped = run(&algorithm(2, 4, 50), &graph).unwrap();
    // 15 pairs, 40 triangles and 90 squares, in both directions.
    assert_eq!((listed(&all).len(), &all.exactness), (145, &Exactness::Exact));
    assert_eq!(capped.exactness, Exactness::Truncated { listed: 50 });
    assert_eq!(listed(&capped), listed(&all)[..50]);
    assert_eq!(
        run(&algorithm(2, 4, 145), &graph).unwrap().exactness,
        Exactness::Exact
    );
}

#[test]
fn one_thread_and_four_list_the_same() {
    let pairs: Vec<(u32, u32)> = (0..2400_u64)
        .map(|it| {
            let end = |factor: u64| ((it + 1).wrapping_mul(factor) >> 40) as u32 % 600;
            (end(0x9e37_79b9_7f4a_7c15), end(0xc2b2_ae3d_27d4_eb4f))
        })
        .collect();
    let graph = graph_of(600, &pairs, true);
    let with = |threads| {
        let algorithm = algorithm(2, 8, 700);
        run_with_threads(&algorithm, &graph, &Inputs::default(), threads).unwrap()
    };
    assert_eq!(with(1), with(4));
    assert_eq!(with(1).exactness, Exactness::Truncated { listed: 700 });
}

#[test]
fn an_edge_there_and_back_is_a_cycle_only_when_directed() {
    let pairs = [(0, 1), (1, 0)];
    let lengths = |directed| {
        let outcome = run(&algorithm(2, 6, 9), &graph_of(2, &pairs, directed)).unwrap();
        integers(&outcome.row_column("length").unwrap().values)
    };
    assert_eq!(lengths(true), [2]);
    assert!(lengths(false).is_empty());
}

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |algorithm: Algorithm| match algorithm.validate() {
        Err(KernelError::Parameter { parameter, .. }) => parameter,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(algorithm(2, 13, 1)), "max_length");
    assert_eq!(refused(algorithm(7, 6, 1)), "min_length");
    assert_eq!(refused(algorithm(2, 6, 0)), "max_cycles");
}
