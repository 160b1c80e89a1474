//! How a run, or a part of one, ended.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::ProcessorError;
use crate::flow::{End, PoolUse};
use crate::model::event::RunState;

/// Failures told by name; the others are counted.
const NAMED: usize = 64;

/// How a run ended, or a branch with all that it led to.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a run that did not end well is told here and nowhere else"]
pub struct RunReport {
    /// In one word. With a failure it is never `Succeeded`.
    pub state: RunState,
    /// In numbers.
    pub branches: BranchCounts,
    /// The first of those that did not end well, in the order of their ends.
    pub failures: Vec<BranchEnd>,
    /// From the start of the run to this report.
    pub took: Duration,
    /// The most branches that ran at once; 0 of a part of a run.
    pub peak_running: usize,
    /// What was seen of the pools; nothing of a part of a run.
    pub pools: BTreeMap<String, PoolUse>,
    /// Statuses that the sink has not taken and the journal keeps for it.
    pub statuses_kept: u64,
    /// Bytes that the run kept of its branches, work in progress apart; 0 of a part of a run.
    pub bytes: usize,
}

/// How many branches ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BranchCounts {
    /// Well.
    pub succeeded: u64,
    /// Failed, and that counts; those that ran out of time among them.
    pub failed: u64,
    /// Failed, and that is tolerated.
    pub tolerated: u64,
    /// Of all failures those that ran out of time.
    pub timed_out: u64,
    /// Stopped while they ran.
    pub cancelled: u64,
    /// Never started.
    pub skipped: u64,
}

/// A branch that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchEnd {
    /// What it is called.
    pub name: String,
    /// How it ended, and why.
    pub end: String,
}

impl BranchCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.succeeded + self.failed + self.tolerated + self.cancelled + self.skipped
    }

    pub(super) fn count<T>(&mut self, end: &End<T>, is_tolerated: bool) {
        self.timed_out += u64::from(matches!(end, End::TimedOut(_)));
        let counter = match end {
            _ if end.is_failure() && is_tolerated => &mut self.tolerated,
            _ if end.is_failure() => &mut self.failed,
            End::Succeeded => &mut self.succeeded,
            End::Cancelled(_) => &mut self.cancelled,
            End::Skipped(_) | End::Failed | End::TimedOut(_) => &mut self.skipped,
        };
        *counter += 1;
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.tolerated += other.tolerated;
        self.timed_out += other.timed_out;
        self.cancelled += other.cancelled;
        self.skipped += other.skipped;
    }

    /// How that is told when nothing stopped the run.
    pub(super) fn state(&self) -> RunState {
        if self.failed > 0 {
            RunState::Failed
        } else if self.cancelled > 0 {
            RunState::Cancelled
        } else if self.tolerated > 0 || self.skipped > 0 {
            RunState::PartiallySucceeded
        } else {
            RunState::Succeeded
        }
    }
}

/// What is known of a part of a run while it goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) counts: BranchCounts,
    pub(super) failures: Vec<BranchEnd>,
}

impl Sum {
    pub(super) fn name(&mut self, end: impl FnOnce() -> BranchEnd) {
        if self.failures.len() < NAMED {
            self.failures.push(end());
        }
    }

    pub(super) fn add(&mut self, other: Sum) {
        self.counts.add(&other.counts);
        let room = NAMED - self.failures.len();
        self.failures.extend(other.failures.into_iter().take(room));
    }
}

impl RunReport {
    /// The report if all went well, or all but what is tolerated; otherwise the error that says what did not.
    pub fn completed(self) -> Result<Self, ProcessorError> {
        match self.state {
            RunState::Succeeded | RunState::PartiallySucceeded => Ok(self),
            RunState::Cancelled | RunState::TimedOut | RunState::Stopped | RunState::Failed => {
                Err(ProcessorError::WorkflowExecutionError(self.text()))
            }
        }
    }

    fn text(&self) -> String {
        let counts = &self.branches;
        let well = counts.succeeded + counts.tolerated;
        let first = self
            .failures
            .first()
            .map(|it| format!("; the first: `{}` {}", it.name, it.end))
            .unwrap_or_default();
        let state = match self.state {
            RunState::Cancelled => "it was stopped; ",
            RunState::TimedOut => "its time limit was reached; ",
            RunState::Stopped => "a limit ended it; ",
            RunState::Failed | RunState::PartiallySucceeded | RunState::Succeeded => "",
        };
        let total = counts.total();
        format!(
            "{state}{} of {total} branches did not end well{first}",
            total - well
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Limit, SkipReason, TaskIndex};

    #[test]
    fn with_a_failure_a_run_is_never_told_as_well() {
        let ends: [(End<TaskIndex>, bool, RunState); 5] = [
            (End::Succeeded, false, RunState::Succeeded),
            (End::Failed, false, RunState::Failed),
            (End::TimedOut(Limit::Attempt), false, RunState::Failed),
            (End::Failed, true, RunState::PartiallySucceeded),
            (End::Skipped(SkipReason::QueueTimedOut), false, RunState::Failed),
        ];
        for (end, is_tolerated, state) in ends {
            let mut counts = BranchCounts::default();
            counts.count(&End::<TaskIndex>::Succeeded, false);
            counts.count(&end, is_tolerated);
            assert_eq!((counts.state(), counts.total()), (state, 2), "{end:?}");
        }
    }

    #[test]
    fn failures_told_by_name_are_bounded() {
        let end = || BranchEnd {
            name: "a".to_owned(),
            end: "failed".to_owned(),
        };
        let (mut all, mut part) = (Sum::default(), Sum::default());
        (0..NAMED * 2).for_each(|_| part.name(end));
        all.name(end);
        all.add(part);
        assert_eq!(all.failures.len(), NAMED);
    }
}
