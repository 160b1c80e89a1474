//! The coverage matrix: every item of the brief, and what became of it.

use std::collections::BTreeMap;

use crate::model::{
    document::Citation,
    id::{FindingId, RequirementId},
    report::{Coverage, CoverageStatus, Report},
    requirements::{Requirements, StatementKind},
    template::TemplatePlan,
    use_case::{Feasibility, UseCase},
};

/// What became of every item of the brief, in its order: objectives, then statements.
pub fn matrix(
    requirements: &Requirements,
    use_cases: &[UseCase],
    plan: &TemplatePlan,
    reports: &[(String, Report)],
) -> Vec<Coverage> {
    let mut serving: BTreeMap<&RequirementId, Vec<&UseCase>> = BTreeMap::new();
    for use_case in use_cases {
        for id in &use_case.serves {
            serving.entry(id).or_default().push(use_case);
        }
    }
    let judge = Judge {
        serving,
        plan,
        reports,
    };
    let mut matrix = Vec::new();
    for objective in &requirements.objectives {
        matrix.push(judge.item(&objective.id, &objective.text, &objective.source, true));
    }
    for statement in &requirements.statements {
        let asks = matches!(
            statement.kind,
            StatementKind::Requirement | StatementKind::SuccessCriterion
        );
        matrix.push(judge.item(&statement.id, &statement.text, &statement.source, asks));
    }
    matrix
}

/// How far a use case was answered, by which findings, and why not in full.
type Answer = (CoverageStatus, Vec<FindingId>, String);

/// The status that an item with several answers has, and every reason for it: one topic that cannot
/// be answered must not hide behind another that can.
fn worst(answers: &[Answer]) -> Option<(CoverageStatus, String)> {
    let rank = |status: CoverageStatus| match status {
        CoverageStatus::Noted => 0,
        CoverageStatus::Answered => 1,
        CoverageStatus::Partly => 2,
        CoverageStatus::NotAnswerable => 3,
    };
    let worst = answers.iter().map(|it| it.0).max_by_key(|it| rank(*it))?;
    let some = answers.iter().any(|it| rank(it.0) < 3 && rank(worst) == 3);
    let mut reasons: Vec<&str> = answers.iter().map(|it| it.2.as_str()).collect();
    reasons.retain(|it| !it.is_empty());
    let status = if some { CoverageStatus::Partly } else { worst };
    Some((status, reasons.join("; ")))
}

struct Judge<'a> {
    serving: BTreeMap<&'a RequirementId, Vec<&'a UseCase>>,
    plan: &'a TemplatePlan,
    reports: &'a [(String, Report)],
}

impl Judge<'_> {
    fn item(&self, id: &RequirementId, text: &str, source: &Citation, asks: bool) -> Coverage {
        let use_cases = self.serving.get(id).map_or(&[][..], Vec::as_slice);
        let mut answers: Vec<Answer> = use_cases.iter().map(|it| self.answer(it)).collect();
        let findings = answers
            .iter_mut()
            .flat_map(|it| std::mem::take(&mut it.1))
            .collect();
        let noted = |reason: &str| (CoverageStatus::Noted, reason.to_owned());
        let (status, reason) = match worst(&answers) {
            Some(answer) if asks => answer,
            Some(_) => noted("it belongs to the answer linked here"),
            None if asks => noted("it is no question of its own"),
            None => noted("it is kept for the reader; no analysis tests it"),
        };
        Coverage {
            requirement: id.clone(),
            text: text.to_owned(),
            status,
            findings,
            reason,
            source: source.place(),
        }
    }

    fn answer(&self, use_case: &UseCase) -> Answer {
        if let Feasibility::Not { reason } = &use_case.feasibility {
            return (CoverageStatus::NotAnswerable, Vec::new(), reason.clone());
        }
        let report = self
            .reports
            .iter()
            .map(|(_, it)| it)
            .find(|it| it.use_case.id == use_case.id);
        let Some(report) = report else {
            return (
                CoverageStatus::NotAnswerable,
                Vec::new(),
                self.why_no_report(use_case),
            );
        };
        let findings: Vec<FindingId> = report
            .findings
            .iter()
            .chain(&report.null_findings)
            .map(|it| it.id.clone())
            .collect();
        if findings.is_empty() {
            return (CoverageStatus::NotAnswerable, findings, failures(report));
        }
        // The report knows more than the proposal: which clauses of the question were not applied.
        match &report.use_case.feasibility {
            Feasibility::Partly { answered, reason } => {
                (CoverageStatus::Partly, findings, format!("{answered} {reason}"))
            }
            _ if !report.failures.is_empty() => (CoverageStatus::Partly, findings, failures(report)),
            _ => (CoverageStatus::Answered, findings, String::new()),
        }
    }

    fn why_no_report(&self, use_case: &UseCase) -> String {
        let mut rejected = self.plan.rejected.iter().filter(|it| it.use_case == use_case.id);
        match rejected.next() {
            Some(rejection) => rejection.reason.clone(),
            None => "its executions gave no result; see what failed".to_owned(),
        }
    }
}

fn failures(report: &Report) -> String {
    let failed = report
        .failures
        .iter()
        .map(|it| format!("{}: {}", it.what, it.reason));
    let mut reasons: Vec<String> = failed.collect();
    if reasons.is_empty() {
        // Without any failure a finding is missing only because its claims were left out.
        reasons.extend(report.verdict.dropped.iter().cloned());
    }
    reasons.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_with_two_topics_has_the_worse_status_of_both() {
        let answer = |status, reason: &str| (status, Vec::new(), reason.to_owned());
        let good = answer(CoverageStatus::Answered, "");
        let part = answer(CoverageStatus::Partly, "half is missing");
        let none = answer(CoverageStatus::NotAnswerable, "no edges");
        let of = |answers: &[Answer]| worst(answers).map(|it| it.0);
        assert_eq!(of(&[good.clone(), part]), Some(CoverageStatus::Partly));
        assert_eq!(of(&[good, none.clone()]), Some(CoverageStatus::Partly));
        assert_eq!(
            worst(&[none]),
            Some((CoverageStatus::NotAnswerable, "no edges".to_owned()))
        );
        assert_eq!(of(&[]), None);
    }
}
