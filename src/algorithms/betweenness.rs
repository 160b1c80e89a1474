//! Betweenness: how many shortest paths run through a vertex.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

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

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "betweenness",
    aliases: &[],
    title: "Betweenness",
    summary: "Betweenness: how many shortest paths run through a vertex.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl BetweennessConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &BetweennessConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &BetweennessConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
