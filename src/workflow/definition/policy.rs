//! What happens after a failed attempt: retries and breakers.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use super::quantity::Period;
use crate::workflow::described::described;

/// The key `retry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all; 3 unless said.
    pub max_attempts: Option<NonZeroU32>,
    /// Waits between attempts.
    pub backoff: Option<Backoff>,
    /// Failures worth another attempt; all of them unless said.
    pub retry_on: Vec<RetryOn>,
    /// The first wait in milliseconds; another word for `backoff.initial`.
    pub initial_delay_ms: Option<u64>,
    /// The longest wait in milliseconds; another word for `backoff.max`.
    pub max_delay_ms: Option<u64>,
}

impl Retry {
    /// Attempts in all.
    pub fn attempts(&self) -> u32 {
        self.max_attempts.map_or(3, NonZeroU32::get)
    }

    /// The waits, whichever words they were given in.
    pub fn waits(&self) -> Backoff {
        let given = self.backoff.clone().unwrap_or_default();
        let milliseconds = |it: u64| Period(Duration::from_millis(it));
        Backoff {
            initial: self.initial_delay_ms.map_or(given.initial, milliseconds),
            max: self.max_delay_ms.map_or(given.max, milliseconds),
            ..given
        }
    }
}

/// Waits that grow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Backoff {
    /// The first wait; 1 s unless said.
    pub initial: Period,
    /// What each wait is multiplied with for the next; 2 unless said.
    pub factor: f64,
    /// The longest wait; 10 s unless said.
    pub max: Period,
    /// How much a wait is left to chance.
    pub jitter: Jitter,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            initial: Period(Duration::from_secs(1)),
            factor: 2.0,
            max: Period(Duration::from_secs(10)),
            jitter: Jitter::None,
        }
    }
}

/// How much of a wait is left to chance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Jitter {
    /// Nothing.
    #[default]
    None,
    /// All of it: anything from nothing to the wait.
    Full,
    /// The wait, shortened by up to this share of it, above 0 and up to 1.
    Share(f64),
}

described! { Jitter: ["string", "number"], "`none`, `full`, or a share from 0 to 1." }

impl Serialize for Jitter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Full => serializer.serialize_str("full"),
            Self::Share(share) => serializer.serialize_f64(*share),
        }
    }
}

impl<'de> Deserialize<'de> for Jitter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match (text.as_str(), text.parse::<f64>()) {
            ("none", _) | (_, Ok(0.0)) => Ok(Self::None),
            ("full", _) => Ok(Self::Full),
            (_, Ok(share)) if share > 0.0 && share <= 1.0 => Ok(Self::Share(share)),
            _ => Err(de::Error::custom(format!(
                "expected `none`, `full` or a share from 0 to 1, found `{text}`"
            ))),
        }
    }
}

/// A failure worth another attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryOn {
    /// The attempt ran out of time.
    Timeout,
    /// The process ended with this code.
    Exit(i32),
    /// A server answered with this status.
    Http(u16),
    /// The process was ended by this signal, without `SIG`.
    Signal(String),
    /// Not enough memory or processor time was free.
    ResourceLimit,
}

described! {
    RetryOn: ["string"],
    "`timeout`, `resourceLimit`, `exit:CODE`, `http:STATUS` or `signal:NAME`."
}

impl fmt::Display for RetryOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("timeout"),
            Self::Exit(code) => write!(f, "exit:{code}"),
            Self::Http(status) => write!(f, "http:{status}"),
            Self::Signal(name) => write!(f, "signal:{name}"),
            Self::ResourceLimit => f.write_str("resourceLimit"),
        }
    }
}

impl Serialize for RetryOn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RetryOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = match text.split_once(':') {
            None if text == "timeout" => Some(Self::Timeout),
            None if text == "resourceLimit" => Some(Self::ResourceLimit),
            Some(("exit", code)) => code.parse().ok().map(Self::Exit),
            Some(("http", status)) => status
                .parse()
                .ok()
                .filter(|it| (100..600).contains(it))
                .map(Self::Http),
            Some(("signal", name)) => signal_name(name).map(Self::Signal),
            _ => None,
        };
        let wrong = "\nwrite `timeout`, `resourceLimit`, `exit:75`, `http:429` or `signal:KILL`";
        known.ok_or_else(|| de::Error::custom(format!("`{text}` is no failure{wrong}")))
    }
}

/// `KILL` of `KILL`, `SIGKILL` and `kill`; numbers stay.
pub(super) fn signal_name(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let is_one = !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric());
    is_one.then(|| name.to_owned())
}

/// The key `breaker`: what failed too often is left alone for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Breaker {
    /// Steps with the same key share one; the step's id unless said.
    pub key: Option<String>,
    /// Failures in a row after which it opens; 5 unless said.
    #[serde(default = "five")]
    pub failures: NonZeroU32,
    /// How long it stays open; 60 s unless said.
    #[serde(default = "one_minute")]
    pub open: Period,
}

const fn five() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(4)
}

const fn one_minute() -> Period {
    Period(Duration::from_secs(60))
}
