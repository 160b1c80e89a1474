//! A finding as the layouts see it: sentences, evidence table, chart, picture, method line.

use std::collections::BTreeMap;

use serde::Serialize;

use super::escape::anchor;
use super::svg::Svg;
use super::tables::{Cell, Head, Table};
use super::view::{Scope, Sentence, Severity, severity};
use super::{ReportError, chart, derivations, picture, words};
use crate::algorithms::Quantity;
use crate::model::fact::{Fact, FactValue};
use crate::model::finding::{Chart, Evidence, Finding, Picture, Recommendation};
use crate::model::format;

#[derive(Clone, Debug, Serialize)]
pub(super) struct FindingView {
    pub id: String,
    pub anchor: String,
    pub title: String,
    pub severity: Severity,
    pub headline: Sentence,
    pub claims: Vec<Sentence>,
    pub so_what: Option<Sentence>,
    pub severity_reason: Sentence,
    pub action: Option<ActionView>,
    pub evidence: Table,
    pub results: Option<FileLink>,
    pub tags: Vec<String>,
    pub caveats: Vec<String>,
    pub chart: Option<Figure>,
    pub picture: Option<Figure>,
    pub method: String,
    pub looked_for: String,
    pub method_href: String,
    pub found: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ActionView {
    pub what: Sentence,
    pub owner: String,
    pub effort: String,
    pub effect: String,
    pub check: String,
}

/// A drawing with its table twin.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub title: String,
    pub description: String,
    /// Empty in formats without drawings.
    pub svg: Svg,
    pub table: Table,
}

/// A link to a file; `note` is its number among the link targets that print shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct FileLink {
    pub text: String,
    pub href: String,
    pub note: usize,
}

/// Link targets of a page in the order of first use.
#[derive(Default)]
pub(super) struct Notes(pub Vec<FileLink>);

impl Notes {
    pub(super) fn link(&mut self, text: impl Into<String>, href: impl Into<String>) -> FileLink {
        let (text, href) = (text.into(), href.into());
        let known = self.0.iter().find(|it| it.href == href).map(|it| it.note);
        let note = known.unwrap_or(self.0.len() + 1);
        let link = FileLink { text, href, note };
        if known.is_none() {
            self.0.push(link.clone());
        }
        link
    }
}

/// The anchor of an evidence row.
pub(super) fn row_anchor(finding: &Finding, row: u64) -> String {
    anchor("row", &format!("{}-{row}", finding.id))
}

pub(super) fn finding(
    scope: &Scope<'_>,
    finding: &Finding,
    run: &str,
    notes: &mut Notes,
) -> Result<FindingView, ReportError> {
    let sentences = |claims: &[crate::model::fact::Claim]| {
        claims
            .iter()
            .map(|it| scope.sentence(it))
            .collect::<Result<Vec<_>, _>>()
    };
    let (method, looked_for) = method(scope, finding);
    Ok(FindingView {
        id: finding.id.0.clone(),
        anchor: anchor("finding", &finding.id.0),
        title: finding.title.clone(),
        severity: severity(finding.severity),
        headline: scope.sentence(&finding.headline)?,
        claims: sentences(&finding.claims)?,
        so_what: finding
            .so_what
            .as_ref()
            .map(|it| scope.sentence(it))
            .transpose()?,
        severity_reason: scope.sentence(&finding.severity_reason)?,
        action: finding.action.as_ref().map(|it| action(scope, it)).transpose()?,
        evidence: evidence(finding).drawn(scope.format),
        results: results(scope, finding, run, notes),
        tags: finding.tags.clone(),
        caveats: finding.caveats.iter().map(|it| words::prose(it)).collect(),
        chart: finding.chart.as_ref().map(|it| chart_figure(scope, finding, it)),
        picture: finding
            .picture
            .as_ref()
            .map(|it| picture_figure(scope, finding, it)),
        method,
        looked_for,
        method_href: format!("#{}", anchor("method", &finding.template.0)),
        found: finding.found,
    })
}

fn action(scope: &Scope<'_>, action: &Recommendation) -> Result<ActionView, ReportError> {
    Ok(ActionView {
        what: scope.sentence(&action.what)?,
        owner: action.owner.clone(),
        effort: action.effort.clone(),
        effect: action.effect.clone(),
        check: action.check.clone(),
    })
}

/// The rows shown, and of how many they are.
fn evidence(finding: &Finding) -> Table {
    let evidence = &finding.evidence;
    let shown = evidence.rows.len() as u64;
    let of = if finding.detector.has_group_rows() {
        let groups = finding.instances.len() as u64;
        words::counted(groups, "group", "groups") + ", one row each"
    } else {
        words::counted(evidence.hits, "matching row", "matching rows")
    };
    let caption = format!(
        "{} of {of}; the table “{}” has {}",
        words::count(shown),
        evidence.table,
        words::counted(evidence.total, "row", "rows")
    );
    let mut table = Table::new(anchor("evidence", &finding.id.0), caption, &[]);
    table.columns = evidence
        .columns
        .iter()
        .map(|it| Head {
            title: if it.unit.is_empty() {
                it.title.clone()
            } else {
                format!("{} ({})", it.title, it.unit)
            },
            numeric: numeric(it.quantity),
        })
        .collect();
    for row in &evidence.rows {
        let cells = row
            .values
            .iter()
            .zip(&evidence.columns)
            .map(|(value, column)| match value {
                None => Cell {
                    numeric: numeric(column.quantity),
                    ..Cell::text("–")
                },
                Some(value @ (FactValue::Integer(_) | FactValue::Number(_))) => {
                    Cell::number(format::cell(value, column.quantity), words::full(value))
                }
                Some(value) => Cell::text(format::cell(value, column.quantity)),
            });
        table.push_at(row_anchor(finding, row.row), cells.collect());
    }
    table
}

fn numeric(quantity: Quantity) -> bool {
    match quantity {
        Quantity::Count
        | Quantity::Score
        | Quantity::Share
        | Quantity::Hops
        | Quantity::Weight
        | Quantity::Duration => true,
        Quantity::Instant | Quantity::Flag | Quantity::Name => false,
    }
}

fn results(scope: &Scope<'_>, finding: &Finding, run: &str, notes: &mut Notes) -> Option<FileLink> {
    let execution = scope
        .report
        .executions
        .iter()
        .find(|it| it.template == finding.template)?;
    let table = execution
        .tables
        .iter()
        .find(|it| it.name == finding.evidence.table)?;
    let text = format!(
        "all {} in {}",
        words::counted(table.rows, "row", "rows"),
        table.path
    );
    Some(notes.link(text, format!("{run}{}", table.path)))
}

fn chart_figure(scope: &Scope<'_>, finding: &Finding, data: &Chart) -> Figure {
    let value = match data.unit.as_str() {
        "" => "Value",
        unit => unit,
    };
    let titles = [words::chart_columns(data.kind).to_owned(), format!("#{value}")];
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut table = Table::new(
        anchor("chart-values", &finding.id.0),
        "Values of the chart",
        &titles,
    );
    for bar in &data.bars {
        let value = FactValue::Number(bar.value);
        let text = format::cell(&value, data.quantity);
        table.push(vec![
            Cell::text(&bar.label),
            Cell::number(text, bar.value.to_string()),
        ]);
    }
    let svg = match scope.format {
        super::Format::Html => chart::draw(data, &anchor("chart", &finding.id.0)),
        super::Format::Markdown | super::Format::Text | super::Format::Json => Svg::default(),
    };
    Figure {
        title: data.title.clone(),
        description: data.description.clone(),
        svg,
        table: table.drawn(scope.format),
    }
}

fn picture_figure(scope: &Scope<'_>, finding: &Finding, data: &Picture) -> Figure {
    let rows = rows_of(finding);
    let mut neighbours = vec![Vec::new(); data.vertices.len()];
    for (u, v) in &data.edges {
        for (from, to) in [(*u as usize, *v as usize), (*v as usize, *u as usize)] {
            if let (Some(list), Some(other)) = (neighbours.get_mut(from), data.vertices.get(to)) {
                list.push(other.label.clone());
            }
        }
    }
    let caption = format!(
        "The {} of the picture",
        words::counted(data.vertices.len() as u64, "vertex", "vertices")
    );
    let titles = ["Vertex", "Key", "Marked", "Joined to"];
    let mut table = Table::new(anchor("vertices", &finding.id.0), caption, &titles);
    for (vertex, mut others) in data.vertices.iter().zip(neighbours) {
        others.sort();
        others.dedup();
        let hidden = others.len().saturating_sub(6);
        others.truncate(6);
        let joined = others.join(", ")
            + &if hidden > 0 {
                format!(" and {hidden} more")
            } else {
                String::new()
            };
        let name = match rows.get(&vertex.id) {
            Some(row) => Cell::link(&vertex.label, format!("#{row}")),
            None => Cell::text(&vertex.label),
        };
        let marked = if vertex.marked { "yes" } else { "" };
        table.push(vec![
            name,
            Cell::text(&vertex.id),
            Cell::text(marked),
            Cell::text(joined),
        ]);
    }
    let svg = match scope.format {
        super::Format::Html => picture::draw(data, &anchor("picture", &finding.id.0), &finding.title, &rows),
        super::Format::Markdown | super::Format::Text | super::Format::Json => Svg::default(),
    };
    Figure {
        title: format!("Around {}", finding.title.to_lowercase()),
        description: data.caption.clone(),
        svg,
        table: table.drawn(scope.format),
    }
}

/// Vertices (`collection/key`) with an evidence row, and its anchor; the first row wins.
fn rows_of(finding: &Finding) -> BTreeMap<String, String> {
    let Evidence { columns, rows, .. } = &finding.evidence;
    let place = |name: &str| columns.iter().position(|it| it.name == name);
    let (collection, key) = (place("collection"), place("key"));
    let text = |values: &[Option<FactValue>], at: Option<usize>| match at.and_then(|it| values.get(it)) {
        Some(Some(FactValue::Text(text))) => Some(text.clone()),
        Some(Some(FactValue::Integer(number))) => Some(number.to_string()),
        _ => None,
    };
    let mut found = BTreeMap::new();
    for row in rows {
        let at = row_anchor(finding, row.row);
        let mut ids = Vec::new();
        if let (Some(collection), Some(key)) = (text(&row.values, collection), text(&row.values, key)) {
            ids.push(format!("{collection}/{key}"));
        }
        for value in row.values.iter().flatten() {
            match value {
                FactValue::Text(text) => ids.push(text.clone()),
                FactValue::List(texts) => ids.extend(texts.iter().cloned()),
                FactValue::Integer(_) | FactValue::Number(_) => {}
            }
        }
        for id in ids {
            found.entry(id).or_insert_with(|| at.clone());
        }
    }
    // Evidence may name vertices by bare key or by label only.
    for vertex in finding.picture.iter().flat_map(|it| &it.vertices) {
        let bare = vertex.id.split_once('/').map_or(vertex.id.as_str(), |it| it.1);
        let known = found.get(bare).or_else(|| found.get(&vertex.label)).cloned();
        if let Some(known) = known {
            found.entry(vertex.id.clone()).or_insert(known);
        }
    }
    found
}

/// Name of the algorithm, and what it looked for on what.
fn method(scope: &Scope<'_>, finding: &Finding) -> (String, String) {
    let Some(template) = scope.report.templates.iter().find(|it| it.id == finding.template) else {
        return (finding.template.0.clone(), String::new());
    };
    let looked = format!(
        "looking for {}; {}; parameters: {}",
        derivations::detector(&finding.detector),
        words::projection(&template.projection),
        words::parameters(&template.algorithm)
    );
    (template.algorithm.info().title.to_owned(), looked)
}

/// The evidence row that a fact can be read in, or else the evidence table it is computed with.
pub(super) fn evidence_of(fact: &Fact, findings: &[Finding]) -> Option<(String, String)> {
    use crate::model::fact::Derivation;
    let (table, row) = match &fact.derivation {
        Derivation::Nth {
            table, nth, column, ..
        } => (table.as_str(), Some((*nth, column))),
        Derivation::Rows { table, .. }
        | Derivation::Aggregate { table, .. }
        | Derivation::Top { table, .. }
        | Derivation::Groups { table, .. }
        | Derivation::NthGroup { table, .. } => (table.as_str(), None),
        Derivation::Detected { detector, .. } => (detector.table_name(), None),
        Derivation::Ratio { .. }
        | Derivation::Summary { .. }
        | Derivation::Census { .. }
        | Derivation::Given { .. } => return None,
    };
    let rests = |it: &&Finding| Some(&it.template) == fact.execution.as_ref() && it.evidence.table == table;
    let finding = findings.iter().find(rests)?;
    let whole = (
        anchor("evidence", &finding.id.0),
        format!("evidence of {}", finding.id),
    );
    let Some((nth, column)) = row else {
        return Some(whole);
    };
    let at = finding.evidence.columns.iter().position(|it| &it.name == column);
    let shown = finding.evidence.rows.get(nth.saturating_sub(1) as usize);
    match (at, shown) {
        // Only where the row truly holds the value: the evidence may be in another order.
        (Some(at), Some(row)) if row.values.get(at) == Some(&Some(fact.value.clone())) => Some((
            row_anchor(finding, row.row),
            format!("row {nth} of {}", finding.id),
        )),
        _ => Some(whole),
    }
}
