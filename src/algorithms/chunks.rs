//! Work over many items in parallel, cut into chunks whose answers are merged in order.
//!
//! Law: what `merge` sees depends on the number of items and the chunk length only, never on the
//! number of threads, so that sums of floating-point numbers have the same bits everywhere.
//!
//! Memory: at most [`WAVE`] answers and [`WAVE`] workspaces exist at a time.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};
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

    /// Runs `work` on a workspace, which it must leave as it found it unless it fails.
    pub(super) fn lend<T>(
        &self,
        work: impl FnOnce(&mut S) -> Result<T, KernelError>,
    ) -> Result<T, KernelError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut workspace = kept.unwrap_or_else(&self.fresh);
        let answer = work(&mut workspace)?;
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(workspace);
        Ok(answer)
    }
}

/// Runs `work` on the chunks of `0..items` in the current rayon pool and hands the answers to `merge`
/// in chunk order, until it breaks.
///
/// A workspace made by `fresh` serves many chunks; `work` must leave it as it found it. Announces one
/// work unit an item and checks for cancellation before every chunk.
pub(super) fn in_order<S: Send, T: Send>(
    items: usize,
    chunk: usize,
    control: &Control,
    fresh: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) -> Result<T, KernelError> + Sync,
    mut merge: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), KernelError> {
    control.expect(items as u64);
    let spare = Spare::new(fresh);
    let one = |index: usize| -> Result<T, KernelError> {
        control.check()?;
        let range = index * chunk..items.min((index + 1) * chunk);
        let units = range.len() as u64;
        let answer = spare.lend(|workspace| work(workspace, range))?;
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

/// Runs `work` on the chunks of `0..items` in the current rayon pool and answers the workspaces made by `fresh`:
/// one a thread, [`WAVE`] at most, each with what some of the chunks left in it.
///
/// Which chunks share a workspace is chance: what is made of them must not depend on it, as sums of whole
/// numbers do not. Announces one work unit an item and checks for cancellation before every chunk.
pub(super) fn in_any_order<S: Send>(
    items: usize,
    chunk: usize,
    control: &Control,
    fresh: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) -> Result<(), KernelError> + Sync,
) -> Result<Vec<S>, KernelError> {
    control.expect(items as u64);
    let next = AtomicUsize::new(0);
    let lane = |_| -> Result<Option<S>, KernelError> {
        let mut workspace = None;
        loop {
            let begin = next.fetch_add(1, Ordering::Relaxed).saturating_mul(chunk);
            if begin >= items {
                return Ok(workspace);
            }
            control.check()?;
            let range = begin..items.min(begin + chunk);
            let units = range.len() as u64;
            work(workspace.get_or_insert_with(&fresh), range)?;
            control.advance(units);
        }
    };
    let lanes = (0..WAVE).into_par_iter().with_max_len(1).map(lane);
    let workspaces: Vec<Option<S>> = lanes.collect::<Result<_, _>>()?;
    Ok(workspaces.into_iter().flatten().collect())
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
    fn chunks_in_any_order_cover_every_item_once_in_a_workspace_a_thread() {
        for items in [0_usize, 1, 10, 1000] {
            let control = Control::default();
            let add = |sum: &mut usize, range: Range<usize>| {
                *sum += range.sum::<usize>();
                Ok(())
            };
            let sums = in_any_order(items, 3, &control, || 0, add).unwrap();
            assert_eq!(sums.iter().sum::<usize>(), items * items.saturating_sub(1) / 2);
            assert!(sums.len() <= WAVE.min(rayon::current_num_threads()));
            assert_eq!(control.progress(), (items as u64, items as u64));
            control.cancel();
            assert_eq!(in_any_order(items, 3, &control, || 0, add).is_err(), items > 0);
        }
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
