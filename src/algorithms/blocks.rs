//! Loops over vertices in fixed blocks, on the current rayon pool.
//!
//! Law: blocks depend on the number of vertices only and sums add blocks in their order, so that
//! results have the same bits at any thread count. Each block asks whether the run was cancelled
//! and reports one work unit a vertex, which the caller announces unless said otherwise.

use rayon::prelude::*;

use super::control::{Control, KernelError};

/// Vertices in a block: few enough that cancelling takes effect within milliseconds, many enough
/// that handing a block to a thread costs nothing beside it.
pub(super) const BLOCK: usize = 2048;

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
    let one = |(block, slots): (usize, &mut [T])| {
        control.check()?;
        let mut sum = 0.0;
        for (at, slot) in slots.iter_mut().enumerate() {
            let (own, part) = value((block * BLOCK + at) as u32);
            *slot = own;
            sum += part;
        }
        control.advance(slots.len() as u64);
        Ok(sum)
    };
    let sums: Result<Vec<f64>, KernelError> = values.par_chunks_mut(BLOCK).enumerate().map(one).collect();
    Ok(sums?.into_iter().sum())
}

/// Calls `visit` with each vertex of `0..n` in order, on this thread; announces its work units itself.
pub(super) fn in_turn(n: u32, control: &Control, mut visit: impl FnMut(u32)) -> Result<(), KernelError> {
    control.expect(u64::from(n));
    for begin in (0..n).step_by(BLOCK) {
        control.check()?;
        let end = n.min(begin.saturating_add(BLOCK as u32));
        (begin..end).for_each(&mut visit);
        control.advance(u64::from(end - begin));
    }
    Ok(())
}
