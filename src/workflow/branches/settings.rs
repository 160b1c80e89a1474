//! Numbers of the branch processor, with the defaults of the original.

use std::time::Duration;

use crate::flow::{ErrorRules, Rules};
use crate::limits::{AdaptivePolicy, BreakerPolicy, Retry};

/// How much may happen at once, for how long, and what is done about failure.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorSettings {
    /// Branches of a run that may run at once; `MAX_CONCURRENT_BRANCHES`. 0 counts as 1.
    pub max_concurrent_branches: usize,
    /// Limit of one attempt of a branch, from its start; `BRANCH_PROCESSING_TIMEOUT_SECS`.
    pub branch_timeout: Duration,
    /// Times a status is written before the journal takes it; `MAX_SEND_RETRIES`. 0 counts as 1.
    pub max_send_retries: u32,
    /// Pause after the first write that failed, doubled with each further one; `BASE_RETRY_DELAY_MS`.
    pub base_retry_delay: Duration,
    /// Runs that may run at once in one [`super::Runs`]. 0 counts as 1.
    pub max_concurrent_runs: usize,
    /// Whether branches run beside each other at all. If not, they run one after the other in the order in
    /// which they were given, each after those that it waits for.
    pub parallel_enabled: bool,
    /// Bounds between which the number of branches at once follows the machine; fixed if `None`.
    pub adaptive: Option<AdaptivePolicy>,
    /// After so long a wait a branch goes before those of higher priority.
    pub aging_after: Duration,
    /// Limit of a whole run, from its first start.
    pub run_timeout: Option<Duration>,
    /// When the branches that share a breaker are held back.
    pub breaker: BreakerPolicy,
    /// Statuses of one commit at most.
    pub status_batch: usize,
    /// How long a status waits for others to be committed with it.
    pub status_pause: Duration,
    /// Limit of one write of statuses.
    pub status_timeout: Duration,
}

impl Default for ProcessorSettings {
    fn default() -> Self {
        Self {
            max_concurrent_branches: 10,
            branch_timeout: Duration::from_secs(300),
            max_send_retries: 5,
            base_retry_delay: Duration::from_millis(100),
            max_concurrent_runs: 100,
            parallel_enabled: true,
            adaptive: None,
            aging_after: Duration::from_secs(30),
            run_timeout: None,
            breaker: BreakerPolicy::in_a_row(5, Duration::from_secs(60)),
            status_batch: 64,
            status_pause: Duration::from_millis(5),
            status_timeout: Duration::from_secs(10),
        }
    }
}

impl ProcessorSettings {
    /// The scheduler's rules of a run: failures stop nobody else.
    pub(super) fn rules(&self) -> Rules {
        Rules {
            max_running: self.slots(),
            errors: ErrorRules {
                keep_going: true,
                cancel_all: false,
            },
            aging_after: self.aging_after,
            timeout: self.run_timeout,
            ..Rules::default()
        }
    }

    /// Branches that may run at once when the run begins.
    pub(super) fn slots(&self) -> usize {
        let asked = self.max_concurrent_branches.max(1);
        match &self.adaptive {
            _ if !self.parallel_enabled => 1,
            None => asked,
            Some(policy) => {
                let (least, most) = (policy.min.get() as usize, policy.max.get() as usize);
                asked.clamp(least, most.max(least))
            }
        }
    }

    /// The pauses between writes of a status: a fixed sequence, 100, 200, 400 and 800 ms unless set.
    pub(super) fn send_retry(&self) -> Retry {
        Retry {
            max_attempts: self.max_send_retries,
            base: self.base_retry_delay,
            jitter: 0.0,
            deadline: Duration::MAX,
            ..Retry::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_original() {
        let settings = ProcessorSettings::default();
        assert_eq!(settings.max_concurrent_branches, 10);
        assert_eq!(settings.branch_timeout.as_secs(), 300);
        assert_eq!(
            (settings.max_send_retries, settings.max_concurrent_runs),
            (5, 100)
        );
        let retry = settings.send_retry();
        let pauses: Vec<u128> = (1..)
            .map_while(|failures| retry.wait(failures, None, Duration::ZERO, u64::MAX))
            .map(|it| it.as_millis())
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800]);
    }

    #[test]
    fn without_parallelism_there_is_one_slot() {
        let settings = ProcessorSettings {
            parallel_enabled: false,
            ..ProcessorSettings::default()
        };
        assert_eq!(settings.rules().max_running, 1);
    }

    #[test]
    fn a_number_that_adapts_begins_within_its_bounds() {
        let bounds = |it| NonZeroU32::new(it).unwrap();
        for (least, most, begins) in [(1, 4, 4), (12, 20, 12), (1, 16, 10)] {
            let settings = ProcessorSettings {
                adaptive: Some(AdaptivePolicy::new(bounds(least), bounds(most))),
                ..ProcessorSettings::default()
            };
            assert_eq!(settings.rules().max_running, begins, "{least} to {most}");
        }
    }
}
