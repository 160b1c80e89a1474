//! What the scheduler is given, what a task is told, and how it can end.

use std::fmt;
use std::time::Duration;

use crate::algorithms::Control;
use crate::flow::SkipReason;
use crate::model::event::{Stage, TaskId};

/// What a task mostly waits for; each pool has its own limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pool {
    /// Computing.
    #[default]
    Cpu,
    /// Files, servers, models.
    Io,
}

/// When the tasks that a task waits for let it start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Needs {
    /// All of them ended well.
    #[default]
    All,
    /// All of them ended, and at least one of them well: a report is drawn from what there is.
    Any,
}

/// A unit of work as it is handed to the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSpec {
    /// Its id, unique within the flow.
    pub id: TaskId,
    /// Its stage.
    pub stage: Stage,
    /// The tasks that it waits for. They must have been queued before it, so that no cycle can be said.
    pub after: Vec<TaskId>,
    /// How many of them must end well.
    pub needs: Needs,
    /// The pool it draws on.
    pub pool: Pool,
    /// Units of the pool that it holds while it runs; more than the pool has counts as all of it.
    pub weight: u32,
    /// Time limit of one attempt.
    pub timeout: Option<Duration>,
    /// Whether it starts although the flow was halted: it writes down what there is.
    pub is_closing: bool,
    /// How long it is expected to take; of tasks that may start, the one with the longest way to
    /// the end goes first, then the one queued first.
    pub expected: Duration,
}

impl TaskSpec {
    /// A task that waits for nothing, holds one unit of [`Pool::Cpu`] and has no limit.
    pub fn new(id: impl Into<String>, stage: Stage) -> Self {
        Self {
            id: TaskId(id.into()),
            stage,
            after: Vec::new(),
            needs: Needs::All,
            pool: Pool::Cpu,
            weight: 1,
            timeout: None,
            is_closing: false,
            expected: Duration::ZERO,
        }
    }

    /// The same, waiting for `after`.
    pub fn after<'a>(mut self, after: impl IntoIterator<Item = &'a TaskId>) -> Self {
        self.after = after.into_iter().cloned().collect();
        self
    }
}

/// One try of a task, as its work sees it.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(super) task: TaskId,
    pub(super) number: u32,
    pub(super) control: Control,
}

impl Attempt {
    /// The task.
    pub fn task(&self) -> &TaskId {
        &self.task
    }

    /// From 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Through it the work reports progress and learns that it should stop.
    pub fn control(&self) -> &Control {
        &self.control
    }
}

/// What to do about a failure. The failure says which; the scheduler never parses text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Trying again may help.
    Retry,
    /// It will fail again.
    GiveUp,
    /// It will fail again until a disk or a file outside the program is mended.
    Mend,
    /// The user stopped it.
    Cancelled,
    /// A budget or resource limit refused it.
    Refused,
    /// It stopped at a defect of gaai.
    Defect,
}

/// Why an attempt gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What failed, on which input, what to do next.
    pub reason: String,
    /// What to do about it.
    pub remedy: Remedy,
}

impl Failure {
    /// A failure that would happen again.
    pub fn give_up(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
            remedy: Remedy::GiveUp,
        }
    }

    /// A failure that should not have been possible.
    pub fn defect(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
            remedy: Remedy::Defect,
        }
    }
}

/// How a task ended that gave no result. Messages complete the sentence "failed to …: {error}".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// Its last attempt failed.
    #[error("{task}: {}", failure.reason)]
    Failed {
        /// The task.
        task: TaskId,
        /// Why.
        failure: Failure,
    },
    /// It never started.
    #[error("{task} was skipped, {reason}")]
    Skipped {
        /// The task.
        task: TaskId,
        /// Why.
        reason: SkipReason<TaskId>,
    },
    /// The user stopped it while it ran.
    #[error("{task} was cancelled")]
    Cancelled {
        /// The task.
        task: TaskId,
    },
    /// It ran into its own time limit.
    #[error("{task} was stopped by its time limit of {} ms", limit.as_millis())]
    TimedOut {
        /// The task.
        task: TaskId,
        /// The limit.
        limit: Duration,
    },
    /// The run's time limit was reached while it ran.
    #[error("{task} was stopped by the run's time limit of {} ms", limit.as_millis())]
    RunTimedOut {
        /// The task.
        task: TaskId,
        /// The limit.
        limit: Duration,
    },
}

impl Ended {
    /// The task that ended so.
    pub fn task(&self) -> &TaskId {
        match self {
            Ended::Failed { task, .. }
            | Ended::Skipped { task, .. }
            | Ended::Cancelled { task }
            | Ended::TimedOut { task, .. }
            | Ended::RunTimedOut { task, .. } => task,
        }
    }

    /// Why it ended so, without the task's name.
    pub fn reason(&self) -> String {
        match self {
            Ended::Failed { failure, .. } => failure.reason.clone(),
            Ended::Skipped { reason, .. } => format!("it was skipped, {reason}"),
            Ended::Cancelled { .. } => "it was cancelled".to_owned(),
            Ended::TimedOut { limit, .. } => {
                format!("it was stopped by its time limit of {} ms", limit.as_millis())
            }
            Ended::RunTimedOut { limit, .. } => format!(
                "it was stopped by the run's time limit of {} ms",
                limit.as_millis()
            ),
        }
    }
}
