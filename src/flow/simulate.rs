//! A flow in virtual time: what would happen if each attempt took so long and ended so.
//!
//! The scheduler is the real one; only the clock and the work are made up. Used by plans ("how long
//! would it take with so many slots?") and by the tests of the scheduler's laws.

use std::collections::BTreeSet;
use std::time::Duration;

use super::scheduler::{Action, Input, Outcome, Scheduler};
use super::task::TaskIndex;

/// How an attempt goes if nobody stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// How long it takes.
    pub takes: Duration,
    /// How it ends.
    pub outcome: Outcome,
    /// How long it goes on after it was told to stop; it never goes on longer than it would have.
    pub stops_after: Duration,
}

impl Course {
    /// It takes so long and ends well.
    pub fn of(takes: Duration) -> Self {
        Self {
            takes,
            outcome: Outcome::Succeeded,
            stops_after: Duration::ZERO,
        }
    }
}

/// Answers that a simulated flow needs.
pub trait World {
    /// How an attempt of the task goes.
    fn course(&mut self, task: TaskIndex, attempt: u32) -> Course;

    /// Whether the task's condition holds.
    fn decide(&mut self, _task: TaskIndex) -> bool {
        true
    }

    /// Looks on: called after each action, and may add tasks or say what else happened.
    fn see(&mut self, _now: Duration, _action: Action, _scheduler: &mut Scheduler) {}
}

/// Every attempt takes what the function says and ends well.
impl<F: FnMut(TaskIndex) -> Duration> World for F {
    fn course(&mut self, task: TaskIndex, _attempt: u32) -> Course {
        Course::of(self(task))
    }
}

struct Running {
    task: TaskIndex,
    ends_at: Duration,
    outcome: Outcome,
    stops_after: Duration,
}

/// Runs the flow to its end and gives the time since zero at which that is. A flow that waits for
/// something that never comes, such as an approval, ends there too.
pub fn simulate(scheduler: &mut Scheduler, world: &mut impl World) -> Duration {
    let mut now = Duration::ZERO;
    let mut running: Vec<Running> = Vec::new();
    let mut order: BTreeSet<(Duration, TaskIndex)> = BTreeSet::new();
    loop {
        while let Some(action) = scheduler.next_action() {
            match action {
                Action::Decide(task) => {
                    let run = world.decide(task);
                    scheduler.take(now, Input::Decided { task, run });
                }
                Action::Ask { gate, .. } => {
                    let approved = true;
                    scheduler.take(now, Input::Answered { gate, approved });
                }
                Action::Start { task, attempt } => {
                    let course = world.course(task, attempt);
                    let ends_at = now + course.takes;
                    order.insert((ends_at, task));
                    running.push(Running {
                        task,
                        ends_at,
                        outcome: course.outcome,
                        stops_after: course.stops_after,
                    });
                }
                Action::Stop { task, .. } => stop(&mut running, &mut order, now, task),
                Action::Retry { .. } | Action::End { .. } => {}
            }
            world.see(now, action, scheduler);
        }
        let first = order.first().copied();
        let wake = scheduler.wake_at();
        match (first, wake) {
            (Some((at, _)), wake) if wake.is_none_or(|it| at <= it) => {
                now = now.max(at);
                end(&mut running, &mut order, now, scheduler);
            }
            (_, Some(at)) => {
                now = now.max(at);
                scheduler.take(now, Input::Tick);
            }
            (_, None) => return now,
        }
    }
}

fn end(
    running: &mut Vec<Running>,
    order: &mut BTreeSet<(Duration, TaskIndex)>,
    now: Duration,
    scheduler: &mut Scheduler,
) {
    let Some((_, task)) = order.pop_first() else {
        return;
    };
    if let Some(place) = running.iter().position(|it| it.task == task) {
        let outcome = running.swap_remove(place).outcome;
        scheduler.take(now, Input::Ended { task, outcome });
    }
}

fn stop(
    running: &mut [Running],
    order: &mut BTreeSet<(Duration, TaskIndex)>,
    now: Duration,
    task: TaskIndex,
) {
    if let Some(it) = running.iter_mut().find(|it| it.task == task)
        && now + it.stops_after < it.ends_at
    {
        order.remove(&(it.ends_at, task));
        it.ends_at = now + it.stops_after;
        it.outcome = Outcome::Stopped;
        order.insert((it.ends_at, task));
    }
}
