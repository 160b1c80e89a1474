//! Weighted distance from the nearest source.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Sssp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SsspConfig {
    /// Where the search starts; at least one.
    pub sources: Vec<String>,
}

impl Default for SsspConfig {
    fn default() -> Self {
        Self { sources: Vec::new() }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "sssp",
    aliases: &[],
    title: "Shortest paths",
    summary: "Weighted distance from the nearest source.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl SsspConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &SsspConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &SsspConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
