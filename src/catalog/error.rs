//! What can go wrong with the catalog.

use crate::store::StoreError;
use crate::trace::TraceError;

/// A catalog that cannot be written or read. Messages complete "failed to keep the catalog: {error}".
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The journal of a run.
    #[error("{0}")]
    Trace(#[from] TraceError),
    /// A directory cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The directory.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A row holds what this version does not know.
    #[error("run {run}: {reason}; delete the catalog file and rebuild it from the journals")]
    Foreign {
        /// The run.
        run: String,
        /// What is wrong.
        reason: String,
    },
    /// Nothing of this name is known.
    #[error("there is no {what} `{name}`; {hint}")]
    Unknown {
        /// `run` or `finding`.
        what: &'static str,
        /// The name as given.
        name: String,
        /// What there is, or what to do.
        hint: String,
    },
}
