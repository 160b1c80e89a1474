//! Sorting that notices in time that its run was cancelled.
//!
//! Quicksort down to pieces that the standard library sorts within milliseconds; halves are sorted on
//! all threads. Not stable: a key must tell items apart, or its items must be alike. Cost: O(m log m)
//! time for m items, no memory beside them. Source: Hoare 1962.

use super::control::{Control, KernelError};
use super::pace;

/// Items that are sorted at once.
const PIECE: usize = pace::ENTRIES;

/// Items of which the middle one divides the others.
const SAMPLE: usize = 65;

/// Sorts `items` by `key`; fails only when the run is cancelled.
pub(super) fn sort_by_key<T: Copy + Send, K: Ord>(
    items: &mut [T],
    control: &Control,
    key: impl Fn(&T) -> K + Copy + Sync,
) -> Result<(), KernelError> {
    if items.len() <= PIECE {
        control.check()?;
        items.sort_unstable_by_key(key);
        return Ok(());
    }
    let (less, done) = part(items, control, key)?;
    let (low, high) = items.split_at_mut(done);
    let (low, high) = rayon::join(
        || sort_by_key(&mut low[..less], control, key),
        || sort_by_key(high, control, key),
    );
    low.and(high)
}

/// Moves the `count` least of `items` by `key` to the front; fails only when the run is cancelled.
pub(super) fn least_first<T: Copy, K: Ord>(
    items: &mut [T],
    count: usize,
    control: &Control,
    key: impl Fn(&T) -> K + Copy,
) -> Result<(), KernelError> {
    let (mut items, mut count) = (items, count);
    while items.len() > PIECE {
        let (less, done) = part(items, control, key)?;
        if count <= less {
            items = &mut items[..less];
        } else if count <= done {
            return Ok(());
        } else {
            items = &mut items[done..];
            count -= done;
        }
    }
    control.check()?;
    if count < items.len() {
        items.select_nth_unstable_by_key(count, key);
    }
    Ok(())
}

/// Parts `items` about one of them: the first answer many are less than all behind, and up to the second
/// the others are equal and in place. One of the two is above 0.
fn part<T: Copy, K: Ord>(
    items: &mut [T],
    control: &Control,
    key: impl Fn(&T) -> K + Copy,
) -> Result<(usize, usize), KernelError> {
    let mut sample: Vec<T> = items.iter().step_by(items.len() / SAMPLE).copied().collect();
    sample.sort_unstable_by_key(key);
    let pivot = key(&sample[sample.len() / 2]);
    match divide(items, control, |it| key(it) < pivot)? {
        // It is the least: what equals it is in place once it stands in front.
        0 => Ok((0, divide(items, control, |it| key(it) <= pivot)?)),
        less => Ok((less, less)),
    }
}

/// Moves the items that pass `test` to the front; answers how many they are.
pub(super) fn divide<T: Copy>(
    items: &mut [T],
    control: &Control,
    test: impl Fn(&T) -> bool,
) -> Result<usize, KernelError> {
    let mut front = 0;
    for begin in (0..items.len()).step_by(PIECE) {
        control.check()?;
        for at in begin..items.len().min(begin + PIECE) {
            // Swapped in any case, since a branch would be guessed wrong.
            let passes = test(&items[at]);
            items.swap(at, front);
            front += usize::from(passes);
        }
    }
    Ok(front)
}

#[cfg(test)]
mod tests {
    use super::super::random_graphs::on_threads;
    use super::*;

    #[test]
    fn many_items_are_sorted_as_by_the_standard_library() {
        let count = 5 * PIECE as u64 + 17;
        let mixed = |it: u64| it.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let shapes: [fn(u64) -> u64; 5] = [|it| it, |it| u64::MAX - it, |_| 3, |it| it % 2, |it| it / 90_000];
        for shape in shapes {
            for order in [(|it| it) as fn(u64) -> u64, |it| it.wrapping_mul(7_919) % 327_697] {
                let items: Vec<(u64, u64)> = (0..count).map(|it| (shape(order(it)), mixed(it))).collect();
                let mut wanted = items.clone();
                wanted.sort_unstable();
                for threads in [1, 2] {
                    let mut found = items.clone();
                    on_threads(threads, || sort_by_key(&mut found, &Control::default(), |it| *it)).unwrap();
                    assert!(found == wanted);
                }
                for count in [0, 1, items.len() / 2, items.len()] {
                    let mut found = items.clone();
                    least_first(&mut found, count, &Control::default(), |it| *it).unwrap();
                    found[..count].sort_unstable();
                    assert!(found[..count] == wanted[..count]);
                }
            }
        }
    }

    #[test]
    fn a_cancelled_run_is_noticed_piece_by_piece() {
        let items: Vec<usize> = (0..3 * PIECE).rev().collect();
        let control = Control::default();
        on_threads(1, || sort_by_key(&mut items.clone(), &control, |it| *it)).unwrap();
        for last in 1..=control.looks() {
            let control = Control::cancelled_at(last);
            let answer = on_threads(1, || sort_by_key(&mut items.clone(), &control, |it| *it));
            assert_eq!(answer, Err(KernelError::Cancelled));
        }
        assert!(control.looks() >= 6);
    }
}
