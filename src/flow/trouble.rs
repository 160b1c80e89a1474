//! What a failure, a halt or a time limit does to other tasks: the rules of the truth table in
//! docs/workflows.md.
//!
//! A *group* is the tasks of one level of a scope. Its *error domain* is those that do not isolate errors: when one
//! of them fails and that is not tolerated, the running ones are stopped and the others never start.
//! Tasks outside the group that run are left alone; those that have not begun start only if the scope
//! keeps going. A tolerated failure does nothing to anybody.

use super::arena::Phase;
use super::scheduler::{Halt, Scheduler};
use super::task::{Cause, End, SkipReason, Survives, TaskIndex};

impl Scheduler {
    /// What keeps a task that has not begun from ever starting.
    pub(super) fn trouble(&self, task: u32) -> Option<SkipReason> {
        let survives = self.survives(task);
        match self.halt {
            Some(Halt::Unrecorded) => return Some(SkipReason::Unrecorded),
            Some(halt) if survives < Survives::Halt || self.insisted => return Some(reason_of(halt)),
            Some(_) | None => {}
        }
        if let Some(reason) = self.trouble_of_parent(task) {
            return Some(reason);
        }
        let row = self.arena.row(task);
        // One with an attempt behind it has begun; failures of others are about those that have not.
        if survives >= Survives::Failure || row.attempts > 0 {
            return None;
        }
        let scope = self.scope_of(task);
        if let Some(culprit) = scope.failed_domains.get(&row.level)
            && !self.arena.terms(task).isolate_errors
        {
            return Some(SkipReason::GroupFailed(TaskIndex(*culprit)));
        }
        let failing = scope.failing?;
        let is_of_its_group = self.arena.row(failing).level == row.level;
        (!is_of_its_group || scope.rules.cancel_all).then_some(SkipReason::RunFailing(TaskIndex(failing)))
    }

    /// Whether a failure elsewhere stops whatever runs beside the task.
    pub(super) fn is_cancelling(&self, task: u32) -> bool {
        let scope = self.scope_of(task);
        scope.failing.is_some() && scope.rules.cancel_all
    }

    /// Whether another task of its error domain has failed.
    pub(super) fn has_domain_failed(&self, task: u32) -> bool {
        let row = self.arena.row(task);
        let culprit = self.scope_of(task).failed_domains.get(&row.level);
        culprit.is_some_and(|it| *it != task)
            && !self.arena.terms(task).isolate_errors
            && row.survives < Survives::Failure
    }

    /// Counts an end, and spreads a failure that is not tolerated.
    pub(super) fn count(&mut self, task: u32, end: End) {
        let terms = self.arena.terms(task);
        let (counts, is_tolerated) = (terms.counts, terms.continue_on_error);
        let is_isolated = terms.isolate_errors;
        let scope = self.scope_of_mut(task);
        let counter = match end {
            _ if end.is_failure() && !counts => return,
            _ if end.is_failure() && is_tolerated => &mut scope.tally.tolerated,
            _ if end.is_failure() => &mut scope.tally.failed,
            End::Succeeded => &mut scope.tally.succeeded,
            End::Cancelled(_) => &mut scope.tally.cancelled,
            End::Skipped(_) | End::Failed | End::TimedOut(_) => &mut scope.tally.skipped,
        };
        *counter += 1;
        if !end.is_failure() || is_tolerated {
            return;
        }
        scope.first_failure.get_or_insert(task);
        let is_first = !scope.rules.keep_going && scope.failing.is_none();
        if is_first {
            scope.failing = Some(task);
        }
        if !is_isolated {
            self.fail_domain(task);
        }
        if is_first {
            self.fail_scope(task);
        }
    }

    fn fail_domain(&mut self, culprit: u32) {
        let level = self.arena.row(culprit).level;
        let scope = self.scope_of_mut(culprit);
        if scope.failed_domains.contains_key(&level) {
            return;
        }
        scope.failed_domains.insert(level, culprit);
        let members: Vec<u32> = scope.level(level).to_vec();
        let cause = Cause::GroupFailed(TaskIndex(culprit));
        for member in members {
            if self.arena.terms(member).isolate_errors || self.survives(member) >= Survives::Failure {
                continue;
            }
            self.break_off(member, cause);
        }
    }

    fn fail_scope(&mut self, culprit: u32) {
        // Those that wait for it are told first, so that each is skipped for the nearest reason.
        self.tell();
        let cause = Cause::RunFailed(TaskIndex(culprit));
        let scope = self.scope_of(culprit);
        let cancel_all = scope.rules.cancel_all;
        for task in scope.tasks() {
            if self.survives(task) >= Survives::Failure {
                continue;
            }
            if cancel_all {
                self.break_off(task, cause);
            } else {
                self.reconsider(task);
            }
        }
    }

    pub(super) fn halted(&mut self, halt: Halt) {
        if self.halt.is_some() {
            // The first reason stands: what follows is its consequence.
            return;
        }
        self.halt = Some(halt);
        let cause = match halt {
            Halt::Cancelled => Some(Cause::Cancelled),
            Halt::TimedOut => Some(Cause::RunTimedOut),
            // What runs may end; nothing else begins.
            Halt::NotApproved | Halt::Unrecorded => None,
        };
        for task in 0..self.arena.len() as u32 {
            match cause {
                Some(cause) if self.survives(task) < Survives::Halt => self.break_off(task, cause),
                _ => self.reconsider(task),
            }
        }
    }

    /// The user stopped the flow a second time: nothing survives that.
    pub(super) fn insist(&mut self) {
        self.halted(Halt::Cancelled);
        self.insisted = true;
        for task in 0..self.arena.len() as u32 {
            self.break_off(task, Cause::Cancelled);
        }
    }

    /// Stops a task wherever it stands.
    pub(super) fn break_off(&mut self, task: u32, cause: Cause) {
        match self.arena.row(task).phase {
            Phase::Running => self.stop(task, cause),
            Phase::Resting => self.finish(task, End::Cancelled(cause)),
            // It has begun, and waits for a slot again after a pause.
            Phase::Ready if self.arena.row(task).attempts > 0 => self.finish(task, End::Cancelled(cause)),
            Phase::Waiting | Phase::Deciding | Phase::Ready => self.reconsider(task),
            Phase::Stopping(_) | Phase::Over(_) => {}
        }
    }

    /// Ends a task that has not begun and never will.
    fn reconsider(&mut self, task: u32) {
        match self.arena.row(task).phase {
            Phase::Waiting => self.consider(task),
            Phase::Deciding | Phase::Ready => {
                if let Some(reason) = self.trouble(task) {
                    self.skip(task, reason);
                }
            }
            Phase::Running | Phase::Stopping(_) | Phase::Resting | Phase::Over(_) => {}
        }
    }
}

fn reason_of(halt: Halt) -> SkipReason {
    match halt {
        Halt::Cancelled => SkipReason::Cancelled,
        Halt::TimedOut => SkipReason::RunTimedOut,
        Halt::NotApproved => SkipReason::NotApproved,
        Halt::Unrecorded => SkipReason::Unrecorded,
    }
}
