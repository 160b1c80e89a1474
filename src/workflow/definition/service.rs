//! What a service step says beyond its command: probes, restarts, stopping; and checks of a whole run.

use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use super::kind::ScriptConfig;
use super::policy::{Jitter, signal_name};
use super::quantity::Period;
use crate::workflow::described::described;

/// Keys `readiness` and `liveness`: one of `http`, `tcp`, `log`, `exec`, and how often it is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Probe {
    /// A request that must be answered with a status from 200 to 399.
    pub http: Option<HttpProbe>,
    /// A port of this machine that must accept a connection.
    pub tcp: Option<NonZeroU16>,
    /// A regular expression that a line of output must match.
    pub log: Option<String>,
    /// A command that must end with 0.
    pub exec: Option<ScriptConfig>,
    /// Time before it is asked first.
    pub initial_delay: Option<Period>,
    /// Time between askings; 1 s unless said.
    pub period: Option<Period>,
    /// Time for an answer; 1 s unless said.
    pub timeout: Option<Period>,
    /// Failures in a row after which it counts as failed; 3 unless said.
    pub failure_threshold: Option<NonZeroU32>,
    /// Successes in a row after which it counts as good; 1 unless said.
    pub success_threshold: Option<NonZeroU32>,
}

/// An HTTP request as a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpProbe {
    /// Host; this machine unless said.
    pub host: Option<String>,
    /// Port.
    pub port: NonZeroU16,
    /// Path; `/` unless said.
    pub path: Option<String>,
}

/// The key `startup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Startup {
    /// Time until it must be ready.
    pub timeout: Period,
}

/// The key `restart`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Restart {
    /// When it is started again.
    pub policy: RestartPolicy,
    /// Waits between starts.
    pub backoff: RestartBackoff,
    /// Starts within `window` after which it is given up; 5 unless said.
    pub max_starts: Option<NonZeroU32>,
    /// The window of `maxStarts`; 60 s unless said.
    pub window: Option<Period>,
}

/// When a service that ended is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RestartPolicy {
    /// When it failed.
    #[default]
    OnFailure,
    /// Always.
    Always,
    /// Not at all.
    Never,
}

/// Waits between starts of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartBackoff {
    /// The first wait; 1 s unless said.
    pub initial: Period,
    /// What each wait is multiplied with; 2 unless said.
    pub factor: f64,
    /// The longest wait; 60 s unless said.
    pub max: Period,
    /// How much a wait is left to chance; a fifth unless said.
    pub jitter: Jitter,
    /// Time in health after which waits begin anew; 60 s unless said.
    pub reset_after: Period,
}

impl Default for RestartBackoff {
    fn default() -> Self {
        let seconds = |it| Period(Duration::from_secs(it));
        Self {
            initial: seconds(1),
            factor: 2.0,
            max: seconds(60),
            jitter: Jitter::Share(0.2),
            reset_after: seconds(60),
        }
    }
}

/// The key `stop`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Stop {
    /// The signal that asks the process to end; TERM unless said.
    pub signal: Option<Signal>,
    /// Time to end in before it is killed; `defaults.stopGrace` unless said.
    pub grace: Option<Period>,
}

/// A signal by its name without `SIG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal(pub String);

described! { Signal: ["string"], "A signal such as `TERM` or `INT`." }

impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const KNOWN: [&str; 8] = ["TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", "WINCH"];
        let text = String::deserialize(deserializer)?;
        let known = signal_name(&text).filter(|it| KNOWN.contains(&it.as_str()));
        known.map(Self).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no signal\nknown are {}",
                crate::workflow::near::listed(&KNOWN)
            ))
        })
    }
}

/// The key `pool` of a service: its own connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPool {
    /// Connections at least; 2 unless said.
    pub min: Option<NonZeroU32>,
    /// Connections at most; 10 unless said.
    pub max: Option<NonZeroU32>,
    /// Time for one command; 60 s unless said.
    pub command_timeout: Option<Period>,
    /// Time after which a connection in use is reported with its holder.
    pub leak_threshold: Option<Period>,
}

/// An element of `verify`: what must hold for a run to count as verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// A line of a step's output matches.
    Log(LogCheck),
    /// A port of this machine accepts a connection.
    Tcp(NonZeroU16),
    /// A request is answered with a status from 200 to 399.
    Http(HttpProbe),
    /// A file is there.
    File(String),
}

/// `{step, pattern}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogCheck {
    /// The step.
    pub step: String,
    /// A regular expression.
    pub pattern: String,
}
