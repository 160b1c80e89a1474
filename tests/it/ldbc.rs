//! The validation graphs of LDBC Graphalytics, with its tolerances (see the data's README).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use gaai::algorithms::{Algorithm, Control, Inputs, Outcome, Values};
use gaai::graph::{Csr, Direction, EdgeList, ProjectionRules, build};
use serde_json::{Value, json};

/// A validation graph: vertices numbered in the order of their ids, so that the smallest number
/// is the smallest id.
struct Validation {
    ids: Vec<u64>,
    graph: Csr,
    /// Expected value by id, as written.
    expected: BTreeMap<u64, String>,
}

fn read(path: &str) -> String {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ldbc-graphalytics");
    fs::read_to_string(data.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn ids_of(line: &str) -> Vec<u64> {
    line.split_whitespace().map(|it| it.parse().unwrap()).collect()
}

impl Validation {
    /// From adjacency lists `v n1 n2 …`.
    fn of_lists(input: &str, output: &str, directed: bool) -> Validation {
        let lists: Vec<Vec<u64>> = read(input).lines().map(ids_of).collect();
        let vertices = lists.iter().flatten().copied().collect();
        let edges = lists
            .iter()
            .flat_map(|list| list[1..].iter().map(|to| (list[0], *to, 1.0)));
        Self::of(vertices, edges.collect(), output, directed)
    }

    /// From a list of vertices `v` and a list of weighted edges `from to weight`.
    fn of_files(stem: &str, output: &str, directed: bool) -> Validation {
        let vertices = read(&format!("{stem}.v")).lines().flat_map(ids_of).collect();
        let edge = |line: &str| {
            let (ends, weight) = line.rsplit_once(' ').unwrap();
            let ends = ids_of(ends);
            (ends[0], ends[1], weight.parse().unwrap())
        };
        let edges = read(&format!("{stem}.e")).lines().map(edge).collect();
        Self::of(vertices, edges, output, directed)
    }

    fn of(vertices: BTreeSet<u64>, edges: Vec<(u64, u64, f64)>, output: &str, directed: bool) -> Validation {
        let ids: Vec<u64> = vertices.into_iter().collect();
        let number = |id: u64| ids.binary_search(&id).unwrap() as u32;
        let list = EdgeList {
            sources: edges.iter().map(|it| number(it.0)).collect(),
            targets: edges.iter().map(|it| number(it.1)).collect(),
            weights: Some(edges.iter().map(|it| it.2).collect()),
            times: None,
        };
        let direction = if directed {
            Direction::Directed
        } else {
            Direction::Undirected
        };
        let rules = ProjectionRules {
            direction,
            ..ProjectionRules::default()
        };
        let expected: BTreeMap<u64, String> = read(output)
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(id, value)| (id.parse().unwrap(), value.trim().to_owned()))
            .collect();
        assert!(expected.keys().eq(&ids), "{output} names other vertices");
        Validation {
            graph: build(ids.len() as u32, list, rules),
            ids,
            expected,
        }
    }

    fn run(&self, name: &str, parameters: Value, source: Option<u64>) -> Outcome {
        let mut parameters: BTreeMap<String, Value> = serde_json::from_value(parameters).unwrap();
        let mut inputs = Inputs::default();
        if let Some(id) = source {
            parameters.insert("sources".to_owned(), json!([id.to_string()]));
            inputs.sources = vec![self.ids.binary_search(&id).unwrap() as u32];
        }
        let algorithm = Algorithm::from_parameters(name, &parameters).unwrap();
        algorithm.run(&self.graph, &inputs, &Control::default()).unwrap()
    }

    /// Compares a column of numbers with a relative tolerance of 1e-4.
    fn assert_near(&self, outcome: &Outcome, column: &str) {
        let Values::Numbers(values) = &outcome.vertex_column(column).unwrap().values else {
            panic!("{column} is not numbers");
        };
        for (id, value) in self.ids.iter().zip(values) {
            let wanted: f64 = match self.expected[id].as_str() {
                // Graphalytics writes the greatest 64-bit integer for "not reached".
                "9223372036854775807" => f64::INFINITY,
                text => text.parse().unwrap(),
            };
            let near = *value == wanted || (value - wanted).abs() <= 1e-4 * wanted.abs();
            assert!(near, "{column} of {id} is {value}, expected {wanted}");
        }
    }

    /// The ids that a column of vertices names.
    fn named(&self, outcome: &Outcome, column: &str) -> Vec<u64> {
        match &outcome.vertex_column(column).unwrap().values {
            Values::Vertices(vertices) | Values::Groups(vertices) => {
                vertices.iter().map(|v| self.ids[*v as usize]).collect()
            }
            other => panic!("{column} is {other:?}"),
        }
    }

    fn expected_ids(&self) -> Vec<u64> {
        self.expected.values().map(|it| it.parse().unwrap()).collect()
    }
}

/// The example graph and the larger one of `algorithm`, each directed and undirected.
fn graphs(algorithm: &str) -> [(&'static str, Validation); 4] {
    let folder = algorithm.to_lowercase();
    let example = |kind: &str, directed| {
        let output = format!("example/example-{kind}-{algorithm}");
        Validation::of_files(&format!("example/example-{kind}"), &output, directed)
    };
    let larger = |kind: &str, directed| {
        let (input, output) = (
            format!("{folder}/{kind}-input"),
            format!("{folder}/{kind}-output"),
        );
        if algorithm == "SSSP" {
            Validation::of_files(&input, &output, directed)
        } else {
            Validation::of_lists(&input, &output, directed)
        }
    };
    [
        ("example directed", example("directed", true)),
        ("example undirected", example("undirected", false)),
        ("directed", larger("dir", true)),
        ("undirected", larger("undir", false)),
    ]
}

#[test]
fn breadth_first_search_is_valid() {
    for (kind, graph) in graphs("BFS") {
        let source = if kind == "example undirected" { 2 } else { 1 };
        graph.assert_near(&graph.run("bfs", json!({}), Some(source)), "hops");
    }
}

#[test]
fn shortest_paths_are_valid() {
    for (kind, graph) in graphs("SSSP") {
        let source = if kind == "example undirected" { 2 } else { 1 };
        graph.assert_near(&graph.run("sssp", json!({}), Some(source)), "distance");
    }
}

#[test]
fn pagerank_is_valid() {
    for (kind, graph) in graphs("PR") {
        let sweeps = match kind {
            "directed" => 14,
            "undirected" => 26,
            _ => 2,
        };
        // The weights of the example graphs are for shortest paths only.
        let unweighted = unweighted(&graph.graph);
        let graph = Validation {
            graph: unweighted,
            ..graph
        };
        let parameters = json!({"damping": 0.85, "tolerance": 0, "max_iterations": sweeps});
        graph.assert_near(&graph.run("pagerank", parameters, None), "score");
    }
}

fn unweighted(graph: &Csr) -> Csr {
    let bare = |lists: &gaai::graph::Adjacency| gaai::graph::Adjacency {
        weights: None,
        ..lists.clone()
    };
    Csr {
        out: bare(&graph.out).into(),
        into: bare(&graph.into).into(),
        ..graph.clone()
    }
}

#[test]
fn label_propagation_is_valid_to_the_label() {
    for (kind, graph) in graphs("CDLP") {
        let rounds = if kind.starts_with("example") { 2 } else { 5 };
        let outcome = graph.run("cdlp", json!({"max_iterations": rounds}), None);
        assert_eq!(graph.named(&outcome, "origin"), graph.expected_ids(), "{kind}");
    }
}

#[test]
fn clustering_is_valid() {
    for (_, graph) in graphs("LCC") {
        graph.assert_near(&graph.run("lcc", json!({}), None), "clustering");
    }
}

#[test]
fn components_are_valid() {
    for (kind, graph) in graphs("WCC") {
        let expected = graph.expected_ids();
        // Any labels will do, so each is replaced by the smallest vertex that has it.
        let smallest = |label: &u64| graph.ids[expected.iter().position(|it| it == label).unwrap()];
        let wanted: Vec<u64> = expected.iter().map(smallest).collect();
        let outcome = graph.run("wcc", json!({}), None);
        assert_eq!(graph.named(&outcome, "component"), wanted, "{kind}");
    }
}
