//! Reads a journal back.
//!
//! A last line without its end, or of zeros only, is what a crash leaves: it was never acted on, so it is dropped.
//! Any other fault means that the file was altered, and is an error.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::error::TraceError;
use super::line;
use crate::model::event::{Event, Record};

/// Name of the journal within a run's directory.
pub const JOURNAL: &str = "journal.jsonl";

/// What a journal holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading<E = Event> {
    /// The records in order.
    pub records: Vec<Record<E>>,
    /// Bytes that they take from the start of the file.
    pub kept: u64,
    /// Bytes of a torn last line behind them.
    pub torn: u64,
}

impl<E> Default for Reading<E> {
    fn default() -> Self {
        Self {
            records: Vec::new(),
            kept: 0,
            torn: 0,
        }
    }
}

/// The records of the run in `run_directory`.
pub fn read(run_directory: &Path) -> Result<Vec<Record>, TraceError> {
    read_journal(&run_directory.join(JOURNAL))
}

/// The records of the journal at `path`.
pub fn read_journal<E: DeserializeOwned>(path: &Path) -> Result<Vec<Record<E>>, TraceError> {
    let bytes = fs::read(path).map_err(|it| TraceError::io(path, &it))?;
    Ok(parse(&bytes, &path.display().to_string())?.records)
}

/// The records in `bytes`; `path` names them in errors.
pub fn parse<E: DeserializeOwned>(bytes: &[u8], path: &str) -> Result<Reading<E>, TraceError> {
    let mut reading = Reading::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let seq = reading.records.len() as u64;
        let end = rest.iter().position(|it| *it == b'\n');
        let (line, behind) = rest.split_at(end.map_or(rest.len(), |it| it + 1));
        match whole(line, seq) {
            Ok(record) => reading.records.push(record),
            // The write that the crash interrupted; a file system may have kept its length only.
            Err(_) if end.is_none() || rest.iter().all(|it| *it == 0) => {
                reading.torn = line.len() as u64;
                return Ok(reading);
            }
            Err(reason) => {
                let path = path.to_owned();
                return Err(TraceError::Broken { path, seq, reason });
            }
        }
        reading.kept += line.len() as u64;
        rest = behind;
    }
    Ok(reading)
}

/// The record of a line that ends, at its place.
fn whole<E: DeserializeOwned>(line: &[u8], seq: u64) -> Result<Record<E>, String> {
    let line = line.strip_suffix(b"\n").ok_or("its line does not end")?;
    let record: Record<E> = line::read(line)?;
    if record.seq == seq {
        Ok(record)
    } else {
        Err(format!("it says that it is record {}", record.seq))
    }
}
