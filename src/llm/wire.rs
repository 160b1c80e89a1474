//! Requests and replies as the chat completion protocol writes them.
//!
//! Replies are read tolerantly, because those who speak the protocol differ in what they leave out and what
//! they add: content is a text or a list of parts, arguments of a tool a text or an object, usage may be
//! missing, and reasons to end have many names.

use serde_json::{Map, Value, json};

use super::estimate::{prompt_tokens_of, tokens_of};
use super::preset::LimitField;
use super::request::{Finish, Reply, Request, Shape, ShapeMode, Speaker};
use crate::model::usage::Usage;

/// Which of the optional fields are sent, and under which names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The limit of the reply; `None` sends none.
    pub(super) limit: Option<LimitField>,
    /// The seed; `None` sends none.
    pub(super) seed: Option<&'static str>,
    /// Whether the temperature is sent.
    pub(super) has_temperature: bool,
}

/// The largest seed that all take: those that keep it in 32 bits with a sign.
const SEED_BITS: u64 = 0x7fff_ffff;

/// `request` as it is sent to `model`.
pub(super) fn body(request: &Request, model: &str, dialect: Dialect, is_stream: bool) -> Value {
    let messages = request.messages.iter();
    let messages = messages.map(|it| json!({ "role": speaker(it.speaker), "content": it.text }));
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(model));
    set("messages", messages.collect());
    if let Some(limit) = dialect.limit {
        set(limit.as_str(), json!(request.max_tokens));
    }
    if dialect.has_temperature {
        set("temperature", json!(request.temperature));
    }
    if let Some(seed) = dialect.seed {
        set(seed, json!(request.seed & SEED_BITS));
    }
    if is_stream {
        set("stream", json!(true));
        set("stream_options", json!({ "include_usage": true }));
    }
    if let Some(shape) = &request.shape {
        ask_for(shape, &mut set);
    }
    Value::Object(body)
}

fn ask_for(shape: &Shape, set: &mut dyn FnMut(&str, Value) -> Option<Value>) {
    let (name, schema) = (&shape.name, &shape.schema);
    match shape.mode {
        ShapeMode::JsonSchema => {
            let form = json!({ "name": name, "schema": schema, "strict": true });
            set(
                "response_format",
                json!({ "type": "json_schema", "json_schema": form }),
            );
        }
        ShapeMode::ToolCall => {
            let function = json!({ "name": name, "description": "Gives the reply.", "parameters": schema });
            set("tools", json!([{ "type": "function", "function": function }]));
            // With one tool this names it too, and more servers take it than the tool's name.
            set("tool_choice", json!("required"));
        }
        ShapeMode::JsonObject => {
            set("response_format", json!({ "type": "json_object" }));
        }
        ShapeMode::Prompt => {}
    }
}

fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// The reply that `value` holds; the error says what is missing.
pub(super) fn reply(value: &Value, request: &Request, model: &str) -> Result<Reply, &'static str> {
    let choices = value.get("choices").and_then(Value::as_array);
    let choice = choices.and_then(|it| it.first()).ok_or("it has no choices")?;
    let message = choice.get("message").ok_or("its choice has no message")?;
    let text = match arguments(message) {
        Some(arguments) => arguments,
        None => content(message.get("content")),
    };
    let is_withheld = text.is_empty() && message.get("refusal").is_some_and(|it| it.is_string());
    let finish = match choice.get("finish_reason").and_then(Value::as_str) {
        _ if is_withheld => Finish::Filtered,
        // Some local servers leave it out where nothing was cut.
        None => Finish::Stop,
        Some(word) => finish(word),
    };
    Ok(Reply {
        cost_usd: None,
        stood_in: None,
        usage: usage(value, request, &text),
        saved: Usage::default(),
        finish,
        model: named(value).unwrap_or(model).to_owned(),
        text,
    })
}

/// The model as `value` names it.
pub(super) fn named(value: &Value) -> Option<&str> {
    value.get("model")?.as_str().filter(|it| !it.is_empty())
}

/// A provider's reason to end.
pub(super) fn finish(word: &str) -> Finish {
    match word.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" | "tool_calls" | "tool_use"
        | "function_call" => Finish::Stop,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => Finish::Length,
        "content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" => Finish::Filtered,
        _ => Finish::Other(word.chars().filter(|it| !it.is_control()).take(40).collect()),
    }
}

/// The arguments of the first tool that is called.
fn arguments(message: &Value) -> Option<String> {
    let call = message.pointer("/tool_calls/0/function");
    let call = call.or_else(|| message.get("function_call"))?;
    let arguments = call.get("arguments")?;
    Some(match arguments.as_str() {
        Some(text) => text.to_owned(),
        None => arguments.to_string(),
    })
}

/// The text of a content that is a text or a list of parts.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(part).collect(),
        _ => String::new(),
    }
}

fn part(part: &Value) -> Option<&str> {
    let kind = part.get("type").and_then(Value::as_str);
    // Thoughts are parts too, with a type of their own.
    let is_text = kind.is_none_or(|it| matches!(it, "text" | "output_text"));
    let text = part.get("text").and_then(Value::as_str).filter(|_| is_text);
    text.or_else(|| part.as_str())
}

/// What the provider counted, and an estimate of what it did not.
pub(super) fn usage(value: &Value, request: &Request, text: &str) -> Usage {
    let counted = |names: &[&str]| {
        let usage = value.get("usage")?;
        let count = names.iter().find_map(|it| usage.get(*it)?.as_f64())?;
        // A float, as from servers that have no other numbers; it is cut to whole ones.
        (count >= 0.0).then_some(count as u64)
    };
    let prompt = counted(&["prompt_tokens", "input_tokens"]);
    let reply = counted(&["completion_tokens", "output_tokens"]);
    // Some count thoughts, which are paid for, in the total only.
    let beyond = counted(&["total_tokens"])
        .zip(prompt)
        .map(|it| it.0.saturating_sub(it.1));
    let reply = reply.map(|it| it.max(beyond.unwrap_or(0)));
    Usage {
        prompt_tokens: prompt.unwrap_or_else(|| prompt_tokens_of(request)),
        reply_tokens: reply.unwrap_or_else(|| tokens_of(text)),
        is_estimated: prompt.is_none() || reply.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::openai_tests::request;
    use super::*;

    fn read(message: Value, end: Value) -> Reply {
        let value = json!({ "choices": [{ "message": message, "finish_reason": end }] });
        reply(&value, &request(None), "asked-for").unwrap()
    }

    #[test]
    fn content_is_a_text_or_parts_and_thoughts_are_left_out() {
        let parts = json!([
            { "type": "thinking", "text": "hm" },
            { "type": "text", "text": "Node " },
            { "text": "5" },
            ".",
            { "type": "image_url" },
        ]);
        assert_eq!(read(json!({ "content": parts }), json!("stop")).text, "Node 5.");
        assert_eq!(read(json!({ "content": null }), json!("stop")).text, "");
        assert_eq!(read(json!({}), json!("stop")).text, "");
    }

    #[test]
    fn arguments_are_a_text_or_an_object_old_or_new() {
        let text = json!({ "arguments": "{\"a\":1}" });
        let object = json!({ "arguments": { "a": 1 } });
        for function in [text, object] {
            let new = json!({ "content": "", "tool_calls": [{ "function": function }] });
            let old = json!({ "function_call": function });
            assert_eq!(read(new, json!("tool_calls")).text, "{\"a\":1}");
            assert_eq!(read(old, json!("function_call")).text, "{\"a\":1}");
        }
        // Asked for a tool, answered in words.
        let words = json!({ "content": "I cannot", "tool_calls": [] });
        assert_eq!(read(words, json!("stop")).text, "I cannot");
    }

    #[test]
    fn reasons_to_end_have_many_names() {
        let ends = [
            (json!("stop"), Finish::Stop),
            (json!("end_turn"), Finish::Stop),
            (json!(null), Finish::Stop),
            (json!("length"), Finish::Length),
            (json!("MAX_TOKENS"), Finish::Length),
            (json!("SAFETY"), Finish::Filtered),
            (json!("mood"), Finish::Other("mood".to_owned())),
        ];
        for (word, finish) in ends {
            assert_eq!(read(json!({ "content": "x" }), word).finish, finish);
        }
        let refused = json!({ "content": null, "refusal": "I will not" });
        assert_eq!(read(refused, json!("stop")).finish, Finish::Filtered);
    }

    #[test]
    fn what_is_not_counted_is_estimated_and_said_to_be() {
        let request = request(None);
        let of = |counts: Value| usage(&json!({ "usage": counts }), &request, "twelve bytes");
        let counted = of(json!({ "prompt_tokens": 7.0, "output_tokens": 3 }));
        assert_eq!((counted.tokens(), counted.is_estimated), (10, false));
        for counts in [
            json!(null),
            json!({}),
            json!({ "prompt_tokens": -1, "completion_tokens": "3" }),
        ] {
            let estimated = of(counts);
            assert!(estimated.is_estimated);
            assert_eq!(estimated.prompt_tokens, prompt_tokens_of(&request));
            assert_eq!(estimated.reply_tokens, 4);
        }
        let half = of(json!({ "prompt_tokens": 7 }));
        assert_eq!(
            (half.prompt_tokens, half.reply_tokens, half.is_estimated),
            (7, 4, true)
        );
    }

    #[test]
    fn a_reply_without_a_choice_or_a_message_is_told() {
        let request = request(None);
        for value in [
            json!({}),
            json!({ "choices": [] }),
            json!([]),
            json!({ "choices": [{}] }),
        ] {
            assert!(reply(&value, &request, "m").is_err(), "{value}");
        }
        assert_eq!(read(json!({}), json!(null)).model, "asked-for");
    }
}
