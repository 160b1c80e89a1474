use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::random_graphs::{any_graph, graph_of, integer_column, on_threads, skewed};
use super::super::registry::{ItemCodes, NumberColumn};
use super::*;
use crate::graph::Direction;

fn compared(graph: &Csr, codes: &[u32], numeric: bool) -> Outcome {
    let number = |code: &u32| {
        if *code == MISSING {
            f64::NAN
        } else {
            f64::from(*code)
        }
    };
    let inputs = Inputs {
        items: vec![ItemCodes {
            name: "age".to_owned(),
            codes: codes.to_vec(),
        }],
        numbers: vec![NumberColumn {
            name: "age".to_owned(),
            values: codes.iter().map(number).collect(),
        }],
        ..Inputs::default()
    };
    let config = AttributeAssortativityConfig {
        attribute: "age".to_owned(),
        numeric,
    };
    run(graph, &config, &inputs, &Control::default()).unwrap()
}

/// The pairs of values at the ends of the edges.
fn pairs(graph: &Csr, codes: &[u32]) -> Vec<(u32, u32)> {
    let edges = (0..graph.vertex_count()).flat_map(|u| graph.out.neighbours(u).iter().map(move |v| (u, *v)));
    let values = edges.map(|(u, v)| (codes[u as usize], codes[v as usize]));
    values.filter(|(a, b)| *a != MISSING && *b != MISSING).collect()
}

/// The coefficient from the matrix of shares of the edges between values.
fn by_matrix(pairs: &[(u32, u32)]) -> Option<f64> {
    let m = pairs.len() as f64;
    let (mut rows, mut columns) = (BTreeMap::<u32, f64>::new(), BTreeMap::<u32, f64>::new());
    for (a, b) in pairs {
        *rows.entry(*a).or_default() += 1.0 / m;
        *columns.entry(*b).or_default() += 1.0 / m;
    }
    let same = pairs.iter().filter(|(a, b)| a == b).count() as f64 / m;
    let chance: f64 = rows
        .iter()
        .map(|(value, a)| a * columns.get(value).unwrap_or(&0.0))
        .sum();
    (!pairs.is_empty() && chance < 1.0 - 1e-9).then(|| (same - chance) / (1.0 - chance))
}

/// The correlation from raw sums, which are exact for small whole numbers.
fn by_sums(pairs: &[(u32, u32)]) -> Option<f64> {
    let sum = |of: fn(f64, f64) -> f64| {
        pairs
            .iter()
            .map(|it| of(f64::from(it.0), f64::from(it.1)))
            .sum::<f64>()
    };
    let m = pairs.len() as f64;
    let (x, y) = (sum(|x, _| x), sum(|_, y| y));
    let (xx, yy) = (m * sum(|x, _| x * x) - x * x, m * sum(|_, y| y * y) - y * y);
    let xy = m * sum(|x, y| x * y) - x * y;
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_list_of_edges_gives_the_same(
        (graph, codes) in any_graph(14).prop_flat_map(|graph| {
            let n = graph.vertex_count() as usize;
            (Just(graph), prop::collection::vec(prop_oneof![4 => 1..5_u32, 1 => Just(MISSING)], n))
        }),
    ) {
        let pairs = pairs(&graph, &codes);
        for (numeric, wanted) in [(false, by_matrix(&pairs)), (true, by_sums(&pairs))] {
            let outcome = compared(&graph, &codes, numeric);
            let found = outcome.summary[0].2;
            match wanted {
                Some(wanted) => prop_assert!((found - wanted).abs() < 1e-9, "{found} instead of {wanted}"),
                None => prop_assert!(found.is_nan(), "{found} where there is none"),
            }
            let ends: u64 = integer_column(&outcome, "compared").iter().sum();
            let per_pair = if graph.directed { 2 } else { 1 };
            prop_assert_eq!(ends, per_pair * pairs.len() as u64);
        }
    }
}

#[test]
fn known_mixtures_have_their_known_coefficient() {
    let square = graph_of(4, &[(0, 1), (1, 2), (2, 3), (3, 0)], false);
    assert_eq!(compared(&square, &[1, 2, 1, 2], false).summary[0].2, -1.0);
    assert_eq!(compared(&square, &[1, 1, 2, 2], false).summary[0].2, 0.0);
    let apart = graph_of(4, &[(0, 1), (2, 3)], true);
    assert_eq!(compared(&apart, &[1, 1, 2, 2], false).summary[0].2, 1.0);
    assert_eq!(compared(&apart, &[1, 1, 2, 2], true).summary[0].2, 1.0);
    assert!(compared(&apart, &[1, 1, 1, 1], false).summary[0].2.is_nan());
    let looped = compared(&graph_of(2, &[(0, 0), (0, 1)], false), &[1, 2], false);
    assert_eq!((looped.summary[1].2, looped.summary[2].2), (1.0 / 3.0, 2.0));
}

#[test]
fn threads_do_not_change_a_bit() {
    let graph = skewed(Direction::Directed);
    let codes: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 7).collect();
    for numeric in [false, true] {
        let of = |threads| on_threads(threads, || compared(&graph, &codes, numeric).summary);
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
    }
}

#[test]
fn text_is_not_correlated() {
    let inputs = Inputs {
        items: vec![ItemCodes::default()],
        ..Inputs::default()
    };
    let config = AttributeAssortativityConfig {
        numeric: true,
        ..AttributeAssortativityConfig::default()
    };
    let answer = run(
        &graph_of(2, &[(0, 1)], true),
        &config,
        &inputs,
        &Control::default(),
    );
    assert!(matches!(answer, Err(KernelError::NotApplicable { .. })));
}
