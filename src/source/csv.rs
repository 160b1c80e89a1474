//! Reads CSV and TSV: one header row, then one row a record.
//!
//! The delimiter is taken from the settings, else from the text. Rows with another number of
//! fields than the header, and rows that are not UTF-8, are left out and counted. A quote that is
//! opened and never closed is an error, since it hides every row behind it. Blanks around cells are cut
//! where the column names have blanks before them too (`_from, _to`).

use super::blocks::Blocks;
use super::cells::RawTable;
use super::delimiter;
use super::error::SourceError;
use super::growing::{Growing, PartCells};
use super::layout::{self, Entry};
use super::parts::{Part, Ragged, Table};
use super::records::{self, Record, Records};
use super::settings;
use crate::model::schema::Guess;

/// What the header says about every row.
struct Shape {
    delimiter: u8,
    header: Vec<String>,
    /// Whether blanks around cells are no part of them.
    is_padded: bool,
}

/// Reads the table of `entry` from `blocks`.
pub(super) fn read(entry: &Entry, blocks: &mut Blocks) -> Result<RawTable, SourceError> {
    let place = &entry.place;
    let start = blocks.peek(3)?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(malformed(place, 1, "it is UTF-16; save it as UTF-8"));
    }
    if start.starts_with(b"\xef\xbb\xbf") {
        blocks.skip(3);
    }
    let change = settings::line(&entry.collection, "delimiter", "\"…\"");
    let chosen = delimiter::choose(place, blocks, entry.settings.delimiter, &change)?;
    let (shape, mut table) = read_header(entry, blocks, chosen)?;
    blocks.for_each(
        |text| records::last_end(text, chosen),
        |block| parse(block, &shape),
        |part| table.append(place, part, |it| ragged_example(it, shape.header.len())),
    )?;
    let mut made = finish(place, &shape, table)?;
    if shape.is_padded {
        made.guesses.push(Guess {
            what: format!("blanks around the cells of {place} are not part of them"),
            change: format!("write the column names of {place} without blanks"),
        });
    }
    if entry.settings.delimiter.is_none() && chosen != delimiter::usual(place) {
        made.guesses.push(Guess {
            what: format!("{place} is delimited by {}", delimiter::shown(chosen)),
            change,
        });
    }
    Ok(made)
}

/// Reads the row of column names and takes it off `blocks`.
fn read_header(entry: &Entry, blocks: &mut Blocks, chosen: u8) -> Result<(Shape, Table), SourceError> {
    let place = &entry.place;
    // The choice of the delimiter has looked at more lines than this one.
    let mut records = Records::of(blocks.peek(0)?, chosen);
    let Some(record) = records.advance() else {
        return Err(malformed(
            place,
            0,
            "it is empty; a table begins with a row of column names",
        ));
    };
    let header = column_names(place, &records)?;
    let is_padded = records.fields().skip(1).any(|it| it.starts_with(b" "));
    let (end, breaks) = records.position();
    blocks.skip(end);
    let ends = layout::end_columns(entry, &header);
    let columns = (0..header.len()).map(|it| Growing::new(ends.contains(&it)));
    let mut table = Table::new(place, "rows", columns.collect());
    table.breaks = breaks;
    table.open = record.is_open.then_some(record.line + 1);
    let shape = Shape {
        delimiter: chosen,
        header,
        is_padded,
    };
    Ok((shape, table))
}

fn column_names(place: &str, records: &Records) -> Result<Vec<String>, SourceError> {
    let mut header: Vec<String> = Vec::with_capacity(records.len());
    for (index, field) in records.fields().enumerate() {
        let name = std::str::from_utf8(field)
            .map_err(|_| malformed(place, 1, "the column names are not UTF-8; save the file as UTF-8"))?
            .trim();
        let name = if name.is_empty() {
            format!("column_{}", index + 1)
        } else {
            name.to_owned()
        };
        if header.contains(&name) {
            let reason = format!("the column name `{name}` occurs twice; rename one");
            return Err(malformed(place, 1, &reason));
        }
        header.push(name);
    }
    if header.iter().all(|it| it.parse::<f64>().is_ok()) {
        let reason =
            "the first row holds numbers where column names belong; add a header row, e.g. `_from,_to`";
        return Err(malformed(place, 1, reason));
    }
    Ok(header)
}

fn parse(block: &[u8], shape: &Shape) -> Part {
    let mut part = Part::new(shape.header.len());
    let is_utf8 = std::str::from_utf8(block).is_ok();
    let mut records = Records::of(block, shape.delimiter);
    let mut values = vec![0; shape.header.len()];
    loop {
        if part.cells.iter().all(PartCells::are_whole) {
            while let Some(line) = records.advance_whole(&mut values) {
                part.rows += 1;
                part.lines.push(line);
                for (column, value) in part.cells.iter_mut().zip(&values) {
                    column.push_whole(*value);
                }
            }
        }
        let Some(record) = records.advance() else {
            break;
        };
        add(&mut part, record, &records, shape, is_utf8);
    }
    part.breaks = records.position().1;
    part
}

/// Adds the row of `record`, or counts it among those that are left out.
fn add(part: &mut Part, record: Record, records: &Records, shape: &Shape, is_utf8: bool) {
    part.open = record.is_open.then_some(record.line);
    let line = record.line;
    if records.len() != shape.header.len() {
        // A quote left open until the next one makes one record of rows that are all lost.
        part.add_ragged(Ragged {
            line,
            lines: record.inner + 1,
            fields: records.len(),
        });
        return;
    }
    part.rows += 1;
    if !is_utf8 && records.fields().any(|it| std::str::from_utf8(it).is_err()) {
        let bytes: Vec<u8> = records.fields().flatten().copied().collect();
        part.add_not_utf8(line, &bytes);
        return;
    }
    part.lines.push(line);
    for (column, field) in part.cells.iter_mut().zip(records.fields()) {
        // What is not UTF-8 was left out above.
        let text = std::str::from_utf8(field).unwrap_or_default();
        column.push(if shape.is_padded { text.trim() } else { text });
    }
}

/// What `table` has become, unless most rows are ragged or a quote is open.
fn finish(place: &str, shape: &Shape, table: Table) -> Result<RawTable, SourceError> {
    let ragged = table.ragged.count();
    if ragged > 1 && ragged * 2 > table.rows {
        let reason = format!(
            "{ragged} of {} rows have another number of fields than the {} of the header; is the delimiter right?",
            table.rows,
            shape.header.len()
        );
        return Err(malformed(place, 0, &reason));
    }
    if let Some(line) = table.open {
        let reason = "a quote is opened here and never closed, which hides every row behind it; close it, or \
                      double it where it is text";
        return Err(malformed(place, line, reason));
    }
    Ok(table.finish(shape.header.iter().cloned()))
}

/// A record that spans lines and has the wrong number of fields is mostly a quote left open.
fn ragged_example(ragged: Ragged, expected: usize) -> String {
    let Ragged { line, lines, fields } = ragged;
    if lines > 1 {
        return format!(
            "lines {line}-{}: {fields} fields instead of {expected}, a quote may be open",
            line + lines - 1
        );
    }
    format!("line {line}: {fields} fields instead of {expected}")
}

fn malformed(place: &str, line: u64, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line,
        reason: reason.to_owned(),
    }
}
