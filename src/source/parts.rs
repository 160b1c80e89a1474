//! Rows of a text file: parts with lines of their own, put together in file order.

use super::cells::{EXAMPLES, RawColumn, RawTable, Tally};
use super::error::SourceError;
use super::growing::{Growing, PartCells};
use super::lines::Lines;
use crate::model::schema::IssueKind;

/// A row with the wrong number of fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ragged {
    /// Where it begins.
    pub(super) line: u64,
    /// Lines that it takes.
    pub(super) lines: u64,
    /// Fields that it has.
    pub(super) fields: usize,
}

/// The rows of a block; lines are counted from 0 at its beginning.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// A column for each of the table.
    pub(super) cells: Vec<PartCells>,
    /// Line of each row that was kept.
    pub(super) lines: Lines,
    /// Lines that hold rows, also those that are left out.
    pub(super) rows: u64,
    /// Line breaks in the block.
    pub(super) breaks: u64,
    /// Line of the last record, if a quote in it is never closed.
    pub(super) open: Option<u64>,
    ragged: Vec<Ragged>,
    ragged_lines: u64,
    not_utf8: Vec<(u64, String)>,
    not_utf8_rows: u64,
}

/// The table that grows from parts.
#[derive(Debug)]
pub(super) struct Table {
    /// Rows with the wrong number of fields.
    pub(super) ragged: Tally,
    /// As in [`Part`], of all parts.
    pub(super) rows: u64,
    /// Line breaks so far.
    pub(super) breaks: u64,
    /// Line from 1 of the last record, if a quote in it is never closed.
    pub(super) open: Option<u64>,
    columns: Vec<Growing>,
    lines: Lines,
    not_utf8: Tally,
}

impl Part {
    /// No rows of `columns` columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            cells: vec![PartCells::default(); columns],
            ..Self::default()
        }
    }

    /// Counts a row that is left out.
    pub(super) fn add_ragged(&mut self, ragged: Ragged) {
        self.rows += ragged.lines;
        self.ragged_lines += ragged.lines;
        if self.ragged.len() < EXAMPLES {
            self.ragged.push(ragged);
        }
    }

    /// Counts a row that is left out because its `bytes` are no text.
    pub(super) fn add_not_utf8(&mut self, line: u64, bytes: &[u8]) {
        self.not_utf8_rows += 1;
        if self.not_utf8.len() < EXAMPLES {
            self.not_utf8
                .push((line, String::from_utf8_lossy(bytes).into_owned()));
        }
    }
}

impl Table {
    /// An empty table of `columns`; `units` is what the file at `place` calls its rows.
    pub(super) fn new(place: &str, units: &str, columns: Vec<Growing>) -> Self {
        Self {
            columns,
            lines: Lines::default(),
            rows: 0,
            ragged: Tally::new(IssueKind::RaggedRow, place, &format!("the {units} were left out")),
            not_utf8: Tally::not_utf8(place, units),
            breaks: 0,
            open: None,
        }
    }

    /// Adds the rows of `part` and gives the bytes held; `example` tells of a ragged row, its line counted from 1 in the file.
    pub(super) fn append(
        &mut self,
        place: &str,
        part: Part,
        example: impl Fn(Ragged) -> String,
    ) -> Result<u64, SourceError> {
        let shift = self.breaks + 1;
        for (column, cells) in self.columns.iter_mut().zip(&part.cells) {
            column.append(place, cells)?;
        }
        self.lines.append(&part.lines, shift);
        self.rows += part.rows;
        let mut untold = part.ragged_lines;
        for it in part.ragged {
            untold -= it.lines;
            let line = it.line + shift;
            self.ragged.add_many(it.lines, || example(Ragged { line, ..it }));
        }
        self.ragged.add_more(untold);
        for (line, text) in &part.not_utf8 {
            self.not_utf8.add(|| format!("line {}: {text}", line + shift));
        }
        self.not_utf8
            .add_more(part.not_utf8_rows - part.not_utf8.len() as u64);
        self.breaks += part.breaks;
        self.open = part.open.map(|it| it + shift);
        Ok(self.lines.bytes() + self.columns.iter().map(Growing::bytes).sum::<u64>())
    }

    /// Rows that were kept.
    pub(super) fn kept(&self) -> usize {
        self.lines.len()
    }

    /// The whole table; `names` are those of its columns.
    pub(super) fn finish(self, names: impl Iterator<Item = String>) -> RawTable {
        let columns = names.zip(self.columns).map(|(name, column)| RawColumn {
            name,
            cells: column.finish(),
        });
        let mut table = RawTable {
            columns: columns.collect(),
            lines: self.lines,
            ..RawTable::default()
        };
        self.ragged.report(&mut table.issues);
        self.not_utf8.report(&mut table.issues);
        table
    }
}
