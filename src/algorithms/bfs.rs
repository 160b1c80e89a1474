//! Hops from the nearest source.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Bfs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BfsConfig {
    /// Where the search starts; at least one.
    pub sources: Vec<String>,
}

impl Default for BfsConfig {
    fn default() -> Self {
        Self { sources: Vec::new() }
    }
}
