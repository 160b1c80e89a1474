//! Motifs against trying every three edges.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::algorithms::Algorithm;
use crate::algorithms::motif_counts::place;
use crate::algorithms::random_graphs::{graph_of, integer_column, integers, keep_all, run_with_threads};
use crate::graph::{EdgeList, build, generate};

/// (source, target, time) a row.
type Rows = Vec<(u32, u32, i64)>;

fn timed(n: u32, rows: &Rows) -> Csr {
    let edges = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: None,
        times: Some(rows.iter().map(|it| it.2).collect()),
    };
    build(n, edges, keep_all(true))
}

fn answer(graph: &Csr, window_ms: i64) -> Outcome {
    let config = TemporalMotifsConfig { window_ms };
    run(graph, &config, &Inputs::default(), &Control::default()).unwrap()
}

fn counts(outcome: &Outcome) -> Vec<u64> {
    integers(&outcome.row_column("count").unwrap().values)
}

/// Counts by pattern, and stars by the vertex in their middle.
fn by_trying_all(n: u32, rows: &Rows, window: i64) -> (Vec<u64>, Vec<u64>) {
    let mut edges: Vec<(i64, usize, (u32, u32))> = (0..rows.len())
        .filter(|row| rows[*row].0 != rows[*row].1)
        .map(|row| (rows[row].2, row, (rows[row].0, rows[row].1)))
        .collect();
    edges.sort_unstable();
    let (mut counts, mut stars) = (vec![0; 36], vec![0; n as usize]);
    for (i, first) in edges.iter().enumerate() {
        for (j, second) in edges.iter().enumerate().skip(i + 1) {
            for third in edges.iter().skip(j + 1).filter(|it| it.0 - first.0 <= window) {
                let three = [first.2, second.2, third.2];
                let vertices: BTreeSet<u32> = three.iter().flat_map(|it| [it.0, it.1]).collect();
                if vertices.len() > 3 {
                    continue;
                }
                let (row, column) = place(three);
                counts[6 * row + column] += 1;
                let is_middle = |v: &&u32| three.iter().all(|it| it.0 == **v || it.1 == **v);
                if vertices.len() == 3 {
                    vertices
                        .iter()
                        .filter(is_middle)
                        .for_each(|v| stars[*v as usize] += 1);
                }
            }
        }
    }
    (counts, stars)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn counts_are_those_of_trying_every_three_edges(
        rows in prop::collection::vec((0_u32..5, 0_u32..5, 0_i64..12), 0..24),
        window in 0_i64..14,
    ) {
        let outcome = answer(&timed(5, &rows), window);
        let (expected, stars) = by_trying_all(5, &rows, window);
        prop_assert_eq!(counts(&outcome), expected.clone());
        prop_assert_eq!(integer_column(&outcome, "stars"), stars.clone());
        let summary: Vec<f64> = outcome.summary.iter().map(|it| it.2).collect();
        prop_assert_eq!(summary[0], expected.iter().sum::<u64>() as f64);
        prop_assert_eq!(summary[2], stars.iter().sum::<u64>() as f64);
    }
}

#[test]
fn a_pattern_is_found_where_it_stands_in_the_table() {
    // A circle of three: 12, 23, 31.
    let outcome = answer(&timed(3, &vec![(2, 0, 1), (0, 1, 2), (1, 2, 3)]), 2);
    let at = counts(&outcome).iter().position(|it| *it == 1).unwrap();
    let column = |name: &str| integers(&outcome.row_column(name).unwrap().values)[at];
    assert_eq!(
        (column("second"), column("third"), column("is_triangle")),
        (23, 31, 1)
    );
    assert_eq!(counts(&outcome).iter().sum::<u64>(), 1);
    assert_eq!(
        counts(&answer(&timed(3, &vec![(2, 0, 1), (0, 1, 2), (1, 2, 3)]), 1)),
        [0; 36]
    );
}

#[test]
fn all_36_patterns_have_a_kind() {
    let kinds = |test: fn(usize, usize) -> bool| (0..36).filter(|at| test(at / 6, at % 6)).count();
    assert_eq!((kinds(is_pair), kinds(is_triangle)), (4, 8));
}

#[test]
fn any_number_of_threads_counts_the_same() {
    let list = generate::rmat(9, 8, 7);
    let times = (0..list.sources.len() as i64)
        .map(|it| it * 7919 % 4096)
        .collect();
    let list = EdgeList {
        times: Some(times),
        ..list
    };
    let graph = build(1 << 9, list, keep_all(true));
    let algorithm = Algorithm::TemporalMotifs(TemporalMotifsConfig { window_ms: 500 });
    let with = |threads| run_with_threads(&algorithm, &graph, &Inputs::default(), threads).unwrap();
    let expected = with(1);
    assert!(expected.summary.iter().all(|it| it.2 > 0.0));
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), expected);
    }
}

#[test]
fn edges_without_times_or_direction_are_refused() {
    for directed in [false, true] {
        let graph = graph_of(2, &[(0, 1)], directed);
        let refused = run(
            &graph,
            &TemporalMotifsConfig::default(),
            &Inputs::default(),
            &Control::default(),
        );
        assert!(matches!(refused, Err(KernelError::NotApplicable { .. })));
    }
}
