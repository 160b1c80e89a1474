//! Pools as the laws of the scheduler see them: what a rate may have given out, and slots that others hold too.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gaai::flow::{PoolIndex, Scheduler, SharedSlots};

/// Refusals in a row, at most: nobody else holds slots for ever.
const MOST_REFUSALS: u64 = 3;

/// What a pool of a law is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Units,
    /// So many parts of a unit come in a microsecond as there are units, a whole unit in `parts` of them.
    Rate(Meter),
    Shared(Host),
}

/// A pool of a law.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) index: PoolIndex,
    pub(crate) size: u64,
    pub(crate) kind: Kind,
}

impl Known {
    /// A pool of `size`; `die` chooses its kind and what others do to it.
    pub(crate) fn new(flow: &mut Scheduler, size: u64, die: u64) -> Self {
        let (index, kind) = match die % 3 {
            0 => (flow.pool(size), Kind::Units),
            1 => {
                let period = Duration::from_millis(1 + die / 3 % 40);
                let amount = NonZeroU64::new(size).unwrap();
                let meter = Meter::new(size, period);
                (flow.rate_pool(amount, period), Kind::Rate(meter))
            }
            _ => {
                let host = Host::new(size, die);
                (flow.shared_pool(size, Box::new(host.clone())), Kind::Shared(host))
            }
        };
        Self { index, size, kind }
    }

    /// What of `units` a task takes.
    pub(crate) fn asked(&self, units: u64) -> u64 {
        units.min(self.size)
    }
}

/// What a rate has left, counted beside it: as many parts to a unit as its period has microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    rate: u64,
    parts: u64,
    level: u64,
    at: Duration,
}

impl Meter {
    fn new(rate: u64, period: Duration) -> Self {
        let parts = period.as_micros() as u64;
        Self {
            rate,
            parts,
            level: rate * parts,
            at: Duration::ZERO,
        }
    }

    /// Takes `units` out; there must be so many.
    pub(crate) fn take(&mut self, now: Duration, units: u64) {
        let came = (now - self.at).as_micros() as u64 * self.rate;
        self.level = (self.level + came).min(self.rate * self.parts);
        self.at = now;
        let left = self.level.checked_sub(units * self.parts);
        self.level = left.expect("more is used up than came in");
    }
}

/// Slots of which others hold now so many, now so many.
#[derive(Clone, Debug)]
pub(crate) struct Host(Arc<Mutex<Slots>>);

#[derive(Debug)]
struct Slots {
    size: u64,
    ours: u64,
    dice: u64,
    refusals: u64,
}

impl Host {
    fn new(size: u64, dice: u64) -> Self {
        Self(Arc::new(Mutex::new(Slots {
            size,
            ours: 0,
            dice,
            refusals: 0,
        })))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap()
    }

    /// What was taken and not given back.
    pub(crate) fn ours(&self) -> u64 {
        self.slots().ours
    }
}

impl SharedSlots for Host {
    fn try_take(&mut self, units: u64) -> bool {
        let mut slots = self.slots();
        // A linear congruential generator, after Knuth's MMIX.
        let dice = slots.dice.wrapping_mul(6_364_136_223_846_793_005);
        slots.dice = dice.wrapping_add(1_442_695_040_888_963_407);
        let free = slots.size - slots.ours;
        let theirs = if slots.refusals < MOST_REFUSALS {
            (slots.dice >> 33) % (free + 1)
        } else {
            0
        };
        assert!(
            slots.ours + units <= slots.size,
            "more is asked for than there is"
        );
        let is_there = units <= free - theirs;
        slots.refusals = if is_there { 0 } else { slots.refusals + 1 };
        slots.ours += if is_there { units } else { 0 };
        is_there
    }

    fn give_back(&mut self, units: u64) {
        let mut slots = self.slots();
        slots.ours = slots
            .ours
            .checked_sub(units)
            .expect("more comes back than was taken");
    }
}
