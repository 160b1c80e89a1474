//! Named limits: pools of units, pools of rate, and what was seen of them.

use std::num::NonZeroU64;
use std::time::Duration;

use crate::limits::Bucket;

/// A pool of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolIndex(pub(super) u32);

/// A breaker of a scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BreakerIndex(pub(super) u32);

/// Something of a scheduler that is approved once, before the first task that needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateIndex(pub(super) u32);

impl PoolIndex {
    /// Its place in the order of making, from 0.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// Slots outside this process, which other processes take too. The scheduler asks when all else is there, and
/// gives back at once what it could not use.
pub trait SharedSlots: Send {
    /// Takes `units` or nothing. Where that cannot even be tried they are granted, to be given back like others, and
    /// [`Self::fault`] says why: there is nothing to wait for, and whatever begins with them has to fail.
    fn try_take(&mut self, units: u64) -> bool;
    /// Gives `units` back.
    fn give_back(&mut self, units: u64);
    /// Why the last try could not be made, if so.
    fn fault(&self) -> Option<&str> {
        None
    }
}

/// What was seen of a pool up to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Units it has.
    pub size: u64,
    /// Units that running tasks hold.
    pub held: u64,
    /// The most that were ever held at once.
    pub peak: u64,
    /// Attempts that held some of it and have ended.
    pub ended: u64,
    /// Unit-microseconds that were held; 0 of a pool of rate, which is used up instead.
    pub busy_unit_us: u128,
    /// Unit-microseconds that there were: size over time.
    pub open_unit_us: u128,
    /// Tasks that had to wait for it, and how long they did in all, in microseconds.
    pub waited: u64,
    /// See `waited`.
    pub waited_us: u64,
}

impl PoolUse {
    /// Share of what there was that was held, 0 to 1.
    pub fn utilisation(&self) -> f64 {
        if self.open_unit_us == 0 {
            return 0.0;
        }
        self.busy_unit_us as f64 / self.open_unit_us as f64
    }
}

/// What a pool can say to a demand.
pub(super) enum Room {
    Enough,
    /// So many are held.
    Full,
    /// So long until there is enough.
    In(Duration),
}

pub(super) struct Pool {
    kind: Kind,
    pub(super) seen: PoolUse,
    at_us: u64,
    /// Units kept free for a task that has waited too long.
    pub(super) reserved: u64,
}

enum Kind {
    Units,
    Rate(Bucket),
    Shared(Box<dyn SharedSlots>),
}

impl Pool {
    pub(super) fn units(size: u64) -> Self {
        Self::over(Kind::Units, size)
    }

    pub(super) fn rate(amount: NonZeroU64, period: Duration) -> Self {
        Self::over(
            Kind::Rate(Bucket::with_burst(amount, period, amount)),
            amount.get(),
        )
    }

    pub(super) fn shared(size: u64, slots: Box<dyn SharedSlots>) -> Self {
        Self::over(Kind::Shared(slots), size)
    }

    fn over(kind: Kind, size: u64) -> Self {
        Self {
            kind,
            seen: PoolUse {
                size,
                held: 0,
                peak: 0,
                ended: 0,
                busy_unit_us: 0,
                open_unit_us: 0,
                waited: 0,
                waited_us: 0,
            },
            at_us: 0,
            reserved: 0,
        }
    }

    /// What of `units` is asked for: more than there is counts as all.
    fn asked(&self, units: u64) -> u64 {
        units.min(self.seen.size.max(1))
    }

    pub(super) fn room(&self, units: u64, now_us: u64) -> Room {
        let units = self.asked(units);
        if let Kind::Rate(bucket) = &self.kind {
            let now = Duration::from_micros(now_us);
            let mut later = bucket.clone();
            later.reserve(self.reserved, now);
            let wait = later.would_wait(units, now);
            return if wait.is_zero() {
                Room::Enough
            } else {
                Room::In(wait)
            };
        }
        if self.seen.held.saturating_add(units).saturating_add(self.reserved) <= self.seen.size {
            Room::Enough
        } else {
            Room::Full
        }
    }

    /// Takes `units` from what other processes take from too, if that is the kind; whether they are there.
    pub(super) fn claim(&mut self, units: u64) -> bool {
        let units = self.asked(units);
        match &mut self.kind {
            Kind::Units | Kind::Rate(_) => true,
            Kind::Shared(slots) => slots.try_take(units),
        }
    }

    pub(super) fn fault(&self) -> Option<&str> {
        match &self.kind {
            Kind::Units | Kind::Rate(_) => None,
            Kind::Shared(slots) => slots.fault(),
        }
    }

    /// Gives back what was claimed and never taken.
    pub(super) fn unclaim(&mut self, units: u64) {
        let units = self.asked(units);
        if let Kind::Shared(slots) = &mut self.kind {
            slots.give_back(units);
        }
    }

    /// Takes `units`, for which there is room and which are claimed; how many that are, to be given back.
    pub(super) fn take(&mut self, units: u64, now_us: u64) -> u64 {
        let units = self.asked(units);
        self.pass(now_us);
        if let Kind::Rate(bucket) = &mut self.kind {
            // What is used up is not held: the bucket refills by time alone.
            bucket.reserve(units, Duration::from_micros(now_us));
        } else {
            self.seen.held += units;
            self.seen.peak = self.seen.peak.max(self.seen.held);
        }
        units
    }

    pub(super) fn give_back(&mut self, units: u64, now_us: u64) {
        // A pool may have shrunk below what is held, so what was taken is told by the holder.
        self.pass(now_us);
        self.seen.ended += 1;
        match &mut self.kind {
            Kind::Units => {}
            Kind::Rate(_) => return,
            Kind::Shared(slots) => slots.give_back(units),
        }
        self.seen.held = self.seen.held.saturating_sub(units);
    }

    /// Keeps `units` free until all that could start was looked at.
    pub(super) fn keep_free(&mut self, units: u64) {
        self.reserved = self.reserved.saturating_add(self.asked(units));
    }

    pub(super) fn resize(&mut self, size: u64, now_us: u64) {
        self.pass(now_us);
        self.seen.size = size;
    }

    /// Brings the integrals up to date.
    pub(super) fn pass(&mut self, now_us: u64) {
        let passed = u128::from(now_us.saturating_sub(self.at_us));
        self.at_us = self.at_us.max(now_us);
        if matches!(self.kind, Kind::Rate(_)) {
            return;
        }
        self.seen.busy_unit_us += passed * u128::from(self.seen.held);
        self.seen.open_unit_us += passed * u128::from(self.seen.size);
    }
}
