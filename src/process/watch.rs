//! Looks after a running child: what it prints and the memory it holds.

use std::time::Duration;

use tokio::time::Instant;

use super::cgroup::Cgroup;
use super::{Bounds, Ending, Printing};

/// Between two looks: at first, and when little happens. A child that prints much is looked at often, so that what it
/// prints between two looks stays small.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(100);

/// Between two looks at the memory of a group.
const PERIOD: Duration = Duration::from_secs(1);

/// The looks at one child.
#[derive(Debug)]
pub(super) struct Watch {
    bounds: Bounds,
    printed: u64,
    pause: Duration,
    /// The limit that no control group keeps, and when it is looked at next.
    memory: Option<(u64, Instant)>,
}

impl Watch {
    pub(super) fn new(bounds: Bounds, memory: Option<u64>) -> Self {
        Self {
            bounds,
            printed: 0,
            pause: SHORTEST,
            memory: memory.map(|it| (it, Instant::now() + PERIOD)),
        }
    }

    /// How long to wait before the next look.
    pub(super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Whether so many bytes in one stream are more than it may print.
    pub(super) fn is_too_much(&self, printed: u64) -> bool {
        printed > self.bounds.printed
    }

    /// Why the child has to be killed, if it has to. `resident` says how much memory its members hold.
    pub(super) fn look(
        &mut self,
        printing: &Printing,
        cgroup: Option<&Cgroup>,
        resident: impl FnOnce() -> u64,
    ) -> Option<Ending> {
        let printed = printing.trim();
        let much = printed - self.printed.min(printed) > self.bounds.kept / 4;
        self.pause = if much {
            SHORTEST
        } else {
            (self.pause * 2).min(LONGEST)
        };
        self.printed = printed;
        if self.is_too_much(printed) {
            return Some(Ending::OutputTooLarge);
        }
        if cgroup.is_some_and(Cgroup::ran_out_of_memory) {
            return Some(Ending::OutOfMemory);
        }
        let (limit, at) = self.memory.as_mut()?;
        let now = Instant::now();
        if now < *at {
            return None;
        }
        *at = now + PERIOD;
        (resident() > *limit).then_some(Ending::OutOfMemory)
    }
}
