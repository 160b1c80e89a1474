//! Tasks that belong together: those of the flow itself, and those that make up one task of it (the items
//! of a list, the steps of a nested workflow). A scope has levels, groups and rules of failure of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use super::arena::Phase;
use super::scheduler::{AddError, Scheduler};
use super::task::{Cause, SkipReason, Survives, TaskIndex};
use super::timers::Alarm;

/// A scope of a scheduler; the default is the flow itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeIndex(pub(super) u32);

/// What a failure in a scope does to those of it that have not begun or run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorRules {
    /// Whether tasks that do not depend on a failed one, and are not of its group, still start.
    pub keep_going: bool,
    /// Whether a failure stops whatever runs.
    pub cancel_all: bool,
}

/// How many tasks of a scope ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Ended well.
    pub succeeded: u64,
    /// Failed, and that counts.
    pub failed: u64,
    /// Failed, and that is tolerated.
    pub tolerated: u64,
    /// Stopped while they ran.
    pub cancelled: u64,
    /// Never started.
    pub skipped: u64,
}

#[derive(Default)]
pub(super) struct Scope {
    /// The task that it makes up.
    pub(super) parent: Option<u32>,
    pub(super) rules: ErrorRules,
    /// Its tasks by level, in the order of adding.
    levels: Vec<Vec<u32>>,
    pub(super) len: usize,
    pub(super) over: usize,
    /// The task whose failure keeps others from starting, when the scope does not keep going.
    pub(super) failing: Option<u32>,
    /// Levels whose error domain has failed, with the task that did.
    pub(super) failed_domains: BTreeMap<u32, u32>,
    pub(super) tally: Tally,
    pub(super) first_failure: Option<u32>,
}

impl Scope {
    pub(super) fn of_flow(rules: ErrorRules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, task: u32, level: u32) {
        let level = level as usize;
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        self.levels[level].push(task);
        self.len += 1;
    }

    pub(super) fn level(&self, level: u32) -> &[u32] {
        self.levels.get(level as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn tasks(&self) -> Vec<u32> {
        self.levels.iter().flatten().copied().collect()
    }

    pub(super) fn level_count(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let levels: usize = self
            .levels
            .iter()
            .map(|it| it.capacity() * size_of::<u32>())
            .sum();
        self.levels.capacity() * size_of::<Vec<u32>>() + levels
    }
}

impl Scheduler {
    /// A scope of tasks that make up `parent`. They are added while it runs, start only then, and are stopped
    /// with it, but for those that survive that; when it has ended, so have all of them soon.
    pub fn scope(&mut self, parent: TaskIndex, rules: ErrorRules) -> Result<ScopeIndex, AddError> {
        if parent.place() >= self.len() {
            return Err(AddError::UnknownTask { task: parent });
        }
        self.scopes.push(Scope {
            parent: Some(parent.0),
            rules,
            ..Scope::default()
        });
        Ok(ScopeIndex(self.scopes.len() as u32 - 1))
    }

    /// How many tasks of a scope ended how; `None` if there is no such scope.
    pub fn tally_of(&self, scope: ScopeIndex) -> Option<Tally> {
        self.scopes.get(scope.0 as usize).map(|it| it.tally)
    }

    /// Whether all tasks of the scope that were added are over.
    pub fn is_scope_over(&self, scope: ScopeIndex) -> bool {
        self.scopes
            .get(scope.0 as usize)
            .is_none_or(|it| it.over == it.len)
    }

    pub(super) fn scope_of(&self, task: u32) -> &Scope {
        &self.scopes[self.arena.row(task).scope as usize]
    }

    pub(super) fn scope_of_mut(&mut self, task: u32) -> &mut Scope {
        &mut self.scopes[self.arena.row(task).scope as usize]
    }

    /// What the state of the task that it is part of means for one that has not begun.
    pub(super) fn trouble_of_parent(&self, task: u32) -> Option<SkipReason> {
        let parent = self.scope_of(task).parent?;
        match self.arena.row(parent).phase {
            Phase::Running => None,
            Phase::Stopping(_) if self.cleans_up(task) => None,
            Phase::Stopping(Cause::GroupFailed(culprit)) => Some(SkipReason::GroupFailed(culprit)),
            Phase::Stopping(Cause::RunFailed(culprit)) => Some(SkipReason::RunFailing(culprit)),
            Phase::Stopping(Cause::RunTimedOut) => Some(SkipReason::RunTimedOut),
            Phase::Stopping(Cause::Cancelled) => Some(SkipReason::Cancelled),
            Phase::Stopping(Cause::Limit(_) | Cause::ParentEnded(_))
            | Phase::Waiting
            | Phase::Deciding
            | Phase::Ready
            | Phase::Resting
            | Phase::Over(_) => Some(SkipReason::UpstreamFailed(TaskIndex(parent))),
        }
    }

    /// Limits the running attempt of a task to `after` from now: what it is made up of may say so only once it
    /// began. Of two limits the earlier one counts.
    pub fn limit_attempt(&mut self, task: TaskIndex, after: Duration) {
        if let Some(row) = self.arena.get(task).filter(|it| it.phase == Phase::Running) {
            self.set(task.0, row.attempts, after, Alarm::Attempt);
        }
    }

    /// Whether the task goes on, and still begins, while what it is a part of is being stopped. A user who insists
    /// reaches it all the same, as every task.
    fn cleans_up(&self, task: u32) -> bool {
        self.survives(task) >= Survives::Whole
    }

    /// Whether what the task is a part of runs, and was not told to stop.
    pub(super) fn is_whole_running(&self, task: u32) -> bool {
        let parent = self.scope_of(task).parent;
        parent.is_none_or(|it| self.arena.row(it).phase == Phase::Running)
    }

    /// What a task is made up of ends with it.
    pub(super) fn end_parts(&mut self, task: u32) {
        self.stop_parts(task, Cause::ParentEnded(TaskIndex(task)));
    }

    /// What a task is made up of is stopped with it.
    pub(super) fn stop_parts(&mut self, task: u32, cause: Cause) {
        let cause = match cause {
            // A limit of its own is nothing that a part could try again after.
            Cause::Limit(_) => Cause::ParentEnded(TaskIndex(task)),
            cause => cause,
        };
        let is_stopping = matches!(self.arena.row(task).phase, Phase::Stopping(_));
        let parts: Vec<u32> = self
            .scopes
            .iter()
            .filter(|it| it.parent == Some(task) && it.over < it.len)
            .flat_map(Scope::tasks)
            .filter(|it| !(is_stopping && self.cleans_up(*it)))
            .collect();
        for part in parts {
            self.break_off(part, cause);
        }
    }
}
