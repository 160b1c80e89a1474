//! A trace as JSON: summary, attempts, records.

use std::io::{self, Write};

use serde::Serialize;

use super::spans::Spans;
use super::summary::TraceSummary;
use crate::model::event::Record;

#[derive(Serialize)]
struct Trace<'a> {
    summary: &'a TraceSummary,
    spans: &'a Spans,
    records: &'a [Record],
}

/// Writes one JSON object and a line end.
pub(super) fn write(
    records: &[Record],
    spans: &Spans,
    summary: &TraceSummary,
    out: &mut dyn Write,
) -> io::Result<()> {
    let trace = Trace {
        summary,
        spans,
        records,
    };
    serde_json::to_writer_pretty(&mut *out, &trace)?;
    writeln!(out)
}
