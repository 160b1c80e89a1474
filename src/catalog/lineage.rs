//! Where a finding comes from: back from the finding to the passages that asked for it.

use serde::Serialize;

use super::error::CatalogError;
use crate::model::{
    catalog::{
        DocumentRow, ExecutionRow, FindingRow, NodeKind, ReportRow, RequirementRow, RunRecord, TemplateRow,
        UseCaseRow,
    },
    id::{FindingId, RunId},
};

/// How many findings a message about an unknown one names.
const NAMED: usize = 8;

/// The chain behind one finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingLineage {
    /// The run.
    pub run: RunId,
    /// The finding.
    pub finding: FindingRow,
    /// The report it stands in.
    pub report: Option<ReportRow>,
    /// The execution it rests on.
    pub execution: Option<ExecutionRow>,
    /// What was executed.
    pub template: Option<TemplateRow>,
    /// The question.
    pub use_case: Option<UseCaseRow>,
    /// What the question serves, with the document each item stands in; empty for a question that
    /// the vertical proposed.
    pub asked_by: Vec<AskedBy>,
}

/// A requirement and the document it stands in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AskedBy {
    /// The requirement with its passage.
    pub requirement: RequirementRow,
    /// The document.
    pub document: Option<DocumentRow>,
}

/// The chain behind `finding` in `record`.
pub fn lineage(record: &RunRecord, finding: &FindingId) -> Result<FindingLineage, CatalogError> {
    let row = record.findings.iter().find(|it| it.id == *finding);
    let row = row.ok_or_else(|| unknown(record, finding))?;
    let serves = |requirement: &RequirementRow| {
        record.edges.iter().any(|it| {
            (it.from.kind, it.to.kind) == (NodeKind::Requirement, NodeKind::UseCase)
                && it.from.id == requirement.id.0
                && it.to.id == row.use_case.0
        })
    };
    let asked_by = record
        .requirements
        .iter()
        .filter(|it| serves(it))
        .map(|it| AskedBy {
            requirement: it.clone(),
            document: record
                .documents
                .iter()
                .find(|document| document.id == it.source.document)
                .cloned(),
        });
    Ok(FindingLineage {
        run: record.head.run.clone(),
        finding: row.clone(),
        report: record
            .reports
            .iter()
            .find(|it| it.use_case == row.use_case)
            .cloned(),
        execution: record
            .executions
            .iter()
            .find(|it| it.template == row.template)
            .cloned(),
        template: record.templates.iter().find(|it| it.id == row.template).cloned(),
        use_case: record.use_cases.iter().find(|it| it.id == row.use_case).cloned(),
        asked_by: asked_by.collect(),
    })
}

fn unknown(record: &RunRecord, finding: &FindingId) -> CatalogError {
    let known: Vec<&str> = record
        .findings
        .iter()
        .take(NAMED)
        .map(|it| it.id.0.as_str())
        .collect();
    let more = record.findings.len().saturating_sub(NAMED);
    let hint = match (known.is_empty(), more) {
        (true, _) => format!("run {} has no findings", record.head.run),
        (false, 0) => format!("run {} has {}", record.head.run, known.join(", ")),
        (false, _) => format!("run {} has {} and {more} more", record.head.run, known.join(", ")),
    };
    CatalogError::Unknown {
        what: "finding",
        name: finding.0.clone(),
        hint,
    }
}
