//! Finds and reads workflow files: one that is named, or those of a directory.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::WorkflowError;
use crate::app::parts::assets;
use crate::config::Project;
use crate::workflow::definition::{Workflow, load};
use crate::workflow::starter::{starter, starters};

/// Endings of workflow files.
const ENDINGS: [&str; 2] = ["yaml", "yml"];

/// A workflow with the text that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedWorkflow {
    /// The workflow.
    pub workflow: Workflow,
    /// Its text.
    pub text: String,
    /// The text's name in messages: as it was asked for.
    pub name: String,
    /// The file, absolute; `None` for one that gaai brings along.
    pub file: Option<PathBuf>,
    /// What is allowed and probably not meant, as people read it.
    pub warnings: Vec<String>,
}

impl OpenedWorkflow {
    /// The workflow that `text` describes.
    pub(super) fn of(text: String, name: String, file: Option<PathBuf>) -> Result<Self, WorkflowError> {
        let loaded = load(&text, &name)?;
        let warnings = loaded.warnings.iter().map(|it| it.told(&name)).collect();
        Ok(Self {
            workflow: loaded.workflow,
            text,
            name,
            file,
            warnings,
        })
    }

    /// The directory that its own paths are relative to; `otherwise` for one that gaai brings along.
    pub(super) fn home(&self, otherwise: &Path) -> PathBuf {
        let home = self.file.as_deref().and_then(Path::parent);
        home.unwrap_or(otherwise).to_path_buf()
    }
}

/// The workflow `name`: a file relative to `directory`, one of the project's `workflows/`, or one that gaai brings
/// along.
///
/// # Errors
/// None of them, or all that is wrong with it.
pub fn open_workflow(
    name: &str,
    project: &Project,
    directory: &Path,
) -> Result<OpenedWorkflow, WorkflowError> {
    let (text, path) = text_of(name, project, directory)?;
    OpenedWorkflow::of(text, name.to_owned(), path)
}

/// The text that `name` stands for, and its file.
fn text_of(
    name: &str,
    project: &Project,
    directory: &Path,
) -> Result<(String, Option<PathBuf>), WorkflowError> {
    let folder = project.directory.join("workflows");
    let named = ENDINGS.map(|ending| folder.join(format!("{name}.{ending}")));
    let is_plain = !name.is_empty() && !name.contains(['/', '\\']);
    let mut places = std::iter::once(directory.join(name)).chain(named.into_iter().filter(|_| is_plain));
    if let Some(path) = places.find(|it| it.is_file()) {
        let text = fs::read_to_string(&path).map_err(|error| WorkflowError::file(&path, &error))?;
        let path = path.canonicalize().unwrap_or(path);
        return Ok((text, Some(path)));
    }
    let assets = assets(
        project
            .assets
            .as_ref()
            .map(|it| project.directory.join(it))
            .as_deref(),
    );
    if let Some(text) = Some(name)
        .filter(|_| is_plain)
        .and_then(|it| starter(&assets, it).ok())
    {
        return Ok((text, None));
    }
    let known = starters(&assets).map_err(|error| WorkflowError::Invalid(error.to_string()))?;
    let known: Vec<String> = known.into_iter().map(|it| it.name).collect();
    Err(WorkflowError::Invalid(format!(
        "there is no workflow `{name}`: no such file, none in {}, and gaai brings along {}; \
         `gaai workflow list` shows the files here",
        folder.display(),
        known.join(", ")
    )))
}

/// A workflow file as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowFile {
    /// The file.
    pub file: String,
    /// Its name; `None` where it is faulty.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Steps.
    pub steps: usize,
    /// Cron patterns with their time zones.
    pub schedule: Vec<String>,
    /// How many faults it has.
    pub faults: usize,
}

/// The workflow files of a directory, in order, faulty ones included.
///
/// # Errors
/// The directory cannot be read.
pub fn list_workflows(directory: &Path) -> Result<Vec<WorkflowFile>, WorkflowError> {
    let unreadable = |error: std::io::Error| WorkflowError::file(directory, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(|it| it.to_str());
        if path.is_file() && ending.is_some_and(|it| ENDINGS.contains(&it)) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|it| listed(it)).collect()
}

fn listed(path: &Path) -> Result<WorkflowFile, WorkflowError> {
    let text = fs::read_to_string(path).map_err(|error| WorkflowError::file(path, &error))?;
    let file = path.display().to_string();
    Ok(match load(&text, &file) {
        Ok(loaded) => {
            let workflow = loaded.workflow;
            let rules = workflow.schedule.iter();
            WorkflowFile {
                file,
                name: Some(workflow.name),
                version: workflow.version,
                description: workflow.description,
                steps: workflow.steps.len(),
                schedule: rules.map(|it| format!("{} {}", it.cron, it.timezone)).collect(),
                faults: 0,
            }
        }
        Err(faults) => WorkflowFile {
            file,
            name: None,
            version: None,
            description: None,
            steps: 0,
            schedule: Vec::new(),
            faults: faults.faults.len() + faults.untold,
        },
    })
}
