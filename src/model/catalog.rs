//! What the catalog knows of a run: one row a thing, and the edges between them.
//!
//! Ids are those of the run and stand beside the run's id wherever they are stored, so two runs
//! never overwrite each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::document::Citation;
use super::event::RunState;
use super::id::{ContentHash, DocumentId, FindingId, RequirementId, RunId, TemplateId, UseCaseId};
use super::requirements::Priority;
use super::vertical::Severity;

/// All that the catalog keeps of one run, failures included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run as a whole.
    pub head: RunHead,
    /// What people wrote, in the order given.
    pub documents: Vec<DocumentRow>,
    /// What they ask for: objectives, then statements, then thresholds.
    pub requirements: Vec<RequirementRow>,
    /// The questions, by rank.
    pub use_cases: Vec<UseCaseRow>,
    /// What was to be run, in the order of the plan.
    pub templates: Vec<TemplateRow>,
    /// What became of each template.
    pub executions: Vec<ExecutionRow>,
    /// What became of each use case that has templates.
    pub reports: Vec<ReportRow>,
    /// What was found, and what was looked for and not found, report by report.
    pub findings: Vec<FindingRow>,
    /// What follows from what, in the order of the rows.
    pub edges: Vec<Edge>,
    /// Artefacts that are named in the journal and cannot be read, in sentences.
    pub gaps: Vec<String>,
}

/// A run as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunHead {
    /// The run.
    pub run: RunId,
    /// The graph as the request names it.
    pub graph: String,
    /// The vertical's name and version; empty when none was resolved.
    pub vertical: String,
    /// Version of gaai.
    pub version: String,
    /// SHA-256 over all inputs.
    pub inputs: ContentHash,
    /// How it ended; `None` when it was interrupted or still runs.
    pub state: Option<RunState>,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// When its last record was written.
    pub last_ms: i64,
}

/// A run of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkflowRun {
    /// The run.
    pub run: RunId,
    /// Name of its workflow.
    pub workflow: String,
    /// The file that it was read from.
    pub file: String,
    /// Version of gaai.
    pub version: String,
    /// How it ended; `None` when it was interrupted or still runs.
    pub state: Option<RunState>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// When its last record was written.
    pub last_ms: i64,
    /// How often it was taken up again.
    pub resumed: u32,
    /// Steps and parts that are over, by how they ended.
    pub steps: BTreeMap<String, u64>,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentRow {
    /// Its id within the run.
    pub id: DocumentId,
    /// File name.
    pub name: String,
    /// SHA-256 of its bytes: the same document has the same hash in every run.
    pub hash: ContentHash,
}

/// A requirement, objective, threshold or other item of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequirementRow {
    /// Its id within the run.
    pub id: RequirementId,
    /// `objective`, `threshold` or the kind of the statement, e.g. `constraint`.
    pub kind: String,
    /// The document's words.
    pub text: String,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub source: Citation,
}

/// A use case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UseCaseRow {
    /// Its id within the run.
    pub id: UseCaseId,
    /// What people call it.
    pub title: String,
    /// The question.
    pub question: String,
    /// `fully`, `partly` or `not`.
    pub answerable: String,
    /// 1 is the most important.
    pub rank: u32,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateRow {
    /// Its id: equal work has the same id in every run.
    pub id: TemplateId,
    /// Name of the algorithm.
    pub algorithm: String,
    /// Why it is run.
    pub reason: String,
}

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It ended well.
    Finished,
    /// Its last attempt failed.
    Failed,
    /// It never began.
    Skipped,
    /// The run ended or its process died first.
    Interrupted,
}

/// What became of a task, with what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// What became of it.
    pub status: TaskStatus,
    /// Why, where it did not finish; empty otherwise.
    pub reason: String,
    /// Its output, where it finished.
    pub artefact: Option<ContentHash>,
    /// Microseconds over all attempts.
    pub elapsed_us: u64,
}

/// An execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// The template that was run.
    pub template: TemplateId,
    /// What became of it.
    pub outcome: TaskOutcome,
    /// The engine; empty where it did not finish.
    pub engine: String,
    /// Vertices that the kernel saw.
    pub vertices: u64,
    /// Edges that the kernel saw.
    pub edges: u64,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportRow {
    /// The use case that it answers.
    pub use_case: UseCaseId,
    /// What became of it.
    pub outcome: TaskOutcome,
    /// Claims verified.
    pub verified: u32,
    /// Claims dropped.
    pub dropped: u32,
}

/// A finding or a null finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingRow {
    /// Its id within the run.
    pub id: FindingId,
    /// The report it stands in.
    pub use_case: UseCaseId,
    /// The execution it rests on.
    pub template: TemplateId,
    /// What people call its pattern.
    pub title: String,
    /// Its headline with the facts put in.
    pub headline: String,
    /// How grave.
    pub severity: Severity,
    /// Whether something was found.
    pub found: bool,
}

/// What kind of thing a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A document.
    Document,
    /// A passage of a document: `D1#12`.
    Passage,
    /// A requirement.
    Requirement,
    /// A use case.
    UseCase,
    /// A template.
    Template,
    /// An execution, by its template.
    Execution,
    /// A report, by its use case.
    Report,
    /// A finding.
    Finding,
}

/// A thing that something follows from, or that follows from something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its id within the run.
    pub id: String,
}

/// `to` follows from `from`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// What came first.
    pub from: Node,
    /// What follows from it.
    pub to: Node,
}
