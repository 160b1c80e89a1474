//! How an endpoint is asked to keep to a form, and what it was found not to take.
//!
//! The ways stand in a row, the strictest first: a JSON Schema that the endpoint enforces, the same without
//! bounds (some endpoints refuse `maxLength`), a tool call, a JSON object, the prompt alone. A way that an
//! endpoint refuses is not tried again in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{LlmError, ShapeMode};

/// One way of asking for a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// `response_format: json_schema`.
    Schema,
    /// The same, without bounds of lengths and numbers.
    SchemaWithoutBounds,
    /// A tool whose parameters are the form.
    ToolCall,
    /// `response_format: json_object`; the form stands in the prompt.
    JsonObject,
    /// The form stands in the prompt only.
    Prompt,
}

impl Way {
    /// Its name in messages and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SchemaWithoutBounds => "json_schema without bounds",
            other => other.mode().as_str(),
        }
    }

    /// What the transport is told.
    pub fn mode(self) -> ShapeMode {
        match self {
            Self::Schema | Self::SchemaWithoutBounds => ShapeMode::JsonSchema,
            Self::ToolCall => ShapeMode::ToolCall,
            Self::JsonObject => ShapeMode::JsonObject,
            Self::Prompt => ShapeMode::Prompt,
        }
    }

    /// Whether the prompt has to say what the form is.
    pub fn is_in_prompt(self) -> bool {
        matches!(self, Self::JsonObject | Self::Prompt)
    }

    fn below(self, refused_bounds: bool) -> Option<Self> {
        match self {
            Self::Schema if refused_bounds => Some(Self::SchemaWithoutBounds),
            Self::Schema | Self::SchemaWithoutBounds => Some(Self::ToolCall),
            Self::ToolCall => Some(Self::JsonObject),
            Self::JsonObject => Some(Self::Prompt),
            Self::Prompt => None,
        }
    }
}

impl From<ShapeMode> for Way {
    fn from(mode: ShapeMode) -> Self {
        match mode {
            ShapeMode::JsonSchema => Self::Schema,
            ShapeMode::ToolCall => Self::ToolCall,
            ShapeMode::JsonObject => Self::JsonObject,
            ShapeMode::Prompt => Self::Prompt,
        }
    }
}

/// The way for each model, by its name. One value serves a whole process; models that were not probed begin
/// with the strictest.
#[derive(Debug, Default)]
pub struct Modes(Mutex<HashMap<String, Way>>);

impl Modes {
    /// The way to ask this model.
    pub fn of(&self, model: &str) -> Way {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(model).copied().unwrap_or(Way::Schema)
    }

    /// What a probe found: the strictest mode that the model keeps to.
    pub fn set(&self, model: &str, mode: ShapeMode) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(model.to_owned(), Way::from(mode));
    }

    /// The next way after `way` was refused, kept for later requests; `None` when there is none.
    pub(super) fn step_down(&self, model: &str, way: Way, error: &LlmError) -> Option<Way> {
        let below = way.below(refuses_bounds(error))?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = known.entry(model.to_owned()).or_insert(below);
        // A request beside this one may be further down already.
        *kept = (*kept).max(below);
        Some(below)
    }
}

/// Whether the endpoint refused how it was asked for the form, and not what it was asked.
pub(super) fn refuses_form(error: &LlmError) -> bool {
    const WORDS: [&str; 10] = [
        "response_format",
        "json_schema",
        "json_object",
        "response format",
        "schema",
        "grammar",
        "tool_choice",
        "tool choice",
        "tools",
        "function call",
    ];
    match error {
        LlmError::ShapeRefused { .. } => true,
        LlmError::Refused {
            status: 400 | 404 | 415 | 422 | 501,
            detail,
            ..
        } => {
            let detail = detail.to_lowercase();
            WORDS.iter().any(|it| detail.contains(it)) || refuses_bounds(error)
        }
        _ => false,
    }
}

/// Whether it refused a bound within the form.
fn refuses_bounds(error: &LlmError) -> bool {
    const KEYWORDS: [&str; 5] = ["maxLength", "minLength", "maxItems", "minItems", "uniqueItems"];
    // These stand in other refusals too ("maximum context length").
    const WORDS: [&str; 4] = ["maximum", "minimum", "pattern", "keyword"];
    let (LlmError::Refused { detail, .. } | LlmError::ShapeRefused { detail, .. }) = error else {
        return false;
    };
    let has = |words: &[&str]| words.iter().any(|it| detail.contains(it));
    has(&KEYWORDS) || (has(&["schema"]) && has(&WORDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, detail: &str) -> LlmError {
        LlmError::Refused {
            host: "localhost".to_owned(),
            status,
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn a_refusal_of_the_form_is_told_from_a_refusal_of_the_request() {
        assert!(refuses_form(&refused(
            400,
            "Invalid parameter: 'response_format' of type 'json_schema'"
        )));
        assert!(refuses_form(&refused(
            404,
            "No endpoints found that support tool use: tools"
        )));
        assert!(!refuses_form(&refused(400, "the model `gpt-x` does not exist")));
        assert!(!refuses_form(&refused(
            400,
            "maximum context length is 8192 tokens"
        )));
        assert!(!refuses_form(&refused(451, "response_format")));
        assert!(refuses_form(&LlmError::ShapeRefused {
            host: "localhost".to_owned(),
            mode: ShapeMode::ToolCall,
            detail: "in other words".to_owned(),
        }));
        let timeout = LlmError::Timeout {
            host: "schema".to_owned(),
            limit: std::time::Duration::from_secs(1),
        };
        assert!(!refuses_form(&timeout));
    }

    #[test]
    fn each_refusal_leads_one_way_down_and_is_remembered() {
        let modes = Modes::default();
        let plain = refused(400, "response_format is not supported");
        let bounds = refused(400, "Invalid schema: 'maxLength' is not permitted");
        assert_eq!(
            modes.step_down("a", Way::Schema, &bounds),
            Some(Way::SchemaWithoutBounds)
        );
        assert_eq!(modes.of("a"), Way::SchemaWithoutBounds);
        let mut way = modes.of("a");
        let mut seen = vec![way];
        while let Some(below) = modes.step_down("a", way, &plain) {
            way = below;
            seen.push(way);
        }
        assert_eq!(
            seen,
            [
                Way::SchemaWithoutBounds,
                Way::ToolCall,
                Way::JsonObject,
                Way::Prompt
            ]
        );
        assert_eq!(modes.step_down("a", Way::Schema, &plain), Some(Way::ToolCall));
        assert_eq!(modes.of("a"), Way::Prompt);
        assert_eq!(modes.of("b"), Way::Schema);
        modes.set("b", ShapeMode::JsonObject);
        assert_eq!(modes.of("b").mode(), ShapeMode::JsonObject);
    }
}
