//! Runs of workflows: from a definition to tasks of the one scheduler, performed and written down.
//!
//! Every step, part, retry and handler is a task of one flow and passes its one gate. What happens is a
//! [`WorkflowEvent`](crate::model::workflow_event::WorkflowEvent) in the run's journal before anything acts on it;
//! [`WorkflowHistory`] is the fold of it, from which a run is taken up again.

mod adapt;
mod begin;
mod compile;
mod conduct;
mod error;
mod expand;
mod ground;
mod handlers;
mod history;
mod host_pool;
mod mask;
mod nested;
mod options;
mod prepare;
mod record;
mod restart;
mod result;
mod runner;
mod script;
mod secrets;
mod sheet;
mod turn;
mod unit;
mod waits;

pub use begin::{RunParts, RunRequest, check_run, journal_of, resume_workflow, run_workflow, wanted_steps};
pub use compile::{is_parallel, most_at_once};
pub use error::RunError;
pub use ground::{Call, CallError, CalledWork, Caller, Calls, log_path};
pub use history::{NestedFile, WORKFLOW_JOURNAL, WorkflowHistory, plan_hash};
pub use host_pool::file_name;
pub use options::{Again, RunOptions, Surroundings};
pub use result::{ParallelStats, PoolStats, StepResult, WorkflowResult};
pub use runner::Watcher;
