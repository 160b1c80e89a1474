//! Loops over vertices in fixed blocks, on the current rayon pool.
//!
//! Law: blocks depend on the graph only, never on the number of threads, and sums add blocks in their order, so that
//! results have the same bits at any thread count. Each block asks whether the run was cancelled
//! and reports one work unit a vertex, which the caller announces unless said otherwise.

use std::ops::Range;

use rayon::prelude::*;

use super::control::{Control, KernelError};
use super::pace::Pace;
use crate::graph::{Csr, Neighbourhoods, PORTION};

/// Vertices in a block.
pub(super) const BLOCK: usize = PORTION;

/// Fills `values` with `value(v)` for each vertex `v`.
pub(super) fn fill<T: Send>(
    values: &mut [T],
    control: &Control,
    value: impl Fn(u32) -> T + Sync,
) -> Result<(), KernelError> {
    fill_and_sum(values, control, |v| (value(v), 0.0)).map(|_| ())
}

/// Fills `values` with the first half of `value(v)` and returns the sum of the second halves.
pub(super) fn fill_and_sum<T: Send>(
    values: &mut [T],
    control: &Control,
    value: impl Fn(u32) -> (T, f64) + Sync,
) -> Result<f64, KernelError> {
    let blocks = values.chunks_mut(BLOCK).enumerate();
    let blocks = blocks.map(|(at, block)| ((at * BLOCK) as u32, block)).collect();
    over(blocks, control, value)
}

/// Like [`fill`], where a vertex costs as much as its list of `lists` is long.
pub(super) fn fill_along<T: Send>(
    lists: &impl Neighbourhoods,
    values: &mut [T],
    control: &Control,
    value: impl Fn(u32) -> T + Sync,
) -> Result<(), KernelError> {
    fill_and_sum_along(lists, values, control, |v| (value(v), 0.0)).map(|_| ())
}

/// Like [`fill_and_sum`], where a vertex costs as much as its list of `lists` is long.
pub(super) fn fill_and_sum_along<T: Send>(
    lists: &impl Neighbourhoods,
    values: &mut [T],
    control: &Control,
    value: impl Fn(u32) -> (T, f64) + Sync,
) -> Result<f64, KernelError> {
    over(cut(values, lists.portions()), control, value)
}

/// Like [`fill`], where a vertex costs as much as its lists in both directions are long.
pub(super) fn fill_around<T: Send, L: Neighbourhoods>(
    graph: &Csr<L>,
    values: &mut [T],
    control: &Control,
    value: impl Fn(u32) -> T + Sync,
) -> Result<(), KernelError> {
    let ranges = graph.out.portions_with(&graph.into);
    over(cut(values, ranges), control, |v| (value(v), 0.0)).map(|_| ())
}

/// The values of consecutive ranges, each with its first vertex.
fn cut<T>(values: &mut [T], ranges: Vec<Range<u32>>) -> Vec<(u32, &mut [T])> {
    let mut rest = values;
    let mut blocks = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (block, behind) = std::mem::take(&mut rest).split_at_mut(range.len());
        blocks.push((range.start, block));
        rest = behind;
    }
    blocks
}

/// Fills blocks, each given with its first vertex, and adds up the second halves in their order.
fn over<T: Send>(
    blocks: Vec<(u32, &mut [T])>,
    control: &Control,
    value: impl Fn(u32) -> (T, f64) + Sync,
) -> Result<f64, KernelError> {
    let one = |(first, slots): (u32, &mut [T])| {
        control.check()?;
        let mut sum = 0.0;
        for (v, slot) in (first..).zip(slots.iter_mut()) {
            let (own, part) = value(v);
            *slot = own;
            sum += part;
        }
        control.advance(slots.len() as u64);
        Ok(sum)
    };
    let sums: Result<Vec<f64>, KernelError> = blocks.into_par_iter().map(one).collect();
    Ok(sums?.into_iter().sum())
}

/// Calls `visit` with each vertex of `0..n` in order, on this thread; announces its work units itself.
pub(super) fn in_turn(n: u32, control: &Control, mut visit: impl FnMut(u32)) -> Result<(), KernelError> {
    in_turn_paced(n, control, |v, _| {
        visit(v);
        Ok(())
    })
}

/// Like [`in_turn`], where `visit` counts the entries of a vertex before it reads them.
pub(super) fn in_turn_paced(
    n: u32,
    control: &Control,
    mut visit: impl FnMut(u32, &mut Pace<'_>) -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    control.expect(u64::from(n));
    let mut pace = Pace::new(control);
    for begin in (0..n).step_by(BLOCK) {
        control.check()?;
        let end = n.min(begin.saturating_add(BLOCK as u32));
        for v in begin..end {
            visit(v, &mut pace)?;
        }
        control.advance(u64::from(end - begin));
    }
    Ok(())
}
