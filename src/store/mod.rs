//! What is kept on disk: files written whole, and the SQL pool and migrations of the rooms that keep
//! tables.
//!
//! SQLite in WAL mode: one writer and any number of readers, over processes too. What is kept here
//! is a cache of journals, so a commit need not survive a loss of power (`synchronous = NORMAL`).

mod error;
mod migrate;
mod whole;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub use error::StoreError;
pub use migrate::{Migration, migrate};
pub use whole::{PART, advice, write_whole};

/// How long a writer waits for another process's.
const BUSY: Duration = Duration::from_secs(10);

/// The pool over the database file at `path`, which is created with its directory if need be.
pub async fn open(path: &Path) -> Result<SqlitePool, StoreError> {
    let refused = |reason: String| StoreError::Open {
        path: path.display().to_string(),
        reason,
    };
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|it| refused(it.to_string()))?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY);
    let pool = SqlitePoolOptions::new().max_connections(4);
    pool.connect_with(options)
        .await
        .map_err(|it| refused(it.to_string()))
}

/// A pool over a database in memory that lives as long as the pool; for tests.
pub async fn in_memory() -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
    // Each connection would see a database of its own, and one that idles away would take it along.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    Ok(pool.connect_with(options).await?)
}
