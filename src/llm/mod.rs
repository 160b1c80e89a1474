//! Asks a language model: requests, replies, limits, recordings, budgets.
//!
//! A model is whatever implements [`Model`]: an endpoint that speaks the OpenAI protocol, a cassette, a
//! script. What this room gives back is text or a value that fits a schema; whether it is *true* is for
//! the agents to verify. Nothing here executes what a model wrote, and no prompt, reply or key is logged.

mod budget;
mod cache;
mod capture;
mod cassette;
mod data;
mod difference;
mod error;
mod estimate;
pub mod extract;
mod fallback;
mod faults;
mod form;
mod kept;
mod mask;
mod modes;
mod openai;
mod preset;
mod price;
mod probe;
mod prompt;
mod pseudonyms;
mod redact;
mod request;
pub mod scripted;
mod settings;
mod stack;
mod status;
mod stream;
mod structured;
mod transport;
mod wire;
mod witness;

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod composed_tests;
#[cfg(test)]
mod drip_tests;
#[cfg(test)]
mod openai_tests;
#[cfg(test)]
mod probe_tests;
#[cfg(test)]
mod stack_tests;
#[cfg(test)]
mod streamed_tests;
#[cfg(test)]
mod structured_tests;

use futures_util::future::BoxFuture;

pub use budget::{Budget, Budgeted, Elapsed, Ledger, Spent};
pub use cache::Cached;
pub use cassette::{Recorder, Replayer};
pub use data::{Data, DataError};
pub use error::LlmError;
pub use estimate::{prompt_tokens_of, tokens_of};
pub use fallback::{Fallback, Switch};
pub use form::{Narrow, form_of, unbounded};
pub use kept::request_hash;
pub use modes::{Modes, Way};
pub use openai::{LOG_FILTER, OpenAi, http_client};
pub use preset::{KeyHeader, LimitField, ModelName, PRESETS, Preset};
pub use price::{Cost, Price, Prices, Quote};
pub use probe::{Capabilities, Item, Verdict, probe};
pub use prompt::{Filling, Prompt, PromptError, Rendered};
pub use pseudonyms::Pseudonyms;
pub use redact::Redacted;
pub use request::{Finish, Message, Reply, Request, Role, Shape, ShapeMode, Speaker};
pub use settings::{CONCURRENCY, Endpoint, address, named_model};
pub use structured::{Answered, Check, Effort, Less, Question, Step, Told, Unanswered, answer};
pub use witness::{Allowance, Happening, Witness};

/// Something that answers requests. Dropping the future gives the request up.
pub trait Model: Send + Sync {
    /// What people call it: `PROVIDER/NAME`.
    fn name(&self) -> &str;

    /// The reply to `request`.
    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>>;
}
