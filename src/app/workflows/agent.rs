//! Steps of type `agent`: a prompt to a model, or an agent of ours whose input can be given as parameters.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::launch::WorkflowParts;
use crate::agents::requirements;
use crate::agents::vertical_files;
use crate::app::library::Library;
use crate::app::parts::assets;
use crate::app::plan::outline;
use crate::app::{Asked, ModelKeys, effort_of, request};
use crate::config::Project;
use crate::documents;
use crate::llm::{Allowance, Finish, LlmError, Message, Request, Role, Speaker, Witness};
use crate::pipeline::{ModelRequest, PipelineError, RunRequest};
use crate::trace::Clock;
use crate::workflow::run::{Call, CallError, CalledWork};

/// Tokens of a reply at most where the step does not say.
const REPLY_TOKENS: u32 = 4_000;

/// What an agent step can be, for messages.
const SUPPORTED: &str = "a step can be a `prompt` to a model, `agent: requirements`, which reads a text, or one of \
                         `schema`, `useCases` and `templates`, which look at a graph";

/// What `config.parameters` of a prompt may say.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct PromptParameters {
    /// The rules, said before the prompt.
    system: Option<String>,
    max_tokens: u32,
    temperature: f64,
    seed: u64,
}

impl Default for PromptParameters {
    fn default() -> Self {
        Self {
            system: None,
            max_tokens: REPLY_TOKENS,
            temperature: 0.0,
            seed: 1,
        }
    }
}

/// What `config.parameters` of the agent `requirements` say.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BriefParameters {
    /// The brief; the prompt unless said.
    text: Option<String>,
    /// The industry whose topics are looked for.
    #[serde(default = "generic")]
    vertical: String,
}

fn generic() -> String {
    "generic".to_owned()
}

/// What `config.parameters` of the agents say that look at a graph.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GraphParameters {
    /// A name in the project file, a path, or `demo:<kind>`.
    graph: String,
    /// Files of the brief.
    #[serde(default)]
    documents: Vec<PathBuf>,
    /// The brief itself; the prompt unless said.
    text: Option<String>,
    vertical: Option<String>,
    max_templates: Option<usize>,
}

/// Performs agent steps.
pub(super) struct Agents {
    library: Result<Library, String>,
    assets: Option<PathBuf>,
    project: Project,
    /// The working directory.
    base: PathBuf,
    clock: Clock,
}

impl Agents {
    pub(super) fn new(parts: &WorkflowParts) -> Self {
        Self {
            library: library(parts).map_err(|error| error.to_string()),
            assets: assets_of(&parts.project),
            project: parts.project.clone(),
            base: parts.directory.clone(),
            clock: Arc::clone(&parts.clock),
        }
    }

    pub(super) async fn perform(&self, call: Call) -> Result<(String, Map<String, Value>), CallError> {
        let CalledWork::Agent {
            agent,
            prompt,
            model,
            parameters,
        } = call.work
        else {
            return Err(refused("it is no agent step".to_owned()));
        };
        match (agent.as_deref(), prompt) {
            (None, Some(prompt)) => self.ask(prompt, model.as_deref(), parameters).await,
            (None, None) => Err(refused(format!("it has no prompt; {SUPPORTED}"))),
            (Some("requirements"), prompt) => self.requirements(prompt, parameters),
            (Some(agent @ ("schema" | "useCases" | "templates")), prompt) => {
                self.look_at_graph(agent, prompt, parameters).await
            }
            (Some(other), _) => Err(refused(format!(
                "the agent `{other}` cannot be a step: {SUPPORTED}"
            ))),
        }
    }

    async fn ask(
        &self,
        prompt: String,
        model: Option<&str>,
        parameters: Value,
    ) -> Result<(String, Map<String, Value>), CallError> {
        let parameters: PromptParameters = read(parameters)?;
        let library = self.library.as_ref().map_err(|it| refused(it.clone()))?;
        let model = library.model(model).map_err(|error| refused(error.to_string()))?;
        let system = parameters.system.map(|text| (Speaker::System, text));
        let turns = system.into_iter().chain([(Speaker::User, prompt)]);
        let request = Request {
            role: Role::Workflow,
            prompt: "workflow/step 1".to_owned(),
            messages: turns.map(|(speaker, text)| Message { speaker, text }).collect(),
            shape: None,
            max_tokens: parameters.max_tokens,
            temperature: parameters.temperature,
            seed: parameters.seed,
            witness: Witness::default(),
            allowance: Allowance::default(),
        };
        let reply = model.ask(&request).await.map_err(|error| unanswered(&error))?;
        if reply.finish == Finish::Length {
            return Err(refused(format!(
                "the reply was cut at {} tokens; allow more with `parameters: {{ maxTokens: … }}`",
                parameters.max_tokens
            )));
        }
        let mut outputs = Map::new();
        outputs.insert("text".to_owned(), reply.text.clone().into());
        outputs.insert("model".to_owned(), reply.model.into());
        outputs.insert("tokens".to_owned(), reply.usage.tokens().into());
        Ok((reply.text, outputs))
    }

    /// Has the stages before the executions look at a graph, up to the one that is asked for; no model is asked.
    async fn look_at_graph(
        &self,
        agent: &str,
        prompt: Option<String>,
        parameters: Value,
    ) -> Result<(String, Map<String, Value>), CallError> {
        let parameters: GraphParameters = read(parameters)?;
        let asked = Asked {
            graph: parameters.graph,
            documents: parameters.documents,
            asks: parameters.text.or(prompt).into_iter().collect(),
            vertical: parameters.vertical,
            max_templates: parameters.max_templates,
            ..Asked::default()
        };
        let failed = |error: PipelineError| refused(error.to_string());
        let request = RunRequest {
            // Nobody is asked, whatever the project says.
            models: ModelRequest::default(),
            ..request(asked, &self.project, &self.base).map_err(failed)?
        };
        let keys = ModelKeys::default();
        let outlined = outline(&request, Arc::clone(&self.clock), &keys).await;
        let outline = outlined.map_err(failed)?.outline;
        let value = match agent {
            "schema" => serde_json::to_value(&*outline.schema),
            "useCases" => serde_json::to_value(&*outline.use_cases),
            _ => serde_json::to_value(&outline.plan.templates),
        };
        let value = value.map_err(|error| refused(error.to_string()))?;
        let mut outputs = Map::new();
        if let Value::Array(found) = &value {
            outputs.insert("count".to_owned(), found.len().into());
        }
        outputs.insert(agent.to_owned(), value.clone());
        Ok((format!("{value:#}"), outputs))
    }

    /// Reads a brief by the rules of a vertical; no model is asked.
    fn requirements(
        &self,
        prompt: Option<String>,
        parameters: Value,
    ) -> Result<(String, Map<String, Value>), CallError> {
        let parameters: BriefParameters = read(parameters)?;
        let text = parameters.text.or(prompt).ok_or_else(|| {
            refused("there is nothing to read; give the brief as `prompt` or `parameters.text`".to_owned())
        })?;
        let document = documents::from_text(&text, 1).map_err(|error| refused(error.to_string()))?;
        let verticals = vertical_files::load(&assets(self.assets.as_deref()));
        let verticals = verticals.map_err(|error| refused(error.to_string()))?;
        let vertical = verticals.iter().find(|it| it.name == parameters.vertical);
        let vertical = vertical.ok_or_else(|| {
            let known: Vec<&str> = verticals.iter().map(|it| it.name.as_str()).collect();
            refused(format!(
                "there is no vertical `{}`; there are {}",
                parameters.vertical,
                known.join(", ")
            ))
        })?;
        let found = requirements::extract(&[document], vertical);
        let value = serde_json::to_value(&found).map_err(|error| refused(error.to_string()))?;
        let mut outputs = Map::new();
        outputs.insert("objectives".to_owned(), found.objectives.len().into());
        outputs.insert("requirements".to_owned(), value.clone());
        Ok((format!("{value:#}"), outputs))
    }
}

/// The models that the runs of this process may ask.
fn library(parts: &WorkflowParts) -> Result<Library, PipelineError> {
    let request = RunRequest {
        directory: parts.directory.clone(),
        models: parts.models.clone(),
        effort: effort_of(&parts.project)?,
        assets: assets_of(&parts.project),
        ..RunRequest::default()
    };
    Ok(Library::new(request, parts.model_keys()))
}

fn assets_of(project: &Project) -> Option<PathBuf> {
    project.assets.as_ref().map(|it| project.directory.join(it))
}

fn read<T: for<'de> Deserialize<'de>>(parameters: Value) -> Result<T, CallError> {
    serde_json::from_value(parameters)
        .map_err(|error| refused(format!("its parameters cannot be used: {error}")))
}

pub(super) fn refused(reason: String) -> CallError {
    CallError { reason, status: None }
}

fn unanswered(error: &LlmError) -> CallError {
    CallError {
        reason: format!("the model did not answer: {error}"),
        status: error.status(),
    }
}
