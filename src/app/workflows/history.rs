//! The runs of workflows that there were, from the catalog, which takes in what it does not know yet.

use std::path::Path;

use serde::Serialize;

use super::error::WorkflowError;
use crate::app::open_catalog;
use crate::catalog::CatalogStore;
use crate::model::catalog::WorkflowRun;
use crate::trace::is_being_written;
use crate::workflow::run::journal_of;

/// A run and whether it still goes on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastRun {
    /// What the catalog has of it.
    #[serde(flatten)]
    pub run: WorkflowRun,
    /// Whether a process performs it.
    pub is_running: bool,
}

/// The runs under `output`, the latest first: all, or those of the workflow of this name or file.
///
/// # Errors
/// No runs, or a catalog that cannot be used.
pub async fn workflow_history(output: &Path, workflow: Option<&str>) -> Result<Vec<PastRun>, WorkflowError> {
    let invalid = |error: &dyn std::fmt::Display| WorkflowError::Invalid(error.to_string());
    let store = open_catalog(output).await.map_err(|error| invalid(&error))?;
    let runs = store.workflow_runs().await;
    store.close().await;
    let is_wanted = |it: &WorkflowRun| {
        workflow
            .is_none_or(|name| it.workflow == name || it.file == name || Path::new(&it.file).ends_with(name))
    };
    let wanted = runs
        .map_err(|error| invalid(&error))?
        .into_iter()
        .filter(is_wanted);
    wanted
        .map(|run| {
            let journal = journal_of(&output.join(&run.run.0));
            let is_running = run.state.is_none() && is_being_written(&journal)?;
            Ok(PastRun { run, is_running })
        })
        .collect()
}
