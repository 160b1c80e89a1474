//! The coverage matrix: every item of the brief, and what became of it.

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
    let judge = Judge {
        use_cases,
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

struct Judge<'a> {
    use_cases: &'a [UseCase],
    plan: &'a TemplatePlan,
    reports: &'a [(String, Report)],
}

impl Judge<'_> {
    fn item(&self, id: &RequirementId, text: &str, source: &Citation, asks: bool) -> Coverage {
        let use_case = self.use_cases.iter().find(|it| it.serves.contains(id));
        let (status, findings, reason) = match use_case {
            None if asks => (
                CoverageStatus::Noted,
                Vec::new(),
                "it is no question of its own".to_owned(),
            ),
            None => (
                CoverageStatus::Noted,
                Vec::new(),
                "it is taken into account".to_owned(),
            ),
            Some(use_case) => self.answer(use_case),
        };
        Coverage {
            requirement: id.clone(),
            text: text.to_owned(),
            status,
            findings,
            reason,
            source: format!("{}, line {}", source.name, source.line),
        }
    }

    fn answer(&self, use_case: &UseCase) -> (CoverageStatus, Vec<FindingId>, String) {
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
        match &use_case.feasibility {
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
    let reasons: Vec<String> = report
        .failures
        .iter()
        .map(|it| format!("{}: {}", it.what, it.reason))
        .collect();
    reasons.join("; ")
}
