//! Cycles whose edges follow one another in time.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

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

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "temporal_cycles",
    aliases: &[],
    title: "Temporal cycles",
    summary: "Cycles whose edges follow one another in time.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: true,
    uses_weights: false,
};

impl TemporalCyclesConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &TemporalCyclesConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &TemporalCyclesConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
