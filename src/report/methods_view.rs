//! How it was done, as the layouts see it: templates with their executions, what they were
//! expected to take, and where everything comes from.

use serde::Serialize;

use super::escape::{anchor, clean};
use super::finding_view::{FileLink, Notes};
use super::tables::{Cell, Table};
use super::{Format, words};
use crate::algorithms::Quantity;
use crate::model::execution::Execution;
use crate::model::fact::FactValue;
use crate::model::format;
use crate::model::report::Lineage;
use crate::model::template::Template;

/// A template and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MethodView {
    pub id: String,
    pub anchor: String,
    pub title: String,
    pub summary: String,
    pub reason: String,
    pub projection: String,
    pub parameters: String,
    /// Empty when it did not run.
    pub ran: String,
    pub exactness: String,
    pub conventions: Vec<String>,
    pub exclusions: Vec<String>,
    pub numbers: Vec<(String, String)>,
    pub graph_hash: String,
    pub results: Vec<FileLink>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LineageView {
    pub version: String,
    pub command: String,
    pub table: Table,
}

pub(super) fn methods(
    templates: &[Template],
    executions: &[Execution],
    run: &str,
    notes: &mut Notes,
) -> Vec<MethodView> {
    let ran = |id| executions.iter().find(|it| &it.template == id);
    templates
        .iter()
        .map(|it| method(it, ran(&it.id), run, notes))
        .collect()
}

fn method(template: &Template, execution: Option<&Execution>, run: &str, notes: &mut Notes) -> MethodView {
    let info = template.algorithm.info();
    let tables = execution.map(|it| it.tables.as_slice()).unwrap_or_default();
    let results = tables
        .iter()
        .map(|it| {
            let text = format!("{} ({})", it.path, words::counted(it.rows, "row", "rows"));
            notes.link(text, format!("{run}{}", it.path))
        })
        .collect();
    let summary = execution.map(|it| it.summary.as_slice()).unwrap_or_default();
    MethodView {
        id: template.id.0.clone(),
        anchor: anchor("method", &template.id.0),
        title: info.title.to_owned(),
        summary: info.summary.to_owned(),
        reason: words::prose(&template.reason),
        projection: words::projection(&template.projection),
        parameters: words::parameters(&template.algorithm),
        ran: execution.map(ran).unwrap_or_default(),
        exactness: execution.map(|it| format::exactness(it, "")).unwrap_or_default(),
        conventions: sentences(execution.map(|it| it.conventions.as_slice())),
        exclusions: sentences(execution.map(|it| it.exclusions.as_slice())),
        numbers: summary
            .iter()
            .map(|it| (it.name.clone(), number(it.value, it.quantity)))
            .collect(),
        graph_hash: execution.map(|it| it.graph_hash.0.clone()).unwrap_or_default(),
        results,
    }
}

fn sentences(texts: Option<&[String]>) -> Vec<String> {
    texts
        .unwrap_or_default()
        .iter()
        .map(|it| words::prose(it))
        .collect()
}

fn number(value: f64, quantity: Quantity) -> String {
    format::render(&FactValue::Number(value), quantity, "")
}

fn ran(execution: &Execution) -> String {
    format!(
        "{} engine, {} and {}",
        execution.engine,
        words::counted(execution.vertices, "vertex", "vertices"),
        words::counted(execution.edges, "edge", "edges")
    )
}

/// What each execution was expected to take. What it took differs between runs, so it stands in
/// the block of run facts.
pub(super) fn cost(executions: &[Execution], format: Format) -> Table {
    let titles = [
        "Template",
        "#Vertices",
        "#Edges",
        "#Operations",
        "#Memory",
        "#Time",
        "#Cost",
    ];
    let caption = "Estimates made before anything ran";
    let mut table = Table::new("cost-table", caption, &titles);
    for execution in executions {
        let estimate = &execution.estimate;
        let memory = Cell::number(
            words::bytes(estimate.memory_bytes),
            format!("{} bytes", estimate.memory_bytes),
        );
        let time = format::render(
            &FactValue::Number(estimate.time_ms as f64),
            Quantity::Duration,
            "",
        );
        let operations = format::rounded(estimate.operations as f64);
        table.push(vec![
            Cell::text(&execution.template.0),
            Cell::count(estimate.vertices),
            Cell::count(estimate.edges),
            Cell::number(operations, estimate.operations.to_string()),
            memory,
            Cell::number(time, format!("{} ms", estimate.time_ms)),
            Cell::number(
                format!("{} USD", format::rounded(estimate.cost_usd)),
                estimate.cost_usd.to_string(),
            ),
        ]);
    }
    table.drawn(format)
}

pub(super) fn lineage(lineage: &Lineage, format: Format) -> LineageView {
    let mut table = Table::new(
        "lineage-table",
        "What went in, by content",
        &["Kind", "Name", "SHA-256"],
    );
    let kinds = [
        ("input", &lineage.inputs),
        ("document", &lineage.documents),
        ("asset", &lineage.assets),
    ];
    for (kind, items) in kinds {
        for (name, hash) in items {
            table.push(vec![Cell::text(kind), Cell::text(name), Cell::text(&hash.0)]);
        }
    }
    for (role, model) in &lineage.models {
        table.push(vec![
            Cell::text("model"),
            Cell::text(format!("{role}: {model}")),
            Cell::text("–"),
        ]);
    }
    LineageView {
        version: lineage.version.clone(),
        // One line: it stands in a block of code, which only a line break could end.
        command: clean(&lineage.command),
        table: table.drawn(format),
    }
}
