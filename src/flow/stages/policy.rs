//! How the stages of a pipeline may run: values, no behaviour. The three modes of a run are three of them.

use std::time::Duration;

use super::task::Pool;
use crate::flow::{ErrorRules, Rules, Terms};
use crate::limits::Retry;

/// Limits and knobs of a flow. None of them changes what a task computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Tasks that may run at once; 0 counts as 1.
    pub max_running: usize,
    /// Units of [`Pool::Cpu`] that running tasks may hold together; `None` is no limit.
    pub cpu_units: Option<u32>,
    /// Units of [`Pool::Io`] that running tasks may hold together; `None` is no limit.
    pub io_units: Option<u32>,
    /// Times a task is tried whose failure says that trying again may help; 0 counts as 1.
    pub max_attempts: u32,
    /// Wait before the second attempt; the third waits twice as long, and so on. The slot is free
    /// meanwhile.
    pub retry_pause: Duration,
    /// Whether tasks that do not depend on a failed one still start.
    pub keep_going: bool,
    /// Time limit of the whole flow, from its creation.
    pub run_timeout: Option<Duration>,
    /// How long a task that was told to stop may take to do so before it is dropped.
    pub grace: Duration,
    /// Whether each stage needs an approval before its first task starts.
    pub ask: bool,
}

impl Policy {
    /// Asks before each stage, one task at a time.
    pub fn stepwise() -> Self {
        Self {
            ask: true,
            ..Self::sequential()
        }
    }

    /// One task at a time; of those that may start, the one with the longest way to the end.
    pub fn sequential() -> Self {
        Self::parallel(1)
    }

    /// At most `max_running` tasks at once.
    pub fn parallel(max_running: usize) -> Self {
        Self {
            max_running,
            cpu_units: None,
            io_units: None,
            max_attempts: 2,
            retry_pause: Duration::from_millis(200),
            keep_going: true,
            run_timeout: None,
            grace: Duration::from_secs(10),
            ask: false,
        }
    }

    /// Units of `pool` that running tasks may hold together.
    pub(super) fn units(&self, pool: Pool) -> Option<u32> {
        match pool {
            Pool::Cpu => self.cpu_units,
            Pool::Io => self.io_units,
        }
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            max_running: self.max_running,
            errors: ErrorRules {
                keep_going: self.keep_going,
                cancel_all: false,
            },
            timeout: self.run_timeout,
            ..Rules::default()
        }
    }

    /// No stage cancels another: each tells its failure to those that wait for it.
    pub(super) fn terms(&self, attempt_timeout: Option<Duration>) -> Terms {
        Terms {
            retry: Retry {
                max_attempts: self.max_attempts,
                base: self.retry_pause,
                jitter: 0.0,
                cap: Duration::MAX,
                deadline: Duration::MAX,
                ..Retry::default()
            },
            attempt_timeout,
            isolate_errors: true,
            ..Terms::default()
        }
    }
}
