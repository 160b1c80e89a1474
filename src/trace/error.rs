//! What can go wrong with the event stream.

/// A journal that cannot be written or read. Messages complete "failed to keep the journal: {error}".
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be written or read.
    #[error("{path}: {reason}")]
    Io {
        /// The file.
        path: String,
        /// What the system said, and what to do.
        reason: String,
    },
    /// A record does not follow from the ones before.
    #[error("{path}, record {seq}: {reason}")]
    Broken {
        /// The file.
        path: String,
        /// Position of the record.
        seq: u64,
        /// What is wrong.
        reason: String,
    },
}
