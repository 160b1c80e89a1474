//! Articulation points and bridges, with what each strands.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::registry::{Info, Inputs, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Articulation`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArticulationConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "articulation",
    aliases: &[],
    title: "Articulation points and bridges",
    summary: "Articulation points and bridges, with what each strands.",
    convention: "",
    source: "",
    parameters: &[],
    columns: &[],
    rows: None,
    summary_values: &[],
    needs_times: false,
    uses_weights: false,
};

impl ArticulationConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
pub fn work(_config: &ArticulationConfig, n: u64, m: u64) -> Work {
    Work {
        bytes: 8 * n,
        operations: n + m,
    }
}

/// Runs it.
pub fn run(
    _graph: &Csr,
    _config: &ArticulationConfig,
    _inputs: &Inputs,
    _control: &Control,
) -> Result<Outcome, KernelError> {
    Err(KernelError::NotApplicable {
        reason: "not written yet".to_owned(),
    })
}
