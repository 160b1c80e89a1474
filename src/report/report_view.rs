//! The report of one use case as the layouts see it.

use serde::Serialize;

use super::escape::anchor;
use super::finding_view::{self, FileLink, FindingView, Notes};
use super::methods_view::{self, LineageView, MethodView};
use super::page::{Carried, HeadView, RunView, mode, run_view};
use super::renderer::Links;
use super::tables::{Cell, Table};
use super::view::{Scope, Sentence, Severity, badge, severity};
use super::{Format, ReportError, derivations, words};
use crate::algorithms::Quantity;
use crate::model::fact::FactValue;
use crate::model::finding::Finding;
use crate::model::format;
use crate::model::report::{Failure, Report, Volatile};
use crate::model::use_case::Feasibility;

/// Findings in the summary at most: it must fit one screen.
const SUMMARY: usize = 5;

#[derive(Clone, Debug, Serialize)]
pub(super) struct ReportView {
    pub head: HeadView,
    pub run: RunView,
    pub carried: Carried,
    pub summary: Vec<SummaryView>,
    /// Stands in place of an empty summary.
    pub nothing: &'static str,
    pub findings: Vec<FindingView>,
    pub nulls: Vec<FindingView>,
    pub answerable: &'static str,
    pub answerable_reason: String,
    pub serves: Vec<String>,
    pub rank_reason: String,
    pub failures: Vec<Failure>,
    pub methods: Vec<MethodView>,
    pub cost: Table,
    pub facts: Table,
    pub lineage: LineageView,
    pub notes: Vec<FileLink>,
}

/// A finding in a few words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SummaryView {
    pub href: String,
    pub title: String,
    pub severity: Severity,
    pub headline: Sentence,
    pub reason: Sentence,
    pub action: Option<Sentence>,
    pub note: usize,
}

pub(super) fn report_view(
    report: &Report,
    volatile: &Volatile,
    links: &Links,
    format: Format,
) -> Result<ReportView, ReportError> {
    let scope = Scope {
        report,
        format,
        page: "",
    };
    let mut notes = Notes::default();
    let index = notes.link(
        "Index of the run",
        format!("{}.{}", links.index, format.extension()),
    );
    let drawn = |findings: &[Finding], notes: &mut Notes| {
        let views = findings
            .iter()
            .map(|it| finding_view::finding(&scope, it, &links.run, notes));
        views.collect::<Result<Vec<_>, _>>()
    };
    let findings = drawn(&report.findings, &mut notes)?;
    let nulls = drawn(&report.null_findings, &mut notes)?;
    let summary = report.findings.iter().take(SUMMARY).map(|it| summary(&scope, it));
    let (answerable, answerable_reason) = words::feasibility(&report.use_case.feasibility);
    Ok(ReportView {
        head: HeadView {
            title: report.use_case.title.clone(),
            question: report.use_case.question.trim().to_owned(),
            partly: matches!(report.use_case.feasibility, Feasibility::Partly { .. })
                .then(|| answerable_reason.clone()),
            graph: report.graph.clone(),
            brief: report.brief.clone(),
            vertical: report.vertical.clone(),
            mode: mode(&report.lineage),
            badge: badge(&report.verdict),
            index: Some(index),
        },
        run: run_view(volatile),
        carried: Carried::default(),
        summary: summary.collect::<Result<_, _>>()?,
        nothing: words::NOTHING_FOUND,
        findings,
        nulls,
        answerable,
        answerable_reason,
        serves: report.use_case.serves.iter().map(|it| it.0.clone()).collect(),
        rank_reason: words::sentence(report.use_case.rank_reason.trim()),
        failures: report.failures.clone(),
        methods: methods_view::methods(&report.templates, &report.executions, &links.run, &mut notes),
        cost: methods_view::cost(&report.executions, format),
        facts: facts(report, format),
        lineage: methods_view::lineage(&report.lineage, format),
        notes: notes.0,
    })
}

/// A finding in a few words, its address on the page of `scope`.
pub(super) fn summary(scope: &Scope<'_>, finding: &Finding) -> Result<SummaryView, ReportError> {
    Ok(SummaryView {
        href: format!("{}#{}", scope.page, anchor("finding", &finding.id.0)),
        title: finding.title.clone(),
        severity: severity(finding.severity),
        headline: scope.sentence(&finding.headline)?,
        reason: scope.sentence(&finding.severity_reason)?,
        action: finding
            .action
            .as_ref()
            .map(|it| scope.sentence(&it.what))
            .transpose()?,
        note: 0,
    })
}

/// Every fact with its value, how it is computed and where it can be read.
fn facts(report: &Report, format: Format) -> Table {
    let titles = ["Fact", "What", "Value", "How it is computed", "From", "Shown in"];
    let mut table = Table::new("facts-table", "Every number and name that a claim cites", &titles);
    let all: Vec<Finding> = report
        .findings
        .iter()
        .chain(&report.null_findings)
        .cloned()
        .collect();
    for fact in &report.facts {
        let text = format::render(&fact.value, fact.quantity, &fact.unit);
        let full = words::full(&fact.value);
        let value = match &fact.value {
            FactValue::Integer(_) | FactValue::Number(_) => Cell {
                // Both, where rounding hides something: a table of facts is where people look it up.
                text: if fact.quantity == Quantity::Count || text.replace(',', "").starts_with(&full) {
                    text
                } else {
                    format!("{text} ({full})")
                },
                value: Some(full),
                ..Cell::default()
            },
            FactValue::Text(_) | FactValue::List(_) => Cell::text(text),
        };
        let from = match &fact.execution {
            Some(id) => Cell::link(&id.0, format!("#{}", anchor("method", &id.0))),
            None => Cell::text("–"),
        };
        let shown = match finding_view::evidence_of(fact, &all) {
            Some((at, text)) => Cell::link(text, format!("#{at}")),
            None => Cell::text("–"),
        };
        table.push_at(
            anchor("fact", &fact.id.0),
            vec![
                Cell::text(&fact.id.0),
                Cell::text(fact.name.replace('_', " ")),
                value,
                Cell::text(derivations::derivation(fact, &report.facts)),
                from,
                shown,
            ],
        );
    }
    table.drawn(format)
}
