//! The catalog of the runs under one output directory: `catalog.sqlite` beside them.

use std::path::{Path, PathBuf};

use super::workflows;
use crate::catalog::{self, CatalogStore, Rebuilt, SqlCatalog};
use crate::pipeline::PipelineError;

/// Where the catalog of `output` is.
pub fn catalog_path(output: &Path) -> PathBuf {
    output.join("catalog.sqlite")
}

/// Opens the catalog of `output`, and takes in what it does not know of the runs there.
///
/// # Errors
///
/// No runs, or a file that is no catalog, with what to do.
pub async fn open_catalog(output: &Path) -> Result<SqlCatalog, PipelineError> {
    let path = catalog_path(output);
    if !path.is_file() {
        some_runs(output)?;
    }
    let store = open(&path).await?;
    if output.is_dir() {
        let taken = catalog::refresh(&store, output).await;
        for (directory, reason) in taken.map_err(|error| unusable(&path, &error))?.refused {
            tracing::warn!(directory, reason, "a run is not in the catalog");
        }
    }
    Ok(store)
}

/// Makes the catalog of `output` again from the journals. Other processes may use it meanwhile.
///
/// # Errors
///
/// As [`open_catalog`].
pub async fn rebuild_catalog(output: &Path) -> Result<Rebuilt, PipelineError> {
    some_runs(output)?;
    let path = catalog_path(output);
    let store = match open(&path).await {
        Ok(store) => store,
        Err(_) => {
            // What is there is no catalog, or one of another version; the journals have all of it.
            for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
                match std::fs::remove_file(output.join(name)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(PipelineError::write(&path, &error));
                    }
                    _ => {}
                }
            }
            open(&path).await?
        }
    };
    let rebuilt = catalog::rebuild(&store, output).await;
    store.close().await;
    rebuilt.map_err(|error| unusable(&path, &error))
}

/// Takes one run into the catalog of `output`, in place of what was known about it.
pub(super) async fn take_in(output: &Path, run_directory: &Path) -> Result<(), PipelineError> {
    let path = catalog_path(output);
    let record = catalog::of_directory(run_directory).map_err(|error| unusable(&path, &error))?;
    let store = open(&path).await?;
    let put = store.put(&record).await;
    store.close().await;
    put.map_err(|error| unusable(&path, &error))
}

async fn open(path: &Path) -> Result<SqlCatalog, PipelineError> {
    SqlCatalog::open(path)
        .await
        .map_err(|error| unusable(path, &error))
}

/// Refuses a directory without runs: it may be mistyped, and would be made.
fn some_runs(output: &Path) -> Result<(), PipelineError> {
    if super::runs::list(output).is_empty() && workflows::list_workflow_runs(output).is_empty() {
        return Err(PipelineError::Invalid(format!(
            "{} holds no runs; start one with `gaai run --graph …` or `gaai workflow run FILE`",
            output.display()
        )));
    }
    Ok(())
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> PipelineError {
    PipelineError::Unreadable {
        path: path.display().to_string(),
        reason: format!("{error}; `gaai catalog rebuild` makes it again"),
    }
}
