//! `gaai.toml`: the project file. Unknown keys are errors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::ConfigError;
use super::models::ModelSettings;
use super::processor::ProcessorTable;

/// The project file's content; all of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Named graphs for `--graph NAME`.
    pub graphs: BTreeMap<String, GraphSetting>,
    /// Where runs are written; `output` unless said.
    pub output: Option<PathBuf>,
    /// Vertical unless a flag says otherwise: a name, `auto` or a file.
    pub vertical: Option<String>,
    /// Folder whose `templates/`, `verticals/` and `prompts/` override the embedded ones.
    pub assets: Option<PathBuf>,
    /// Concurrent executions at most.
    pub max_executions: Option<usize>,
    /// Memory budget, e.g. `2GB`.
    pub budget_memory: Option<String>,
    /// Language models.
    pub models: ModelSettings,
    /// The branch processor.
    pub processor: ProcessorTable,
    /// Directory of the file; paths in it are relative to this. Not a key of the file.
    #[serde(skip)]
    pub directory: PathBuf,
}

/// A `[graphs.NAME]` table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphSetting {
    /// File or directory, relative to the project file, or `demo:<vertical>`.
    pub path: String,
    /// Documents read when no flag names any, relative to the project file.
    #[serde(default)]
    pub documents: Vec<PathBuf>,
    /// Vertical for this graph.
    #[serde(default)]
    pub vertical: Option<String>,
}

impl Project {
    /// Directory that holds the runs.
    pub fn output_directory(&self) -> PathBuf {
        match &self.output {
            Some(output) => self.directory.join(output),
            None => PathBuf::from("output"),
        }
    }
}

/// Reads `gaai.toml` in `directory` or the nearest directory above that has one; the defaults when
/// none has.
pub fn find_project(directory: &Path) -> Result<Project, ConfigError> {
    for place in directory.ancestors() {
        let path = place.join("gaai.toml");
        if path.is_file() {
            return read(&path);
        }
    }
    Ok(Project {
        directory: directory.to_path_buf(),
        ..Project::default()
    })
}

fn read(path: &Path) -> Result<Project, ConfigError> {
    let fault = |problem: String| ConfigError::File {
        path: path.display().to_string(),
        problem,
    };
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    let project: Project = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
    Ok(Project {
        directory: path.parent().unwrap_or(Path::new(".")).to_path_buf(),
        ..project
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_project_file_counts_and_unknown_keys_are_errors() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(
            root.path().join("gaai.toml"),
            "[graphs.tube]\npath = \"data/london\"\n",
        )
        .unwrap();
        let project = find_project(&deep).unwrap();
        assert_eq!(project.graphs["tube"].path, "data/london");
        assert_eq!(project.directory, root.path());

        std::fs::write(root.path().join("a/gaai.toml"), "graps = 1\n").unwrap();
        let error = find_project(&deep).unwrap_err().to_string();
        assert!(error.contains("graps") && error.contains("gaai.toml"), "{error}");
    }
}
