//! Cycles whose edges follow one another in time.

use serde::{Deserialize, Serialize};

/// Parameters of [`super::Algorithm::TemporalCycles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TemporalCyclesConfig {
    /// Shortest cycle listed, from 2.
    pub min_length: u32,
    /// Longest cycle listed, at most 12.
    pub max_length: u32,
    /// First to last edge at most, in milliseconds.
    pub window_ms: i64,
    /// Least weight over greatest weight of a cycle, 0..=1; 0 accepts all.
    pub weight_ratio: f64,
    /// Cycles listed at most.
    pub max_cycles: u64,
}

impl Default for TemporalCyclesConfig {
    fn default() -> Self {
        Self {
            min_length: 3,
            max_length: 6,
            window_ms: 259_200_000,
            weight_ratio: 0.0,
            max_cycles: 100_000,
        }
    }
}
