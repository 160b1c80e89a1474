//! The append-only journal of a run: `journal.jsonl`, one record a line, one write call a record.
//!
//! The file is locked for writing while it is open, so two processes cannot write one run. What a
//! killed process wrote stays: only a loss of power can lose records that were not synced, and how
//! many is the choice of [`Durability`].

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::TraceError;
use super::line;
use super::read::{JOURNAL, Reading, parse};
use super::sync::Syncer;
use super::{Clock, EventSink};
use crate::model::event::{Event, Record};

/// When records are forced to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Before the call that wrote it returns.
    Strict,
    /// 5 ms after it was written, or once 64 records wait for it; by a thread of its own.
    #[default]
    Batched,
    /// When the system pleases.
    None,
}

/// A journal open for writing.
pub struct Journal {
    path: PathBuf,
    clock: Clock,
    durability: Durability,
    inner: Mutex<Inner>,
    syncer: Option<Syncer>,
}

struct Inner {
    file: File,
    next_seq: u64,
    length: u64,
    last_ms: i64,
    /// Set once a record could not be written whole: what came after it would not follow.
    is_closed: bool,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Closing is not enough: a child that is just being started holds a copy of the file for a moment.
        let _ = self.file.unlock();
    }
}

impl Journal {
    /// Begins the journal of a new run in `run_directory`, which must exist and hold none.
    pub fn create(run_directory: &Path, durability: Durability, clock: Clock) -> Result<Self, TraceError> {
        Self::create_at(run_directory.join(JOURNAL), durability, clock)
    }

    /// Begins a journal at `path`, whose directory must exist. A file in which no record was written whole
    /// counts as none.
    pub fn create_at(path: PathBuf, durability: Durability, clock: Clock) -> Result<Self, TraceError> {
        let file = lock(&path, true)?;
        let bytes = std::fs::read(&path).map_err(|it| TraceError::io(&path, &it))?;
        if bytes.contains(&b'\n') {
            let path = path.display().to_string();
            return Err(TraceError::Exists { path });
        }
        file.set_len(0).map_err(|it| TraceError::io(&path, &it))?;
        if durability != Durability::None
            && let Some(directory) = path.parent()
        {
            // Without this a loss of power can take the whole file with it.
            sync_directory(directory).map_err(|it| TraceError::io(directory, &it))?;
        }
        Self::over(path, file, &Reading::<Event>::default(), durability, clock)
    }

    /// Takes up the journal of an earlier run and gives its records. A torn last line is cut off.
    pub fn reopen(
        run_directory: &Path,
        durability: Durability,
        clock: Clock,
    ) -> Result<(Self, Vec<Record>), TraceError> {
        Self::reopen_at(run_directory.join(JOURNAL), durability, clock)
    }

    /// The same for the journal at `path`.
    pub fn reopen_at<E: DeserializeOwned>(
        path: PathBuf,
        durability: Durability,
        clock: Clock,
    ) -> Result<(Self, Vec<Record<E>>), TraceError> {
        let file = lock(&path, false)?;
        let bytes = std::fs::read(&path).map_err(|it| TraceError::io(&path, &it))?;
        let reading = parse(&bytes, &path.display().to_string())?;
        if reading.torn > 0 {
            file.set_len(reading.kept)
                .map_err(|it| TraceError::io(&path, &it))?;
        }
        let journal = Self::over(path, file, &reading, durability, clock)?;
        Ok((journal, reading.records))
    }

    fn over<E>(
        path: PathBuf,
        file: File,
        reading: &Reading<E>,
        durability: Durability,
        clock: Clock,
    ) -> Result<Self, TraceError> {
        let syncer = match durability {
            Durability::Batched => {
                let handle = file.try_clone().map_err(|it| TraceError::io(&path, &it))?;
                Some(Syncer::start(handle).map_err(|it| TraceError::io(&path, &it))?)
            }
            Durability::Strict | Durability::None => None,
        };
        let inner = Inner {
            file,
            next_seq: reading.records.len() as u64,
            length: reading.kept,
            last_ms: reading.records.last().map_or(i64::MIN, |it| it.at_ms),
            is_closed: false,
        };
        Ok(Self {
            path,
            clock,
            durability,
            inner: Mutex::new(inner),
            syncer,
        })
    }

    /// Forces all records to the disk; call it once before the process ends.
    pub fn sync(&self) -> Result<(), TraceError> {
        self.lock().file.sync_data().map_err(|it| self.io(&it))
    }

    /// Writes an event down; returns once it is safe by the journal's durability.
    pub fn write<E: Serialize>(&self, event: &E) -> Result<(), TraceError> {
        let mut inner = self.lock();
        self.append(&mut inner, event)?;
        match (self.durability, &self.syncer) {
            (Durability::Strict, _) => inner.file.sync_data().map_err(|it| self.io(&it)),
            (_, Some(syncer)) => syncer.wrote().map_err(|it| self.io(&it)),
            (_, None) => Ok(()),
        }
    }

    fn append<E: Serialize>(&self, inner: &mut Inner, event: &E) -> Result<(), TraceError> {
        if inner.is_closed {
            return Err(self.io(&std::io::Error::other("an earlier record could not be written")));
        }
        let record = Record {
            seq: inner.next_seq,
            // A wall clock may be set back; what follows in the journal followed in time.
            at_ms: ((self.clock)() / 1000).max(inner.last_ms),
            event,
        };
        let line = line::write(&record).map_err(|it| self.io(&std::io::Error::other(it)))?;
        if let Err(error) = inner.file.write_all(line.as_bytes()) {
            inner.is_closed = true;
            // Half a line would be dropped when the journal is read; this only tidies up.
            let _ = inner.file.set_len(inner.length);
            return Err(self.io(&error));
        }
        inner.next_seq += 1;
        inner.length += line.len() as u64;
        inner.last_ms = record.at_ms;
        Ok(())
    }

    fn io(&self, error: &std::io::Error) -> TraceError {
        TraceError::io(&self.path, error)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic between two writes leaves whole records behind.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Journal {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        self.write(event)
    }
}

/// Whether a process has the journal at `path` open for writing; not if there is none.
///
/// # Errors
/// The file cannot be opened.
pub fn is_being_written(path: &Path) -> Result<bool, TraceError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        file => file.map_err(|it| TraceError::io(path, &it))?,
    };
    // Shared, and given back at once: two that look do not take each other for a writer.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(TraceError::io(path, &error)),
    }
}

/// Makes the names in `directory`, and its own, survive a loss of power.
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    File::open(directory)?.sync_all()?;
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Opens the file for appending and takes the right to write it.
fn lock(path: &Path, create: bool) -> Result<File, TraceError> {
    let file = OpenOptions::new()
        .append(true)
        .create(create)
        .open(path)
        .map_err(|it| TraceError::io(path, &it))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(TraceError::Busy {
            path: path.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(TraceError::io(path, &error)),
    }
}
