//! The totals of a batch: a fold of its results, so that both always say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::result::{ErrorKind, ModuleResult};
use crate::model::event::RunState;

/// The totals of a batch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchSummary {
    /// Modules that have a result.
    pub total: usize,
    /// Those that succeeded.
    pub succeeded: usize,
    /// Those that did not.
    pub failed: usize,
    /// How many failed how.
    pub failures: BTreeMap<ErrorKind, usize>,
    /// The most that ever ran at once.
    pub peak_running: usize,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How it ended: cancelled, out of time, failed if any module did, succeeded.
    pub state: RunState,
    /// Why not all modules were read: what gave them panicked.
    pub unread: Option<String>,
}

impl Default for BatchSummary {
    /// That of a batch without modules.
    fn default() -> Self {
        Self {
            total: 0,
            succeeded: 0,
            failed: 0,
            failures: BTreeMap::new(),
            peak_running: 0,
            duration_ms: 0,
            state: RunState::Succeeded,
            unread: None,
        }
    }
}

impl BatchSummary {
    /// Counts one more result.
    pub fn count(&mut self, result: &ModuleResult) {
        self.total += 1;
        if result.success {
            self.succeeded += 1;
        } else {
            self.failed += 1;
        }
        if let Some(kind) = result.error_kind {
            *self.failures.entry(kind).or_default() += 1;
        }
    }

    /// Share of the modules that succeeded, 0 to 1; 1 of none.
    pub fn success_rate(&self) -> f64 {
        if self.total == 0 {
            return 1.0;
        }
        self.succeeded as f64 / self.total as f64
    }

    /// Modules that ended per second.
    pub fn throughput(&self) -> f64 {
        let seconds = Duration::from_millis(self.duration_ms.max(1)).as_secs_f64();
        self.total as f64 / seconds
    }

    /// How the batch ended if it is enough that the share `min_success` of its modules succeeded.
    pub fn state_with(&self, min_success: f64) -> RunState {
        if self.state == RunState::Failed && self.unread.is_none() && self.success_rate() >= min_success {
            return RunState::PartiallySucceeded;
        }
        self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: RunState, succeeded: usize, failed: usize) -> BatchSummary {
        BatchSummary {
            total: succeeded + failed,
            succeeded,
            failed,
            state,
            ..BatchSummary::default()
        }
    }

    #[test]
    fn enough_successes_make_a_failed_batch_a_partial_success_and_nothing_else() {
        let half = of(RunState::Failed, 2, 2);
        assert_eq!(half.state_with(0.5), RunState::PartiallySucceeded);
        assert_eq!(half.state_with(0.51), RunState::Failed);
        assert_eq!(of(RunState::Cancelled, 3, 1).state_with(0.5), RunState::Cancelled);
        let unread = BatchSummary {
            unread: Some("panic".to_owned()),
            ..of(RunState::Failed, 9, 0)
        };
        assert_eq!(unread.state_with(0.5), RunState::Failed);
        assert!((BatchSummary::default().success_rate() - 1.0).abs() < f64::EPSILON);
    }
}
