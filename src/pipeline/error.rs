//! What can end a run, and with which state.

use std::time::Duration;

use crate::model::event::RunState;

/// A run that did not begin or did not end well. Messages complete "failed to …: {error}".
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The request cannot be served: input or command line.
    #[error("{0}")]
    Invalid(String),
    /// A budget or resource limit refused the run.
    #[error("{0}")]
    Refused(String),
    /// A place cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// The path.
        path: String,
        /// What the system said, and what to do.
        reason: String,
    },
    /// A file of a run cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A stage failed, so that nothing behind it can be made.
    #[error("{reason}")]
    Stage {
        /// What failed, on which input, what to do next.
        reason: String,
        /// Whether it may go well when the run is taken up again.
        may_resume: bool,
    },
    /// The user stopped it.
    #[error("the run was cancelled; `gaai resume` takes it up again")]
    Cancelled,
    /// The run's own time limit.
    #[error("the run's time limit of {limit:?} was reached; `gaai resume` takes it up again")]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// A run that left a directory behind.
    #[error("{error} (the run is in {directory})")]
    Run {
        /// Its directory, which `gaai resume` takes.
        directory: String,
        /// How it ended.
        error: Box<PipelineError>,
    },
    /// A defect of gaai.
    #[error("this is a defect of gaai: {reason}")]
    Defect {
        /// What should not have happened.
        reason: String,
    },
}

impl PipelineError {
    /// The state that a run ended by this error has; `None` when nothing ran or at a defect.
    pub fn state(&self) -> Option<RunState> {
        match self {
            Self::Invalid(_) | Self::Defect { .. } => None,
            Self::Refused(_) => Some(RunState::Stopped),
            Self::Unwritable { .. } | Self::Unreadable { .. } | Self::Stage { .. } => Some(RunState::Failed),
            Self::Run { error, .. } => error.state(),
            Self::Cancelled => Some(RunState::Cancelled),
            Self::TimedOut { .. } => Some(RunState::TimedOut),
        }
    }

    /// Whether taking up the run that it ended may come further; a request or a graph that cannot be
    /// served fails the same way every time.
    pub fn may_resume(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Unwritable { .. } | Self::Cancelled | Self::TimedOut { .. } => true,
            Self::Stage { may_resume, .. } => *may_resume,
            Self::Run { error, .. } => error.may_resume(),
            Self::Invalid(_) | Self::Unreadable { .. } | Self::Defect { .. } => false,
        }
    }
}
