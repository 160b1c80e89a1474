//! Nearest neighbours against comparing all with all.

use proptest::prelude::*;

use super::super::random_graphs::{graph_of, integers, number_column, numbers, on_threads};
use super::*;
use crate::algorithms::sampling::{fraction, stream};

fn answer(n: u32, columns: &[Vec<f64>], config: &KnnConfig) -> Outcome {
    let numbers = columns.iter().map(|values| NumberColumn {
        name: "size".to_owned(),
        values: values.clone(),
    });
    let inputs = Inputs {
        numbers: numbers.collect(),
        ..Inputs::default()
    };
    run(&graph_of(n, &[], true), config, &inputs, &Control::default()).unwrap()
}

/// Distances of `v` to all others that have every value, ascending.
fn by_comparing(columns: &[Vec<f64>], config: &KnnConfig, v: usize) -> Vec<f64> {
    let n = columns[0].len();
    let whole: Vec<usize> = (0..n)
        .filter(|v| columns.iter().all(|it| it[*v].is_finite()))
        .collect();
    let scaled = |column: &Vec<f64>, v: usize| {
        let mean = whole.iter().map(|v| column[*v]).sum::<f64>() / whole.len() as f64;
        let square = whole.iter().map(|v| (column[*v] - mean).powi(2)).sum::<f64>() / whole.len() as f64;
        match config.scale {
            Scale::None => column[v],
            Scale::ZScore if square < 1e-20 => 0.0,
            Scale::ZScore => (column[v] - mean) / square.sqrt(),
        }
    };
    let point = |v: usize| columns.iter().map(|it| scaled(it, v)).collect::<Vec<f64>>();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let own = point(v);
    let distance = |u: usize| {
        let other = point(u);
        match config.metric {
            Distance::Euclidean => own
                .iter()
                .zip(&other)
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f64>()
                .sqrt(),
            Distance::Cosine => 1.0 - dot(&own, &other) / (dot(&own, &own) * dot(&other, &other)).sqrt(),
        }
    };
    let others = whole.iter().filter(|u| **u != v).map(|u| distance(*u));
    // A point without direction has no cosine.
    let mut all: Vec<f64> = others.filter(|it| !it.is_nan()).collect();
    all.sort_by(f64::total_cmp);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn all_against_all_gives_the_same_distances(
        rows in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.95, -4_i8..5), 3), 2..60),
        (width, top_k) in (1_usize..4, 1_u32..6),
        metric in prop::sample::select(vec![Distance::Euclidean, Distance::Cosine]),
        scale in prop::sample::select(vec![Scale::ZScore, Scale::None]),
    ) {
        // Not on a grid that z-scores could round to zero.
        let value = |it: Option<i8>| it.map_or(f64::NAN, |it| f64::from(it) + 0.25);
        let columns: Vec<Vec<f64>> = (0..width).map(|at| rows.iter().map(|it| value(it[at])).collect()).collect();
        let constant = |column: &Vec<f64>| column.iter().filter(|it| it.is_finite()).all(|it| *it == column[0]);
        prop_assume!(scale == Scale::None || metric == Distance::Euclidean || !columns.iter().all(constant));
        let config = KnnConfig { top_k, metric, scale, ..Default::default() };
        let outcome = answer(rows.len() as u32, &columns, &config);
        let from = integers(&outcome.row_column("from").unwrap().values);
        let found = numbers(&outcome.row_column("distance").unwrap().values);
        for v in 0..rows.len() {
            let listed: Vec<f64> =
                (0..from.len()).filter(|row| from[*row] == v as u64).map(|row| found[row]).collect();
            if listed.is_empty() {
                continue;
            }
            let wanted = by_comparing(&columns, &config, v);
            prop_assert_eq!(listed.len(), wanted.len().min(top_k as usize));
            for (a, b) in listed.iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-9, "{listed:?} {wanted:?}");
            }
        }
    }
}

#[test]
fn missing_values_are_left_out_and_counted() {
    let columns = [vec![1.0, f64::NAN, 2.0, 10.0, f64::INFINITY]];
    let config = KnnConfig {
        top_k: 1,
        scale: Scale::None,
        ..Default::default()
    };
    let outcome = answer(5, &columns, &config);
    let none = u64::from(crate::graph::NO_VERTEX);
    assert_eq!(integers(&outcome.vertices[0].values), [2, none, 0, 2, none]);
    let distances = number_column(&outcome, "nearest_distance");
    assert_eq!((distances[0], distances[3]), (1.0, 8.0));
    assert!(distances[1].is_nan());
    assert_eq!(outcome.summary[2], ("left_out", Quantity::Count, 2.0));
    let few = KnnConfig {
        max_pairs: 2,
        ..config
    };
    let outcome = answer(5, &columns, &few);
    assert_eq!(outcome.exactness, Exactness::Truncated { listed: 2 });
    assert_eq!(integers(&outcome.row_column("from").unwrap().values), [0, 2]);
}

#[test]
fn without_numbers_there_is_nothing_to_compare() {
    let graph = graph_of(2, &[(0, 1)], true);
    let error = run(
        &graph,
        &KnnConfig::default(),
        &Inputs::default(),
        &Control::default(),
    )
    .unwrap_err();
    assert!(error.to_string().contains("name numeric attributes"), "{error}");
    assert!(
        KnnConfig {
            top_k: 0,
            ..Default::default()
        }
        .validate()
        .is_err()
    );
}

#[test]
fn threads_do_not_change_a_bit() {
    let mut random = stream(1, 0);
    let columns: Vec<Vec<f64>> = (0..3)
        .map(|_| (0..5000).map(|_| fraction(&mut random)).collect())
        .collect();
    let config = KnnConfig {
        top_k: 4,
        ..Default::default()
    };
    let of = |threads| on_threads(threads, || answer(5000, &columns, &config));
    assert_eq!(of(1), of(3));
    assert_eq!(of(1), of(8));
}
