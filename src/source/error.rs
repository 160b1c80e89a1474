//! What can go wrong with a source.

use crate::algorithms::Control;
use crate::model::size;

/// A source that cannot be read. Messages complete the sentence "failed to read the graph: {error}".
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SourceError {
    /// A file or directory cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said, and what to do.
        reason: String,
    },
    /// A file is not what it seems to be.
    #[error("{path}{}: {reason}", at_line(*line))]
    Malformed {
        /// The file.
        path: String,
        /// Line from 1; 0 when the fault is about the whole file.
        line: u64,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// No graph has this name.
    #[error("there is no graph `{name}`; {hint}")]
    Unknown {
        /// The name as given.
        name: String,
        /// Near names and what to do.
        hint: String,
    },
    /// The projection names what the graph does not have.
    #[error("{reason}")]
    Projection {
        /// What is missing, with near names.
        reason: String,
    },
    /// Its tables would not fit into memory.
    #[error(
        "{path}: reading it takes about {} and {} are allowed; allow more with `--budget-memory {}`, leave files or \
         columns out that the question does not need (`ignore` in graph.toml), or write numbers as numbers (Parquet)",
        size::needed(*.needed), size::allowed(*.budget), size::needed(*.needed)
    )]
    Memory {
        /// The file.
        path: String,
        /// Bytes that all tables up to this one would take.
        needed: u64,
        /// Bytes allowed.
        budget: u64,
    },
    /// The reader panicked: a defect of gaai.
    #[error("reading the graph stopped at a defect: {reason}")]
    Defect {
        /// The panic message.
        reason: String,
    },
    /// The user stopped it.
    #[error("the run was cancelled")]
    Cancelled,
}

/// Ends with [`SourceError::Cancelled`] once `control` was cancelled.
pub(super) fn check(control: &Control) -> Result<(), SourceError> {
    if control.is_cancelled() {
        return Err(SourceError::Cancelled);
    }
    Ok(())
}

fn at_line(line: u64) -> String {
    if line == 0 {
        return String::new();
    }
    format!(", line {line}")
}
