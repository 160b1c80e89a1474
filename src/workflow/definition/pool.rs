//! How many steps may run at once: the run's cap, and named pools.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::quantity::Period;
use crate::workflow::described::described;

/// The key `parallel` of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Parallel {
    /// Whether steps run at once; they do unless this is false. A run's own option goes before it.
    pub enabled: Option<bool>,
    /// Steps running at once at most; 4 unless said.
    pub default_max_concurrency: Option<Jobs>,
    /// Whether steps that do not depend on a failed one still run.
    pub keep_going: bool,
    /// How far a failure reaches that nothing tolerates.
    pub fail_fast: FailFast,
    /// Pools by name.
    pub resources: BTreeMap<String, Pool>,
}

/// What a failure that nothing tolerates cancels among the running steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FailFast {
    /// The members of its error domain.
    #[default]
    Group,
    /// All of them.
    CancelAll,
}

/// A number of jobs, or as many as the machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jobs {
    /// So many.
    Count(NonZeroU32),
    /// As many as suit the cores of the machine, counted when the run begins.
    Auto,
}

described! { Jobs: ["integer", "string"], "A number from 1 on, or `auto`." }

impl Serialize for Jobs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(serializer),
            Self::Auto => serializer.serialize_str("auto"),
        }
    }
}

impl<'de> Deserialize<'de> for Jobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJobs)
    }
}

/// A number, or a text that says one: a file and a command line give texts, a journal numbers.
struct AnyJobs;

impl Visitor<'_> for AnyJobs {
    type Value = Jobs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number from 1 on or `auto`")
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<Jobs, E> {
        let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
        count
            .map(Jobs::Count)
            .ok_or_else(|| E::custom("expected a number from 1 on or `auto`"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Jobs, E> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Jobs::Auto),
            (_, Ok(count)) => Ok(Jobs::Count(count)),
            (_, Err(_)) => Err(E::custom(format!(
                "expected a number from 1 on or `auto`, found `{text}`"
            ))),
        }
    }
}

/// A named limit that steps share.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Pool {
    /// Slots, of which a step holds some while it runs.
    Slots(SlotPool),
    /// So many a period; what was used does not come back before.
    Rate(RatePool),
}

impl Pool {
    /// The most that one step can take at once.
    pub fn largest_weight(&self) -> u64 {
        match self {
            Self::Slots(pool) => u64::from(pool.largest().get()),
            Self::Rate(pool) => pool.rate.get(),
        }
    }
}

/// `{slots, adaptive, scope}`, or a bare number of slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlotPool {
    /// Slots; with `adaptive`, those at the start.
    pub slots: Option<NonZeroU32>,
    /// Bounds within which the number of slots follows the load.
    pub adaptive: Option<Adaptive>,
    /// Who shares it.
    #[serde(default)]
    pub scope: PoolScope,
}

impl SlotPool {
    /// Slots at the start of a run.
    pub fn initial(&self) -> NonZeroU32 {
        let from_bounds = || self.adaptive.map_or(NonZeroU32::MIN, |it| it.min);
        self.slots.unwrap_or_else(from_bounds)
    }

    /// The bounds within which it follows the load, if it does: a pool of the host has one size for all processes.
    pub fn bounds(&self) -> Option<Adaptive> {
        self.adaptive.filter(|_| self.scope == PoolScope::Run)
    }

    /// Slots at most.
    pub fn largest(&self) -> NonZeroU32 {
        self.bounds().map_or_else(|| self.initial(), |it| it.max)
    }
}

/// Bounds of a pool that follows the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// Slots at least.
    pub min: NonZeroU32,
    /// Slots at most.
    pub max: NonZeroU32,
}

/// Who shares a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PoolScope {
    /// The steps of one run.
    #[default]
    Run,
    /// All runs on this machine.
    Host,
}

/// `{rate, per}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatePool {
    /// Units a period.
    pub rate: NonZeroU64,
    /// The period.
    pub per: Period,
}

impl JsonSchema for Pool {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Pool".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (slots, rate) = (
            generator.subschema_for::<SlotPool>(),
            generator.subschema_for::<RatePool>(),
        );
        json_schema!({"anyOf": [{"type": "integer", "minimum": 1}, slots, rate]})
    }
}

impl<'de> Deserialize<'de> for Pool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyPool)
    }
}

struct AnyPool;

/// Both forms at once, so that a wrong key is met with all that are right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolKeys {
    slots: Option<NonZeroU32>,
    adaptive: Option<Adaptive>,
    scope: Option<PoolScope>,
    rate: Option<NonZeroU64>,
    per: Option<Period>,
}

impl<'de> Visitor<'de> for AnyPool {
    type Value = Pool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of slots or a mapping with `slots` or with `rate` and `per`")
    }

    fn visit_u64<E: de::Error>(self, slots: u64) -> Result<Pool, E> {
        let slots = u32::try_from(slots)
            .ok()
            .and_then(NonZeroU32::new)
            .ok_or_else(|| {
                E::custom(format!(
                    "a pool of {slots} slots lets no step run\na pool has 1 to {} slots",
                    u32::MAX
                ))
            })?;
        Ok(Pool::Slots(SlotPool {
            slots: Some(slots),
            adaptive: None,
            scope: PoolScope::Run,
        }))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, access: A) -> Result<Pool, A::Error> {
        let keys = PoolKeys::deserialize(MapAccessDeserializer::new(access))?;
        let is_slots = keys.slots.is_some() || keys.adaptive.is_some();
        match (keys.rate, keys.per) {
            (Some(rate), Some(per)) if !is_slots && keys.scope.is_none() => {
                Ok(Pool::Rate(RatePool { rate, per }))
            }
            (None, None) if is_slots => Ok(Pool::Slots(SlotPool {
                slots: keys.slots,
                adaptive: keys.adaptive,
                scope: keys.scope.unwrap_or_default(),
            })),
            _ => Err(de::Error::custom(
                "a pool has `slots` or `adaptive`, or it has `rate` and `per`",
            )),
        }
    }
}
