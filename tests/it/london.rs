//! The London Underground: figures found elsewhere by deleting stations and by counting paths in a
//! separate script.

use std::collections::BTreeMap;

use gaai::algorithms::{Algorithm, Control, Inputs, Outcome, Values};
use gaai::graph::{Csr, Direction, EdgeList, ParallelEdges, ProjectionRules, build};

/// Station names in file order, and the network with each line a connection of its own or merged.
fn network(parallel: ParallelEdges) -> (Vec<String>, Csr) {
    let stations = rows(include_str!("../data/london/stations.csv"));
    let numbers: BTreeMap<String, u32> = (0_u32..)
        .zip(&stations)
        .map(|(v, row)| (format!("stations/{}", &row[0]), v))
        .collect();
    let connections = rows(include_str!("../data/london/connections.csv"));
    let edges = EdgeList {
        sources: connections.iter().map(|row| numbers[&row[0]]).collect(),
        targets: connections.iter().map(|row| numbers[&row[1]]).collect(),
        weights: Some(connections.iter().map(|row| row[3].parse().unwrap()).collect()),
        times: None,
    };
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        parallel,
        self_loops: false,
    };
    let names = stations.iter().map(|row| row[1].to_owned()).collect();
    (names, build(stations.len() as u32, edges, rules))
}

fn rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|it| it.unwrap())
        .collect()
}

fn run(graph: &Csr, name: &str, weighted: Option<bool>) -> Outcome {
    let parameters = weighted.map(|it| ("weighted".to_owned(), it.into()));
    let algorithm = Algorithm::from_parameters(name, &parameters.into_iter().collect()).unwrap();
    algorithm
        .run(graph, &Inputs::default(), &Control::default())
        .unwrap()
}

fn numbers(outcome: &Outcome, column: &str) -> Vec<f64> {
    match &outcome.vertex_column(column).unwrap().values {
        Values::Numbers(values) => values.clone(),
        Values::Integers(values) => values.iter().map(|it| *it as f64).collect(),
        other => panic!("{column} is {other:?}"),
    }
}

/// The stations with the highest values, with these.
fn top<'a>(names: &'a [String], values: &[f64], count: usize) -> Vec<(&'a str, f64)> {
    let mut ranked: Vec<_> = names
        .iter()
        .map(String::as_str)
        .zip(values.iter().copied())
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    ranked.truncate(count);
    ranked
}

#[test]
fn closures_strand_what_deleting_stations_strands() {
    for parallel in [ParallelEdges::Keep, ParallelEdges::Smallest] {
        let (names, graph) = network(parallel);
        let outcome = run(&graph, "articulation", None);
        let summary: Vec<f64> = outcome.summary.iter().map(|it| it.2).collect();
        assert_eq!(summary, [142.0, 146.0, 1.0], "points, bridges, components");
        let stranded = numbers(&outcome, "stranded");
        assert_eq!(stranded.iter().sum::<f64>(), 800.0);
        let worst = [
            ("Euston", 22.0),
            ("Camden Town", 20.0),
            ("Stratford", 20.0),
            ("Leyton", 19.0),
            ("Leytonstone", 18.0),
        ];
        assert_eq!(top(&names, &stranded, 5), worst);
    }
}

#[test]
fn through_traffic_depends_on_whether_parallel_lines_are_merged() {
    let westminster = |parallel| {
        let (names, graph) = network(parallel);
        let values = numbers(&run(&graph, "betweenness", None), "betweenness");
        let at = names.iter().position(|it| it == "Westminster").unwrap();
        (values[at], top(&names, &values, 1)[0].0.to_owned())
    };
    let (merged, busiest) = westminster(ParallelEdges::Smallest);
    assert!((merged - 13_615.001_190_476_183).abs() < 1e-6, "{merged}");
    assert_eq!(busiest, "Green Park");
    let (kept, busiest) = westminster(ParallelEdges::Keep);
    assert!((kept - 13_506.794_578_572_084).abs() < 1e-6, "{kept}");
    assert_eq!(busiest, "Waterloo");
}

#[test]
fn every_station_is_reached_and_the_far_ends_take_longest() {
    let (names, graph) = network(ParallelEdges::Smallest);
    let outcome = run(&graph, "closeness", Some(true));
    assert!(numbers(&outcome, "reached").iter().all(|it| *it == 301.0));
    let minutes = numbers(&outcome, "mean_distance");
    let farthest = top(&names, &minutes, 3);
    let expected = [
        ("Chesham", 67.827_242_524_916_94),
        ("Amersham", 63.840_531_561_461_795),
        ("Chalfont & Latimer", 59.853_820_598_006_64),
    ];
    for ((name, value), (wanted_name, wanted)) in farthest.iter().zip(expected) {
        assert_eq!(*name, wanted_name);
        assert!((value - wanted).abs() < 1e-9, "{name}: {value} is not {wanted}");
    }
}
