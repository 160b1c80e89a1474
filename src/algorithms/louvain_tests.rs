//! Laws of [`super::run`]: modularity is what it says, communities are connected, no move gains.

use proptest::prelude::*;

use super::super::outcome::Values;
use super::super::random_graphs::{any_graph, integer_column};
use super::*;
use crate::graph::{Direction, EdgeList, ParallelEdges, ProjectionRules, build, generate};

fn louvain(graph: &Csr, resolution: f64) -> (Vec<u32>, f64) {
    let config = LouvainConfig {
        resolution,
        ..LouvainConfig::default()
    };
    let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
    let community = match &outcome.vertices[0].values {
        Values::Groups(community) => community.clone(),
        other => panic!("{other:?}"),
    };
    (community, outcome.summary[3].2)
}

fn undirected(n: u32, edges: &EdgeList) -> Csr {
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        parallel: ParallelEdges::Sum,
        self_loops: true,
    };
    build(n, edges.clone(), rules)
}

/// The highest modularity over all partitions of at most 7 vertices, one by one.
fn optimum(layer: &Layer, resolution: f64) -> f64 {
    let n = layer.vertex_count() as usize;
    let mut best = f64::NEG_INFINITY;
    // Counts through all label lists in which label k + 1 first occurs after label k.
    let mut community = vec![0_u32; n];
    loop {
        best = best.max(layer.modularity(&community, resolution));
        let ceiling = |at: usize, list: &[u32]| list[..at].iter().max().map_or(0, |most| most + 1);
        let Some(at) = (0..n).rev().find(|at| community[*at] < ceiling(*at, &community)) else {
            return best;
        };
        community[at] += 1;
        community[at + 1..].fill(0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_partition_beats_the_optimum_and_ours_is_near(graph in any_graph(6), resolution in 0.5..2.0_f64) {
        let layer = Layer::of(&graph, &Control::default()).unwrap();
        let (community, modularity) = louvain(&graph, resolution);
        let best = optimum(&layer, resolution);
        prop_assert!((layer.modularity(&community, resolution) - modularity).abs() < 1e-12);
        prop_assert!(modularity <= best + 1e-9);
        prop_assert!(best - modularity < 0.1, "{modularity} is far from {best}");
    }

    #[test]
    fn no_single_move_gains(graph in any_graph(20)) {
        let layer = Layer::of(&graph, &Control::default()).unwrap();
        let (community, modularity) = louvain(&graph, 1.0);
        for v in 0..community.len() {
            for target in &community {
                let mut moved = community.clone();
                moved[v] = *target;
                prop_assert!(layer.modularity(&moved, 1.0) <= modularity + 1e-8);
            }
        }
    }

    #[test]
    fn communities_are_connected_and_named_by_their_smallest_member(graph in any_graph(24)) {
        let layer = Layer::of(&graph, &Control::default()).unwrap();
        let (community, _) = louvain(&graph, 1.0);
        let mut parts = community.clone();
        split(&layer, &mut parts);
        prop_assert_eq!(parts, community);
    }
}

#[test]
fn planted_groups_are_found() {
    let graph = undirected(200, &generate::planted_partition(10, 20, 6, 1, 4));
    let (community, modularity) = louvain(&graph, 1.0);
    let planted: Vec<u32> = (0..200).map(|v| v / 20 * 20).collect();
    assert_eq!(community, planted);
    assert!(modularity > 0.7);
}

#[test]
fn a_higher_resolution_gives_more_communities() {
    let graph = undirected(400, &generate::grid(20, 20));
    let count = |resolution| {
        let mut names = louvain(&graph, resolution).0;
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    assert!(count(0.2) < count(1.0) && count(1.0) < count(5.0));
}

/// A grid can be cut in many equal ways; planted groups in one. The answer is that of the first trial.
#[test]
fn trials_say_how_far_the_order_matters_and_change_nothing_else() {
    let agreement = |graph: &Csr| {
        let config = LouvainConfig {
            trials: 3,
            ..LouvainConfig::default()
        };
        let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
        let once = louvain(graph, 1.0).0;
        assert_eq!(
            integer_column(&outcome, "community"),
            once.iter().map(|it| u64::from(*it)).collect::<Vec<_>>()
        );
        let (name, _, value) = *outcome.summary.last().unwrap();
        assert_eq!(name, "agreement");
        value
    };
    assert_eq!(
        agreement(&undirected(200, &generate::planted_partition(10, 20, 6, 1, 4))),
        1.0
    );
    let grid = agreement(&undirected(400, &generate::grid(20, 20)));
    assert!((0.5..1.0).contains(&grid), "{grid}");
}

#[test]
fn a_disconnected_community_is_split() {
    let path = EdgeList {
        sources: vec![0, 2, 3],
        targets: vec![1, 3, 4],
        ..EdgeList::default()
    };
    let mut community = vec![0, 0, 0, 4, 0];
    split(
        &Layer::of(&undirected(5, &path), &Control::default()).unwrap(),
        &mut community,
    );
    assert_eq!(community, [0, 0, 2, 3, 4]);
}

#[test]
fn vertices_without_edges_stay_alone() {
    let graph = undirected(3, &EdgeList::default());
    let outcome = run(
        &graph,
        &LouvainConfig::default(),
        &Inputs::default(),
        &Control::default(),
    )
    .unwrap();
    assert_eq!(integer_column(&outcome, "community"), [0, 1, 2]);
    assert_eq!(outcome.summary[3].2, 0.0);
}

#[test]
fn a_negative_weight_is_refused_by_row() {
    let edges = EdgeList {
        sources: vec![0, 1],
        targets: vec![1, 2],
        weights: Some(vec![1.0, -2.0]),
        times: None,
    };
    let answer = run(
        &undirected(3, &edges),
        &LouvainConfig::default(),
        &Inputs::default(),
        &Control::default(),
    );
    assert_eq!(
        answer,
        Err(KernelError::NegativeWeight {
            from: 1,
            to: 2,
            weight: -2.0
        })
    );
}
