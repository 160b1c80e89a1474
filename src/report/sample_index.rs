//! An index of realistic shape for tests, with two reports and every table filled.

use std::collections::BTreeMap;

use super::sample::{execution, hash, lineage, report, template};
use crate::algorithms::Algorithm;
use crate::algorithms::betweenness::BetweennessConfig;
use crate::model::document::Citation;
use crate::model::report::{Coverage, CoverageStatus, Failure, Report, RunReport, Verdict};
use crate::model::requirements::{
    Bound, Objective, Priority, Requirements, Stakeholder, Statement, StatementKind, Threshold,
};
use crate::model::schema::{
    Attribute, AttributeKind, Census, CollectionRole, DegreeShape, EdgeCollection, Guess, Issue, IssueKind,
    Relationship, Role, Schema, VertexCollection,
};

fn cite(line: u32, quote: &str) -> Citation {
    Citation {
        document: "D1".into(),
        name: "brief.md".to_owned(),
        passage: line,
        line,
        quote: quote.to_owned(),
    }
}

fn attribute(name: &str, kind: AttributeKind, samples: &[&str]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        present: 302,
        distinct: 10,
        range: Some((samples[0].to_owned(), samples[samples.len() - 1].to_owned())),
        samples: samples.iter().map(|it| (*it).to_owned()).collect(),
        sampled_rows: 302,
    }
}

fn census() -> Census {
    let vertices = |name: &str, count, attributes| VertexCollection {
        name: name.to_owned(),
        count,
        label: Some("name".to_owned()),
        attributes,
        ..VertexCollection::default()
    };
    let edges = |name: &str, ties: &[(&str, &str, u64)]| EdgeCollection {
        name: name.to_owned(),
        count: ties.iter().map(|it| it.2).sum(),
        relationships: ties
            .iter()
            .map(|(from, to, count)| Relationship {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
                count: *count,
            })
            .collect(),
        degrees: DegreeShape {
            vertices: 302,
            mean: 2.69,
            median: 2,
            p99: 7,
            max: 14,
            gini: 0.198_765,
        },
        ..EdgeCollection::default()
    };
    Census {
        graph: "london".to_owned(),
        vertices: vec![
            vertices("depots", 14, Vec::new()),
            vertices(
                "lines",
                13,
                vec![attribute("colour", AttributeKind::Text, &["blue", "red"])],
            ),
            vertices(
                "stations",
                302,
                vec![
                    attribute(
                        "name",
                        AttributeKind::Text,
                        &["Acton Town", "Aldgate", "Woodford"],
                    ),
                    attribute("zone", AttributeKind::Number, &["1", "2", "3.5"]),
                ],
            ),
        ],
        edges: vec![
            edges("connections", &[("stations", "stations", 406)]),
            edges(
                "served_by",
                &[("stations", "lines", 377), ("depots", "lines", 17)],
            ),
        ],
        issues: vec![Issue {
            kind: IssueKind::DanglingEdge,
            place: "connections.csv".to_owned(),
            count: 2,
            examples: vec![
                "line 17: stations/999".to_owned(),
                "line 21: stations/<script>alert(1)</script>".to_owned(),
            ],
            treatment: "The edges were left out.".to_owned(),
        }],
        guesses: vec![Guess {
            what: "connections.csv is an edge collection (columns _from, _to)".to_owned(),
            change: "[edges.connections] from = \"…\"".to_owned(),
        }],
        inputs: BTreeMap::from([
            ("connections.csv".to_owned(), hash(1)),
            ("stations.csv".to_owned(), hash(2)),
        ]),
        input_bytes: 31_234,
    }
}

fn schema() -> Schema {
    let role = |name: &str, role, reason: &str| CollectionRole {
        collection: name.to_owned(),
        role,
        reason: reason.to_owned(),
    };
    Schema {
        census: census(),
        domain: "transport network".to_owned(),
        roles: vec![
            role("lines", Role::Satellite, "Few values that many stations share."),
            role("stations", Role::Core, "Joined to itself and named by the brief."),
        ],
        complexity: 3.2,
        complexity_reason: "3 vertex collections, 2 edge collections, 3 relationships.".to_owned(),
    }
}

fn requirements() -> Requirements {
    let objective = |id: &str, line, text: &str| Objective {
        id: id.into(),
        topic: Some(id.to_owned()),
        title: id.replace('_', " "),
        text: text.to_owned(),
        priority: Priority::Medium,
        limit: None,
        unit: None,
        cues: vec!["cut".to_owned(), "strand".to_owned()],
        needs: Vec::new(),
        source: cite(line, text),
    };
    let closed = "Know which stations, if closed, cut parts of the network off, and how many stations each would strand.";
    let through =
        "Know which stations carry the most through-traffic, so that maintenance crews are placed there.";
    Requirements {
        title: "Resilience of the underground network".to_owned(),
        objectives: vec![
            objective("critical_points", 6, closed),
            objective("through_traffic", 7, through),
        ],
        statements: vec![Statement {
            id: "constraint-1".into(),
            kind: StatementKind::Constraint,
            text: "Closures last less than one day.".to_owned(),
            priority: Priority::Medium,
            topics: Vec::new(),
            source: cite(12, "Closures last less than one day."),
        }],
        thresholds: vec![Threshold {
            id: "threshold-1".into(),
            subject: "stations".to_owned(),
            text: "at most 10 stations".to_owned(),
            bound: Bound::AtMost,
            value: 10.0,
            source: cite(12, "At most 10 stations can get a stand-by crew."),
        }],
        stakeholders: vec![
            Stakeholder {
                name: "Head of Network Resilience".to_owned(),
                role: "sponsor".to_owned(),
                source: cite(3, ""),
            },
            Stakeholder {
                name: "operations board".to_owned(),
                role: "audience".to_owned(),
                source: cite(3, ""),
            },
        ],
        unplaced: vec![cite(20, "Please also think of the weather.")],
    }
}

fn coverage() -> Vec<Coverage> {
    let item = |id: &str, text: &str, status, findings: &[&str], reason: &str, line| Coverage {
        requirement: id.into(),
        text: text.to_owned(),
        status,
        findings: findings.iter().map(|it| (*it).into()).collect(),
        reason: reason.to_owned(),
        source: format!("brief.md, line {line}"),
    };
    let closed = "Know which stations, if closed, cut parts of the network off.";
    vec![
        item(
            "critical_points",
            closed,
            CoverageStatus::Answered,
            &["critical_points.1"],
            "",
            6,
        ),
        item(
            "through_traffic",
            "Know which stations carry the most through-traffic.",
            CoverageStatus::Partly,
            &["through_traffic.1"],
            "Passengers are not in the data; paths through the network stand for them.",
            7,
        ),
        item(
            "weather",
            "Know what snow does.",
            CoverageStatus::NotAnswerable,
            &[],
            "The data has no weather.",
            8,
        ),
        item(
            "constraint-1",
            "Closures last less than one day.",
            CoverageStatus::Noted,
            &[],
            "",
            12,
        ),
    ]
}

/// A second report that shares a template with the first.
fn second() -> Report {
    let mut report = report();
    report.use_case.id = "through_traffic".into();
    report.use_case.title = "Through-traffic".to_owned();
    report.use_case.question = "Which stations carry the most through-traffic?".to_owned();
    report.use_case.rank = 2;
    report.findings.truncate(1);
    report.findings[0].id = "through_traffic.1".into();
    report.findings[0].title = "Through-traffic".to_owned();
    report.null_findings.clear();
    let id = "betweenness-4d5e6f";
    report
        .templates
        .push(template(id, Algorithm::Betweenness(BetweennessConfig::default())));
    report.executions.push(execution(id));
    report
}

/// The index.
pub(super) fn run_report() -> RunReport {
    RunReport {
        graph: "london".to_owned(),
        vertical: "generic 1".to_owned(),
        vertical_reason: "No vertical scored above 0.4, so the generic one was taken.".to_owned(),
        requirements: requirements(),
        schema: schema(),
        reports: vec![
            ("1-critical-points".to_owned(), report()),
            ("2-through-traffic".to_owned(), second()),
        ],
        coverage: coverage(),
        executive: None,
        summary: vec!["critical_points.1".into(), "through_traffic.1".into()],
        failures: vec![Failure {
            what: "closeness-77aa88 (closeness on stations)".to_owned(),
            reason: "it needs 9.1 GiB and the budget is 4 GiB; raise --budget-memory".to_owned(),
        }],
        verdict: Verdict {
            verified: 17,
            dropped: vec![
                "critical_points.1.9: the fact F12 could not be computed, because the column is missing"
                    .to_owned(),
            ],
        },
        quality: vec!["2 edges of 408 were left out; findings are marked as partial data.".to_owned()],
        lineage: lineage(),
    }
}
