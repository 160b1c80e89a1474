//! When a failed call is tried again: exponential backoff with full jitter, attempts and a deadline.
//!
//! The wait after the `n`-th failure is drawn evenly from `[0, min(cap, base · 2ⁿ⁻¹)]`: of many callers
//! that failed together, few come back together. Where the other side says how long to wait, that is kept
//! to (up to a limit) and the draw comes on top.

use std::time::Duration;

/// How often and when a failed call is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Times a call is made in all; 0 counts as 1.
    pub max_attempts: u32,
    /// The longest wait after the first failure; it doubles with each further one.
    pub base: Duration,
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
            cap: Duration::from_secs(20),
            asked_cap: Duration::from_secs(60),
            deadline: Duration::from_secs(300),
        }
    }
}

impl Retry {
    /// The longest wait of our own after so many failures in a row.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
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
            Some(asked) => asked
                .min(self.asked_cap)
                .saturating_add(part(self.ceiling(1), draw)),
            None => part(self.ceiling(failures), draw),
        };
        // An attempt that begins at the deadline could not end before it.
        (elapsed.saturating_add(wait) < self.deadline).then_some(wait)
    }
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
            prop_assert!(next == (now * 2).min(retry.cap) || failures >= 32);
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
}
