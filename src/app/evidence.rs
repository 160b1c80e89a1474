//! Whether a run's reports are true: files against the journal, facts against the tables, pages
//! against the reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::parts;
use crate::agents::{summary, verify};
use crate::engine::ResultTables;
use crate::model::{
    event::RunState,
    id::{ContentHash, TemplateId},
    report::{Report, RunReport, Volatile},
};
use crate::pipeline::{Artefacts, PipelineError, RunRequest};
use crate::report::{Format, Links, ReportError, read_index, read_report};
use crate::trace::{self, History};

/// What was checked, and what does not agree.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verification {
    /// Claims recomputed.
    pub claims: u32,
    /// Facts recomputed.
    pub facts: u32,
    /// Files compared.
    pub files: u32,
    /// What does not agree, in sentences that name the place.
    pub mismatches: Vec<String>,
    /// Why there is no claim that could be checked; `None` when there are some.
    pub nothing: Option<String>,
}

impl Verification {
    /// Whether claims were checked and all agreed.
    pub fn holds(&self) -> bool {
        self.mismatches.is_empty() && self.nothing.is_none()
    }
}

/// Checks the run in `directory`.
///
/// # Errors
///
/// When nothing can be checked: the journal, the request or the index cannot be read.
pub fn verify(directory: &Path) -> Result<Verification, PipelineError> {
    let history = history(directory)?;
    let mut verification = Verification::default();
    files_against_journal(directory, &history, &mut verification);
    if index_artefact(&history).is_none() {
        verification.nothing = Some(why_no_index(&history));
        return Ok(verification);
    }
    let request: RunRequest =
        serde_json::from_str(&history.request).map_err(|error| unreadable(directory, &error))?;
    let assets = parts::assets(request.assets.as_deref());
    let renderer = parts::renderer(&assets)?;
    let index = index_of(directory, &history)?;
    for (stem, report) in &index.reports {
        check_report(directory, report, &index, &mut verification)?;
        let faults = |volatile: &Volatile, files: &[(Format, Vec<u8>)]| {
            renderer.check_files(report, volatile, &Links::to(stem), files)
        };
        check_pages(directory, stem, report, read_report, faults, &mut verification)?;
    }
    let faults =
        |volatile: &Volatile, files: &[(Format, Vec<u8>)]| renderer.check_index(&index, volatile, files);
    check_pages(directory, "index", &index, read_index, faults, &mut verification)?;
    if let Some(executive) = &index.executive {
        let faults = summary::summary_faults(executive, &index);
        verification
            .mismatches
            .extend(faults.into_iter().map(|it| format!("index: {it}")));
        verification.claims += u32::try_from(executive.citing().count()).unwrap_or(u32::MAX);
    }
    if verification.claims == 0 {
        verification.nothing = Some(why_no_claim(&index));
    }
    Ok(verification)
}

/// Why a run without an index has nothing to check, from its journal.
fn why_no_index(history: &History) -> String {
    let end = match history.state {
        None => "the run has not ended and wrote no report yet",
        Some(RunState::Cancelled) => "the run was cancelled before it wrote a report",
        Some(RunState::TimedOut) => "the run reached its time limit before it wrote a report",
        Some(RunState::Stopped) => "a limit stopped the run before it wrote a report",
        Some(RunState::Failed | RunState::PartiallySucceeded | RunState::Succeeded) => {
            "the run ended without a report"
        }
    };
    match history.failed.first_key_value() {
        Some((task, reason)) => format!("{end}: {task}: {reason}"),
        None => end.to_owned(),
    }
}

/// Why the index of a run leads to no claim.
fn why_no_claim(index: &RunReport) -> String {
    let made = match index.reports.len() {
        0 => "the run made no report",
        _ => "the reports of the run make no claim",
    };
    match index.failures.first() {
        Some(failure) => format!("{made}: {}: {}", failure.what, failure.reason),
        None => made.to_owned(),
    }
}

/// The history of a run, from its journal.
pub(super) fn history(directory: &Path) -> Result<History, PipelineError> {
    let records = trace::read(directory).map_err(|error| unreadable(directory, &error))?;
    History::replay(&records).map_err(|error| unreadable(directory, &error))
}

/// The index of a run, from its artefact: what the files are compared with.
pub(super) fn index_of(directory: &Path, history: &History) -> Result<RunReport, PipelineError> {
    let Some(artefact) = index_artefact(history) else {
        return Err(PipelineError::Invalid(format!(
            "the run in {} wrote no index; `gaai resume` takes it up again",
            directory.display()
        )));
    };
    Artefacts::open(directory)?.get(artefact)
}

fn index_artefact(history: &History) -> Option<&ContentHash> {
    let mut finished = history.finished.iter();
    finished
        .find(|(task, _)| task.0 == "index")
        .map(|(_, artefact)| artefact)
}

/// Every file that the journal says was written is there, byte for byte.
fn files_against_journal(directory: &Path, history: &History, verification: &mut Verification) {
    for (path, hash) in &history.files {
        verification.files += 1;
        match fs::read(directory.join(path)) {
            Err(error) => verification.mismatches.push(format!("{path}: {error}")),
            Ok(bytes) if ContentHash::of(&bytes) != *hash => {
                verification
                    .mismatches
                    .push(format!("{path}: its bytes are not those that the run wrote"));
            }
            Ok(_) => {}
        }
    }
}

/// Every fact is what its derivation gives on the tables, every claim is worded from its facts.
fn check_report(
    directory: &Path,
    report: &Report,
    index: &RunReport,
    verification: &mut Verification,
) -> Result<(), PipelineError> {
    let mut tables: BTreeMap<TemplateId, ResultTables> = BTreeMap::new();
    for execution in &report.executions {
        verification.files += u32::try_from(execution.tables.len()).unwrap_or(u32::MAX);
        if let Err(error) = ResultTables::check(directory, execution) {
            verification.mismatches.push(error.to_string());
        }
        match ResultTables::open(directory, execution) {
            Ok(opened) => {
                tables.insert(execution.template.clone(), opened);
            }
            Err(error) => verification.mismatches.push(error.to_string()),
        }
    }
    let checked = verify::verify_report(report, &tables, &index.schema.census);
    verification.claims += report.verdict.verified;
    verification.facts += u32::try_from(report.facts.len()).unwrap_or(u32::MAX);
    verification
        .mismatches
        .extend(checked.iter().map(ToString::to_string));
    Ok(())
}

/// The pages called `stem` show `made`, the report or index that the run made.
fn check_pages<T: PartialEq>(
    directory: &Path,
    stem: &str,
    made: &T,
    read: impl Fn(&[u8]) -> Result<(T, Volatile), ReportError>,
    faults: impl Fn(&Volatile, &[(Format, Vec<u8>)]) -> Result<Vec<String>, ReportError>,
    verification: &mut Verification,
) -> Result<(), PipelineError> {
    let files = pages(directory, stem);
    let Some((_, json)) = files.iter().find(|(format, _)| *format == Format::Json) else {
        return Ok(());
    };
    let (written, volatile) = match read(json) {
        Ok(written) => written,
        Err(error) => {
            verification.mismatches.push(format!("{stem}.json: {error}"));
            return Ok(());
        }
    };
    if written != *made {
        verification
            .mismatches
            .push(format!("{stem}.json: it is not what the run made"));
    }
    let faults = faults(&volatile, &files).map_err(|error| PipelineError::Invalid(error.to_string()))?;
    verification.mismatches.extend(faults);
    Ok(())
}

/// The pages of a report that exist. One that is missing is named by the journal's check.
fn pages(directory: &Path, stem: &str) -> Vec<(Format, Vec<u8>)> {
    let read = |format: Format| {
        let path = directory
            .join("reports")
            .join(format!("{stem}.{}", format.extension()));
        fs::read(path).ok().map(|bytes| (format, bytes))
    };
    Format::ALL.into_iter().filter_map(read).collect()
}

fn unreadable(directory: &Path, error: &dyn std::fmt::Display) -> PipelineError {
    PipelineError::Unreadable {
        path: directory.join("journal.jsonl").display().to_string(),
        reason: error.to_string(),
    }
}
