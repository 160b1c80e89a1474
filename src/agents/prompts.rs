//! The prompt files of all agents, read once.

use std::collections::BTreeMap;

use crate::assets::Assets;
use crate::llm::{Filling, LlmError, Prompt, Rendered};
use crate::model::id::ContentHash;

/// The prompts by id.
#[derive(Clone, Debug, Default)]
pub struct Prompts(BTreeMap<String, Prompt>);

impl Prompts {
    /// All prompts among `assets`.
    ///
    /// # Errors
    ///
    /// The first file that cannot be read or used, with its line, or whose id is not its path.
    pub fn load(assets: &Assets) -> Result<Self, String> {
        let mut prompts = BTreeMap::new();
        for path in assets.list("prompts/") {
            let Some(id) = path
                .strip_prefix("prompts/")
                .and_then(|it| it.strip_suffix(".md"))
            else {
                continue;
            };
            if id == "README" {
                continue;
            }
            let text = assets.text(&path).map_err(|error| error.to_string())?;
            let prompt = Prompt::parse(&path, &text).map_err(|error| error.to_string())?;
            if prompt.id != id {
                return Err(format!(
                    "{path}: its id is `{}`; write `{id}`, as its path says",
                    prompt.id
                ));
            }
            prompts.insert(id.to_owned(), prompt);
        }
        Ok(Self(prompts))
    }

    /// The prompt `id`, filled.
    ///
    /// # Errors
    ///
    /// A prompt that is not there, or values that are not its variables.
    pub fn fill(&self, id: &str, values: Vec<(&'static str, Filling)>) -> Result<Rendered, LlmError> {
        let prompt = self
            .0
            .get(id)
            .ok_or_else(|| LlmError::Setting(format!("there is no prompt `{id}` under prompts/")))?;
        prompt
            .render(values)
            .map_err(|error| LlmError::Setting(error.to_string()))
    }

    /// About how many tokens the prompt `id` takes before it is filled; 0 where it is not there.
    pub fn tokens(&self, id: &str) -> u64 {
        self.0.get(id).map_or(0, Prompt::tokens)
    }

    /// Id with version, and hash, of every prompt.
    pub fn hashes(&self) -> impl Iterator<Item = (String, &ContentHash)> {
        self.0
            .values()
            .map(|it| (format!("{} {}", it.id, it.version), &it.hash))
    }
}
