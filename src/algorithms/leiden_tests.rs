//! What Leiden promises beyond Louvain: well-connected communities, and no less modularity.

use proptest::prelude::*;

use super::super::local_moving::Rule;
use super::super::modularity::modularity;
use super::super::random_graphs::{any_graph, integer_column};
use super::*;
use crate::graph::{Direction, EdgeList, ProjectionRules, build, generate};

fn communities(graph: &Csr, config: &DivisionConfig) -> (Vec<u32>, f64) {
    let outcome = run(graph, config, &Inputs::default(), &Control::default()).unwrap();
    let community = integer_column(&outcome, "community");
    let community = community.iter().map(|it| *it as u32).collect();
    (community, outcome.summary[3].2)
}

/// The first round.
fn start(least: f64) -> Start<'static> {
    Start {
        order: None,
        rule: Rule {
            resolution: 1.0,
            least,
        },
        rounds: 0,
    }
}

/// Whether each set of vertices (a bit each) can be put together from two such sets, down to single
/// vertices, that are linked at least as much as chance would link them.
fn well_connected_sets(layer: &Layer<'_>, resolution: f64) -> Vec<bool> {
    let n = layer.vertex_count();
    let volume = |set: usize| -> f64 {
        let members = (0..n).filter(|v| set >> v & 1 == 1);
        members.map(|v| layer.strength[v as usize]).sum()
    };
    let between = |one: usize, other: usize| {
        let mut sum = 0.0;
        for v in (0..n).filter(|v| one >> v & 1 == 1) {
            layer.around(v, |u, weight| {
                if other >> u & 1 == 1 {
                    sum += weight;
                }
            });
        }
        sum
    };
    let mut is_well = vec![false; 1 << n];
    for set in 1..1_usize << n {
        is_well[set] = set.count_ones() == 1;
        let mut part = (set - 1) & set;
        while part > 0 && !is_well[set] {
            let rest = set ^ part;
            let chance = resolution * volume(part) * volume(rest) / layer.total;
            is_well[set] = is_well[part] && is_well[rest] && between(part, rest) >= chance - 1e-9;
            part = (part - 1) & set;
        }
    }
    is_well
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn communities_and_parts_are_well_connected(
        graph in any_graph(9),
        resolution in 0.5..2.0_f64,
        falling in any::<bool>(),
    ) {
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let is_well = well_connected_sets(&layer, resolution);
        let sets = |labels: &[u32]| -> Vec<usize> {
            let set = |own: u32| (0..labels.len()).filter(|v| labels[*v] == own).map(|v| 1 << v).sum();
            labels.iter().map(|own| set(*own)).collect()
        };
        let (community, _) = communities(&graph, &DivisionConfig { resolution, ..DivisionConfig::default() });
        prop_assert!(sets(&community).iter().all(|set| is_well[*set]), "{community:?}");
        // Any division is refined into such parts, whether it is a good one or not.
        let any: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 2).collect();
        let part = refine(&layer, &any, resolution, falling, &control).unwrap();
        prop_assert!(sets(&part).iter().all(|set| is_well[*set]), "{part:?}");
        prop_assert!((0..any.len()).all(|v| any[v] == any[part[v] as usize]));
        let alone: Vec<u32> = (0..graph.vertex_count()).collect();
        let found = |labels: &[u32]| modularity(&layer, labels, resolution, &control).unwrap();
        prop_assert!(found(&part) >= found(&alone) - 1e-9);
    }

    #[test]
    fn planted_groups_are_found_at_least_as_well_as_by_one_round_of_louvain(seed in 0_u64..1000, outside in 1_u32..5) {
        let list = generate::planted_partition(12, 30, 5, outside, seed);
        let rules = ProjectionRules { direction: Direction::Undirected, ..ProjectionRules::default() };
        let graph = build(360, list, rules);
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let (_, ours) = communities(&graph, &DivisionConfig::default());
        let mut community: Vec<u32> = (0..360).collect();
        super::super::louvain::climb(&layer, start(0.0), &mut community, 20, &control).unwrap();
        let one_round = modularity(&layer, &community, 1.0, &control).unwrap();
        // Both are heuristics: on a graph without much structure either may be luckier.
        prop_assert!(ours >= one_round - 0.01, "{ours} and {one_round}");
        if outside == 1 {
            let planted: Vec<u32> = (0..360).map(|v| v / 30).collect();
            let planted = modularity(&layer, &planted, 1.0, &control).unwrap();
            prop_assert!(ours >= planted - 0.01, "{ours} and {planted}");
        }
    }

    /// Rounds that end early, as on large graphs, still end and gain.
    #[test]
    fn a_round_that_is_cut_short_is_still_a_division(graph in any_graph(24), least in 0.0..0.5_f64) {
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let mut community: Vec<u32> = (0..graph.vertex_count()).collect();
        let before = modularity(&layer, &community, 1.0, &control).unwrap();
        climb(&layer, start(least), &mut community, 20, &control).unwrap();
        prop_assert!(modularity(&layer, &community, 1.0, &control).unwrap() >= before - 1e-9);
    }
}

/// Two cliques joined by one edge: at a low resolution one community, at 1 two, at a high one single
/// vertices.
#[test]
fn resolution_decides_how_far_cliques_stay_together() {
    let mut list = EdgeList::default();
    for v in 0..5 {
        for u in 0..v {
            list.sources.extend([v, v + 5]);
            list.targets.extend([u, u + 5]);
        }
    }
    list.sources.push(0);
    list.targets.push(5);
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        ..ProjectionRules::default()
    };
    let graph = build(10, list, rules);
    let names = |resolution| {
        let config = DivisionConfig {
            resolution,
            ..DivisionConfig::default()
        };
        communities(&graph, &config).0
    };
    assert_eq!(names(0.01), [0; 10]);
    assert_eq!(names(1.0), [0, 0, 0, 0, 0, 5, 5, 5, 5, 5]);
    assert_eq!(names(20.0), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_cancelled_run_ends_within_a_pace_of_work() {
    // One vertex costs more than a pace, so that each step looks.
    let rays = 1 << 18;
    let star = EdgeList {
        sources: vec![0; rays],
        targets: (1..=rays as u32).collect(),
        ..EdgeList::default()
    };
    let graph = build(1 + rays as u32, star, ProjectionRules::default());
    let layer = Layer::of(&graph, &Control::default()).unwrap();
    let control = Control::default();
    control.cancel();
    let mut community = vec![0; 1 + rays];
    let rule = Rule {
        resolution: 1.0,
        least: 0.0,
    };
    let cancelled = Some(KernelError::Cancelled);
    assert_eq!(refine(&layer, &community, 1.0, false, &control).err(), cancelled);
    assert_eq!(layer.merged(&community, 1, &control).err(), cancelled);
    assert_eq!(
        move_vertices(&layer, None, &mut community, rule, &control).err(),
        cancelled
    );
}
