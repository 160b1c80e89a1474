//! Numbers that are read in no order, in large pages where the system gives them.
//!
//! A gather from tens of megabytes pays more for looking its page up than for the number itself; pages of
//! 2 MiB are few enough to be looked up at once. They are asked for, never needed: where a system has
//! none the numbers stand in usual pages and are the same.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// Below so many bytes large pages bring nothing.
const LEAST: usize = 16 << 20;

/// A vector of fixed length.
#[derive(Debug)]
pub(super) enum Gathered {
    /// From the allocator.
    Usual(Vec<f64>),
    /// Pages of its own.
    Mapped(MmapMut),
}

impl Gathered {
    /// So many zeros.
    pub(super) fn zeros(count: usize) -> Self {
        match mapped(count * size_of::<f64>()) {
            Some(pages) => Self::Mapped(pages),
            None => Self::Usual(vec![0.0; count]),
        }
    }

    /// The same numbers.
    pub(super) fn copy_of(numbers: &[f64]) -> Self {
        let mut copy = Self::zeros(numbers.len());
        copy.copy_from_slice(numbers);
        copy
    }
}

/// Fresh pages, which are zero; none where the allocator serves as well.
fn mapped(bytes: usize) -> Option<MmapMut> {
    if bytes < LEAST {
        return None;
    }
    let pages = MmapMut::map_anon(bytes).ok()?;
    #[cfg(target_os = "linux")]
    pages.advise(memmap2::Advice::HugePage).ok()?;
    Some(pages)
}

impl Deref for Gathered {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        match self {
            Self::Usual(numbers) => numbers,
            Self::Mapped(pages) => bytemuck::cast_slice(pages),
        }
    }
}

impl DerefMut for Gathered {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f64] {
        match self {
            Self::Usual(numbers) => numbers,
            Self::Mapped(pages) => bytemuck::cast_slice_mut(pages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zero_at_first_and_then_what_was_written_in_either_kind_of_page() {
        for count in [0, 5, LEAST / size_of::<f64>()] {
            let mut numbers = Gathered::zeros(count);
            assert_eq!(numbers.len(), count);
            assert_eq!(matches!(numbers, Gathered::Mapped(_)), count > 5);
            assert!(numbers.iter().all(|it| *it == 0.0));
            (0_u32..)
                .zip(numbers.iter_mut())
                .for_each(|(at, it)| *it = f64::from(at));
            let copy = Gathered::copy_of(&numbers);
            assert!((0_u32..).zip(copy.iter()).all(|(at, it)| *it == f64::from(at)));
        }
    }
}
