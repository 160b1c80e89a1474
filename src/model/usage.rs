//! What a request to a model took.

use serde::{Deserialize, Serialize};

/// Tokens of one or several requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the prompts.
    pub prompt_tokens: u64,
    /// Tokens of the replies.
    pub reply_tokens: u64,
    /// Whether some of them were estimated from lengths, because the provider did not say.
    pub is_estimated: bool,
}

impl Usage {
    /// Prompt and reply together.
    pub fn tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.reply_tokens)
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            reply_tokens: self.reply_tokens.saturating_add(other.reply_tokens),
            is_estimated: self.is_estimated || other.is_estimated,
        }
    }
}
