//! Reads whitespace edge lists: `from to [weight]` a line, as SNAP and Graphalytics write them.
//!
//! Lines that begin with `#` or `%` are comments. The first edge decides whether there are weights;
//! lines with another number of fields are left out and counted.

use super::cells::{Cells, RawColumn, RawTable, Tally, TextCells, line_number};
use super::error::SourceError;
use crate::algorithms::Control;
use crate::model::schema::IssueKind;

/// Columns of an edge list, in order.
const COLUMNS: [&str; 3] = ["_from", "_to", "weight"];

/// Lines between two looks at whether to stop.
const BLOCK: u64 = 8192;

/// Reads the edges in `bytes`; `place` names the file in messages.
pub(super) fn read(place: &str, bytes: &[u8], control: &Control) -> Result<RawTable, SourceError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut cells: Vec<TextCells> = Vec::new();
    let mut lines = Vec::new();
    let mut ragged = Tally::new(IssueKind::RaggedRow, place, "the lines were left out");
    let mut not_utf8 = Tally::not_utf8(place, "lines");
    for (number, line) in (1_u64..).zip(bytes.split(|it| *it == b'\n')) {
        if number % BLOCK == 0 && control.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let Ok(text) = std::str::from_utf8(line) else {
            not_utf8.add(|| format!("line {number}: {}", String::from_utf8_lossy(line)));
            continue;
        };
        let text = text.trim();
        if text.is_empty() || text.starts_with(['#', '%']) {
            continue;
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        if cells.is_empty() && fields[0].ends_with([',', ';']) {
            let reason = format!(
                "line {number} is delimited by `{}`; name the file .csv and give it a row of column names, e.g. \
                 `_from,_to`",
                &fields[0][fields[0].len() - 1..]
            );
            return Err(malformed(place, &reason));
        }
        if cells.is_empty() && matches!(fields.len(), 2 | 3) {
            cells = vec![TextCells::default(); fields.len()];
        }
        if cells.is_empty() || fields.len() != cells.len() {
            let expected = if cells.is_empty() {
                "2 or 3".to_owned()
            } else {
                cells.len().to_string()
            };
            ragged.add(|| format!("line {number}: {} fields instead of {expected}", fields.len()));
            continue;
        }
        lines.push(line_number(number));
        for (column, field) in cells.iter_mut().zip(fields) {
            column.push(field);
        }
    }
    if cells.is_empty() {
        let reason = "no line is an edge; an edge list holds `from to` or `from to weight` a line";
        return Err(malformed(place, reason));
    }
    if ragged.count() as usize > lines.len() {
        let reason = format!(
            "{} of {} lines are not `from to` or `from to weight`; a table with commas must be named .csv",
            ragged.count(),
            ragged.count() as usize + lines.len()
        );
        return Err(malformed(place, &reason));
    }
    let mut table = RawTable {
        columns: COLUMNS
            .into_iter()
            .zip(cells)
            .map(|(name, cells)| RawColumn {
                name: name.to_owned(),
                cells: Cells::Untyped(cells),
            })
            .collect(),
        lines,
        ..RawTable::default()
    };
    ragged.report(&mut table.issues);
    not_utf8.report(&mut table.issues);
    Ok(table)
}

fn malformed(place: &str, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: reason.to_owned(),
    }
}
