//! A graph in another order of its vertices gives the same answers.

use std::sync::Arc;

use super::super::control::Control;
use super::super::registry::Algorithm;
use super::super::sampling::{below, permutation, stream};
use super::*;
use crate::graph::{Direction, EdgeList, ParallelEdges, ProjectionRules, build};

/// The same graph built as given, and with its vertices in `order`.
fn both(n: u32, edges: &EdgeList, order: &[u32], rules: ProjectionRules) -> (Csr, Csr) {
    let mut place = vec![0; n as usize];
    for (v, number) in (0_u32..).zip(order) {
        place[*number as usize] = v;
    }
    let moved = |ends: &[u32]| ends.iter().map(|v| place[*v as usize]).collect();
    let turned = EdgeList {
        sources: moved(&edges.sources),
        targets: moved(&edges.targets),
        ..edges.clone()
    };
    let turned = Csr {
        order: Some(Arc::new(order.to_vec())),
        ..build(n, turned, rules)
    };
    (build(n, edges.clone(), rules), turned)
}

/// What depends on the order of the vertices, and why: columns, numbers of the summary and `rows` of an
/// algorithm, or all where none is named.
const BY_ORDER: [(&str, &[&str], &str); 18] = [
    ("bfs", &["parent"], "several parents are as near"),
    ("sssp", &["parent"], "several parents are as near"),
    ("bellman_ford", &["parent"], "several parents are as near"),
    ("shortest_path", &[], "several paths are as short"),
    ("k_shortest_paths", &[], "several paths are as short"),
    ("spanning_forest", &[], "several edges weigh the same"),
    ("max_flow", &["through", "rows"], "several flows are as great"),
    (
        "topological_order",
        &[],
        "vertices without a path between them may stand either way",
    ),
    (
        "diameter",
        &["searches"],
        "searches begin at the first of vertices that promise as much",
    ),
    ("node_similarity", &[], "ties at the end of a list"),
    ("link_prediction", &[], "ties at the end of the list"),
    ("knn", &[], "ties at the end of a list"),
    ("louvain", &[], "vertices are moved in turn"),
    ("leiden", &[], "vertices are moved in turn"),
    ("influence", &[], "edges are drawn by the numbers of their ends"),
    ("random_walks", &[], "a draw is a place in a list"),
    ("node2vec", &[], "a draw is a place in a list"),
    ("fast_rp", &[], "sums of 32 bits in another order"),
];

/// Values of one row, those that are no numbers first.
type Row = (Vec<String>, Vec<f64>);

/// The rows of a table in an order of their own; which of a link's two ends stands first, and where a list of
/// members begins, is a matter of order.
fn rows(table: &RowTable) -> Vec<Row> {
    let count = table.columns.first().map_or(0, |it| it.values.len());
    let mut rows: Vec<Row> = (0..count)
        .map(|at| {
            let (mut names, mut numbers) = (Vec::new(), Vec::new());
            for column in &table.columns {
                match &column.values {
                    Values::Numbers(values) => numbers.push(values[at]),
                    Values::Integers(values) => names.push(values[at].to_string()),
                    Values::Flags(values) => names.push(values[at].to_string()),
                    Values::Times(values) => names.push(format!("{:?}", values[at])),
                    Values::Vertices(values) | Values::Groups(values) => names.push(values[at].to_string()),
                    Values::Lists { offsets, members } => {
                        let mut list = members[offsets[at]..offsets[at + 1]].to_vec();
                        list.sort_unstable();
                        names.push(format!("{list:?}"));
                    }
                    Values::Vectors { .. } => names.push("vector".to_owned()),
                }
            }
            let ends = table
                .columns
                .iter()
                .take(2)
                .filter(|it| matches!(it.values, Values::Vertices(_)));
            if ends.count() == 2 {
                names[..2].sort();
            }
            (names, numbers)
        })
        .collect();
    rows.sort_by(|a, b| {
        let numbers = || a.1.iter().zip(&b.1).map(|(a, b)| a.total_cmp(b));
        a.0.cmp(&b.0).then_with(|| {
            numbers()
                .find(|it| it.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        })
    });
    rows
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < 1e-6 || a.is_nan() && b.is_nan()
}

fn near(one: &Values, other: &Values) -> bool {
    match (one, other) {
        (Values::Numbers(one), Values::Numbers(other)) => one.iter().zip(other).all(|it| close(*it.0, *it.1)),
        (Values::Lists { .. }, Values::Lists { .. }) => lists(one) == lists(other),
        _ => one == other,
    }
}

/// Lists as sets.
fn lists(values: &Values) -> Vec<Vec<u32>> {
    let Values::Lists { offsets, members } = values else {
        return Vec::new();
    };
    let sorted = |ends: &[usize]| {
        let mut list = members[ends[0]..ends[1]].to_vec();
        list.sort_unstable();
        list
    };
    offsets.windows(2).map(sorted).collect()
}

/// The first difference between two answers beside what is `left_out`, if there is one.
fn difference(wanted: &Outcome, found: &Outcome, left_out: &[&str]) -> Option<String> {
    for (a, b) in wanted.vertices.iter().zip(&found.vertices) {
        if !left_out.contains(&a.name) && !near(&a.values, &b.values) {
            return Some(format!("{}: {:?} instead of {:?}", a.name, b.values, a.values));
        }
    }
    for (a, b) in wanted.summary.iter().zip(&found.summary) {
        if !left_out.contains(&a.0) && !close(a.2, b.2) {
            return Some(format!("{}: {} instead of {}", a.0, b.2, a.2));
        }
    }
    if left_out.contains(&"rows") {
        return None;
    }
    let (one, other) = (rows(wanted.rows.as_ref()?), rows(found.rows.as_ref()?));
    let alike = |(a, b): (&Row, &Row)| a.0 == b.0 && a.1.iter().zip(&b.1).all(|it| close(*it.0, *it.1));
    let is_same = one.len() == other.len() && one.iter().zip(&other).all(alike);
    (!is_same).then(|| format!("rows: {other:?} instead of {one:?}"))
}

fn algorithm(name: &str) -> Algorithm {
    let parameters = [
        serde_json::json!({}),
        serde_json::json!({"sources": "0"}),
        serde_json::json!({"sources": "0", "targets": "3"}),
    ];
    parameters
        .into_iter()
        .find_map(|it| Algorithm::from_parameters(name, &serde_json::from_value(it).unwrap()).ok())
        .unwrap()
}

fn given(codes: &[u32]) -> Inputs {
    Inputs {
        sources: vec![0],
        targets: vec![3],
        items: vec![ItemCodes {
            name: "kind".to_owned(),
            codes: codes.to_vec(),
        }],
        numbers: vec![NumberColumn {
            name: "size".to_owned(),
            values: codes.iter().map(|it| f64::from(*it * 7 % 5)).collect(),
        }],
    }
}

/// A graph of nine vertices from chance, and the same with its vertices in another order.
fn drawn(case: u64) -> (Csr, Csr, Vec<u32>) {
    let mut random = stream(7, case);
    let mut draw = |n: u64| below(&mut random, n) as u32;
    let m = draw(31) as usize;
    let edges = EdgeList {
        sources: (0..m).map(|_| draw(9)).collect(),
        targets: (0..m).map(|_| draw(9)).collect(),
        weights: Some((0..m).map(|_| f64::from(1 + draw(4))).collect()),
        times: Some((0..m).map(|at| 1000 * at as i64).collect()),
    };
    let codes: Vec<u32> = (0..9).map(|_| draw(3)).collect();
    let mut rules = ProjectionRules::default();
    if case.is_multiple_of(2) {
        rules.direction = Direction::Undirected;
    }
    if case.is_multiple_of(3) {
        rules.parallel = ParallelEdges::Keep;
    }
    let (plain, turned) = both(9, &edges, &permutation(9, case), rules);
    (plain, turned, codes)
}

#[test]
fn answers_are_those_of_the_projections_own_order() {
    let mut wrong = Vec::new();
    for info in Algorithm::all() {
        let by_order = BY_ORDER.iter().find(|it| it.0 == info.name);
        if by_order.is_some_and(|it| it.1.is_empty()) {
            continue;
        }
        let left_out = by_order.map_or(&[][..], |it| it.1);
        let algorithm = algorithm(info.name);
        for case in 0..24 {
            let (plain, turned, codes) = drawn(case);
            let run = |graph: &Csr| algorithm.run(graph, &given(&codes), &Control::default());
            let found = match (run(&plain), run(&turned)) {
                (Ok(wanted), Ok(found)) => difference(&wanted, &found, left_out),
                (wanted, found) if wanted.is_err() && found.is_err() => None,
                (wanted, found) => Some(format!("{found:?} instead of {wanted:?}")),
            };
            if let Some(text) = found {
                wrong.push(format!("{}, case {case}: {text}", info.name));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sources_attributes_and_errors_change_their_numbers_too() {
    let edges = EdgeList {
        sources: vec![0, 1],
        targets: vec![1, 2],
        weights: Some(vec![1.0, -2.0]),
        times: None,
    };
    let order = [2, 0, 1];
    let (_, turned) = both(3, &edges, &order, ProjectionRules::default());
    let given = Inputs {
        sources: vec![0, 2],
        items: vec![ItemCodes {
            name: "kind".to_owned(),
            codes: vec![5, 6, 7],
        }],
        ..Inputs::default()
    };
    let seen = inputs(&turned, &order, &given);
    assert_eq!(
        (seen.sources, seen.items[0].codes.clone()),
        (vec![0, 1], vec![7, 5, 6])
    );
    let refused = |name: &str, parameters: &[(&str, bool)]| {
        let given = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let algorithm = Algorithm::from_parameters(name, &given.collect()).unwrap();
        algorithm.run(&turned, &Inputs::default(), &Control::default())
    };
    let (from, to, weight) = (1, 2, -2.0);
    assert_eq!(
        refused("pagerank", &[]),
        Err(KernelError::NegativeWeight { from, to, weight })
    );
    assert_eq!(
        refused("influence", &[("weighted", true)]),
        Err(KernelError::NoProbability { from, to, weight })
    );
}
