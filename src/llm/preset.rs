//! What is known of the providers that speak the chat completion protocol, as data.
//!
//! A preset says where an endpoint is, how it takes its key and which of the protocol's optional parts it
//! has. Nothing here makes a request, and a preset alone makes none possible: a model is named by a person.

use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::LlmError;
use super::request::ShapeMode;

/// How a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// `api-key: KEY`.
    ApiKey,
}

/// The field that limits the tokens of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitField {
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`: it also covers what the model thinks and does not show.
    MaxCompletionTokens,
}

impl LimitField {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// One provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// What people call it, in lower case: the `PROVIDER` of `PROVIDER/NAME`.
    pub name: &'static str,
    /// Where it is; `None` where each account or machine has its own.
    pub base_url: Option<&'static str>,
    /// Variables that may hold the key, the first that is set counts.
    pub key_variables: &'static [&'static str],
    /// Whether nothing works without a key.
    pub needs_key: bool,
    /// How the key is sent.
    pub key_header: KeyHeader,
    /// The strictest way to ask for a form that it is known to honour.
    pub shape: ShapeMode,
    /// The model when only the provider was named; `None` where there is no usual one.
    pub default_model: Option<&'static str>,
    /// How the length of a reply is limited.
    pub limit: LimitField,
    /// The field of the seed; `None` where there is none.
    pub seed: Option<&'static str>,
}

/// What most have in common.
const USUAL: Preset = Preset {
    name: "custom",
    base_url: None,
    key_variables: &["CUSTOM_API_KEY", "LLM_API_KEY"],
    needs_key: false,
    key_header: KeyHeader::Bearer,
    shape: ShapeMode::JsonSchema,
    default_model: None,
    limit: LimitField::MaxTokens,
    seed: Some("seed"),
};

/// All presets, in the order in which they are listed to people.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "openai",
        base_url: Some("https://api.openai.com/v1"),
        key_variables: &["OPENAI_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("gpt-4.1-mini"),
        limit: LimitField::MaxCompletionTokens,
        ..USUAL
    },
    Preset {
        name: "openrouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        key_variables: &["OPENROUTER_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("google/gemini-2.5-flash"),
        ..USUAL
    },
    Preset {
        name: "anthropic",
        base_url: Some("https://api.anthropic.com/v1"),
        key_variables: &["ANTHROPIC_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        // Its endpoint for this protocol takes `response_format` and `seed` and ignores both.
        shape: ShapeMode::ToolCall,
        default_model: Some("claude-sonnet-4-5"),
        seed: None,
        ..USUAL
    },
    Preset {
        name: "gemini",
        base_url: Some("https://generativelanguage.googleapis.com/v1beta/openai"),
        key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("gemini-2.5-flash"),
        seed: None,
        ..USUAL
    },
    Preset {
        name: "groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        key_variables: &["GROQ_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("openai/gpt-oss-120b"),
        limit: LimitField::MaxCompletionTokens,
        ..USUAL
    },
    Preset {
        name: "mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        key_variables: &["MISTRAL_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("mistral-small-latest"),
        seed: Some("random_seed"),
        ..USUAL
    },
    Preset {
        name: "deepseek",
        base_url: Some("https://api.deepseek.com/v1"),
        key_variables: &["DEEPSEEK_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        shape: ShapeMode::ToolCall,
        default_model: Some("deepseek-chat"),
        seed: None,
        ..USUAL
    },
    Preset {
        name: "together",
        base_url: Some("https://api.together.xyz/v1"),
        key_variables: &["TOGETHER_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        default_model: Some("meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ..USUAL
    },
    Preset {
        name: "azure",
        // `https://RESOURCE.openai.azure.com/openai/v1`; the model is the name of the deployment.
        base_url: None,
        key_variables: &["AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "LLM_API_KEY"],
        needs_key: true,
        key_header: KeyHeader::ApiKey,
        limit: LimitField::MaxCompletionTokens,
        ..USUAL
    },
    Preset {
        name: "ollama",
        base_url: Some("http://127.0.0.1:11434/v1"),
        key_variables: &["OLLAMA_API_KEY"],
        default_model: Some("llama3.1"),
        ..USUAL
    },
    Preset {
        name: "vllm",
        base_url: Some("http://127.0.0.1:8000/v1"),
        key_variables: &["VLLM_API_KEY"],
        ..USUAL
    },
    Preset {
        name: "llamacpp",
        base_url: Some("http://127.0.0.1:8080/v1"),
        key_variables: &["LLAMACPP_API_KEY"],
        // The server has one model and does not look at the name.
        default_model: Some("default"),
        ..USUAL
    },
    Preset {
        name: "lmstudio",
        base_url: Some("http://127.0.0.1:1234/v1"),
        key_variables: &["LMSTUDIO_API_KEY"],
        ..USUAL
    },
    USUAL,
];

impl Preset {
    /// The preset of that name; capitals do not matter.
    ///
    /// # Errors
    /// [`LlmError::Setting`] with the nearest names.
    pub fn find(name: &str) -> Result<&'static Self, LlmError> {
        let wanted = name.to_ascii_lowercase();
        if let Some(found) = PRESETS.iter().find(|it| it.name == wanted) {
            return Ok(found);
        }
        let known: Vec<_> = PRESETS.iter().map(|it| it.name).collect();
        let near = known
            .iter()
            .map(|it| (strsim::jaro_winkler(it, &wanted), it))
            .filter(|it| it.0 > 0.7)
            .max_by(|one, two| one.0.total_cmp(&two.0));
        let hint = near.map_or_else(String::new, |it| format!(" (did you mean `{}`?)", it.1));
        let shown: String = name.chars().filter(|it| !it.is_control()).take(40).collect();
        let known = known.join(", ");
        Err(LlmError::Setting(format!(
            "there is no provider `{shown}`{hint}; known are {known}"
        )))
    }
}

/// A model as people name it: `PROVIDER/NAME`. The name may hold slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct ModelName {
    provider: &'static str,
    name: String,
}

/// Bytes of a model's name at most.
const LONGEST_NAME: usize = 200;

impl ModelName {
    /// The model `name` of `preset`.
    ///
    /// # Errors
    /// [`LlmError::Setting`] when the name is empty, longer than 200 bytes or holds spaces or control
    /// characters.
    pub fn new(preset: &'static Preset, name: &str) -> Result<Self, LlmError> {
        let name = name.trim();
        let problem = if name.is_empty() {
            "is empty"
        } else if name.len() > LONGEST_NAME {
            "is longer than 200 bytes"
        } else if name.chars().any(|it| it.is_control() || it.is_whitespace()) {
            "holds spaces or control characters"
        } else {
            return Ok(Self {
                provider: preset.name,
                name: name.to_owned(),
            });
        };
        let provider = preset.name;
        Err(LlmError::Setting(format!(
            "the name of the model {problem}; write {provider}/NAME"
        )))
    }

    /// The provider's name.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// The model's name at the provider.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for ModelName {
    type Err = LlmError;

    fn from_str(text: &str) -> Result<Self, LlmError> {
        let text = text.trim();
        let (provider, name) = text.split_once('/').unwrap_or((text, ""));
        let preset = Preset::find(provider)?;
        match (name, preset.default_model) {
            ("", Some(usual)) if !text.contains('/') => Self::new(preset, usual),
            _ => Self::new(preset, name),
        }
    }
}

impl<'de> Deserialize<'de> for ModelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<ModelName>().unwrap_err().to_string()
    }

    #[test]
    fn the_name_may_hold_slashes() {
        let model: ModelName = "openrouter/google/gemini-2.5-flash".parse().unwrap();
        assert_eq!(model.provider(), "openrouter");
        assert_eq!(model.name(), "google/gemini-2.5-flash");
        assert_eq!(model.to_string(), "openrouter/google/gemini-2.5-flash");
    }

    #[test]
    fn a_provider_alone_means_its_usual_model() {
        assert_eq!("llamacpp".parse::<ModelName>().unwrap().name(), "default");
        assert!(refusal("vllm").contains("write vllm/NAME"));
        assert!(refusal("openai/").contains("is empty"));
    }

    #[test]
    fn a_misspelt_provider_is_told_the_nearest() {
        assert!(refusal("opnai/gpt").contains("did you mean `openai`?"));
        assert!(refusal("lama.cpp/x").contains("did you mean `llamacpp`?"));
        assert!(!refusal("zzz/x").contains("did you mean"));
        assert!(refusal("zzz/x").contains("; known are openai, openrouter"));
    }

    #[test]
    fn control_characters_are_neither_accepted_nor_shown() {
        assert!(refusal("openai/gpt\nX-Header: 1").contains("control characters"));
        assert!(!refusal("bad\u{1b}[31m/x").contains('\u{1b}'));
    }

    #[test]
    fn names_are_unique_and_local_ones_are_on_loopback_without_a_key() {
        let names: BTreeSet<_> = PRESETS.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), PRESETS.len());
        for preset in PRESETS {
            let url = preset.base_url.unwrap_or("https://");
            assert_eq!(url.starts_with("http://127.0.0.1:"), !url.starts_with("https://"));
            assert_eq!(
                preset.needs_key,
                !matches!(preset.name, "custom") && url.starts_with("https://")
            );
            let usual = format!("{}_API_KEY", preset.name.to_uppercase());
            assert_eq!(preset.key_variables[0], usual);
        }
    }

    #[test]
    fn model_names_survive_json() {
        let model: ModelName = "groq/openai/gpt-oss-120b".parse().unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<ModelName>(&text).unwrap(), model);
    }
}
