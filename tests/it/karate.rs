//! Zachary's karate club against networkx and igraph.

use std::collections::BTreeMap;

use gaai::algorithms::{Algorithm, Control, Inputs, Outcome, Values};
use gaai::graph::{Csr, Direction, EdgeList, ProjectionRules, build};
use serde_json::{Value, json};

/// The club; edge `u v` of the file weighs `weight(u, v)`, if a weight is given.
fn club(weight: Option<fn(u32, u32) -> u32>) -> Csr {
    let rows: Vec<(u32, u32)> = include_str!("../data/karate/karate.el")
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(u, v)| (u.parse().unwrap(), v.parse().unwrap()))
        .collect();
    let list = EdgeList {
        sources: rows.iter().map(|it| it.0).collect(),
        targets: rows.iter().map(|it| it.1).collect(),
        weights: weight.map(|of| rows.iter().map(|(u, v)| f64::from(of(*u, *v))).collect()),
        times: None,
    };
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        ..ProjectionRules::default()
    };
    build(34, list, rules)
}

fn expected(name: &str) -> Value {
    let all: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("../data/karate/expected.json")).unwrap();
    all[name].clone()
}

fn run(graph: &Csr, name: &str, parameters: Value, sources: &[u32]) -> Outcome {
    let parameters = serde_json::from_value(parameters).unwrap();
    let inputs = Inputs {
        sources: sources.to_vec(),
        ..Inputs::default()
    };
    let algorithm = Algorithm::from_parameters(name, &parameters).unwrap();
    algorithm.run(graph, &inputs, &Control::default()).unwrap()
}

/// Compares the column with the expected values to nine places.
fn assert_column(outcome: &Outcome, column: &str, expectation: &str) {
    let values: Vec<f64> = match &outcome.vertex_column(column).unwrap().values {
        Values::Integers(values) => values.iter().map(|it| *it as f64).collect(),
        Values::Numbers(values) => values.clone(),
        other => panic!("{column} is {other:?}"),
    };
    let wanted = expected(expectation);
    assert_eq!(values.len(), wanted.as_object().unwrap().len());
    for (v, value) in values.iter().enumerate() {
        let wanted = wanted[v.to_string()].as_f64().unwrap();
        assert!(
            (value - wanted).abs() < 1e-9,
            "{column} of {v} is {value}, expected {wanted}"
        );
    }
}

fn summary(outcome: &Outcome, name: &str) -> f64 {
    outcome.summary.iter().find(|it| it.0 == name).unwrap().2
}

#[test]
fn pagerank_agrees() {
    let parameters = json!({"tolerance": 1e-12, "max_iterations": 500});
    assert_column(
        &run(&club(None), "pagerank", parameters, &[]),
        "score",
        "pagerank_0.85",
    );
}

#[test]
fn personalised_pagerank_agrees() {
    let parameters = json!({"tolerance": 1e-12, "max_iterations": 500, "sources": ["0", "33"]});
    let outcome = run(&club(None), "pagerank", parameters, &[0, 33]);
    assert_column(&outcome, "score", "personalized_pagerank_0.85_seeds_0_33");
}

#[test]
fn eigenvector_and_hits_agree() {
    let parameters = json!({"tolerance": 1e-13, "max_iterations": 5000});
    let outcome = run(&club(None), "eigenvector", parameters.clone(), &[]);
    assert_column(&outcome, "score", "eigenvector");
    let outcome = run(&club(None), "hits", parameters, &[]);
    assert_column(&outcome, "authority", "hits_authority_sum1");
    assert_column(&outcome, "hub", "hits_authority_sum1");
}

#[test]
fn the_spanning_forest_weighs_the_same() {
    let weight: fn(u32, u32) -> u32 = |u, v| 1 + (7 * u + 13 * v) % 10;
    let outcome = run(&club(Some(weight)), "mst", json!({}), &[]);
    assert_eq!(json!(summary(&outcome, "weight")), expected("mst_weight"));
    assert_eq!(summary(&outcome, "edges"), 33.0);
}

#[test]
fn betweenness_agrees() {
    let outcome = run(&club(None), "betweenness", json!({}), &[]);
    assert_column(&outcome, "betweenness", "betweenness_unnormalised");
}

#[test]
fn closeness_and_harmonic_closeness_agree() {
    let outcome = run(&club(None), "closeness", json!({}), &[]);
    assert_column(&outcome, "closeness", "closeness");
    assert_column(&outcome, "harmonic", "harmonic_sum");
}

#[test]
fn triangles_and_clustering_agree() {
    let outcome = run(&club(None), "triangles", json!({}), &[]);
    assert_column(&outcome, "triangles", "triangles_per_vertex");
    assert_column(&outcome, "clustering", "local_clustering");
    assert_eq!(
        json!(summary(&outcome, "triangles") as u64),
        expected("triangles_total")
    );
    let transitivity = expected("transitivity").as_f64().unwrap();
    assert!((summary(&outcome, "transitivity") - transitivity).abs() < 1e-12);
}

#[test]
fn core_numbers_agree() {
    assert_column(&run(&club(None), "k_core", json!({}), &[]), "core", "core_number");
}

#[test]
fn hops_and_distances_agree() {
    let outcome = run(&club(None), "bfs", json!({"sources": "0"}), &[0]);
    assert_column(&outcome, "hops", "bfs_from_0");
    let weighted = club(Some(|u, v| 1 + (7 * u + 13 * v) % 10));
    let outcome = run(&weighted, "sssp", json!({"sources": "0"}), &[0]);
    assert_column(&outcome, "distance", "sssp_from_0_weight_1+(7u+13v)%10");
}

#[test]
fn louvain_and_leiden_reach_the_best_modularity() {
    let best = expected("optimal_modularity_known").as_f64().unwrap();
    for name in ["louvain", "leiden"] {
        let modularity = summary(&run(&club(None), name, json!({}), &[]), "modularity");
        assert!((modularity - best).abs() < 1e-12, "{name}: {modularity}");
    }
}

/// Pairs of vertex 0 that are not linked; the expectation lists every pair with it.
#[test]
fn link_prediction_agrees() {
    let graph = club(None);
    let outcome = run(&graph, "link_prediction", json!({"top_k": 1000}), &[]);
    let column = |name: &str| match &outcome.row_column(name).unwrap().values {
        Values::Vertices(values) => values.iter().map(|it| f64::from(*it)).collect(),
        Values::Numbers(values) => values.clone(),
        other => panic!("{name} is {other:?}"),
    };
    let (from, to): (Vec<f64>, Vec<f64>) = (column("from"), column("to"));
    for (name, expectation) in [("jaccard", "jaccard_0_k"), ("adamic_adar", "adamic_adar_0_k")] {
        let (scores, wanted) = (column(name), expected(expectation));
        let mut seen = 0;
        for row in (0..from.len()).filter(|row| from[*row] == 0.0) {
            let wanted = wanted[to[row].to_string()].as_f64().unwrap();
            assert!(
                (scores[row] - wanted).abs() < 1e-12,
                "{name} of 0 and {}",
                to[row]
            );
            seen += 1;
        }
        let linked = graph.out.neighbours(0);
        let apart = (1..34_u32).filter(|v| !linked.contains(v));
        let sharing = apart
            .filter(|v| wanted[v.to_string()].as_f64().unwrap() > 0.0)
            .count();
        assert_eq!(seen, sharing, "{name}");
    }
}

#[test]
fn node_similarity_agrees() {
    let parameters = json!({"metric": "jaccard", "top_k": 33});
    let outcome = run(&club(None), "node_similarity", parameters, &[]);
    let wanted = expected("jaccard_0_k");
    let column = |name: &str| &outcome.row_column(name).unwrap().values;
    let (Values::Vertices(from), Values::Vertices(to), Values::Numbers(scores)) =
        (column("from"), column("to"), column("similarity"))
    else {
        panic!("pairs of vertices with a number")
    };
    for row in (0..from.len()).filter(|row| from[*row] == 0) {
        let wanted = wanted[to[row].to_string()].as_f64().unwrap();
        assert!((scores[row] - wanted).abs() < 1e-12, "0 and {}", to[row]);
    }
}
