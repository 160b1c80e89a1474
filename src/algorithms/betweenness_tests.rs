//! Betweenness against the definition, counted over the table of all distances.

use proptest::prelude::*;

use super::*;
use crate::algorithms::Algorithm;
use crate::algorithms::random_graphs::{
    all_distances, any_graph, graph_of, keep_all, number_column, run, run_with_threads,
};
use crate::graph::{EdgeList, ParallelEdges, ProjectionRules, build};

fn algorithm(samples: u32, weighted: bool) -> Algorithm {
    Algorithm::Betweenness(BetweennessConfig {
        samples,
        seed: 3,
        weighted,
    })
}

/// Number of shortest paths from each vertex to each, by adding over the last edge in order of distance.
fn all_counts(graph: &Csr, table: &[Vec<f64>], weighted: bool) -> Vec<Vec<f64>> {
    let n = graph.vertex_count();
    let mut counts = vec![vec![0.0; n as usize]; n as usize];
    for s in 0..n as usize {
        let mut nearest: Vec<u32> = (0..n).filter(|v| table[s][*v as usize].is_finite()).collect();
        nearest.sort_by(|a, b| table[s][*a as usize].total_cmp(&table[s][*b as usize]));
        counts[s][s] = 1.0;
        for v in nearest {
            for index in graph.into.range(v) {
                let u = graph.into.targets[index] as usize;
                let step = if weighted { graph.into.weight(index) } else { 1.0 };
                if table[s][u] + step == table[s][v as usize] {
                    counts[s][v as usize] += counts[s][u];
                }
            }
        }
    }
    counts
}

/// Betweenness as it is defined: for every pair, the paths through `v` over all paths.
fn by_definition(graph: &Csr, weighted: bool) -> Vec<f64> {
    let table = all_distances(graph, weighted);
    let counts = all_counts(graph, &table, weighted);
    let n = graph.vertex_count() as usize;
    let pair = |v: usize, s: usize, t: usize| {
        let apart = s != t && s != v && t != v && table[s][t].is_finite();
        if apart && table[s][v] + table[v][t] == table[s][t] {
            counts[s][v] * counts[v][t] / counts[s][t]
        } else {
            0.0
        }
    };
    let half = if graph.directed { 1.0 } else { 0.5 };
    (0..n)
        .map(|v| half * (0..n * n).map(|it| pair(v, it / n, it % n)).sum::<f64>())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn values_are_those_of_the_definition(graph in any_graph(10), weighted in any::<bool>()) {
        let outcome = run(&algorithm(0, weighted), &graph).unwrap();
        let expected = by_definition(&graph, weighted);
        for (value, expected) in number_column(&outcome, "betweenness").iter().zip(expected) {
            prop_assert!((value - expected).abs() < 1e-9, "{} is not {}", value, expected);
        }
    }
}

/// A graph with a few hubs, connected.
fn hubs(n: u32) -> Csr {
    let pairs: Vec<(u32, u32)> = (1..n)
        .flat_map(|v| [(v, v * v % 7 % v), (v, v / 2), (v * 13 % n, v)])
        .collect();
    let edges = EdgeList {
        sources: pairs.iter().map(|it| it.0).collect(),
        targets: pairs.iter().map(|it| it.1).collect(),
        ..EdgeList::default()
    };
    let rules = ProjectionRules {
        parallel: ParallelEdges::Smallest,
        ..keep_all(false)
    };
    build(n, edges, rules)
}

#[test]
fn a_sample_is_within_its_error_of_the_exact_values() {
    let graph = hubs(400);
    let exact = number_column(&run(&algorithm(0, false), &graph).unwrap(), "betweenness");
    for samples in [100, 200, 390] {
        let outcome = run(&algorithm(samples, false), &graph).unwrap();
        let Exactness::Sampled { errors, confidence } = &outcome.exactness else {
            panic!("sampled");
        };
        let (error, share_error) = (errors["betweenness"], errors["betweenness_share"]);
        let pairs = outcome.summary.iter().find(|it| it.0 == "pairs").unwrap().2;
        assert!((share_error * pairs - error).abs() < 1e-9 * error);
        assert_eq!(*confidence, 0.95);
        let sampled = number_column(&outcome, "betweenness");
        let worst = sampled
            .iter()
            .zip(&exact)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(worst <= error, "{worst} exceeds {error} with {samples} samples");
        assert!(worst > 0.0, "the sample is not the whole");
    }
}

#[test]
fn as_many_samples_as_vertices_are_exact() {
    let graph = hubs(50);
    assert_eq!(
        run(&algorithm(50, false), &graph),
        run(&algorithm(0, false), &graph)
    );
}

#[test]
fn one_thread_and_four_give_the_same_bits() {
    let graph = hubs(300);
    for samples in [0, 120] {
        let with = |threads| {
            run_with_threads(&algorithm(samples, false), &graph, &Inputs::default(), threads).unwrap()
        };
        assert_eq!(with(1), with(4));
    }
}

#[test]
fn lengths_equal_but_for_rounding_are_ties() {
    // 0.1 + 0.2 is not 0.3 in binary; both ways from 0 to 3 are as long.
    let edges = EdgeList {
        sources: vec![0, 1, 0, 2],
        targets: vec![1, 3, 2, 3],
        weights: Some(vec![0.1, 0.2, 0.15, 0.15]),
        times: None,
    };
    let outcome = run(&algorithm(0, true), &build(4, edges, keep_all(true))).unwrap();
    assert_eq!(number_column(&outcome, "betweenness"), [0.0, 0.5, 0.5, 0.0]);
}

#[test]
fn weights_of_zero_and_below_are_refused() {
    let with = |weight| {
        let edges = EdgeList {
            sources: vec![0],
            targets: vec![1],
            weights: Some(vec![weight]),
            times: None,
        };
        run(&algorithm(0, true), &build(2, edges, keep_all(true)))
    };
    assert!(matches!(
        with(0.0),
        Err(KernelError::ZeroWeight { from: 0, to: 1 })
    ));
    assert!(matches!(
        with(-1.0),
        Err(KernelError::NegativeWeight { from: 0, to: 1, .. })
    ));
}

#[test]
fn the_middle_of_a_path_carries_every_pair() {
    let outcome = run(&algorithm(0, false), &graph_of(3, &[(0, 1), (1, 2)], false)).unwrap();
    assert_eq!(number_column(&outcome, "betweenness"), [0.0, 1.0, 0.0]);
    assert_eq!(number_column(&outcome, "betweenness_share"), [0.0, 1.0, 0.0]);
}

/// Layers of two vertices, each joined with both of the next layer: 2^layers paths from end to end.
fn braid(layers: u32) -> Vec<(u32, u32)> {
    let next = |v: u32| v / 2 * 2 + 2;
    (0..2 * (layers - 1))
        .flat_map(|v| [(v, next(v)), (v, next(v) + 1)])
        .collect()
}

#[test]
fn more_paths_than_a_number_holds_are_counted_by_their_ratios() {
    let layers = 1100;
    let graph = graph_of(2 * layers, &braid(layers), true);
    let outcome = run(&algorithm(0, false), &graph).unwrap();
    for (v, value) in (0_u32..).zip(number_column(&outcome, "betweenness")) {
        // Half of the pairs between the layers before and those behind.
        let layer = v / 2;
        let expected = 2.0 * f64::from(layer) * f64::from(layers - 1 - layer);
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }
}

#[test]
fn counts_too_far_apart_to_be_weighed_are_refused() {
    // Two chains of 900 steps from vertex 0: one of four edges a step, one of single edges.
    let mut edges = EdgeList::default();
    for step in 0..900 {
        let (left, right) = (2 * step + 1, 2 * step + 2);
        let before = if step == 0 { [0, 0] } else { [left - 2, right - 2] };
        edges.sources.extend([before[0]; 4]);
        edges.targets.extend([left; 4]);
        edges.sources.push(before[1]);
        edges.targets.push(right);
    }
    edges.weights = Some(vec![1.0; edges.sources.len()]);
    let graph = build(1801, edges, keep_all(true));
    for weighted in [false, true] {
        let error = run(&algorithm(0, weighted), &graph).unwrap_err().to_string();
        assert!(
            error.contains("more shortest paths than can be counted"),
            "{error}"
        );
    }
}
