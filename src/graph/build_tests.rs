use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Entries (neighbour, row, weight) of each vertex, computed with maps.
fn expected(n: u32, edges: &EdgeList, rules: ProjectionRules, outward: bool) -> Vec<Vec<(u32, u32, f64)>> {
    let mut lists: Vec<BTreeMap<u32, Vec<(u32, f64)>>> = vec![BTreeMap::new(); n as usize];
    for row in 0..edges.sources.len() {
        let (u, v) = (edges.sources[row], edges.targets[row]);
        let weight = edges.weights.as_ref().map_or(1.0, |it| it[row]);
        let mut put = |from: u32, to: u32| {
            let (at, other) = if outward { (from, to) } else { (to, from) };
            lists[at as usize]
                .entry(other)
                .or_default()
                .push((row as u32, weight));
        };
        match rules.direction {
            _ if u == v && !rules.self_loops => {}
            Direction::Directed => put(u, v),
            Direction::Reversed => put(v, u),
            Direction::Undirected if u == v => put(u, v),
            Direction::Undirected => {
                put(u, v);
                put(v, u);
            }
        }
    }
    let merged = |(neighbour, rows): (u32, Vec<(u32, f64)>)| -> Vec<(u32, u32, f64)> {
        let weights = rows.iter().map(|it| it.1);
        match rules.parallel {
            ParallelEdges::Keep => rows.iter().map(|it| (neighbour, it.0, it.1)).collect(),
            ParallelEdges::Smallest => {
                vec![(neighbour, rows[0].0, weights.fold(f64::INFINITY, f64::min))]
            }
            ParallelEdges::Sum => vec![(neighbour, rows[0].0, weights.sum())],
        }
    };
    lists
        .into_iter()
        .map(|list| list.into_iter().flat_map(merged).collect())
        .collect()
}

fn entries(lists: &Adjacency, n: u32) -> Vec<Vec<(u32, u32, f64)>> {
    let rows = lists.rows.as_ref().unwrap();
    let entry = |index: usize| (lists.targets[index], rows[index], lists.weight(index));
    (0..n).map(|v| lists.range(v).map(entry).collect()).collect()
}

#[test]
fn the_lightest_of_parallel_edges_is_found() {
    let edges = EdgeList {
        sources: vec![0, 0, 0, 1],
        targets: vec![1, 2, 1, 1],
        weights: Some(vec![3.0, -7.0, 2.0, 1.0]),
        times: None,
    };
    let rules = ProjectionRules {
        parallel: ParallelEdges::Keep,
        ..ProjectionRules::default()
    };
    let graph = build(3, edges, rules);
    let found = [(0, 1), (0, 2), (1, 0)].map(|(v, u)| graph.out.lightest_to(v, u));
    assert_eq!(found, [2.0, -7.0, f64::INFINITY]);
}

fn any_rules() -> impl Strategy<Value = ProjectionRules> {
    let direction = prop_oneof![
        Just(Direction::Directed),
        Just(Direction::Reversed),
        Just(Direction::Undirected)
    ];
    let parallel = prop_oneof![
        Just(ParallelEdges::Keep),
        Just(ParallelEdges::Smallest),
        Just(ParallelEdges::Sum)
    ];
    (direction, parallel, any::<bool>()).prop_map(|(direction, parallel, self_loops)| ProjectionRules {
        direction,
        parallel,
        self_loops,
    })
}

fn any_edges(n: u32) -> impl Strategy<Value = EdgeList> {
    let rows = prop::collection::vec((0..n, 0..n, 0_u8..9), 0..60);
    (rows, any::<bool>()).prop_map(|(rows, weighted)| EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: weighted.then(|| rows.iter().map(|it| f64::from(it.2)).collect()),
        times: Some((0..rows.len() as i64).map(|row| row * 10).collect()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lists_are_what_maps_say(edges in any_edges(8), rules in any_rules()) {
        let graph = build(8, edges.clone(), rules);
        prop_assert_eq!(entries(&graph.out, 8), expected(8, &edges, rules, true));
        prop_assert_eq!(entries(&graph.into, 8), expected(8, &edges, rules, false));
        let times = graph.out.times.as_ref().unwrap();
        let bare = build(8, EdgeList { times: None, ..edges.clone() }, rules);
        prop_assert!(bare.out.rows.is_none() && bare.out.targets == graph.out.targets);
        prop_assert!(bare.into.targets == graph.into.targets && bare.into.weights == graph.into.weights);
        prop_assert!(times.iter().zip(graph.out.rows.as_ref().unwrap()).all(|(time, row)| *time == i64::from(*row) * 10));
    }

    #[test]
    fn an_undirected_edge_counts_once(edges in any_edges(8), parallel in any::<bool>()) {
        let parallel = if parallel { ParallelEdges::Keep } else { ParallelEdges::Smallest };
        let rules = ProjectionRules { direction: Direction::Undirected, parallel, self_loops: true };
        let graph = build(8, edges.clone(), rules);
        let loops = (0..8).flat_map(|v| graph.out.neighbours(v).iter().filter(move |u| **u == v)).count() as u64;
        prop_assert_eq!(graph.entry_count(), 2 * graph.edge_count - loops);
    }
}

#[test]
fn a_graph_without_edges_has_empty_lists() {
    let graph = build(3, EdgeList::default(), ProjectionRules::default());
    assert_eq!(
        (graph.vertex_count(), graph.entry_count(), graph.edge_count),
        (3, 0, 0)
    );
    assert_eq!(
        build(0, EdgeList::default(), ProjectionRules::default()).vertex_count(),
        0
    );
}

#[test]
fn threads_do_not_change_the_graph() {
    let edges = super::super::generate::rmat(10, 8, 3);
    let rules = ProjectionRules::default();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| build(1 << 10, edges.clone(), rules))
    };
    let one = of(1);
    assert!([2, 3, 8].iter().all(|threads| of(*threads) == one));
}
