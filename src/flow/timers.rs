//! What is due when. An alarm whose reason has passed is dropped when it comes up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::task::Limit;

/// What happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// The pause before the next attempt is over.
    Rested,
    /// An attempt ran into its limit.
    Attempt,
    /// All attempts together ran into theirs.
    Task,
    /// The wait for a slot ran into its.
    Queue,
}

impl Alarm {
    pub(super) fn limit(self) -> Option<Limit> {
        match self {
            Alarm::Attempt => Some(Limit::Attempt),
            Alarm::Task => Some(Limit::Task),
            Alarm::Rested | Alarm::Queue => None,
        }
    }
}

/// An alarm of a task, set in its so-manieth attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub(super) at_us: u64,
    pub(super) task: u32,
    pub(super) attempt: u16,
    pub(super) alarm: Alarm,
}

#[derive(Default)]
pub(super) struct Timers(BinaryHeap<Reverse<Timer>>);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer) {
        self.0.push(Reverse(timer));
    }

    /// The next one that is due at `now_us`.
    pub(super) fn due(&mut self, now_us: u64) -> Option<Timer> {
        let Reverse(timer) = self.0.peek()?;
        if timer.at_us > now_us {
            return None;
        }
        self.0.pop().map(|Reverse(timer)| timer)
    }

    /// When to look again; `is_live` says whether a timer still has its reason.
    pub(super) fn next(&mut self, is_live: impl Fn(&Timer) -> bool) -> Option<u64> {
        while let Some(Reverse(timer)) = self.0.peek() {
            if is_live(timer) {
                return Some(timer.at_us);
            }
            self.0.pop();
        }
        None
    }

    /// When the pause of a task is over.
    pub(super) fn rest_of(&self, task: u32) -> Option<u64> {
        let is_its = |it: &&Reverse<Timer>| it.0.task == task && it.0.alarm == Alarm::Rested;
        self.0.iter().filter(is_its).map(|it| it.0.at_us).max()
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<Timer>()
    }
}
