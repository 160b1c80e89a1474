//! Arrivals against extending sequences of edges until nothing is new.

use proptest::prelude::*;

use super::*;
use crate::algorithms::random_graphs::{graph_of, integer_column, keep_all};
use crate::graph::{EdgeList, build};

/// (source, target, time) a row.
type Rows = Vec<(u32, u32, i64)>;

fn timed(n: u32, rows: &Rows, directed: bool) -> Csr {
    let edges = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: None,
        times: Some(rows.iter().map(|it| it.2).collect()),
    };
    build(n, edges, keep_all(directed))
}

fn answer(graph: &Csr, config: &TemporalReachabilityConfig, sources: &[u32]) -> Outcome {
    let inputs = Inputs {
        sources: sources.to_vec(),
        ..Inputs::default()
    };
    run(graph, config, &inputs, &Control::default()).unwrap()
}

fn times(outcome: &Outcome) -> Vec<Option<i64>> {
    match &outcome.vertex_column("time").unwrap().values {
        Values::Times(times) => times.clone(),
        _ => panic!("not times"),
    }
}

/// Earliest arrivals: marks the edges that can be taken until no more are found.
fn by_definition(n: u32, rows: &Rows, config: &TemporalReachabilityConfig, source: u32) -> Vec<Option<i64>> {
    let (start, end) = (
        config.start_ms.unwrap_or(i64::MIN),
        config.end_ms.unwrap_or(i64::MAX),
    );
    let mut taken = vec![false; rows.len()];
    loop {
        let follows = |at: usize, next: usize| {
            let wait = rows[next].2 - rows[at].2;
            rows[at].1 == rows[next].0
                && wait >= i64::from(config.strict)
                && config.max_wait_ms.is_none_or(|most| wait <= most)
        };
        let found: Vec<usize> = (0..rows.len())
            .filter(|next| !taken[*next] && (start..=end).contains(&rows[*next].2))
            .filter(|next| {
                rows[*next].0 == source || (0..rows.len()).any(|at| taken[at] && follows(at, *next))
            })
            .collect();
        if found.is_empty() {
            break;
        }
        found.iter().for_each(|at| taken[*at] = true);
    }
    let arrival = |v: u32| {
        (0..rows.len())
            .filter(|at| taken[*at] && rows[*at].1 == v)
            .map(|at| rows[at].2)
            .min()
    };
    (0..n)
        .map(|v| if v == source { config.start_ms } else { arrival(v) })
        .collect()
}

fn any_config() -> impl Strategy<Value = TemporalReachabilityConfig> {
    let instant = || prop::option::of(0_i64..10);
    (any::<bool>(), instant(), instant(), prop::option::of(0_i64..4)).prop_map(
        |(strict, start_ms, end_ms, max_wait_ms)| TemporalReachabilityConfig {
            strict,
            start_ms,
            end_ms,
            max_wait_ms,
            ..TemporalReachabilityConfig::default()
        },
    )
}

fn any_rows() -> impl Strategy<Value = Rows> {
    prop::collection::vec((0_u32..7, 0_u32..7, 0_i64..10), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arrivals_are_those_of_all_sequences_of_edges(rows in any_rows(), config in any_config(), both_ways in any::<bool>()) {
        let graph = timed(7, &rows, !both_ways);
        let mut edges = rows.clone();
        if both_ways {
            edges.extend(rows.iter().map(|it| (it.1, it.0, it.2)));
        }
        let expected = by_definition(7, &edges, &config, 2);
        let outcome = answer(&graph, &config, &[2]);
        prop_assert_eq!(times(&outcome), expected.clone());
        let reached: Vec<u64> = (0..7).map(|v| u64::from(v == 2 || expected[v].is_some())).collect();
        prop_assert_eq!(integer_column(&outcome, "reached"), reached);
        let parents = integer_column(&outcome, "parent");
        for v in (0..7).filter(|v| *v != 2) {
            let arrives = |it: &(u32, u32, i64)| {
                u64::from(it.0) == parents[v] && it.1 == v as u32 && Some(it.2) == expected[v]
            };
            prop_assert_eq!(expected[v].is_some(), edges.iter().any(arrives));
        }
    }

    /// Latest departures are earliest arrivals when time and edges are turned round.
    #[test]
    fn searched_backward_time_and_edges_are_turned_round(rows in any_rows(), config in any_config()) {
        let turned: Rows = rows.iter().map(|it| (it.1, it.0, -it.2)).collect();
        let mirror = TemporalReachabilityConfig {
            start_ms: config.end_ms.map(|it| -it),
            end_ms: config.start_ms.map(|it| -it),
            ..config.clone()
        };
        let config = TemporalReachabilityConfig { backward: true, ..config };
        let expected: Vec<Option<i64>> =
            by_definition(7, &turned, &mirror, 2).into_iter().map(|it| it.map(|time| -time)).collect();
        prop_assert_eq!(times(&answer(&timed(7, &rows, true), &config, &[2])), expected);
    }
}

#[test]
fn a_later_arrival_may_lead_on_where_the_earliest_does_not() {
    let rows = vec![(0, 1, 1), (0, 1, 9), (1, 2, 10)];
    let config = TemporalReachabilityConfig {
        max_wait_ms: Some(2),
        ..TemporalReachabilityConfig::default()
    };
    let outcome = answer(&timed(3, &rows, true), &config, &[0]);
    assert_eq!(times(&outcome), [None, Some(1), Some(10)]);
}

#[test]
fn edges_without_times_are_refused_and_so_is_a_negative_wait() {
    let config = TemporalReachabilityConfig::default();
    let inputs = Inputs {
        sources: vec![0],
        ..Inputs::default()
    };
    let refused = run(
        &graph_of(2, &[(0, 1)], true),
        &config,
        &inputs,
        &Control::default(),
    );
    assert!(matches!(refused, Err(KernelError::NotApplicable { .. })));
    let config = TemporalReachabilityConfig {
        sources: vec!["a".to_owned()],
        max_wait_ms: Some(-1),
        ..config
    };
    assert!(config.validate().is_err());
}
