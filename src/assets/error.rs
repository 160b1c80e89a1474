//! What can go wrong with an asset; messages complete the sentence "failed to …: {error}".

use std::path::PathBuf;

/// An asset that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// Neither embedded nor in the override folder.
    #[error("there is no asset `{path}`; near names: {}", near.join(", "))]
    Unknown {
        /// The path asked for.
        path: String,
        /// Up to three assets with near names.
        near: Vec<String>,
    },
    /// A file of the override folder that cannot be read.
    #[error("cannot read {}: {reason}; mend or delete it, and the embedded one is used", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A text asset whose bytes are not UTF-8.
    #[error("asset `{path}` is not UTF-8 from byte {offset} on; save it as UTF-8")]
    NotUtf8 {
        /// The path.
        path: String,
        /// First byte that does not fit.
        offset: usize,
    },
}
