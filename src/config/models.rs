//! `[models]` of the project file: which language models are asked, and within which limits. Keys stand in the
//! environment only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::llm::Role;

/// The `[models]` table; without `default` and without a role's model none is asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSettings {
    /// The model of every role that has none of its own, `PROVIDER/NAME`.
    pub default: Option<String>,
    /// Models asked, in order, when another is down.
    pub fallbacks: Vec<String>,
    /// Where the provider is instead of where its preset says.
    pub base_url: Option<String>,
    /// Whether plain HTTP may leave this machine.
    pub allow_plain_http: bool,
    /// USD that the requests of a run may cost together.
    pub budget_usd: Option<f64>,
    /// Tokens that the requests of a run may take together.
    pub budget_tokens: Option<u64>,
    /// File of prices that go before the ones that gaai knows, relative to the project file.
    pub prices: Option<PathBuf>,
    /// Whether keys and texts of the data are replaced by pseudonyms before they leave.
    pub redact: bool,
    /// Requests at once.
    pub concurrency: Option<usize>,
    /// Requests a minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens a minute.
    pub tokens_per_minute: Option<u64>,
    /// Time for one attempt, e.g. `60s`.
    pub timeout: Option<String>,
    /// Chooses or drafts a vertical.
    pub vertical: Option<RoleSetting>,
    /// Says what collections mean.
    pub schema: Option<RoleSetting>,
    /// Reads documents.
    pub requirements: Option<RoleSetting>,
    /// Proposes questions.
    pub use_cases: Option<RoleSetting>,
    /// Chooses analyses.
    pub templates: Option<RoleSetting>,
    /// Writes findings.
    pub findings: Option<RoleSetting>,
    /// Writes the executive summary.
    pub summary: Option<RoleSetting>,
}

/// A `[models.ROLE]` table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSetting {
    /// `PROVIDER/NAME`.
    pub model: String,
}

impl ModelSettings {
    /// The models of single roles.
    pub fn roles(&self) -> BTreeMap<Role, String> {
        let all = [
            (Role::Vertical, &self.vertical),
            (Role::Schema, &self.schema),
            (Role::Requirements, &self.requirements),
            (Role::UseCases, &self.use_cases),
            (Role::Templates, &self.templates),
            (Role::Findings, &self.findings),
            (Role::Summary, &self.summary),
        ];
        let set = all
            .into_iter()
            .filter_map(|(role, it)| Some((role, it.as_ref()?.model.clone())));
        set.collect()
    }
}
