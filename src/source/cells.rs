//! Cells as files give them, before they are typed, and the tally of what was wrong with them.

use crate::graph::Column;
use crate::model::schema::{Guess, Issue, IssueKind};

/// Examples kept of each kind of fault.
const EXAMPLES: usize = 5;

/// Longest example or sample, in characters.
const LONGEST: usize = 80;

/// Texts end to end, one a row; an empty text is a missing value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TextCells {
    text: String,
    ends: Vec<usize>,
}

/// Cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    /// The file has no types (CSV): they are inferred from the texts.
    Untyped(TextCells),
    /// The file says that these are texts (JSON, Parquet): at most times are inferred.
    Texts(TextCells),
    /// The file gives values of several types; they are kept as texts. The rows that hold the
    /// rarer types come with it.
    Mixed(TextCells, Vec<usize>),
    /// The file gives one type. The rows whose value cannot be held (NaN, infinite) come with it.
    Typed(Column, Vec<usize>),
}

/// A named column of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RawColumn {
    /// Its name in the file.
    pub(super) name: String,
    /// Its cells, one a row.
    pub(super) cells: Cells,
}

/// What a file holds, with what was wrong on the way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RawTable {
    /// Its columns in file order, of equal length.
    pub(super) columns: Vec<RawColumn>,
    /// Line of each row, from 1 (Parquet: the row's number).
    pub(super) lines: Vec<u32>,
    /// Rows that were left out, and why.
    pub(super) issues: Vec<Issue>,
    /// What was decided without being told.
    pub(super) guesses: Vec<Guess>,
}

impl TextCells {
    /// Adds a row.
    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    /// Adds missing values until there are `rows` rows.
    pub(super) fn pad(&mut self, rows: usize) {
        while self.ends.len() < rows {
            self.ends.push(self.text.len());
        }
    }

    /// The text of `row`; empty when missing.
    pub(super) fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The same texts without the blanks around them, and how many had some.
    pub(super) fn trimmed(self) -> (Self, u64) {
        let padded = self.iter().filter(|it| it.trim().len() < it.len()).count() as u64;
        if padded == 0 {
            return (self, 0);
        }
        (self.iter().map(str::trim).collect(), padded)
    }

    /// The texts by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl<'a> FromIterator<&'a str> for TextCells {
    fn from_iter<T: IntoIterator<Item = &'a str>>(cells: T) -> Self {
        let mut made = Self::default();
        cells.into_iter().for_each(|it| made.push(it));
        made
    }
}

impl Cells {
    /// The cells as texts, missing ones empty: what keys and endpoints are read from.
    pub(super) fn into_texts(self) -> TextCells {
        match self {
            Cells::Untyped(cells) | Cells::Texts(cells) | Cells::Mixed(cells, _) => cells,
            Cells::Typed(column, _) => {
                let mut cells = TextCells::default();
                for row in 0..column.len() {
                    cells.push(&column.text(row).unwrap_or_default());
                }
                cells
            }
        }
    }
}

impl RawTable {
    /// Position of the column `name`, by exact name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.name == name)
    }

    /// Column names in file order.
    pub(super) fn header(&self) -> Vec<&str> {
        self.columns.iter().map(|it| it.name.as_str()).collect()
    }
}

/// Counts one kind of fault at one place, keeping the first few as examples.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    issue: Issue,
}

impl Tally {
    /// Counts nothing yet.
    pub(super) fn new(kind: IssueKind, place: &str, treatment: &str) -> Self {
        let (place, treatment) = (place.to_owned(), treatment.to_owned());
        Self {
            issue: Issue {
                kind,
                place,
                count: 0,
                examples: Vec::new(),
                treatment,
            },
        }
    }

    /// Counts the `units` (rows or lines) of a file that are not UTF-8.
    pub(super) fn not_utf8(place: &str, units: &str) -> Self {
        let treatment = format!("the {units} were left out; save the file as UTF-8");
        Self::new(IssueKind::NotUtf8, place, &treatment)
    }

    /// Counts one fault; `example` is only asked for the first few.
    pub(super) fn add(&mut self, example: impl FnOnce() -> String) {
        self.add_many(1, example);
    }

    /// Counts `count` faults that have one example.
    pub(super) fn add_many(&mut self, count: u64, example: impl FnOnce() -> String) {
        self.issue.count += count;
        if self.issue.examples.len() < EXAMPLES {
            self.issue.examples.push(shortened(&example()));
        }
    }

    /// How many were counted.
    pub(super) fn count(&self) -> u64 {
        self.issue.count
    }

    /// Adds the issue to `issues`, unless nothing was counted.
    pub(super) fn report(self, issues: &mut Vec<Issue>) {
        if self.issue.count > 0 {
            issues.push(self.issue);
        }
    }
}

/// `text`, cut at 80 characters with an ellipsis.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST - 1).collect();
    cut.push('…');
    cut
}

/// A line number that fits a row's slot; files of more than 4 billion lines keep the greatest.
pub(super) fn line_number(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
