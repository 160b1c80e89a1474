use proptest::prelude::*;

use super::super::random_graphs::{any_graph, cosine, graph_of, keep_all, on_threads, skewed, vectors};
use super::*;
use crate::graph::{Direction, EdgeList, build, generate};

fn answer(graph: &Csr, config: &FastRpConfig) -> Outcome {
    run(graph, config, &Inputs::default(), &Control::default()).unwrap()
}

/// The vectors by dense matrices in 64 bits, from the same random ones.
fn by_matrices(graph: &Csr, config: &FastRpConfig) -> Vec<Vec<f64>> {
    let (n, width) = (graph.vertex_count() as usize, config.dimension as usize);
    let weighted = config.weighted && graph.is_weighted();
    let mixing = Mixing::new(graph, weighted, width, &Control::default()).unwrap();
    let mut matrix = vec![vec![0.0; n]; n];
    for (v, row) in matrix.iter_mut().enumerate() {
        for at in graph.out.range(v as u32) {
            let weight = if config.weighted {
                graph.out.weight(at)
            } else {
                1.0
            };
            row[graph.out.targets[at] as usize] += weight / mixing.degree(v as u32);
        }
    }
    let drawn = |v| {
        let mut row = vec![0.0_f32; width];
        mixing.draw(v, config, &mut row);
        row.into_iter().map(f64::from).collect::<Vec<f64>>()
    };
    let mut current: Vec<Vec<f64>> = (0..n as u32).map(drawn).collect();
    let mut sums = vec![vec![0.0; width]; n];
    for weight in &config.iteration_weights {
        let entry = |row: &[f64], at: usize| row.iter().zip(&current).map(|(p, x)| p * x[at]).sum::<f64>();
        current = matrix
            .iter()
            .map(|row| (0..width).map(|at| entry(row, at)).collect())
            .collect();
        for (sum, row) in sums.iter_mut().zip(&current) {
            let length = row.iter().map(|it| it * it).sum::<f64>().sqrt();
            let scale = if length > 1e-9 { weight / length } else { 0.0 };
            sum.iter_mut().zip(row).for_each(|(sum, it)| *sum += scale * it);
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn products_of_dense_matrices_give_the_same(
        graph in any_graph(12),
        (dimension, seed, weighted) in (1_u32..20, 0_u64..9, any::<bool>()),
        normalisation_strength in -1.0_f64..1.0,
    ) {
        let config = FastRpConfig {
            dimension,
            seed,
            weighted,
            normalisation_strength,
            // A second sweep can cancel to rounding alone, whose direction means nothing.
            iteration_weights: vec![0.75],
        };
        let wanted = by_matrices(&graph, &config);
        let outcome = answer(&graph, &config);
        for (row, wanted) in vectors(&outcome, "embedding").iter().zip(&wanted) {
            // Where all cancel but rounding, either may be told from zero.
            if wanted.iter().all(|it| *it == 0.0) {
                continue;
            }
            for (a, b) in row.iter().zip(wanted) {
                prop_assert!((f64::from(*a) - b).abs() < 1e-4, "{row:?} {wanted:?}");
            }
        }
    }
}

#[test]
fn amounts_of_money_give_finite_vectors() {
    let edges = EdgeList {
        sources: vec![0, 1, 2],
        targets: vec![1, 2, 0],
        weights: Some(vec![1e10, 1e-3, 5e30]),
        times: None,
    };
    let graph = build(3, edges, keep_all(false));
    for normalisation_strength in [-4.0, 4.0] {
        let config = FastRpConfig {
            weighted: true,
            normalisation_strength,
            ..FastRpConfig::default()
        };
        let outcome = answer(&graph, &config);
        let rows = vectors(&outcome, "embedding");
        assert!(
            rows.iter().all(|row| row.iter().all(|it| it.is_finite())),
            "{rows:?}"
        );
        assert!(rows.iter().all(|row| row.iter().any(|it| *it != 0.0)), "{rows:?}");
    }
}

#[test]
fn later_sweeps_are_products_too() {
    let graph = skewed(Direction::Undirected);
    let small = generate::uniform(40, 200, 3);
    let small = build(40, small, keep_all(false));
    let config = FastRpConfig::default();
    let wanted = by_matrices(&small, &config);
    for (row, wanted) in vectors(&answer(&small, &config), "embedding").iter().zip(&wanted) {
        assert!(
            row.iter()
                .zip(wanted)
                .all(|(a, b)| (f64::from(*a) - b).abs() < 1e-4)
        );
    }
    let of = |threads| on_threads(threads, || answer(&graph, &config));
    assert_eq!(of(1), of(3), "threads change nothing");
    assert_eq!(of(1), of(8), "threads change nothing");
}

#[test]
fn vertices_of_a_group_are_nearer_to_one_another_than_to_others() {
    let list = generate::planted_partition(4, 50, 10, 1, 5);
    let graph = build(200, list, keep_all(false));
    let outcome = answer(&graph, &FastRpConfig::default());
    let rows = vectors(&outcome, "embedding");
    let (mut inside, mut across) = ((0.0, 0.0), (0.0, 0.0));
    for v in 0..200 {
        for u in 0..v {
            let sum = if u / 50 == v / 50 {
                &mut inside
            } else {
                &mut across
            };
            *sum = (sum.0 + cosine(rows[u], rows[v]), sum.1 + 1.0);
        }
    }
    let (inside, across) = (inside.0 / inside.1, across.0 / across.1);
    assert!(inside > 0.6 && across < 0.4, "inside {inside}, across {across}");
}

#[test]
fn vertices_without_edges_have_zeros() {
    let outcome = answer(&graph_of(3, &[(0, 1)], true), &FastRpConfig::default());
    let zero: Vec<bool> = vectors(&outcome, "embedding")
        .iter()
        .map(|it| it.iter().all(|it| *it == 0.0))
        .collect();
    assert_eq!(zero[1..], [true, true]);
}

#[test]
fn parameters_out_of_range_are_refused() {
    let of = |config: FastRpConfig| config.validate().unwrap_err().to_string();
    let default = FastRpConfig::default;
    assert!(
        of(FastRpConfig {
            dimension: 513,
            ..default()
        })
        .contains("from 1 to 512")
    );
    let none = FastRpConfig {
        iteration_weights: vec![0.0],
        ..default()
    };
    assert!(of(none).contains("not all 0"));
}
