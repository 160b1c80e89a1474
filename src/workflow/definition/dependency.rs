//! What a step waits for: other steps, and how they must stand.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::quantity::Period;

/// An element of `dependsOn`: a step's id, or an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// The step waited for.
    pub step: String,
    /// How it must stand; unless said, a service must be ready and any other step have succeeded.
    pub condition: Option<Awaited>,
    /// How long it must have stood so.
    pub stable_for: Option<Period>,
    /// What becomes of the waiting step when the other was skipped by its own condition.
    pub on_skipped: OnSkipped,
}

/// How a step must stand for those that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Awaited {
    /// Its conclusion is a good one.
    Succeeded,
    /// It failed.
    Failed,
    /// It ended, however.
    Completed,
    /// It runs or has run.
    Started,
    /// A service answers its readiness probe.
    Ready,
    /// A service answers its liveness probe.
    Healthy,
    /// A service has written the line that its readiness waits for.
    LogReady,
}

impl Awaited {
    /// Whether only services can stand so.
    pub const fn is_of_services(self) -> bool {
        matches!(self, Self::Ready | Self::Healthy | Self::LogReady)
    }

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Completed => "completed",
            Self::Started => "started",
            Self::Ready => "ready",
            Self::Healthy => "healthy",
            Self::LogReady => "logReady",
        }
    }
}

/// What becomes of a step whose dependency was skipped by its own condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnSkipped {
    /// It runs.
    #[default]
    Run,
    /// It is skipped too.
    Skip,
}

impl Dependency {
    /// The dependency that a bare id stands for.
    pub fn on(step: impl Into<String>) -> Self {
        Self {
            step: step.into(),
            condition: None,
            stable_for: None,
            on_skipped: OnSkipped::Run,
        }
    }
}

/// The object form.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DependencyObject")]
struct Form {
    /// The step waited for.
    step: String,
    /// How it must stand.
    condition: Option<Awaited>,
    /// How long it must have stood so.
    stable_for: Option<Period>,
    /// What becomes of this step when the other was skipped by its own condition.
    #[serde(default)]
    on_skipped: OnSkipped,
}

impl<'de> Deserialize<'de> for Dependency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = Dependency;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a step's id or a mapping with `step`")
    }

    fn visit_str<E: de::Error>(self, step: &str) -> Result<Dependency, E> {
        Ok(Dependency::on(step))
    }

    fn visit_u64<E: de::Error>(self, step: u64) -> Result<Dependency, E> {
        Ok(Dependency::on(step.to_string()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, access: A) -> Result<Dependency, A::Error> {
        let form = Form::deserialize(MapAccessDeserializer::new(access))?;
        Ok(Dependency {
            step: form.step,
            condition: form.condition,
            stable_for: form.stable_for,
            on_skipped: form.on_skipped,
        })
    }
}

impl JsonSchema for Dependency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Dependency".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let form = generator.subschema_for::<Form>();
        json_schema!({"anyOf": [{"type": "string"}, form]})
    }
}
