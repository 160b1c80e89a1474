//! The catalog's answers as text for a terminal and as JSON.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use super::RunLine;
use super::lineage::FindingLineage;
use crate::model::{
    catalog::{RunRecord, TaskOutcome, TaskStatus},
    event::RunState,
};

/// Writes any answer as one JSON value and a line end.
pub fn write_json<T: Serialize>(answer: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, answer)?;
    writeln!(out)
}

/// Writes one line a run.
pub fn write_runs(runs: &[RunLine], out: &mut dyn Write) -> io::Result<()> {
    if runs.is_empty() {
        return writeln!(out, "No runs are known.");
    }
    let width = runs
        .iter()
        .map(|it| it.head.run.0.chars().count())
        .max()
        .unwrap_or(0);
    writeln!(
        out,
        "{:width$}  {:20}  {:18}  {:>10}  {:>7}  {:>8}  GRAPH",
        "RUN", "STARTED", "STATE", "EXECUTIONS", "REPORTS", "FINDINGS"
    )?;
    for line in runs {
        let executions = match line.unfinished {
            0 => line.executions.to_string(),
            unfinished => format!("{}/{}", line.executions - unfinished, line.executions),
        };
        writeln!(
            out,
            "{:width$}  {:20}  {:18}  {executions:>10}  {:>7}  {:>8}  {}",
            plain(&line.head.run.0),
            instant(line.head.started_ms),
            state(line.head.state),
            line.reports,
            line.findings,
            plain(&line.head.graph)
        )?;
    }
    Ok(())
}

/// Writes all that is known of a run.
pub fn write_show(record: &RunRecord, out: &mut dyn Write) -> io::Result<()> {
    let head = &record.head;
    writeln!(out, "Run {}", plain(&head.run.0))?;
    writeln!(out, "  graph      {}", plain(&head.graph))?;
    writeln!(out, "  vertical   {}", plain(&head.vertical))?;
    writeln!(out, "  state      {}", state(head.state))?;
    writeln!(out, "  started    {}", instant(head.started_ms))?;
    writeln!(out, "  ended      {}", instant(head.last_ms))?;
    writeln!(out, "  version    gaai {}", plain(&head.version))?;
    writeln!(out, "  inputs     {}", plain(&head.inputs.0))?;
    section("Documents", &record.documents, out, |it| {
        format!("{}  {}  sha256 {}", it.id, it.name, it.hash.short())
    })?;
    section("Requirements", &record.requirements, out, |it| {
        format!("{}  {}  {} ({})", it.id, it.kind, it.text, it.source.place())
    })?;
    section("Use cases", &record.use_cases, out, |it| {
        format!(
            "{}. {}  {} (answerable: {})",
            it.rank, it.id, it.question, it.answerable
        )
    })?;
    section("Templates", &record.templates, out, |it| {
        format!("{}  {}", it.id, it.reason)
    })?;
    section("Executions", &record.executions, out, |it| {
        format!("{}  {}", it.template, outcome(&it.outcome))
    })?;
    section("Reports", &record.reports, out, |it| {
        let claims = format!("{} claims verified, {} dropped", it.verified, it.dropped);
        format!("{}  {}, {claims}", it.use_case, outcome(&it.outcome))
    })?;
    section("Findings", &record.findings, out, |it| {
        let severity = if it.found {
            word(&it.severity)
        } else {
            "nothing found".to_owned()
        };
        format!("{}  {severity}  {}", it.id, it.headline)
    })?;
    if !record.gaps.is_empty() {
        section("Gaps", &record.gaps, out, Clone::clone)?;
    }
    Ok(())
}

/// Writes the chain behind a finding, the finding first.
pub fn write_lineage(lineage: &FindingLineage, out: &mut dyn Write) -> io::Result<()> {
    let finding = &lineage.finding;
    writeln!(
        out,
        "Finding {} of run {}",
        plain(&finding.id.0),
        plain(&lineage.run.0)
    )?;
    writeln!(out, "  {}", plain(&finding.headline))?;
    let mut step = |name: &str, text: String| writeln!(out, "  {name:11} {}", plain(&text));
    if let Some(it) = &lineage.report {
        let claims = format!("{} claims verified, {} dropped", it.verified, it.dropped);
        step(
            "report",
            format!("{}  {}, {claims}", it.use_case, outcome(&it.outcome)),
        )?;
    }
    if let Some(it) = &lineage.execution {
        let size = format!("{} vertices, {} edges", it.vertices, it.edges);
        step(
            "execution",
            format!(
                "{}  {}, {} engine, {size}",
                it.template,
                outcome(&it.outcome),
                it.engine
            ),
        )?;
    }
    if let Some(it) = &lineage.template {
        step("template", format!("{}  {}", it.id, it.reason))?;
    }
    if let Some(it) = &lineage.use_case {
        step("use case", format!("{}  {}", it.id, it.question))?;
    }
    if lineage.asked_by.is_empty() {
        step(
            "requirement",
            "none: the vertical proposed the question".to_owned(),
        )?;
    }
    for it in &lineage.asked_by {
        let requirement = &it.requirement;
        step("requirement", format!("{}  {}", requirement.id, requirement.text))?;
        step(
            "passage",
            format!("{}: {}", requirement.source.place(), requirement.source.quote),
        )?;
        if let Some(document) = &it.document {
            step(
                "document",
                format!("{}  {}  sha256 {}", document.id, document.name, document.hash),
            )?;
        }
    }
    Ok(())
}

fn section<T>(title: &str, rows: &[T], out: &mut dyn Write, line: impl Fn(&T) -> String) -> io::Result<()> {
    writeln!(out, "\n{title} ({})", rows.len())?;
    rows.iter()
        .try_for_each(|it| writeln!(out, "  {}", plain(&line(it))))
}

fn outcome(outcome: &TaskOutcome) -> String {
    let took = outcome.elapsed_us as f64 / 1e3;
    match outcome.status {
        TaskStatus::Finished => format!("finished in {took:.1} ms"),
        TaskStatus::Failed | TaskStatus::Skipped | TaskStatus::Interrupted => {
            format!("{}: {}", word(&outcome.status), outcome.reason)
        }
    }
}

fn state(state: Option<RunState>) -> String {
    state.map_or_else(|| "interrupted".to_owned(), |it| word(&it))
}

/// The word by which JSON knows a value of a plain enum.
fn word<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    json.trim_matches('"').to_owned()
}

fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| format!("{ms} ms"),
        |it| it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

/// `text` on one line, without characters that could command the terminal.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}
