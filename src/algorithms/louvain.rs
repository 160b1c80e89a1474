//! Communities by modularity (Louvain).

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Louvain`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LouvainConfig {
    /// Above 1 gives smaller communities, below 1 larger; above 0.
    pub resolution: f64,
    /// Aggregation levels at most, from 1.
    pub max_levels: u32,
}

impl Default for LouvainConfig {
    fn default() -> Self {
        Self {
            resolution: 1.0,
            max_levels: 20,
        }
    }
}
