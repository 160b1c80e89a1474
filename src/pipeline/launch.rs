//! Begins a run's directory and journal, or takes them up again.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::artefacts::sweep;
use super::error::PipelineError;
use super::request::RunRequest;
use super::timings::Timings;
use crate::model::{
    event::{Event, Record},
    id::{ContentHash, RunId},
};
use crate::trace::{Clock, Durability, EventSink, History, Journal, TraceError};

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
    /// How long its tasks took so far.
    pub timings: Arc<Timings>,
}

impl Launch {
    /// Begins a run in a new directory `output/<run>`; two runs cannot have the same one.
    pub fn begin(
        output: &Path,
        run: RunId,
        request: RunRequest,
        inputs: ContentHash,
        durability: Durability,
        clock: Clock,
    ) -> Result<Self, PipelineError> {
        fs::create_dir_all(output).map_err(|error| PipelineError::write(output, &error))?;
        let directory = output.join(&run.0);
        fs::create_dir(&directory).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => PipelineError::Invalid(format!(
                "{} exists already; choose another --run-id, or `gaai resume {run}`",
                directory.display()
            )),
            _ => PipelineError::write(&directory, &error),
        })?;
        let started_ms = clock() / 1000;
        let journal = Journal::create(&directory, durability, clock).map_err(|error| unusable(&error))?;
        let text = serde_json::to_string(&request).map_err(|error| PipelineError::Defect {
            reason: format!("the request has no JSON form: {error}"),
        })?;
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
            timings: Arc::default(),
        })
    }

    /// Takes up the run in `directory`. `inputs_of` gives the hash of what its request names now;
    /// when that differs from what the run began with, nothing is repeated and nothing is mixed.
    pub fn resume(
        directory: &Path,
        durability: Durability,
        clock: Clock,
        inputs_of: impl FnOnce(&RunRequest) -> Result<ContentHash, PipelineError>,
    ) -> Result<Self, PipelineError> {
        let (journal, records) =
            Journal::reopen(directory, durability, clock).map_err(|error| unusable(&error))?;
        let history = History::replay(&records).map_err(|error| unusable(&error))?;
        let Some(run) = history.run.clone() else {
            return Err(PipelineError::Invalid(format!(
                "the run in {} was interrupted before it began; start it again with `gaai run`",
                directory.display()
            )));
        };
        let request: RunRequest = serde_json::from_str(&history.request).map_err(|error| {
            PipelineError::Invalid(format!(
                "the journal's request cannot be read: {error}; it was written by gaai {}",
                history.version
            ))
        })?;
        if history.inputs.as_ref() != Some(&inputs_of(&request)?) {
            return Err(PipelineError::Invalid(format!(
                "the inputs of {run} have changed since it began (graph, documents, vertical or layouts); \
                 start a new run with `gaai run`"
            )));
        }
        sweep(directory)?;
        let timings = Timings::default();
        replay_timings(&timings, &records);
        let reused = history.finished.len() as u64;
        journal
            .record(&Event::RunResumed { reused })
            .map_err(|error| unusable(&error))?;
        Ok(Self {
            run,
            directory: directory.to_path_buf(),
            request,
            started_ms: history.started_ms,
            journal: Arc::new(journal),
            history,
            timings: Arc::new(timings),
        })
    }
}

fn replay_timings(timings: &Timings, records: &[Record]) {
    for record in records {
        // Remembering cannot fail.
        let _ = timings.record(&record.event);
    }
}

/// A journal fault as the user meets it before anything ran.
fn unusable(error: &TraceError) -> PipelineError {
    PipelineError::Invalid(error.to_string())
}
