//! Laws of Louvain and Leiden: modularity is what it says, communities are connected, no move gains.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::random_graphs::{
    any_graph, graph_of, integer_column, run as run_algorithm, run_with_threads, skewed,
};
use super::super::registry::{Algorithm, Inputs};
use super::*;
use crate::graph::{Direction, EdgeList, ParallelEdges, ProjectionRules, build, generate};

const BOTH: [&str; 2] = ["louvain", "leiden"];

fn made(name: &str, parameters: Value) -> Algorithm {
    Algorithm::from_parameters(name, &serde_json::from_value(parameters).unwrap()).unwrap()
}

/// The communities and their modularity.
fn divided(name: &str, graph: &Csr, parameters: Value) -> (Vec<u32>, f64) {
    let outcome = run_algorithm(&made(name, parameters), graph).unwrap();
    let community = integer_column(&outcome, "community");
    let reached = outcome.summary.iter().find(|it| it.0 == "modularity").unwrap().2;
    (community.iter().map(|it| *it as u32).collect(), reached)
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
fn optimum(layer: &Layer<'_>, resolution: f64) -> f64 {
    let n = layer.vertex_count() as usize;
    let mut best = f64::NEG_INFINITY;
    // Counts through all label lists in which label k + 1 first occurs after label k.
    let mut community = vec![0_u32; n];
    loop {
        best = best.max(modularity(layer, &community, resolution, &Control::default()).unwrap());
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
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let best = optimum(&layer, resolution);
        for name in BOTH {
            let (community, reached) = divided(name, &graph, json!({"resolution": resolution}));
            let again = modularity(&layer, &community, resolution, &control).unwrap();
            prop_assert!((again - reached).abs() < 1e-12);
            prop_assert!(reached <= best + 1e-9);
            prop_assert!(best - reached < 0.1, "{name}: {reached} is far from {best}");
        }
    }

    #[test]
    fn no_single_move_gains(graph in any_graph(20)) {
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        for name in BOTH {
            let (community, reached) = divided(name, &graph, json!({}));
            for v in 0..community.len() {
                for target in &community {
                    let mut moved = community.clone();
                    moved[v] = *target;
                    prop_assert!(modularity(&layer, &moved, 1.0, &control).unwrap() <= reached + 1e-8);
                }
            }
        }
    }

    /// Also where few levels or a tolerance end a round early.
    #[test]
    fn communities_are_connected_and_named_by_their_smallest_member(
        graph in any_graph(24),
        max_levels in 1_u32..4,
    ) {
        let layer = Layer::of(&graph, &Control::default()).unwrap();
        for name in BOTH {
            let (community, _) = divided(name, &graph, json!({"max_levels": max_levels}));
            let mut parts = community.clone();
            split(&layer, &mut parts, &Control::default()).unwrap();
            prop_assert_eq!(parts, community);
        }
    }

    #[test]
    fn sides_count_the_different_neighbours(graph in any_graph(12)) {
        for name in BOTH {
            let outcome = run_algorithm(&made(name, json!({})), &graph).unwrap();
            let [community, inside, outside] = ["community", "inside", "outside"].map(|it| integer_column(&outcome, it));
            for v in 0..graph.vertex_count() {
                let mut lists: Vec<u32> = graph.out.neighbours(v).iter().chain(graph.into.neighbours(v)).copied().collect();
                lists.sort_unstable();
                lists.dedup();
                lists.retain(|u| *u != v);
                let same = lists.iter().filter(|u| community[**u as usize] == community[v as usize]).count() as u64;
                prop_assert_eq!((inside[v as usize], outside[v as usize]), (same, lists.len() as u64 - same));
            }
        }
    }
}

#[test]
fn planted_groups_are_found() {
    let graph = undirected(200, &generate::planted_partition(10, 20, 6, 1, 4));
    let planted: Vec<u32> = (0..200).map(|v| v / 20 * 20).collect();
    for name in BOTH {
        let (community, reached) = divided(name, &graph, json!({}));
        assert_eq!(community, planted, "{name}");
        assert!(reached > 0.7, "{name}");
    }
}

#[test]
fn a_higher_resolution_gives_more_communities() {
    let graph = undirected(400, &generate::grid(20, 20));
    for name in BOTH {
        let count = |resolution| {
            let mut names = divided(name, &graph, json!({"resolution": resolution})).0;
            names.sort_unstable();
            names.dedup();
            names.len()
        };
        assert!(count(0.2) < count(1.0) && count(1.0) < count(5.0), "{name}");
    }
}

/// A grid can be cut in many equal ways; planted groups in one. The answer is that of the first trial.
#[test]
fn trials_say_how_far_the_order_matters_and_change_nothing_else() {
    for name in BOTH {
        let agreement = |graph: &Csr| {
            let outcome = run_algorithm(&made(name, json!({"trials": 3})), graph).unwrap();
            let once = run_algorithm(&made(name, json!({})), graph).unwrap();
            assert_eq!(outcome.vertices, once.vertices);
            let (column, _, value) = *outcome.summary.last().unwrap();
            assert_eq!(column, "agreement");
            value
        };
        let planted = undirected(200, &generate::planted_partition(10, 20, 6, 1, 4));
        assert_eq!(agreement(&planted), 1.0);
        let grid = agreement(&undirected(400, &generate::grid(20, 20)));
        assert!((0.5..1.0).contains(&grid), "{name}: {grid}");
    }
}

/// Two triangles joined by an edge fall apart there; a heavy joining edge or heavy self-loops change it.
#[test]
fn weights_and_self_loops_count() {
    let pairs = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (4, 5), (3, 5)];
    for name in BOTH {
        assert_eq!(
            divided(name, &graph_of(6, &pairs, false), json!({})).0,
            [0, 0, 0, 3, 3, 3]
        );
        let heavy = EdgeList {
            sources: pairs.iter().map(|it| it.0).collect(),
            targets: pairs.iter().map(|it| it.1).collect(),
            weights: Some(vec![1.0, 1.0, 1.0, 30.0, 1.0, 1.0, 1.0]),
            times: None,
        };
        let community = divided(name, &undirected(6, &heavy), json!({})).0;
        assert_eq!(community[2], community[3], "{name}");
        // Strong vertices expect more of each other than their one edge gives.
        let loops = [(0, 0), (0, 0), (0, 0), (1, 1), (1, 1), (1, 1), (0, 1)];
        assert_eq!(
            divided(name, &graph_of(2, &loops, false), json!({})).0,
            [0, 1],
            "{name}"
        );
        assert_eq!(
            divided(name, &graph_of(2, &[(0, 0), (1, 1)], true), json!({})).1,
            0.5,
            "{name}"
        );
    }
}

#[test]
fn vertices_without_edges_stay_alone() {
    for name in BOTH {
        let (community, reached) = divided(name, &undirected(3, &EdgeList::default()), json!({}));
        assert_eq!((community, reached), (vec![0, 1, 2], 0.0));
    }
}

#[test]
fn threads_change_nothing() {
    let graph = skewed(Direction::Directed);
    for name in BOTH {
        let algorithm = made(name, json!({"trials": 2}));
        let found = |threads| run_with_threads(&algorithm, &graph, &Inputs::default(), threads).unwrap();
        let once = found(1);
        for threads in [2, 3, 8] {
            assert_eq!(found(threads), once, "{name}, {threads} threads");
        }
    }
}

/// The tolerance holds on large graphs: it saves work and costs next to no modularity.
#[test]
fn a_tolerance_ends_large_graphs_early_and_leaves_small_ones_alone() {
    let large = undirected(1 << 16, &generate::planted_partition(1 << 8, 1 << 8, 5, 4, 9));
    let small = undirected(400, &generate::grid(20, 20));
    for name in BOTH {
        let (community, reached) = divided(name, &large, json!({"tolerance": 1e-3}));
        let settled = divided(name, &large, json!({"tolerance": 0})).1;
        assert!(
            (reached - settled).abs() < 0.01,
            "{name}: {reached} and {settled}"
        );
        let mut parts = community.clone();
        let layer = Layer::of(&large, &Control::default()).unwrap();
        split(&layer, &mut parts, &Control::default()).unwrap();
        assert_eq!(parts, community, "{name}");
        let of_small = |tolerance| divided(name, &small, json!({"tolerance": tolerance}));
        assert_eq!(of_small(0.5), of_small(0.0));
    }
}

/// In a clique each vertex that joins the others gains, so that a vertex a round is never done in ten.
#[test]
fn an_answer_that_still_gained_in_the_last_round_says_so() {
    let config = DivisionConfig::default();
    for (n, is_settled) in [(11, true), (12, false)] {
        let pairs: Vec<(u32, u32)> = (0..n).flat_map(|v| (0..v).map(move |u| (u, v))).collect();
        let graph = graph_of(n, &pairs, false);
        let round = |_: &Layer<'_>, start: Start<'_>, community: &mut [u32]| {
            let joined = start.rounds as usize + 2;
            community[..joined.min(n as usize)].fill(0);
            Ok(match joined == n as usize {
                true => Round::settled(),
                false => Round::of(1),
            })
        };
        let outcome = super::run(&graph, &config, &Control::default(), round).unwrap();
        match outcome.exactness {
            Exactness::Unsettled { rounds, change } => assert!(rounds == 10 && change > 0.0 && !is_settled),
            other => assert!(other == Exactness::Exact && is_settled, "{other:?}"),
        }
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    for (parameter, value) in [
        ("resolution", json!(0)),
        ("tolerance", json!(-1)),
        ("max_levels", json!(0)),
        ("trials", json!(0)),
    ] {
        for name in BOTH {
            let given = serde_json::from_value(json!({ parameter: value })).unwrap();
            let refused = Algorithm::from_parameters(name, &given).unwrap_err();
            assert!(refused.to_string().contains(parameter), "{refused}");
        }
    }
}

#[test]
fn a_negative_weight_is_refused_by_row() {
    let edges = EdgeList {
        sources: vec![0, 1],
        targets: vec![1, 2],
        weights: Some(vec![1.0, -2.0]),
        times: None,
    };
    for name in BOTH {
        let refused = KernelError::NegativeWeight {
            from: 1,
            to: 2,
            weight: -2.0,
        };
        assert_eq!(
            run_algorithm(&made(name, json!({})), &undirected(3, &edges)),
            Err(refused)
        );
    }
}
