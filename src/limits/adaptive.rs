//! How many tasks may run at once, found by trying: signals of the machine in, a size out.
//!
//! Each second or so the caller reports what it saw. The size grows by one when tasks wait, the pressure is
//! below its target and the throughput did not fall. It shrinks to three quarters when the pressure is above
//! its high mark, memory is short or the other side said that it is overloaded. It never leaves its bounds,
//! and nothing running is ended for it: a smaller size takes effect as tasks end.
//!
//! Pressure is reported late (the kernel averages it over ten seconds), so by the time it passes the target
//! the size has grown too far by what it grew meanwhile. Therefore growth of the last [`LAG`] is taken back
//! when the pressure passes the target, the size this leaves is remembered as an edge, and beyond the edge it
//! is tried one at a time with [`LAG`] between, after [`REST`] for the pressure to fade.
//!
//! Law (kept by models below): tasks that compute settle within one of the free cores, tasks that sleep settle
//! at the highest size.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

/// How long a change of size may take to show in the pressure.
const LAG: Duration = Duration::from_secs(5);

/// How long a pressure that was caused by a size since given up may still be reported.
const REST: Duration = Duration::from_secs(20);

/// The least time between two steps of growth, however often signals come.
const PACE: Duration = Duration::from_secs(1);

/// Throughputs are compared over this time.
const WINDOW: Duration = Duration::from_secs(10);

/// Signals kept at most, whatever the caller's rhythm.
const MOST_KEPT: usize = 512;

/// From this use of the processors on we do not grow when their pressure is not known.
const BUSY_PERCENT: f64 = 90.0;

/// Bounds of a size, and the pressures that move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptivePolicy {
    /// Never fewer.
    pub min: NonZeroU32,
    /// Never more; less than `min` counts as `min`.
    pub max: NonZeroU32,
    /// What the pressure on the processors may do.
    pub cpu: Marks,
    /// What the pressure on memory may do.
    pub memory: Marks,
}

/// Shares of time, in percent, in which some task was stalled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marks {
    /// Below it the size may grow.
    pub target: f64,
    /// Above it the size shrinks.
    pub high: f64,
}

impl AdaptivePolicy {
    /// Between `min` and `max`, with marks of 20 and 60 % for the processors, 5 and 20 % for memory.
    pub fn new(min: NonZeroU32, max: NonZeroU32) -> Self {
        Self {
            min,
            max,
            cpu: Marks {
                target: 20.0,
                high: 60.0,
            },
            // Tasks that wait for a processor still advance; tasks that wait for pages do the same work twice.
            memory: Marks {
                target: 5.0,
                high: 20.0,
            },
        }
    }
}

/// What was seen since the signals before. A sensor that is not there is `None` and moves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// Percent of the last ten seconds in which some task waited for a processor.
    pub cpu_pressure: Option<f64>,
    /// Percent of the last ten seconds in which some task waited for memory.
    pub memory_pressure: Option<f64>,
    /// Percent of the processors we may use that we did use; read only without `cpu_pressure`.
    pub cpu_percent: Option<f64>,
    /// Whether less memory is free than the next task needs.
    pub is_memory_short: bool,
    /// Tasks that ended, however they ended.
    pub completed: u32,
    /// Tasks that ended because the other side had too much to do: timeouts, HTTP 429 and 503.
    pub overloaded: u32,
    /// Whether a task waits for a place.
    pub is_waiting: bool,
}

/// How far a pressure has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Low,
    Target,
    High,
}

/// One report, as far as it is remembered.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: Duration,
    /// The size that was in force until then.
    size: u32,
    completed: u32,
}

/// A size that follows its signals.
#[derive(Clone, Debug)]
pub struct Adaptive {
    policy: AdaptivePolicy,
    size: u32,
    /// The largest size that was well so far, once one was not.
    edge: Option<u32>,
    grown_at: Option<Duration>,
    shrunk_at: Option<Duration>,
    /// Oldest first.
    seen: VecDeque<Seen>,
}

impl Adaptive {
    /// A size that begins at `start`, moved into the bounds.
    pub fn new(policy: AdaptivePolicy, start: u32) -> Self {
        let mut adaptive = Self {
            policy,
            size: 0,
            edge: None,
            grown_at: None,
            shrunk_at: None,
            seen: VecDeque::new(),
        };
        adaptive.size = adaptive.bounded(start);
        adaptive
    }

    /// How many tasks may run at once, in the bounds.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The size from `now` on. To be called each second, or after ten completions if those come first.
    pub fn observe(&mut self, signals: &Signals, now: Duration) -> u32 {
        self.remember(signals, now);
        let level = self.level(signals);
        if signals.is_memory_short || signals.overloaded > 0 {
            self.shrink_to_three_quarters(now);
        } else if level >= Level::Target && self.take_back_growth(now) {
            // The pressure that is still to come from the sizes given up says nothing new.
        } else if level == Level::High && has_passed(self.shrunk_at, REST, now) {
            self.shrink_to_three_quarters(now);
        } else if level == Level::Low && signals.is_waiting && self.may_grow(now) {
            self.grow(now);
        }
        self.size
    }

    fn bounded(&self, size: u32) -> u32 {
        let min = self.policy.min.get();
        size.clamp(min, self.policy.max.get().max(min))
    }

    fn remember(&mut self, signals: &Signals, now: Duration) {
        self.seen.push_back(Seen {
            at: now,
            size: self.size,
            completed: signals.completed,
        });
        let is_old = |it: &Seen| now.saturating_sub(it.at) >= WINDOW * 2;
        while self.seen.len() > MOST_KEPT || self.seen.front().is_some_and(is_old) {
            self.seen.pop_front();
        }
    }

    fn level(&self, signals: &Signals) -> Level {
        let of = |percent: Option<f64>, marks: Marks| match percent {
            Some(percent) if percent > marks.high => Level::High,
            Some(percent) if percent >= marks.target => Level::Target,
            Some(_) | None => Level::Low,
        };
        let cpu = match signals.cpu_pressure {
            Some(_) => of(signals.cpu_pressure, self.policy.cpu),
            // Full use is no harm, but more tasks would not help.
            None if signals.cpu_percent.is_some_and(|it| it >= BUSY_PERCENT) => Level::Target,
            None => Level::Low,
        };
        cpu.max(of(signals.memory_pressure, self.policy.memory))
    }

    /// Goes back to the size of [`LAG`] ago if that was smaller; whether it was.
    fn take_back_growth(&mut self, now: Duration) -> bool {
        let from = now.saturating_sub(LAG);
        let before = self.seen.iter().find(|it| it.at >= from).map(|it| it.size);
        let Some(before) = before.filter(|it| *it < self.size) else {
            return false;
        };
        self.shrink(before, now);
        true
    }

    fn shrink_to_three_quarters(&mut self, now: Duration) {
        self.shrink((u64::from(self.size) * 3 / 4) as u32, now);
    }

    fn shrink(&mut self, size: u32, now: Duration) {
        self.size = self.bounded(size);
        self.edge = Some(self.size);
        self.shrunk_at = Some(now);
        // Sizes from before would be taken for growth that is to be taken back.
        for seen in &mut self.seen {
            seen.size = self.size;
        }
    }

    fn may_grow(&self, now: Duration) -> bool {
        let is_beyond = self.edge.is_some_and(|it| self.size >= it);
        let pause = if is_beyond { LAG } else { PACE };
        has_passed(self.grown_at, pause, now)
            && has_passed(self.shrunk_at, REST, now)
            && !self.has_throughput_fallen(now)
    }

    fn grow(&mut self, now: Duration) {
        // Asked for at the edge, the step before was well for a whole lag: the edge lies further out.
        self.edge = self.edge.map(|it| it.max(self.size));
        self.size = self.bounded(self.size.saturating_add(1));
        self.grown_at = Some(now);
    }

    /// Whether fewer tasks ended in the last window than in the one before, by more than a tenth and by more
    /// than chance makes of equal rates (twice the root of the count).
    fn has_throughput_fallen(&self, now: Duration) -> bool {
        let middle = now.saturating_sub(WINDOW);
        let (mut before, mut after) = (0.0, 0.0);
        for seen in &self.seen {
            *(if seen.at <= middle {
                &mut before
            } else {
                &mut after
            }) += f64::from(seen.completed);
        }
        before - after > (before * 0.1).max(2.0 * f64::sqrt(before))
    }
}

/// Whether `since` lies at least `pause` back, or never was.
fn has_passed(since: Option<Duration>, pause: Duration, now: Duration) -> bool {
    since.is_none_or(|it| now.saturating_sub(it) >= pause)
}

#[cfg(test)]
#[path = "adaptive_tests.rs"]
mod tests;
