//! The catalog of the runs under one output directory: `catalog.sqlite` beside them.

use std::path::{Path, PathBuf};

use crate::catalog::{self, CatalogStore, Rebuilt, SqlCatalog};
use crate::pipeline::PipelineError;

/// Where the catalog of `output` is.
pub fn catalog_path(output: &Path) -> PathBuf {
    output.join("catalog.sqlite")
}

/// Opens the catalog of `output`; one that does not exist is made from the journals.
///
/// # Errors
///
/// No runs, or a file that is no catalog, with what to do.
pub async fn open_catalog(output: &Path) -> Result<SqlCatalog, PipelineError> {
    let path = catalog_path(output);
    let exists = path.is_file();
    if !exists && super::runs::list(output).is_empty() {
        return Err(PipelineError::Invalid(format!(
            "{} holds no runs; start one with `gaai run --graph …`",
            output.display()
        )));
    }
    let store = SqlCatalog::open(&path)
        .await
        .map_err(|error| unusable(&path, &error))?;
    if !exists {
        catalog::rebuild(&store, output)
            .await
            .map_err(|error| unusable(&path, &error))?;
    }
    Ok(store)
}

/// Makes the catalog of `output` again from the journals.
///
/// # Errors
///
/// As [`open_catalog`].
pub async fn rebuild_catalog(output: &Path) -> Result<Rebuilt, PipelineError> {
    let path = catalog_path(output);
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
        match std::fs::remove_file(output.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(PipelineError::write(&path, &error));
            }
            _ => {}
        }
    }
    let store = SqlCatalog::open(&path)
        .await
        .map_err(|error| unusable(&path, &error))?;
    catalog::rebuild(&store, output)
        .await
        .map_err(|error| unusable(&path, &error))
}

/// Takes one run into the catalog of `output`, in place of what was known about it.
pub(super) async fn take_in(output: &Path, run_directory: &Path) -> Result<(), PipelineError> {
    let path = catalog_path(output);
    let record = catalog::of_directory(run_directory).map_err(|error| unusable(&path, &error))?;
    let store = SqlCatalog::open(&path)
        .await
        .map_err(|error| unusable(&path, &error))?;
    store.put(&record).await.map_err(|error| unusable(&path, &error))
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> PipelineError {
    PipelineError::Unreadable {
        path: path.display().to_string(),
        reason: format!("{error}; `gaai catalog rebuild` makes it again"),
    }
}
