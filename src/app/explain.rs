//! Where a finding comes from: claim, facts, rows, projection, input files, and the words of the brief.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::evidence::{history, index_of};
use crate::model::{
    execution::Execution,
    fact::{Claim, Fact, FactValue},
    finding::{EvidenceColumn, Finding},
    format::{cell, render, render_claim},
    id::{ContentHash, FactId, FindingId},
    report::{Report, RunReport},
    requirements::Objective,
    template::Template,
};
use crate::pipeline::PipelineError;
use crate::report;

/// A finding with everything behind it.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The finding.
    pub finding: FindingId,
    /// Its title.
    pub title: String,
    /// The question that it answers.
    pub question: String,
    /// The passages of the brief that asked it: place and words.
    pub asked: Vec<(String, String)>,
    /// Its sentences with the facts behind each.
    pub claims: Vec<ExplainedClaim>,
    /// Rows of the evidence table that are shown, of how many hits, of how many rows.
    pub rows: (usize, u64, u64),
    /// The rows that are shown: titles of the columns, then the values as printed, row by row.
    pub evidence: Vec<Vec<String>>,
    /// The result files: path, rows, SHA-256.
    pub tables: Vec<(String, u64, ContentHash)>,
    /// What was run.
    pub template: Option<Template>,
    /// Conventions that change the answer.
    pub conventions: Vec<String>,
    /// SHA-256 of the graph that the kernel saw.
    pub graph_hash: Option<ContentHash>,
    /// The input files: name and SHA-256.
    pub inputs: Vec<(String, ContentHash)>,
}

/// A sentence with its facts.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedClaim {
    /// The sentence as printed.
    pub text: String,
    /// Its facts: id, value as printed, derivation in words.
    pub facts: Vec<(String, String, String)>,
}

/// Explains `finding` of the run in `directory`.
///
/// # Errors
///
/// A finding that the run does not have, with those that it has.
pub fn explain(directory: &Path, finding: &str) -> Result<Explanation, PipelineError> {
    let index = index_of(directory, &history(directory)?)?;
    let (report, finding) = find(&index, finding)?;
    let template = report.templates.iter().find(|it| it.id == finding.template);
    let execution = report
        .executions
        .iter()
        .find(|it| it.template == finding.template);
    let asked = index
        .requirements
        .objectives
        .iter()
        .filter(|it| report.use_case.serves.contains(&it.id))
        .map(passage)
        .collect();
    Ok(Explanation {
        finding: finding.id.clone(),
        title: finding.title.clone(),
        question: report.use_case.question.clone(),
        asked,
        claims: claims(finding).iter().map(|it| explained(it, report)).collect(),
        rows: (
            finding.evidence.rows.len(),
            finding.evidence.hits,
            finding.evidence.total,
        ),
        evidence: evidence(finding),
        tables: execution.map(tables).unwrap_or_default(),
        template: template.cloned(),
        conventions: execution.map(|it| it.conventions.clone()).unwrap_or_default(),
        graph_hash: execution.map(|it| it.graph_hash.clone()),
        inputs: report.lineage.inputs.clone(),
    })
}

fn find<'a>(index: &'a RunReport, wanted: &str) -> Result<(&'a Report, &'a Finding), PipelineError> {
    let all = || {
        index.reports.iter().flat_map(|(_, report)| {
            report
                .findings
                .iter()
                .chain(&report.null_findings)
                .map(move |finding| (report, finding))
        })
    };
    all().find(|(_, finding)| finding.id.0 == wanted).ok_or_else(|| {
        let known: Vec<&str> = all().map(|(_, finding)| finding.id.0.as_str()).collect();
        PipelineError::Invalid(format!(
            "there is no finding `{wanted}`; there are {}",
            known.join(", ")
        ))
    })
}

/// The finding's rows as text under the titles of their columns.
fn evidence(finding: &Finding) -> Vec<Vec<String>> {
    let columns = &finding.evidence.columns;
    let mut lines = vec![columns.iter().map(|it| it.title.clone()).collect()];
    for row in &finding.evidence.rows {
        let cells = row.values.iter().zip(columns);
        let text = |(value, column): (&Option<FactValue>, &EvidenceColumn)| {
            value
                .as_ref()
                .map_or_else(|| "–".to_owned(), |it| cell(it, column.quantity))
        };
        lines.push(cells.map(text).collect());
    }
    lines
}

fn passage(objective: &Objective) -> (String, String) {
    let source = &objective.source;
    (source.place(), source.quote.clone())
}

fn claims(finding: &Finding) -> Vec<&Claim> {
    let mut claims = vec![&finding.headline];
    claims.extend(&finding.claims);
    claims.extend(&finding.so_what);
    claims.push(&finding.severity_reason);
    claims.extend(finding.action.as_ref().map(|it| &it.what));
    claims
}

fn explained(claim: &Claim, report: &Report) -> ExplainedClaim {
    let fact = |id: &FactId| report.facts.iter().find(|it: &&Fact| it.id == *id);
    let facts = claim.facts.iter().filter_map(fact).map(|it| {
        (
            it.id.0.clone(),
            render(&it.value, it.quantity, &it.unit),
            report::derivation_in_words(it, &report.facts),
        )
    });
    // An id without fact cannot be printed; the claim is then shown as it is stored.
    let text = render_claim(claim, &report.facts).unwrap_or_else(|_| claim.text.clone());
    ExplainedClaim {
        text,
        facts: facts.collect(),
    }
}

fn tables(execution: &Execution) -> Vec<(String, u64, ContentHash)> {
    execution
        .tables
        .iter()
        .map(|it| (it.path.clone(), it.rows, it.hash.clone()))
        .collect()
}

/// Prints an explanation for people, from the claim down to the input files.
pub fn write_explanation(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}: {}\nQuestion: {}",
        explanation.finding, explanation.title, explanation.question
    )?;
    for (place, words) in &explanation.asked {
        writeln!(out, "Asked in {place}: {words}")?;
    }
    for claim in &explanation.claims {
        writeln!(out, "\n* {}", claim.text)?;
        for (id, value, derivation) in &claim.facts {
            writeln!(out, "    {id} = {value}: {derivation}")?;
        }
    }
    let (shown, hits, total) = explanation.rows;
    writeln!(out, "\nRows: {shown} shown of {hits} hits in {total}")?;
    for line in &explanation.evidence {
        writeln!(out, "  {}", line.join(" | "))?;
    }
    for (path, rows, hash) in &explanation.tables {
        writeln!(out, "  {path}: {rows} rows, SHA-256 {hash}")?;
    }
    if let Some(template) = &explanation.template {
        writeln!(out, "\nTemplate {}: {}", template.id, template.reason)?;
        writeln!(out, "  vertices: {}", template.projection.vertices.join(", "))?;
        writeln!(out, "  edges: {}", template.projection.edges.join(", "))?;
    }
    for convention in &explanation.conventions {
        writeln!(out, "  {convention}")?;
    }
    if let Some(hash) = &explanation.graph_hash {
        writeln!(out, "  graph in memory: SHA-256 {hash}")?;
    }
    writeln!(out, "\nInput files")?;
    for (name, hash) in &explanation.inputs {
        writeln!(out, "  {name}: SHA-256 {hash}")?;
    }
    Ok(())
}
