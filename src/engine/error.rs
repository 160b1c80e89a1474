//! What can go wrong with an execution, and what to do about it.

use super::budget::{exact_time, time};
use crate::algorithms::KernelError;
use crate::flow::Remedy;
use crate::model::size;
use crate::source::SourceError;

/// A failed execution. Messages complete the sentence "failed to run {template}: {error}".
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The graph could not be loaded.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The kernel gave no answer.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// It would not fit.
    #[error("it needs {} and the budget is {}; {hint}", size::needed(*.needed), size::allowed(*.budget))]
    Memory {
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
        /// The cheapest ways out.
        hint: String,
    },
    /// It would take too long.
    #[error("it takes about {} and the budget is {}; {hint}", time(*.needed_ms), exact_time(*.budget_ms))]
    Time {
        /// Milliseconds by the estimate.
        needed_ms: u64,
        /// Milliseconds allowed.
        budget_ms: u64,
        /// The cheapest ways out.
        hint: String,
    },
    /// A result table could not be written or read.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: String,
        /// What happened.
        reason: String,
    },
    /// A fact could not be computed.
    #[error("fact `{name}`: {reason}")]
    Fact {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The system refused threads.
    #[error("no kernel threads could be started ({reason}); ask for fewer with `--threads`")]
    Threads {
        /// What the system said.
        reason: String,
    },
    /// The kernel panicked: a defect of gaai.
    #[error("the kernel stopped at a defect: {reason}")]
    Defect {
        /// The panic message.
        reason: String,
    },
}

impl EngineError {
    /// What to do next.
    pub fn remedy(&self) -> Remedy {
        match self {
            EngineError::Kernel(KernelError::Cancelled) | EngineError::Source(SourceError::Cancelled) => {
                Remedy::Cancelled
            }
            EngineError::Source(SourceError::Defect { .. }) => Remedy::Defect,
            EngineError::Memory { .. }
            | EngineError::Time { .. }
            | EngineError::Threads { .. }
            | EngineError::Source(SourceError::Memory { .. }) => Remedy::Refused,
            EngineError::Table { .. } => Remedy::Mend,
            EngineError::Source(_) | EngineError::Kernel(_) | EngineError::Fact { .. } => Remedy::GiveUp,
            EngineError::Defect { .. } => Remedy::Defect,
        }
    }
}
