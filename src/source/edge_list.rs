//! Reads whitespace edge lists: `from to [weight]` a line, as SNAP and Graphalytics write them.
//!
//! Lines that begin with `#` or `%` are comments. The first edge decides whether there are weights;
//! lines with another number of fields are left out and counted.

use super::blocks::{self, Blocks};
use super::cells::RawTable;
use super::error::SourceError;
use super::growing::Growing;
use super::parts::{Part, Ragged, Table};
use super::records;

/// Columns of an edge list, in order.
const COLUMNS: [&str; 3] = ["_from", "_to", "weight"];

/// Bytes in which the first edge is looked for at first.
const FIRST_BYTES: usize = 1 << 16;

/// The first edge of a file.
#[derive(Clone, Copy)]
struct First {
    /// Its line, from 1.
    line: u64,
    fields: usize,
}

/// Reads the edges in `blocks`; `place` names the file in messages.
pub(super) fn read(place: &str, blocks: &mut Blocks) -> Result<RawTable, SourceError> {
    if blocks.peek(3)?.starts_with(b"\xef\xbb\xbf") {
        blocks.skip(3);
    }
    let first = first_edge(place, blocks)?;
    let columns = (0..first.fields).map(|it| Growing::new(it < 2)).collect();
    let mut table = Table::new(place, "lines", columns);
    let example = |ragged: Ragged| {
        let expected = if ragged.line < first.line {
            "2 or 3".to_owned()
        } else {
            first.fields.to_string()
        };
        format!(
            "line {}: {} fields instead of {expected}",
            ragged.line, ragged.fields
        )
    };
    blocks.for_each(
        blocks::last_line_end,
        |block| parse(block, first.fields),
        |part| table.append(place, part, example),
    )?;
    let (ragged, kept) = (table.ragged.count(), table.kept() as u64);
    if ragged > kept {
        let reason = format!(
            "{ragged} of {} lines are not `from to` or `from to weight`; a table with commas must be named .csv",
            ragged + kept
        );
        return Err(malformed(place, &reason));
    }
    Ok(table.finish(COLUMNS.into_iter().map(str::to_owned)))
}

/// Looks for the first edge without taking anything off `blocks`.
fn first_edge(place: &str, blocks: &mut Blocks) -> Result<First, SourceError> {
    let mut size = FIRST_BYTES;
    loop {
        blocks.peek(size)?;
        let is_whole = blocks.is_at_end();
        let text = blocks.peek(0)?;
        let end = if is_whole {
            Some(text.len())
        } else {
            blocks::last_line_end(text)
        };
        for (line, bytes) in (1..).zip(text[..end.unwrap_or(0)].split(|it| *it == b'\n')) {
            let Some(content) = std::str::from_utf8(bytes).ok().and_then(content) else {
                continue;
            };
            let mut fields = content.split_whitespace();
            let first = fields.next().unwrap_or_default();
            if first.ends_with([',', ';']) {
                let reason = format!(
                    "line {line} is delimited by `{}`; name the file .csv and give it a row of column names, e.g. \
                     `_from,_to`",
                    &first[first.len() - 1..]
                );
                return Err(malformed(place, &reason));
            }
            let fields = 1 + fields.count();
            if matches!(fields, 2 | 3) {
                return Ok(First { line, fields });
            }
        }
        if is_whole {
            let reason = "no line is an edge; an edge list holds `from to` or `from to weight` a line";
            return Err(malformed(place, reason));
        }
        size *= 2;
    }
}

/// A line's content, unless it is empty or a comment.
fn content(line: &str) -> Option<&str> {
    let text = line.trim();
    (!text.is_empty() && !text.starts_with(['#', '%'])).then_some(text)
}

fn parse(block: &[u8], columns: usize) -> Part {
    let mut part = Part::new(columns);
    for (line, bytes) in (0_u64..).zip(block.split(|it| *it == b'\n')) {
        part.breaks = line;
        if columns == 2
            && let Some((from, to)) = numbers(bytes)
        {
            part.lines.push(line);
            part.cells[0].push_whole(from);
            part.cells[1].push_whole(to);
            continue;
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            part.add_not_utf8(line, bytes);
            continue;
        };
        let Some(text) = content(text) else {
            continue;
        };
        let fields = text.split_whitespace().count();
        if fields != columns {
            part.add_ragged(Ragged {
                line,
                lines: 1,
                fields,
            });
            continue;
        }
        part.lines.push(line);
        for (column, field) in part.cells.iter_mut().zip(text.split_whitespace()) {
            column.push(field);
        }
    }
    part
}

/// The two plain whole numbers that `line` is made of, one blank or tab between them.
fn numbers(line: &[u8]) -> Option<(i64, i64)> {
    let (from, length) = records::whole_prefix(line)?;
    let rest = match line.get(length) {
        Some(b' ' | b'\t') => &line[length + 1..],
        _ => return None,
    };
    Some((from, records::whole(rest)?))
}

fn malformed(place: &str, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: reason.to_owned(),
    }
}
