//! Waiting for room on the machine: a pool of the flow that is as large as what runs, plus one if there is room.
//!
//! The reservation for the next module is taken before it starts, so no two of them count the same memory; it is
//! judged anew each time the machine is looked at, and given back when no module could use it.
//!
//! The limit counts the time in which a place was free and room was all that was missing.

use std::time::Duration;

use crate::flow::PoolIndex;
use crate::workflow::{Reservation, ResourceManager, Shortage};

/// See the module.
pub(super) struct Gate {
    manager: ResourceManager,
    pub(super) pool: PoolIndex,
    limit: Option<Duration>,
    next: Option<Reservation>,
    short: Option<(Duration, Shortage)>,
}

impl Gate {
    pub(super) fn new(manager: ResourceManager, pool: PoolIndex, limit: Option<Duration>) -> Self {
        Self {
            manager,
            pool,
            limit,
            next: None,
            short: None,
        }
    }

    /// The size of the pool from `now` on. `is_wanted` says whether a module waits and a place is free.
    pub(super) fn look(&mut self, now: Duration, running: usize, is_wanted: bool) -> u64 {
        self.next = None;
        match is_wanted.then(|| self.manager.admit(None)) {
            Some(Ok(reservation)) => {
                self.next = Some(reservation);
                self.short = None;
            }
            Some(Err(shortage)) => {
                let since = self.short.map_or(now, |(since, _)| since);
                self.short = Some((since, shortage));
            }
            None => self.short = None,
        }
        running as u64 + u64::from(self.next.is_some())
    }

    /// What was reserved for the module that starts.
    pub(super) fn take(&mut self) -> Option<Reservation> {
        self.next.take()
    }

    /// What has been missing for too long for a module that could have started since `ready_at`.
    pub(super) fn gives_up(&self, now: Duration, ready_at: Duration) -> Option<Shortage> {
        let (since, shortage) = self.short?;
        let waited = now.checked_sub(since.max(ready_at))?;
        (waited >= self.limit?).then_some(shortage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Rules, Scheduler};
    use crate::process::{Gauge, MachineState};

    fn machine(cpu_percent: f64) -> MachineState {
        MachineState {
            cpu_percent: Some(cpu_percent),
            memory_available: Some(10 << 30),
            ..MachineState::default()
        }
    }

    #[test]
    fn only_time_without_room_but_with_a_place_counts() {
        let seconds = Duration::from_secs;
        let gauge = Gauge::showing(machine(99.0));
        let manager = ResourceManager::new(80.0, 4.0, gauge.clone());
        let pool = Scheduler::new(Rules::default()).pool(0);
        let mut gate = Gate::new(manager, pool, Some(seconds(5)));
        assert_eq!(gate.look(seconds(1), 3, false), 3);
        assert_eq!(gate.gives_up(seconds(99), seconds(0)), None);
        assert_eq!(gate.look(seconds(100), 3, true), 3);
        assert_eq!(gate.look(seconds(104), 3, true), 3);
        assert_eq!(gate.gives_up(seconds(104), seconds(0)), None);
        assert!(gate.gives_up(seconds(105), seconds(0)).is_some());
        assert_eq!(gate.gives_up(seconds(105), seconds(101)), None);
        gauge.set(machine(1.0));
        assert_eq!(gate.look(seconds(106), 3, true), 4);
        assert_eq!(gate.gives_up(seconds(200), seconds(0)), None);
    }

    #[test]
    fn one_reservation_is_held_for_the_next_module_and_given_back_when_nobody_could_use_it() {
        let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(1.0)));
        let pool = Scheduler::new(Rules::default()).pool(0);
        let mut gate = Gate::new(manager.clone(), pool, None);
        let now = Duration::ZERO;
        assert_eq!(gate.look(now, 0, true), 1);
        assert_eq!(gate.look(now, 0, true), 1);
        let first = gate.take();
        assert!(first.is_some() && gate.take().is_none());
        assert_eq!(gate.look(now, 1, true), 2);
        let second = gate.take();
        assert_eq!(gate.look(now, 2, true), 2, "10 GB have room for two");
        assert_eq!(
            gate.gives_up(Duration::MAX, now),
            None,
            "without a limit nobody gives up"
        );
        drop((first, second));
        assert_eq!(gate.look(now, 0, true), 1);
        assert_eq!(gate.look(now, 0, false), 0);
        assert!(manager.admit(Some(10 << 30)).is_ok(), "nothing is held");
    }
}
