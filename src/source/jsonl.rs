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

use super::cells::{Cells, RawColumn, RawTable, Tally, TextCells, line_number};
use super::error::SourceError;
use super::values;
use crate::algorithms::Control;
use crate::model::schema::{AttributeKind, IssueKind};

/// Lines between two looks at whether to stop.
const BLOCK: u64 = 8192;

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

/// Reads the table in `bytes`; `place` names the file in messages.
pub(super) fn read(place: &str, bytes: &[u8], control: &Control) -> Result<RawTable, SourceError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(malformed(place, "it is UTF-16; save it as UTF-8"));
    }
    let mut names: Vec<String> = Vec::new();
    let mut known: FxHashMap<Cow<str>, usize> = FxHashMap::default();
    let mut columns: Vec<Growing> = Vec::new();
    let mut lines = Vec::new();
    let mut bad = Tally::new(IssueKind::BadJson, place, "the lines were left out");
    let mut not_utf8 = Tally::not_utf8(place, "lines");
    for (number, line) in (1_u64..).zip(bytes.split(|it| *it == b'\n')) {
        if number % BLOCK == 0 && control.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let Ok(text) = std::str::from_utf8(line) else {
            not_utf8.add(|| format!("line {number}: {}", String::from_utf8_lossy(line)));
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        let Fields(fields) = match serde_json::from_str(text) {
            Ok(fields) => fields,
            Err(error) => {
                bad.add(|| {
                    format!(
                        "line {number}, column {}: {}",
                        error.column(),
                        short_reason(&error)
                    )
                });
                continue;
            }
        };
        let row = lines.len();
        lines.push(line_number(number));
        for (name, value) in fields {
            let index = *known.entry(name).or_insert_with_key(|name| {
                names.push(name.clone().into_owned());
                columns.push(Growing::default());
                columns.len() - 1
            });
            columns[index].set(row, value.get());
        }
        if columns.len() > MOST_COLUMNS {
            let reason = format!(
                "line {number} brings the fields to more than {MOST_COLUMNS}; field names look like data, write them \
                 as values of one field"
            );
            return Err(malformed(place, &reason));
        }
    }
    if lines.is_empty() && bad.count() > 0 {
        let reason = "no line is a JSON object; JSON lines hold one object a line, e.g. `{\"_key\": \"1\"}`";
        return Err(malformed(place, reason));
    }
    if lines.is_empty() {
        return Err(malformed(place, "it is empty; JSON lines hold one object a line"));
    }
    let rows = lines.len();
    let mut table = RawTable {
        columns: names
            .into_iter()
            .zip(columns)
            .map(|(name, column)| RawColumn {
                name,
                cells: column.finish(rows),
            })
            .collect(),
        lines,
        ..RawTable::default()
    };
    bad.report(&mut table.issues);
    not_utf8.report(&mut table.issues);
    Ok(table)
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
