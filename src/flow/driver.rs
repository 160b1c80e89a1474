//! Performs what `next` decides: the only place of the flow that waits.
//!
//! [`Flow::perform`] queues a task at once and returns a future that ends when the task ended. The
//! pipeline joins such futures; nothing is spawned. A future that is neither polled nor dropped
//! would keep its slot, so all of them must be joined; one that is dropped ends its task.
//!
//! The work is polled by the caller's own task, so it must not compute there for long: kernels and
//! other computing enter through the engine's door.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::cancel::Cancel;
use super::policy::Policy;
use super::state::{Halt, State};
use super::table::{Table, Ticket, Verdict};
use super::task::{Attempt, Ended, Failure, Remedy, TaskSpec};
use crate::algorithms::Control;
use crate::model::{event::TaskId, id::ContentHash};
use crate::trace::{Clock, EventSink};

/// Asks a person whether the stage of a task may begin.
pub type Approve = Arc<dyn Fn(TaskId) -> BoxFuture<'static, bool> + Send + Sync>;

/// A running flow. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Flow {
    table: Arc<Table>,
    clock: Clock,
    cancel: Cancel,
    deadline: Option<Instant>,
    finished: Arc<BTreeMap<TaskId, ContentHash>>,
    approve: Approve,
}

/// What told an attempt to stop.
enum Stop {
    Halt(Halt),
    Limit,
}

impl Flow {
    /// A flow without tasks. `observer` gets every event before anything acts on it; `clock` gives
    /// microseconds, from which elapsed times are taken. The run's time limit counts from here.
    pub fn new(policy: Policy, observer: Arc<dyn EventSink>, clock: Clock, cancel: Cancel) -> Self {
        Self {
            deadline: policy.run_timeout.map(|limit| Instant::now() + limit),
            table: Arc::new(Table::new(policy, observer)),
            clock,
            cancel,
            finished: Arc::default(),
            approve: Arc::new(|_| Box::pin(async { true })),
        }
    }

    /// The same, with tasks that an earlier process finished: they are restored, not run.
    #[must_use]
    pub fn with_finished(mut self, finished: BTreeMap<TaskId, ContentHash>) -> Self {
        self.finished = Arc::new(finished);
        self
    }

    /// The same, asking `approve` where the policy says so; without it every stage is approved.
    #[must_use]
    pub fn with_approval(mut self, approve: Approve) -> Self {
        self.approve = approve;
        self
    }

    /// The state as it is now.
    pub fn state(&self) -> State {
        self.table.state()
    }

    /// Why the journal could not be written, if so; then nothing more was started.
    pub fn unrecorded(&self) -> Option<String> {
        self.table.unrecorded()
    }

    /// Work units done and announced of each running task, in task order.
    pub fn progress(&self) -> Vec<(TaskId, (u64, u64))> {
        self.table.progress()
    }

    /// Queues a task now and returns the future of its output.
    ///
    /// `work` is called once per attempt and gives the artefact's hash with the output. `restore`
    /// is called instead when an earlier process finished the task; where it fails, the task runs.
    /// The future ends when the task ended, and never by panic of its own.
    pub fn perform<T, W, F, R, G>(
        &self,
        spec: TaskSpec,
        mut work: W,
        restore: R,
    ) -> impl Future<Output = Result<T, Ended>> + use<T, W, F, R, G>
    where
        W: FnMut(Attempt) -> F,
        F: Future<Output = Result<(ContentHash, T), Failure>>,
        R: FnOnce(ContentHash) -> G,
        G: Future<Output = Result<T, String>>,
    {
        let flow = self.clone();
        let earlier = self.finished.get(&spec.id).cloned();
        let limit = spec.timeout;
        let queued = match earlier {
            Some(_) => Table::find(&self.table, spec.clone()),
            None => Table::queue(&self.table, spec.clone()),
        };
        async move {
            let mut ticket = queued?;
            if let Some(artefact) = earlier {
                match restore(artefact.clone()).await {
                    Ok(output) => {
                        ticket.restored(artefact);
                        return Ok(output);
                    }
                    Err(reason) => {
                        tracing::debug!(task = %spec.id, reason, "an earlier output cannot stand; the task runs again");
                        ticket.requeue(spec);
                    }
                }
            }
            loop {
                let attempt = flow.admitted(&mut ticket).await?;
                let began = (flow.clock)();
                let control = attempt.control.clone();
                let outcome = flow.watch(work(attempt), &control, limit).await;
                let elapsed_us = u64::try_from((flow.clock)() - began).unwrap_or(0);
                match flow.conclude(&mut ticket, outcome, limit, elapsed_us) {
                    Some(end) => return end,
                    None => flow.rest(&mut ticket).await,
                }
            }
        }
    }

    /// Waits until the task may start, asking for approval on the way.
    async fn admitted(&self, ticket: &mut Ticket) -> Result<Attempt, Ended> {
        loop {
            let verdict = tokio::select! {
                biased;
                verdict = ticket.verdict() => verdict,
                halt = self.interrupted() => {
                    self.table.halt(halt);
                    // The halt has skipped every task that waits, this one included.
                    ticket.verdict().await
                }
            };
            match verdict {
                Verdict::Start(attempt) => return Ok(attempt),
                Verdict::Skip(reason) => {
                    let task = ticket.task().clone();
                    return Err(Ended::Skipped { task, reason });
                }
                Verdict::Ask => {
                    let approved = tokio::select! {
                        biased;
                        halt = self.interrupted() => {
                            self.table.halt(halt);
                            false
                        }
                        answer = (self.approve)(ticket.task().clone()) => answer,
                    };
                    ticket.answered(approved);
                }
            }
        }
    }

    /// Polls `work` to its end, or tells it to stop and gives it the policy's grace to do so.
    /// What it finished in that time counts: it was paid for.
    async fn watch<T>(
        &self,
        work: impl Future<Output = Result<(ContentHash, T), Failure>>,
        control: &Control,
        limit: Option<Duration>,
    ) -> Result<(ContentHash, T), (Failure, Option<Stop>)> {
        let mut work = pin!(work);
        let expired = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let stop = tokio::select! {
            biased;
            done = &mut work => return done.map_err(|failure| (failure, None)),
            halt = self.interrupted() => {
                self.table.halt(halt);
                Stop::Halt(halt)
            }
            () = expired => Stop::Limit,
        };
        control.cancel();
        let reason = match (&stop, limit) {
            (Stop::Limit, Some(limit)) => format!(
                "it took longer than its limit of {} ms; raise the limit or ask for less",
                limit.as_millis()
            ),
            (Stop::Halt(Halt::TimedOut), _) => "the run's time limit was reached while it ran".to_owned(),
            _ => "the run was stopped while it ran".to_owned(),
        };
        match timeout(self.table.policy().grace, work).await {
            Ok(Ok(finished)) => Ok(finished),
            Ok(Err(_)) | Err(_) => {
                let remedy = Remedy::Cancelled;
                Err((Failure { reason, remedy }, Some(stop)))
            }
        }
    }

    /// Writes down how the attempt ended. `None` when there will be another.
    fn conclude<T>(
        &self,
        ticket: &mut Ticket,
        outcome: Result<(ContentHash, T), (Failure, Option<Stop>)>,
        limit: Option<Duration>,
        elapsed_us: u64,
    ) -> Option<Result<T, Ended>> {
        let task = ticket.task().clone();
        let (failure, stop) = match outcome {
            Ok((artefact, output)) => {
                return Some(ticket.finished(artefact, elapsed_us).map(|()| output));
            }
            Err(failed) => failed,
        };
        let may_retry = failure.remedy == Remedy::Retry && !self.table.is_halted();
        if ticket.failed(&failure, may_retry, elapsed_us) {
            return None;
        }
        let run_limit = self.table.policy().run_timeout.unwrap_or_default();
        Some(Err(match (stop, failure.remedy) {
            (Some(Stop::Limit), _) => Ended::TimedOut {
                task,
                limit: limit.unwrap_or_default(),
            },
            (Some(Stop::Halt(Halt::TimedOut)), _) => Ended::RunTimedOut {
                task,
                limit: run_limit,
            },
            (Some(Stop::Halt(_)), _) | (None, Remedy::Cancelled) => Ended::Cancelled { task },
            (None, Remedy::Retry | Remedy::GiveUp | Remedy::Mend | Remedy::Refused | Remedy::Defect) => {
                Ended::Failed { task, failure }
            }
        }))
    }

    /// The pause before the next attempt; a halt ends it early.
    async fn rest(&self, ticket: &mut Ticket) {
        let pause = self.table.policy().retry_pause * ticket.attempts();
        tokio::select! {
            () = sleep(pause) => {}
            halt = self.interrupted() => self.table.halt(halt),
        }
        ticket.rested();
    }

    /// Returns when the user or the run's time limit says to stop.
    async fn interrupted(&self) -> Halt {
        let expired = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Halt::Cancelled,
            () = expired => Halt::TimedOut,
        }
    }
}
