//! How a run stands, from its journal alone: the process that performs it may be another one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::WorkflowError;
use crate::model::event::RunState;
use crate::model::workflow_event::StepState;
use crate::trace::{self, is_being_written};
use crate::workflow::definition::{Order, Workflow, load};
use crate::workflow::run::{RunError, WorkflowHistory, journal_of, log_path, wanted_steps};

/// A run at this moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The run.
    pub run: String,
    /// Its workflow.
    pub workflow: String,
    /// The file that it was read from.
    pub file: String,
    /// Whether a process performs it.
    pub is_running: bool,
    /// How it ended; `None` while it runs, and for one that was interrupted.
    pub state: Option<RunState>,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// When something happened last.
    pub last_ms: i64,
    /// How often it was taken up again.
    pub resumed: u32,
    /// What went wrong.
    pub error: Option<String>,
    /// Its steps in the order of the file, each followed by those of its parts that run or did not succeed.
    pub steps: Vec<StepStatus>,
}

/// A step at this moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepStatus {
    /// The step; parts of a step are called `STEP/PART`, its handlers `STEP.KEY`.
    pub step: String,
    /// How it stands.
    pub state: StepStanding,
    /// What it waits for, why it was skipped, or what went wrong.
    pub reason: Option<String>,
    /// Wall time in milliseconds so far, or until it ended.
    pub elapsed_ms: Option<u64>,
    /// Attempts made; of those that have ended.
    pub attempts: u32,
    /// What it printed, if it did.
    pub log: Option<PathBuf>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepStanding {
    /// It may begin later.
    Waiting,
    /// It has begun.
    Running,
    /// It ran when its process ended without a word.
    Interrupted,
    /// This run leaves it out.
    LeftOut,
    /// It is over.
    #[serde(untagged)]
    Over(StepState),
}

impl StepStanding {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::LeftOut => "left out",
            Self::Over(state) => state.name(),
        }
    }
}

/// What the journal in `directory` says.
///
/// # Errors
/// It cannot be read, or is none of a workflow.
pub fn read_workflow_history(directory: &Path) -> Result<WorkflowHistory, WorkflowError> {
    let path = journal_of(directory);
    let records = trace::read_journal(&path)?;
    Ok(WorkflowHistory::replay(&records).ok_or(RunError::Foreign { path })?)
}

/// How the run in `directory` stands at `now_ms`.
///
/// # Errors
/// Its journal cannot be read.
pub fn workflow_status(directory: &Path, now_ms: i64) -> Result<RunStatus, WorkflowError> {
    // Asked first: what ends in between is then told as running and not as interrupted.
    let is_running = is_being_written(&journal_of(directory))?;
    let history = read_workflow_history(directory)?;
    let workflow = load(&history.definition, &history.file)?.workflow;
    let mut parts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in history
        .running
        .keys()
        .chain(history.finished.keys())
        .chain(history.skipped.keys())
        .chain(history.waiting.keys())
        .chain(history.resting.keys())
    {
        if let Some((step, _)) = name.split_once(['/', '.']) {
            parts.entry(step).or_default().insert(name);
        }
    }
    let glance = Glance {
        directory,
        history: &history,
        workflow: &workflow,
        is_running,
        now_ms,
    };
    let wanted = wanted_steps(&workflow, &history.options);
    let mut steps = Vec::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        let id = step.id.0.as_str();
        steps.push(if wanted.contains(&place) {
            glance.step(id, Some(place))
        } else {
            glance.status(id, StepStanding::LeftOut, None)
        });
        let of_step = parts
            .get(id)
            .into_iter()
            .flatten()
            .map(|it| glance.step(it, None));
        steps.extend(of_step.filter(|it| it.state != StepStanding::Over(StepState::Succeeded)));
    }
    Ok(RunStatus {
        run: history.run.0.clone(),
        workflow: history.workflow.clone(),
        file: history.file.clone(),
        is_running,
        state: history.state.filter(|_| !is_running),
        started_ms: history.started_ms,
        last_ms: history.last_ms,
        resumed: history.resumed,
        error: history.error.clone(),
        steps,
    })
}

/// What is seen of a run at one moment.
struct Glance<'a> {
    directory: &'a Path,
    history: &'a WorkflowHistory,
    workflow: &'a Workflow,
    is_running: bool,
    now_ms: i64,
}

impl Glance<'_> {
    fn status(&self, step: &str, state: StepStanding, reason: Option<String>) -> StepStatus {
        StepStatus {
            step: step.to_owned(),
            state,
            reason,
            elapsed_ms: None,
            attempts: 0,
            log: Some(log_path(self.directory, step)).filter(|it| it.is_file()),
        }
    }

    fn step(&self, step: &str, place: Option<usize>) -> StepStatus {
        if let Some(since_ms) = self.history.running.get(step) {
            let (state, until_ms) = match self.is_running {
                true => (StepStanding::Running, self.now_ms),
                false => (StepStanding::Interrupted, self.history.last_ms),
            };
            return StepStatus {
                elapsed_ms: u64::try_from(until_ms - since_ms).ok(),
                ..self.status(step, state, None)
            };
        }
        if let Some(end) = self.history.finished.get(step) {
            return StepStatus {
                elapsed_ms: Some(end.elapsed_us / 1000),
                attempts: end.attempts,
                ..self.status(step, StepStanding::Over(end.state), end.error.clone())
            };
        }
        if let Some(reason) = self.history.skipped.get(step) {
            let state = StepStanding::Over(StepState::Skipped);
            return self.status(step, state, Some(reason.clone()));
        }
        let reason = self.is_running.then(|| match (&self.history.queued, place) {
            (Some(reason), _) => format!("for {reason}"),
            (None, Some(place)) => self.wait(place),
            (None, None) => self.wait_of(step),
        });
        self.status(step, StepStanding::Waiting, reason)
    }

    /// What a step that has not begun waits for.
    fn wait(&self, place: usize) -> String {
        let ids = &self.workflow.steps;
        let is_open = |it: &&usize| {
            let id = &ids[**it].id.0;
            !self.history.finished.contains_key(id) && !self.history.skipped.contains_key(id)
        };
        let order = Order::of(self.workflow);
        let before = order.as_ref().map_or(&[][..], |it| it.predecessors(place));
        let open: Vec<&str> = before
            .iter()
            .filter(is_open)
            .map(|it| ids[*it].id.0.as_str())
            .collect();
        if !open.is_empty() {
            return format!("for {}", open.join(", "));
        }
        self.wait_of(&ids[place].id.0)
    }

    /// What a step or a part waits for that could begin.
    fn wait_of(&self, step: &str) -> String {
        if let Some(reason) = self.history.waiting.get(step) {
            return format!("for {reason}");
        }
        match self.history.resting.get(step) {
            Some(next_ms) if *next_ms > self.now_ms => {
                let seconds = (next_ms - self.now_ms) as f64 / 1e3;
                format!("for its next attempt: {seconds:.1} s")
            }
            _ => "for a run slot".to_owned(),
        }
    }
}
