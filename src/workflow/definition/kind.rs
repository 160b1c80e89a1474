//! The step types and what each takes as `config`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::quantity::TimeLimit;
use crate::workflow::expression::{Condition, Template, ValueTemplate};

/// The keys `type` and `config` of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(tag = "type", content = "config")]
pub enum StepKind {
    /// A program.
    Script(ScriptConfig),
    /// A question to a model, or one of our agents.
    Agent(AgentConfig),
    /// A template or an algorithm on a graph.
    Analysis(AnalysisConfig),
    /// A question that decides which steps run.
    Condition(ConditionConfig),
    /// Another workflow.
    Workflow(WorkflowConfig),
    /// A program that keeps running.
    Service(ScriptConfig),
}

impl StepKind {
    /// The value of `type`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Script(_) => "script",
            Self::Agent(_) => "agent",
            Self::Analysis(_) => "analysis",
            Self::Condition(_) => "condition",
            Self::Workflow(_) => "workflow",
            Self::Service(_) => "service",
        }
    }

    /// Whether it keeps running once it is ready.
    pub const fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }

    /// The time limit of one attempt.
    pub const fn timeout(&self) -> Option<TimeLimit> {
        match self {
            Self::Script(config) | Self::Service(config) => config.timeout,
            Self::Agent(config) => config.timeout,
            Self::Analysis(config) => config.timeout,
            Self::Condition(config) => config.timeout,
            Self::Workflow(config) => config.timeout,
        }
    }
}

/// A program and its surroundings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptConfig {
    /// The program; with `shell: true` a line for `sh -c`.
    pub command: Template,
    /// Its arguments; each one stays one, whatever is in it.
    #[serde(default)]
    pub args: Vec<Template>,
    /// Whether `command` is a line for the shell. Such a line holds no `{{ … }}`: values reach it by `env`.
    #[serde(default)]
    pub shell: bool,
    /// Where it runs, relative to the directory of the run.
    pub working_directory: Option<Template>,
    /// Environment on top of the workflow's.
    #[serde(default)]
    pub env: BTreeMap<String, Template>,
    /// Time for one attempt.
    pub timeout: Option<TimeLimit>,
}

/// A question to a model, or an agent of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentConfig {
    /// The agent; without one, `prompt` goes to the configured model.
    pub agent: Option<String>,
    /// What is asked.
    pub prompt: Option<Template>,
    /// What the agent is given besides.
    pub parameters: BTreeMap<String, ValueTemplate>,
    /// The model; the configured one unless said.
    pub model: Option<Template>,
    /// Time for one attempt.
    pub timeout: Option<TimeLimit>,
}

/// A template or an algorithm on a graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalysisConfig {
    /// The graph, as `--graph` takes it.
    pub graph: Template,
    /// The file of a template.
    pub template: Option<Template>,
    /// The algorithm, when there is no template.
    pub algorithm: Option<Template>,
    /// Its parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, ValueTemplate>,
    /// Time for one attempt.
    pub timeout: Option<TimeLimit>,
}

/// A question, and the steps that its answer lets run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionConfig {
    /// The question.
    #[serde(alias = "condition")]
    pub expression: Condition,
    /// Steps that run when it holds, and are skipped when it does not.
    #[serde(default)]
    pub on_true: StepList,
    /// Steps that run when it does not hold, and are skipped when it does.
    #[serde(default)]
    pub on_false: StepList,
    /// Time for one attempt.
    pub timeout: Option<TimeLimit>,
}

/// Another workflow, run as one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkflowConfig {
    /// Its file, relative to this one.
    pub path: Template,
    /// Its variables.
    #[serde(default)]
    pub variables: BTreeMap<String, ValueTemplate>,
    /// Time for one attempt.
    pub timeout: Option<TimeLimit>,
}

/// Ids of steps: a list, or one alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StepList(pub Vec<String>);

impl<'de> Deserialize<'de> for StepList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = StepList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of steps")
    }

    fn visit_unit<E: de::Error>(self) -> Result<StepList, E> {
        Ok(StepList::default())
    }

    fn visit_str<E: de::Error>(self, step: &str) -> Result<StepList, E> {
        Ok(StepList(vec![step.to_owned()]))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<StepList, A::Error> {
        let mut steps = Vec::new();
        while let Some(step) = access.next_element()? {
            steps.push(step);
        }
        Ok(StepList(steps))
    }
}

impl JsonSchema for StepList {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StepList".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "array"], "items": {"type": "string"}})
    }
}
