//! Linkage against the intersection of item sets, pair by pair.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::algorithms::random_graphs::{graph_of, integer_column, integers, keep_all, number_column};
use crate::algorithms::{Algorithm, ItemCodes, random_graphs};
use crate::graph::{EdgeList, MISSING, build};

fn items(columns: &[Vec<u32>]) -> Inputs {
    let item = |codes: &Vec<u32>| ItemCodes {
        name: String::new(),
        codes: codes.clone(),
    };
    Inputs {
        items: columns.iter().map(item).collect(),
        ..Inputs::default()
    }
}

fn answer(graph: &Csr, config: &LinkageConfig, inputs: &Inputs) -> Result<Outcome, KernelError> {
    config.validate()?;
    run(graph, config, inputs, &Control::default())
}

/// Whether `a` and `b` have edges to `item` at most `window` apart (at any times when it is 0), near
/// neither of which more than `most` vertices have one.
fn meet(graph: &Csr, a: u32, b: u32, item: u32, (window, most): (i64, u32)) -> bool {
    let times = |v: u32| {
        let to_item = graph
            .out
            .range(v)
            .filter(move |index| graph.out.targets[*index] == item && v != item);
        to_item.map(|index| graph.out.times.as_ref().unwrap()[index])
    };
    let near = |x: i64, y: i64| window == 0 || (x - y).abs() <= window;
    let is_lonely = |x: &i64| {
        let holders = (0..graph.vertex_count()).filter(|v| times(*v).any(|y| near(*x, y)));
        holders.count() <= most as usize
    };
    times(a)
        .filter(is_lonely)
        .any(|x| times(b).filter(is_lonely).any(|y| near(x, y)))
}

/// Linked pairs by comparing every two vertices on every item.
fn by_comparing(graph: &Csr, config: &LinkageConfig, columns: &[Vec<u32>]) -> Vec<(u64, u64, u64)> {
    let n = graph.vertex_count();
    let allowed = |holders: usize| (2..=config.max_holders as usize).contains(&holders);
    let mut pairs = Vec::new();
    for (a, b) in (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))) {
        let values = columns.iter().filter(|codes| {
            let code = codes[a as usize];
            let holders = codes.iter().filter(|it| **it == code).count();
            code != MISSING && code == codes[b as usize] && allowed(holders)
        });
        let rule = (config.window_ms, config.max_holders);
        let neighbours = (0..n).filter(|item| config.through_edges && meet(graph, a, b, *item, rule));
        let shared = values.count() + neighbours.count();
        if shared >= config.min_shared as usize {
            pairs.push((u64::from(a), u64::from(b), shared as u64));
        }
    }
    pairs
}

fn any_case() -> impl Strategy<Value = (Csr, Vec<Vec<u32>>)> {
    let row = (0_u32..9, 0_u32..9, 0_i64..10);
    let code = prop_oneof![3 => 0_u32..4, 1 => Just(MISSING)];
    let column = prop::collection::vec(code, 9);
    (
        prop::collection::vec(row, 0..30),
        prop::collection::vec(column, 0..3),
        any::<bool>(),
    )
        .prop_map(|(rows, columns, directed)| {
            let edges = EdgeList {
                sources: rows.iter().map(|it| it.0).collect(),
                targets: rows.iter().map(|it| it.1).collect(),
                weights: None,
                times: Some(rows.iter().map(|it| it.2).collect()),
            };
            (build(9, edges, keep_all(directed)), columns)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pairs_are_those_of_comparing_every_two(
        (graph, columns) in any_case(),
        (min_shared, max_holders, window_ms) in (1_u32..3, 2_u32..6, 0_i64..4),
    ) {
        let config = LinkageConfig { min_shared, max_holders, window_ms, through_edges: true, ..LinkageConfig::default() };
        let outcome = answer(&graph, &config, &items(&columns)).unwrap();
        let expected = by_comparing(&graph, &config, &columns);
        let [a, b, shared] = ["a", "b", "shared"].map(|name| integers(&outcome.row_column(name).unwrap().values));
        let found: Vec<_> = (0..a.len()).map(|row| (a[row], b[row], shared[row])).collect();
        prop_assert_eq!(&found, &expected);
        if found.len() > 1 {
            let some = found.len() as u64 - 1;
            let capped = answer(&graph, &LinkageConfig { max_pairs: some, ..config }, &items(&columns)).unwrap();
            prop_assert_eq!(&capped.exactness, &Exactness::Truncated { listed: some });
            prop_assert_eq!(integers(&capped.row_column("a").unwrap().values), &a[..some as usize]);
        }

        for v in 0..9_u64 {
            let mut group = BTreeSet::from([v]);
            for _ in 0..9 {
                for (a, b, _) in &expected {
                    if group.contains(a) || group.contains(b) {
                        group.extend([*a, *b]);
                    }
                }
            }
            let own: Vec<u64> = expected.iter().filter(|it| it.0 == v || it.1 == v).map(|it| it.2).collect();
            let column = |name| integer_column(&outcome, name)[v as usize];
            prop_assert_eq!(column("partners"), own.len() as u64);
            prop_assert_eq!(column("shared"), own.iter().copied().max().unwrap_or(0));
            let alone = group.len() == 1;
            prop_assert_eq!(column("group_size"), if alone { 0 } else { group.len() as u64 });
            let smallest = *group.first().unwrap();
            prop_assert_eq!(column("group"), if alone { u64::from(NO_VERTEX) } else { smallest });
            let links = expected.iter().filter(|it| group.contains(&it.0)).count() as f64;
            let possible = (group.len() * (group.len() - 1) / 2).max(1) as f64;
            prop_assert_eq!(number_column(&outcome, "density")[v as usize], links / possible);
        }
    }
}

#[test]
fn what_too_many_hold_links_nobody_and_is_counted() {
    let config = LinkageConfig {
        max_holders: 3,
        ..LinkageConfig::default()
    };
    let inputs = items(&[vec![0, 0, 0, 0, 1, 1]]);
    let outcome = answer(&graph_of(6, &[], true), &config, &inputs).unwrap();
    assert_eq!(integer_column(&outcome, "group_size"), [0, 0, 0, 0, 2, 2]);
    let too_common = outcome.summary.iter().find(|it| it.0 == "items_too_common");
    assert_eq!(too_common.unwrap().2, 1.0);
}

/// A popular vertex is held by many over the years; who came to it in one day still tells something.
#[test]
fn holders_are_counted_within_the_window() {
    // Vertex 0 gains vertices 1 to 9 one by one, and 10 to 12 at once; 13 to 16 are a crowd.
    let sources: Vec<u32> = (1..17).collect();
    let time = |v: &u32| match v {
        1..10 => i64::from(*v) * 100,
        10..13 => 5_000,
        _ => 9_000,
    };
    let edges = EdgeList {
        targets: vec![0; sources.len()],
        times: Some(sources.iter().map(time).collect()),
        weights: None,
        sources,
    };
    let config = LinkageConfig {
        max_holders: 3,
        through_edges: true,
        window_ms: 10,
        ..LinkageConfig::default()
    };
    let outcome = answer(&build(17, edges, keep_all(true)), &config, &Inputs::default()).unwrap();
    let sizes = integer_column(&outcome, "group_size");
    assert_eq!(sizes[10..13], [3, 3, 3]);
    assert_eq!(sizes.iter().sum::<u64>(), 9, "{sizes:?}");
    let too_common = outcome.summary.iter().find(|it| it.0 == "items_too_common");
    assert_eq!(too_common.unwrap().2, 1.0);
}

/// However often two return to the same post, they share one post.
#[test]
fn many_edges_of_two_vertices_to_one_item_are_one_shared_item() {
    let events = 40_000_u32;
    let edges = EdgeList {
        sources: (0..events).map(|event| event % 2).collect(),
        targets: vec![2; events as usize],
        weights: None,
        times: Some((0..i64::from(events)).collect()),
    };
    let config = LinkageConfig {
        through_edges: true,
        window_ms: 1_000_000,
        ..LinkageConfig::default()
    };
    let outcome = answer(&build(3, edges, keep_all(true)), &config, &Inputs::default()).unwrap();
    assert_eq!(integer_column(&outcome, "shared"), [1, 1, 0]);
}

#[test]
fn one_thread_and_four_link_the_same() {
    let codes = |modulus: u32| (0..2000).map(|v| v * v % modulus).collect::<Vec<u32>>();
    let inputs = items(&[codes(401), codes(997)]);
    let graph = graph_of(2000, &[], true);
    let algorithm = Algorithm::Linkage(LinkageConfig::default());
    let with = |threads| random_graphs::run_with_threads(&algorithm, &graph, &inputs, threads).unwrap();
    assert_eq!(with(1), with(4));
    assert!(with(1).summary[2].2 > 1000.0, "there are many pairs");
}

#[test]
fn nothing_to_share_and_windows_without_times_are_refused() {
    let graph = graph_of(2, &[(0, 1)], true);
    let config = LinkageConfig::default();
    let refused = answer(&graph, &config, &Inputs::default());
    assert!(matches!(refused, Err(KernelError::NotApplicable { .. })));
    let windowed = LinkageConfig {
        window_ms: 5,
        through_edges: true,
        ..config.clone()
    };
    let refused = answer(&graph, &windowed, &Inputs::default());
    assert!(matches!(refused, Err(KernelError::NotApplicable { .. })));
    let pointless = LinkageConfig {
        window_ms: 5,
        ..config
    };
    assert!(matches!(
        pointless.validate(),
        Err(KernelError::Parameter {
            parameter: "window_ms",
            ..
        })
    ));
}
