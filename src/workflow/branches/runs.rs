//! Many runs in one process, so many at once: they pass a scheduler of their own, each as one task.
//!
//! That scheduler lives from the first run that comes until none is left, so a process that lives for
//! months keeps nothing of the runs that are over.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{Instrument, Span};

use super::branch::Branch;
use super::context::ProcessingContext;
use super::error::ProcessorError;
use super::processor::EnhancedParallelProcessor;
use super::report::RunReport;
use super::settings::ProcessorSettings;
use super::words::state_word;
use crate::flow::{
    Action, Deed, Order, Orders, Outcome, Perform, Rules, Scheduler, Stop, Task, TaskIndex, Terms,
    Unrecorded, drive,
};

/// Runs that wait to be taken in; whoever brings more waits.
const BROUGHT: usize = 256;

/// A run that is asked for.
pub struct WorkflowMessage {
    /// What it is given; of a run of its own.
    pub context: Arc<ProcessingContext>,
    /// What it begins with.
    pub branches: Vec<Branch>,
    /// Of runs that wait for a place, the one of higher priority goes first.
    pub priority: i32,
}

/// Processes a workflow as soon as there is a place for its run; the report tells how it ended.
///
/// When the caller's future is dropped the run goes on: `context.cancel` stops it.
pub async fn process_workflow(runs: &Runs, message: WorkflowMessage) -> Result<RunReport, ProcessorError> {
    let (reply, told) = oneshot::channel();
    let span = message.context.span_factory.workflow_lifecycle(&message.context);
    let request = Request { message, reply, span };
    let closed = |_| ProcessorError::SemaphoreError("the processor takes no more runs".to_owned());
    let requests = runs.requests.as_ref().ok_or(ProcessorError::ChannelClosed)?;
    requests.send(request).await.map_err(closed)?;
    told.await.map_err(|_| ProcessorError::ChannelClosed)?
}

/// Takes in runs, so many at once.
pub struct Runs {
    requests: Option<mpsc::Sender<Request>>,
    driver: Option<JoinHandle<()>>,
}

struct Request {
    message: WorkflowMessage,
    reply: Reply,
    span: Span,
}

type Ended = Result<RunReport, ProcessorError>;

/// Where the end of a run is told.
type Reply = oneshot::Sender<Ended>;

impl Runs {
    /// Begins to take in runs, as many at once as the settings say, on the runtime that calls this.
    pub fn start(settings: &ProcessorSettings) -> Self {
        let (requests, brought) = mpsc::channel(BROUGHT);
        let most = settings.max_concurrent_runs.max(1);
        Self {
            requests: Some(requests),
            driver: Some(tokio::spawn(take_in(most, brought))),
        }
    }

    /// Takes in no more runs and returns when those that it has are over.
    pub async fn shutdown(mut self) {
        self.requests = None;
        if let Some(driver) = self.driver.take() {
            // It does not panic; were it to, the runs would be over too.
            let _ = driver.await;
        }
    }
}

impl Drop for Runs {
    /// Stops whatever runs.
    fn drop(&mut self) {
        if let Some(driver) = &self.driver {
            driver.abort();
        }
    }
}

/// Requests that were brought and are not yet in the scheduler.
type Inbox = Arc<Mutex<VecDeque<Request>>>;

async fn take_in(most: usize, mut brought: mpsc::Receiver<Request>) {
    let inbox = Inbox::default();
    loop {
        if lock(&inbox).is_empty() {
            let Some(request) = brought.recv().await else {
                return;
            };
            lock(&inbox).push_back(request);
        }
        let mut flow = Scheduler::new(Rules {
            max_running: most,
            ..Rules::default()
        });
        let mut hall = Hall::default();
        hall.empty(&inbox, &mut flow);
        let (orders, heard) = Orders::channel();
        let mut driven = pin!(drive(flow, hall, heard));
        let mut forward = pin!(forward(&mut brought, &inbox, orders));
        tokio::select! {
            _ = &mut driven => {}
            // No more come: those that are there end.
            () = &mut forward => {
                driven.await;
            }
        }
    }
}

async fn forward(brought: &mut mpsc::Receiver<Request>, inbox: &Inbox, orders: Orders<Hall>) {
    while let Some(request) = brought.recv().await {
        lock(inbox).push_back(request);
        let theirs = Arc::clone(inbox);
        let deed: Deed<Hall> = Box::new(move |flow, hall| hall.empty(&theirs, flow));
        // If the scheduler has just ended, the next one finds the request in the box.
        orders.give(Order::With(deed)).await;
    }
}

fn lock(inbox: &Inbox) -> std::sync::MutexGuard<'_, VecDeque<Request>> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runs that are taken in and have not begun, and those who wait for the end of one.
#[derive(Default)]
struct Hall {
    requests: BTreeMap<TaskIndex, (WorkflowMessage, Span)>,
    replies: BTreeMap<TaskIndex, Reply>,
}

impl Hall {
    fn empty(&mut self, inbox: &Inbox, flow: &mut Scheduler) {
        while let Some(request) = lock(inbox).pop_front() {
            let task = Task {
                priority: request.message.priority,
                terms: Terms {
                    isolate_errors: true,
                    ..Terms::default()
                },
                ..Task::default()
            };
            match flow.add(&task) {
                Ok(task) => {
                    let Request { message, reply, span } = request;
                    self.requests.insert(task, (message, span));
                    self.replies.insert(task, reply);
                }
                Err(error) => {
                    let error = ProcessorError::SemaphoreError(error.to_string());
                    // Whoever asked may have gone.
                    let _ = request.reply.send(Err(error));
                }
            }
        }
    }
}

impl Perform for Hall {
    type Done = Ended;

    fn begin(
        &mut self,
        task: TaskIndex,
        _: u32,
        mut stop: Stop,
    ) -> impl Future<Output = Ended> + Send + 'static {
        let request = self.requests.remove(&task);
        async move {
            let Some((message, span)) = request else {
                return Err(ProcessorError::ChannelClosed);
            };
            let WorkflowMessage {
                context, branches, ..
            } = message;
            let cancel = context.cancel.clone();
            let processor = EnhancedParallelProcessor::new(context);
            let processing = processor
                .process_workflow_parallel(branches)
                .instrument(span.clone());
            let mut processing = pin!(processing);
            let ended = tokio::select! {
                ended = &mut processing => ended,
                _ = stop.told() => {
                    cancel.cancel();
                    processing.await
                }
            };
            span.record(
                "status",
                ended.as_ref().map_or("refused", |it| state_word(it.state)),
            );
            ended
        }
    }

    fn end(&mut self, task: TaskIndex, done: Result<Ended, String>, _: &mut Scheduler) -> Outcome {
        let panicked = |said| {
            Err(ProcessorError::WorkflowExecutionError(format!(
                "it panicked: {said}"
            )))
        };
        if let Some(reply) = self.replies.remove(&task) {
            // Whoever asked may have gone.
            let _ = reply.send(done.unwrap_or_else(panicked));
        }
        Outcome::Succeeded
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, _: Duration, _: Action, _: &mut Scheduler) -> Result<(), Unrecorded> {
        Ok(())
    }
}
