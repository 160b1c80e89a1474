//! Checks on the plan and on reports, as values.

use super::quality::Note;
use crate::model::{report::Report, template::TemplatePlan};

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
