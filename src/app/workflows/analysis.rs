//! Steps of type `analysis`: an algorithm, or a template of a file, on a graph; its tables become artefacts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::agent::refused;
use super::launch::WorkflowParts;
use crate::algorithms::{Algorithm, Control};
use crate::app::{AskedProjection, OpenGraph, demo_kinds, effort_of, open_graph, projection, resolve};
use crate::config::Project;
use crate::engine::DirectRun;
use crate::model::template::{Projection, Template};
use crate::pipeline::Effort;
use crate::workflow::run::{Call, CallError, CalledWork};

/// The parameter that says what is seen of the graph; the others are the algorithm's.
const PROJECTION: &str = "projection";

/// Performs analysis steps.
pub(super) struct Analyses {
    project: Project,
    /// The working directory.
    base: PathBuf,
    /// The run's directory.
    run: PathBuf,
    effort: Result<Effort, String>,
}

/// What is to be run.
enum Wanted {
    Algorithm(Algorithm, AskedProjection),
    Template(Algorithm, Projection),
}

/// Cancels what nobody waits for any more.
struct Given(Control);

impl Drop for Given {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Analyses {
    pub(super) fn new(parts: &WorkflowParts, run: &Path) -> Self {
        Self {
            project: parts.project.clone(),
            base: parts.directory.clone(),
            run: run.to_path_buf(),
            effort: effort_of(&parts.project).map_err(|error| error.to_string()),
        }
    }

    pub(super) async fn perform(&self, call: Call) -> Result<(String, Map<String, Value>), CallError> {
        let CalledWork::Analysis {
            graph,
            template,
            algorithm,
            parameters,
        } = call.work
        else {
            return Err(refused("it is no analysis step".to_owned()));
        };
        let wanted = self.wanted(template.as_deref(), algorithm.as_deref(), parameters)?;
        let named = resolve(&graph, &self.project, &demo_kinds()).map_err(refused)?;
        let effort = self.effort.as_ref().map_err(|it| refused(it.clone()))?;
        let failed = |error: &dyn std::fmt::Display| refused(format!("{graph}: {error}"));
        let given = Given(Control::default());
        let control = given.0.clone();
        let OpenGraph { source, engine, .. } =
            open_graph(&named.location, &named.name, effort).map_err(|error| failed(&error))?;
        let (algorithm, projection) = match wanted {
            Wanted::Template(algorithm, projection) => (algorithm, projection),
            Wanted::Algorithm(algorithm, asked) => {
                let census = source.census(&control).await.map_err(|error| failed(&error))?;
                let seen = projection(asked, algorithm.info(), &census).map_err(|error| failed(&error))?;
                (algorithm, seen)
            }
        };
        let answer = engine.run_direct(&algorithm, &projection, &control).await;
        let answer = answer.map_err(|error| failed(&error))?;
        let folder = self.run.join("artifacts").join(&call.step);
        let delivered = tokio::task::spawn_blocking(move || deliver(&answer, &folder, &control)).await;
        delivered
            .unwrap_or_else(|error| Err(format!("a defect of gaai: {error}")))
            .map_err(|it| failed(&it))
    }

    fn wanted(
        &self,
        template: Option<&str>,
        algorithm: Option<&str>,
        parameters: Value,
    ) -> Result<Wanted, CallError> {
        let mut parameters: BTreeMap<String, Value> =
            serde_json::from_value(parameters).map_err(|error| refused(error.to_string()))?;
        if let Some(template) = template {
            if let Some(name) = parameters.keys().next() {
                return Err(refused(format!(
                    "a template has its parameters within it; leave `{name}` out"
                )));
            }
            let path = self.base.join(template);
            let unusable = |error: &dyn std::fmt::Display| {
                refused(format!("the template {} cannot be used: {error}", path.display()))
            };
            let text = fs::read_to_string(&path).map_err(|error| unusable(&error))?;
            let template: Template = serde_json::from_str(&text).map_err(|error| unusable(&error))?;
            return Ok(Wanted::Template(template.algorithm, template.projection));
        }
        let asked = parameters
            .remove(PROJECTION)
            .unwrap_or_else(|| Value::Object(Map::new()));
        let asked = serde_json::from_value(asked)
            .map_err(|error| refused(format!("`{PROJECTION}` cannot be used: {error}")))?;
        let name = algorithm.unwrap_or_default();
        let algorithm = Algorithm::from_parameters(name, &parameters);
        Ok(Wanted::Algorithm(
            algorithm.map_err(|error| refused(error.to_string()))?,
            asked,
        ))
    }
}

/// Writes the tables below `folder`; gives the answer's words and its outputs `rows`, `file`, `files` and `summary`.
fn deliver(
    answer: &DirectRun,
    folder: &Path,
    control: &Control,
) -> Result<(String, Map<String, Value>), String> {
    let written = answer.write(folder, control).map_err(|error| error.to_string())?;
    let path = |path: &str| folder.join(path).display().to_string();
    let files = written
        .tables
        .iter()
        .map(|it| (it.name.clone(), path(&it.path).into()));
    let files: Map<String, Value> = files.collect();
    let summary = written.told.summary.iter();
    let summary: Map<String, Value> = summary.map(|it| (it.name.clone(), it.value.into())).collect();
    let first = written.tables.first();
    let mut outputs = Map::new();
    outputs.insert("rows".to_owned(), first.map_or(0, |it| it.rows).into());
    outputs.insert("file".to_owned(), first.map(|it| path(&it.path)).into());
    outputs.insert("files".to_owned(), files.into());
    outputs.insert("summary".to_owned(), summary.into());
    let mut text = Vec::new();
    answer.write_stats(&mut text).map_err(|error| error.to_string())?;
    Ok((String::from_utf8_lossy(&text).into_owned(), outputs))
}
