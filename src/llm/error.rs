//! What can go wrong with a request to a model, and what to do about it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::request::ShapeMode;

/// A failed request. Messages complete the sentence "failed to ask …: {error}"; none holds a key, a prompt
/// or a reply. A cassette keeps it whole, so that a replayed run says the same words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LlmError {
    /// The settings cannot be used: unknown provider, missing or malformed key, bad URL.
    #[error("{0}")]
    Setting(String),
    /// The provider refused the key (401, 403).
    #[error("{provider} refused the key (status {status}); check {variable}")]
    Unauthorised {
        /// The provider.
        provider: String,
        /// HTTP status.
        status: u16,
        /// Environment variable or setting that holds the key.
        variable: String,
    },
    /// The provider asked to wait (429), and the wait does not fit.
    #[error("{host} asks to wait {} s", .retry_after.map_or(0, |it| it.as_secs()))]
    RateLimited {
        /// The endpoint's host.
        host: String,
        /// How long, where it says so.
        retry_after: Option<Duration>,
    },
    /// The account has no credit left (429 or 402 with that reason).
    #[error("{host} says that the account's quota is used up; top it up or choose another model")]
    QuotaUsedUp {
        /// The endpoint's host.
        host: String,
    },
    /// The prompt is longer than the model takes.
    #[error("the prompt is longer than the model takes: {detail}")]
    TooLong {
        /// What the provider said, cleaned.
        detail: String,
    },
    /// The provider refused the request (other 4xx).
    #[error("{host} refused the request (status {status}): {detail}")]
    Refused {
        /// The endpoint's host.
        host: String,
        /// HTTP status.
        status: u16,
        /// What the provider said, cleaned and cut.
        detail: String,
    },
    /// The endpoint does not take forms in this mode, or not this form; a less strict mode may do.
    #[error("{host} does not take forms as {}: {detail}", .mode.as_str())]
    ShapeRefused {
        /// The endpoint's host.
        host: String,
        /// The mode that was asked for.
        mode: ShapeMode,
        /// What the provider said, cleaned and cut.
        detail: String,
    },
    /// The provider failed (5xx, or an error object in a good reply).
    #[error("{host} failed (status {status}): {detail}")]
    Failed {
        /// The endpoint's host.
        host: String,
        /// HTTP status.
        status: u16,
        /// What the provider said, cleaned and cut.
        detail: String,
    },
    /// No connection: nothing was sent.
    #[error("{host} cannot be reached: {detail}")]
    Unreachable {
        /// The endpoint's host.
        host: String,
        /// What happened.
        detail: String,
    },
    /// The connection broke.
    #[error("{host} broke off: {detail}")]
    Transport {
        /// The endpoint's host.
        host: String,
        /// What happened.
        detail: String,
    },
    /// No reply in time, all attempts together.
    #[error("no reply from {host} within {} s", .limit.as_secs())]
    Timeout {
        /// The endpoint's host.
        host: String,
        /// The limit.
        limit: Duration,
    },
    /// The breaker of the endpoint is open: it failed too often just now.
    #[error("{host} failed too often just now and is left alone for {} s", .rest.as_secs())]
    LeftAlone {
        /// The endpoint's host.
        host: String,
        /// Until it is tried again.
        rest: Duration,
    },
    /// The reply is not what was asked for: no text, no JSON, cut, withheld, or not of the form.
    #[error("the reply cannot be used: {reason}")]
    Unusable {
        /// What is wrong with it.
        reason: String,
    },
    /// A budget does not allow the request.
    #[error("the budget does not allow it: {reason}")]
    Budget {
        /// What is used, what is left, what was asked for.
        reason: String,
    },
    /// The run was halted before the reply came.
    #[error("the run was stopped before the model replied")]
    Stopped,
    /// A replayed run asked something that was not recorded.
    #[error("no recording answers this request: {reason}")]
    NoRecording {
        /// The nearest recording and how it differs.
        reason: String,
    },
    /// A recording or the reply cache cannot be read or written.
    #[error("{path}: {reason}")]
    Store {
        /// The file.
        path: String,
        /// What happened, and what to do.
        reason: String,
    },
}

impl LlmError {
    /// The HTTP status that the provider answered with, if it did and it is known.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorised { status, .. }
            | Self::Refused { status, .. }
            | Self::Failed { status, .. } => Some(*status),
            Self::RateLimited { .. } => Some(429),
            _ => None,
        }
    }

    /// Whether the same request may go well when it is sent again.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::Failed { .. }
            | Self::Unreachable { .. }
            | Self::Transport { .. }
            | Self::LeftAlone { .. }
            | Self::Timeout { .. } => true,
            Self::Setting(_)
            | Self::Unauthorised { .. }
            | Self::QuotaUsedUp { .. }
            | Self::TooLong { .. }
            | Self::Refused { .. }
            | Self::ShapeRefused { .. }
            | Self::Unusable { .. }
            | Self::Budget { .. }
            | Self::Stopped
            | Self::NoRecording { .. }
            | Self::Store { .. } => false,
        }
    }

    /// Whether the run itself stood in the way, by its budget or its end.
    pub fn is_withheld(&self) -> bool {
        matches!(self, Self::Budget { .. } | Self::Stopped)
    }

    /// Whether another model may answer where this one did not: it is down, refuses, or has no credit.
    pub fn is_down(&self) -> bool {
        match self {
            Self::Unauthorised { .. }
            | Self::QuotaUsedUp { .. }
            | Self::Refused { .. }
            | Self::ShapeRefused { .. } => true,
            other => other.may_pass(),
        }
    }
}
