//! Why a run could not begin or go on. Messages complete the sentence "failed to run the workflow: {error}".

use std::path::PathBuf;

use crate::process::SlotError;
use crate::trace::TraceError;

/// See the module. A step that fails is no such error: it stands in the result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A step of a kind that this version does not run.
    #[error(
        "step `{step}` is a service; services are supervised by a later version, `gaai workflow validate` checks them"
    )]
    Service {
        /// The step.
        step: String,
    },
    /// A step that was asked for does not exist.
    #[error("there is no step `{step}`; {hint}")]
    UnknownStep {
        /// What was asked for.
        step: String,
        /// Which one may be meant.
        hint: String,
    },
    /// A variable that was given does not exist.
    #[error("the workflow has no variable `{variable}`; {hint}")]
    UnknownVariable {
        /// What was given.
        variable: String,
        /// Which one may be meant.
        hint: String,
    },
    /// A secret cannot be had.
    #[error("secret `{secret}` cannot be read: {reason}")]
    Secret {
        /// Its name.
        secret: String,
        /// Why; never with its value.
        reason: String,
    },
    /// A pool of the host cannot be used.
    #[error("{0}")]
    Slots(#[from] SlotError),
    /// The run's journal cannot be kept or read.
    #[error("{0}")]
    Trace(#[from] TraceError),
    /// The plan changed since the run began.
    #[error(
        "{what} changed since run {run} began; `--force` goes on with the new plan and repeats the steps that changed"
    )]
    Changed {
        /// The run.
        run: String,
        /// What is different.
        what: String,
    },
    /// The journal is none of a workflow.
    #[error("{}: it does not begin like the journal of a workflow's run", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// A defect.
    #[error("the steps could not be planned: {0}")]
    Plan(String),
}
