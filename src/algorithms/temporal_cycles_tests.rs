//! Cycles in time against trying every sequence of edges.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::algorithms::Algorithm;
use crate::algorithms::random_graphs::{
    graph_of, integer_column, integers, keep_all, number_column, numbers, run, run_with_threads,
};
use crate::graph::{EdgeList, build};

/// (source, target, time, weight) a row.
type Rows = Vec<(u32, u32, i64, f64)>;

fn timed(n: u32, rows: &[(u32, u32, i64, f64)]) -> Csr {
    let edges = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: Some(rows.iter().map(|it| it.3).collect()),
        times: Some(rows.iter().map(|it| it.2).collect()),
    };
    build(n, edges, keep_all(true))
}

/// Every cycle as its rows in the order of travel, by extending sequences row by row.
fn by_brute_force(rows: &Rows, config: &TemporalCyclesConfig) -> BTreeSet<Vec<usize>> {
    let mut found = BTreeSet::new();
    let mut sequences: Vec<Vec<usize>> = (0..rows.len()).map(|it| vec![it]).collect();
    while let Some(sequence) = sequences.pop() {
        let (first, last) = (rows[sequence[0]], rows[sequence[sequence.len() - 1]]);
        let weights = || sequence.iter().map(|it| rows[*it].3);
        let (least, greatest) = (weights().fold(f64::MAX, f64::min), weights().fold(0.0, f64::max));
        let at_once = last.2 == first.2;
        if last.1 == first.0
            && sequence.len() >= config.min_length as usize
            && least >= config.weight_ratio * greatest
            && (!at_once || sequence.iter().all(|it| *it >= sequence[0]))
        {
            found.insert(sequence.clone());
        }
        let passed: BTreeSet<u32> = sequence.iter().map(|it| rows[*it].0).collect();
        if passed.contains(&last.1) || sequence.len() == config.max_length as usize {
            continue;
        }
        for (next, row) in rows.iter().enumerate() {
            if row.0 == last.1 && row.2 >= last.2 && row.2 - first.2 <= config.window_ms {
                sequences.push(sequence.iter().copied().chain([next]).collect());
            }
        }
    }
    found
}

fn any_rows() -> impl Strategy<Value = Rows> {
    let row = (0_u32..6, 0_u32..6, 0_i64..8, 1_u8..4);
    prop::collection::vec(row, 0..22).prop_map(|rows| {
        rows.into_iter()
            .map(|it| (it.0, it.1, it.2, f64::from(it.3)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn cycles_are_those_of_trying_every_sequence(
        rows in any_rows(),
        (min_length, longer, window_ms, ratio) in (2_u32..4, 0_u32..4, 0_i64..8, 0_u8..3),
    ) {
        let config = TemporalCyclesConfig {
            min_length,
            max_length: min_length + longer,
            window_ms,
            weight_ratio: f64::from(ratio) / 2.0,
            ..TemporalCyclesConfig::default()
        };
        let outcome = run(&Algorithm::TemporalCycles(config.clone()), &timed(6, &rows)).unwrap();
        let expected = by_brute_force(&rows, &config);

        let Values::Lists { offsets, members } = &outcome.row_column("members").unwrap().values else {
            panic!("members are lists");
        };
        let listed = |row: usize| members[offsets[row]..offsets[row + 1]].to_vec();
        let mut found: Vec<_> = (0..offsets.len() - 1).map(listed).collect();
        let mut wanted: Vec<Vec<u32>> = expected.iter().map(|it| it.iter().map(|row| rows[*row].0).collect()).collect();
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted);

        let on_cycles: BTreeSet<usize> = expected.iter().flatten().copied().collect();
        for v in 0..6_u32 {
            let through = expected.iter().filter(|it| it.iter().any(|row| rows[*row].0 == v)).count() as u64;
            let weight: f64 = on_cycles.iter().map(|row| rows[*row]).filter(|it| it.0 == v).map(|it| it.3).sum();
            prop_assert_eq!(integer_column(&outcome, "cycles")[v as usize], through);
            prop_assert_eq!(number_column(&outcome, "weight_in_cycles")[v as usize], weight);
        }
    }
}

#[test]
fn a_row_says_when_how_long_and_how_much() {
    let graph = timed(3, &[(2, 0, 70, 4.0), (0, 1, 10, 5.0), (1, 2, 40, 3.0)]);
    let outcome = run(
        &Algorithm::TemporalCycles(TemporalCyclesConfig::default()),
        &graph,
    )
    .unwrap();
    let column = |name| &outcome.row_column(name).unwrap().values;
    assert_eq!(
        column("members"),
        &Values::Lists {
            offsets: vec![0, 3],
            members: vec![0, 1, 2]
        }
    );
    assert_eq!(column("start"), &Values::Times(vec![Some(10)]));
    assert_eq!(integers(column("duration")), [60]);
    assert_eq!(
        ["least_weight", "greatest_weight", "total_weight"].map(|name| numbers(column(name))[0]),
        [3.0, 5.0, 12.0]
    );
    assert_eq!(outcome.summary[2], ("weight_in_cycles", Quantity::Weight, 12.0));
}

#[test]
fn the_cap_keeps_the_earliest_and_says_so() {
    let rows: Rows = (0..40)
        .flat_map(|it| [(0, 1, 100 * it, 1.0), (1, 0, 100 * it + 1, 1.0)])
        .collect();
    let config = |max_cycles| {
        Algorithm::TemporalCycles(TemporalCyclesConfig {
            min_length: 2,
            window_ms: 50,
            max_cycles,
            ..TemporalCyclesConfig::default()
        })
    };
    let graph = timed(2, &rows);
    let capped = run(&config(7), &graph).unwrap();
    assert_eq!(capped.exactness, Exactness::Truncated { listed: 7 });
    let starts = (0..7).map(|it| Some(100 * it)).collect();
    assert_eq!(capped.row_column("start").unwrap().values, Values::Times(starts));
    assert_eq!(run(&config(40), &graph).unwrap().exactness, Exactness::Exact);
}

#[test]
fn one_thread_and_four_list_the_same() {
    let rows: Rows = (0..3000_i64)
        .map(|it| {
            let end = |factor: u64| ((it as u64 + 1).wrapping_mul(factor) >> 40) as u32 % 60;
            let (from, to) = (end(0x9e37_79b9_7f4a_7c15), end(0xc2b2_ae3d_27d4_eb4f));
            (from, to, it * 5, 1.0 + (it % 3) as f64)
        })
        .collect();
    let graph = timed(60, &rows);
    let config = TemporalCyclesConfig {
        window_ms: 1500,
        max_cycles: 500,
        ..TemporalCyclesConfig::default()
    };
    let algorithm = Algorithm::TemporalCycles(config);
    let with = |threads| run_with_threads(&algorithm, &graph, &Inputs::default(), threads).unwrap();
    assert_eq!(with(1), with(4));
    assert_eq!(with(1).exactness, Exactness::Truncated { listed: 500 });
}

/// One edge in, then bundles of parallel edges: as many looks as edges ask for, not as pairs of them would.
#[test]
fn parallel_edges_cost_in_step_with_their_number() {
    let many = 1 << 12;
    let bundle = |from, to, begin: i64| (0..many).map(move |it| (from, to, begin + it, 1.0));
    let rows: Rows = [(0, 1, 0, 1.0)]
        .into_iter()
        .chain(bundle(1, 2, 1))
        .chain(bundle(2, 0, many))
        .collect();
    let config = TemporalCyclesConfig {
        max_cycles: 1,
        ..TemporalCyclesConfig::default()
    };
    let control = Control::default();
    let outcome = super::run(&timed(3, &rows), &config, &Inputs::default(), &control).unwrap();
    assert_eq!(outcome.exactness, Exactness::Truncated { listed: 1 });
    assert!(control.looks() < 64, "{}", control.looks());
}

#[test]
fn graphs_without_times_or_direction_are_refused() {
    let algorithm = Algorithm::TemporalCycles(TemporalCyclesConfig::default());
    for graph in [graph_of(2, &[(0, 1)], true), graph_of(2, &[(0, 1)], false)] {
        assert!(matches!(
            run(&algorithm, &graph),
            Err(KernelError::NotApplicable { .. })
        ));
    }
}

#[test]
fn parameters_out_of_range_are_named() {
    let with = |change: fn(&mut TemporalCyclesConfig)| {
        let mut config = TemporalCyclesConfig::default();
        change(&mut config);
        match config.validate() {
            Err(KernelError::Parameter { parameter, .. }) => parameter,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(with(|it| it.max_length = 13), "max_length");
    assert_eq!(with(|it| it.min_length = 1), "min_length");
    assert_eq!(with(|it| it.window_ms = -1), "window_ms");
    assert_eq!(with(|it| it.weight_ratio = f64::NAN), "weight_ratio");
    assert_eq!(with(|it| it.max_cycles = 0), "max_cycles");
}
