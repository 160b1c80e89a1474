//! Betweenness: how many shortest paths run through a vertex.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Betweenness`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BetweennessConfig {
    /// Source vertices sampled; 0 computes exactly.
    pub samples: u32,
    /// Seed of the sample.
    pub seed: u64,
    /// Whether path length is the sum of edge weights instead of hops.
    pub weighted: bool,
}

impl Default for BetweennessConfig {
    fn default() -> Self {
        Self {
            samples: 0,
            seed: 1,
            weighted: false,
        }
    }
}
