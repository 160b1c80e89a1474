//! Finds runs of workflows on disk.

use std::path::{Path, PathBuf};

use super::error::WorkflowError;
use crate::app::runs::Runs;
use crate::workflow::run::WORKFLOW_JOURNAL;

/// The directory of `run`: a path to one, a run id under `output`, the beginning of exactly one id, or `latest`.
///
/// # Errors
/// None or several, with those that there are.
pub fn find_workflow_run(output: &Path, run: &str) -> Result<PathBuf, WorkflowError> {
    runs(output).find(run).map_err(WorkflowError::Invalid)
}

/// Ids of the runs of workflows under `output`, in order.
pub fn list_workflow_runs(output: &Path) -> Vec<String> {
    runs(output).list()
}

fn runs(output: &Path) -> Runs<'_> {
    Runs {
        output,
        journal: WORKFLOW_JOURNAL,
        begin: "gaai workflow run FILE",
    }
}
