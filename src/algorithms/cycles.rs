//! Simple cycles up to a length.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

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

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "cycles",
    aliases: &[],
    title: "Cycles",
    summary: "Simple cycles up to a length.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl CyclesConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &CyclesConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &CyclesConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
