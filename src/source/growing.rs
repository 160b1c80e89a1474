//! Columns of text files while they are read: parts are parsed in parallel and put together in order.

use super::cells::{Cells, MISSING_WHOLE, TextCells};
use super::error::SourceError;
use super::interned::{InternedCells, MOST_VALUES};
use super::records::whole;
use crate::graph::Column;

/// A column of one part of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PartCells {
    /// Plain whole numbers, [`MISSING_WHOLE`] where there is none.
    Whole(Vec<i64>),
    /// Anything else.
    Texts(TextCells),
}

/// A column of the parts put together so far.
#[derive(Clone, Debug)]
pub(super) enum Growing {
    /// One side of the edges: each value once.
    Ends(InternedCells),
    /// An attribute.
    Attribute(PartCells),
}

impl Default for PartCells {
    fn default() -> Self {
        Self::Whole(Vec::new())
    }
}

impl PartCells {
    /// Adds a row.
    #[inline]
    pub(super) fn push(&mut self, cell: &str) {
        if let Self::Whole(values) = self {
            let value = if cell.is_empty() {
                Some(MISSING_WHOLE)
            } else {
                whole(cell.as_bytes())
            };
            match value {
                Some(value) => values.push(value),
                None => self.texts().push(cell),
            }
        } else {
            self.texts().push(cell);
        }
    }

    /// Adds a row with a number; `value` is not [`MISSING_WHOLE`].
    #[inline]
    pub(super) fn push_whole(&mut self, value: i64) {
        match self {
            Self::Whole(values) => values.push(value),
            Self::Texts(cells) => cells.push(&value.to_string()),
        }
    }

    /// Whether all rows are plain whole numbers or missing.
    pub(super) fn are_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// The cells as texts from now on.
    fn texts(&mut self) -> &mut TextCells {
        if let Self::Whole(values) = self {
            let mut cells = TextCells::default();
            for value in values {
                match *value {
                    MISSING_WHOLE => cells.push(""),
                    value => cells.push(&value.to_string()),
                }
            }
            *self = Self::Texts(cells);
        }
        match self {
            Self::Texts(cells) => cells,
            Self::Whole(_) => unreachable!("they were made texts above"),
        }
    }

    /// Adds the rows of `part`.
    pub(super) fn append(&mut self, part: &Self) {
        match (self, part) {
            (Self::Whole(values), Self::Whole(more)) => values.extend(more),
            (own, Self::Texts(more)) => own.texts().append(more),
            (Self::Texts(cells), Self::Whole(more)) => {
                let mut part = Self::Whole(more.clone());
                cells.append(part.texts());
            }
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Whole(values) => 8 * values.capacity() as u64,
            Self::Texts(cells) => cells.bytes(),
        }
    }

    fn finish(self) -> Cells {
        match self {
            Self::Whole(values) if values.iter().any(|it| *it != MISSING_WHOLE) => {
                let present = |it: i64| (it != MISSING_WHOLE).then_some(it);
                Cells::Typed(
                    Column::Integer(values.into_iter().map(present).collect()),
                    Vec::new(),
                )
            }
            // Where there is no value there is no type either.
            mut other => Cells::Untyped(std::mem::take(other.texts())),
        }
    }
}

impl Growing {
    /// An empty column.
    pub(super) fn new(is_end: bool) -> Self {
        if is_end {
            Self::Ends(InternedCells::default())
        } else {
            Self::Attribute(PartCells::default())
        }
    }

    /// Adds the rows of `part`; `place` names the file when it has too many distinct values.
    pub(super) fn append(&mut self, place: &str, part: &PartCells) -> Result<(), SourceError> {
        match (self, part) {
            (Self::Attribute(own), part) => own.append(part),
            (Self::Ends(cells), PartCells::Whole(more)) => {
                check_distinct(place, cells, more.len())?;
                cells.extend_whole(more);
            }
            (Self::Ends(cells), PartCells::Texts(more)) => {
                check_distinct(place, cells, more.len())?;
                cells.extend_texts(more.iter());
            }
        }
        Ok(())
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Ends(cells) => cells.bytes(),
            Self::Attribute(cells) => cells.bytes(),
        }
    }

    /// The whole column.
    pub(super) fn finish(self) -> Cells {
        match self {
            Self::Ends(cells) => Cells::Interned(cells),
            Self::Attribute(cells) => cells.finish(),
        }
    }
}

fn check_distinct(place: &str, cells: &InternedCells, more: usize) -> Result<(), SourceError> {
    if cells.distinct() + more <= MOST_VALUES {
        return Ok(());
    }
    Err(SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: format!("its edges have more than {MOST_VALUES} different ends; split it"),
    })
}
