//! A workflow as its file describes it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::kind::ScriptConfig;
use super::policy::Retry;
use super::pool::Parallel;
use super::quantity::{Period, TimeLimit};
use super::service::Check;
use super::step::{Step, handlers};
use crate::workflow::expression::Template;
use crate::workflow::schedule::{Catchup, Overlap};

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Workflow {
    /// Its name; the file's without its extension unless said.
    pub name: String,
    /// Its version, such as `1.0.0`.
    pub version: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Time for a run; milliseconds or a duration.
    pub timeout: Option<TimeLimit>,
    /// Environment of all scripts.
    pub env: BTreeMap<String, Template>,
    /// Values that `--var` may replace. What is in them is never read as an expression.
    pub variables: BTreeMap<String, Value>,
    /// Where secrets come from; they are masked wherever they would be written.
    pub secrets: BTreeMap<String, SecretSource>,
    /// When it runs by itself.
    pub schedule: Vec<ScheduleRule>,
    /// Runs of it at the same time.
    pub concurrency: Option<Concurrency>,
    /// Steps at the same time.
    pub parallel: Parallel,
    /// What steps do unless they say otherwise.
    pub defaults: Defaults,
    /// What failures of a class lead to.
    pub on_error: Vec<ErrorRule>,
    /// The steps.
    #[serde(deserialize_with = "left_for_later")]
    pub steps: Vec<Step>,
    /// What must hold for a run to count as verified.
    pub verify: Vec<Check>,
    /// Runs when the run succeeded.
    pub on_success: Option<ScriptConfig>,
    /// Runs when the run failed.
    pub on_failure: Option<ScriptConfig>,
    /// Runs when the run was cancelled.
    pub on_cancel: Option<ScriptConfig>,
    /// Runs when the run ended, however, after the others.
    pub on_exit: Option<ScriptConfig>,
    /// Whatever its author wants to keep with it.
    pub metadata: BTreeMap<String, Value>,
}

/// Steps are read one by one, so that a fault in one is looked for in one.
fn left_for_later<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| Vec::new())
}

impl Workflow {
    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|it| it.id.0 == id)
    }

    /// What the file says of failures of the class of `step`.
    pub fn rule_of(&self, step: &Step) -> Option<&ErrorRule> {
        let class = step.error_class.as_ref()?;
        self.on_error.iter().find(|it| it.class == *class)
    }

    /// Whether the run goes on as if `step` had succeeded when it fails.
    pub fn tolerates(&self, step: &Step) -> bool {
        match self.rule_of(step).map(|it| it.action) {
            Some(ErrorAction::FailRun) => false,
            Some(ErrorAction::Ignore) => true,
            Some(ErrorAction::RestartWorkflow) | None => step.continue_on_error,
        }
    }

    /// Its handlers with their keys, in the order they run.
    pub fn handlers(&self) -> Vec<(&'static str, &ScriptConfig)> {
        handlers([&self.on_success, &self.on_failure, &self.on_cancel, &self.on_exit])
    }
}

/// Where a secret comes from; the secret itself is no part of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretSource {
    /// A variable of the environment.
    Env(String),
    /// A file, relative to the workflow's.
    File(String),
    /// The output of a command: the program and its arguments.
    Command(Vec<String>),
}

/// An element of `schedule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleRule {
    /// Minute, hour, day of month, month, day of week.
    pub cron: String,
    /// The time zone of `cron`; UTC unless said.
    #[serde(default = "utc")]
    pub timezone: String,
    /// What happens when it is time and the last run is still running.
    #[serde(default)]
    pub overlap: Overlap,
    /// What happens to times that passed while gaai was not running.
    #[serde(default)]
    pub catchup: Catchup,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The key `concurrency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Concurrency {
    /// Runs of this workflow at the same time.
    pub limit: NonZeroU32,
    /// What happens to one more.
    #[serde(default)]
    pub behavior: Behavior,
}

/// What happens to one run more than may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Behavior {
    /// It waits.
    #[default]
    Queue,
    /// It is left out.
    Skip,
    /// The oldest is cancelled.
    CancelRunning,
    /// It fails.
    Fail,
}

/// The key `defaults`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Defaults {
    /// Of steps that have none.
    pub retry: Option<Retry>,
    /// Time for one attempt of a step that says none.
    pub timeout: Option<TimeLimit>,
    /// Time that processes get to end; 10 s unless said.
    pub stop_grace: Option<Period>,
}

/// An element of `onError`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorRule {
    /// The class of failure, as `errorClass` names it.
    pub class: String,
    /// What is done.
    pub action: ErrorAction,
    /// Of `restartWorkflow`: how often within `window`; without bound unless said.
    pub max_restarts: Option<NonZeroU32>,
    /// Of `restartWorkflow`: the window of `maxRestarts`; the whole run unless said.
    pub window: Option<Period>,
}

/// What a failure of a class leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorAction {
    /// Everything stops, and the run begins again from its first step.
    RestartWorkflow,
    /// It counts, even if `continueOnError` of the step would tolerate it.
    FailRun,
    /// It is tolerated, as `continueOnError` does.
    Ignore,
}
