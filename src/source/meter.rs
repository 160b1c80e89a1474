//! Counts the bytes that reading a graph holds, and refuses what would not fit.
//!
//! A file is refused while it is read: at once when the tables so far exceed what is allowed, and
//! early when they would exceed it twice over if the rest of the file is like its beginning.

use super::error::SourceError;
use super::tables::{EdgeRows, VertexRows};
use crate::graph::Column;

/// Bytes that must be held before a file's beginning says anything about its rest: below, fixed sizes
/// count for too much.
const TELLING: u64 = 16 << 20;

/// What reading may hold, and what was read before holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    budget: u64,
    held: u64,
}

impl Meter {
    /// Nothing held yet; `None` allows everything.
    pub(super) fn new(budget: Option<u64>) -> Self {
        Self {
            budget: budget.unwrap_or(u64::MAX),
            held: 0,
        }
    }

    /// Counts what a file has come to.
    pub(super) fn keep(&mut self, bytes: u64) {
        self.held = self.held.saturating_add(bytes);
    }

    /// Refuses the file at `place`, of whose `size` bytes `read` were read and now take `bytes`, when
    /// it does not fit.
    pub(super) fn check(&self, place: &str, bytes: u64, read: u64, size: u64) -> Result<(), SourceError> {
        let all = bytes as f64 * (size as f64 / read.max(1) as f64).max(1.0);
        let is_telling = bytes >= TELLING && self.held as f64 + all / 2.0 > self.budget as f64;
        if self.held.saturating_add(bytes) <= self.budget && !is_telling {
            return Ok(());
        }
        Err(SourceError::Memory {
            path: place.to_owned(),
            needed: self.held.saturating_add(all as u64),
            budget: self.budget,
        })
    }

    /// Refuses the file at `place` before it is read when it will take `bytes`.
    pub(super) fn check_known(&self, place: &str, bytes: u64) -> Result<(), SourceError> {
        self.check(place, bytes, 1, 1)
    }
}

/// Bytes of the rows of a vertex file.
pub(super) fn vertex_bytes(rows: &VertexRows) -> u64 {
    rows.keys.bytes() + rows.lines.bytes() + rows.columns.iter().map(|it| column_bytes(&it.1)).sum::<u64>()
}

/// Bytes of the rows of an edge file.
pub(super) fn edge_bytes(rows: &EdgeRows) -> u64 {
    let columns = rows.columns.iter().map(|it| column_bytes(&it.1));
    rows.from.bytes() + rows.to.bytes() + rows.lines.bytes() + columns.sum::<u64>()
}

fn column_bytes(column: &Column) -> u64 {
    match column {
        Column::Text { codes, values } => {
            4 * codes.len() as u64 + values.iter().map(|it| 24 + it.len() as u64).sum::<u64>()
        }
        Column::Integer(values) | Column::Time(values) => 16 * values.len() as u64,
        Column::Number(values) => 16 * values.len() as u64,
        Column::Boolean(values) => values.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_what_may_fit_is_read_on() {
        let mut meter = Meter::new(Some(100 << 20));
        assert_eq!(meter.check("e", 50 << 20, 1, 3), Ok(()));
        assert!(meter.check("e", 101 << 20, 3, 3).is_err());
        // A fifth of the file takes half of the budget.
        let early = meter.check("e", 50 << 20, 1, 5).unwrap_err();
        let SourceError::Memory { needed, .. } = &early else {
            panic!("{early}")
        };
        assert_eq!(*needed, 250 << 20);
        assert_eq!(meter.check("e", 1 << 20, 1, 1000), Ok(()));
        meter.keep(60 << 20);
        assert!(meter.check("e", 50 << 20, 3, 3).is_err());
        assert_eq!(Meter::new(None).check_known("e", u64::MAX / 2), Ok(()));
    }
}
