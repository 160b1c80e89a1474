//! How often a kernel looks whether it was cancelled, and how much it reads between two looks.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Control;
use crate::graph::visits;

/// What a run did between its looks.
#[derive(Debug, Default)]
pub(in super::super) struct Looks {
    /// The look at which the run is cancelled; 0 for none.
    last: AtomicU64,
    count: AtomicU64,
    longest: AtomicU64,
}

impl Looks {
    /// Counts a look; whether it is the one at which the run is to be cancelled.
    pub(super) fn is_last(&self) -> bool {
        self.longest.fetch_max(visits::take(), Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed) + 1 == self.last.load(Ordering::Relaxed)
    }
}

impl Control {
    /// A handle on a run that is cancelled when it looks for the `last`th time.
    pub(in super::super) fn cancelled_at(last: u64) -> Self {
        visits::take();
        let control = Self::default();
        control.looks.last.store(last, Ordering::Relaxed);
        control
    }

    /// How often the run looked so far.
    pub(in super::super) fn looks(&self) -> u64 {
        self.looks.count.load(Ordering::Relaxed)
    }

    /// The most entries of lists that a thread read between two looks or, on this thread, since the last.
    pub(in super::super) fn longest(&self) -> u64 {
        self.looks.longest.load(Ordering::Relaxed).max(visits::take())
    }
}
