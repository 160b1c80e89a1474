//! How a loop on one thread notices in time that its run was cancelled.
//!
//! A loop counts what it visits, once for each vertex and not for each entry, and looks after so many
//! entries. The longest list that a graph of 64 million edges has, of a million entries, is read within
//! some milliseconds and needs no look inside. Where an entry costs more than a read (a heap, a hash, a
//! search), the loop counts its entries at what they cost, or steps through the list piece by piece.

use std::ops::Range;

use super::control::{Control, KernelError};

/// Entries visited between two looks at whether the run was cancelled, at most a few milliseconds of work.
pub(super) const ENTRIES: usize = 1 << 16;

/// Looks whether the run was cancelled once in [`ENTRIES`] of work.
#[derive(Debug)]
pub(super) struct Pace<'a> {
    control: &'a Control,
    done: usize,
}

impl<'a> Pace<'a> {
    /// Nothing visited yet.
    pub(super) fn new(control: &'a Control) -> Self {
        Self { control, done: 0 }
    }

    /// To be called before a vertex with so many `entries` is visited; fails when the run is cancelled.
    #[inline]
    pub(super) fn step(&mut self, entries: usize) -> Result<(), KernelError> {
        self.done += 1 + entries;
        if self.done >= ENTRIES {
            self.done = 0;
            self.control.check()?;
        }
        Ok(())
    }

    /// The range of a list in pieces of at most [`ENTRIES`], each counted before it is handed out, an empty
    /// one too: for entries that cost more than a read.
    #[inline]
    pub(super) fn pieces(
        &mut self,
        range: Range<usize>,
    ) -> impl Iterator<Item = Result<Range<usize>, KernelError>> {
        let mut next = Some(range.start);
        std::iter::from_fn(move || {
            let begin = next?;
            let end = range.end.min(begin + ENTRIES);
            next = (end < range.end).then_some(end);
            Some(self.step(end - begin).map(|()| begin..end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_run_is_noticed_after_so_many_entries_of_short_or_long_lists() {
        let control = Control::default();
        let mut pace = Pace::new(&control);
        control.cancel();
        let steps = (0..).find(|_| pace.step(3).is_err());
        assert_eq!(steps, Some(ENTRIES / 4 - 1));
        assert_eq!(pace.step(1 << 20), Err(KernelError::Cancelled));
    }

    #[test]
    fn pieces_cover_a_range_once_and_end_with_a_cancelled_run() {
        let control = Control::default();
        let mut pace = Pace::new(&control);
        let mut pieces = |range| -> Result<Vec<Range<usize>>, KernelError> { pace.pieces(range).collect() };
        let end = 2 * ENTRIES + 5;
        let cut = [3..ENTRIES + 3, ENTRIES + 3..2 * ENTRIES + 3, 2 * ENTRIES + 3..end];
        assert_eq!(pieces(3..end), Ok(cut.to_vec()));
        assert_eq!(pieces(7..7).unwrap().len(), 1);
        control.cancel();
        assert_eq!(pieces(3..end), Err(KernelError::Cancelled));
    }
}
