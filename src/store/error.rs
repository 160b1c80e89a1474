//! What can go wrong with the database.

/// A database that cannot be opened, written or read. Messages complete "failed to …: {error}".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be opened.
    #[error("{path} cannot be opened as a database: {reason}")]
    Open {
        /// The file.
        path: String,
        /// What the database said.
        reason: String,
    },
    /// Its tables cannot be brought up to date.
    #[error("the tables of `{room}` cannot be brought to version {version}: {reason}")]
    Migration {
        /// The room whose tables they are.
        room: String,
        /// The version.
        version: i64,
        /// What the database said.
        reason: String,
    },
    /// It was written by a later version of gaai.
    #[error(
        "the tables of `{room}` have version {found}, this gaai knows up to {known}; use a later gaai or delete the file"
    )]
    TooNew {
        /// The room whose tables they are.
        room: String,
        /// The version found.
        found: i64,
        /// The last version known.
        known: i64,
    },
    /// A statement failed.
    #[error("the database refused: {0}")]
    Refused(#[from] sqlx::Error),
}
