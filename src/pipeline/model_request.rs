//! Which models a run asks, and how; what they may spend is its effort. It stands in the journal and never holds a key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::PipelineError;
use crate::llm::Role;

/// The models of a request; the default asks none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelRequest {
    /// The model of every role that has none of its own, `PROVIDER/NAME`.
    pub default: Option<String>,
    /// The models of single roles.
    pub roles: BTreeMap<Role, String>,
    /// Models asked, in order, when another is down.
    pub fallbacks: Vec<String>,
    /// Where the provider is instead of where its preset says.
    pub base_url: Option<String>,
    /// Whether plain HTTP may leave this machine.
    pub allow_plain_http: bool,
    /// Whether no socket may be opened.
    pub offline: bool,
    /// Directory that requests and replies are recorded in.
    pub record: Option<PathBuf>,
    /// Directory of recordings that answer instead of a model.
    pub replay: Option<PathBuf>,
    /// File of prices that go before the ones that gaai knows.
    pub prices: Option<PathBuf>,
    /// Whether keys and texts of the data are replaced by pseudonyms before they leave.
    pub redact: bool,
    /// Whether a vertical that the model drafts is used.
    pub accept_vertical: bool,
    /// Requests at once; `None`: the endpoint's default.
    pub concurrency: Option<usize>,
    /// Requests a minute; `None` is no limit.
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute; `None` is no limit.
    pub tokens_per_minute: Option<u64>,
    /// Time for one attempt in milliseconds; `None`: the endpoint's default.
    pub timeout_ms: Option<u64>,
}

impl ModelRequest {
    /// Whether any model is asked.
    pub fn asks(&self) -> bool {
        self.default.is_some() || !self.roles.is_empty()
    }

    /// Whether a socket may be opened, or recordings answer.
    ///
    /// # Errors
    /// Neither: no model can be asked.
    pub fn may_ask(&self) -> Result<(), PipelineError> {
        if self.offline && self.replay.is_none() {
            return Err(PipelineError::Invalid(
                "--offline opens no socket, so that no model can be asked; add --replay DIR, or leave one of them out"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// This, and where it is silent what `earlier` says.
    #[must_use]
    pub fn over(self, earlier: &Self) -> Self {
        let mut roles = earlier.roles.clone();
        roles.extend(self.roles);
        Self {
            default: self.default.or_else(|| earlier.default.clone()),
            roles,
            fallbacks: match self.fallbacks.is_empty() {
                true => earlier.fallbacks.clone(),
                false => self.fallbacks,
            },
            base_url: self.base_url.or_else(|| earlier.base_url.clone()),
            allow_plain_http: self.allow_plain_http || earlier.allow_plain_http,
            offline: self.offline || earlier.offline,
            record: self.record.or_else(|| earlier.record.clone()),
            replay: self.replay.or_else(|| earlier.replay.clone()),
            prices: self.prices.or_else(|| earlier.prices.clone()),
            redact: self.redact || earlier.redact,
            accept_vertical: self.accept_vertical || earlier.accept_vertical,
            concurrency: self.concurrency.or(earlier.concurrency),
            requests_per_minute: self.requests_per_minute.or(earlier.requests_per_minute),
            tokens_per_minute: self.tokens_per_minute.or(earlier.tokens_per_minute),
            timeout_ms: self.timeout_ms.or(earlier.timeout_ms),
        }
    }

    /// The flags that change what is answered, each with its value; a flag without one has none.
    pub(super) fn flags(&self) -> Vec<(&'static str, Option<String>)> {
        let mut flags = Vec::new();
        flags.extend(self.default.iter().map(|it| ("model", Some(it.clone()))));
        for (role, model) in &self.roles {
            flags.push(("model", Some(format!("{}={model}", role.as_str()))));
        }
        flags.extend(
            self.fallbacks
                .iter()
                .map(|it| ("fallback-model", Some(it.clone()))),
        );
        flags.extend(self.base_url.iter().map(|it| ("model-url", Some(it.clone()))));
        flags.extend(self.redact.then_some(("redact", None)));
        flags.extend(self.accept_vertical.then_some(("accept-vertical", None)));
        flags
    }
}
