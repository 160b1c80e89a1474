//! Reads JSON lines: one object a line; its fields are the columns.
//!
//! Lines that are no JSON object, or not UTF-8, are left out and counted. Numbers keep their own text,
//! so that keys of more digits than a number holds stay apart. Nested values are kept as compact JSON
//! text. Empty lines are skipped.

use std::borrow::Cow;
use std::fmt;

use rustc_hash::FxHashMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::blocks::{self, Blocks};
use super::cells::{Cells, EXAMPLES, RawColumn, RawTable, Tally, TextCells};
use super::error::SourceError;
use super::lines::Lines;
use super::values;
use crate::model::schema::{AttributeKind, IssueKind};

/// Most columns of a table: every field is a column, which takes memory for every row.
const MOST_COLUMNS: usize = 4096;

/// An object with its fields in file order.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A column while it is read: texts, and which rows hold which type of JSON value.
#[derive(Default)]
struct Growing {
    cells: TextCells,
    texts: Vec<usize>,
    numbers: Vec<usize>,
    booleans: Vec<usize>,
}

/// The objects of a block; lines are counted from 0 at its beginning.
#[derive(Default)]
struct Part {
    /// Fields in order of first appearance, with the line where each appears first.
    columns: Vec<(String, u64, Growing)>,
    lines: Lines,
    breaks: u64,
    bad: Vec<(u64, String)>,
    bad_lines: u64,
    not_utf8: Vec<(u64, String)>,
    not_utf8_lines: u64,
}

/// The table that grows from parts.
struct Table {
    names: FxHashMap<String, usize>,
    columns: Vec<(String, Growing)>,
    lines: Lines,
    breaks: u64,
    bad: Tally,
    not_utf8: Tally,
}

/// Reads the table in `blocks`; `place` names the file in messages.
pub(super) fn read(place: &str, blocks: &mut Blocks) -> Result<RawTable, SourceError> {
    let start = blocks.peek(3)?;
    if start.starts_with(b"\xef\xbb\xbf") {
        blocks.skip(3);
    }
    let start = blocks.peek(2)?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(malformed(place, "it is UTF-16; save it as UTF-8"));
    }
    let mut table = Table {
        names: FxHashMap::default(),
        columns: Vec::new(),
        lines: Lines::default(),
        breaks: 0,
        bad: Tally::new(IssueKind::BadJson, place, "the lines were left out"),
        not_utf8: Tally::not_utf8(place, "lines"),
    };
    blocks.for_each(blocks::last_line_end, parse, |part| table.append(place, part))?;
    table.finish(place)
}

fn parse(block: &[u8]) -> Part {
    let mut part = Part::default();
    let mut known: FxHashMap<Cow<str>, usize> = FxHashMap::default();
    for (number, line) in (0_u64..).zip(block.split(|it| *it == b'\n')) {
        part.breaks = number;
        let Ok(text) = std::str::from_utf8(line) else {
            part.not_utf8_lines += 1;
            if part.not_utf8.len() < EXAMPLES {
                part.not_utf8
                    .push((number, String::from_utf8_lossy(line).into_owned()));
            }
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        let Fields(fields) = match serde_json::from_str(text) {
            Ok(fields) => fields,
            Err(error) => {
                part.bad_lines += 1;
                if part.bad.len() < EXAMPLES {
                    let reason = format!("column {}: {}", error.column(), short_reason(&error));
                    part.bad.push((number, reason));
                }
                continue;
            }
        };
        let row = part.lines.len();
        part.lines.push(number);
        for (name, value) in fields {
            let columns = &mut part.columns;
            let index = *known.entry(name).or_insert_with_key(|name| {
                columns.push((name.clone().into_owned(), number, Growing::default()));
                columns.len() - 1
            });
            columns[index].2.set(row, value.get());
        }
    }
    part
}

impl Table {
    /// Adds the rows of `part` and gives the bytes held.
    fn append(&mut self, place: &str, part: Part) -> Result<u64, SourceError> {
        let shift = self.breaks + 1;
        let first = self.lines.len();
        for (name, line, column) in part.columns {
            let index = *self.names.entry(name).or_insert_with_key(|name| {
                self.columns.push((name.clone(), Growing::default()));
                self.columns.len() - 1
            });
            self.columns[index].1.append(first, column);
            if self.columns.len() > MOST_COLUMNS {
                let reason = format!(
                    "line {} brings the fields to more than {MOST_COLUMNS}; field names look like data, write them \
                     as values of one field",
                    line + shift
                );
                return Err(malformed(place, &reason));
            }
        }
        self.lines.append(&part.lines, shift);
        for (line, reason) in &part.bad {
            self.bad.add(|| format!("line {}, {reason}", line + shift));
        }
        self.bad.add_more(part.bad_lines - part.bad.len() as u64);
        for (line, text) in &part.not_utf8 {
            self.not_utf8.add(|| format!("line {}: {text}", line + shift));
        }
        self.not_utf8
            .add_more(part.not_utf8_lines - part.not_utf8.len() as u64);
        self.breaks += part.breaks;
        Ok(self.lines.bytes() + self.columns.iter().map(|it| it.1.bytes()).sum::<u64>())
    }

    fn finish(self, place: &str) -> Result<RawTable, SourceError> {
        let rows = self.lines.len();
        if rows == 0 && self.bad.count() > 0 {
            let reason =
                "no line is a JSON object; JSON lines hold one object a line, e.g. `{\"_key\": \"1\"}`";
            return Err(malformed(place, reason));
        }
        if rows == 0 {
            return Err(malformed(place, "it is empty; JSON lines hold one object a line"));
        }
        let columns = self.columns.into_iter().map(|(name, column)| RawColumn {
            name,
            cells: column.finish(rows),
        });
        let mut table = RawTable {
            columns: columns.collect(),
            lines: self.lines,
            ..RawTable::default()
        };
        self.bad.report(&mut table.issues);
        self.not_utf8.report(&mut table.issues);
        Ok(table)
    }
}

impl Growing {
    /// Takes the JSON `value` of `row`. A field that an object repeats keeps its first value.
    fn set(&mut self, row: usize, value: &str) {
        if self.cells.len() > row {
            return;
        }
        self.cells.pad(row);
        match value.as_bytes().first() {
            Some(b'n') => self.cells.push(""),
            Some(b't' | b'f') => {
                self.booleans.push(row);
                self.cells.push(value);
            }
            Some(b'-' | b'0'..=b'9') => {
                self.numbers.push(row);
                self.cells.push(value);
            }
            _ => {
                self.texts.push(row);
                // The line was parsed, so that its parts are JSON too.
                match serde_json::from_str(value) {
                    Ok(Value::String(text)) => self.cells.push(&text),
                    Ok(nested) => self.cells.push(&nested.to_string()),
                    Err(_) => self.cells.push(value),
                }
            }
        }
    }

    /// Bytes held.
    fn bytes(&self) -> u64 {
        self.cells.bytes() + 8 * (self.texts.len() + self.numbers.len() + self.booleans.len()) as u64
    }

    /// Adds the rows of `part`, of which the first is row `first`.
    fn append(&mut self, first: usize, part: Self) {
        self.cells.pad(first);
        self.cells.append(&part.cells);
        self.texts.extend(part.texts.iter().map(|it| first + it));
        self.numbers.extend(part.numbers.iter().map(|it| first + it));
        self.booleans.extend(part.booleans.iter().map(|it| first + it));
    }

    /// The column of `rows` rows, with the one type that all values have.
    fn finish(mut self, rows: usize) -> Cells {
        self.cells.pad(rows);
        let mut kinds = [self.texts, self.numbers, self.booleans];
        match kinds.each_ref().map(|it| !it.is_empty()) {
            [_, false, false] => Cells::Texts(self.cells),
            [false, true, false] => Cells::Untyped(self.cells),
            [false, false, true] => {
                let typed = values::typed_as(&self.cells, AttributeKind::Boolean);
                Cells::Typed(typed.column, typed.misfits)
            }
            _ => {
                kinds.sort_by_key(|it| std::cmp::Reverse(it.len()));
                let [_, second, third] = kinds;
                let mut rarer: Vec<usize> = second.into_iter().chain(third).collect();
                rarer.sort_unstable();
                Cells::Mixed(self.cells, rarer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A field's name, borrowed from the line unless it holds escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Collects fields in file order, which `serde_json::Map` would sort by name.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// The error without its position, which the caller knows better: each line is parsed alone.
fn short_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(reason, _)| reason.to_owned())
}

fn malformed(place: &str, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: reason.to_owned(),
    }
}
