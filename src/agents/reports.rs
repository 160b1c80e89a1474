//! Assembles reports: the findings of one use case, verified, and the index of a run.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::findings::PatternResult;
use super::verify::verify_report;
use crate::engine::ResultTables;
use crate::model::{
    execution::Execution,
    finding::Finding,
    id::{FindingId, TemplateId},
    report::{Coverage, Failure, Lineage, Report, RunReport, Verdict},
    requirements::Requirements,
    schema::{Census, Schema},
    template::{Template, TemplatePlan},
    use_case::{Feasibility, UseCase},
    vertical::Vertical,
};

/// Findings of the index's summary at most.
const SUMMARY: usize = 5;

/// A report in the making.
pub struct Draft {
    use_case: UseCase,
    results: Vec<PatternResult>,
    templates: Vec<Template>,
    executions: Vec<Execution>,
    failures: Vec<Failure>,
}

/// What a report says besides its findings.
pub struct Context<'a> {
    /// The graph's name.
    pub graph: &'a str,
    /// Title of the brief.
    pub brief: &'a str,
    /// The vertical.
    pub vertical: &'a Vertical,
    /// The census, for facts about it.
    pub census: &'a Census,
    /// Where it comes from.
    pub lineage: Lineage,
}

impl Draft {
    /// An empty draft. What of the question the plan did not apply makes the answer a partial one.
    pub fn new(mut use_case: UseCase, plan: &TemplatePlan) -> Self {
        let unapplied = plan.unapplied(&use_case.id);
        if !unapplied.is_empty() && matches!(use_case.feasibility, Feasibility::Fully { .. }) {
            use_case.feasibility = Feasibility::Partly {
                answered: "The question as put to everything in the graph.".to_owned(),
                reason: format!(
                    "What the brief says beside it was not applied: {}.",
                    unapplied.join("; ")
                ),
            };
        }
        Self {
            use_case,
            results: Vec::new(),
            templates: Vec::new(),
            executions: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Number of the next finding, from 1.
    pub fn next_finding(&self) -> u32 {
        u32::try_from(self.results.len() + 1).unwrap_or(u32::MAX)
    }

    /// Number of the first fact that is free, from 1.
    pub fn next_fact(&self) -> u32 {
        u32::try_from(self.results.iter().map(|it| it.facts.len()).sum::<usize>() + 1).unwrap_or(u32::MAX)
    }

    /// Adds what a pattern found on an execution.
    pub fn add(&mut self, result: PatternResult, template: &Template, execution: &Execution) {
        self.tried(template);
        if self.executions.iter().all(|it| it.template != template.id) {
            self.executions.push(execution.clone());
        }
        self.results.push(result);
    }

    /// Adds a template that gave no result, so that the report says what was tried.
    pub fn tried(&mut self, template: &Template) {
        if self.templates.iter().all(|it| it.id != template.id) {
            self.templates.push(template.clone());
        }
    }

    /// Adds something that failed.
    pub fn fail(&mut self, what: &str, reason: &str) {
        self.failures.push(Failure {
            what: what.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// The report: every claim recomputed from `tables`; one that does not agree is left out and counted.
    pub fn finish(self, context: &Context<'_>, tables: &BTreeMap<TemplateId, ResultTables>) -> Report {
        let mut facts = Vec::new();
        let mut dropped = Vec::new();
        let mut findings = Vec::new();
        for result in self.results {
            facts.extend(result.facts);
            dropped.extend(result.dropped);
            findings.push(result.finding);
        }
        // Gravest first; equal ones in the order of the patterns.
        findings.sort_by_key(|it| Reverse(it.severity));
        let (findings, null_findings) = findings.into_iter().partition(|it: &Finding| it.found);
        let mut report = Report {
            graph: context.graph.to_owned(),
            brief: context.brief.to_owned(),
            vertical: format!("{} {}", context.vertical.name, context.vertical.version),
            use_case: self.use_case,
            findings,
            null_findings,
            facts,
            templates: self.templates,
            executions: self.executions,
            failures: self.failures,
            verdict: Verdict { verified: 0, dropped },
            lineage: context.lineage.clone(),
        };
        verified(&mut report, tables, context.census);
        report
    }
}

/// Recomputes every claim of the report from `tables`, leaves out those that do not agree, and counts the rest.
pub fn verified(report: &mut Report, tables: &BTreeMap<TemplateId, ResultTables>, census: &Census) {
    drop_mismatches(report, tables, census);
    report.verdict.verified = claims(report);
}

/// Leaves out every claim that does not agree with the tables. A finding whose headline does not
/// agree goes as a whole: what it says first must be true.
fn drop_mismatches(report: &mut Report, tables: &BTreeMap<TemplateId, ResultTables>, census: &Census) {
    // Several faults of one claim, or of one finding, are one thing left out.
    let mut reasons: BTreeMap<(Option<FindingId>, Option<String>), Vec<String>> = BTreeMap::new();
    for mismatch in verify_report(report, tables, census) {
        let claim = mismatch.claim.as_ref().map(|it| it.0.clone());
        let fact = mismatch.fact.as_ref().filter(|_| mismatch.finding.is_none());
        let subject = (mismatch.finding.clone(), claim.or(fact.map(|it| it.0.clone())));
        let said = reasons.entry(subject).or_default();
        let reason = if said.is_empty() {
            mismatch.to_string()
        } else {
            mismatch.reason.clone()
        };
        said.push(reason);
        let gone = |claim: &crate::model::fact::Claim| Some(&claim.id) == mismatch.claim.as_ref();
        for finding in report.findings.iter_mut().chain(&mut report.null_findings) {
            finding.claims.retain(|it| !gone(it));
            finding.so_what = finding.so_what.take().filter(|it| !gone(it));
            finding.action = finding.action.take().filter(|it| !gone(&it.what));
        }
        let whole = |it: &Finding| {
            !gone(&it.headline) && !gone(&it.severity_reason) && mismatch.finding.as_ref() != Some(&it.id)
        };
        if mismatch.claim.is_some() || mismatch.finding.is_some() {
            report.findings.retain(whole);
            report.null_findings.retain(whole);
        }
    }
    report
        .verdict
        .dropped
        .extend(reasons.into_values().map(|it| it.join("; ")));
}

/// Claims that a report prints; a sentence that cites no fact is guidance, which nothing verifies.
fn claims(report: &Report) -> u32 {
    let findings = report.findings.iter().chain(&report.null_findings);
    let verified = findings
        .flat_map(super::findings::claims)
        .filter(|it| !it.facts.is_empty());
    u32::try_from(verified.count()).unwrap_or(u32::MAX)
}

/// What the index of a run is made from.
pub struct IndexInput<'a> {
    /// The graph's name.
    pub graph: &'a str,
    /// The vertical.
    pub vertical: &'a Vertical,
    /// Why it was chosen.
    pub vertical_reason: &'a str,
    /// What the documents ask for.
    pub requirements: &'a Requirements,
    /// What is in the graph.
    pub schema: &'a Schema,
    /// The questions.
    pub use_cases: &'a [UseCase],
    /// The templates.
    pub plan: &'a TemplatePlan,
    /// What became of every item of the brief.
    pub coverage: Vec<Coverage>,
    /// File stem and report, by rank.
    pub reports: Vec<(String, Report)>,
    /// What failed outside the reports.
    pub failures: Vec<Failure>,
    /// Where it comes from.
    pub lineage: Lineage,
}

/// The index of a run.
pub fn index(input: IndexInput<'_>) -> RunReport {
    let mut verdict = Verdict::default();
    for (_, report) in &input.reports {
        verdict.verified += report.verdict.verified;
        verdict.dropped.extend(report.verdict.dropped.iter().cloned());
    }
    // Several questions may share the execution that failed.
    let mut failures: Vec<Failure> = Vec::new();
    for failure in input
        .failures
        .iter()
        .chain(input.reports.iter().flat_map(|(_, it)| &it.failures))
    {
        if !failures.contains(failure) {
            failures.push(failure.clone());
        }
    }
    let mut quality: Vec<String> = super::quality::check_requirements(input.requirements)
        .into_iter()
        .chain(super::quality::check_schema(input.schema))
        .chain(super::quality::check_use_cases(input.use_cases))
        .chain(super::quality_findings::check_plan(input.plan))
        .map(|it| it.text)
        .collect();
    for (_, report) in &input.reports {
        quality.extend(
            super::quality_findings::check_report(report)
                .into_iter()
                .map(|it| it.text),
        );
    }
    RunReport {
        graph: input.graph.to_owned(),
        vertical: format!("{} {}", input.vertical.name, input.vertical.version),
        vertical_reason: input.vertical_reason.to_owned(),
        requirements: input.requirements.clone(),
        schema: input.schema.clone(),
        executive: None,
        summary: summary(&input.reports),
        reports: input.reports,
        coverage: input.coverage,
        failures,
        verdict,
        quality,
        lineage: input.lineage,
    }
}

/// The gravest finding of each question first, so that every question is in the summary before any
/// is in it twice.
fn summary(reports: &[(String, Report)]) -> Vec<FindingId> {
    let mut candidates: Vec<(
        usize,
        Reverse<crate::model::vertical::Severity>,
        usize,
        &FindingId,
    )> = Vec::new();
    for (at, (_, report)) in reports.iter().enumerate() {
        for (round, finding) in report.findings.iter().enumerate() {
            candidates.push((round, Reverse(finding.severity), at, &finding.id));
        }
    }
    candidates.sort();
    candidates
        .into_iter()
        .take(SUMMARY)
        .map(|it| it.3.clone())
        .collect()
}
