//! Vectors by walks: what lies together in the graph lies together in space.

use super::super::random_graphs::{any_graph, cosine, graph_of, keep_all, on_threads, vectors};
use super::*;
use crate::graph::{build, generate};
use proptest::prelude::*;

fn answer(graph: &Csr, config: &Node2vecConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

/// Mean cosine of two vertices of a group of `size`, and of two of different groups.
fn cohesion(rows: &[&[f32]], size: usize) -> (f64, f64) {
    let (mut inside, mut across) = ((0.0, 0.0), (0.0, 0.0));
    for v in 0..rows.len() {
        for u in 0..v {
            let sum: &mut (f64, f64) = if u / size == v / size {
                &mut inside
            } else {
                &mut across
            };
            *sum = (sum.0 + cosine(rows[u], rows[v]), sum.1 + 1.0);
        }
    }
    (inside.0 / inside.1, across.0 / across.1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_graph_has_finite_vectors(graph in any_graph(10), dimension in 1_u32..12) {
        let config = Node2vecConfig { dimension, length: 5, learning_rate: 0.5, ..Default::default() };
        let outcome = answer(&graph, &config);
        for (row, v) in vectors(&outcome, "embedding").iter().zip(0..) {
            prop_assert!(row.iter().all(|it| it.is_finite()));
            if graph.out.degree(v) > 0 {
                prop_assert!(row.iter().any(|it| *it != 0.0));
            }
        }
    }

    /// One pair, step by step in 64 bits.
    #[test]
    fn a_pair_takes_one_step_down_the_gradient(
        values in prop::collection::vec(-1.0_f32..1.0, 18),
        rate in 0.01_f32..0.5,
    ) {
        let graph = graph_of(3, &[(0, 1), (1, 2)], false);
        let config = Node2vecConfig { dimension: 3, ..Default::default() };
        let mut model = Model::new(&graph, &config, &Control::default()).unwrap();
        model.inputs.copy_from_slice(&values[..9]);
        model.outputs.copy_from_slice(&values[9..]);
        model.pair(0, 1, &[2], rate, &mut [0.0; 3]);
        // ln σ(x · a) + ln σ(-x · b), by central differences.
        let objective = |values: &[f64]| {
            let dot = |at: usize| (0..3).map(|i| values[i] * values[at + i]).sum::<f64>();
            -(1.0 + (-dot(3)).exp()).ln() - (1.0 + dot(6).exp()).ln()
        };
        let begin: Vec<f64> = values[..3].iter().chain(&values[12..]).map(|it| f64::from(*it)).collect();
        let moved: Vec<f32> = model.inputs[..3].iter().chain(&model.outputs[3..]).copied().collect();
        for at in 0..9 {
            let shifted = |by: f64| {
                let mut values = begin.clone();
                values[at] += by;
                objective(&values)
            };
            let slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            let wanted = begin[at] + f64::from(rate) * slope;
            prop_assert!((f64::from(moved[at]) - wanted).abs() < 1e-4, "{at}: {} {wanted}", moved[at]);
        }
    }
}

#[test]
fn two_cliques_lie_apart() {
    let clique = |from: u32| (from..from + 8).flat_map(move |v| (from..v).map(move |u| (u, v)));
    let pairs: Vec<(u32, u32)> = clique(0).chain(clique(8)).chain([(0, 8)]).collect();
    let config = Node2vecConfig {
        dimension: 16,
        length: 20,
        epochs: 3,
        learning_rate: 0.1,
        ..Default::default()
    };
    let outcome = answer(&graph_of(16, &pairs, false), &config);
    let (inside, across) = cohesion(&vectors(&outcome, "embedding"), 8);
    assert!(inside > across + 0.5, "inside {inside}, across {across}");
}

#[test]
fn groups_that_were_planted_lie_apart() {
    let list = generate::planted_partition(4, 25, 8, 1, 5);
    let config = Node2vecConfig {
        dimension: 32,
        length: 20,
        learning_rate: 0.1,
        epochs: 2,
        ..Default::default()
    };
    let outcome = answer(&build(100, list, keep_all(false)), &config);
    let (inside, across) = cohesion(&vectors(&outcome, "embedding"), 25);
    assert!(inside > across + 0.3, "inside {inside}, across {across}");
}

#[test]
fn threads_do_not_change_a_bit() {
    let graph = build(400, generate::uniform(400, 2000, 3), keep_all(true));
    let config = Node2vecConfig {
        dimension: 10,
        length: 6,
        in_out_factor: 2.0,
        ..Default::default()
    };
    let of = |threads| on_threads(threads, || answer(&graph, &config));
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(8));
}

#[test]
fn draws_have_their_chances() {
    let alias = Alias::new(vec![1.0, 5.0, 0.0, 2.0]);
    let mut numbers = vec![0; 80_000];
    alias.draw(&mut numbers, &mut stream(1, 1));
    let share = |number: u32| numbers.iter().filter(|it| **it == number).count() as f64 / 80_000.0;
    for (number, chance) in (0..).zip([0.125, 0.625, 0.0, 0.25]) {
        assert!(
            (share(number) - chance).abs() < 0.01,
            "{number}: {}",
            share(number)
        );
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let of = |config: Node2vecConfig| config.validate().unwrap_err().to_string();
    let default = Node2vecConfig::default;
    assert!(
        of(Node2vecConfig {
            window: 0,
            ..default()
        })
        .contains("`window` is 0")
    );
    assert!(
        of(Node2vecConfig {
            learning_rate: 0.0,
            ..default()
        })
        .contains("learning_rate")
    );
    assert!(
        of(Node2vecConfig {
            length: 1,
            ..default()
        })
        .contains("`length` is 1")
    );
}
