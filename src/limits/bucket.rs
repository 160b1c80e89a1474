//! So many a minute: a token bucket whose true amounts may be known only afterwards.
//!
//! A caller *reserves* an estimate, which is taken out at once, and waits until the level is no longer below
//! zero; later it *settles* with the true amount, which may put the level below zero for those who come next.
//! A minute's worth fits into the bucket. The level is counted in whole parts of 1/60,000,000,000, so that
//! nothing is lost or gained by rounding.
//!
//! Law: what was admitted up to a time is at most one bucket plus the rate times that time.

use std::num::NonZeroU64;
use std::time::Duration;

/// Parts of one unit: nanoseconds of a minute, so that a nanosecond at one a minute is one part.
const PARTS: i128 = 60_000_000_000;

/// A level that refills with time.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_minute: i128,
    /// In [`PARTS`]; below zero when more was used than had come in.
    level: i128,
    /// When the level was last brought up to date.
    at: Duration,
}

impl Bucket {
    /// A full bucket at time zero.
    pub fn new(per_minute: NonZeroU64) -> Self {
        let per_minute = i128::from(per_minute.get());
        Self {
            per_minute,
            level: per_minute * PARTS,
            at: Duration::ZERO,
        }
    }

    /// Takes `amount` out and says how long to wait before using it.
    ///
    /// Later reservations wait at least as long at the same time. More than a minute's worth waits
    /// accordingly; it is not refused.
    pub fn reserve(&mut self, amount: u64, now: Duration) -> Duration {
        self.refill(now);
        self.level -= i128::from(amount) * PARTS;
        let missing = (-self.level).max(0);
        // Rounded up: after the wait, the level is not below zero.
        let nanos = (missing + self.per_minute - 1) / self.per_minute;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Replaces what was reserved by what was used; 0 gives the reservation back.
    pub fn settle(&mut self, reserved: u64, used: u64, now: Duration) {
        self.refill(now);
        self.level += (i128::from(reserved) - i128::from(used)) * PARTS;
        self.level = self.level.min(self.per_minute * PARTS);
    }

    /// Whole units there are at `now`; below zero in debt.
    pub fn level(&self, now: Duration) -> i128 {
        let mut later = self.clone();
        later.refill(now);
        later.level.div_euclid(PARTS)
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_nanos();
        self.at = self.at.max(now);
        let passed = i128::try_from(passed).unwrap_or(i128::MAX);
        let came = passed.saturating_mul(self.per_minute);
        self.level = self.level.saturating_add(came).min(self.per_minute * PARTS);
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

    proptest! {
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
                let allowed = i128::from(per_minute) * PARTS
                    + i128::from(per_minute) * i128::try_from(end.as_nanos()).unwrap();
                prop_assert!(i128::from(used) * PARTS <= allowed);
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
