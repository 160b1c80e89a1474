//! The state behind one lock, and the tickets with which tasks wait at it.
//!
//! The lock is held while an event is written, never over an await: so events stand in the journal
//! in the order in which they took effect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::next::{Action, next};
use super::policy::Policy;
use super::state::{Change, Halt, Phase, State};
use super::task::{Attempt, Ended, Failure, Remedy, SkipReason, TaskSpec};
use crate::algorithms::Control;
use crate::model::{event::TaskId, id::ContentHash};
use crate::trace::EventSink;

/// What a waiting task is told.
pub(super) enum Verdict {
    Start(Attempt),
    Skip(SkipReason),
    Ask,
}

/// All that the tasks of a flow share.
pub(super) struct Table {
    policy: Policy,
    observer: Arc<dyn EventSink>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: State,
    waiting: BTreeMap<TaskId, mpsc::Sender<Verdict>>,
    running: BTreeMap<TaskId, Control>,
    unrecorded: Option<String>,
}

/// A task's place in the flow. Dropping it before its end ends the task.
pub(super) struct Ticket {
    table: Arc<Table>,
    task: TaskId,
    verdicts: mpsc::Receiver<Verdict>,
    attempts: u32,
}

impl Table {
    pub(super) fn new(policy: Policy, observer: Arc<dyn EventSink>) -> Self {
        Self {
            policy,
            observer,
            inner: Mutex::default(),
        }
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn state(&self) -> State {
        self.lock().state.clone()
    }

    pub(super) fn is_halted(&self) -> bool {
        self.lock().state.halt().is_some()
    }

    pub(super) fn unrecorded(&self) -> Option<String> {
        self.lock().unrecorded.clone()
    }

    pub(super) fn progress(&self) -> Vec<(TaskId, (u64, u64))> {
        let inner = self.lock();
        inner
            .running
            .iter()
            .map(|(task, control)| (task.clone(), control.progress()))
            .collect()
    }

    /// Stops admission. The first reason stands.
    pub(super) fn halt(&self, halt: Halt) {
        let mut inner = self.lock();
        if inner.state.halt().is_none() {
            self.take(&mut inner, Change::Halted(halt));
        }
    }

    pub(super) fn queue(table: &Arc<Self>, spec: TaskSpec) -> Result<Ticket, Ended> {
        Self::enter(table, Change::Queued(spec.clone()), spec)
    }

    pub(super) fn find(table: &Arc<Self>, spec: TaskSpec) -> Result<Ticket, Ended> {
        Self::enter(table, Change::Found(spec.clone()), spec)
    }

    fn enter(table: &Arc<Self>, change: Change, spec: TaskSpec) -> Result<Ticket, Ended> {
        let (sender, verdicts) = mpsc::channel(1);
        let mut inner = table.lock();
        let problem = if inner.state.task(&spec.id).is_some() {
            Some(format!("a task of the name `{}` exists already", spec.id))
        } else {
            let unknown = spec.after.iter().find(|it| inner.state.task(it).is_none());
            unknown.map(|it| format!("it waits for `{it}`, which was not queued before it"))
        };
        if let Some(problem) = problem {
            let failure = Failure::give_up(problem);
            return Err(Ended::Failed {
                task: spec.id,
                failure,
            });
        }
        inner.waiting.insert(spec.id.clone(), sender);
        table.take(&mut inner, change);
        drop(inner);
        Ok(Ticket {
            table: Arc::clone(table),
            task: spec.id,
            verdicts,
            attempts: 0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the state as of the last change, which is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a change in and performs what follows from it. Says whether it was recorded.
    fn take(&self, inner: &mut Inner, change: Change) -> bool {
        let recorded = self.commit(inner, change);
        loop {
            let actions = next(&inner.state, &self.policy);
            if actions.is_empty() {
                return recorded;
            }
            for action in actions {
                self.perform(inner, action);
            }
        }
    }

    /// Writes the change down, then applies it. A start that cannot be written does not happen.
    fn commit(&self, inner: &mut Inner, change: Change) -> bool {
        if inner.unrecorded.is_none()
            && let Some(event) = change.event()
            && let Err(error) = self.observer.record(&event)
        {
            inner.unrecorded = Some(format!("failed to keep the journal: {error}"));
            inner.state.apply(&Change::Halted(Halt::Unrecorded));
        }
        let recorded = inner.unrecorded.is_none();
        if recorded || !matches!(change, Change::Started { .. }) {
            inner.state.apply(&change);
        }
        recorded
    }

    fn perform(&self, inner: &mut Inner, action: Action) {
        let (task, verdict) = match action {
            Action::Start(task) => {
                let attempt = Attempt {
                    number: inner.state.task(&task).map_or(1, |it| it.attempts + 1),
                    task: task.clone(),
                    control: Control::default(),
                };
                let change = Change::Started {
                    task: task.clone(),
                    attempt: attempt.number,
                };
                if !self.commit(inner, change) {
                    return;
                }
                inner.running.insert(task.clone(), attempt.control.clone());
                (task, Verdict::Start(attempt))
            }
            Action::Skip { task, reason } => {
                self.commit(
                    inner,
                    Change::Skipped {
                        task: task.clone(),
                        reason: reason.clone(),
                    },
                );
                (task, Verdict::Skip(reason))
            }
            Action::Ask(task) => {
                self.commit(inner, Change::Asked(task.clone()));
                (task, Verdict::Ask)
            }
        };
        if let Some(sender) = inner.waiting.get(&task) {
            // A task waits for one verdict at a time, so there is room; if its future was dropped,
            // the ticket's end follows and frees what was granted here.
            let _ = sender.try_send(verdict);
        }
    }

    fn end(&self, change: Change, task: &TaskId) -> bool {
        let mut inner = self.lock();
        inner.running.remove(task);
        self.take(&mut inner, change)
    }
}

impl Ticket {
    pub(super) fn task(&self) -> &TaskId {
        &self.task
    }

    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Waits for what the table says.
    pub(super) async fn verdict(&mut self) -> Verdict {
        match self.verdicts.recv().await {
            Some(verdict) => {
                if let Verdict::Start(attempt) = &verdict {
                    self.attempts = attempt.number;
                }
                verdict
            }
            // The table drops the sender with itself only, and the ticket holds the table.
            None => Verdict::Skip(SkipReason::Cancelled),
        }
    }

    pub(super) fn answered(&self, approved: bool) {
        if !approved {
            let mut inner = self.table.lock();
            self.table.commit(&mut inner, Change::Halted(Halt::NotApproved));
        }
        let change = if approved {
            Change::Approved(self.task.clone())
        } else {
            // Back to waiting, where the halt skips it.
            Change::Rested(self.task.clone())
        };
        self.table.take(&mut self.table.lock(), change);
    }

    pub(super) fn restored(&self, artefact: ContentHash) {
        let task = self.task.clone();
        self.table.end(Change::Restored { task, artefact }, &self.task);
    }

    pub(super) fn requeue(&self, spec: TaskSpec) {
        self.table.take(&mut self.table.lock(), Change::Queued(spec));
    }

    pub(super) fn rested(&self) {
        let change = Change::Rested(self.task.clone());
        self.table.take(&mut self.table.lock(), change);
    }

    /// Ends the task well. An output that could not be written down does not count.
    pub(super) fn finished(&self, artefact: ContentHash, elapsed_us: u64) -> Result<(), Ended> {
        let task = self.task.clone();
        let change = Change::Finished {
            task,
            artefact,
            elapsed_us,
        };
        if self.table.end(change, &self.task) {
            return Ok(());
        }
        Err(Ended::Failed {
            task: self.task.clone(),
            failure: Failure {
                reason: self.table.unrecorded().unwrap_or_default(),
                remedy: Remedy::GiveUp,
            },
        })
    }

    /// Ends the attempt badly and says whether there will be another.
    pub(super) fn failed(&self, failure: &Failure, may_retry: bool, elapsed_us: u64) -> bool {
        let again = may_retry && self.attempts < self.table.policy.max_attempts;
        let change = Change::Failed {
            task: self.task.clone(),
            attempt: self.attempts,
            reason: failure.reason.clone(),
            elapsed_us,
            again,
        };
        self.table.end(change, &self.task);
        again
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inner = self.table.lock();
        inner.waiting.remove(&self.task);
        let control = inner.running.remove(&self.task);
        let Some(task) = inner.state.task(&self.task) else {
            return;
        };
        let attempt = task.attempts;
        // An attempt that has ended stands in the journal with its end; only a running one fails here.
        let change = match task.phase {
            Phase::Finished(_) | Phase::Failed | Phase::Skipped => return,
            Phase::Restoring | Phase::Waiting | Phase::Asked | Phase::Resting => Change::Skipped {
                task: self.task.clone(),
                reason: SkipReason::Cancelled,
            },
            Phase::Running => Change::Failed {
                task: self.task.clone(),
                attempt,
                reason: "its future was dropped before it ended".to_owned(),
                elapsed_us: 0,
                again: false,
            },
        };
        if let Some(control) = control {
            control.cancel();
        }
        self.table.take(&mut inner, change);
    }
}
