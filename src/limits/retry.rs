//! When a failed call is tried again: exponential backoff with jitter, attempts and a deadline.
//!
//! The longest wait after the `n`-th failure is `min(cap, base · factorⁿ⁻¹)`; the last `jitter` of it is drawn
//! evenly, so that of many callers that failed together few come back together. A factor of 1 waits the same
//! each time, a jitter of 0 makes the waits a fixed sequence. Where the other side says how long to wait, that
//! is kept to (up to a limit) and the drawn part of the first wait comes on top.

use std::time::Duration;

/// How often and when a failed call is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Times a call is made in all; 0 counts as 1.
    pub max_attempts: u32,
    /// The longest wait after the first failure.
    pub base: Duration,
    /// What the longest wait is multiplied by with each further failure; less than 1 counts as 1.
    pub factor: f64,
    /// Share of a wait in `[0, 1]` that is drawn: 0 waits exactly the longest, 1 anything up to it.
    pub jitter: f64,
    /// The longest wait of our own choosing.
    pub cap: Duration,
    /// The longest wait that the other side may ask for; more is cut to it.
    pub asked_cap: Duration,
    /// Time for all attempts and waits of one call together.
    pub deadline: Duration,
}

impl Default for Retry {
    /// Four attempts within five minutes, waiting up to 0.5 s, 1 s and 2 s, and up to a minute when asked to.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base: Duration::from_millis(500),
            factor: 2.0,
            jitter: 1.0,
            cap: Duration::from_secs(20),
            asked_cap: Duration::from_secs(60),
            deadline: Duration::from_secs(300),
        }
    }
}

impl Retry {
    /// The longest wait of our own after so many failures in a row.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let steps = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        // `max` also turns what is no number into 1. Products below 2⁵³ ns, 104 days, are exact.
        let nanos = self.base.as_nanos() as f64 * self.factor.max(1.0).powi(steps);
        // Casts cut what is too large to the largest, and zero times infinity to zero.
        Duration::from_nanos(nanos.round() as u64).min(self.cap)
    }

    /// How long to wait before the next attempt; `None` when there is none.
    ///
    /// `failures` counts those of this call so far, `asked` is what the other side wants, `elapsed` the time
    /// since the first attempt began. All values of `draw` are equally likely.
    pub fn wait(
        &self,
        failures: u32,
        asked: Option<Duration>,
        elapsed: Duration,
        draw: u64,
    ) -> Option<Duration> {
        if failures >= self.max_attempts.max(1) {
            return None;
        }
        let wait = match asked {
            Some(asked) => {
                let drawn = share(self.ceiling(1), self.jitter);
                asked.min(self.asked_cap).saturating_add(part(drawn, draw))
            }
            None => {
                let longest = self.ceiling(failures);
                let drawn = share(longest, self.jitter);
                (longest - drawn).saturating_add(part(drawn, draw))
            }
        };
        // An attempt that begins at the deadline could not end before it.
        (elapsed.saturating_add(wait) < self.deadline).then_some(wait)
    }
}

/// `share` of `whole`; all of it from 1 on, nothing for what is below 0 or no number.
fn share(whole: Duration, share: f64) -> Duration {
    if share >= 1.0 {
        return whole;
    }
    Duration::from_nanos((whole.as_nanos() as f64 * share.max(0.0)).round() as u64).min(whole)
}

/// `draw` / 2⁶⁴ of `whole`.
fn part(whole: Duration, draw: u64) -> Duration {
    // Half of the bits is enough, and the product then fits: a duration has less than 2⁹⁴ ns.
    let nanos = (whole.as_nanos().saturating_mul(u128::from(draw >> 32))) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(most: u64) -> impl Strategy<Value = Duration> {
        (0..=most).prop_map(Duration::from_millis)
    }

    fn retries() -> impl Strategy<Value = Retry> {
        (
            0..8_u32,
            millis(2_000),
            millis(30_000),
            millis(90_000),
            millis(400_000),
        )
            .prop_map(|(max_attempts, base, cap, asked_cap, deadline)| Retry {
                max_attempts,
                base,
                factor: 2.0,
                jitter: 1.0,
                cap,
                asked_cap,
                deadline,
            })
    }

    proptest! {
        #[test]
        fn a_wait_never_exceeds_its_ceiling(retry in retries(), failures in 1..40_u32, draw: u64) {
            if let Some(wait) = retry.wait(failures, None, Duration::ZERO, draw) {
                prop_assert!(wait <= retry.ceiling(failures));
                prop_assert!(wait <= retry.cap);
            }
        }

        #[test]
        fn ceilings_double_until_the_cap(retry in retries(), failures in 1..60_u32) {
            let (now, next) = (retry.ceiling(failures), retry.ceiling(failures + 1));
            prop_assert!(next >= now && next <= retry.cap);
            prop_assert_eq!(next, (now * 2).min(retry.cap));
        }

        /// By repeated multiplication, each product rounded: off by less than a nanosecond per step, grown
        /// with the product.
        #[test]
        fn ceilings_grow_by_their_factor(
            retry in retries(), factor in 1.0..5.0_f64, failures in 1..12_u32,
        ) {
            let retry = Retry { factor, cap: Duration::MAX, ..retry };
            let expected = (1..failures).fold(retry.base.as_nanos() as f64, |it, _| it * factor);
            let found = retry.ceiling(failures).as_nanos() as f64;
            prop_assert!((found - expected).abs() <= 1.0 + expected * 1e-12);
        }

        #[test]
        fn only_the_jitter_is_drawn(retry in retries(), jitter in 0.0..=1.0_f64, failures in 1..8_u32, draw: u64) {
            let retry = Retry { jitter, ..retry };
            if let Some(wait) = retry.wait(failures, None, Duration::ZERO, draw) {
                let longest = retry.ceiling(failures);
                let least = longest.as_nanos() as f64 * (1.0 - jitter);
                prop_assert!(wait <= longest && wait.as_nanos() as f64 >= least - 1.0);
            }
        }

        /// Nothing that a file may say makes a wait that is too long, or a panic.
        #[test]
        fn no_factor_and_no_jitter_break_the_cap(
            retry in retries(), factor: f64, jitter: f64, failures: u32, asked in prop::option::of(millis(9)), draw: u64,
        ) {
            let retry = Retry { factor, jitter, max_attempts: u32::MAX, ..retry };
            if let Some(wait) = retry.wait(failures, asked, Duration::ZERO, draw) {
                prop_assert!(wait <= retry.cap + Duration::from_millis(9));
            }
        }

        #[test]
        fn what_is_asked_is_waited_up_to_its_cap(
            retry in retries(), failures in 1..8_u32, asked in millis(200_000), draw: u64,
        ) {
            if let Some(wait) = retry.wait(failures, Some(asked), Duration::ZERO, draw) {
                let kept = asked.min(retry.asked_cap);
                prop_assert!(wait >= kept && wait <= kept + retry.ceiling(1));
            }
        }

        #[test]
        fn attempts_and_deadline_both_end_a_call(retry in retries(), draw: u64, step in millis(5_000)) {
            let mut elapsed = Duration::ZERO;
            let mut attempts = 1;
            elapsed += step;
            while let Some(wait) = retry.wait(attempts, None, elapsed, draw) {
                prop_assert!(elapsed + wait < retry.deadline);
                elapsed += wait + step;
                attempts += 1;
            }
            prop_assert!(attempts <= retry.max_attempts.max(1));
        }

        #[test]
        fn a_higher_draw_never_waits_less(retry in retries(), failures in 1..8_u32, one: u64, two: u64) {
            let ceiling = retry.ceiling(failures);
            prop_assert!(part(ceiling, one.min(two)) <= part(ceiling, one.max(two)));
        }
    }

    #[test]
    fn draws_spread_over_the_whole_ceiling() {
        let retry = Retry::default();
        let ends: Vec<_> = [0, u64::MAX / 2, u64::MAX]
            .into_iter()
            .filter_map(|draw| retry.wait(2, None, Duration::ZERO, draw))
            .map(|it| it.as_millis())
            .collect();
        assert_eq!(ends, [0, 499, 999]);
    }

    /// Four waits between five attempts, each twice the one before, whatever is drawn.
    #[test]
    fn without_jitter_the_waits_are_a_fixed_sequence() {
        let retry = Retry {
            max_attempts: 5,
            base: Duration::from_millis(100),
            jitter: 0.0,
            ..Retry::default()
        };
        let waits = |retry: Retry| -> Vec<u128> {
            (1..9)
                .map_while(|it| retry.wait(it, None, Duration::ZERO, u64::from(it) << 60))
                .map(|it| it.as_millis())
                .collect()
        };
        assert_eq!(waits(retry), [100, 200, 400, 800]);
        let constant = Retry { factor: 1.0, ..retry };
        assert_eq!(waits(constant), [100; 4]);
    }
}
