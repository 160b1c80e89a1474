//! Why a run could not begin or go on. Messages complete the sentence "failed to run the workflow: {error}".

use std::io;
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
    /// As many runs of the workflow as may go on already do, and one more is left out.
    #[error(
        "{limit} of `{workflow}` run already, and one more is left out: `concurrency.behavior` is `skip`"
    )]
    LeftOut {
        /// The workflow.
        workflow: String,
        /// Runs that may go on at once.
        limit: u32,
    },
    /// As many runs of the workflow as may go on already do, and one more fails.
    #[error(
        "{limit} of `{workflow}` run already; wait for one to end, or write `behavior: queue` under `concurrency`"
    )]
    TooMany {
        /// The workflow.
        workflow: String,
        /// Runs that may go on at once.
        limit: u32,
    },
    /// A file by which the runs of a workflow know of each other cannot be used.
    #[error("{}: {source}; the folder must be writable and on a local disk", path.display())]
    Turn {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
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
    /// The environment of the steps cannot be had.
    #[error("the workflow's {0}")]
    Environment(String),
    /// A file that an earlier process left cannot be removed.
    #[error("{}: {source}", path.display())]
    Left {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A defect.
    #[error("the steps could not be planned: {0}")]
    Plan(String),
}
