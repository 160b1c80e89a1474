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
    /// Another process writes the same run.
    #[error("{path} is being written by another process; wait for that run or choose another directory")]
    Busy {
        /// The file.
        path: String,
    },
    /// The directory holds a run already.
    #[error("{path} holds a run already; resume it or choose another directory")]
    Exists {
        /// The file.
        path: String,
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

impl TraceError {
    /// An error of the system at `path`, with what to do about it.
    pub(super) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        let advice = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "; free some space, then resume the run"
            }
            std::io::ErrorKind::NotFound => "; no run was recorded there",
            std::io::ErrorKind::PermissionDenied => "; check who owns the directory",
            _ => "",
        };
        TraceError::Io {
            path: path.display().to_string(),
            reason: format!("{error}{advice}"),
        }
    }
}
