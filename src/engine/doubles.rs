//! Doubles for this room's tests: a small graph, and a kernel's answer with every kind of column.

use crate::algorithms::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use crate::graph::{Column, EdgeList, MISSING, NO_VERTEX, ProjectionRules, VertexKeys, VertexRange, build};
use crate::model::{
    execution::{Execution, ResultTable},
    id::ContentHash,
    template::Estimate,
};
use crate::source::LoadedGraph;

/// Two people and three shops in a row: `people/p0 → people/p1 → shops/s0 → shops/s1 → shops/s2`.
pub(super) fn small_graph() -> LoadedGraph {
    let edges = EdgeList {
        sources: vec![0, 1, 2, 3],
        targets: vec![1, 2, 3, 4],
        weights: Some(vec![1.0, 2.5, 0.5, 4.0]),
        times: None,
    };
    let text = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
    LoadedGraph {
        csr: build(5, &edges, ProjectionRules::default()),
        keys: VertexKeys {
            ranges: vec![
                VertexRange {
                    collection: "people".to_owned(),
                    range: 0..2,
                },
                VertexRange {
                    collection: "shops".to_owned(),
                    range: 2..5,
                },
            ],
            keys: text(&["p0", "p1", "s0", "s1", "s2"]),
            labels: text(&["Ada", "<b>Bo</b>", "Corner", "s1", "Süd"]),
        },
        attributes: vec![
            (
                "city".to_owned(),
                Column::Text {
                    codes: vec![0, MISSING, 1, 0, 1],
                    values: text(&["Ulm", "Kiel"]),
                },
            ),
            (
                "age".to_owned(),
                Column::Integer(vec![Some(41), Some(-3), None, None, None]),
            ),
            (
                "score".to_owned(),
                Column::Number(vec![Some(0.5), None, None, Some(2.0), None]),
            ),
            (
                "open".to_owned(),
                Column::Boolean(vec![None, None, Some(true), Some(false), None]),
            ),
            (
                "since".to_owned(),
                Column::Time(vec![Some(0), None, Some(1_700_000_000_000), None, None]),
            ),
        ],
        exclusions: vec!["1 edge without a weight was left out".to_owned()],
        hash: ContentHash::of(b"small graph"),
    }
}

/// An answer about [`small_graph`] with every kind of column.
pub(super) fn full_outcome() -> Outcome {
    let column = |name, quantity, values| OutputColumn {
        name,
        quantity,
        values,
    };
    Outcome {
        vertices: vec![
            column("links", Quantity::Count, Values::Integers(vec![1, 2, 2, 2, 1])),
            column(
                "distance",
                Quantity::Weight,
                Values::Numbers(vec![0.0, 1.0, 3.5, f64::INFINITY, f64::NAN]),
            ),
            column(
                "cut",
                Quantity::Flag,
                Values::Flags(vec![false, true, true, true, false]),
            ),
            column("seen", Quantity::Instant, Values::Times(vec![0, 1, -1, 2, 3])),
            column(
                "group",
                Quantity::Name,
                Values::Vertices(vec![0, 0, 2, 2, NO_VERTEX]),
            ),
        ],
        rows: Some(RowTable {
            name: "cycles",
            columns: vec![
                column(
                    "members",
                    Quantity::Name,
                    Values::Lists {
                        offsets: vec![0, 2, 2, 5],
                        members: vec![0, 1, 2, 3, 4],
                    },
                ),
                column("total", Quantity::Weight, Values::Numbers(vec![1.0, 0.0, 4.5])),
            ],
        }),
        summary: vec![
            ("groups", Quantity::Count, 2.0),
            ("residual", Quantity::Score, 1e-9),
            ("undefined", Quantity::Score, f64::NAN),
        ],
        exactness: Exactness::Exact,
    }
}

/// An execution with these tables and nothing else of interest.
pub(super) fn execution_of(tables: Vec<ResultTable>) -> Execution {
    Execution {
        template: "test-1".into(),
        engine: "embedded".to_owned(),
        graph_hash: ContentHash::default(),
        vertices: 5,
        edges: 4,
        exclusions: Vec::new(),
        conventions: Vec::new(),
        exactness: Exactness::Exact,
        summary: Vec::new(),
        tables,
        estimate: Estimate {
            vertices: 5,
            edges: 4,
            memory_bytes: 0,
            operations: 0,
            time_ms: 0,
            cost_usd: 0.0,
            basis: String::new(),
        },
    }
}
