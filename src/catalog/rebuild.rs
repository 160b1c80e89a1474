//! The catalog from what is on disk: `output/*/journal.jsonl` and the artefacts beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CatalogStore;
use super::error::CatalogError;
use super::record::run_record;
use super::workflow_runs::{WORKFLOW_JOURNAL, workflow_run};
use crate::model::{
    catalog::RunRecord,
    event::Event,
    id::{ContentHash, RunId},
};
use crate::trace::{JOURNAL, read, read_journal};

/// What a rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Runs recorded, by directory name order.
    pub recorded: Vec<RunId>,
    /// Runs of workflows recorded, likewise.
    pub workflows: Vec<RunId>,
    /// Directories whose journal cannot be read, with the reason.
    pub refused: Vec<(String, String)>,
}

/// The record of the run in `run_directory`.
pub fn of_directory(run_directory: &Path) -> Result<RunRecord, CatalogError> {
    let records = read(run_directory)?;
    let artefacts = run_directory.join("artefacts");
    let read_artefact = |hash: &ContentHash| {
        // The name comes from a journal that anybody may have written; it must not lead elsewhere.
        if hash.0.len() != 64 || !hash.0.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err("its name is no hash".to_owned());
        }
        let bytes = fs::read(artefacts.join(format!("{hash}.json"))).map_err(|it| it.to_string())?;
        if ContentHash::of(&bytes) == *hash {
            Ok(bytes)
        } else {
            Err("its content does not match its name".to_owned())
        }
    };
    Ok(run_record(&records, &read_artefact)?)
}

/// Records every run under `output` anew and forgets those that are no longer there. One that cannot be
/// read is named and does not stop the rest.
pub async fn rebuild(store: &dyn CatalogStore, output: &Path) -> Result<Rebuilt, CatalogError> {
    let known = store.runs().await?;
    let mut rebuilt = take_in(store, output, |_| false).await?;
    for line in known {
        if !rebuilt.recorded.contains(&line.head.run) {
            store.forget(&line.head.run).await?;
        }
    }
    let known = store.workflow_runs().await?;
    take_in_workflows(store, output, &BTreeMap::new(), &mut rebuilt).await?;
    for line in known {
        if !rebuilt.workflows.contains(&line.run) {
            store.forget_workflow(&line.run).await?;
        }
    }
    Ok(rebuilt)
}

/// Records the runs under `output` of which `store` does not know the latest: those of a process that was
/// killed, or that ended while the catalog could not be written.
pub async fn refresh(store: &dyn CatalogStore, output: &Path) -> Result<Rebuilt, CatalogError> {
    let lines = store.runs().await?;
    let known: BTreeMap<&RunId, i64> = lines.iter().map(|it| (&it.head.run, it.head.last_ms)).collect();
    let taken = take_in(store, output, |directory| {
        // A journal that cannot be read is named by the recording.
        let records = read(directory).unwrap_or_default();
        let run = records.first().and_then(|it| match &it.event {
            Event::RunStarted { run, .. } => Some(run),
            _ => None,
        });
        let last_ms = records.last().map(|it| it.at_ms);
        run.is_some_and(|it| known.get(it).copied() == last_ms)
    });
    let mut taken = taken.await?;
    let lines = store.workflow_runs().await?;
    let known = lines.iter().map(|it| (&it.run, it.last_ms)).collect();
    take_in_workflows(store, output, &known, &mut taken).await?;
    Ok(taken)
}

/// Records the runs of workflows under `output` of which something else is `known` than their journals say.
async fn take_in_workflows(
    store: &dyn CatalogStore,
    output: &Path,
    known: &BTreeMap<&RunId, i64>,
    rebuilt: &mut Rebuilt,
) -> Result<(), CatalogError> {
    for directory in directories(output, WORKFLOW_JOURNAL)? {
        let name = directory.display().to_string();
        match read_journal(&directory.join(WORKFLOW_JOURNAL)).map(|it| workflow_run(&it)) {
            Ok(Some(run)) if known.get(&run.run) == Some(&run.last_ms) => {}
            Ok(Some(run)) => {
                store.put_workflow(&run).await?;
                rebuilt.workflows.push(run.run);
            }
            Ok(None) => {
                let reason = "its journal holds no run".to_owned();
                rebuilt.refused.push((name, reason));
            }
            Err(error) => rebuilt.refused.push((name, error.to_string())),
        }
    }
    Ok(())
}

/// The directories under `output` that hold a file `journal`, in order.
fn directories(output: &Path, journal: &str) -> Result<Vec<PathBuf>, CatalogError> {
    let unreadable = |error: std::io::Error| CatalogError::Unreadable {
        path: output.display().to_string(),
        reason: error.to_string(),
    };
    let mut directories = Vec::new();
    for entry in fs::read_dir(output).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join(journal).is_file() {
            directories.push(path);
        }
    }
    directories.sort();
    Ok(directories)
}

async fn take_in(
    store: &dyn CatalogStore,
    output: &Path,
    is_known: impl Fn(&Path) -> bool,
) -> Result<Rebuilt, CatalogError> {
    let mut rebuilt = Rebuilt::default();
    for directory in directories(output, JOURNAL)?
        .into_iter()
        .filter(|it| !is_known(it))
    {
        match of_directory(&directory) {
            Ok(record) if record.head.run.0.is_empty() => {
                let reason = "its journal holds no run".to_owned();
                rebuilt.refused.push((directory.display().to_string(), reason));
            }
            Ok(record) => {
                store.put(&record).await?;
                rebuilt.recorded.push(record.head.run);
            }
            Err(error) => rebuilt
                .refused
                .push((directory.display().to_string(), error.to_string())),
        }
    }
    Ok(rebuilt)
}
