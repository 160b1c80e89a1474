//! A report as data. `report` draws it; nothing in it depends on time, threads or host.

use serde::{Deserialize, Serialize};

use super::execution::Execution;
use super::fact::{Claim, Fact};
use super::finding::Finding;
use super::id::{ContentHash, FindingId, RequirementId};
use super::requirements::Requirements;
use super::schema::Schema;
use super::template::Template;
use super::use_case::UseCase;

/// The report of one use case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The graph's name.
    pub graph: String,
    /// Title of the brief; empty without one.
    pub brief: String,
    /// The vertical's name and version, e.g. `fraud 1`.
    pub vertical: String,
    /// The question.
    pub use_case: UseCase,
    /// What was found, gravest first.
    pub findings: Vec<Finding>,
    /// What was looked for and not found.
    pub null_findings: Vec<Finding>,
    /// All facts cited, by id order.
    pub facts: Vec<Fact>,
    /// What was run for it.
    pub templates: Vec<Template>,
    /// How it ran.
    pub executions: Vec<Execution>,
    /// Templates of this use case that failed, with the reason.
    pub failures: Vec<Failure>,
    /// Claims verified and dropped.
    pub verdict: Verdict,
    /// Input hashes and how to reproduce.
    pub lineage: Lineage,
}

/// How many claims were checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Claims whose every fact was recomputed and agreed.
    pub verified: u32,
    /// Claims left out because a fact could not be computed or did not agree, with the reason.
    pub dropped: Vec<String>,
}

/// A template that gave no result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What failed.
    pub what: String,
    /// Why, and what to do next.
    pub reason: String,
}

/// Where a report comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lineage {
    /// Inputs: name → SHA-256.
    pub inputs: Vec<(String, ContentHash)>,
    /// Documents: name → SHA-256.
    pub documents: Vec<(String, ContentHash)>,
    /// SHA-256 of the vertical file and of the layouts.
    pub assets: Vec<(String, ContentHash)>,
    /// The models asked: role and `PROVIDER/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<(String, String)>,
    /// Command that makes the same report again.
    pub command: String,
    /// Version of gaai.
    pub version: String,
}

/// The index of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The graph's name.
    pub graph: String,
    /// The vertical's name and version, and why it was chosen.
    pub vertical: String,
    /// Why the vertical was chosen, in one sentence.
    pub vertical_reason: String,
    /// What the documents ask for.
    pub requirements: Requirements,
    /// What is in the graph.
    pub schema: Schema,
    /// Reports by rank of their use case: file stem and report.
    pub reports: Vec<(String, Report)>,
    /// Every item of the brief and what became of it.
    pub coverage: Vec<Coverage>,
    /// The gravest findings over all reports, at most 5.
    pub summary: Vec<FindingId>,
    /// What a model wrote over all reports; `None` without a model, or where nothing of it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executive: Option<Executive>,
    /// Executions and stages that failed.
    pub failures: Vec<Failure>,
    /// Claims verified and dropped over all reports.
    pub verdict: Verdict,
    /// What the quality checks noticed, in sentences.
    pub quality: Vec<String>,
    /// Input hashes and how to reproduce.
    pub lineage: Lineage,
}

/// An executive summary, each sentence of which cites facts of the reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Executive {
    /// The facts cited: `R1_F3` is fact `F3` of the first report.
    pub facts: Vec<Fact>,
    /// What matters most, in order.
    pub sentences: Vec<Claim>,
    /// What to do.
    pub recommendations: Vec<Advised>,
}

impl Executive {
    /// Those of its claims that rest on facts.
    pub fn citing(&self) -> impl Iterator<Item = &Claim> {
        self.claims().filter(|it| !it.facts.is_empty())
    }

    /// Its sentences, then its recommendations.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.sentences
            .iter()
            .chain(self.recommendations.iter().map(|it| &it.what))
    }
}

/// A recommendation with what it follows from and what it serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advised {
    /// The objective that it serves.
    pub objective: Option<RequirementId>,
    /// The finding that it follows from.
    pub finding: FindingId,
    /// What to do.
    pub what: Claim,
}

/// What became of an item of the brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The item.
    pub requirement: RequirementId,
    /// Its words.
    pub text: String,
    /// `answered`, `partly`, `not answerable`, `noted` (constraints and the like).
    pub status: CoverageStatus,
    /// Findings that answer it.
    pub findings: Vec<FindingId>,
    /// Why, where the status is not `answered`.
    pub reason: String,
    /// Where it stands, for people: `brief.md, line 7`.
    pub source: String,
}

/// How far an item is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageStatus {
    /// By a finding or a null finding.
    Answered,
    /// In part.
    Partly,
    /// Not with this data, or it failed.
    NotAnswerable,
    /// Taken into account; not a question.
    Noted,
}

/// What differs between two runs of the same inputs: stands in one marked block of each report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Volatile {
    /// The run.
    pub run: String,
    /// When it began, ISO 8601 with seconds, UTC.
    pub started: String,
    /// Lines of times and host facts: label → value, e.g. `kernel time` → `12 ms (estimated 20 ms)`.
    pub lines: Vec<(String, String)>,
}
