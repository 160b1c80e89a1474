//! A model that never sees the values of a graph: names go out, values come back.
//!
//! Replaced are the blocks of data in prompts, the choices of a form, what the model itself wrote before, and
//! what it is told about that. Our own words are left as they are. Replies are restored before anybody reads
//! them. A cache or a recorder around this one holds values and serves runs with any salt; within this one it
//! holds names, and serves a run with the same salt only.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::data::{Piece, pieces, quoted_json};
use super::extract::{Top, extract};
use super::{LlmError, Message, Model, Pseudonyms, Reply, Request, Speaker};

/// A model that is asked about names.
pub struct Redacted {
    inner: Arc<dyn Model>,
    names: Arc<Pseudonyms>,
}

impl Redacted {
    /// Asks `inner` with these names in place of values.
    pub fn new(inner: Arc<dyn Model>, names: Arc<Pseudonyms>) -> Self {
        Self { inner, names }
    }

    fn redacted(&self, request: &Request) -> Request {
        let mut redacted = request.clone();
        let mut has_answered = false;
        for message in &mut redacted.messages {
            has_answered |= message.speaker == Speaker::Assistant;
            message.text = self.redacted_turn(message, has_answered);
        }
        if let Some(shape) = &mut redacted.shape {
            shape.schema = self.redacted_form(&shape.schema);
        }
        redacted
    }

    /// The prompt's own turns are ours but for their blocks. From the first reply on, a turn says what the
    /// model wrote, or repeats choices.
    fn redacted_turn(&self, message: &Message, has_answered: bool) -> String {
        if !has_answered {
            return pieces(&message.text)
                .into_iter()
                .map(|it| self.redacted_piece(it))
                .collect();
        }
        match serde_json::from_str(&message.text) {
            Ok(value) => self.names.redact_json(&value).to_string(),
            Err(_) => self.redacted_prose(&message.text),
        }
    }

    /// Prose in which values stand as they are, or quoted as JSON with escapes.
    fn redacted_prose(&self, text: &str) -> String {
        let mut out = String::new();
        let mut plain = text;
        let mut from = 0;
        while let Some(found) = plain[from..].find('"') {
            let start = from + found;
            let mut strings = serde_json::Deserializer::from_str(&plain[start..]).into_iter::<String>();
            if let Some(Ok(quoted)) = strings.next() {
                let end = start + strings.byte_offset();
                out.push_str(&self.names.redact(&plain[..start]));
                out.push_str(&Value::from(self.names.redact(&quoted)).to_string());
                plain = &plain[end..];
                from = 0;
            } else {
                from = start + 1;
            }
        }
        out + &self.names.redact(plain)
    }

    fn redacted_piece(&self, piece: Piece<'_>) -> String {
        match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Form(json) => match serde_json::from_str(json) {
                Ok(form) => quoted_json(&self.redacted_form(&form)),
                Err(_) => self.names.redact(json),
            },
            Piece::Data(json) => match serde_json::from_str(json) {
                Ok(Value::Array(items)) if json.contains('\n') => {
                    let lines: Vec<String> = items
                        .iter()
                        .map(|it| quoted_json(&self.names.redact_json(it)))
                        .collect();
                    format!("[\n{}\n]", lines.join(",\n"))
                }
                Ok(value) => quoted_json(&self.names.redact_json(&value)),
                Err(_) => self.names.redact(json),
            },
        }
    }

    /// A form with names among its choices; its own words stay.
    fn redacted_form(&self, form: &Value) -> Value {
        match form {
            Value::Object(fields) => {
                let changed = fields.iter().map(|(keyword, value)| {
                    let value = match (keyword.as_str(), value) {
                        ("enum", Value::Array(_)) | ("const", Value::String(_)) => {
                            self.names.redact_json(value)
                        }
                        _ => self.redacted_form(value),
                    };
                    (keyword.clone(), value)
                });
                Value::Object(changed.collect::<Map<_, _>>())
            }
            Value::Array(items) => items.iter().map(|it| self.redacted_form(it)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => form.clone(),
        }
    }

    /// A reply of a form is restored within its JSON, since a value may need escapes there; what is no JSON,
    /// and free text, as it stands.
    fn restored(&self, request: &Request, text: &str) -> String {
        let form = request.shape.as_ref().map(|it| &it.schema);
        match form.map(|it| extract(text, Top::of(it))) {
            Some(Ok(value)) => self.names.restore_json(&value).to_string(),
            Some(Err(_)) | None => self.names.restore(text),
        }
    }
}

impl Model for Redacted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let reply = self.inner.ask(&self.redacted(request)).await?;
            let text = self.restored(request, &reply.text);
            Ok(Reply { text, ..reply })
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::llm::scripted::{Scripted, says};
    use crate::llm::{Data, Modes, Narrow, Question, Role, ShapeMode, answer, request_hash};

    #[derive(Debug, Deserialize, JsonSchema, garde::Validate)]
    struct Pick {
        #[garde(length(max = 80))]
        who: String,
    }

    const HOSTILE: &str = "anna \"the\" <b>\\";

    fn values() -> Vec<String> {
        ["alice", HOSTILE, "bob & sons", "Pick"]
            .map(str::to_owned)
            .to_vec()
    }

    fn question() -> Question<'static, Pick> {
        let data = Data::list(
            "people",
            [
                json!({"who": "alice"}),
                json!({"who": HOSTILE, "note": "bob & sons, Ltd"}),
            ],
            500,
        );
        let turn = |speaker, text: String| Message { speaker, text };
        Question {
            role: Role::Findings,
            prompt: "findings/pick 1".to_owned(),
            messages: vec![
                turn(Speaker::System, "Pick one.".to_owned()),
                turn(Speaker::User, format!("People:\n{}\nWho?", data.unwrap().text())),
            ],
            form: "pick",
            narrow: vec![Narrow::Choices {
                pointer: "/properties/who".to_owned(),
                words: vec![HOSTILE.to_owned(), "alice".to_owned()],
            }],
            max_tokens: 100,
            most_tokens: 100,
            less: None,
            temperature: 0.0,
            seed: 0,
            check: None,
            told: None,
        }
    }

    /// Asks about the hostile value, gets nonsense first, and returns what the model saw.
    async fn asked(mode: ShapeMode) -> (Vec<Request>, Pick) {
        let names = Arc::new(Pseudonyms::for_values(values(), "salt"));
        let (own, known) = (names.redact(HOSTILE), names.clone());
        let model = Arc::new(Scripted::by("test/x", move |request| {
            let wrong = known.redact("bob & sons");
            let who = if request.messages.len() > 2 { &own } else { &wrong };
            says(format!("Here: {{\"who\": \"{who}\"}}"))
        }));
        let redacted = Redacted::new(model.clone(), names);
        let modes = Modes::default();
        modes.set("test/x", mode);
        let answered = answer(&redacted, &question(), &modes).await.unwrap();
        (model.asked(), answered.value)
    }

    #[tokio::test]
    async fn no_value_leaves_and_every_value_comes_back() {
        for mode in [
            ShapeMode::JsonSchema,
            ShapeMode::ToolCall,
            ShapeMode::JsonObject,
            ShapeMode::Prompt,
        ] {
            let (seen, pick) = asked(mode).await;
            assert_eq!(pick.who, HOSTILE);
            assert_eq!(seen.len(), 2);
            let secret = Pseudonyms::for_values(values().iter().filter(|it| *it != "Pick"), "salt");
            for request in &seen {
                let text = serde_json::to_string(request).unwrap();
                assert_eq!(secret.left_in(&text), Vec::<&str>::new(), "{mode:?}");
                for part in ["anna", "alice", "sons"] {
                    assert!(!text.contains(part), "{mode:?}: {part} in {text}");
                }
            }
            assert!(
                seen[0].messages[0].text.starts_with("Pick one."),
                "our own words stay"
            );
        }
    }

    #[tokio::test]
    async fn equal_requests_stay_equal() {
        let (one, other) = (asked(ShapeMode::Prompt).await.0, asked(ShapeMode::Prompt).await.0);
        assert_eq!(request_hash(&one[1]), request_hash(&other[1]));
    }
}
