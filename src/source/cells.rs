//! Cells as files give them, before they are typed, and the tally of what was wrong with them.

use super::interned::InternedCells;
use super::lines::Lines;
use crate::graph::{Column, Texts};
use crate::model::schema::{Guess, Issue, IssueKind};

/// Examples kept of each kind of fault.
pub(super) const EXAMPLES: usize = 5;

/// Rows that are turned into codes at once.
const BLOCK: usize = 8192;

/// Longest example or sample, in characters.
const LONGEST: usize = 80;

/// A missing value among whole numbers; no cell's own value, since it is read as text.
pub(super) const MISSING_WHOLE: i64 = i64::MIN;

/// One text a row; an empty text is a missing value.
pub(super) type TextCells = Texts;

/// Cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cells {
    /// The file has no types (CSV): they are inferred from the texts.
    Untyped(TextCells),
    /// Likewise, each distinct text once: ends of edges.
    Interned(InternedCells),
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
    pub(super) lines: Lines,
    /// Rows that were left out, and why.
    pub(super) issues: Vec<Issue>,
    /// What was decided without being told.
    pub(super) guesses: Vec<Guess>,
}

/// `cells` without the blanks around them, and how many had some.
pub(super) fn trimmed(cells: TextCells) -> (TextCells, u64) {
    let padded = cells.iter().filter(|it| it.trim().len() < it.len()).count() as u64;
    if padded == 0 {
        return (cells, 0);
    }
    (cells.iter().map(str::trim).collect(), padded)
}

impl Cells {
    /// The cells as texts, missing ones empty: what keys and endpoints are read from.
    pub(super) fn into_texts(self) -> TextCells {
        match self {
            Cells::Untyped(cells) | Cells::Texts(cells) | Cells::Mixed(cells, _) => cells,
            Cells::Interned(cells) => cells.into_texts(),
            Cells::Typed(column, _) => {
                let mut cells = TextCells::default();
                for row in 0..column.len() {
                    cells.push(&column.text(row).unwrap_or_default());
                }
                cells
            }
        }
    }

    /// The cells with each distinct text once.
    pub(super) fn into_interned(self) -> InternedCells {
        match self {
            Cells::Interned(cells) => cells,
            Cells::Typed(Column::Integer(values), _) => {
                let mut cells = InternedCells::default();
                let whole = |it: &Option<i64>| it.unwrap_or(MISSING_WHOLE);
                for block in values.chunks(BLOCK) {
                    if block.contains(&Some(MISSING_WHOLE)) {
                        let texts = block
                            .iter()
                            .map(|it| it.map(|it| it.to_string()).unwrap_or_default());
                        cells.extend_texts(texts.collect::<TextCells>().iter());
                    } else {
                        cells.extend_whole(&block.iter().map(whole).collect::<Vec<i64>>());
                    }
                }
                cells
            }
            other => other.into_texts().iter().collect(),
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

    /// Counts `count` faults of which no example is needed.
    pub(super) fn add_more(&mut self, count: u64) {
        self.issue.count += count;
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
