//! Closeness, harmonic closeness and mean distance to all others.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Closeness`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClosenessConfig {
    /// Whether distance is the sum of edge weights instead of hops.
    pub weighted: bool,
}

impl Default for ClosenessConfig {
    fn default() -> Self {
        Self { weighted: false }
    }
}
