//! What is known about all runs, with lineage; can be rebuilt from journals.
//!
//! A run comes in as one [`RunRecord`], which [`run_record`] makes from its journal and artefacts,
//! whether the run has just ended or is found on disk. The catalog never holds what they lack, so
//! its file can be deleted at any time.

mod edges;
mod error;
mod lineage;
mod rebuild;
mod record;
mod sql;
mod workflow_runs;
mod write;

use futures_util::future::BoxFuture;
use serde::Serialize;

pub use error::CatalogError;
pub use lineage::{AskedBy, FindingLineage, lineage};
pub use rebuild::{Rebuilt, of_directory, rebuild, refresh};
pub use record::{ReadArtefact, run_record};
pub use sql::SqlCatalog;
pub use write::{write_json, write_lineage, write_runs, write_show};

use crate::model::{
    catalog::{RunHead, RunRecord, WorkflowRun},
    id::RunId,
};

/// Keeps records of runs.
pub trait CatalogStore: Send + Sync {
    /// Keeps `record`, in place of any earlier record of the same run.
    fn put<'a>(&'a self, record: &'a RunRecord) -> BoxFuture<'a, Result<(), CatalogError>>;

    /// Forgets `run`, if it is known.
    fn forget<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), CatalogError>>;

    /// The record of `run`, if it is known.
    fn get<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Option<RunRecord>, CatalogError>>;

    /// All runs, the latest first.
    fn runs(&self) -> BoxFuture<'_, Result<Vec<RunLine>, CatalogError>>;

    /// Keeps the run of a workflow, in place of what was known of it.
    fn put_workflow<'a>(&'a self, run: &'a WorkflowRun) -> BoxFuture<'a, Result<(), CatalogError>>;

    /// Forgets the run of a workflow, if it is known.
    fn forget_workflow<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), CatalogError>>;

    /// All runs of workflows, the latest first.
    fn workflow_runs(&self) -> BoxFuture<'_, Result<Vec<WorkflowRun>, CatalogError>>;
}

/// A run with counts of what it has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunLine {
    /// The run as a whole.
    #[serde(flatten)]
    pub head: RunHead,
    /// Requirements, objectives and thresholds.
    pub requirements: u64,
    /// Use cases.
    pub use_cases: u64,
    /// Executions.
    pub executions: u64,
    /// Executions that did not finish.
    pub unfinished: u64,
    /// Reports that were drawn.
    pub reports: u64,
    /// Findings, null findings not counted.
    pub findings: u64,
}

/// The record of `run`; an error that says what to do when it is unknown.
pub async fn show(store: &dyn CatalogStore, run: &RunId) -> Result<RunRecord, CatalogError> {
    let record = store.get(run).await?;
    record.ok_or_else(|| CatalogError::Unknown {
        what: "run",
        name: run.0.clone(),
        hint: "`gaai catalog runs` lists what is known; `gaai catalog rebuild` reads the journals anew"
            .to_owned(),
    })
}
