//! Paths against the table of all distances, with and without an estimate.

use proptest::prelude::*;

use super::*;
use crate::algorithms::NumberColumn;
use crate::algorithms::random_graphs::{all_distances, any_graph, integers, keep_all, numbers};
use crate::graph::{EdgeList, build};

fn answer(graph: &Csr, config: &ShortestPathConfig, inputs: &Inputs) -> Result<Outcome, KernelError> {
    run(graph, config, inputs, &Control::default())
}

fn between(sources: &[u32], targets: &[u32]) -> Inputs {
    Inputs {
        sources: sources.to_vec(),
        targets: targets.to_vec(),
        ..Inputs::default()
    }
}

/// Whether the rows are a path along edges that weigh what the distances say.
fn is_path(graph: &Csr, outcome: &Outcome) -> bool {
    let vertices = integers(&outcome.row_column("vertex").unwrap().values);
    let distances = numbers(&outcome.row_column("distance").unwrap().values);
    let mut distinct = vertices.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let step = |at: usize| {
        let (v, u) = (vertices[at] as u32, vertices[at + 1] as u32);
        let mut entries = graph.out.range(v).filter(|it| graph.out.targets[*it] == u);
        entries.any(|it| distances[at] + graph.out.weight(it) == distances[at + 1])
    };
    distinct.len() == vertices.len() && (0..vertices.len().saturating_sub(1)).all(step)
}

fn length(outcome: &Outcome) -> f64 {
    outcome.summary[0].2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn paths_are_as_short_as_the_table_says(graph in any_graph(12), ends in prop::collection::vec(0_u32..12, 4)) {
        let n = graph.vertex_count();
        let set = |a: u32, b: u32| {
            let mut set = vec![a % n, b % n];
            set.sort_unstable();
            set.dedup();
            set
        };
        let (sources, targets) = (set(ends[0], ends[1]), set(ends[2], ends[3]));
        let table = all_distances(&graph, true);
        let pairs = sources.iter().flat_map(|v| targets.iter().map(move |u| (*v, *u)));
        let expected = pairs.map(|(v, u)| table[v as usize][u as usize]).fold(f64::INFINITY, f64::min);
        let outcome = answer(&graph, &ShortestPathConfig::default(), &between(&sources, &targets)).unwrap();
        prop_assert_eq!(length(&outcome), expected);
        prop_assert!(is_path(&graph, &outcome));
        let reached = outcome.summary.iter().find(|it| it.0 == "reached").unwrap().2;
        prop_assert_eq!(reached, f64::from(u8::from(expected < f64::INFINITY)));
        let vertices = integers(&outcome.row_column("vertex").unwrap().values);
        prop_assert_eq!(vertices.is_empty(), expected == f64::INFINITY);
        if let (Some(first), Some(last)) = (vertices.first(), vertices.last()) {
            prop_assert!(sources.contains(&(*first as u32)) && targets.contains(&(*last as u32)));
        }
    }

    /// Edges weigh their straight line or more, on a plane and on a sphere.
    #[test]
    fn an_estimate_does_not_change_the_length(
        places in prop::collection::vec((-60.0_f64..60.0, -170.0_f64..170.0), 10),
        rows in prop::collection::vec((0_u32..10, 0_u32..10, 1.0_f64..1.5), 0..40),
        detour in any::<bool>(),
        heuristic in prop::sample::select(vec![Heuristic::Euclidean, Heuristic::Haversine]),
    ) {
        let column = |name: &str, values: Vec<f64>| NumberColumn { name: name.to_owned(), values };
        let names = if heuristic == Heuristic::Haversine { ["latitude", "longitude"] } else { ["y", "x"] };
        let inputs = Inputs {
            numbers: vec![
                column(names[0], places.iter().map(|it| it.0).collect()),
                column(names[1], places.iter().map(|it| it.1).collect()),
            ],
            ..between(&[0, 1], &[8, 9])
        };
        let config = ShortestPathConfig { heuristic, scale: 0.5, ..ShortestPathConfig::default() };
        let weigher = Places::new(&config, &inputs).unwrap();
        let weights = rows.iter().map(|it| weigher.least(it.0, it.1) * if detour { it.2 } else { 1.0 });
        let edges = EdgeList {
            sources: rows.iter().map(|it| it.0).collect(),
            targets: rows.iter().map(|it| it.1).collect(),
            weights: Some(weights.collect()),
            times: None,
        };
        let graph = build(10, edges, keep_all(true));
        let led = answer(&graph, &config, &inputs).unwrap();
        let free = answer(&graph, &ShortestPathConfig::default(), &inputs).unwrap();
        let (a, b) = (length(&led), length(&free));
        prop_assert!(a == b || (a - b).abs() <= 1e-9 * b, "{} is not {}", a, b);
        prop_assert!(is_path(&graph, &led));
    }
}

/// Two ways round a square; the edges along the far side weigh less than their length when `short`.
fn square(short: f64) -> (Csr, Inputs) {
    let edges = EdgeList {
        sources: vec![0, 1, 0, 2],
        targets: vec![1, 3, 2, 3],
        weights: Some(vec![1.0, 1.0, short, 1.0]),
        times: None,
    };
    let column = |name: &str, values: &[f64]| NumberColumn {
        name: name.to_owned(),
        values: values.to_vec(),
    };
    let inputs = Inputs {
        numbers: vec![
            column("x", &[0.0, 1.0, 0.0, 1.0]),
            column("y", &[0.0, 0.0, 1.0, 1.0]),
        ],
        ..between(&[0], &[3])
    };
    (build(4, edges, keep_all(true)), inputs)
}

#[test]
fn an_edge_shorter_than_its_straight_line_is_refused_by_name() {
    let config = ShortestPathConfig {
        heuristic: Heuristic::Euclidean,
        ..ShortestPathConfig::default()
    };
    let (graph, inputs) = square(1.0);
    assert_eq!(length(&answer(&graph, &config, &inputs).unwrap()), 2.0);
    let (graph, inputs) = square(0.25);
    let refused = KernelError::ShortEdge {
        from: 0,
        to: 2,
        weight: 0.25,
        least: 1.0,
    };
    assert_eq!(answer(&graph, &config, &inputs), Err(refused));
    assert_eq!(
        length(&answer(&graph, &ShortestPathConfig::default(), &inputs).unwrap()),
        1.25
    );
}

#[test]
fn missing_coordinates_are_refused_with_what_to_do() {
    let (graph, mut inputs) = square(1.0);
    let config = |heuristic| ShortestPathConfig {
        heuristic,
        ..ShortestPathConfig::default()
    };
    let message = |heuristic, inputs: &Inputs| {
        answer(&graph, &config(heuristic), inputs)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(Heuristic::Haversine, &inputs),
        "the projection has no attribute `latitude` of numbers; add it to the projection's attributes or search \
         without a heuristic"
    );
    inputs.numbers[1].values[2] = f64::NAN;
    assert!(message(Heuristic::Euclidean, &inputs).starts_with("1 vertices have no `y`"));
}

#[test]
fn ways_over_edges_of_weight_zero_pass_no_vertex_twice() {
    let rows = [(0, 1), (1, 2), (2, 0), (2, 1), (1, 0), (2, 3), (3, 2), (3, 1)];
    let edges = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: Some(vec![0.0; rows.len()]),
        times: None,
    };
    let graph = build(4, edges, keep_all(true));
    let outcome = answer(&graph, &ShortestPathConfig::default(), &between(&[0], &[3])).unwrap();
    assert!(is_path(&graph, &outcome) && length(&outcome) == 0.0);
}

#[test]
fn a_source_that_is_a_target_is_the_whole_path() {
    let (graph, inputs) = square(1.0);
    let inputs = Inputs {
        targets: vec![0, 3],
        ..inputs
    };
    let outcome = answer(&graph, &ShortestPathConfig::default(), &inputs).unwrap();
    assert_eq!(integers(&outcome.row_column("vertex").unwrap().values), [0]);
    assert!(answer(&graph, &ShortestPathConfig::default(), &between(&[0], &[])).is_err());
}
