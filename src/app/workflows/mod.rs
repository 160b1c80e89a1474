//! Workflows for all faces: finds their files and runs, begins and takes up runs, looks at runs of other processes.

mod agent;
mod analysis;
mod calls;
mod error;
mod find;
mod launch;
mod logs;
mod open;
mod plan;
mod status;
mod stopping;
mod verify;

pub use error::WorkflowError;
pub use find::find_workflow_run;
pub use launch::{Launched, WorkflowFace, WorkflowParts, WorkflowStart, launch_workflow, take_up_workflow};
pub use logs::{LogLines, log_path};
pub use open::{OpenedWorkflow, WorkflowFile, list_workflows, open_workflow};
pub use plan::{PlannedStep, WorkflowPlan, plan_workflow, write_workflow_plan};
pub use status::{RunStatus, StepStanding, StepStatus, read_workflow_history, workflow_status};
pub use stopping::{ask_to_stop, wait_until_over};
pub use verify::{Checked, verify_workflow};
