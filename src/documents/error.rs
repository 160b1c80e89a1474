//! What can go wrong with a document; messages complete the sentence "failed to …: {error}".

use std::path::PathBuf;

/// A document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Nothing stands at the path.
    #[error("there is no file or directory {}; check the path", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// A directory in which no file can be read as a document.
    #[error("the directory {} holds no .md or .txt file; name the brief itself, or put one there", path.display())]
    NoDocuments {
        /// The directory.
        path: PathBuf,
    },
    /// A file of a kind that is not read.
    #[error("{} is no document that can be read: .md and .txt are supported; save it as one of these", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
    },
    /// A file that the system does not give.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Bytes that are no text.
    #[error("{name} is not UTF-8: byte {offset} does not fit; save it as UTF-8")]
    NotUtf8 {
        /// The document.
        name: String,
        /// First byte that does not fit, from 0.
        offset: usize,
    },
    /// Nothing but white space.
    #[error("the brief is empty: {name} holds {bytes} bytes and no word; write down what is asked")]
    Empty {
        /// The document.
        name: String,
        /// Its length.
        bytes: u64,
    },
    /// More than is read.
    #[error("{name} has {bytes} bytes and at most {limit} are read; cut it down to the brief itself")]
    TooLarge {
        /// The document.
        name: String,
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}
