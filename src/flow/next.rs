//! What to do next, decided from the state alone.
//!
//! A task takes its slot and its pool's units at once or not at all, so no task holds one while it
//! waits for another, and nothing can deadlock. One that cannot be admitted does not block those
//! behind it.

use std::cmp::Reverse;

use super::critical_path::remaining;
use super::policy::Policy;
use super::state::{Halt, Phase, State, Task};
use super::task::{Needs, Pool, SkipReason};
use crate::model::event::TaskId;

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begin an attempt of the task.
    Start(TaskId),
    /// End the task without running it.
    Skip {
        /// The task.
        task: TaskId,
        /// Why.
        reason: SkipReason,
    },
    /// Ask whether the task's stage may begin.
    Ask(TaskId),
}

/// What to do in `state`. Empty when something has to happen first, or all is over.
pub fn next(state: &State, policy: &Policy) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut ready = Vec::new();
    for (place, task) in state.tasks().iter().enumerate() {
        if task.phase != Phase::Waiting {
            continue;
        }
        match verdict(task, state, policy) {
            Verdict::Skip(reason) => actions.push(Action::Skip {
                task: task.spec.id.clone(),
                reason,
            }),
            Verdict::Ready => ready.push((place, task)),
            Verdict::Wait => {}
        }
    }
    if ready.len() > 1 {
        let remaining = remaining(state);
        // A stable sort, so equal ways stay in the order in which they were queued.
        ready.sort_by_key(|(place, _)| Reverse(remaining[*place]));
    }
    let mut room = Room::left(state, policy);
    for (_, task) in ready {
        // After a halt nobody is asked any more: what may still start writes down what there is.
        if policy.ask && state.halt().is_none() && !state.is_approved(task.spec.stage) {
            // A stage begins only when the ones before it have come to rest.
            if room.running == 0 && !room.asking {
                room.asking = true;
                actions.push(Action::Ask(task.spec.id.clone()));
            }
        } else if room.take(task) {
            actions.push(Action::Start(task.spec.id.clone()));
        }
    }
    actions
}

enum Verdict {
    Ready,
    Wait,
    Skip(SkipReason),
}

fn verdict(task: &Task, state: &State, policy: &Policy) -> Verdict {
    let upstream = || task.spec.after.iter().filter_map(|it| state.task(it));
    let lost = |it: &&Task| it.phase.is_over() && !matches!(it.phase, Phase::Finished(_));
    let is_open = upstream().any(|it| !it.phase.is_over());
    let is_lost = match task.spec.needs {
        Needs::All => upstream().any(|it| lost(&it)),
        Needs::Any => !is_open && !task.spec.after.is_empty() && upstream().all(|it| lost(&it)),
    };
    if let Some(culprit) = upstream().find(lost).filter(|_| is_lost) {
        return Verdict::Skip(SkipReason::UpstreamFailed(culprit.spec.id.clone()));
    }
    match state.halt() {
        Some(Halt::Unrecorded) => return Verdict::Skip(SkipReason::Unrecorded),
        _ if task.spec.is_closing => return if is_open { Verdict::Wait } else { Verdict::Ready },
        Some(Halt::Cancelled) => return Verdict::Skip(SkipReason::Cancelled),
        Some(Halt::TimedOut) => return Verdict::Skip(SkipReason::RunTimedOut),
        Some(Halt::NotApproved) => return Verdict::Skip(SkipReason::NotApproved),
        None => {}
    }
    // A task with an attempt behind it has begun; fail-fast is about those that have not.
    if !policy.keep_going && task.attempts == 0 && state.tasks().iter().any(|it| it.phase == Phase::Failed) {
        return Verdict::Skip(SkipReason::RunFailing);
    }
    if is_open { Verdict::Wait } else { Verdict::Ready }
}

/// What running tasks leave free.
struct Room<'a> {
    policy: &'a Policy,
    running: usize,
    asking: bool,
    cpu_held: u32,
    io_held: u32,
}

impl<'a> Room<'a> {
    fn left(state: &State, policy: &'a Policy) -> Self {
        let mut room = Self {
            policy,
            running: 0,
            asking: state.tasks().iter().any(|it| it.phase == Phase::Asked),
            cpu_held: 0,
            io_held: 0,
        };
        for task in state.tasks().iter().filter(|it| it.phase == Phase::Running) {
            room.hold(task);
        }
        room
    }

    /// Takes what `task` needs and says whether there was enough.
    fn take(&mut self, task: &Task) -> bool {
        let has_slot = self.running < self.policy.max_running.max(1);
        let has_units = match self.policy.units(task.spec.pool) {
            None => true,
            Some(limit) => *self.held(task.spec.pool) + self.weight(task) <= limit,
        };
        let fits = has_slot && has_units && !self.asking;
        if fits {
            self.hold(task);
        }
        fits
    }

    fn hold(&mut self, task: &Task) {
        let weight = self.weight(task);
        self.running += 1;
        *self.held(task.spec.pool) += weight;
    }

    /// A task that is heavier than its pool counts as all of it, or it could never run.
    fn weight(&self, task: &Task) -> u32 {
        self.policy
            .units(task.spec.pool)
            .map_or(0, |limit| task.spec.weight.min(limit))
    }

    fn held(&mut self, pool: Pool) -> &mut u32 {
        match pool {
            Pool::Cpu => &mut self.cpu_held,
            Pool::Io => &mut self.io_held,
        }
    }
}
