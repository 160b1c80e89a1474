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
    let runs = Runs {
        output,
        journal: WORKFLOW_JOURNAL,
        begin: "gaai workflow run FILE",
    };
    runs.find(run).map_err(WorkflowError::Invalid)
}
