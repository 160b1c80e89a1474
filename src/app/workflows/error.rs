//! Why a command about workflows cannot be done. Messages complete the sentence "failed to …: {error}".

use std::io;
use std::path::Path;

use crate::trace::TraceError;
use crate::workflow::definition::Faults;
use crate::workflow::run::RunError;

/// See the module. How a run ended is no such error.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// A file is no valid workflow.
    #[error(transparent)]
    Faulty(#[from] Faults),
    /// What was asked for cannot be done.
    #[error("{0}")]
    Invalid(String),
    /// The run could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A journal cannot be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// A file cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
}

impl WorkflowError {
    pub(super) fn file(path: &Path, error: &io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: error.to_string(),
        }
    }
}
