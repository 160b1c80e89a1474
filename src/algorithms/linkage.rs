//! Links vertices that share attribute values or out-neighbours.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Linkage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkageConfig {
    /// Shared items that link a pair, from 1.
    pub min_shared: u32,
    /// Items held by more vertices link nobody.
    pub max_holders: u32,
    /// Whether out-neighbours count as items (else only the projection's attributes do).
    pub through_edges: bool,
    /// Through edges: times of the two edges at most this far apart; 0 ignores time.
    pub window_ms: i64,
}

impl Default for LinkageConfig {
    fn default() -> Self {
        Self {
            min_shared: 1,
            max_holders: 50,
            through_edges: false,
            window_ms: 0,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "linkage",
    aliases: &[],
    title: "Linkage",
    summary: "Links vertices that share attribute values or out-neighbours.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl LinkageConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &LinkageConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &LinkageConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
