//! Pools that follow the load of the machine, looked at every second while their run goes on.

use std::time::Duration;

use super::runner::Runner;
use crate::flow::{Halt, Input, PoolIndex, Scheduler};
use crate::limits::{Adaptive, AdaptivePolicy, Signals};
use crate::model::workflow_event::WorkflowEvent;
use crate::process::MachineState;
use crate::workflow::definition::{Pool, Workflow};

/// How often the machine is looked at.
pub(super) const PACE: Duration = Duration::from_secs(1);

/// A pool that follows.
pub(super) struct Follower {
    name: String,
    pool: PoolIndex,
    adaptive: Adaptive,
    /// Attempts that had ended when it was looked at last.
    ended: u64,
}

/// The pools of `workflow` that follow.
pub(super) fn followers(workflow: &Workflow, pool_of: impl Fn(&str) -> Option<PoolIndex>) -> Vec<Follower> {
    let adaptive = workflow.parallel.resources.iter().filter_map(|(name, pool)| {
        let Pool::Slots(slots) = pool else { return None };
        let bounds = slots.bounds()?;
        Some(Follower {
            name: name.clone(),
            pool: pool_of(name)?,
            adaptive: Adaptive::new(AdaptivePolicy::new(bounds.min, bounds.max), slots.initial().get()),
            ended: 0,
        })
    });
    adaptive.collect()
}

impl Runner {
    /// Gives every pool that follows the size that the machine allows at `now` since the run began.
    pub(super) fn adapt(&mut self, now: Duration, machine: MachineState, flow: &mut Scheduler) {
        let overloaded = std::mem::take(&mut self.overloaded);
        for mut follower in std::mem::take(&mut self.followers) {
            let resized = follower.look(now, machine, overloaded, flow);
            let (name, pool) = (follower.name.clone(), follower.pool);
            self.followers.push(follower);
            let Some(size) = resized.map(u64::from) else {
                continue;
            };
            if self
                .write(&WorkflowEvent::PoolResized { pool: name, size })
                .is_err()
            {
                flow.take(now, Input::Halt(Halt::Unrecorded));
                return;
            }
            flow.take(now, Input::Resized { pool, size });
        }
    }
}

impl Follower {
    /// The new size, if it is another one.
    fn look(
        &mut self,
        now: Duration,
        machine: MachineState,
        overloaded: u32,
        flow: &mut Scheduler,
    ) -> Option<u32> {
        let ended = flow.pool_use(self.pool).map_or(0, |it| it.ended);
        let completed = ended.saturating_sub(std::mem::replace(&mut self.ended, ended));
        let signals = Signals {
            completed: u32::try_from(completed).unwrap_or(u32::MAX),
            overloaded,
            is_waiting: flow.is_waited_for(self.pool),
            ..machine.signals()
        };
        let before = self.adaptive.size();
        let size = self.adaptive.observe(&signals, now);
        (size != before).then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Action, Demand, Outcome, Rules, Task};
    use crate::workflow::definition::load;

    const YAML: &str = "
name: follows
parallel: { resources: { llm: { slots: 2, adaptive: { min: 1, max: 8 } }, fixed: 2, rate: { rate: 2, per: 1s } } }
steps: [ { id: a, type: script, config: { command: 'true' } } ]
";

    fn machine(cpu_pressure: f64) -> MachineState {
        MachineState {
            cpu_pressure: Some(cpu_pressure),
            ..MachineState::default()
        }
    }

    /// A flow in which more tasks want of the pool than it has.
    fn crowded() -> (Scheduler, Follower) {
        let mut flow = Scheduler::new(Rules {
            max_running: 100,
            ..Rules::default()
        });
        let pool = flow.pool(2);
        let task = Task {
            demand: Demand {
                units: vec![(pool, 1)],
                ..Demand::default()
            },
            ..Task::default()
        };
        (0..50).for_each(|_| {
            flow.add(&task).unwrap();
        });
        let workflow = load(YAML, "a.yaml").unwrap().workflow;
        let mut followers = followers(&workflow, |_| Some(pool));
        assert_eq!(followers.len(), 1, "only what says that it adapts does");
        (flow, followers.remove(0))
    }

    fn running(flow: &mut Scheduler) -> Vec<crate::flow::TaskIndex> {
        let actions = std::iter::from_fn(|| flow.next_action());
        let starts = actions.filter_map(|it| match it {
            Action::Start { task, .. } => Some(task),
            _ => None,
        });
        starts.collect()
    }

    #[test]
    fn an_idle_machine_with_a_queue_gets_more_and_a_pressed_one_less() {
        let (mut flow, mut follower) = crowded();
        assert_eq!(running(&mut flow).len(), 2);
        let mut size = 2;
        for second in 1..30 {
            let now = Duration::from_secs(second);
            if let Some(new) = follower.look(now, machine(0.0), 0, &mut flow) {
                size = new;
                let size = u64::from(new);
                flow.take(
                    now,
                    Input::Resized {
                        pool: follower.pool,
                        size,
                    },
                );
            }
            for task in running(&mut flow) {
                let outcome = Outcome::Succeeded;
                flow.take(now, Input::Ended { task, outcome });
            }
        }
        assert!(size > 2, "it stays at {size}");
        let pressed = (30..60).filter_map(|it| {
            let now = Duration::from_secs(it);
            follower.look(now, machine(95.0), 0, &mut flow)
        });
        assert!(pressed.last().is_some_and(|it| it < size));
    }

    #[test]
    fn nobody_waiting_is_no_reason_to_grow() {
        let (_, mut follower) = crowded();
        let mut empty = Scheduler::new(Rules::default());
        empty.pool(2);
        let looks =
            (1..30).filter_map(|it| follower.look(Duration::from_secs(it), machine(0.0), 0, &mut empty));
        assert_eq!(looks.count(), 0);
    }

    #[test]
    fn overload_is_a_reason_to_shrink() {
        let (mut flow, mut follower) = crowded();
        assert_eq!(
            follower.look(Duration::from_secs(1), machine(0.0), 1, &mut flow),
            Some(1)
        );
    }
}
