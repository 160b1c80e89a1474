//! Work over many items in parallel, cut into chunks whose answers are merged in order.
//!
//! Law: what `merge` sees depends on the number of items and the chunk length only, never on the
//! number of threads, so that sums of floating-point numbers have the same bits everywhere.
//!
//! Memory: at most [`WAVE`] answers and [`WAVE`] workspaces exist at a time.

use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::control::{Control, KernelError};

/// Chunks under way or waiting to be merged; also the largest number of threads that are of use.
pub(super) const WAVE: usize = 16;

/// Workspaces that serve one piece of work after another, at most one for each thread at a time.
pub(super) struct Spare<S, F> {
    kept: Mutex<Vec<S>>,
    fresh: F,
}

impl<S: Send, F: Fn() -> S + Sync> Spare<S, F> {
    /// None yet; `fresh` makes one when all are lent.
    pub(super) fn new(fresh: F) -> Self {
        Self {
            kept: Mutex::new(Vec::new()),
            fresh,
        }
    }

    /// Runs `task` on a workspace, which it must leave as it found it unless it fails.
    pub(super) fn lend<T>(
        &self,
        task: impl FnOnce(&mut S) -> Result<T, KernelError>,
    ) -> Result<T, KernelError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut workspace = kept.unwrap_or_else(&self.fresh);
        let answer = task(&mut workspace)?;
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(workspace);
        Ok(answer)
    }
}

/// Runs `task` on the chunks of `0..items` in the current rayon pool and hands the answers to `merge`
/// in chunk order, until it breaks.
///
/// A workspace made by `fresh` serves many chunks; `task` must leave it as it found it. Announces one
/// work unit an item and checks for cancellation before every chunk.
pub(super) fn in_order<S: Send, T: Send>(
    items: usize,
    chunk: usize,
    control: &Control,
    fresh: impl Fn() -> S + Sync,
    task: impl Fn(&mut S, Range<usize>) -> Result<T, KernelError> + Sync,
    mut merge: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), KernelError> {
    control.expect(items as u64);
    let spare = Spare::new(fresh);
    let one = |index: usize| -> Result<T, KernelError> {
        control.check()?;
        let range = index * chunk..items.min((index + 1) * chunk);
        let units = range.len() as u64;
        let answer = spare.lend(|workspace| task(workspace, range))?;
        control.advance(units);
        Ok(answer)
    };
    let chunks = items.div_ceil(chunk);
    for first in (0..chunks).step_by(WAVE) {
        let wave = first..chunks.min(first + WAVE);
        let answers: Vec<T> = wave
            .into_par_iter()
            .with_max_len(1)
            .map(one)
            .collect::<Result<_, _>>()?;
        for answer in answers {
            if merge(answer).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges_seen(items: usize, chunk: usize) -> Vec<Range<usize>> {
        let mut seen = Vec::new();
        in_order(
            items,
            chunk,
            &Control::default(),
            || (),
            |(), range| Ok(range),
            |range| {
                seen.push(range);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        seen
    }

    #[test]
    fn chunks_arrive_in_order_and_cover_every_item_once() {
        assert!(ranges_seen(0, 4).is_empty());
        assert_eq!(ranges_seen(10, 4), [0..4, 4..8, 8..10]);
        let many = ranges_seen(1000, 3);
        assert!(many.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((many[0].start, many[many.len() - 1].end), (0, 1000));
    }

    #[test]
    fn a_break_ends_the_work_and_a_cancelled_run_answers_so() {
        let control = Control::default();
        let mut merged = 0;
        let all = in_order(
            10_000,
            1,
            &control,
            || (),
            |(), _| Ok(()),
            |()| {
                merged += 1;
                ControlFlow::Break(())
            },
        );
        assert_eq!((all, merged), (Ok(()), 1));
        assert!(control.progress().0 <= WAVE as u64, "one wave at most had begun");
        control.cancel();
        let again = in_order(
            1,
            1,
            &control,
            || (),
            |(), _| Ok(()),
            |()| ControlFlow::Continue(()),
        );
        assert_eq!(again, Err(KernelError::Cancelled));
    }
}
