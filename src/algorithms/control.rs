//! How a kernel is watched and stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Why a kernel gave no answer. Messages complete the sentence "failed to run …: {error}".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum KernelError {
    /// [`Control::cancel`] was called.
    #[error("the run was cancelled")]
    Cancelled,
    /// The algorithm is not defined on this input.
    #[error("{reason}")]
    NotApplicable {
        /// What about the input rules the algorithm out, and what to do instead.
        reason: String,
    },
    /// A weight below zero where the algorithm needs non-negative ones.
    #[error("the edge from vertex {from} to vertex {to} has the negative weight {weight}")]
    NegativeWeight {
        /// Where the edge starts.
        from: u32,
        /// Where the edge ends.
        to: u32,
        /// The weight.
        weight: f64,
    },
    /// A weight of zero where the algorithm needs positive ones.
    #[error("the edge from vertex {from} to vertex {to} weighs 0")]
    ZeroWeight {
        /// Where the edge starts.
        from: u32,
        /// Where the edge ends.
        to: u32,
    },
    /// A weight that is no probability where the algorithm takes weights for probabilities.
    #[error("the edge from vertex {from} to vertex {to} weighs {weight}, which is no probability")]
    NoProbability {
        /// Where the edge starts.
        from: u32,
        /// Where the edge ends.
        to: u32,
        /// The weight.
        weight: f64,
    },
    /// An edge that weighs less than the straight line between its ends, which would mislead a search.
    #[error(
        "the edge from vertex {from} to vertex {to} weighs {weight}, less than the {least} of its straight line"
    )]
    ShortEdge {
        /// Where the edge starts.
        from: u32,
        /// Where the edge ends.
        to: u32,
        /// The weight.
        weight: f64,
        /// The weight of its straight line.
        least: f64,
    },
    /// No algorithm has this name.
    #[error("no algorithm is called `{name}`; {}`gaai algo list` shows all", near_words(.near))]
    UnknownAlgorithm {
        /// The name asked for.
        name: String,
        /// Names that come near it, each of another algorithm.
        near: Vec<&'static str>,
    },
    /// The algorithm has no such parameter.
    #[error("{algorithm} has no parameter `{parameter}`; {}", known(.near))]
    UnknownParameter {
        /// Name of the algorithm.
        algorithm: &'static str,
        /// The parameter asked for.
        parameter: String,
        /// Names that come near it, or all.
        near: Vec<&'static str>,
    },
    /// A parameter outside its range.
    #[error("parameter `{parameter}` {problem}")]
    Parameter {
        /// Name of the parameter.
        parameter: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

fn near_words(near: &[&str]) -> String {
    match near {
        [] => String::new(),
        near => format!("names near it: {}; ", near.join(", ")),
    }
}

fn known(near: &[&str]) -> String {
    if near.is_empty() {
        "it has none".to_owned()
    } else {
        format!("there is {}", near.join(", "))
    }
}

/// Shared by a kernel and whoever watches it. Cloning gives another handle on the same run.
#[derive(Clone, Debug, Default)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
    total: Arc<AtomicU64>,
    #[cfg(test)]
    looks: Arc<looks::Looks>,
}

impl Control {
    /// Asks the kernel to stop; it answers [`KernelError::Cancelled`] within one block of work.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`Control::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// A handle on the same run whose progress nobody sees, for work that was not announced.
    pub(super) fn silent(&self) -> Self {
        Self {
            cancelled: Arc::clone(&self.cancelled),
            #[cfg(test)]
            looks: Arc::clone(&self.looks),
            ..Self::default()
        }
    }

    /// Kernels call this once per block of work (at most about 50 ms of it).
    pub fn check(&self) -> Result<(), KernelError> {
        #[cfg(test)]
        if self.looks.is_last() {
            self.cancel();
        }
        if self.is_cancelled() {
            Err(KernelError::Cancelled)
        } else {
            Ok(())
        }
    }

    /// Announces `units` more work units.
    pub fn expect(&self, units: u64) {
        self.total.fetch_add(units, Ordering::Relaxed);
    }

    /// Reports `units` work units as done.
    pub fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// Work units done and announced so far.
    pub fn progress(&self) -> (u64, u64) {
        (
            self.done.load(Ordering::Relaxed),
            self.total.load(Ordering::Relaxed),
        )
    }
}

#[cfg(test)]
#[path = "control_looks.rs"]
pub(super) mod looks;
