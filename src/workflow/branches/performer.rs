//! Performs the branches of a run for the scheduler: what each task is, and what follows when it is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tracing::Span;

use super::attempt::{Done, attempt, inside_of};
use super::branch::{Branch, Successors};
use super::context::ProcessingContext;
use super::pools::Pools;
use super::report::{BranchEnd, Sum};
use super::spans::PROCESSOR_TARGET;
use super::status::Status;
use super::status_queue::StatusQueue;
use super::trees::{Close, Tree, TreeId, Trees};
use super::words::{outcome_word, state_word, why};
use crate::flow::{Action, End, Outcome, Perform, Scheduler, Stop, TaskIndex, Unrecorded};
use crate::model::id::RunId;

/// What a task of the scheduler is.
pub(super) enum What {
    /// A branch, by its place among its times.
    Branch(Arc<Branch>, u32),
    /// Waits for the parts of pools that the branch is to own.
    Owner(Arc<Branch>, u32),
    /// Has them, until all that the branch leads to is over.
    Owning(Arc<Branch>, u32),
    /// It is over.
    Over,
}

pub(super) struct Entry {
    pub(super) what: What,
    pub(super) tree: TreeId,
}

/// See the module.
pub(super) struct Performer {
    pub(super) context: Arc<ProcessingContext>,
    pub(super) entries: Vec<Entry>,
    pub(super) trees: Trees,
    pub(super) pools: Pools,
    pub(super) total: Sum,
    /// What ended since the size that adapts was last looked at, and what of it because of overload.
    pub(super) completed: u32,
    pub(super) overloaded: u32,
    pub(super) running: usize,
    pub(super) statuses: StatusQueue,
    pub(super) span: Span,
    /// This run, and those whose branches it is part of.
    inside: Arc<[RunId]>,
    reasons: BTreeMap<TaskIndex, String>,
    /// What the tasks are called that are over and did not end well.
    lost: BTreeMap<TaskIndex, String>,
    /// By them the tasks that hold parts hear that these are to be given back.
    keys: BTreeMap<TaskIndex, oneshot::Receiver<Outcome>>,
    now: Duration,
}

impl Performer {
    pub(super) fn new(
        context: Arc<ProcessingContext>,
        statuses: StatusQueue,
        span: Span,
        flow: &mut Scheduler,
    ) -> Self {
        let pools = Pools::new(&context.pools, context.settings.breaker, flow);
        Self {
            entries: Vec::new(),
            trees: Trees::default(),
            pools,
            total: Sum::default(),
            completed: 0,
            overloaded: 0,
            running: 0,
            statuses,
            span,
            inside: inside_of(&context.flow_session_id),
            context,
            reasons: BTreeMap::new(),
            lost: BTreeMap::new(),
            keys: BTreeMap::new(),
            now: Duration::ZERO,
        }
    }

    /// Bytes on the heap beside the scheduler's and the branches' own.
    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    pub(super) fn begin_tree(&mut self, parent: Option<TreeId>, close: Close, name: &str) -> TreeId {
        let around = parent.and_then(|it| self.trees.get(it)).map(|it| it.span.clone());
        let around = around.unwrap_or_else(|| self.span.clone());
        let factory = &self.context.span_factory;
        let span = factory.process_task_and_branches(&around, &self.context, name);
        self.trees.begin(parent, close, span)
    }

    pub(super) fn say(&self, task: Option<TaskIndex>, name: impl FnOnce() -> String, status: Status) {
        if self.statuses.is_heard() {
            self.statuses
                .say(self.now, task.map(|it| it.place()), name(), status);
        }
    }

    fn label(&self, task: TaskIndex) -> String {
        match self.entries.get(task.place()).map(|it| &it.what) {
            Some(What::Branch(branch, index) | What::Owner(branch, index) | What::Owning(branch, index)) => {
                branch.label(*index)
            }
            Some(What::Over) | None => {
                let lost = self.lost.get(&task).cloned();
                lost.unwrap_or_else(|| format!("task {}", task.place()))
            }
        }
    }

    /// What follows on a branch that ended well; `Err` says why it cannot.
    fn follow(
        &mut self,
        task: TaskIndex,
        successors: Successors,
        flow: &mut Scheduler,
    ) -> Result<(), String> {
        let Some(tree) = self.entries.get(task.place()).map(|it| it.tree) else {
            return Ok(());
        };
        let Successors { branches, then } = successors;
        self.check(&branches, tree, flow)?;
        let Some(then) = then else {
            return self.place(branches, tree, flow);
        };
        self.check(std::slice::from_ref(&*then), tree, flow)?;
        let name = then.name.clone();
        let inner = self.begin_tree(Some(tree), Close::Join(Arc::new(*then)), &name);
        let placed = self.place(branches, inner, flow);
        self.leave(inner, flow);
        placed
    }

    fn started(&mut self, task: TaskIndex, attempt: u32, flow: &mut Scheduler) {
        let entry = self.entries.get_mut(task.place());
        let owner = entry.and_then(|entry| match &entry.what {
            What::Owner(branch, index) => {
                let owner = (Arc::clone(branch), *index, entry.tree);
                entry.what = What::Owning(Arc::clone(branch), *index);
                Some(owner)
            }
            What::Branch(..) | What::Owning(..) | What::Over => None,
        });
        if let Some((branch, index, tree)) = owner {
            return self.own(task, branch, index, tree, flow);
        }
        self.running += 1;
        self.context.active.store(self.running, Ordering::Relaxed);
        let context = &self.context;
        context
            .metrics_recorder
            .attempt_began(&context.workflow_id, attempt);
        self.show_limits(task, flow);
        self.say(Some(task), || self.label(task), Status::Started { attempt });
    }

    /// Shows what is held of the pools that the task takes from, and how its breaker stands.
    fn show_limits(&self, task: TaskIndex, flow: &mut Scheduler) {
        if let Some(What::Branch(branch, _) | What::Owner(branch, _)) =
            self.entries.get(task.place()).map(|it| &it.what)
        {
            let names = branch.takes.iter().chain(&branch.owns).map(|it| it.0.as_str());
            let metrics = &self.context.metrics_recorder;
            self.pools.show(names, metrics, flow);
            if let Some(key) = &branch.breaker {
                self.pools.show_breaker(key, metrics, flow);
            }
        }
    }

    /// The parts are there: the branch may start, with pools that stand for them.
    fn own(&mut self, task: TaskIndex, branch: Arc<Branch>, index: u32, tree: TreeId, flow: &mut Scheduler) {
        let (key, told) = oneshot::channel();
        self.keys.insert(task, told);
        let outer = self.trees.parts(tree);
        let parts = self.pools.parts(&branch.owns, &outer, flow);
        let inner = self.begin_tree(Some(tree), Close::GiveBack(key), &branch.name);
        if let Some(tree) = self.trees.get_mut(inner) {
            tree.parts = parts;
        }
        self.place_one(branch, index, inner, flow);
        self.leave(inner, flow);
    }

    fn retried(&mut self, task: TaskIndex, attempt: u32, pause: Duration, flow: &mut Scheduler) {
        self.show_limits(task, flow);
        let limit = || "an attempt took longer than its limit".to_owned();
        let error = self.reasons.remove(&task).unwrap_or_else(limit);
        let name = || self.label(task);
        tracing::debug!(
            target: PROCESSOR_TARGET, component = "BRANCH_PROCESSOR",
            run_id = %self.context.flow_session_id, step_id = name(), attempt, error,
            "a branch is tried again",
        );
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let status = Status::Retrying {
            attempt,
            pause_ms,
            error,
        };
        self.say(Some(task), name, status);
    }

    fn ended(&mut self, task: TaskIndex, end: End, flow: &mut Scheduler) {
        let Some(entry) = self.entries.get(task.place()) else {
            return;
        };
        let tree = entry.tree;
        self.show_limits(task, flow);
        if end != End::Succeeded {
            // Those that waited for it are told its name.
            self.lost.insert(task, self.label(task));
        }
        let what = std::mem::replace(&mut self.entries[task.place()].what, What::Over);
        // A task that got its parts counts by its branch, which stands for itself.
        if let What::Branch(branch, index) | What::Owner(branch, index) = what {
            self.count(task, &branch, index, end, tree, flow);
        }
        self.leave(tree, flow);
    }

    fn count(
        &mut self,
        task: TaskIndex,
        branch: &Branch,
        index: u32,
        end: End,
        tree: TreeId,
        flow: &Scheduler,
    ) {
        let word = outcome_word(&end);
        let said = self.reasons.remove(&task);
        let why = why(end.map(|it| self.label(it)), said);
        let name = branch.label(index);
        tracing::debug!(
            target: PROCESSOR_TARGET, component = "BRANCH_PROCESSOR",
            run_id = %self.context.flow_session_id, step_id = name, status = word, error = why,
            "a branch is over",
        );
        let is_tolerated = branch.continue_on_error;
        if let Some(tree) = self.trees.get_mut(tree) {
            let is_well = end == End::Succeeded || (end.is_failure() && is_tolerated);
            tree.has_success |= is_well;
            if !is_well {
                tree.lost.get_or_insert(task);
            }
            tree.sum.counts.count(&end, is_tolerated);
            if let Some(why) = &why {
                let (name, end) = (name.clone(), why.clone());
                tree.sum.name(|| BranchEnd { name, end });
            }
        }
        let times = flow.times(task).unwrap_or_default();
        let context = &self.context;
        context
            .metrics_recorder
            .step_ended(&context.workflow_id, word, times);
        let outcome = word.to_owned();
        self.say(Some(task), || name, Status::Ended { outcome, error: why });
    }

    /// One of the tree is over; what waited for the last one happens.
    pub(super) fn leave(&mut self, tree: TreeId, flow: &mut Scheduler) {
        let mut around = Some(tree);
        while let Some(tree) = around.and_then(|it| self.trees.leave(it)) {
            around = self.close(tree, flow);
        }
    }

    /// Gives the tree in which this one is over now.
    fn close(&mut self, tree: Tree, flow: &mut Scheduler) -> Option<TreeId> {
        let Tree {
            parent,
            sum,
            lost,
            has_success,
            parts,
            close,
            span,
            ..
        } = tree;
        self.pools.give_back(parts);
        span.record("status", state_word(sum.counts.state()));
        match close {
            Close::Reply(reply) => {
                // Whoever asked may have gone.
                let _ = reply.send(sum.clone());
            }
            Close::Join(branch) => {
                if let Some(parent) = parent {
                    self.join(branch, parent, lost, has_success, flow);
                }
            }
            Close::GiveBack(key) => {
                let outcome = match (lost, sum.counts.failed) {
                    (None, _) => Outcome::Succeeded,
                    (Some(_), 0) => Outcome::Stopped,
                    (Some(_), _) => Outcome::Failed {
                        may_retry: false,
                        after: None,
                    },
                };
                // A task that was never begun, because that could not be written down, waits for nothing.
                let _ = key.send(outcome);
            }
        }
        match parent.and_then(|it| self.trees.get_mut(it)) {
            Some(around) => around.sum.add(sum),
            None => self.total.add(sum),
        }
        parent
    }
}

impl Drop for Performer {
    /// Attempts that are dropped with the run do not say that they ended.
    fn drop(&mut self) {
        (0..self.running).for_each(|_| self.context.metrics_recorder.attempt_ended());
        self.context.active.store(0, Ordering::Relaxed);
    }
}

impl Perform for Performer {
    type Done = Done;

    fn begin(
        &mut self,
        task: TaskIndex,
        number: u32,
        stop: Stop,
    ) -> impl Future<Output = Done> + Send + 'static {
        let future: BoxFuture<'static, Done> = match self.entries.get(task.place()) {
            Some(Entry {
                what: What::Branch(branch, index),
                tree,
            }) => {
                let parent = self.trees.get(*tree).map_or(&self.span, |it| &it.span);
                let name = branch.label(*index);
                let context = &self.context;
                let span = context
                    .span_factory
                    .task_processing(parent, context, &name, number);
                let inside = Arc::clone(&self.inside);
                Box::pin(attempt(inside, Arc::clone(branch), *index, number, stop, span))
            }
            Some(_) | None => {
                let told = self.keys.remove(&task);
                // It holds its parts as long as anything inside runs, whoever told it to stop.
                Box::pin(async move {
                    Done::GaveBack(match told {
                        Some(told) => told.await.unwrap_or(Outcome::Stopped),
                        None => Outcome::Stopped,
                    })
                })
            }
        };
        future
    }

    fn end(&mut self, task: TaskIndex, done: Result<Done, String>, flow: &mut Scheduler) -> Outcome {
        if let Ok(Done::GaveBack(outcome)) = done {
            return outcome;
        }
        self.running -= 1;
        self.context.active.store(self.running, Ordering::Relaxed);
        self.context.metrics_recorder.attempt_ended();
        self.completed = self.completed.saturating_add(1);
        let (reason, may_retry, after) = match done {
            Ok(Done::Ended(Ok(successors))) => match self.follow(task, successors, flow) {
                Ok(()) => return Outcome::Succeeded,
                Err(reason) => (reason, false, None),
            },
            Ok(Done::Ended(Err(failure))) => {
                self.overloaded = self.overloaded.saturating_add(u32::from(failure.is_overload));
                (failure.reason, failure.may_retry, failure.after)
            }
            Ok(Done::Stopped | Done::GaveBack(_)) => return Outcome::Stopped,
            Err(said) => (format!("it panicked: {said}"), false, None),
        };
        self.reasons.insert(task, reason);
        Outcome::Failed { may_retry, after }
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, now: Duration, action: Action, flow: &mut Scheduler) -> Result<(), Unrecorded> {
        self.now = now;
        match action {
            // Nothing begins when what happens is known to be lost.
            Action::Start { .. } if self.statuses.is_lost() => return Err(Unrecorded),
            Action::Start { task, attempt } => {
                self.started(task, attempt, flow);
                return Ok(());
            }
            Action::Retry { task, attempt, pause } => self.retried(task, attempt, pause, flow),
            Action::End { task, end } => self.ended(task, end, flow),
            Action::Stop { .. } | Action::Decide(_) | Action::Ask { .. } => {}
        }
        if self.statuses.is_lost() {
            Err(Unrecorded)
        } else {
            Ok(())
        }
    }

    fn turned(&mut self, took: Duration) {
        self.context.metrics_recorder.turned(took);
    }
}
