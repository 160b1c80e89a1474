//! Begins a run's directory and journal, or takes them up again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::artefacts::sweep;
use super::error::PipelineError;
use super::heard::Heard;
use super::reports::INDEX;
use super::request::{Effort, RunRequest};
use crate::model::{
    event::{Event, Record, TaskId},
    id::{ContentHash, RunId},
};
use crate::trace::{self, Clock, Durability, EventSink, History, JOURNAL, Journal, TraceError};

/// A run that may work: its directory is its own as long as the journal is open.
pub struct Launch {
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub directory: PathBuf,
    /// What was asked for.
    pub request: RunRequest,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// Its journal.
    pub journal: Arc<Journal>,
    /// What an earlier process did; empty for a new run.
    pub history: History,
    /// What its events told so far.
    pub heard: Arc<Heard>,
}

impl Launch {
    /// Begins a run in the first of the directories `output/<name>` that is free; two runs cannot have
    /// the same one.
    pub fn begin(
        output: &Path,
        names: impl IntoIterator<Item = RunId>,
        request: RunRequest,
        inputs: ContentHash,
        clock: Clock,
    ) -> Result<Self, PipelineError> {
        fs::create_dir_all(output).map_err(|error| PipelineError::write(output, &error))?;
        let started_ms = clock() / 1000;
        let durability = request.effort.durability.unwrap_or_default();
        let mut taken = PipelineError::Invalid("no run id was given".to_owned());
        for run in names {
            match claim(output, &run, durability, Arc::clone(&clock)) {
                Ok((directory, journal)) => {
                    return Self::begun(run, directory, journal, request, inputs, started_ms);
                }
                Err(error @ PipelineError::Invalid(_)) => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    fn begun(
        run: RunId,
        directory: PathBuf,
        journal: Journal,
        request: RunRequest,
        inputs: ContentHash,
        started_ms: i64,
    ) -> Result<Self, PipelineError> {
        let text = json(&request)?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let begun = Event::RunStarted {
            run: run.clone(),
            version,
            request: text,
            inputs,
        };
        journal.record(&begun).map_err(|error| unusable(&error))?;
        Ok(Self {
            run,
            directory,
            request,
            started_ms,
            journal: Arc::new(journal),
            history: History::default(),
            heard: Arc::default(),
        })
    }

    /// Takes up the run in `directory`, working as hard as `effort` says and otherwise as the last process did.
    /// `inputs_of` gives the hash of what its request names now, and is told the effort that counts; when
    /// the hash differs from what the run began with, nothing is repeated and nothing is mixed.
    pub fn resume(
        directory: &Path,
        effort: &Effort,
        clock: Clock,
        inputs_of: impl FnOnce(&RunRequest, &Effort) -> Result<ContentHash, PipelineError>,
    ) -> Result<Self, PipelineError> {
        let effort = effort.over(&earlier_effort(directory));
        let durability = effort.durability.unwrap_or_default();
        let (journal, records) =
            Journal::reopen(directory, durability, clock).map_err(|error| unusable(&error))?;
        let mut history = History::replay(&records).map_err(|error| unusable(&error))?;
        let Some(run) = history.run.clone() else {
            return Err(PipelineError::Invalid(format!(
                "the run in {} was interrupted before it began; start it again with `gaai run`",
                directory.display()
            )));
        };
        let mut request: RunRequest = serde_json::from_str(&history.request).map_err(|error| {
            PipelineError::Invalid(format!(
                "the journal's request cannot be read: {error}; it was written by gaai {}",
                history.version
            ))
        })?;
        if history.inputs.as_ref() != Some(&inputs_of(&request, &effort)?) {
            return Err(PipelineError::Invalid(format!(
                "the inputs of {run} have changed since it began (graph, documents, vertical or layouts); \
                 start a new run with `gaai run`"
            )));
        }
        let working = json(&effort)?;
        request.effort = effort;
        sweep(directory)?;
        let heard = Heard::default();
        replay(&heard, &records);
        ask_again(&mut history, &heard);
        let reused = history.finished.len() as u64;
        journal
            .record(&Event::RunResumed {
                reused,
                effort: working,
            })
            .map_err(|error| unusable(&error))?;
        Ok(Self {
            run,
            directory: directory.to_path_buf(),
            request,
            started_ms: history.started_ms,
            journal: Arc::new(journal),
            history,
            heard: Arc::new(heard),
        })
    }
}

/// Tasks that were kept from a model's answer are not finished: they ask once more. What was answered stands among
/// the kept replies. The index tells of all advice, so that it is drawn anew with them.
fn ask_again(history: &mut History, heard: &Heard) {
    let withheld = heard.withheld();
    let is_closing = |task: &TaskId| !withheld.is_empty() && task.0 == INDEX;
    history
        .finished
        .retain(|task, _| !withheld.contains(task) && !is_closing(task));
}

fn replay(heard: &Heard, records: &[Record]) {
    for record in records {
        // Remembering cannot fail.
        let _ = heard.record(&record.event);
    }
}

/// The effort of the process that worked on the run last; the default where it cannot be read, which taking
/// the run up then says.
fn earlier_effort(directory: &Path) -> Effort {
    let records = trace::read(directory).unwrap_or_default();
    let said = records.iter().rev().find_map(|it| match &it.event {
        Event::RunStarted { request, .. } => {
            let request: RunRequest = serde_json::from_str(request).ok()?;
            Some(request.effort)
        }
        Event::RunResumed { effort, .. } => serde_json::from_str(effort).ok(),
        _ => None,
    });
    said.unwrap_or_default()
}

/// What stands in the journal as one text.
fn json<T: Serialize>(value: &T) -> Result<String, PipelineError> {
    serde_json::to_string(value).map_err(|error| PipelineError::Defect {
        reason: format!("the request has no JSON form: {error}"),
    })
}

/// The directory of `run` and its journal, if it is free: it does not exist, or a process that made it
/// died before it wrote a record.
fn claim(
    output: &Path,
    run: &RunId,
    durability: Durability,
    clock: Clock,
) -> Result<(PathBuf, Journal), PipelineError> {
    let directory = output.join(&run.0);
    let taken = || {
        PipelineError::Invalid(format!(
            "{} exists already; choose another --run-id, or `gaai resume {run}`",
            directory.display()
        ))
    };
    if let Err(error) = fs::create_dir(&directory) {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(PipelineError::write(&directory, &error));
        }
        let entries = fs::read_dir(&directory).map_err(|_| taken())?;
        if entries.flatten().any(|it| it.file_name() != JOURNAL) {
            return Err(taken());
        }
    }
    match Journal::create(&directory, durability, clock) {
        Ok(journal) => Ok((directory, journal)),
        Err(TraceError::Exists { .. } | TraceError::Busy { .. }) => Err(taken()),
        Err(error) => Err(unusable(&error)),
    }
}

/// A journal fault as the user meets it before anything ran.
fn unusable(error: &TraceError) -> PipelineError {
    match error {
        TraceError::Io { path, reason } => PipelineError::Unwritable {
            path: path.clone(),
            reason: reason.clone(),
        },
        TraceError::Broken { path, seq, reason } => PipelineError::Unreadable {
            path: path.clone(),
            reason: format!("record {seq}: {reason}"),
        },
        TraceError::Busy { .. } | TraceError::Exists { .. } => PipelineError::Invalid(error.to_string()),
    }
}

#[cfg(test)]
#[path = "launch_tests.rs"]
mod tests;
