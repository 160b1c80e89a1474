//! From what a face was told and what the project file says to a request: the one way for all faces.

use std::path::{Path, PathBuf};

use super::graphs;
use super::parts;
use crate::config::{self, Project};
use crate::pipeline::{Effort, ModelRequest, PipelineError, RunRequest};

/// What a face was told. What it leaves out, the project file decides.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The graph: a name in the project file, a path, or `demo:<kind>`.
    pub graph: String,
    /// Documents. When there are none and no `asks`, those that belong to the graph.
    pub documents: Vec<PathBuf>,
    /// Texts given directly.
    pub asks: Vec<String>,
    /// `auto`, a name or a file.
    pub vertical: Option<String>,
    /// Vertex collections that are to count as core.
    pub core_collections: Vec<String>,
    /// Templates at most.
    pub max_templates: Option<usize>,
    /// Report formats; empty: all.
    pub formats: Vec<String>,
    /// Which models are asked.
    pub models: ModelRequest,
    /// How hard to work.
    pub effort: Effort,
}

/// The request that `asked` makes in `directory`, the working directory.
///
/// # Errors
///
/// A graph that cannot be found, or a setting of the project file that cannot be used.
pub fn request(asked: Asked, project: &Project, directory: &Path) -> Result<RunRequest, PipelineError> {
    let graph =
        graphs::resolve(&asked.graph, project, &parts::demo_kinds()).map_err(PipelineError::Invalid)?;
    let documents = if asked.documents.is_empty() && asked.asks.is_empty() {
        graph.documents
    } else {
        asked.documents
    };
    let of_project = |vertical: &String| {
        let path = project.directory.join(vertical);
        if path.is_file() {
            path.display().to_string()
        } else {
            vertical.clone()
        }
    };
    let vertical = asked
        .vertical
        .or_else(|| graph.vertical.as_ref().map(of_project))
        .or_else(|| project.vertical.as_ref().map(of_project))
        .unwrap_or_else(|| "auto".to_owned());
    let settings = effort_of(project)?;
    Ok(RunRequest {
        graph: asked.graph,
        name: graph.name,
        location: graph.location.text(),
        directory: directory.to_path_buf(),
        documents,
        asks: asked.asks,
        vertical,
        core_collections: asked.core_collections,
        max_templates: asked.max_templates,
        assets: project.assets.as_ref().map(|it| project.directory.join(it)),
        formats: asked.formats,
        models: asked.models.over(&models_of(project)?),
        effort: asked.effort.over(&settings),
    })
}

/// How hard to work by the project file.
///
/// # Errors
///
/// A setting that cannot be used.
pub fn effort_of(project: &Project) -> Result<Effort, PipelineError> {
    let budget_memory = project
        .budget_memory
        .as_ref()
        .map(|it| config::parse_bytes("budget_memory", it))
        .transpose()
        .map_err(|error| PipelineError::Invalid(error.to_string()))?;
    if let Some(usd) = project
        .models
        .budget_usd
        .filter(|it| !(it.is_finite() && *it >= 0.0))
    {
        return Err(PipelineError::Invalid(format!(
            "`budget_usd` under [models] is {usd}; give dollars from 0"
        )));
    }
    Ok(Effort {
        max_executions: project.max_executions,
        budget_memory,
        budget_usd: project.models.budget_usd,
        budget_tokens: project.models.budget_tokens,
        ..Effort::default()
    })
}

/// Which models are asked by the project file.
///
/// # Errors
///
/// A setting that cannot be used.
pub fn models_of(project: &Project) -> Result<ModelRequest, PipelineError> {
    let models = &project.models;
    let timeout = models
        .timeout
        .as_ref()
        .map(|it| config::parse_duration("models.timeout", it))
        .transpose()
        .map_err(|error| PipelineError::Invalid(error.to_string()))?;
    Ok(ModelRequest {
        default: models.default.clone(),
        roles: models.roles(),
        fallbacks: models.fallbacks.clone(),
        base_url: models.base_url.clone(),
        allow_plain_http: models.allow_plain_http,
        prices: models.prices.as_ref().map(|it| project.directory.join(it)),
        redact: models.redact,
        concurrency: models.concurrency,
        requests_per_minute: models.requests_per_minute,
        tokens_per_minute: models.tokens_per_minute,
        timeout_ms: timeout.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)),
        ..ModelRequest::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project {
            directory: PathBuf::from("/p"),
            vertical: Some("social".to_owned()),
            max_executions: Some(3),
            budget_memory: Some("1MB".to_owned()),
            assets: Some(PathBuf::from("mine")),
            ..Project::default()
        }
    }

    #[test]
    fn what_is_said_wins_over_the_project_file() {
        let said = Asked {
            graph: "demo:fraud".to_owned(),
            vertical: Some("fraud".to_owned()),
            effort: Effort {
                budget_memory: Some(7),
                ..Effort::default()
            },
            ..Asked::default()
        };
        let made = request(said, &project(), Path::new("/w")).unwrap();
        assert_eq!(made.vertical, "fraud");
        assert_eq!(made.effort.budget_memory, Some(7));
        assert_eq!(made.effort.max_executions, Some(3));
    }

    #[test]
    fn what_is_left_out_the_project_file_decides() {
        let silent = Asked {
            graph: "demo:fraud".to_owned(),
            ..Asked::default()
        };
        let made = request(silent, &project(), Path::new("/w")).unwrap();
        assert_eq!(made.vertical, "social");
        assert_eq!(made.effort.budget_memory, Some(1_000_000));
        assert_eq!(made.assets, Some(PathBuf::from("/p/mine")));
    }

    /// The reports print the command, which has to find the same graph again.
    #[test]
    fn the_command_names_the_graph_as_it_was_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("tube");
        std::fs::create_dir(&path).unwrap();
        let said = Asked {
            graph: path.display().to_string(),
            ..Asked::default()
        };
        let made = request(said, &Project::default(), Path::new("/w")).unwrap();
        assert_eq!(made.name, "tube");
        let named = made.command().split_whitespace().nth(3).unwrap().to_owned();
        assert!(
            graphs::resolve(&named, &Project::default(), &[]).is_ok(),
            "{named}"
        );
    }
}
