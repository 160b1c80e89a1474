//! Workflows for all faces: finds their files and runs, begins and takes up runs, looks at runs of other processes.

mod agent;
mod analysis;
mod calls;
mod error;
mod experience;
mod find;
mod history;
mod launch;
mod logs;
mod open;
mod plan;
mod status;
mod stopping;
mod timed;
mod tuned;
mod verify;

pub use crate::workflow::run::log_path;
pub use error::WorkflowError;
pub use find::{find_workflow_run, list_workflow_runs};
pub use history::{PastRun, workflow_history};
pub use launch::{Launched, WorkflowFace, WorkflowParts, WorkflowStart, launch_workflow, take_up_workflow};
pub use logs::LogLines;
pub use open::{OpenedWorkflow, WorkflowFile, list_workflows, open_workflow};
pub use plan::{PlannedStep, WorkflowPlan, plan_workflow, write_workflow_plan};
pub use status::{RunStatus, StepStanding, StepStatus, read_workflow_history, workflow_status};
pub use stopping::{ask_to_stop, wait_until_over};
pub use timed::{Timed, TimedEnd, run_on_schedule};
pub use tuned::{Simulated, apply_sizes, simulate_workflow, write_simulated};
pub use verify::{Checked, verify_workflow};
