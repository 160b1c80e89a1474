//! How models were asked when a run was recorded: a replayed run must ask in the same way, whatever is known of
//! the endpoint by then.

use std::collections::BTreeMap;
use std::path::Path;

use crate::llm::{LlmError, ShapeMode};
use crate::store;

/// Beside the recordings.
const MODES: &str = "modes.toml";

/// How `model` was asked at first when `directory` was recorded; `None` where that is not written down.
pub(super) fn mode_of(directory: &Path, model: &str) -> Result<Option<ShapeMode>, LlmError> {
    Ok(read(directory)?.get(model).copied())
}

/// Writes down how `model` is asked at first.
pub(super) fn keep_mode(directory: &Path, model: &str, mode: ShapeMode) -> Result<(), LlmError> {
    let mut modes = read(directory)?;
    modes.insert(model.to_owned(), mode);
    let text = toml::to_string(&modes).map_err(|error| unusable(directory, &error.to_string()))?;
    store::write_whole(&directory.join(MODES), text.as_bytes())
        .map_err(|error| unusable(directory, &format!("{error}; {}", store::advice(&error))))
}

fn read(directory: &Path) -> Result<BTreeMap<String, ShapeMode>, LlmError> {
    match std::fs::read_to_string(directory.join(MODES)) {
        Ok(text) => toml::from_str(&text).map_err(|error| unusable(directory, &error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(unusable(directory, &error.to_string())),
    }
}

fn unusable(directory: &Path, reason: &str) -> LlmError {
    LlmError::Store {
        path: directory.join(MODES).display().to_string(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_asking_is_read_back_for_each_model() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(mode_of(root.path(), "a/b").unwrap(), None);
        keep_mode(root.path(), "a/b", ShapeMode::ToolCall).unwrap();
        keep_mode(root.path(), "c/d.e", ShapeMode::Prompt).unwrap();
        assert_eq!(mode_of(root.path(), "a/b").unwrap(), Some(ShapeMode::ToolCall));
        assert_eq!(mode_of(root.path(), "c/d.e").unwrap(), Some(ShapeMode::Prompt));
        std::fs::write(root.path().join(MODES), "no").unwrap();
        assert!(mode_of(root.path(), "a/b").is_err());
    }
}
