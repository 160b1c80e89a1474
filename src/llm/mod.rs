//! Asks a language model: requests, replies, limits, recordings, budgets.
//!
//! A model is whatever implements [`Model`]: an endpoint that speaks the OpenAI protocol, a cassette, a
//! script. What this room gives back is text or a value that fits a schema; whether it is *true* is for
//! the agents to verify. Nothing here executes what a model wrote, and no prompt, reply or key is logged.

mod data;
mod error;
mod estimate;
pub mod extract;
mod faults;
mod form;
mod modes;
mod prompt;
mod request;
pub mod scripted;
mod structured;

#[cfg(test)]
mod structured_tests;

use futures_util::future::BoxFuture;

pub use data::{Data, DataError};
pub use error::LlmError;
pub use estimate::{prompt_tokens_of, tokens_of};
pub use form::{Narrow, form_of, unbounded};
pub use modes::{Modes, Way};
pub use prompt::{Filling, Prompt, PromptError, Rendered};
pub use request::{Finish, Message, Reply, Request, Role, Shape, ShapeMode, Speaker};
pub use structured::{Answered, Check, Effort, Less, Question, Step, Unanswered, answer};

/// Something that answers requests. Dropping the future gives the request up.
pub trait Model: Send + Sync {
    /// What people call it: `PROVIDER/NAME`.
    fn name(&self) -> &str;

    /// The reply to `request`.
    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>>;
}
