//! Weighted distance from the nearest source.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Sssp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SsspConfig {
    /// Where the search starts; at least one.
    pub sources: Vec<String>,
}

impl Default for SsspConfig {
    fn default() -> Self {
        Self { sources: Vec::new() }
    }
}
