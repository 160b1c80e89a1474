//! A reply put together from the events of a stream.
//!
//! A stream that ends without a reason to end was cut, and says so: servers and proxies that break off do
//! it without an error.

use serde_json::Value;

use super::estimate::tokens_of;
use super::request::{Finish, Reply, Request};
use super::wire;
use crate::model::usage::Usage;

/// What came so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: String,
    arguments: String,
    /// The index of the first tool that was called; the parts of others are left out.
    tool: Option<u64>,
    finish: Option<Finish>,
    model: Option<String>,
    /// The last event that counted tokens.
    counted: Option<Value>,
    refused: bool,
    /// A whole reply in one event, from servers that do not stream.
    whole: Option<Value>,
}

impl Assembly {
    /// Adds what `event` holds.
    pub(super) fn add(&mut self, event: &Value) {
        if self.model.is_none() {
            self.model = wire::named(event).map(str::to_owned);
        }
        if event.get("usage").is_some_and(Value::is_object) {
            self.counted = Some(event.clone());
        }
        let Some(choice) = event.pointer("/choices/0") else {
            // The last event has counts and no choice.
            return;
        };
        if choice.get("message").is_some() && choice.get("delta").is_none() {
            self.whole = Some(event.clone());
            return;
        }
        if let Some(delta) = choice.get("delta") {
            self.text.push_str(&wire::content(delta.get("content")));
            self.refused |= delta.get("refusal").is_some_and(Value::is_string);
            let calls = delta.get("tool_calls").and_then(Value::as_array);
            for call in calls.into_iter().flatten() {
                self.add_call(call);
            }
        }
        if let Some(word) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finish = Some(wire::finish(word));
        }
    }

    fn add_call(&mut self, call: &Value) {
        let index = call.get("index").and_then(Value::as_u64).unwrap_or(0);
        if *self.tool.get_or_insert(index) != index {
            return;
        }
        match call.pointer("/function/arguments") {
            Some(Value::String(part)) => self.arguments.push_str(part),
            Some(object @ Value::Object(_)) => self.arguments = object.to_string(),
            _ => {}
        }
    }

    /// Tokens that came so far, estimated.
    pub(super) fn tokens(&self) -> u64 {
        tokens_of(&self.text) + tokens_of(&self.arguments)
    }

    /// The reply; the error says why it is not whole.
    pub(super) fn reply(self, request: &Request, model: &str) -> Result<Reply, &'static str> {
        if let Some(whole) = &self.whole {
            return wire::reply(whole, request, model);
        }
        let finish = self.finish.ok_or("the stream ended before the reply did")?;
        let text = match self.arguments.is_empty() {
            true => self.text,
            false => self.arguments,
        };
        let counted = self.counted.unwrap_or(Value::Null);
        Ok(Reply {
            usage: wire::usage(&counted, request, &text),
            saved: Usage::default(),
            finish: match self.refused && text.is_empty() {
                true => Finish::Filtered,
                false => finish,
            },
            model: self.model.unwrap_or_else(|| model.to_owned()),
            text,
        })
    }
}
