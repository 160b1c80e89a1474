//! The one gate before every attempt: run slot, pools, rates, breaker and approval at once, or nothing.
//!
//! A task that finds no room does not block those behind it, except that what comes in at a rate is gathered
//! for the first that lacks it. One that has waited for longer than [`super::Rules::aging_after`] goes first,
//! and what it takes is kept free for it, so that neither low priority nor a large demand waits for ever.

use std::time::Duration;

use super::arena::{Phase, micros};
use super::pool::{BreakerIndex, PoolIndex, Room};
use super::ready::Rank;
use super::scheduler::{Action, Gate, Scheduler};
use super::task::TaskIndex;
use super::timers::Alarm;
use crate::limits::Permit;

/// How often slots that other processes hold are asked for again: they are freed without a word.
const ELSEWHERE_AGAIN: Duration = Duration::from_millis(50);

/// What a running attempt holds.
pub(super) struct Held {
    /// How long it waited for all of it, and for what.
    waited_us: u64,
    waited_for: Option<Refusal>,
    slot: bool,
    units: Vec<(PoolIndex, u64)>,
    permit: Option<(BreakerIndex, Permit)>,
}

/// Why a task does not start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// All run slots are taken.
    Slots,
    /// A pool has too few free units, or they are kept for a task that waits longer.
    Pool(PoolIndex),
    /// A pool of rate has too little; it will have enough after this time.
    Rate(PoolIndex, Duration),
    /// Other processes hold too much of a pool.
    Elsewhere(PoolIndex),
    /// The breaker lets nothing pass for this time; zero while one attempt is on trial.
    Breaker(BreakerIndex, Duration),
    /// A task that runs alone runs, or this one does and others run.
    Alone,
    /// It has not been approved.
    Gate,
}

impl Refusal {
    fn pool(self) -> Option<PoolIndex> {
        match self {
            Refusal::Pool(pool) | Refusal::Rate(pool, _) | Refusal::Elsewhere(pool) => Some(pool),
            Refusal::Slots | Refusal::Breaker(..) | Refusal::Alone | Refusal::Gate => None,
        }
    }

    /// After what time it may have passed although nothing ended.
    fn passes_after(self) -> Option<Duration> {
        match self {
            Refusal::Rate(_, wait) => Some(wait),
            Refusal::Breaker(_, wait) if !wait.is_zero() => Some(wait),
            Refusal::Elsewhere(_) => Some(ELSEWHERE_AGAIN),
            Refusal::Slots | Refusal::Pool(_) | Refusal::Breaker(..) | Refusal::Alone | Refusal::Gate => None,
        }
    }
}

/// Why a task is not running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// For so many of its dependencies, of which this is the first.
    Dependencies(u32, TaskIndex),
    /// For its condition to be decided.
    Decision,
    /// It could start, but for this.
    Refused(Refusal),
    /// For the pause after a failed attempt, until this time since zero.
    Pause(Duration),
}

/// When things happened to a task; zero where they have not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How long it could have started and did not, over all attempts.
    pub queued: Duration,
    /// When its first attempt began, from time zero.
    pub started: Duration,
    /// When it was over, from time zero.
    pub ended: Duration,
}

impl Scheduler {
    /// Starts the one task that should go next, if any finds room.
    pub(super) fn admit(&mut self) {
        if self.ready.len() == 0 || self.gates.contains(&Gate::Asking) {
            return;
        }
        self.recheck_us = None;
        if let Some(kept) = self.admit_aged() {
            self.admit_first(kept);
        }
        for pool in &mut self.pools {
            pool.reserved = 0;
        }
    }

    /// Starts the first of those that have waited too long that finds room. Otherwise what they take is
    /// kept free, and the run slots among that are given; `None` when nobody else may start.
    fn admit_aged(&mut self) -> Option<usize> {
        let mut kept = 0;
        for task in self.aged() {
            let Err(refusal) = self.try_start(task, kept) else {
                return None;
            };
            self.note_refusal(task, refusal);
            let demand = self.arena.demand(task);
            match refusal {
                Refusal::Alone if demand.alone => return None,
                Refusal::Slots | Refusal::Pool(_) | Refusal::Elsewhere(_) => {
                    kept += usize::from(demand.slot);
                    for (pool, units) in &demand.units {
                        self.pools[pool.place()].keep_free(*units);
                    }
                }
                // These pass by time or by somebody's word; of a rate, enough was kept free.
                Refusal::Alone | Refusal::Rate(..) | Refusal::Breaker(..) => {}
                Refusal::Gate => return None,
            }
        }
        Some(kept)
    }

    /// Tasks that have waited too long, longest first; one of each demand is enough to know.
    fn aged(&mut self) -> Vec<u32> {
        let after_us = micros(self.rules.aging_after);
        let arena = &self.arena;
        let is_ready_since = |task: u32, since_us| {
            let row = arena.row(task);
            row.phase == Phase::Ready && row.since_us == since_us
        };
        let now_us = self.now_us;
        let mut aged: Vec<(u64, u32)> = self
            .ready
            .longest_waiting(is_ready_since)
            .filter(|(since_us, _)| now_us - since_us > after_us)
            .collect();
        aged.sort_unstable();
        aged.into_iter().map(|(_, task)| task).collect()
    }

    /// Starts the first task in order that finds room.
    fn admit_first(&mut self, kept: usize) {
        let mut heads: Vec<_> = self.ready.heads().collect();
        heads.sort_unstable();
        for Rank { task, .. } in heads {
            let Err(refusal) = self.try_start(task, kept) else {
                return;
            };
            self.note_refusal(task, refusal);
            if refusal == Refusal::Gate {
                // Nothing else begins while somebody is being asked.
                return;
            }
        }
    }

    fn note_refusal(&mut self, task: u32, refusal: Refusal) {
        self.refused.insert(self.arena.row(task).demand, refusal);
        let passes_us = refusal
            .passes_after()
            .map(|it| self.now_us.saturating_add(micros(it).max(1)));
        self.recheck_us = [self.recheck_us, passes_us].into_iter().flatten().min();
        if let Refusal::Rate(short, _) = refusal {
            // It only has to be let gather: those behind would take what comes in again and again. All else that the
            // task takes is free for others meanwhile.
            let units = &self.arena.demand(task).units;
            if let Some((pool, units)) = units.iter().find(|(it, _)| *it == short) {
                self.pools[pool.place()].keep_free(*units);
            }
        }
    }

    /// Takes all that the task takes and starts it, or takes nothing and says what was missing.
    fn try_start(&mut self, task: u32, kept: usize) -> Result<(), Refusal> {
        self.check_slot(task, kept)?;
        self.check_gate(task)?;
        let now_us = self.now_us;
        let demand = self.arena.demand(task).clone();
        for (index, units) in &demand.units {
            match self.pools[index.place()].room(*units, now_us) {
                Room::Enough => {}
                Room::Full => return Err(Refusal::Pool(*index)),
                Room::In(wait) => return Err(Refusal::Rate(*index, wait)),
            }
        }
        let mut held = Held {
            waited_us: 0,
            waited_for: None,
            slot: demand.slot,
            units: Vec::with_capacity(demand.units.len()),
            permit: None,
        };
        if let Some(index) = demand.breaker {
            let now = Duration::from_micros(now_us);
            let admitted = self.breakers[index.0 as usize].admit(now);
            held.permit = Some((index, admitted.map_err(|wait| Refusal::Breaker(index, wait))?));
        }
        if let Err(refusal) = self.claim(&demand.units) {
            self.give_back(held, None);
            return Err(refusal);
        }
        for (index, units) in &demand.units {
            let taken = self.pools[index.place()].take(*units, now_us);
            held.units.push((*index, taken));
        }
        self.start(task, held);
        Ok(())
    }

    /// Takes all that other processes take too, or nothing. Only trying tells what they have left, so that nothing may
    /// be used up before.
    fn claim(&mut self, units: &[(PoolIndex, u64)]) -> Result<(), Refusal> {
        let refused = units
            .iter()
            .position(|(pool, units)| !self.pools[pool.place()].claim(*units));
        let Some(refused) = refused else {
            return Ok(());
        };
        for (pool, units) in &units[..refused] {
            self.pools[pool.place()].unclaim(*units);
        }
        Err(Refusal::Elsewhere(units[refused].0))
    }

    fn check_slot(&self, task: u32, kept: usize) -> Result<(), Refusal> {
        let demand = self.arena.demand(task);
        if demand.slot && self.running + kept >= self.rules.max_running.max(1) {
            return Err(Refusal::Slots);
        }
        let is_disturbed = demand.alone && self.running > 0;
        if is_disturbed || (self.alone.is_some() && (demand.slot || demand.alone)) {
            return Err(Refusal::Alone);
        }
        Ok(())
    }

    /// What needs an approval asks for it when all that runs has come to rest.
    fn check_gate(&mut self, task: u32) -> Result<(), Refusal> {
        let Some(index) = self.arena.demand(task).gate else {
            return Ok(());
        };
        let gate = &mut self.gates[index.0 as usize];
        // After a halt nobody is asked any more: what may still start writes down what there is.
        if *gate == Gate::Open || self.halt.is_some() {
            return Ok(());
        }
        if *gate == Gate::Closed && self.held.is_empty() {
            *gate = Gate::Asking;
            self.say(Action::Ask {
                task: TaskIndex(task),
                gate: index,
            });
        }
        Err(Refusal::Gate)
    }

    fn start(&mut self, task: u32, mut held: Held) {
        let rank = self.rank(task);
        let row = self.arena.row_mut(task);
        row.phase = Phase::Running;
        row.attempts += 1;
        let waited_us = self.now_us - row.since_us;
        row.queued_us += waited_us;
        let (demand, attempt) = (row.demand, row.attempts);
        if attempt == 1 {
            row.started_us = self.now_us;
            self.told.push_back(task);
        }
        self.ready.remove(demand, &rank);
        held.waited_us = waited_us;
        held.waited_for = self.refused.get(&demand).copied().filter(|_| waited_us > 0);
        self.note_wait(&held);
        self.running += usize::from(held.slot);
        self.peak_running = self.peak_running.max(self.running);
        if self.arena.demand_of(demand).alone {
            self.alone = Some(task);
        }
        self.held.insert(task, held);
        let terms = self.arena.terms(task);
        let (of_attempt, of_task) = (terms.attempt_timeout, terms.timeout.filter(|_| attempt == 1));
        for (limit, alarm) in [(of_attempt, Alarm::Attempt), (of_task, Alarm::Task)] {
            if let Some(limit) = limit {
                self.set(task, attempt, limit, alarm);
            }
        }
        self.say(Action::Start {
            task: TaskIndex(task),
            attempt: u32::from(attempt),
        });
    }

    fn note_wait(&mut self, held: &Held) {
        if let Some(pool) = held.waited_for.and_then(Refusal::pool) {
            let seen = &mut self.pools[pool.place()].seen;
            seen.waited += 1;
            seen.waited_us += held.waited_us;
        }
    }

    /// How long the running attempt of a task waited for what it takes, and for what; `None` if none runs.
    pub fn waited(&self, task: TaskIndex) -> Option<(Duration, Option<Refusal>)> {
        let held = self.held.get(&task.0)?;
        Some((Duration::from_micros(held.waited_us), held.waited_for))
    }

    /// Frees what the task held. `has_failed` is told to its breaker, unless the attempt says nothing.
    pub(super) fn let_go(&mut self, task: u32, has_failed: Option<bool>) {
        let Some(held) = self.held.remove(&task) else {
            return;
        };
        self.running -= usize::from(held.slot);
        if self.alone == Some(task) {
            self.alone = None;
        }
        self.give_back(held, has_failed);
    }

    fn give_back(&mut self, held: Held, has_failed: Option<bool>) {
        for (pool, taken) in held.units {
            self.pools[pool.place()].give_back(taken, self.now_us);
        }
        if let Some((index, permit)) = held.permit {
            let breaker = &mut self.breakers[index.0 as usize];
            match has_failed {
                Some(has_failed) => breaker.record(permit, Duration::from_micros(self.now_us), has_failed),
                None => breaker.release(permit),
            }
        }
    }

    /// The times of the task up to now; `None` if it is none of this flow.
    pub fn times(&self, task: TaskIndex) -> Option<Times> {
        self.arena.get(task).map(|it| Times {
            queued: Duration::from_micros(it.queued_us),
            started: Duration::from_micros(it.started_us),
            ended: Duration::from_micros(it.ended_us),
        })
    }

    /// Why a pool of the task could not be taken from when that was tried last ([`super::SharedSlots::fault`]), if so. Asked
    /// when an attempt starts: then it was that attempt's try.
    pub fn fault(&self, task: TaskIndex) -> Option<&str> {
        self.arena.get(task)?;
        let mut units = self.arena.demand(task.0).units.iter();
        units.find_map(|(pool, _)| self.pools[pool.place()].fault())
    }

    /// Whether a task that could start lacks nothing but units of this pool.
    pub fn is_waited_for(&self, pool: PoolIndex) -> bool {
        let heads = self.ready.heads().map(|it| self.arena.row(it.task).demand);
        heads
            .filter_map(|it| self.refused.get(&it))
            .any(|it| *it == Refusal::Pool(pool))
    }

    /// Why the task is not running; `None` if it is, or is over, or is none of this flow.
    pub fn wait(&self, task: TaskIndex) -> Option<Wait> {
        let row = self.arena.get(task)?;
        match row.phase {
            Phase::Waiting => {
                let is_open = |it: &&u32| !matches!(self.arena.row(**it).phase, Phase::Over(_));
                let first = self.arena.dependencies(task.0).iter().find(is_open)?;
                Some(Wait::Dependencies(row.open, TaskIndex(*first)))
            }
            Phase::Deciding => Some(Wait::Decision),
            Phase::Ready => self.refused.get(&row.demand).map(|it| Wait::Refused(*it)),
            Phase::Resting => self
                .timers
                .rest_of(task.0)
                .map(|at_us| Wait::Pause(Duration::from_micros(at_us))),
            Phase::Running | Phase::Stopping(_) | Phase::Over(_) => None,
        }
    }
}
