//! Artefacts by content hash: `artefacts/<hash>.json` in the run directory.
//!
//! A file is written whole under a temporary name and renamed, so that one that exists is complete.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::PipelineError;
use crate::model::id::ContentHash;
use crate::store;

/// The artefacts of one run.
#[derive(Clone, Debug)]
pub struct Artefacts {
    /// `None` keeps nothing: a plan leaves no trace on disk.
    directory: Option<PathBuf>,
}

impl Artefacts {
    /// The store under `run_directory`; creates its folder.
    pub fn open(run_directory: &Path) -> Result<Self, PipelineError> {
        let directory = run_directory.join("artefacts");
        fs::create_dir_all(&directory).map_err(|error| PipelineError::write(&directory, &error))?;
        Ok(Self {
            directory: Some(directory),
        })
    }

    /// A store that names artefacts and keeps none.
    pub fn nowhere() -> Self {
        Self { directory: None }
    }

    /// Stores `value` and names it. Equal values have one file.
    pub fn put<T: Serialize>(&self, value: &T) -> Result<ContentHash, PipelineError> {
        let bytes = to_json(value)?;
        let hash = ContentHash::of(&bytes);
        // What is there under the name may have been altered since it was written.
        let is_kept = |path: &PathBuf| fs::read(path).is_ok_and(|kept| kept == bytes);
        if let Some(path) = self.path(&hash).filter(|path| !is_kept(path)) {
            write_whole(&path, &bytes)?;
        }
        Ok(hash)
    }

    /// Reads what `hash` names; an error when it is missing, altered or of another type.
    pub fn get<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<T, PipelineError> {
        let path = self.path(hash).unwrap_or_default();
        let unreadable = |reason: String| PipelineError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        let bytes = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
        if ContentHash::of(&bytes) != *hash {
            return Err(unreadable(
                "its content does not match its name; it was altered".to_owned(),
            ));
        }
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }

    fn path(&self, hash: &ContentHash) -> Option<PathBuf> {
        self.directory.as_ref().map(|it| it.join(format!("{hash}.json")))
    }
}

/// Pretty JSON with a final line end: artefacts are read by people too.
pub fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, PipelineError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| PipelineError::Defect {
        reason: format!("an artefact has no JSON form: {error}"),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes `bytes` to `path` whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    store::write_whole(path, bytes).map_err(|error| PipelineError::write(path, &error))
}

/// Removes what an interrupted process left half-written in the run's folders. The caller holds the
/// run's journal, so that nobody is writing.
pub(super) fn sweep(run_directory: &Path) -> Result<(), PipelineError> {
    for folder in ["artefacts", "reports", "results", "trace"] {
        let Ok(entries) = fs::read_dir(run_directory.join(folder)) else {
            continue;
        };
        for path in entries.flatten().map(|it| it.path()) {
            if path.extension().is_some_and(|it| it == store::PART) {
                fs::remove_file(&path).map_err(|error| PipelineError::write(&path, &error))?;
            }
        }
    }
    Ok(())
}

impl PipelineError {
    /// A path that cannot be written, with what to do next.
    pub fn write(path: &Path, error: &std::io::Error) -> Self {
        Self::Unwritable {
            path: path.display().to_string(),
            reason: format!("{error}; {}", store::advice(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_got_and_an_altered_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let artefacts = Artefacts::open(root.path()).unwrap();
        let hash = artefacts.put(&vec![1, 2, 3]).unwrap();
        assert_eq!(artefacts.get::<Vec<i32>>(&hash).unwrap(), vec![1, 2, 3]);
        assert_eq!(artefacts.put(&vec![1, 2, 3]).unwrap(), hash);

        fs::write(
            root.path().join("artefacts").join(format!("{hash}.json")),
            b"[1, 2, 4]\n",
        )
        .unwrap();
        assert!(
            artefacts
                .get::<Vec<i32>>(&hash)
                .unwrap_err()
                .to_string()
                .contains("altered")
        );
    }

    /// Or a stage that is repeated because of it could never mend it.
    #[test]
    fn putting_again_mends_an_altered_artefact() {
        let root = tempfile::tempdir().unwrap();
        let artefacts = Artefacts::open(root.path()).unwrap();
        let hash = artefacts.put(&vec![1, 2, 3]).unwrap();
        let path = root.path().join("artefacts").join(format!("{hash}.json"));
        fs::write(&path, b"[1, 2, 3]\n\n").unwrap();
        assert!(artefacts.get::<Vec<i32>>(&hash).is_err());
        assert_eq!(artefacts.put(&vec![1, 2, 3]).unwrap(), hash);
        assert_eq!(artefacts.get::<Vec<i32>>(&hash).unwrap(), vec![1, 2, 3]);
    }
}
