//! Attribute columns: one typed value, or none, per row.

use serde::{Deserialize, Serialize};

/// The code of a missing text value.
pub const MISSING: u32 = u32::MAX;

/// A column of attribute values. Row order is the row order of its collection or edge list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Column {
    /// Text, dictionary-coded: `codes[row]` indexes `values`, [`MISSING`] where absent. Values
    /// are in order of first appearance.
    Text {
        /// One code a row.
        codes: Vec<u32>,
        /// Distinct values.
        values: Vec<String>,
    },
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Numbers; NaN never occurs, absent values are `None`.
    Number(Vec<Option<f64>>),
    /// Truth values.
    Boolean(Vec<Option<bool>>),
    /// Instants in milliseconds since 1970-01-01 UTC.
    Time(Vec<Option<i64>>),
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Column::Text { codes, .. } => codes.len(),
            Column::Integer(values) | Column::Time(values) => values.len(),
            Column::Number(values) => values.len(),
            Column::Boolean(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value as a number: integers, numbers and times as they are, booleans as 0 and 1.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Column::Text { .. } => None,
            Column::Integer(values) | Column::Time(values) => values[row].map(|value| value as f64),
            Column::Number(values) => values[row],
            Column::Boolean(values) => values[row].map(f64::from),
        }
    }

    /// The value as text for people, or `None` where it is missing.
    pub fn text(&self, row: usize) -> Option<String> {
        match self {
            Column::Text { codes, values } => values.get(codes[row] as usize).cloned(),
            Column::Integer(values) => values[row].map(|value| value.to_string()),
            Column::Time(values) => values[row].map(instant_text),
            Column::Number(values) => values[row].map(|value| value.to_string()),
            Column::Boolean(values) => values[row].map(|value| value.to_string()),
        }
    }
}

/// An instant, in milliseconds since 1970-01-01 UTC, as ISO 8601 text; midnight UTC as a date.
pub fn instant_text(milliseconds: i64) -> String {
    let Ok(stamp) = jiff::Timestamp::from_millisecond(milliseconds) else {
        return milliseconds.to_string();
    };
    let text = stamp.to_string();
    match text.strip_suffix("T00:00:00Z") {
        Some(date) => date.to_owned(),
        None => text,
    }
}
