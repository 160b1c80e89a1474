//! Reads CSV and TSV: one header row, then one row a record.
//!
//! The delimiter is taken from the settings, else from the text. Rows with another number of
//! fields than the header, and rows that are not UTF-8, are left out and counted. A quote that is
//! opened and never closed is an error, since it hides every row behind it. Blanks around cells are cut
//! where the column names have blanks before them too (`_from, _to`).

use csv::{ByteRecord, ReaderBuilder};

use super::cells::{Cells, RawColumn, RawTable, Tally, TextCells, line_number};
use super::error::SourceError;
use crate::algorithms::Control;
use crate::model::schema::{Guess, IssueKind};

/// Delimiters that are tried, in this order when equally good.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Lines that the delimiter is guessed from.
const GUESS_LINES: usize = 50;

/// Rows between two looks at whether to stop.
const BLOCK: usize = 8192;

/// Reads the table in `bytes`. `place` names the file in messages; `change` is the line of
/// `graph.toml` that sets the delimiter.
pub(super) fn read(
    place: &str,
    bytes: &[u8],
    delimiter: Option<char>,
    change: &str,
    control: &Control,
) -> Result<RawTable, SourceError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err(malformed(place, 1, "it is UTF-16; save it as UTF-8"));
    }
    let chosen = choose_delimiter(place, text, delimiter, change)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(chosen)
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let has_header = advance(place, &mut reader, &mut record)?;
    if !has_header {
        return Err(malformed(
            place,
            0,
            "it is empty; a table begins with a row of column names",
        ));
    }
    let header = read_header(place, &record)?;
    let is_padded = record.iter().skip(1).any(|it| it.starts_with(b" "));
    let mut last = record.position().cloned().unwrap_or_else(csv::Position::new);
    let mut table = read_rows(place, &mut reader, header, is_padded, &mut last, control)?;
    if is_left_open(&text[last.byte() as usize..], chosen) {
        let reason = "a quote is opened here and never closed, which hides every row behind it; close it, or \
                      double it where it is text";
        return Err(malformed(place, last.line(), reason));
    }
    if is_padded {
        table.guesses.push(Guess {
            what: format!("blanks around the cells of {place} are not part of them"),
            change: format!("write the column names of {place} without blanks"),
        });
    }
    if delimiter.is_none() && chosen != usual_delimiter(place) {
        table.guesses.push(Guess {
            what: format!("{place} is delimited by {}", shown(chosen)),
            change: change.to_owned(),
        });
    }
    Ok(table)
}

/// What the extension says the delimiter is.
fn usual_delimiter(place: &str) -> u8 {
    let tabbed = place.ends_with(".tsv") || place.ends_with(".tab");
    if tabbed { b'\t' } else { b',' }
}

fn advance(
    place: &str,
    reader: &mut csv::Reader<&[u8]>,
    record: &mut ByteRecord,
) -> Result<bool, SourceError> {
    reader.read_byte_record(record).map_err(|error| {
        let line = error.position().map_or(0, csv::Position::line);
        malformed(place, line, &error.to_string())
    })
}

fn read_header(place: &str, record: &ByteRecord) -> Result<Vec<String>, SourceError> {
    let mut header: Vec<String> = Vec::with_capacity(record.len());
    for (index, field) in record.iter().enumerate() {
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

/// Whether `record`, the last one of a text, ends within a quote.
fn is_left_open(record: &[u8], delimiter: u8) -> bool {
    // Within a quote a line break is text, so that the line added is no record of its own.
    let probe = [record, b"\nx\n"].concat();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(probe.as_slice());
    reader.byte_records().count() < 2
}

/// Reads the rows behind the header; `last` becomes the position of the last one.
fn read_rows(
    place: &str,
    reader: &mut csv::Reader<&[u8]>,
    header: Vec<String>,
    is_padded: bool,
    last: &mut csv::Position,
    control: &Control,
) -> Result<RawTable, SourceError> {
    let mut cells = vec![TextCells::default(); header.len()];
    let mut lines = Vec::new();
    let mut ragged = Tally::new(IssueKind::RaggedRow, place, "the rows were left out");
    let mut not_utf8 = Tally::not_utf8(place, "rows");
    let mut record = ByteRecord::new();
    let mut rows = 0;
    while advance(place, reader, &mut record)? {
        rows += 1;
        if rows % BLOCK == 0 && control.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        if let Some(position) = record.position() {
            last.clone_from(position);
        }
        let line = last.line();
        if record.len() != header.len() {
            let end = reader.position().line();
            // A quote left open until the next one makes one record of rows that are all lost.
            let lost = end.saturating_sub(line).max(1);
            rows += lost as usize - 1;
            ragged.add_many(lost, || ragged_example(line, end, record.len(), header.len()));
            continue;
        }
        let Ok(texts) = record
            .iter()
            .map(std::str::from_utf8)
            .collect::<Result<Vec<_>, _>>()
        else {
            not_utf8.add(|| format!("line {line}: {}", String::from_utf8_lossy(record.as_slice())));
            continue;
        };
        lines.push(line_number(line));
        for (column, text) in cells.iter_mut().zip(texts) {
            column.push(if is_padded { text.trim() } else { text });
        }
    }
    if ragged.count() > 1 && ragged.count() as usize * 2 > rows {
        let reason = format!(
            "{} of {rows} rows have another number of fields than the {} of the header; is the delimiter right?",
            ragged.count(),
            header.len()
        );
        return Err(malformed(place, 0, &reason));
    }
    let columns = header
        .into_iter()
        .zip(cells)
        .map(|(name, cells)| RawColumn {
            name,
            cells: Cells::Untyped(cells),
        })
        .collect();
    let mut table = RawTable {
        columns,
        lines,
        ..RawTable::default()
    };
    ragged.report(&mut table.issues);
    not_utf8.report(&mut table.issues);
    Ok(table)
}

/// A record that spans lines and has the wrong number of fields is mostly a quote left open.
fn ragged_example(line: u64, end: u64, fields: usize, expected: usize) -> String {
    if end > line + 1 {
        return format!(
            "lines {line}-{}: {fields} fields instead of {expected}, a quote may be open",
            end - 1
        );
    }
    format!("line {line}: {fields} fields instead of {expected}")
}

/// The delimiter of `text`: the one given, else the one that splits the first lines most evenly.
fn choose_delimiter(place: &str, text: &[u8], given: Option<char>, change: &str) -> Result<u8, SourceError> {
    let best = best_delimiter(place, text);
    let Some(given) = given else {
        return Ok(best.map_or(usual_delimiter(place), |(delimiter, _)| delimiter));
    };
    let given = u8::try_from(given).ok().filter(u8::is_ascii).ok_or_else(|| {
        malformed(
            place,
            0,
            &format!("the delimiter `{given}` is not one ASCII character"),
        )
    })?;
    let own = evenness(text, given);
    match best {
        Some((delimiter, fields)) if own.is_none() && delimiter != given => Err(malformed(
            place,
            1,
            &format!(
                "the delimiter {} splits no line; {} gives {fields} columns: set `{change}`",
                shown(given),
                shown(delimiter)
            ),
        )),
        _ => Ok(given),
    }
}

fn best_delimiter(place: &str, text: &[u8]) -> Option<(u8, usize)> {
    let usual = usual_delimiter(place);
    let mut best: Option<(f64, u8, usize)> = None;
    for delimiter in std::iter::once(usual).chain(DELIMITERS.into_iter().filter(|it| *it != usual)) {
        let Some((share, fields)) = evenness(text, delimiter) else {
            continue;
        };
        if best.is_none_or(|(other, _, _)| share > other) {
            best = Some((share, delimiter, fields));
        }
    }
    best.map(|(_, delimiter, fields)| (delimiter, fields))
}

/// Share of the first records that have as many fields as the first one, and that number; `None`
/// when `delimiter` does not split the first record.
fn evenness(text: &[u8], delimiter: u8) -> Option<(f64, usize)> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let (mut fields, mut rows, mut even) = (0, 0, 0);
    while rows < GUESS_LINES && reader.read_byte_record(&mut record).ok()? {
        if rows == 0 {
            fields = record.len();
        }
        rows += 1;
        even += usize::from(record.len() == fields);
    }
    (fields > 1).then(|| (even as f64 / rows as f64, fields))
}

fn shown(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "a tab".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

fn malformed(place: &str, line: u64, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line,
        reason: reason.to_owned(),
    }
}
