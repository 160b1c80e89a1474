//! Checks on the plan and on reports, as values.

use super::quality::Note;
use crate::engine::ResultTables;
use crate::model::{
    execution::Execution,
    report::{Report, RunReport},
    template::TemplatePlan,
};

/// Headlines longer than this do not fit a summary of one screen.
const HEADLINE_WORDS: usize = 25;

/// Checks the plan: every assignment has its template, every template an assignment.
pub fn check_plan(plan: &TemplatePlan) -> Vec<Note> {
    let mut notes = Vec::new();
    if plan.templates.is_empty() {
        notes.push(Note::remark("no template fits the schema; nothing will be run"));
    }
    for assignment in &plan.assignments {
        if plan.templates.iter().all(|it| it.id != assignment.template) {
            notes.push(Note::send_back(format!("{} has no template", assignment.pattern)));
        }
    }
    for template in &plan.templates {
        if plan.assignments.iter().all(|it| it.template != template.id) {
            notes.push(Note::send_back(format!(
                "template {} answers nothing",
                template.id
            )));
        }
    }
    for rejection in &plan.rejected {
        notes.push(Note::remark(format!(
            "{} for {}: {}",
            rejection.pattern, rejection.use_case, rejection.reason
        )));
    }
    notes
}

/// Checks an execution: a row for each vertex, sums that are numbers, columns that tell something.
pub fn check_execution(execution: &Execution, tables: &ResultTables) -> Vec<Note> {
    let mut notes = Vec::new();
    let template = &execution.template;
    for value in execution.summary.iter().filter(|it| !it.value.is_finite()) {
        notes.push(Note::remark(format!("{template}: `{}` is no number", value.name)));
    }
    for recorded in &execution.tables {
        let Some(table) = tables.table(&recorded.name) else {
            notes.push(Note::send_back(format!(
                "{template}: there is no table `{}`",
                recorded.name
            )));
            continue;
        };
        let per_vertex = table.column("key").is_some();
        if table.rows as u64 != recorded.rows || per_vertex && recorded.rows != execution.vertices {
            notes.push(Note::send_back(format!(
                "{template}: `{}` has {} rows, {} were recorded of {} vertices",
                table.name, table.rows, recorded.rows, execution.vertices
            )));
        }
        for (column, values) in &table.columns {
            let known = (0..table.rows).any(|row| values.text(row).is_some());
            if table.rows > 0 && !known && !column.name.starts_with('@') {
                notes.push(Note::remark(format!(
                    "{template}: `{}` of `{}` has no value in any row",
                    column.name, table.name
                )));
            }
        }
    }
    notes
}

/// Checks the index: what it names is in a report, and every report is in the coverage or proposed.
pub fn check_index(index: &RunReport) -> Vec<Note> {
    let reports = || index.reports.iter().map(|it| &it.1);
    let findings = || reports().flat_map(|it| it.findings.iter().chain(&it.null_findings));
    let named = index
        .summary
        .iter()
        .chain(index.coverage.iter().flat_map(|it| &it.findings));
    let lost = named.filter(|id| findings().all(|it| it.id != **id));
    let mut notes: Vec<Note> = lost
        .map(|id| Note::send_back(format!("the index names {id}, which is in no report")))
        .collect();
    if reports().next().is_none() {
        notes.push(Note::remark("no question has a report"));
    }
    notes
}

/// Checks a report: headlines short enough, evidence behind every finding, dropped claims named.
pub fn check_report(report: &Report) -> Vec<Note> {
    let mut notes = Vec::new();
    for finding in &report.findings {
        let words = finding.headline.text.split_whitespace().count();
        if words > HEADLINE_WORDS {
            notes.push(Note::remark(format!(
                "the headline of {} has {words} words",
                finding.id
            )));
        }
        if finding.evidence.rows.is_empty() {
            notes.push(Note::remark(format!("{} shows no rows", finding.id)));
        }
    }
    for dropped in &report.verdict.dropped {
        notes.push(Note::remark(format!("a claim was dropped: {dropped}")));
    }
    if report.findings.is_empty() && report.null_findings.is_empty() {
        notes.push(Note::remark("the report has no finding"));
    }
    notes
}
