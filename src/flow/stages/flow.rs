//! Performs what the scheduler decides about stages: the only place of this flow that waits.
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
use tokio::time::{sleep_until, timeout};

use super::policy::Policy;
use super::table::{Table, Ticket, Verdict};
use super::task::{Attempt, Ended, Failure, Remedy, TaskSpec};
use crate::flow::{Cancel, Cause, GateIndex, Halt, Input, Limit};
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
    finished: Arc<BTreeMap<TaskId, ContentHash>>,
    approve: Approve,
}

/// How an attempt ended: with an output, badly, or because it was told to stop.
type Outcome<T> = Result<(ContentHash, T), Failure>;

impl Flow {
    /// A flow without tasks. `observer` gets every event before anything acts on it; `clock` gives
    /// microseconds, from which elapsed times are taken. The run's time limit counts from here.
    pub fn new(policy: Policy, observer: Arc<dyn EventSink>, clock: Clock, cancel: Cancel) -> Self {
        Self {
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

    /// Why no further task may start, if so.
    pub fn halt(&self) -> Option<Halt> {
        self.table.halt()
    }

    /// Whether every stage that was queued is over.
    pub fn is_over(&self) -> bool {
        self.table.is_over()
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
        let entered = Table::enter(&self.table, &spec, earlier.is_some());
        async move {
            let mut ticket = entered?;
            if let Some(artefact) = earlier {
                match restore(artefact).await {
                    Ok(output) => {
                        ticket.restored();
                        return Ok(output);
                    }
                    Err(reason) => {
                        tracing::debug!(task = %spec.id, reason, "an earlier output cannot stand; the task runs again");
                        ticket.requeue(&spec);
                    }
                }
            }
            let mut failure = None;
            loop {
                let attempt = match flow.heard(&mut ticket).await {
                    Verdict::Start(attempt) => attempt,
                    Verdict::Over(end) => return Err(ticket.told(end, failure, spec.timeout)),
                    Verdict::Ask(gate) => {
                        flow.ask(ticket.task(), gate).await;
                        continue;
                    }
                    // It has ended already.
                    Verdict::Stop(_) => continue,
                };
                let began = (flow.clock)();
                let outcome = flow.watch(work(attempt), &mut ticket, spec.timeout).await;
                let elapsed_us = u64::try_from((flow.clock)() - began).unwrap_or(0);
                match outcome {
                    Ok((artefact, output)) => return ticket.finished(artefact, elapsed_us).map(|()| output),
                    Err(failed) => {
                        ticket.failed(&failed, elapsed_us);
                        failure = Some(failed);
                    }
                }
            }
        }
    }

    /// The next verdict. On the way, time and the user's wish to stop are told to the table.
    async fn heard(&self, ticket: &mut Ticket) -> Verdict {
        loop {
            tokio::select! {
                biased;
                verdict = ticket.verdict() => return verdict,
                input = self.interrupted() => self.table.take(input),
            }
        }
    }

    /// Asks whether what the gate stands for may begin.
    async fn ask(&self, task: &TaskId, gate: GateIndex) {
        let mut answer = (self.approve)(task.clone());
        let approved = loop {
            tokio::select! {
                biased;
                // Whoever stops the run has answered.
                input = self.interrupted() => {
                    self.table.take(input);
                    if self.table.halt().is_some() {
                        break false;
                    }
                }
                answer = &mut answer => break answer,
            }
        };
        self.table.take(Input::Answered { gate, approved });
    }

    /// Polls `work` to its end, or gives it the policy's grace once it is told to stop. What it finished
    /// in that time counts: it was paid for.
    async fn watch<T>(
        &self,
        work: impl Future<Output = Outcome<T>>,
        ticket: &mut Ticket,
        limit: Option<Duration>,
    ) -> Outcome<T> {
        let mut work = pin!(work);
        let cause = loop {
            let verdict = tokio::select! {
                biased;
                done = &mut work => return done,
                verdict = self.heard(ticket) => verdict,
            };
            if let Verdict::Stop(cause) = verdict {
                break cause;
            }
        };
        match timeout(self.table.policy().grace, work).await {
            Ok(Ok(finished)) => Ok(finished),
            Ok(Err(_)) | Err(_) => Err(Failure {
                reason: stopped_by(cause, limit),
                remedy: Remedy::Cancelled,
            }),
        }
    }

    /// What time or the user has to say to the table.
    async fn interrupted(&self) -> Input {
        let alarm = self.table.alarm();
        let due = async {
            match alarm {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled(), if self.table.halt().is_none() => Input::Halt(Halt::Cancelled),
            () = due => Input::Tick,
        }
    }
}

fn stopped_by(cause: Cause, limit: Option<Duration>) -> String {
    match (cause, limit) {
        (Cause::Limit(Limit::Attempt | Limit::Task), Some(limit)) => format!(
            "it took longer than its limit of {} ms; raise the limit or ask for less",
            limit.as_millis()
        ),
        (Cause::RunTimedOut, _) => "the run's time limit was reached while it ran".to_owned(),
        _ => "the run was stopped while it ran".to_owned(),
    }
}
