//! The scheduler of a flow's stages behind one lock, and the tickets with which stages wait at it.
//!
//! The lock is held while an event is written, never over an await: so events stand in the journal
//! in the order in which they took effect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::policy::Policy;
use super::task::{Attempt, Ended, Failure, Needs, Pool, Remedy, TaskSpec};
use crate::algorithms::Control;
use crate::flow::{
    Action, Cause, Demand, Dependency, End, GateIndex, Halt, Input, Outcome, PoolIndex, Scheduler,
    ScopeIndex, SkipReason, Survives, Task, TaskIndex, Trigger,
};
use crate::model::event::{Event, Stage, TaskId};
use crate::model::id::ContentHash;
use crate::trace::EventSink;

/// Verdicts that a stage may be told before it listens again: a start and the stop after it.
const VERDICTS: usize = 4;

/// What a waiting or running stage is told.
pub(super) enum Verdict {
    Start(Attempt),
    Stop(Cause),
    Ask(GateIndex),
    Over(End),
}

/// All that the stages of a flow share.
pub(super) struct Table {
    policy: Policy,
    observer: Arc<dyn EventSink>,
    began: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    scheduler: Scheduler,
    cpu: Option<PoolIndex>,
    io: Option<PoolIndex>,
    gates: BTreeMap<Stage, GateIndex>,
    places: BTreeMap<TaskId, TaskIndex>,
    entries: Vec<Entry>,
    unrecorded: Option<String>,
}

struct Entry {
    id: TaskId,
    verdicts: Option<mpsc::Sender<Verdict>>,
    control: Option<Control>,
    attempt: u32,
}

/// A stage's place in the flow. Dropping it before its end ends the stage.
pub(super) struct Ticket {
    table: Arc<Table>,
    index: TaskIndex,
    task: TaskId,
    verdicts: mpsc::Receiver<Verdict>,
}

impl Table {
    pub(super) fn new(policy: Policy, observer: Arc<dyn EventSink>) -> Self {
        let mut scheduler = Scheduler::new(policy.rules());
        let mut pool = |it| policy.units(it).map(|units| scheduler.pool(u64::from(units)));
        let (cpu, io) = (pool(Pool::Cpu), pool(Pool::Io));
        let inner = Inner {
            scheduler,
            cpu,
            io,
            gates: BTreeMap::new(),
            places: BTreeMap::new(),
            entries: Vec::new(),
            unrecorded: None,
        };
        Self {
            policy,
            observer,
            began: Instant::now(),
            inner: Mutex::new(inner),
        }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn halt(&self) -> Option<Halt> {
        self.lock().scheduler.halt()
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().scheduler.is_over()
    }

    pub(super) fn unrecorded(&self) -> Option<String> {
        self.lock().unrecorded.clone()
    }

    pub(super) fn progress(&self) -> Vec<(TaskId, (u64, u64))> {
        let inner = self.lock();
        let running = inner
            .entries
            .iter()
            .filter_map(|it| Some((it, it.control.as_ref()?)));
        let mut progress: Vec<_> = running
            .map(|(it, control)| (it.id.clone(), control.progress()))
            .collect();
        progress.sort();
        progress
    }

    /// When the scheduler wants to be asked again.
    pub(super) fn alarm(&self) -> Option<Instant> {
        self.lock().scheduler.wake_at().map(|it| self.began + it)
    }

    /// Takes in what happened and performs what follows from it.
    pub(super) fn take(&self, input: Input) {
        let mut inner = self.lock();
        self.take_with(&mut inner, input);
    }

    fn take_with(&self, inner: &mut Inner, input: Input) {
        inner.scheduler.take(self.began.elapsed(), input);
        while let Some(action) = inner.scheduler.next_action() {
            self.perform(inner, action);
        }
    }

    /// Queues a stage; one that an earlier process finished is held until it is restored or queued.
    pub(super) fn enter(table: &Arc<Self>, spec: &TaskSpec, was_finished: bool) -> Result<Ticket, Ended> {
        let (sender, verdicts) = mpsc::channel(VERDICTS);
        let mut inner = table.lock();
        let index = inner
            .add(&table.policy, spec, was_finished)
            .map_err(|problem| Ended::Failed {
                task: spec.id.clone(),
                failure: Failure::give_up(problem),
            })?;
        inner.entries.push(Entry {
            id: spec.id.clone(),
            verdicts: Some(sender),
            control: None,
            attempt: 0,
        });
        if !was_finished {
            table.record_queued(&mut inner, spec);
        }
        table.take_with(&mut inner, Input::Tick);
        drop(inner);
        Ok(Ticket {
            table: Arc::clone(table),
            index,
            task: spec.id.clone(),
            verdicts,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the state as of the last change, which is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an event down; says whether it was. Once one was not, nothing more begins.
    fn record(&self, inner: &mut Inner, event: &Event) -> bool {
        if inner.unrecorded.is_none()
            && let Err(error) = self.observer.record(event)
        {
            inner.unrecorded = Some(format!("failed to keep the journal: {error}"));
            inner
                .scheduler
                .take(self.began.elapsed(), Input::Halt(Halt::Unrecorded));
        }
        inner.unrecorded.is_none()
    }

    fn record_queued(&self, inner: &mut Inner, spec: &TaskSpec) {
        let event = Event::TaskQueued {
            task: spec.id.clone(),
            stage: spec.stage,
            after: spec.after.clone(),
        };
        self.record(inner, &event);
    }

    fn perform(&self, inner: &mut Inner, action: Action) {
        match action {
            Action::Start { task, attempt } => self.start(inner, task, attempt),
            Action::Stop { task, cause } => {
                if let Some(control) = &inner.entries[task.place()].control {
                    control.cancel();
                }
                inner.tell(task, Verdict::Stop(cause));
            }
            Action::Ask { task, gate } => inner.tell(task, Verdict::Ask(gate)),
            Action::End { task, end } => {
                if let End::Skipped(reason) = end {
                    let event = Event::TaskSkipped {
                        task: inner.name(task),
                        reason: reason.map(|it| inner.name(it)).to_string(),
                    };
                    self.record(inner, &event);
                }
                inner.tell(task, Verdict::Over(end));
            }
            // A stage has no condition of its own, and learns of its next attempt when that begins.
            Action::Decide(_) | Action::Retry { .. } => {}
        }
    }

    /// A start that cannot be written down does not happen.
    fn start(&self, inner: &mut Inner, index: TaskIndex, attempt: u32) {
        let task = inner.name(index);
        let event = Event::TaskStarted {
            task: task.clone(),
            attempt,
        };
        if !self.record(inner, &event) {
            let outcome = Outcome::Stopped;
            let input = Input::Ended { task: index, outcome };
            inner.scheduler.take(self.began.elapsed(), input);
            return;
        }
        let control = Control::default();
        let entry = &mut inner.entries[index.place()];
        entry.control = Some(control.clone());
        entry.attempt = attempt;
        let attempt = Attempt {
            task,
            number: attempt,
            control,
        };
        inner.tell(index, Verdict::Start(attempt));
    }
}

impl Inner {
    fn add(&mut self, policy: &Policy, spec: &TaskSpec, was_finished: bool) -> Result<TaskIndex, String> {
        if self.places.contains_key(&spec.id) {
            return Err(format!("a task of the name `{}` exists already", spec.id));
        }
        let after: Result<Vec<Dependency>, String> = spec
            .after
            .iter()
            .map(|it| match self.places.get(it) {
                Some(index) => Ok(Dependency::on(*index)),
                None => Err(format!("it waits for `{it}`, which was not queued before it")),
            })
            .collect();
        let pool = match spec.pool {
            Pool::Cpu => self.cpu,
            Pool::Io => self.io,
        };
        let task = Task {
            after: after?,
            trigger: match spec.needs {
                Needs::All => Trigger::All,
                Needs::Any => Trigger::Any,
            },
            survives: if spec.is_closing {
                Survives::Halt
            } else {
                Survives::Nothing
            },
            demand: Demand {
                units: pool.map(|it| (it, u64::from(spec.weight))).into_iter().collect(),
                gate: policy.ask.then(|| self.gate(spec.stage)),
                ..Demand::default()
            },
            priority: 0,
            expected: spec.expected,
            terms: policy.terms(spec.timeout),
            held: was_finished,
            scope: ScopeIndex::default(),
        };
        let index = self.scheduler.add(&task).map_err(|it| it.to_string())?;
        self.places.insert(spec.id.clone(), index);
        Ok(index)
    }

    fn gate(&mut self, stage: Stage) -> GateIndex {
        *self.gates.entry(stage).or_insert_with(|| self.scheduler.gate())
    }

    fn tell(&mut self, task: TaskIndex, verdict: Verdict) {
        if let Some(verdicts) = &self.entries[task.place()].verdicts {
            // There is room for all that a stage is told before it listens again; if its future was
            // dropped, the ticket's end follows and frees what was granted here.
            let _ = verdicts.try_send(verdict);
        }
    }

    fn name(&self, task: TaskIndex) -> TaskId {
        self.entries[task.place()].id.clone()
    }
}

impl Ticket {
    pub(super) fn task(&self) -> &TaskId {
        &self.task
    }

    /// Waits for what the table says.
    pub(super) async fn verdict(&mut self) -> Verdict {
        match self.verdicts.recv().await {
            Some(verdict) => verdict,
            // The table drops the sender with itself only, and the ticket holds the table.
            None => Verdict::Over(End::Skipped(SkipReason::Cancelled)),
        }
    }

    pub(super) fn restored(&self) {
        self.table.take(Input::Restored(self.index));
    }

    /// What an earlier process left cannot be used: the stage runs.
    pub(super) fn requeue(&self, spec: &TaskSpec) {
        let mut inner = self.table.lock();
        self.table.record_queued(&mut inner, spec);
        self.table.take_with(&mut inner, Input::Released(self.index));
    }

    /// Ends the stage well. An output that could not be written down does not count.
    pub(super) fn finished(&self, artefact: ContentHash, elapsed_us: u64) -> Result<(), Ended> {
        let mut inner = self.table.lock();
        let event = Event::TaskFinished {
            task: self.task.clone(),
            artefact,
            elapsed_us,
        };
        let is_recorded = self.table.record(&mut inner, &event);
        let outcome = if is_recorded {
            Outcome::Succeeded
        } else {
            failed(false)
        };
        self.end(&mut inner, outcome);
        if is_recorded {
            return Ok(());
        }
        Err(Ended::Failed {
            task: self.task.clone(),
            failure: Failure {
                reason: inner.unrecorded.clone().unwrap_or_default(),
                remedy: Remedy::GiveUp,
            },
        })
    }

    /// Ends the attempt badly; what follows from that is the next verdict.
    pub(super) fn failed(&self, failure: &Failure, elapsed_us: u64) {
        let mut inner = self.table.lock();
        let outcome = match failure.remedy {
            Remedy::Cancelled => Outcome::Stopped,
            Remedy::Retry => failed(true),
            Remedy::GiveUp | Remedy::Mend | Remedy::Refused | Remedy::Defect => failed(false),
        };
        self.record_failed(&mut inner, failure.reason.clone(), elapsed_us);
        self.end(&mut inner, outcome);
    }

    fn record_failed(&self, inner: &mut Inner, reason: String, elapsed_us: u64) {
        let event = Event::TaskFailed {
            task: self.task.clone(),
            attempt: inner.entries[self.index.place()].attempt,
            reason,
            elapsed_us,
        };
        self.table.record(inner, &event);
    }

    fn end(&self, inner: &mut Inner, outcome: Outcome) {
        inner.entries[self.index.place()].control = None;
        let task = self.index;
        self.table.take_with(inner, Input::Ended { task, outcome });
    }

    /// How it ended, in the words of those who asked for it.
    pub(super) fn told(&self, end: End, failure: Option<Failure>, limit: Option<Duration>) -> Ended {
        let task = self.task.clone();
        match end {
            End::Skipped(reason) => {
                let reason = reason.map(|it| self.table.lock().name(it));
                Ended::Skipped { task, reason }
            }
            End::TimedOut(_) => Ended::TimedOut {
                task,
                limit: limit.unwrap_or_default(),
            },
            End::Cancelled(Cause::RunTimedOut) => Ended::RunTimedOut {
                task,
                limit: self.table.policy.run_timeout.unwrap_or_default(),
            },
            End::Cancelled(_) => Ended::Cancelled { task },
            End::Failed | End::Succeeded => Ended::Failed {
                task,
                failure: failure.unwrap_or_else(|| Failure::defect("it ended without a word")),
            },
        }
    }
}

fn failed(may_retry: bool) -> Outcome {
    let after = None;
    Outcome::Failed { may_retry, after }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inner = self.table.lock();
        let entry = &mut inner.entries[self.index.place()];
        entry.verdicts = None;
        // An attempt that has ended stands in the journal with its end; only a running one fails here.
        if let Some(control) = entry.control.take() {
            control.cancel();
            self.record_failed(&mut inner, "its future was dropped before it ended".to_owned(), 0);
        }
        self.table.take_with(&mut inner, Input::Abandoned(self.index));
    }
}
