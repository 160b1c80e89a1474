//! So many a period: a token bucket whose true amounts may be known only afterwards.
//!
//! A caller *reserves* an estimate, which is taken out at once, and waits until the level is no longer below
//! zero; later it *settles* with the true amount, which may put the level below zero for those who come next.
//! Who must not take before everything else is there too asks [`Bucket::would_wait`] first. The level is
//! counted in whole parts, as many to a unit as the period has nanoseconds, so that nothing is lost or gained
//! by rounding.
//!
//! Law: what was admitted up to a time is at most one bucket plus the rate times that time.

use std::num::NonZeroU64;
use std::time::Duration;

/// Longer periods count as this, a year: the level of the largest bucket is then far from overflow.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// A level that refills with time.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Units a period, which is as many parts a nanosecond.
    rate: i128,
    /// Parts of one unit: the nanoseconds of a period.
    parts: i128,
    /// The highest level, in parts.
    full: i128,
    /// In parts; below zero when more was used than had come in.
    level: i128,
    /// When the level was last brought up to date.
    at: Duration,
}

impl Bucket {
    /// A bucket of so many a minute, full at time zero; a minute's worth fits in.
    pub fn new(per_minute: NonZeroU64) -> Self {
        Self::with_burst(per_minute, Duration::from_secs(60), per_minute)
    }

    /// A bucket into which `rate` units come each `period`, full at time zero; `burst` units fit in.
    ///
    /// A period of zero counts as a nanosecond, one of more than a year as a year.
    pub fn with_burst(rate: NonZeroU64, period: Duration, burst: NonZeroU64) -> Self {
        let parts = i128::try_from(period.min(LONGEST).as_nanos()).map_or(1, |it| it.max(1));
        let full = i128::from(burst.get()) * parts;
        Self {
            rate: i128::from(rate.get()),
            parts,
            full,
            level: full,
            at: Duration::ZERO,
        }
    }

    /// How long until `amount` units are there, if nobody takes any; nothing is taken.
    ///
    /// For more than fits into the bucket it is the time until the bucket is full: who then takes leaves a
    /// debt to those who come next.
    pub fn would_wait(&self, amount: u64, now: Duration) -> Duration {
        let mut later = self.clone();
        later.refill(now);
        let needed = (i128::from(amount) * self.parts).min(self.full);
        later.time_for(needed - later.level)
    }

    /// Takes `amount` out and says how long to wait before using it.
    ///
    /// Later reservations wait at least as long at the same time. More than fits into the bucket waits
    /// accordingly; it is not refused.
    pub fn reserve(&mut self, amount: u64, now: Duration) -> Duration {
        self.refill(now);
        self.level = self.level.saturating_sub(i128::from(amount) * self.parts);
        self.time_for(self.level.saturating_neg())
    }

    /// Replaces what was reserved by what was used; 0 gives the reservation back.
    pub fn settle(&mut self, reserved: u64, used: u64, now: Duration) {
        self.refill(now);
        let back = (i128::from(reserved) - i128::from(used)) * self.parts;
        self.level = self.level.saturating_add(back).min(self.full);
    }

    /// Whole units there are at `now`; below zero in debt.
    pub fn level(&self, now: Duration) -> i128 {
        let mut later = self.clone();
        later.refill(now);
        later.level.div_euclid(self.parts)
    }

    /// How long it takes until so many parts have come in, rounded up to whole nanoseconds.
    fn time_for(&self, missing: i128) -> Duration {
        let nanos = missing.max(0).saturating_add(self.rate - 1) / self.rate;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.at = self.at.max(now);
        let passed = i128::try_from(passed).unwrap_or(i128::MAX);
        let came = passed.saturating_mul(self.rate);
        self.level = self.level.saturating_add(came).min(self.full);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(per_minute: u64) -> Bucket {
        Bucket::new(NonZeroU64::new(per_minute).unwrap())
    }

    #[test]
    fn sixty_a_minute_is_one_a_second() {
        let mut bucket = bucket(60);
        assert_eq!(bucket.reserve(60, Duration::ZERO), Duration::ZERO);
        assert_eq!(bucket.reserve(1, Duration::ZERO), Duration::from_secs(1));
        assert_eq!(bucket.reserve(1, Duration::ZERO), Duration::from_secs(2));
        assert_eq!(bucket.reserve(1, Duration::from_secs(2)), Duration::from_secs(1));
    }

    #[test]
    fn using_more_than_reserved_is_paid_by_the_next() {
        let mut bucket = bucket(600);
        assert_eq!(bucket.reserve(100, Duration::ZERO), Duration::ZERO);
        bucket.settle(100, 700, Duration::ZERO);
        assert_eq!(bucket.level(Duration::ZERO), -100);
        assert_eq!(bucket.reserve(0, Duration::ZERO), Duration::from_secs(10));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = bucket(60);
        bucket.reserve(60, Duration::from_secs(100));
        bucket.reserve(0, Duration::from_secs(50));
        assert_eq!(bucket.level(Duration::from_secs(100)), 0);
        assert_eq!(bucket.level(Duration::from_secs(101)), 1);
    }

    #[test]
    fn three_in_ten_seconds_with_room_for_one() {
        let rate = NonZeroU64::new(3).unwrap();
        let mut bucket = Bucket::with_burst(rate, Duration::from_secs(10), NonZeroU64::MIN);
        assert_eq!(bucket.would_wait(1, Duration::ZERO), Duration::ZERO);
        bucket.reserve(1, Duration::ZERO);
        // A third of ten seconds, rounded up.
        assert_eq!(
            bucket.would_wait(1, Duration::ZERO),
            Duration::from_nanos(3_333_333_334)
        );
        assert_eq!(
            bucket.would_wait(9, Duration::ZERO),
            Duration::from_nanos(3_333_333_334)
        );
        assert_eq!(bucket.would_wait(1, Duration::from_secs(3600)), Duration::ZERO);
        assert_eq!(bucket.level(Duration::from_secs(3600)), 1);
    }

    proptest! {
        /// After that wait it is there, a nanosecond before it is not, and asking took nothing.
        #[test]
        fn what_would_be_waited_is_what_is_waited(
            rate in 1..u64::MAX, period in 1..100_000_000_000_000_000_u64, burst in 1..u64::MAX,
            taken: u64, part in 0.0..1.0_f64, at in 0..1_000_000_u64,
        ) {
            let (rate, burst) = (NonZeroU64::new(rate).unwrap(), NonZeroU64::new(burst).unwrap());
            let mut bucket = Bucket::with_burst(rate, Duration::from_nanos(period), burst);
            bucket.reserve(taken, Duration::ZERO);
            let amount = ((burst.get() as f64 * part) as u64).clamp(1, burst.get());
            let now = Duration::from_millis(at);
            let wait = bucket.would_wait(amount, now);
            prop_assert_eq!(bucket.clone().reserve(amount, now), wait);
            if wait < Duration::from_nanos(u64::MAX / 2) {
                prop_assert_eq!(bucket.would_wait(amount, now + wait), Duration::ZERO);
                prop_assert_eq!(bucket.clone().reserve(amount, now + wait), Duration::ZERO);
                if let Some(before) = wait.checked_sub(Duration::from_nanos(1)) {
                    prop_assert_eq!(bucket.would_wait(amount, now + before), Duration::from_nanos(1));
                }
            }
        }

        #[test]
        fn no_more_is_admitted_than_one_bucket_and_the_rate(
            per_minute in 1..5_000_u64,
            steps in prop::collection::vec((0..3_000_u64, 0..400_u64), 1..60),
        ) {
            let mut bucket = bucket(per_minute);
            let mut now = Duration::ZERO;
            // When each reservation may be used, and how much it is.
            let mut admitted = Vec::new();
            for (pause, amount) in steps {
                now += Duration::from_millis(pause);
                let wait = bucket.reserve(amount, now);
                admitted.push((now + wait, amount));
            }
            for (end, _) in &admitted {
                let used: u64 = admitted.iter().filter(|it| it.0 <= *end).map(|it| it.1).sum();
                let allowed = bucket.full + bucket.rate * i128::try_from(end.as_nanos()).unwrap();
                prop_assert!(i128::from(used) * bucket.parts <= allowed);
            }
        }

        #[test]
        fn waits_keep_the_order_of_reservations(
            per_minute in 1..5_000_u64,
            amounts in prop::collection::vec(0..400_u64, 2..40),
        ) {
            let mut bucket = bucket(per_minute);
            let waits: Vec<_> = amounts.iter().map(|it| bucket.reserve(*it, Duration::ZERO)).collect();
            prop_assert!(waits.is_sorted());
        }

        #[test]
        fn settling_is_as_if_the_truth_had_been_reserved(
            per_minute in 1..5_000_u64, estimate in 0..9_000_u64, truth in 0..9_000_u64,
        ) {
            let (mut estimated, mut exact) = (bucket(per_minute), bucket(per_minute));
            estimated.reserve(estimate, Duration::ZERO);
            estimated.settle(estimate, truth, Duration::ZERO);
            exact.reserve(truth, Duration::ZERO);
            prop_assert_eq!(estimated.level, exact.level);
        }

        #[test]
        fn never_more_than_a_minute_is_saved_up(
            per_minute in 1..5_000_u64, reserved in 0..9_000_u64, pause in 0..10_000_u64,
        ) {
            let mut bucket = bucket(per_minute);
            bucket.reserve(reserved, Duration::ZERO);
            bucket.settle(reserved.saturating_mul(2), 0, Duration::from_secs(pause));
            prop_assert!(bucket.level(Duration::from_secs(pause)) <= i128::from(per_minute));
        }
    }
}
