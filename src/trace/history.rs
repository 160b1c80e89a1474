//! What a journal says about its run, for whoever takes it up again: a pure fold of its records.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TraceError;
use super::read::JOURNAL;
use crate::model::{
    event::{Event, Record, RunState, TaskId},
    id::{ContentHash, RunId},
};

/// The fold of a journal. The records may end anywhere: every prefix gives a valid history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The run; `None` as long as nothing was recorded.
    pub run: Option<RunId>,
    /// Version of gaai that began it.
    pub version: String,
    /// The request as JSON text.
    pub request: String,
    /// SHA-256 over all its inputs.
    pub inputs: Option<ContentHash>,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// When the last record was written.
    pub last_ms: i64,
    /// Tasks that ended well, with their artefacts.
    pub finished: BTreeMap<TaskId, ContentHash>,
    /// Tasks whose last attempt failed, with the reason.
    pub failed: BTreeMap<TaskId, String>,
    /// Tasks that were skipped, with the reason.
    pub skipped: BTreeMap<TaskId, String>,
    /// Tasks that began and did not end: a crash interrupted them.
    pub running: BTreeSet<TaskId>,
    /// Files written whole: path → SHA-256.
    pub files: BTreeMap<String, ContentHash>,
    /// How often the run was taken up again.
    pub resumed: u32,
    /// How it ended, if it did.
    pub state: Option<RunState>,
    /// Artefacts that each task was handed by the process that last ran it.
    pub handed: BTreeMap<TaskId, BTreeSet<ContentHash>>,
    /// All tasks that were ever queued.
    pub queued: BTreeSet<TaskId>,
}

impl History {
    /// The history of `records`; an error at the first that does not follow from those before.
    pub fn replay<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Self, TraceError> {
        let mut history = Self::default();
        for record in records {
            history.apply(record).map_err(|reason| TraceError::Broken {
                path: JOURNAL.to_owned(),
                seq: record.seq,
                reason,
            })?;
        }
        Ok(history)
    }

    fn apply(&mut self, record: &Record) -> Result<(), String> {
        if self.run.is_none() && !matches!(record.event, Event::RunStarted { .. }) {
            return Err("the run has not begun".to_owned());
        }
        self.last_ms = record.at_ms;
        match &record.event {
            Event::RunStarted {
                run,
                version,
                request,
                inputs,
            } => {
                if self.run.is_some() {
                    return Err("the run has begun already".to_owned());
                }
                self.run = Some(run.clone());
                self.version.clone_from(version);
                self.request.clone_from(request);
                self.inputs = Some(inputs.clone());
                self.started_ms = record.at_ms;
            }
            Event::RunResumed { .. } => {
                self.resumed += 1;
                self.state = None;
                // Whatever ran died with its process, and what failed or was skipped is tried again.
                self.running.clear();
                self.failed.clear();
                self.skipped.clear();
            }
            Event::TaskQueued { task, .. } => {
                // A finished task is queued again only when its artefact could not be read.
                self.finished.remove(task);
                self.handed.remove(task);
                self.queued.insert(task.clone());
            }
            Event::TaskStarted { task, .. } => {
                self.known(task)?;
                self.failed.remove(task);
                self.running.insert(task.clone());
            }
            Event::TaskFinished { task, artefact, .. } => {
                self.stopped(task)?;
                self.finished.insert(task.clone(), artefact.clone());
            }
            Event::TaskFailed { task, reason, .. } => {
                self.stopped(task)?;
                self.failed.insert(task.clone(), reason.clone());
            }
            Event::TaskSkipped { task, reason } => {
                self.known(task)?;
                self.skipped.insert(task.clone(), reason.clone());
            }
            Event::FileWritten { path, hash, .. } => {
                self.files.insert(path.clone(), hash.clone());
            }
            Event::RunFinished { state } => self.state = Some(*state),
            Event::ArtefactHanded { to, artefact, .. } => {
                self.handed
                    .entry(to.clone())
                    .or_default()
                    .insert(artefact.clone());
            }
            Event::GraphLoaded { .. }
            | Event::QualityChecked { .. }
            | Event::ModelCalled { .. }
            | Event::ModelFailed { .. }
            | Event::ModelSwitched { .. }
            | Event::ModelStepped { .. }
            | Event::ModelAdvised { .. } => {}
        }
        Ok(())
    }

    fn known(&self, task: &TaskId) -> Result<(), String> {
        if self.queued.contains(task) {
            Ok(())
        } else {
            Err(format!("`{task}` was never queued"))
        }
    }

    fn stopped(&mut self, task: &TaskId) -> Result<(), String> {
        if self.running.remove(task) {
            Ok(())
        } else {
            Err(format!("`{task}` ended without having begun"))
        }
    }
}
