//! A step as the file describes it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use super::dependency::Dependency;
use super::kind::{ScriptConfig, StepKind};
use super::policy::{Breaker, Retry};
use super::quantity::{Period, Size, TimeLimit};
use super::service::{ConnectionPool, Probe, Restart, Startup, Stop};
use crate::workflow::described::described;
use crate::workflow::expression::{Condition, Template, ValueTemplate};

/// An element of `steps`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// Its name for other steps, unique in the workflow.
    pub id: StepId,
    /// Its name for people; the id unless said.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it does: the keys `type` and `config`.
    #[serde(rename(deserialize = "type+config", serialize = "action"))]
    #[schemars(flatten)]
    pub kind: StepKind,
    /// What it waits for.
    #[serde(default)]
    pub depends_on: Vec<Dependency>,
    /// What must hold for it to run; `success()` unless said.
    pub condition: Option<Condition>,
    /// Whether the run goes on as if it had succeeded when it fails.
    #[serde(default)]
    pub continue_on_error: bool,
    /// How it runs beside others.
    #[serde(default)]
    pub parallel: StepParallel,
    /// Units it takes of pools while it runs.
    #[serde(default)]
    pub resources: BTreeMap<String, NonZeroU32>,
    /// Steps with a larger number go first.
    #[serde(default)]
    pub priority: i32,
    /// When and how often it is tried again; `defaults.retry` unless said.
    pub retry: Option<Retry>,
    /// When it is left alone for a while.
    pub breaker: Option<Breaker>,
    /// Time for all attempts together; milliseconds or a duration.
    pub timeout: Option<TimeLimit>,
    /// Time it may wait for its turn.
    pub queue_timeout: Option<Period>,
    /// Runs it once for each item of a list.
    pub for_each: Option<ForEach>,
    /// Names of the values it leaves in the file named by `$GAAI_OUTPUT`.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Files it leaves.
    #[serde(default)]
    pub artifacts: Vec<Template>,
    /// Handed to the step as `GAAI_IDEMPOTENCY_KEY`, for what it calls to know a repetition by.
    pub idempotency_key: Option<Template>,
    /// Memory and processor time it may use.
    pub limits: Option<Limits>,
    /// Where its output goes while it runs.
    #[serde(default)]
    pub log: Log,
    /// The class of its failure for `onError`.
    pub error_class: Option<String>,
    /// How it is asked to end.
    pub stop: Option<Stop>,
    /// Runs when it succeeded.
    pub on_success: Option<ScriptConfig>,
    /// Runs when it failed.
    pub on_failure: Option<ScriptConfig>,
    /// Runs when it was cancelled.
    pub on_cancel: Option<ScriptConfig>,
    /// Runs when it ended, however, after the others.
    pub on_exit: Option<ScriptConfig>,
    /// Services: when others may rely on it.
    pub readiness: Option<Probe>,
    /// Services: whether it still works.
    pub liveness: Option<Probe>,
    /// Services: time to become ready.
    pub startup: Option<Startup>,
    /// Services: when it is started again.
    pub restart: Option<Restart>,
    /// Services: files and directories whose change restarts it.
    #[serde(default)]
    pub watch: Vec<String>,
    /// Services: its connections.
    pub pool: Option<ConnectionPool>,
}

impl Step {
    /// Its name for people.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id.0)
    }

    /// Whether its failure leaves others alone, and theirs it; services are isolated unless they say otherwise.
    pub fn is_isolated(&self) -> bool {
        self.parallel.isolate_errors.unwrap_or(self.kind.is_service())
    }

    /// Units it takes of each pool; `parallel.resource` is one unit.
    pub fn weights(&self) -> BTreeMap<&str, NonZeroU32> {
        let mut weights: BTreeMap<&str, NonZeroU32> = self
            .resources
            .iter()
            .map(|(pool, weight)| (pool.as_str(), *weight))
            .collect();
        if let Some(pool) = &self.parallel.resource {
            weights.entry(pool).or_insert(NonZeroU32::MIN);
        }
        weights
    }

    /// Its handlers with their keys, in the order they run.
    pub fn handlers(&self) -> Vec<(&'static str, &ScriptConfig)> {
        handlers([&self.on_success, &self.on_failure, &self.on_cancel, &self.on_exit])
    }
}

/// The keys of handlers, in the order they run.
pub const HANDLERS: [&str; 4] = ["onSuccess", "onFailure", "onCancel", "onExit"];

/// Handlers with their keys.
pub(super) fn handlers(given: [&Option<ScriptConfig>; 4]) -> Vec<(&'static str, &ScriptConfig)> {
    HANDLERS
        .into_iter()
        .zip(given)
        .filter_map(|(key, it)| Some((key, it.as_ref()?)))
        .collect()
}

/// The id of a step: letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub String);

described! { StepId: ["string"], "Letters, digits, `_` and `-`." }

impl Serialize for StepId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
        if HANDLERS.contains(&text.as_str()) {
            let mended = text.trim_start_matches("on").to_ascii_lowercase();
            return Err(de::Error::custom(format!(
                "`{text}` is the name of a handler, not of a step\nwrite `{mended}`"
            )));
        }
        if !text.is_empty() && text.chars().all(is_part) {
            return Ok(Self(text));
        }
        let mended: String = text
            .chars()
            .map(|it| if is_part(it) { it } else { '-' })
            .collect();
        let hint = if mended.is_empty() {
            ""
        } else {
            &format!("\nwrite `{mended}`")
        };
        Err(de::Error::custom(format!(
            "the id `{text}` is not made of letters, digits, `_` and `-`{hint}"
        )))
    }
}

/// The key `parallel` of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct StepParallel {
    /// Whether it runs beside other steps; if false it runs alone.
    pub enabled: bool,
    /// Instances of this step at once, over items and the runs of this machine; of a nested workflow over items.
    pub max_concurrency: Option<NonZeroU32>,
    /// The pool it takes one unit of.
    pub resource: Option<String>,
    /// Whether its failure leaves others alone, and theirs it; false unless said, true for services.
    pub isolate_errors: Option<bool>,
}

impl Default for StepParallel {
    fn default() -> Self {
        Self {
            enabled: true,
            max_concurrency: None,
            resource: None,
            isolate_errors: None,
        }
    }
}

/// The key `forEach`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForEach {
    /// A list, or an expression that gives one.
    pub items: ValueTemplate,
    /// Items at once.
    pub max_concurrency: Option<NonZeroU32>,
    /// What an item is called in expressions; `item` unless said.
    #[serde(default, rename = "as")]
    pub name: Option<String>,
}

impl ForEach {
    /// What an item is called in expressions.
    pub fn item_name(&self) -> &str {
        self.name.as_deref().unwrap_or("item")
    }
}

/// The key `limits`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Memory of all its processes together.
    pub memory: Option<Size>,
    /// Processor time as a number of cores.
    pub cpu: Option<f64>,
    /// Bytes that it may print to either stream; one that prints more is killed, and has failed. 1 GiB where nothing is
    /// said. Of what is printed, both ends are kept.
    pub max_output_size: Option<Size>,
    /// Whether it must not start where a limit cannot be enforced.
    pub require: bool,
}

/// Where the output of a step goes while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Log {
    /// Wherever is quickest; the log of the run has it afterwards.
    #[default]
    Auto,
    /// A file, which outlives gaai.
    File,
}
