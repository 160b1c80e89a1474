//! The scheduler: tasks, what happens to them and the time in; what to do out.
//!
//! It knows no clock, no thread and no future, so the same inputs at the same times give the same
//! actions, whoever performs them. A driver hands in what happened with [`Scheduler::take`], asks
//! [`Scheduler::next_action`] until it has nothing more to say, and comes back when something ended or
//! when [`Scheduler::wake_at`] says so.
//!
//! Every attempt of every task (retries, handlers and restarts too) passes one gate, which grants all
//! that it takes at once or nothing; what it held is free again when the attempt has really ended.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;
use std::time::Duration;

use super::admission::{Held, Refusal};
use super::arena::{Arena, Phase, micros};
use super::pool::{BreakerIndex, GateIndex, Pool, PoolIndex, PoolUse, SharedSlots};
use super::ready::Ready;
use super::scope::{ErrorRules, Scope, Tally};
use super::task::{Cause, End, SkipReason, Survives, Task, TaskIndex};
use super::timers::Timers;
use crate::limits::{Breaker, BreakerPolicy, Stance};
use crate::model::event::RunState;

/// How a flow may run; none of it changes what a task computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Tasks that may hold a run slot at once; 0 counts as 1.
    pub max_running: usize,
    /// What a failure does to others.
    pub errors: ErrorRules,
    /// After so long a wait a task goes first, and what it takes is kept free for it.
    pub aging_after: Duration,
    /// Time limit of the whole flow, from time zero.
    pub timeout: Option<Duration>,
    /// Seed of the jitter in the pauses between attempts.
    pub seed: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_running: 4,
            errors: ErrorRules::default(),
            aging_after: Duration::from_secs(30),
            timeout: None,
            seed: 0,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Time passed.
    Tick,
    /// The condition of a task was decided.
    Decided {
        /// The task of an [`Action::Decide`].
        task: TaskIndex,
        /// Whether it shall run.
        run: bool,
    },
    /// Somebody answered an [`Action::Ask`].
    Answered {
        /// What was asked about.
        gate: GateIndex,
        /// Whether it may begin; if not, the flow is halted.
        approved: bool,
    },
    /// What a running task started serves now.
    Ready(TaskIndex),
    /// An attempt ended.
    Ended {
        /// The task.
        task: TaskIndex,
        /// How.
        outcome: Outcome,
    },
    /// An earlier process ended the task well, and what it left can be used. Said before it starts.
    Restored(TaskIndex),
    /// A task that was held is one like any other from here on.
    Released(TaskIndex),
    /// Nobody performs the task any more; an attempt that ran has ended.
    Abandoned(TaskIndex),
    /// No further task may start but those that survive it.
    Halt(Halt),
    /// Those that survive a halt are stopped too, and none has time for that ([`super::Stop::insisted`]): the user
    /// insists.
    Insist,
    /// A pool has another size from here on; what is held is never taken away.
    Resized {
        /// The pool.
        pool: PoolIndex,
        /// Its size.
        size: u64,
    },
    /// Another number of tasks may run at once from here on.
    MaxRunning(usize),
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well. This counts even if it was told to stop meanwhile: it was paid for.
    Succeeded,
    /// Badly.
    Failed {
        /// Whether another attempt may help.
        may_retry: bool,
        /// How long the other side asked to wait before that.
        after: Option<Duration>,
    },
    /// Because it was told to.
    Stopped,
}

/// Why no further task may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Halt {
    /// The user stopped the flow.
    Cancelled,
    /// The flow's own time limit.
    TimedOut,
    /// The user did not approve something.
    NotApproved,
    /// What happens could not be written down.
    Unrecorded,
}

/// What the driver is to do, or to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say whether the task shall run at all.
    Decide(TaskIndex),
    /// Ask whether what the task needs may begin.
    Ask {
        /// The task that would be the first.
        task: TaskIndex,
        /// What is asked about.
        gate: GateIndex,
    },
    /// Begin an attempt.
    Start {
        /// The task.
        task: TaskIndex,
        /// From 1.
        attempt: u32,
    },
    /// Tell the running attempt to stop; it has ended when it was said so.
    Stop {
        /// The task.
        task: TaskIndex,
        /// Why.
        cause: Cause,
    },
    /// To be known: the attempt failed, and there will be another.
    Retry {
        /// The task.
        task: TaskIndex,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Time to the next attempt at least.
        pause: Duration,
    },
    /// To be known: the task is over.
    End {
        /// The task.
        task: TaskIndex,
        /// How.
        end: End,
    },
}

/// A task that cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// It waits for a task that does not exist, or that does not exist yet.
    #[error("it waits for task {}, which was not added before it", task.place())]
    UnknownTask {
        /// The place it names.
        task: TaskIndex,
    },
    /// It names a pool, breaker, gate or scope of another scheduler.
    #[error("it names a pool, a breaker, a gate or a scope that this flow does not have")]
    UnknownPool,
    /// The flow has as many tasks as it can have.
    #[error("a flow has at most {} tasks", u32::MAX - 1)]
    TooMany,
}

/// See the module.
pub struct Scheduler {
    pub(super) rules: Rules,
    pub(super) arena: Arena,
    pub(super) pools: Vec<Pool>,
    pub(super) breakers: Vec<Breaker>,
    pub(super) gates: Vec<Gate>,
    pub(super) ready: Ready,
    pub(super) timers: Timers,
    pub(super) held: BTreeMap<u32, Held>,
    /// Why the tasks of a demand do not start, as of the last time they were looked at.
    pub(super) refused: BTreeMap<u32, Refusal>,
    /// When a refusal may have passed by itself.
    pub(super) recheck_us: Option<u64>,
    pub(super) actions: VecDeque<Action>,
    /// Tasks that began, served or ended, and whose dependants have not been told.
    pub(super) told: VecDeque<u32>,
    pub(super) now_us: u64,
    pub(super) running: usize,
    pub(super) alone: Option<u32>,
    pub(super) peak_running: usize,
    pub(super) over: usize,
    pub(super) halt: Option<Halt>,
    pub(super) insisted: bool,
    /// Tasks before this one know the ways to the end of all that waits for them.
    pub(super) measured: u32,
    /// The first is the flow itself.
    pub(super) scopes: Vec<Scope>,
}

/// Whether something was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Closed,
    Asking,
    Open,
}

impl Scheduler {
    /// A flow without tasks at time zero.
    pub fn new(rules: Rules) -> Self {
        let errors = rules.errors;
        Self {
            rules,
            arena: Arena::default(),
            pools: Vec::new(),
            breakers: Vec::new(),
            gates: Vec::new(),
            ready: Ready::default(),
            timers: Timers::default(),
            held: BTreeMap::new(),
            refused: BTreeMap::new(),
            recheck_us: None,
            actions: VecDeque::new(),
            told: VecDeque::new(),
            now_us: 0,
            running: 0,
            alone: None,
            peak_running: 0,
            over: 0,
            halt: None,
            insisted: false,
            measured: 0,
            scopes: vec![Scope::of_flow(errors)],
        }
    }

    /// A pool of units that tasks hold while they run.
    pub fn pool(&mut self, size: u64) -> PoolIndex {
        self.keep_pool(Pool::units(size))
    }

    /// A pool from which tasks take for good: `amount` come in every `period`, and as many fit in.
    pub fn rate_pool(&mut self, amount: NonZeroU64, period: Duration) -> PoolIndex {
        self.keep_pool(Pool::rate(amount, period))
    }

    /// A pool of units that tasks of other processes hold too.
    pub fn shared_pool(&mut self, size: u64, slots: Box<dyn SharedSlots>) -> PoolIndex {
        self.keep_pool(Pool::shared(size, slots))
    }

    fn keep_pool(&mut self, pool: Pool) -> PoolIndex {
        self.pools.push(pool);
        PoolIndex(self.pools.len() as u32 - 1)
    }

    /// A breaker: after too many failures, the tasks that share it wait.
    pub fn breaker(&mut self, policy: BreakerPolicy) -> BreakerIndex {
        self.breakers.push(Breaker::new(policy));
        BreakerIndex(self.breakers.len() as u32 - 1)
    }

    /// How a breaker stands; closed if there is none.
    pub fn stance(&self, breaker: BreakerIndex) -> Stance {
        let breaker = self.breakers.get(breaker.0 as usize);
        breaker.map_or(Stance::Closed, Breaker::stance)
    }

    /// Something to be approved before the first task that needs it.
    pub fn gate(&mut self) -> GateIndex {
        self.gates.push(Gate::Closed);
        GateIndex(self.gates.len() as u32 - 1)
    }

    /// Adds a task; a running flow takes tasks too.
    pub fn add(&mut self, task: &Task) -> Result<TaskIndex, AddError> {
        self.check(task)?;
        let index = self.arena.push(task);
        let level = self.arena.row(index).level;
        self.scope_of_mut(index).push(index, level);
        self.catch_up(index);
        self.consider(index);
        self.tell();
        Ok(TaskIndex(index))
    }

    fn check(&self, task: &Task) -> Result<(), AddError> {
        if self.arena.len() >= (u32::MAX - 1) as usize {
            return Err(AddError::TooMany);
        }
        if let Some(unknown) = task.after.iter().find(|it| it.task.place() >= self.arena.len()) {
            return Err(AddError::UnknownTask { task: unknown.task });
        }
        let demand = &task.demand;
        let is_known = (task.scope.0 as usize) < self.scopes.len()
            && demand
                .units
                .iter()
                .all(|(pool, _)| pool.place() < self.pools.len())
            && demand
                .breaker
                .is_none_or(|it| (it.0 as usize) < self.breakers.len())
            && demand.gate.is_none_or(|it| (it.0 as usize) < self.gates.len());
        if is_known {
            Ok(())
        } else {
            Err(AddError::UnknownPool)
        }
    }

    /// Takes in what happened at `now` since time zero. Time never goes back: an earlier `now` counts
    /// as the latest one. What is said of a task that it cannot be true of changes nothing.
    pub fn take(&mut self, now: Duration, input: Input) {
        self.now_us = self.now_us.max(micros(now));
        self.ring();
        match input {
            Input::Tick => {}
            Input::Decided { task, run } => self.decided(task.0, run),
            Input::Answered { gate, approved } => self.answered(gate, approved),
            Input::Ready(task) => self.serves(task.0),
            Input::Ended { task, outcome } => self.ended(task.0, outcome),
            Input::Restored(task) => self.restored(task.0),
            Input::Released(task) => self.released(task.0),
            Input::Abandoned(task) => self.abandoned(task.0),
            Input::Halt(halt) => self.halted(halt),
            Input::Insist => self.insist(),
            Input::Resized { pool, size } => {
                if let Some(pool) = self.pools.get_mut(pool.place()) {
                    pool.resize(size, self.now_us);
                }
            }
            Input::MaxRunning(most) => self.rules.max_running = most,
        }
        self.tell();
    }

    /// The next thing to do or to know; `None` when something has to happen first.
    pub fn next_action(&mut self) -> Option<Action> {
        if self.actions.is_empty() {
            self.measure();
            self.admit();
            self.tell();
        }
        self.actions.pop_front()
    }

    /// The time since zero at which to come back with [`Input::Tick`] although nothing happened.
    pub fn wake_at(&mut self) -> Option<Duration> {
        let arena = &self.arena;
        let timer = self.timers.next(|it| arena.is_live(it));
        let limit = self
            .rules
            .timeout
            .filter(|_| self.halt.is_none() && !self.is_over());
        [timer, self.recheck_us, limit.map(micros)]
            .into_iter()
            .flatten()
            .min()
            .map(Duration::from_micros)
    }

    /// Whether every task is over and all that is to be known has been told.
    pub fn is_over(&self) -> bool {
        self.over == self.arena.len() && self.actions.is_empty()
    }

    /// Tasks that may hold a run slot at once.
    pub fn max_running(&self) -> usize {
        self.rules.max_running
    }

    /// Tasks added.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// The task at a place in the order of adding.
    pub fn task_at(&self, place: usize) -> Option<TaskIndex> {
        (place < self.arena.len()).then_some(TaskIndex(place as u32))
    }

    /// Whether no task was added.
    pub fn is_empty(&self) -> bool {
        self.arena.len() == 0
    }

    /// Where the task stands; `None` if it is none of this flow.
    pub fn phase(&self, task: TaskIndex) -> Option<Phase> {
        self.arena.get(task).map(|it| it.phase)
    }

    /// Tasks on the longest path to it, itself excluded: its `parallelGroup`. 0 of an unknown one.
    pub fn level(&self, task: TaskIndex) -> u32 {
        self.arena.get(task).map_or(0, |it| it.level)
    }

    /// Longest expected way from the task, itself included, to one that nothing waits for.
    pub fn remaining(&mut self, task: TaskIndex) -> Duration {
        self.measure();
        Duration::from_micros(self.arena.get(task).map_or(0, |it| it.remaining_us))
    }

    /// Why no further task may start, if so.
    pub fn halt(&self) -> Option<Halt> {
        self.halt
    }

    /// The first task of the flow itself whose failure counts.
    pub fn first_failure(&self) -> Option<TaskIndex> {
        self.scopes[0].first_failure.map(TaskIndex)
    }

    /// How many tasks of the flow itself ended how.
    pub fn tally(&self) -> Tally {
        self.scopes[0].tally
    }

    /// How the flow stands or ended.
    pub fn state(&self) -> RunState {
        match self.halt {
            Some(Halt::Cancelled | Halt::NotApproved) => RunState::Cancelled,
            Some(Halt::TimedOut) => RunState::TimedOut,
            Some(Halt::Unrecorded) => RunState::Failed,
            None if self.tally().failed > 0 => RunState::Failed,
            None if self.tally().tolerated > 0 => RunState::PartiallySucceeded,
            None => RunState::Succeeded,
        }
    }

    /// What was seen of a pool up to now.
    pub fn pool_use(&mut self, pool: PoolIndex) -> Option<PoolUse> {
        let now_us = self.now_us;
        let pool = self.pools.get_mut(pool.place())?;
        pool.pass(now_us);
        Some(pool.seen.clone())
    }

    /// Number of levels of the flow itself, and the most tasks that ever held a run slot at once.
    pub fn extent(&self) -> (usize, usize) {
        (self.scopes[0].level_count(), self.peak_running)
    }

    /// Bytes that the scheduler keeps on the heap, about.
    pub fn bytes(&self) -> usize {
        let scopes: usize = self.scopes.iter().map(Scope::bytes).sum();
        self.arena.bytes() + scopes + self.ready.bytes() + self.timers.bytes()
    }

    pub(super) fn survives(&self, task: u32) -> Survives {
        self.arena.row(task).survives
    }

    pub(super) fn say(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn skip(&mut self, task: u32, reason: SkipReason) {
        self.finish(task, End::Skipped(reason));
    }
}
