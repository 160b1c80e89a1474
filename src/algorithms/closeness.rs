//! Closeness, harmonic closeness and mean distance to all others.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

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

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "closeness",
    aliases: &[],
    title: "Closeness",
    summary: "Closeness, harmonic closeness and mean distance to all others.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl ClosenessConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &ClosenessConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &ClosenessConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
