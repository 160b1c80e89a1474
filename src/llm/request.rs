//! What a model is asked and what it replies, in the terms of the chat completion protocol.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Allowance, Witness};
use crate::model::usage::Usage;

/// Who asks. It names the folder of the prompts and picks the model (`[models.findings]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Chooses or drafts a vertical.
    Vertical,
    /// Says what collections mean.
    Schema,
    /// Reads documents.
    Requirements,
    /// Proposes questions.
    UseCases,
    /// Chooses analyses.
    Templates,
    /// Writes findings.
    Findings,
    /// Writes the executive summary.
    Summary,
    /// Answers a step of a workflow.
    Workflow,
    /// Finds out what an endpoint can do.
    Probe,
}

impl Role {
    /// The roles that a run may ask, in the order of its stages.
    pub const ASKING: [Self; 7] = [
        Self::Vertical,
        Self::Schema,
        Self::Requirements,
        Self::UseCases,
        Self::Templates,
        Self::Findings,
        Self::Summary,
    ];

    /// Its name in settings, messages and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vertical => "vertical",
            Self::Schema => "schema",
            Self::Requirements => "requirements",
            Self::UseCases => "use_cases",
            Self::Templates => "templates",
            Self::Findings => "findings",
            Self::Summary => "summary",
            Self::Workflow => "workflow",
            Self::Probe => "probe",
        }
    }
}

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Sets the rules.
    System,
    /// Asks.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub text: String,
}

/// The form that a reply must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Name of the form, `[a-z0-9_]`, at most 64 bytes.
    pub name: String,
    /// JSON Schema (draft 2020-12) of the reply.
    pub schema: Value,
    /// How the endpoint is asked to keep to it.
    pub mode: ShapeMode,
}

/// How an endpoint is asked to keep to a form, the strictest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShapeMode {
    /// `response_format: json_schema`.
    #[default]
    JsonSchema,
    /// A tool whose parameters are the form.
    ToolCall,
    /// `response_format: json_object`; the form stands in the prompt.
    JsonObject,
    /// The form stands in the prompt only.
    Prompt,
}

impl ShapeMode {
    /// All modes, the strictest first.
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::ToolCall, Self::JsonObject, Self::Prompt];

    /// Its name in settings and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::ToolCall => "tool_call",
            Self::JsonObject => "json_object",
            Self::Prompt => "prompt",
        }
    }
}

/// One request to a model. Equal requests have equal recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub role: Role,
    /// Id and version of the prompt, e.g. `findings/write 1`.
    pub prompt: String,
    /// The conversation; the system's turn first.
    pub messages: Vec<Message>,
    /// The form of the reply; `None` for free text.
    pub shape: Option<Shape>,
    /// Tokens of the reply at most.
    pub max_tokens: u32,
    /// 0 is the least random.
    pub temperature: f64,
    /// Seed for endpoints that take one.
    pub seed: u64,
    /// Who is told what happens on the way; no part of what is asked.
    #[serde(skip)]
    pub witness: Witness,
    /// Who is asked before it is sent again; no part of what is asked.
    #[serde(skip)]
    pub allowance: Allowance,
}

/// Why a reply ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done.
    Stop,
    /// `max_tokens` was reached: the reply is cut.
    Length,
    /// The provider withheld it.
    Filtered,
    /// Anything else, in the provider's word.
    Other(String),
}

/// What a model replied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Its text; the arguments where a tool was called.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens that were paid for; none where the reply was kept from an earlier request.
    pub usage: Usage,
    /// Tokens that a kept reply took when it was made, and that were not paid for again.
    #[serde(default)]
    pub saved: Usage,
    /// What it cost in USD; `None` where nobody knows, or nobody asked. No part of what was replied.
    #[serde(skip)]
    pub cost_usd: Option<f64>,
    /// The model as the provider names it.
    pub model: String,
    /// The model that answered in place of the one that was asked, `PROVIDER/NAME`; `None`: that one itself.
    #[serde(skip)]
    pub stood_in: Option<String>,
}
