//! Leaves an endpoint alone that failed too often just now, and tries it again after a rest.
//!
//! *Closed*: calls pass; the outcomes of the last `window` are kept, `most_kept` at most. When at least
//! `least_calls` of them are there and the share of failures reaches `failure_share`, it *opens*: no call
//! passes for `rest`. Then it is *half open*: one call at a time passes. If that goes well the breaker closes
//! with an empty window, otherwise it rests once more. One breaker belongs to one endpoint; who has several
//! endpoints has several breakers.

use std::collections::VecDeque;
use std::time::Duration;

/// When a breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerPolicy {
    /// Older outcomes do not count.
    pub window: Duration,
    /// Outcomes kept at most; the oldest are dropped.
    pub most_kept: usize,
    /// Outcomes needed before the share means anything; 0 counts as 1.
    pub least_calls: usize,
    /// Share of failures in `(0, 1]` from which on it opens.
    pub failure_share: f64,
    /// How long no call passes.
    pub rest: Duration,
}

impl Default for BreakerPolicy {
    /// Opens for 30 s when half of at least five calls of the last minute failed.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(60),
            most_kept: 64,
            least_calls: 5,
            failure_share: 0.5,
            rest: Duration::from_secs(30),
        }
    }
}

impl BreakerPolicy {
    /// Opens for `rest` when so many calls in a row failed, however long that took; 0 counts as 1.
    pub fn in_a_row(failures: usize, rest: Duration) -> Self {
        Self {
            window: Duration::MAX,
            // No more are kept than decide: all of them failed exactly when the last so many did.
            most_kept: failures,
            least_calls: failures,
            failure_share: 1.0,
            rest,
        }
    }
}

/// Leave to make one call. It is handed back with [`Breaker::record`] or [`Breaker::release`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Permit {
    /// Which period of the breaker it was given in: outcomes of earlier periods say nothing about this one.
    period: u64,
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Calls pass.
    Closed,
    /// None does.
    Open,
    /// One at a time tries.
    HalfOpen,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    Open { until: Duration },
    HalfOpen { is_trying: bool },
}

/// The state of one endpoint.
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: State,
    period: u64,
    /// When calls ended and whether they failed, the oldest first.
    outcomes: VecDeque<(Duration, bool)>,
}

impl Breaker {
    /// A closed breaker that saw nothing.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed,
            period: 0,
            outcomes: VecDeque::new(),
        }
    }

    /// Leave to make a call, or how long to wait before asking again.
    ///
    /// # Errors
    /// The rest that is left while it is open; zero while another call tries out whether it may close.
    pub fn admit(&mut self, now: Duration) -> Result<Permit, Duration> {
        self.check(now)?;
        match &mut self.state {
            State::Open { .. } => self.enter(State::HalfOpen { is_trying: true }),
            State::HalfOpen { is_trying } => *is_trying = true,
            State::Closed => {}
        }
        Ok(Permit { period: self.period })
    }

    /// What [`Self::admit`] would answer, without taking the place of the one call that tries.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn check(&self, now: Duration) -> Result<(), Duration> {
        match self.state {
            State::Open { until } if now < until => Err(until - now),
            State::HalfOpen { is_trying: true } => Err(Duration::ZERO),
            State::HalfOpen { is_trying: false } | State::Open { .. } | State::Closed => Ok(()),
        }
    }

    /// Notes how a call ended.
    pub fn record(&mut self, permit: Permit, now: Duration, has_failed: bool) {
        if permit.period != self.period {
            return;
        }
        match self.state {
            State::HalfOpen { .. } if has_failed => self.open(now),
            State::HalfOpen { .. } => self.enter(State::Closed),
            State::Closed => {
                self.outcomes.push_back((now, has_failed));
                self.forget(now);
                if self.is_too_much() {
                    self.open(now);
                }
            }
            State::Open { .. } => {}
        }
    }

    /// Notes that a call ended without saying anything about the endpoint: it was given up.
    pub fn release(&mut self, permit: Permit) {
        if permit.period == self.period
            && let State::HalfOpen { is_trying } = &mut self.state
        {
            *is_trying = false;
        }
    }

    /// How it stands. It half opens when a call is tried, not when its rest is over.
    pub fn stance(&self) -> Stance {
        match self.state {
            State::Closed => Stance::Closed,
            State::Open { .. } => Stance::Open,
            State::HalfOpen { .. } => Stance::HalfOpen,
        }
    }

    /// Whether no call passes at `now`.
    pub fn is_open(&self, now: Duration) -> bool {
        matches!(self.state, State::Open { until } if now < until)
    }

    fn open(&mut self, now: Duration) {
        self.enter(State::Open {
            until: now.saturating_add(self.policy.rest),
        });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.period += 1;
        self.outcomes.clear();
    }

    fn forget(&mut self, now: Duration) {
        let from = now.saturating_sub(self.policy.window);
        while self.outcomes.len() > self.policy.most_kept.max(1)
            || self.outcomes.front().is_some_and(|it| it.0 < from)
        {
            self.outcomes.pop_front();
        }
    }

    fn is_too_much(&self) -> bool {
        let calls = self.outcomes.len();
        let failures = self.outcomes.iter().filter(|it| it.1).count();
        failures > 0
            && calls >= self.policy.least_calls.max(1)
            && failures as f64 >= self.policy.failure_share * calls as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A breaker that five failures opened at 0 s.
    fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerPolicy::default());
        for _ in 0..5 {
            let permit = breaker.admit(Duration::ZERO).unwrap();
            breaker.record(permit, Duration::ZERO, true);
        }
        breaker
    }

    #[test]
    fn it_rests_then_lets_one_call_try() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(seconds(10)), Err(seconds(20)));
        let trial = breaker.admit(seconds(30)).unwrap();
        assert_eq!(breaker.admit(seconds(30)), Err(Duration::ZERO));
        breaker.record(trial, seconds(31), false);
        assert!(breaker.admit(seconds(31)).is_ok());
        assert!(breaker.admit(seconds(31)).is_ok());
    }

    #[test]
    fn a_failed_trial_rests_again() {
        let mut breaker = opened();
        let trial = breaker.admit(seconds(30)).unwrap();
        breaker.record(trial, seconds(35), true);
        assert_eq!(breaker.admit(seconds(36)), Err(seconds(29)));
    }

    #[test]
    fn a_trial_that_is_given_up_leaves_its_place() {
        let mut breaker = opened();
        let trial = breaker.admit(seconds(30)).unwrap();
        breaker.release(trial);
        assert!(breaker.admit(seconds(30)).is_ok());
    }

    #[test]
    fn calls_from_before_the_rest_decide_nothing() {
        let mut breaker = Breaker::new(BreakerPolicy::default());
        let late: Vec<_> = (0..6).map(|_| breaker.admit(Duration::ZERO).unwrap()).collect();
        for permit in &late[..5] {
            breaker.record(*permit, seconds(1), true);
        }
        let trial = breaker.admit(seconds(31)).unwrap();
        breaker.record(late[5], seconds(31), false);
        assert_eq!(breaker.admit(seconds(31)), Err(Duration::ZERO));
        breaker.record(trial, seconds(32), true);
        assert!(breaker.is_open(seconds(33)));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let mut breaker = Breaker::new(BreakerPolicy::default());
        for second in [0, 20, 40, 61, 82, 103, 124] {
            let permit = breaker.admit(seconds(second)).unwrap();
            breaker.record(permit, seconds(second), true);
        }
        assert!(!breaker.is_open(seconds(124)));
    }

    /// Closed until the fifth failure in a row, open for a minute, then one call tries.
    #[test]
    fn five_failures_in_a_row_open_it_for_a_minute() {
        let mut breaker = Breaker::new(BreakerPolicy::in_a_row(5, seconds(60)));
        for (second, has_failed) in [true, true, false, true, true, true, true, true]
            .into_iter()
            .enumerate()
        {
            // Hours between them change nothing.
            let now = seconds(second as u64 * 7200);
            let permit = breaker.admit(now).unwrap();
            breaker.record(permit, now, has_failed);
        }
        let opened = seconds(7 * 7200);
        assert_eq!(breaker.check(opened + seconds(19)), Err(seconds(41)));
        assert_eq!(breaker.check(opened + seconds(60)), Ok(()));
        let trial = breaker.admit(opened + seconds(60)).unwrap();
        assert_eq!(breaker.check(opened + seconds(60)), Err(Duration::ZERO));
        breaker.record(trial, opened + seconds(61), false);
        assert_eq!(breaker.check(opened + seconds(61)), Ok(()));
    }

    proptest! {
        #[test]
        fn in_a_row_means_the_last_so_many(
            failures in 0..6_usize, outcomes in prop::collection::vec(any::<bool>(), 0..40),
        ) {
            let mut breaker = Breaker::new(BreakerPolicy::in_a_row(failures, seconds(60)));
            let mut run = 0;
            for has_failed in outcomes {
                let permit = breaker.admit(Duration::ZERO).unwrap();
                breaker.record(permit, Duration::ZERO, has_failed);
                run = if has_failed { run + 1 } else { 0 };
                prop_assert_eq!(breaker.is_open(Duration::ZERO), run >= failures.max(1));
                if run >= failures.max(1) {
                    break;
                }
            }
        }

        /// Against a plain count: with no time passing, it is open exactly when some prefix of at least
        /// five outcomes has half of them failed.
        #[test]
        fn it_opens_at_the_share_and_not_before(outcomes in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut breaker = Breaker::new(BreakerPolicy::default());
            for (index, failed) in outcomes.iter().enumerate() {
                let Ok(permit) = breaker.admit(Duration::ZERO) else { break };
                breaker.record(permit, Duration::ZERO, *failed);
                let seen = &outcomes[..=index];
                let failures = seen.iter().filter(|it| **it).count();
                let is_due = seen.len() >= 5 && failures * 2 >= seen.len();
                prop_assert_eq!(breaker.is_open(Duration::ZERO), is_due);
            }
        }

        /// Whatever happens, it admits again once everything ended and the rest is over.
        #[test]
        fn it_never_stays_shut(steps in prop::collection::vec((0..40_u64, 0..3_u8), 0..80)) {
            let mut breaker = Breaker::new(BreakerPolicy::default());
            let mut now = Duration::ZERO;
            for (pause, end) in steps {
                now += seconds(pause);
                let answer = breaker.check(now);
                prop_assert_eq!(breaker.clone().admit(now).map(|_| ()), answer);
                if let Ok(permit) = breaker.admit(now) {
                    match end {
                        0 => breaker.record(permit, now, true),
                        1 => breaker.record(permit, now, false),
                        _ => breaker.release(permit),
                    }
                }
            }
            prop_assert!(breaker.admit(now + seconds(30)).is_ok());
            prop_assert!(breaker.outcomes.len() <= 64);
        }
    }
}
