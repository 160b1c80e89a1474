//! PageRank, with teleport to all vertices or to given sources.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Pagerank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagerankConfig {
    /// Probability of following an edge, in 0..1.
    pub damping: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
    /// Vertices (`collection/key` or key) that teleport leads to; empty: all.
    pub sources: Vec<String>,
}

impl Default for PagerankConfig {
    fn default() -> Self {
        Self {
            damping: 0.85,
            tolerance: 1e-9,
            max_iterations: 100,
            sources: Vec::new(),
        }
    }
}
