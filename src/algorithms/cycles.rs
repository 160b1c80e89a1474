//! Simple cycles up to a length.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::Cycles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CyclesConfig {
    /// Shortest cycle listed, from 2 (3 when undirected).
    pub min_length: u32,
    /// Longest cycle listed, at most 12.
    pub max_length: u32,
    /// Cycles listed at most.
    pub max_cycles: u64,
}

impl Default for CyclesConfig {
    fn default() -> Self {
        Self {
            min_length: 2,
            max_length: 6,
            max_cycles: 100_000,
        }
    }
}
