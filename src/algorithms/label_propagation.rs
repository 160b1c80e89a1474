//! Communities by synchronous label propagation (CDLP).

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::LabelPropagation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelPropagationConfig {
    /// Rounds at most, from 1.
    pub max_iterations: u32,
}

impl Default for LabelPropagationConfig {
    fn default() -> Self {
        Self { max_iterations: 30 }
    }
}
