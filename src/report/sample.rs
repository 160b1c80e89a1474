//! A report of realistic shape for tests: an underground network of 302 stations, with one finding
//! of every part, an answer without alert, and a null finding. Figures are of the London network.

use super::sample_finding;
use crate::algorithms::articulation::ArticulationConfig;
use crate::algorithms::betweenness::BetweennessConfig;
use crate::algorithms::{Algorithm, Exactness, Quantity};
use crate::graph::{Direction, ProjectionRules};
use crate::model::execution::{Execution, ResultColumn, ResultTable};
use crate::model::fact::{Aggregate, Claim, Condition, Derivation, Fact, FactValue, Test};
use crate::model::id::ContentHash;
use crate::model::report::{Lineage, Report, Verdict, Volatile};
use crate::model::template::{Estimate, Projection, Template};
use crate::model::use_case::{Feasibility, UseCase};

pub(super) fn hash(of: u8) -> ContentHash {
    ContentHash(format!("{of:02x}").repeat(32))
}

pub(super) fn claim(id: &str, text: &str, facts: &[&str]) -> Claim {
    Claim {
        id: id.into(),
        text: text.to_owned(),
        facts: facts.iter().map(|it| (*it).into()).collect(),
        by_model: false,
    }
}

fn fact(
    id: &str,
    name: &str,
    value: FactValue,
    quantity: Quantity,
    unit: &str,
    derivation: Derivation,
) -> Fact {
    let execution = match derivation {
        Derivation::Census { .. } | Derivation::Ratio { .. } | Derivation::Given { .. } => None,
        _ => Some("articulation-1a2b3c".into()),
    };
    Fact {
        id: id.into(),
        name: name.to_owned(),
        value,
        quantity,
        unit: unit.to_owned(),
        execution,
        derivation,
    }
}

fn nth(nth: u32, column: &str) -> Derivation {
    Derivation::Nth {
        table: "vertices".to_owned(),
        order_by: "stranded".to_owned(),
        descending: true,
        nth,
        column: column.to_owned(),
        filter: Vec::new(),
    }
}

fn facts() -> Vec<Fact> {
    let whole = |value| FactValue::Integer(value);
    let strands = vec![Condition {
        column: "stranded".to_owned(),
        test: Test::AtLeast(1.0),
    }];
    let census = Derivation::Census {
        collection: "stations".to_owned(),
        count: crate::model::fact::CensusCount::Vertices,
    };
    let rows = Derivation::Rows {
        table: "vertices".to_owned(),
        filter: strands.clone(),
    };
    let ratio = Derivation::Ratio {
        numerator: "F3".to_owned(),
        denominator: "F4".to_owned(),
    };
    let mean = Derivation::Aggregate {
        table: "vertices".to_owned(),
        column: "stranded".to_owned(),
        measure: Aggregate::Mean,
        filter: strands,
    };
    let given = Derivation::Given {
        by: "brief.md, line 12".to_owned(),
    };
    vec![
        fact(
            "F1",
            "top_name",
            FactValue::Text("Euston".to_owned()),
            Quantity::Name,
            "",
            nth(1, "label"),
        ),
        fact(
            "F2",
            "top_stranded",
            whole(22),
            Quantity::Count,
            "stations",
            nth(1, "stranded"),
        ),
        fact(
            "F3",
            "single_points",
            whole(142),
            Quantity::Count,
            "stations",
            rows,
        ),
        fact("F4", "stations", whole(302), Quantity::Count, "stations", census),
        fact(
            "F5",
            "share_of_single_points",
            FactValue::Number(142.0 / 302.0),
            Quantity::Share,
            "",
            ratio,
        ),
        fact(
            "F6",
            "mean_stranded",
            FactValue::Number(4.654_929_577_464_789),
            Quantity::Count,
            "stations",
            mean,
        ),
        fact("F7", "crew_limit", whole(10), Quantity::Count, "stations", given),
    ]
}

fn projection() -> Projection {
    Projection {
        vertices: vec!["stations".to_owned()],
        edges: vec!["connections".to_owned()],
        rules: ProjectionRules {
            direction: Direction::Undirected,
            ..ProjectionRules::default()
        },
        ..Projection::default()
    }
}

pub(super) fn template(id: &str, algorithm: Algorithm) -> Template {
    Template {
        id: id.into(),
        use_cases: vec!["critical_points".into()],
        algorithm,
        projection: projection(),
        reason: "A station whose removal splits the network is a single point of failure.".to_owned(),
    }
}

pub(super) fn execution(id: &str) -> Execution {
    Execution {
        template: id.into(),
        engine: "embedded".to_owned(),
        graph_hash: hash(7),
        vertices: 302,
        edges: 698,
        exclusions: vec!["57 parallel edges were merged.".to_owned()],
        conventions: vec![
            "Direction is ignored.".to_owned(),
            "Edges from a vertex to itself are left out.".to_owned(),
        ],
        exactness: Exactness::Exact,
        summary: Vec::new(),
        tables: vec![ResultTable {
            name: "vertices".to_owned(),
            path: format!("results/{id}.vertices.parquet"),
            rows: 302,
            columns: vec![ResultColumn {
                name: "stranded".to_owned(),
                quantity: Quantity::Count,
            }],
            hash: hash(9),
        }],
        estimate: Estimate {
            vertices: 302,
            edges: 698,
            memory_bytes: 1_258_291,
            operations: 1_396,
            time_ms: 1,
            cost_usd: 0.0,
            basis: "4 steps an edge.".to_owned(),
        },
    }
}

pub(super) fn lineage() -> Lineage {
    Lineage {
        inputs: vec![
            ("connections.csv".to_owned(), hash(1)),
            ("stations.csv".to_owned(), hash(2)),
        ],
        documents: vec![("brief.md".to_owned(), hash(3))],
        assets: vec![
            ("layouts".to_owned(), hash(4)),
            ("verticals/generic.toml".to_owned(), hash(5)),
        ],
        models: Vec::new(),
        command: "gaai run --graph data/london --documents data/london/brief.md --vertical generic"
            .to_owned(),
        version: "0.1.0".to_owned(),
    }
}

/// The report.
pub(super) fn report() -> Report {
    Report {
        graph: "london".to_owned(),
        brief: "Resilience of the underground network".to_owned(),
        vertical: "generic 1".to_owned(),
        use_case: UseCase {
            id: "critical_points".into(),
            title: "Critical points".to_owned(),
            question:
                "Which stations, if closed, cut parts of the network off, and how many would each strand?"
                    .to_owned(),
            serves: vec!["critical_points".into(), "success_criterion-2".into()],
            patterns: vec!["single_point_of_failure".to_owned()],
            feasibility: Feasibility::Fully {
                reason: "Stations and their connections are in the data, and every connection has both ends."
                    .to_owned(),
            },
            rank: 1,
            rank_reason: "First objective of the brief.".to_owned(),
            limit: Some(10),
        },
        findings: sample_finding::all(),
        null_findings: vec![sample_finding::null()],
        facts: facts(),
        templates: vec![
            template(
                "articulation-1a2b3c",
                Algorithm::Articulation(ArticulationConfig {}),
            ),
            template(
                "betweenness-4d5e6f",
                Algorithm::Betweenness(BetweennessConfig::default()),
            ),
        ],
        executions: vec![execution("articulation-1a2b3c")],
        failures: Vec::new(),
        verdict: Verdict {
            verified: 9,
            dropped: Vec::new(),
        },
        lineage: lineage(),
    }
}

/// Run facts.
pub(super) fn volatile() -> Volatile {
    let line = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    Volatile {
        run: "20260301-101500-london".to_owned(),
        started: "2026-03-01T10:15:00Z".to_owned(),
        lines: vec![
            line("kernel time of articulation-1a2b3c", "0.4 ms (estimated 1 ms)"),
            line("host", "2 cores, 8 GiB"),
        ],
    }
}
