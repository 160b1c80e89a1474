//! What follows from what in a run: document, passage, requirement, use case, template, execution,
//! report, finding.

use super::record::Outputs;
use crate::model::catalog::{Edge, Node, NodeKind, RunRecord};

/// The edges between the rows of `record`, each once, in the order of the rows.
pub(super) fn edges(record: &RunRecord, outputs: &Outputs) -> Vec<Edge> {
    let mut found = Edges::default();
    for row in &record.requirements {
        let passage = format!("{}#{}", row.source.document, row.source.passage);
        found.add(
            (NodeKind::Document, &row.source.document.0),
            (NodeKind::Passage, &passage),
        );
        found.add((NodeKind::Passage, &passage), (NodeKind::Requirement, &row.id.0));
    }
    for use_case in &outputs.use_cases {
        for requirement in &use_case.serves {
            found.add(
                (NodeKind::Requirement, &requirement.0),
                (NodeKind::UseCase, &use_case.id.0),
            );
        }
    }
    for it in &outputs.plan.assignments {
        found.add(
            (NodeKind::UseCase, &it.use_case.0),
            (NodeKind::Template, &it.template.0),
        );
    }
    for row in &record.executions {
        found.add(
            (NodeKind::Template, &row.template.0),
            (NodeKind::Execution, &row.template.0),
        );
    }
    for row in &record.reports {
        let serving = outputs
            .plan
            .assignments
            .iter()
            .filter(|it| it.use_case == row.use_case);
        for it in serving {
            found.add(
                (NodeKind::Execution, &it.template.0),
                (NodeKind::Report, &row.use_case.0),
            );
        }
    }
    for row in &record.findings {
        found.add(
            (NodeKind::Execution, &row.template.0),
            (NodeKind::Finding, &row.id.0),
        );
        found.add(
            (NodeKind::Report, &row.use_case.0),
            (NodeKind::Finding, &row.id.0),
        );
    }
    found.edges
}

#[derive(Default)]
struct Edges {
    edges: Vec<Edge>,
    seen: std::collections::BTreeSet<Edge>,
}

impl Edges {
    fn add(&mut self, from: (NodeKind, &str), to: (NodeKind, &str)) {
        let node = |(kind, id): (NodeKind, &str)| Node {
            kind,
            id: id.to_owned(),
        };
        let edge = Edge {
            from: node(from),
            to: node(to),
        };
        if self.seen.insert(edge.clone()) {
            self.edges.push(edge);
        }
    }
}
