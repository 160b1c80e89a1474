//! PageRank, with teleport to all vertices or to given sources.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

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

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "pagerank",
    aliases: &[],
    title: "PageRank",
    summary: "PageRank, with teleport to all vertices or to given sources.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl PagerankConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &PagerankConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &PagerankConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
