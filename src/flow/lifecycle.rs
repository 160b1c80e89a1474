//! What becomes of a task: waiting, deciding, ready, running, resting, over.

use std::time::Duration;

use super::arena::{Arena, NONE, Phase, micros};
use super::pool::GateIndex;
use super::ready::Rank;
use super::scheduler::{Action, Gate, Halt, Outcome, Scheduler};
use super::task::{Cause, Dependency, End, Limit, On, SkipReason, TaskIndex, Trigger};
use super::timers::{Alarm, Timer};

impl Arena {
    /// Whether a timer still has its reason.
    pub(super) fn is_live(&self, timer: &Timer) -> bool {
        let row = self.row(timer.task);
        let is_same = row.attempts == timer.attempt;
        match (timer.alarm, row.phase) {
            (Alarm::Rested, Phase::Resting)
            | (Alarm::Attempt, Phase::Running)
            | (Alarm::Queue, Phase::Ready) => is_same,
            (Alarm::Task, Phase::Running | Phase::Resting | Phase::Ready) => true,
            _ => false,
        }
    }

    /// What is known of a dependency on `task`: whether it came about, `None` if that is open.
    fn came_about(&self, task: u32, on: On, needs_run: bool) -> Option<bool> {
        let row = self.row(task);
        let end = match row.phase {
            Phase::Over(end) => Some(end),
            _ => None,
        };
        let was_skipped_by_choice = matches!(
            end,
            Some(End::Skipped(SkipReason::Condition | SkipReason::NotTriggered(_)))
        );
        match on {
            On::Succeeded => end.map(|end| {
                end == End::Succeeded
                    || (end.is_failure() && self.terms(task).continue_on_error)
                    || (was_skipped_by_choice && !needs_run)
            }),
            On::Failed => end.map(|it| it.is_failure()),
            On::Completed => end.map(|_| true),
            On::Started if row.attempts > 0 || end == Some(End::Succeeded) => Some(true),
            On::Ready if row.serves => Some(true),
            On::Started | On::Ready => end.map(|_| false),
        }
    }

    /// Writes down what is known of a dependency of `dependant` on `task`.
    fn settle(&mut self, dependant: u32, task: u32, on: On, came_about: bool) {
        let is_choice = matches!(
            self.row(task).phase,
            Phase::Over(End::Succeeded | End::Skipped(SkipReason::Condition | SkipReason::NotTriggered(_)))
        );
        let row = self.row_mut(dependant);
        row.open -= 1;
        if came_about {
            row.has_one = true;
        } else if row.lost_to == NONE {
            row.lost_to = task;
            row.lost_by_failure = !is_choice && on != On::Failed;
        }
    }
}

impl Scheduler {
    pub(super) fn rank(&self, task: u32) -> Rank {
        let row = self.arena.row(task);
        let (mut whole, mut scope) = (task, row.scope);
        while let Some(parent) = self.scopes[scope as usize].parent {
            (whole, scope) = (parent, self.arena.row(parent).scope);
        }
        Rank {
            priority: std::cmp::Reverse(row.priority),
            remaining_us: std::cmp::Reverse(row.remaining_us),
            whole,
            task,
        }
    }

    /// Lets those before the tasks that were added know of their ways to the end.
    pub(super) fn measure(&mut self) {
        let first = std::mem::replace(&mut self.measured, self.arena.len() as u32);
        if first == self.measured {
            return;
        }
        for (ready, way) in self.arena.lengthen(first) {
            let row = self.arena.row(ready);
            let (demand, new) = (row.demand, self.rank(ready));
            let old = Rank {
                remaining_us: std::cmp::Reverse(way),
                ..new
            };
            self.ready.reorder(demand, old, new);
        }
    }

    /// Tells those that wait for the tasks of `told` what happened to these, until nobody is left to tell.
    pub(super) fn tell(&mut self) {
        while let Some(task) = self.told.pop_front() {
            let mut edge = self.arena.first_edge(task);
            while edge != NONE {
                edge = self.tell_one(task, edge);
            }
        }
    }

    fn tell_one(&mut self, task: u32, place: u32) -> u32 {
        let Some((edge, next)) = self.arena.edge(place) else {
            return NONE;
        };
        let (dependant, on, needs_run, is_decided) =
            (edge.dependant, edge.on, edge.needs_run, edge.is_decided);
        if is_decided {
            return next;
        }
        if let Some(came_about) = self.arena.came_about(task, on, needs_run) {
            if let Some((edge, _)) = self.arena.edge(place) {
                edge.is_decided = true;
            }
            self.arena.settle(dependant, task, on, came_about);
            self.consider(dependant);
        }
        next
    }

    /// Tells a task that was added late what happened before.
    pub(super) fn catch_up(&mut self, task: u32) {
        let earlier: Vec<u32> = self.arena.dependencies(task).to_vec();
        for earlier in earlier {
            // Its edges stand at the head of the list, being the newest.
            let mut place = self.arena.first_edge(earlier);
            while let Some((edge, next)) = self.arena.edge(place) {
                if edge.dependant != task {
                    break;
                }
                let (on, needs_run, is_decided) = (edge.on, edge.needs_run, edge.is_decided);
                if !is_decided && let Some(came_about) = self.arena.came_about(earlier, on, needs_run) {
                    if let Some((edge, _)) = self.arena.edge(place) {
                        edge.is_decided = true;
                    }
                    self.arena.settle(task, earlier, on, came_about);
                }
                place = next;
            }
        }
    }

    /// Looks whether a waiting task can go on, or never will.
    pub(super) fn consider(&mut self, task: u32) {
        let row = self.arena.row(task);
        if row.phase != Phase::Waiting || row.held {
            return;
        }
        let is_decided = row.open == 0;
        let is_lost = match row.trigger {
            Trigger::All => row.lost_to != NONE,
            Trigger::Any => is_decided && !row.has_one && row.dependency_count > 0,
            Trigger::Decided => false,
        };
        if is_lost {
            let culprit = TaskIndex(row.lost_to);
            let reason = if row.lost_by_failure {
                SkipReason::UpstreamFailed(culprit)
            } else {
                SkipReason::NotTriggered(culprit)
            };
            self.skip(task, reason);
        } else if let Some(reason) = self.trouble(task) {
            self.skip(task, reason);
        } else if is_decided {
            if self.arena.terms(task).is_conditional {
                self.arena.row_mut(task).phase = Phase::Deciding;
                self.say(Action::Decide(TaskIndex(task)));
            } else {
                self.queue(task);
            }
        }
    }

    pub(super) fn decided(&mut self, task: u32, run: bool) {
        if !self.is_in(task, Phase::Deciding) {
            return;
        }
        if !run {
            self.skip(task, SkipReason::Condition);
        } else if let Some(reason) = self.trouble(task) {
            self.skip(task, reason);
        } else {
            self.queue(task);
        }
    }

    fn is_in(&self, task: u32, phase: Phase) -> bool {
        self.arena
            .get(TaskIndex(task))
            .is_some_and(|it| it.phase == phase)
    }

    /// From here on the task could start.
    fn queue(&mut self, task: u32) {
        let (now_us, rank) = (self.now_us, self.rank(task));
        let limit = self.arena.terms(task).queue_timeout;
        let row = self.arena.row_mut(task);
        row.phase = Phase::Ready;
        row.since_us = now_us;
        let (demand, attempt) = (row.demand, row.attempts);
        self.ready.push(demand, rank, now_us);
        if let Some(limit) = limit {
            self.set(task, attempt, limit, Alarm::Queue);
        }
    }

    pub(super) fn set(&mut self, task: u32, attempt: u16, after: Duration, alarm: Alarm) {
        self.timers.set(Timer {
            at_us: self.now_us.saturating_add(micros(after)),
            task,
            attempt,
            alarm,
        });
    }

    /// What is due by now.
    pub(super) fn ring(&mut self) {
        if self.recheck_us.is_some_and(|it| it <= self.now_us) {
            self.recheck_us = None;
        }
        while let Some(timer) = self.timers.due(self.now_us) {
            if !self.arena.is_live(&timer) {
                continue;
            }
            let phase = self.arena.row(timer.task).phase;
            match (timer.alarm.limit(), phase) {
                (Some(limit), Phase::Running) => self.stop(timer.task, Cause::Limit(limit)),
                (Some(limit), _) => self.finish(timer.task, End::TimedOut(limit)),
                (None, Phase::Resting) => self.queue(timer.task),
                (None, _) => self.skip(timer.task, SkipReason::QueueTimedOut),
            }
        }
        let limit = self.rules.timeout.map(micros);
        if self.halt.is_none() && !self.is_over() && limit.is_some_and(|it| it <= self.now_us) {
            self.halted(Halt::TimedOut);
        }
    }

    pub(super) fn stop(&mut self, task: u32, cause: Cause) {
        self.arena.row_mut(task).phase = Phase::Stopping(cause);
        self.say(Action::Stop {
            task: TaskIndex(task),
            cause,
        });
        self.stop_parts(task, cause);
    }

    pub(super) fn answered(&mut self, gate: GateIndex, approved: bool) {
        let Some(asked) = self.gates.get_mut(gate.0 as usize) else {
            return;
        };
        *asked = if approved { Gate::Open } else { Gate::Closed };
        if !approved {
            self.halted(Halt::NotApproved);
        }
    }

    pub(super) fn serves(&mut self, task: u32) {
        if self.is_in(task, Phase::Running) {
            self.arena.row_mut(task).serves = true;
            self.told.push_back(task);
        }
    }

    pub(super) fn released(&mut self, task: u32) {
        if self.arena.get(TaskIndex(task)).is_some() {
            self.arena.row_mut(task).held = false;
            self.consider(task);
        }
    }

    /// Nobody performs the task any more: it ends wherever it stands.
    pub(super) fn abandoned(&mut self, task: u32) {
        match self.arena.get(TaskIndex(task)).map(|it| it.phase) {
            Some(Phase::Waiting | Phase::Deciding | Phase::Ready) => self.skip(task, SkipReason::Cancelled),
            Some(Phase::Resting) => self.finish(task, End::Cancelled(Cause::Cancelled)),
            Some(Phase::Running | Phase::Stopping(_)) => self.ended(task, Outcome::Stopped),
            Some(Phase::Over(_)) | None => {}
        }
    }

    pub(super) fn restored(&mut self, task: u32) {
        let may = |phase| matches!(phase, Phase::Waiting | Phase::Deciding | Phase::Ready);
        if self.arena.get(TaskIndex(task)).is_some_and(|it| may(it.phase)) {
            self.arena.row_mut(task).serves = true;
            self.finish(task, End::Succeeded);
        }
    }

    /// An attempt ended: what it held is free, and the task rests or is over.
    pub(super) fn ended(&mut self, task: u32, outcome: Outcome) {
        let Some(phase) = self.arena.get(TaskIndex(task)).map(|it| it.phase) else {
            return;
        };
        let cause = match phase {
            Phase::Running => None,
            Phase::Stopping(cause) => Some(cause),
            _ => return,
        };
        let has_failed = match (outcome, cause) {
            (Outcome::Succeeded, _) => Some(false),
            (Outcome::Failed { .. }, None) | (_, Some(Cause::Limit(_))) => Some(true),
            (Outcome::Failed { .. } | Outcome::Stopped, _) => None,
        };
        self.let_go(task, has_failed);
        let (end, retry) = match (outcome, cause) {
            (Outcome::Succeeded, _) => (End::Succeeded, None),
            (Outcome::Failed { may_retry, after }, None) => (End::Failed, may_retry.then_some(after)),
            (Outcome::Stopped, None) => (End::Cancelled(Cause::Cancelled), None),
            (_, Some(Cause::Limit(limit))) => {
                let again = limit == Limit::Attempt && self.arena.terms(task).retries_timeouts;
                (End::TimedOut(limit), again.then_some(None))
            }
            (_, Some(cause)) => (End::Cancelled(cause), None),
        };
        match retry.and_then(|asked| self.pause(task, asked)) {
            Some(pause) => self.rest(task, pause),
            None => self.finish(task, end),
        }
    }

    /// The pause before another attempt; `None` if there is none. There are 65,535 at most.
    fn pause(&self, task: u32, asked: Option<Duration>) -> Option<Duration> {
        let row = self.arena.row(task);
        let is_pointless = row.attempts == u16::MAX
            || self.halt.is_some()
            || !self.is_whole_running(task)
            || self.has_domain_failed(task)
            || self.is_cancelling(task);
        if is_pointless {
            return None;
        }
        let elapsed = Duration::from_micros(self.now_us - row.started_us);
        let attempts = u32::from(row.attempts);
        let draw = draw(self.rules.seed, task, attempts);
        self.arena.terms(task).retry.wait(attempts, asked, elapsed, draw)
    }

    fn rest(&mut self, task: u32, pause: Duration) {
        let row = self.arena.row_mut(task);
        row.phase = Phase::Resting;
        let attempt = row.attempts;
        self.set(task, attempt, pause, Alarm::Rested);
        self.say(Action::Retry {
            task: TaskIndex(task),
            attempt: u32::from(attempt),
            pause,
        });
        // The next attempt makes its own parts.
        self.end_parts(task);
    }

    /// Ends the task; nothing more happens to it.
    pub(super) fn finish(&mut self, task: u32, end: End) {
        let (now_us, rank) = (self.now_us, self.rank(task));
        let row = self.arena.row_mut(task);
        debug_assert!(!matches!(row.phase, Phase::Over(_)), "it ends twice");
        if row.phase == Phase::Ready {
            let demand = row.demand;
            row.queued_us += now_us - row.since_us;
            self.ready.remove(demand, &rank);
        }
        let row = self.arena.row_mut(task);
        row.phase = Phase::Over(end);
        row.ended_us = now_us;
        self.over += 1;
        self.scope_of_mut(task).over += 1;
        self.say(Action::End {
            task: TaskIndex(task),
            end,
        });
        self.told.push_back(task);
        self.count(task, end);
        self.end_parts(task);
    }
}

/// An even draw for the pause after the so-manieth failure of a task (SplitMix64, Steele et al. 2014).
fn draw(seed: u64, task: u32, attempt: u32) -> u64 {
    let place = u64::from(task) << 32 | u64::from(attempt);
    let mut z = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dependency {
    /// The same, for something else to happen.
    pub fn to(self, on: On) -> Self {
        Self { on, ..self }
    }
}
