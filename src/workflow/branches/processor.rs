//! The processor: whoever hands branches to a run drives it, or adds to it while somebody else does.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::adapt::{Followers, beside};
use super::attempt::is_inside;
use super::branch::Branch;
use super::context::{Lead, ProcessingContext};
use super::error::ProcessorError;
use super::performer::Performer;
use super::report::{RunReport, Sum};
use super::spans::PROCESSOR_TARGET;
use super::status::{Status, statuses};
use super::status_queue::StatusQueue;
use super::trees::Close;
use super::words::state_word;
use crate::flow::{Order, Orders, Scheduler, drive};
use crate::model::id::RunId;

/// Processes the branches of one run beside each other.
#[derive(Clone)]
pub struct EnhancedParallelProcessor {
    /// The run.
    pub context: Arc<ProcessingContext>,
}

/// Processes one branch with all that it leads to.
#[derive(Clone)]
pub struct EnhancedBranchProcessor {
    context: Arc<ProcessingContext>,
}

impl EnhancedBranchProcessor {
    /// A processor for the run.
    pub fn new(context: Arc<ProcessingContext>) -> Self {
        Self { context }
    }

    /// How the branch ended, and all that it led to. See [`EnhancedParallelProcessor::process_branches_parallel`].
    pub async fn process_task_and_branches_parallel(
        &self,
        branch: Branch,
    ) -> Result<RunReport, ProcessorError> {
        process(&self.context, vec![branch]).await
    }
}

impl EnhancedParallelProcessor {
    /// A processor for the run.
    pub fn new(context: Arc<ProcessingContext>) -> Self {
        Self { context }
    }

    /// Runs the branches of a workflow to its end: nothing runs, is ready or waits any more.
    ///
    /// Failures stop nobody else and are told by the report. Errors: what cannot be a run, told before
    /// anything started; see [`ProcessorError`].
    pub async fn process_workflow_parallel(
        &self,
        branches: Vec<Branch>,
    ) -> Result<RunReport, ProcessorError> {
        let context = &self.context;
        let span = context.span_factory.workflow_execution(context);
        let ended = process(context, branches).instrument(span.clone()).await;
        span.record(
            "status",
            ended.as_ref().map_or("refused", |it| state_word(it.state)),
        );
        ended
    }

    /// Runs the branches with all that they lead to. While somebody else drives the same run they become
    /// part of that, within the same limits, and the report tells of these alone.
    ///
    /// A branch of the run cannot call this, because it would hold its place while it waits: it ends with
    /// [`super::Successors`] instead. Dropping the future of the one who drives stops the run.
    pub async fn process_branches_parallel(
        &self,
        branches: Vec<Branch>,
    ) -> Result<RunReport, ProcessorError> {
        process(&self.context, branches).await
    }

    /// Adds a branch to the run that somebody drives; the handle tells how it ended.
    pub async fn spawn_branch_processor(&self, branch: Branch) -> Result<SpawnedBranch, ProcessorError> {
        let orders = self.context.live().ok_or(ProcessorError::ChannelClosed)?;
        join(&self.context, &orders, vec![branch]).await
    }
}

/// A branch that was added to a run.
pub struct SpawnedBranch {
    run: RunId,
    told: oneshot::Receiver<Sum>,
    began: Instant,
}

impl SpawnedBranch {
    /// How it ended, with all that it led to. A branch of the same run cannot wait for it.
    pub async fn ended(self) -> Result<RunReport, ProcessorError> {
        refuse_inside(&self.run)?;
        let sum = self.told.await.map_err(|_| ProcessorError::ChannelClosed)?;
        Ok(report(sum, self.began.elapsed()))
    }
}

async fn process(
    context: &Arc<ProcessingContext>,
    branches: Vec<Branch>,
) -> Result<RunReport, ProcessorError> {
    refuse_inside(&context.flow_session_id)?;
    match context.lead() {
        Ok(lead) => lead_run(context, lead, branches).await,
        Err(orders) => join(context, &orders, branches).await?.ended().await,
    }
}

/// A branch of the run that waited for others would keep them from its place.
fn refuse_inside(run: &RunId) -> Result<(), ProcessorError> {
    if !is_inside(run) {
        return Ok(());
    }
    let text = "a branch of the run would hold its place while it waits; let it end with its successors";
    Err(ProcessorError::SemaphoreError(text.to_owned()))
}

async fn join(
    context: &ProcessingContext,
    orders: &Orders<Performer>,
    branches: Vec<Branch>,
) -> Result<SpawnedBranch, ProcessorError> {
    let (reply, told) = oneshot::channel();
    let (answer, answered) = oneshot::channel();
    let add = Order::With(Box::new(
        move |flow: &mut Scheduler, performer: &mut Performer| {
            // Whoever asked may have gone; the branches are part of the run all the same.
            let _ = answer.send(performer.take_in(branches, reply, flow));
        },
    ));
    if !orders.give(add).await {
        return Err(ProcessorError::ChannelClosed);
    }
    let taken = answered.await.map_err(|_| ProcessorError::ChannelClosed)?;
    taken.map_err(ProcessorError::MessageProcessingError)?;
    tracing::debug!(
        target: PROCESSOR_TARGET, component = "PARALLELIZER",
        run_id = %context.flow_session_id, "branches were added to the run",
    );
    Ok(SpawnedBranch {
        run: context.flow_session_id.clone(),
        told,
        began: Instant::now(),
    })
}

async fn lead_run(
    context: &Arc<ProcessingContext>,
    mut lead: Lead<'_>,
    branches: Vec<Branch>,
) -> Result<RunReport, ProcessorError> {
    let Some(heard) = lead.heard.take() else {
        return Err(ProcessorError::ChannelClosed);
    };
    let (queue, writer) = statuses(
        &context.flow_session_id,
        Arc::clone(&context.statuses),
        context.observer.clone(),
        context.status.as_ref(),
        &context.settings,
        &context.metrics_recorder,
    );
    let mut flow = Scheduler::new(context.settings.rules());
    let (performer, root) = begin(context, queue, branches, &mut flow)?;
    let followers = Followers::new(context, &performer);
    let began = Instant::now();
    let work = async {
        let (mut flow, performer) = {
            let mut driven = pin!(drive(flow, performer, heard));
            let mut aside = pin!(beside(context, followers, lead.orders.clone()));
            tokio::select! {
                biased;
                driven = &mut driven => driven,
                never = &mut aside => match never {},
            }
        };
        drop(lead);
        finish(context, performer, &mut flow, began.elapsed())
    };
    let write = async {
        match writer {
            Some(writer) => writer.run().await,
            None => 0,
        }
    };
    let (mut report, kept) = tokio::join!(work, write);
    drop(root);
    report.statuses_kept = kept;
    Ok(report)
}

fn begin(
    context: &Arc<ProcessingContext>,
    queue: StatusQueue,
    branches: Vec<Branch>,
    flow: &mut Scheduler,
) -> Result<(Performer, oneshot::Receiver<Sum>), ProcessorError> {
    let mut performer = Performer::new(Arc::clone(context), queue, Span::current(), flow);
    tracing::debug!(
        target: PROCESSOR_TARGET, component = "PARALLELIZER",
        run_id = %context.flow_session_id, branches = branches.len(), "the run begins",
    );
    let (reply, root) = oneshot::channel();
    performer
        .take_in(branches, reply, flow)
        .map_err(ProcessorError::MessageProcessingError)?;
    performer.say(None, || context.workflow_id.clone(), Status::RunStarted);
    Ok((performer, root))
}

impl Performer {
    /// Takes in branches from outside; `reply` hears how they and all that they lead to ended.
    fn take_in(
        &mut self,
        branches: Vec<Branch>,
        reply: oneshot::Sender<Sum>,
        flow: &mut Scheduler,
    ) -> Result<(), String> {
        let name = branches.first().map(|it| it.name.clone()).unwrap_or_default();
        let tree = self.begin_tree(None, Close::Reply(reply), &name);
        let taken = self
            .check(&branches, tree, flow)
            .and_then(|()| self.place(branches, tree, flow));
        self.leave(tree, flow);
        taken
    }

    /// Whether there are branches that have not begun or are tried again.
    pub(super) fn has_more(&self, flow: &Scheduler) -> bool {
        let tally = flow.tally();
        let over = tally.succeeded + tally.failed + tally.tolerated + tally.cancelled + tally.skipped;
        (flow.len() as u64).saturating_sub(over) > self.running as u64
    }
}

fn finish(
    context: &ProcessingContext,
    performer: Performer,
    flow: &mut Scheduler,
    took: Duration,
) -> RunReport {
    let bytes = flow.bytes() + performer.bytes();
    let pools = performer.pools.uses(flow);
    let peak_running = flow.extent().1;
    debug_assert_eq!((performer.trees.len(), performer.pools.parts_held()), (0, 0));
    let mut report = RunReport {
        peak_running,
        pools,
        bytes,
        ..report(performer.total.clone(), took)
    };
    if flow.halt().is_some() {
        report.state = flow.state();
    }
    let outcome = state_word(report.state);
    let metrics = &context.metrics_recorder;
    metrics.run_ended(&context.workflow_id, outcome, took);
    for (name, seen) in &report.pools {
        metrics.pool_ended(name, seen);
    }
    tracing::debug!(
        target: PROCESSOR_TARGET, component = "PARALLELIZER",
        run_id = %context.flow_session_id, status = outcome, branches = report.branches.total(), "the run is over",
    );
    let outcome = outcome.to_owned();
    performer.say(
        None,
        || context.workflow_id.clone(),
        Status::RunFinished { outcome },
    );
    report
}

fn report(sum: Sum, took: Duration) -> RunReport {
    RunReport {
        state: sum.counts.state(),
        branches: sum.counts,
        failures: sum.failures,
        took,
        peak_running: 0,
        pools: Default::default(),
        statuses_kept: 0,
        bytes: 0,
    }
}
