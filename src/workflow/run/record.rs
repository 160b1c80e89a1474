//! What is known of a step while its workflow runs and after.

use std::time::Duration;

use crate::flow::TaskIndex;
use crate::model::workflow_event::{StepEnd, StepState};

/// A step of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StepRecord {
    /// Its task; `None` for a step that was left out of this run.
    pub(super) task: Option<TaskIndex>,
    /// Whether its failure is tolerated.
    pub(super) is_tolerated: bool,
    /// When its first attempt began, since the run did.
    pub(super) started: Option<Duration>,
    /// Time from when it could start, over all attempts.
    pub(super) queued: Duration,
    /// Attempts begun.
    pub(super) attempts: u32,
    /// What its last attempt left.
    pub(super) left: Left,
    /// How it ended, when it has begun and is over.
    pub(super) end: Option<StepEnd>,
    /// Why it never began.
    pub(super) skipped: Option<String>,
    /// Whether it failed because the machine cannot keep the limits that it requires.
    pub(super) was_refused: bool,
    /// Whether its own condition kept it from beginning, which is no failure.
    pub(super) was_unwanted: bool,
}

/// What an attempt left.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Left {
    pub(super) error: Option<String>,
    pub(super) exit_code: Option<i32>,
    pub(super) output: String,
    pub(super) outputs: std::collections::BTreeMap<String, serde_json::Value>,
    pub(super) enforcement: Option<String>,
}

impl StepRecord {
    /// How it stands; `None` while it is not over.
    pub(super) fn state(&self) -> Option<StepState> {
        match (&self.end, &self.skipped) {
            (Some(end), _) => Some(end.state),
            (None, Some(_)) => Some(StepState::Skipped),
            (None, None) => None,
        }
    }

    /// Whether it counts as having gone well: it did, its failure is tolerated, or it was not wanted.
    pub(super) fn is_success(&self) -> bool {
        match self.state() {
            Some(StepState::Succeeded) => true,
            Some(StepState::Failed | StepState::TimedOut) => self.is_tolerated,
            Some(StepState::Skipped) => self.was_unwanted,
            Some(StepState::Cancelled) | None => false,
        }
    }
}
