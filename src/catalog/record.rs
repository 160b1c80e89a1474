//! What the catalog keeps of a run, from its journal and artefacts alone. A live run and a rebuild
//! both come through here, so they cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::edges::edges;
use crate::model::{
    catalog::{
        DocumentRow, ExecutionRow, FindingRow, ReportRow, RequirementRow, RunHead, RunRecord, TaskOutcome,
        TaskStatus, TemplateRow, UseCaseRow,
    },
    document::{Citation, Document},
    event::{Record, TaskId},
    execution::Execution,
    finding::Finding,
    format::render_claim,
    id::{ContentHash, TemplateId, UseCaseId},
    report::Report,
    requirements::{Priority, Requirements, StatementKind},
    template::{Template, TemplatePlan},
    use_case::{Feasibility, UseCase},
};
use crate::trace::{History, Spans, TraceError};

/// Reads an artefact's bytes; what is wrong with it otherwise.
pub type ReadArtefact<'a> = dyn Fn(&ContentHash) -> Result<Vec<u8>, String> + 'a;

/// The part of the request that the catalog shows.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
}

/// The parts of the vertical stage's artefact that the catalog keeps.
#[derive(Default, Deserialize)]
struct Briefs {
    #[serde(default)]
    documents: Vec<Document>,
    #[serde(default)]
    resolved: Option<Resolved>,
}

#[derive(Deserialize)]
struct Resolved {
    vertical: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    version: u32,
}

/// The stages' artefacts, as far as they exist.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) documents: Vec<Document>,
    pub(super) vertical: String,
    pub(super) requirements: Requirements,
    pub(super) use_cases: Vec<UseCase>,
    pub(super) plan: TemplatePlan,
    pub(super) executions: BTreeMap<String, Execution>,
    pub(super) reports: BTreeMap<String, Report>,
}

/// The record of the run that `records` tell of. An artefact that cannot be read leaves a gap that
/// the record names; records that contradict each other are an error.
pub fn run_record(records: &[Record], read: &ReadArtefact<'_>) -> Result<RunRecord, TraceError> {
    let history = History::replay(records)?;
    let mut gaps = Vec::new();
    let outputs = Outputs::read(&history, read, &mut gaps);
    let tasks = Outcomes::of(&history, records);
    let mut record = RunRecord {
        head: head(&history, &outputs),
        documents: outputs.documents.iter().map(document_row).collect(),
        requirements: requirement_rows(&outputs.requirements),
        use_cases: outputs.use_cases.iter().map(use_case_row).collect(),
        templates: template_rows(&outputs.plan),
        executions: execution_rows(&outputs, &tasks),
        reports: report_rows(&outputs, &tasks),
        findings: Vec::new(),
        edges: Vec::new(),
        gaps,
    };
    record.findings = finding_rows(&record.reports, &outputs);
    record.edges = edges(&record, &outputs);
    Ok(record)
}

impl Outputs {
    fn read(history: &History, read: &ReadArtefact<'_>, gaps: &mut Vec<String>) -> Self {
        let briefs: Briefs = one("vertical", history, read, gaps).unwrap_or_default();
        Self {
            documents: briefs.documents,
            vertical: briefs.resolved.map_or_else(String::new, |it| {
                format!("{} {}", it.vertical.name, it.vertical.version)
            }),
            requirements: one("requirements", history, read, gaps).unwrap_or_default(),
            use_cases: one("use_cases", history, read, gaps).unwrap_or_default(),
            plan: one("templates", history, read, gaps).unwrap_or_default(),
            executions: many(EXECUTION, history, read, gaps),
            reports: many(REPORT, history, read, gaps),
        }
    }
}

const EXECUTION: &str = "execution:";
const REPORT: &str = "report:";

fn one<T: DeserializeOwned>(
    task: &str,
    history: &History,
    read: &ReadArtefact<'_>,
    gaps: &mut Vec<String>,
) -> Option<T> {
    let artefact = history.finished.get(&TaskId::from(task))?;
    let output = read(artefact).and_then(|it| serde_json::from_slice(&it).map_err(|it| it.to_string()));
    output
        .map_err(|reason| gaps.push(format!("the artefact of `{task}` cannot be read: {reason}")))
        .ok()
}

fn many<T: DeserializeOwned>(
    prefix: &str,
    history: &History,
    read: &ReadArtefact<'_>,
    gaps: &mut Vec<String>,
) -> BTreeMap<String, T> {
    let names = history.finished.keys().filter_map(|it| it.0.strip_prefix(prefix));
    names
        .filter_map(|it| Some((it.to_owned(), one(&format!("{prefix}{it}"), history, read, gaps)?)))
        .collect()
}

/// What became of each task.
struct Outcomes<'a> {
    history: &'a History,
    times: BTreeMap<TaskId, u64>,
}

impl<'a> Outcomes<'a> {
    fn of(history: &'a History, records: &[Record]) -> Self {
        let spans = Spans::of(records);
        let times = spans.time_by_task();
        Self {
            history,
            times: times
                .into_iter()
                .map(|(task, time)| (task.clone(), time))
                .collect(),
        }
    }

    /// Names behind `prefix` of all tasks, those of `order` first.
    fn names(&self, prefix: &str, order: impl Iterator<Item = String>) -> Vec<String> {
        let tasks = self.history.queued.iter();
        let known: BTreeSet<&str> = tasks.filter_map(|it| it.0.strip_prefix(prefix)).collect();
        let mut names: Vec<String> = order.filter(|it| known.contains(it.as_str())).collect();
        let rest: Vec<String> = known
            .into_iter()
            .filter(|it| !names.iter().any(|name| name == it))
            .map(str::to_owned)
            .collect();
        names.extend(rest);
        names
    }

    fn outcome(&self, prefix: &str, name: &str) -> TaskOutcome {
        let task = TaskId(format!("{prefix}{name}"));
        let artefact = self.history.finished.get(&task).cloned();
        let failed = self.history.failed.get(&task);
        let skipped = self.history.skipped.get(&task);
        let (status, reason) = match (&artefact, failed, skipped) {
            (Some(_), _, _) => (TaskStatus::Finished, ""),
            (None, Some(reason), _) => (TaskStatus::Failed, reason.as_str()),
            (None, None, Some(reason)) => (TaskStatus::Skipped, reason.as_str()),
            (None, None, None) => (TaskStatus::Interrupted, "the run ended before it did"),
        };
        TaskOutcome {
            status,
            reason: reason.to_owned(),
            artefact,
            elapsed_us: self.times.get(&task).copied().unwrap_or(0),
        }
    }
}

fn head(history: &History, outputs: &Outputs) -> RunHead {
    // A request of another version may lack the field; the run is shown all the same.
    let asked: Asked = serde_json::from_str(&history.request).unwrap_or_default();
    RunHead {
        run: history.run.clone().unwrap_or_default(),
        graph: asked.name,
        vertical: outputs.vertical.clone(),
        version: history.version.clone(),
        inputs: history.inputs.clone().unwrap_or_default(),
        state: history.state,
        started_ms: history.started_ms,
        last_ms: history.last_ms,
    }
}

fn document_row(document: &Document) -> DocumentRow {
    DocumentRow {
        id: document.id.clone(),
        name: document.name.clone(),
        hash: document.hash.clone(),
    }
}

fn requirement_rows(requirements: &Requirements) -> Vec<RequirementRow> {
    let row = |id: &_, kind: &str, text: &str, priority: Priority, source: &Citation| RequirementRow {
        id: Clone::clone(id),
        kind: kind.to_owned(),
        text: text.to_owned(),
        priority,
        source: source.clone(),
    };
    let objectives = requirements.objectives.iter();
    let statements = requirements.statements.iter();
    let thresholds = requirements.thresholds.iter();
    objectives
        .map(|it| row(&it.id, "objective", &it.text, it.priority, &it.source))
        .chain(statements.map(|it| row(&it.id, kind(it.kind), &it.text, it.priority, &it.source)))
        .chain(thresholds.map(|it| row(&it.id, "threshold", &it.text, Priority::Medium, &it.source)))
        .collect()
}

fn kind(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Requirement => "requirement",
        StatementKind::SuccessCriterion => "success_criterion",
        StatementKind::Constraint => "constraint",
        StatementKind::Kpi => "kpi",
        StatementKind::Risk => "risk",
        StatementKind::Assumption => "assumption",
    }
}

fn use_case_row(use_case: &UseCase) -> UseCaseRow {
    let answerable = match use_case.feasibility {
        Feasibility::Fully { .. } => "fully",
        Feasibility::Partly { .. } => "partly",
        Feasibility::Not { .. } => "not",
    };
    UseCaseRow {
        id: use_case.id.clone(),
        title: use_case.title.clone(),
        question: use_case.question.clone(),
        answerable: answerable.to_owned(),
        rank: use_case.rank,
    }
}

fn template_rows(plan: &TemplatePlan) -> Vec<TemplateRow> {
    let row = |it: &Template| TemplateRow {
        id: it.id.clone(),
        algorithm: it.algorithm.info().name.to_owned(),
        reason: it.reason.clone(),
    };
    plan.templates.iter().map(row).collect()
}

fn execution_rows(outputs: &Outputs, tasks: &Outcomes<'_>) -> Vec<ExecutionRow> {
    let order = outputs.plan.templates.iter().map(|it| it.id.0.clone());
    let row = |name: String| {
        let execution = outputs.executions.get(&name);
        ExecutionRow {
            outcome: tasks.outcome(EXECUTION, &name),
            template: TemplateId(name),
            engine: execution.map(|it| it.engine.clone()).unwrap_or_default(),
            vertices: execution.map_or(0, |it| it.vertices),
            edges: execution.map_or(0, |it| it.edges),
        }
    };
    tasks.names(EXECUTION, order).into_iter().map(row).collect()
}

fn report_rows(outputs: &Outputs, tasks: &Outcomes<'_>) -> Vec<ReportRow> {
    let order = outputs.use_cases.iter().map(|it| it.id.0.clone());
    let row = |name: String| {
        let verdict = outputs.reports.get(&name).map(|it| &it.verdict);
        ReportRow {
            outcome: tasks.outcome(REPORT, &name),
            use_case: UseCaseId(name),
            verified: verdict.map_or(0, |it| it.verified),
            dropped: verdict.map_or(0, |it| u32::try_from(it.dropped.len()).unwrap_or(u32::MAX)),
        }
    };
    tasks.names(REPORT, order).into_iter().map(row).collect()
}

fn finding_rows(reports: &[ReportRow], outputs: &Outputs) -> Vec<FindingRow> {
    let reports = reports
        .iter()
        .filter_map(|it| outputs.reports.get(&it.use_case.0));
    let all = reports.flat_map(|report| {
        let findings = report.findings.iter().chain(&report.null_findings);
        findings.map(move |it| finding_row(it, report))
    });
    all.collect()
}

fn finding_row(finding: &Finding, report: &Report) -> FindingRow {
    // A report is complete before it is stored; were a fact missing, its id is shown.
    let headline = render_claim(&finding.headline, &report.facts);
    FindingRow {
        id: finding.id.clone(),
        use_case: report.use_case.id.clone(),
        template: finding.template.clone(),
        title: finding.title.clone(),
        headline: headline.unwrap_or_else(|_| finding.headline.text.clone()),
        severity: finding.severity,
        found: finding.found,
    }
}
