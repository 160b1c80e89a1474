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
    /// Tokens that came, estimated.
    tokens: u64,
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
            let content = wire::content(delta.get("content"));
            self.tokens += tokens_of(&content);
            self.text.push_str(&content);
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
            Some(Value::String(part)) => {
                self.tokens += tokens_of(part);
                self.arguments.push_str(part);
            }
            Some(object @ Value::Object(_)) => self.arguments = object.to_string(),
            _ => {}
        }
    }

    /// Tokens that came so far, estimated part by part: the whole is not read again at each event.
    pub(super) fn tokens(&self) -> u64 {
        self.tokens
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
            cost_usd: None,
            stood_in: None,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::openai_tests::request;
    use super::*;

    fn assembled(events: &[Value]) -> Result<Reply, &'static str> {
        let mut assembly = Assembly::default();
        events.iter().for_each(|it| assembly.add(it));
        assembly.reply(&request(None), "asked-for")
    }

    fn delta(delta: Value) -> Value {
        json!({ "choices": [{ "delta": delta }] })
    }

    fn end(word: &str) -> Value {
        json!({ "choices": [{ "delta": {}, "finish_reason": word }] })
    }

    #[test]
    fn texts_and_parts_are_joined() {
        let events = [
            delta(json!({ "content": "No" })),
            delta(json!({ "content": [{ "type": "text", "text": "de" }] })),
            delta(json!({ "content": null })),
            json!({ "choices": [{ "delta": { "content": " 5" }, "finish_reason": "length" }] }),
        ];
        let reply = assembled(&events).unwrap();
        assert_eq!((reply.text.as_str(), reply.finish), ("Node 5", Finish::Length));
        assert!(reply.usage.is_estimated);
        assert_eq!(reply.model, "asked-for");
    }

    #[test]
    fn only_the_first_tool_is_read() {
        let call = |index: u64, part: &str| {
            let function = json!({ "arguments": part });
            delta(json!({ "tool_calls": [{ "index": index, "function": function }] }))
        };
        let events = [
            call(0, "{\"a\""),
            call(1, "{\"b\""),
            call(0, ":1}"),
            call(1, ":2}"),
            end("tool_calls"),
        ];
        assert_eq!(assembled(&events).unwrap().text, "{\"a\":1}");
    }

    #[test]
    fn a_stream_without_a_reason_to_end_is_not_whole() {
        let text = delta(json!({ "content": "Node" }));
        assert!(assembled(&[]).is_err());
        assert!(assembled(std::slice::from_ref(&text)).is_err());
        assert!(assembled(&[text, end("stop")]).is_ok());
    }

    #[test]
    fn a_refusal_in_parts_is_a_withheld_reply() {
        let events = [
            delta(json!({ "refusal": "I will" })),
            delta(json!({ "refusal": " not" })),
            end("stop"),
        ];
        assert_eq!(assembled(&events).unwrap().finish, Finish::Filtered);
    }

    #[test]
    fn counts_are_those_of_the_last_event_that_has_some() {
        let counted = |tokens: u64| {
            let usage = json!({ "prompt_tokens": 5, "completion_tokens": tokens });
            json!({ "choices": [{ "delta": { "content": "x" } }], "usage": usage })
        };
        let last = json!({ "choices": [], "usage": null });
        let reply = assembled(&[counted(1), counted(2), end("stop"), last]).unwrap();
        assert_eq!((reply.usage.reply_tokens, reply.usage.is_estimated), (2, false));
    }
}
