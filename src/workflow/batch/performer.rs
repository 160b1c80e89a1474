//! Performs the flow of a batch: starts attempts, hears how they end, and makes of each end one result.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::attempt::{Attempt, Ended};
use super::executor::Shared;
use super::feed::{Feed, Rest};
use super::gate::Gate;
use super::module::Module;
use super::prepared::{Files, command};
use super::result::{ErrorKind, Failed, ModuleResult};
use super::summary::BatchSummary;
use super::tuning::Tuning;
use crate::flow::{
    Action, Cause, Demand, End, Input, Outcome, Perform, PoolIndex, Scheduler, SkipReason, Stop, Task,
    TaskIndex, Terms, Unrecorded,
};
use crate::workflow::{Reservation, Shortage};

/// Performs one batch. Its state is that of the modules in play: read, and without a result.
pub(super) struct Performer {
    pub(super) shared: Arc<Shared>,
    /// Until reading begins.
    pub(super) feed: Option<Feed>,
    /// From when reading ended.
    pub(super) rest: Option<Rest>,
    pub(super) gate: Option<Gate>,
    pub(super) tuning: Option<Tuning>,
    pub(super) summary: BatchSummary,
    /// The pool of places that all batches of the executor share.
    pub(super) places: PoolIndex,
    pub(super) over: watch::Sender<usize>,
    began: Instant,
    in_play: BTreeMap<TaskIndex, InPlay>,
    /// Attempts that began, and those of them that were not refused.
    running: usize,
    admitted: usize,
}

/// A module that was read and has no result yet.
struct InPlay {
    index: usize,
    module: Module,
    room: mpsc::OwnedPermit<ModuleResult>,
    files: Option<Files>,
    /// Since when it could start, or will be able to.
    ready_at: Duration,
    /// When its running attempt began.
    started_at: Option<Duration>,
    queued: Duration,
    ran: Duration,
    attempts: u32,
    is_admitted: bool,
    reservation: Option<Reservation>,
    failed: Option<Failed>,
    gave_up: Option<Shortage>,
}

/// What an attempt leaves.
pub(super) enum Done {
    /// All modules were read.
    Read(Rest),
    /// The attempt at a module ended.
    Ran(Ended),
}

impl Performer {
    pub(super) fn new(
        shared: Arc<Shared>,
        feed: Feed,
        places: PoolIndex,
        over: watch::Sender<usize>,
    ) -> Self {
        Self {
            shared,
            feed: Some(feed),
            rest: None,
            gate: None,
            tuning: None,
            summary: BatchSummary::default(),
            places,
            over,
            began: Instant::now(),
            in_play: BTreeMap::new(),
            running: 0,
            admitted: 0,
        }
    }

    /// Adds a module that was read.
    pub(super) fn add(
        &mut self,
        flow: &mut Scheduler,
        index: usize,
        module: Module,
        room: mpsc::OwnedPermit<ModuleResult>,
    ) {
        let options = &self.shared.options;
        let mut units = vec![(self.places, 1)];
        units.extend(self.gate.as_ref().map(|it| (it.pool, 1)));
        let task = Task {
            demand: Demand {
                units,
                ..Demand::default()
            },
            priority: module.priority,
            terms: Terms {
                retry: options.retry,
                retries_timeouts: options.retry_on.contains(&ErrorKind::Timeout),
                attempt_timeout: module.limit(options.timeout),
                isolate_errors: true,
                ..Terms::default()
            },
            ..Task::default()
        };
        let in_play = InPlay {
            index,
            files: options
                .output
                .as_ref()
                .map(|it| Files::new(it, index, &module.name())),
            module,
            room,
            ready_at: self.began.elapsed(),
            started_at: None,
            queued: Duration::ZERO,
            ran: Duration::ZERO,
            attempts: 0,
            is_admitted: false,
            reservation: None,
            failed: None,
            gave_up: None,
        };
        match flow.add(&task) {
            Ok(task) => {
                self.in_play.insert(task, in_play);
                self.look(flow);
            }
            Err(error) => self.conclude(in_play, Some(Failed::new(ErrorKind::Defect, error.to_string()))),
        }
    }

    /// Looks at the machine, and says of whom nothing more can be hoped; to be called now and then.
    pub(super) fn look_again(&mut self, flow: &mut Scheduler) {
        let now = self.began.elapsed();
        let waiting = self.in_play.len() > self.running;
        if let Some(most) = self.tuning.as_mut().and_then(|it| it.look(now, waiting)) {
            flow.take(now, Input::MaxRunning(most));
        }
        self.look(flow);
        let Some(gate) = &self.gate else {
            return;
        };
        let mut given_up = Vec::new();
        for (task, it) in &mut self.in_play {
            if it.started_at.is_none() && it.gave_up.is_none() {
                it.gave_up = gate.gives_up(now, it.ready_at);
                given_up.extend(it.gave_up.map(|_| *task));
            }
        }
        for task in given_up {
            flow.take(now, Input::Abandoned(task));
        }
    }

    /// Gives the gate the size that the machine allows.
    fn look(&mut self, flow: &mut Scheduler) {
        let Some(gate) = &mut self.gate else {
            return;
        };
        let now = self.began.elapsed();
        let is_wanted = self.running < self.shared.max_concurrent && self.in_play.len() > self.running;
        let size = gate.look(now, self.running, is_wanted);
        flow.take(
            now,
            Input::Resized {
                pool: gate.pool,
                size,
            },
        );
    }

    /// What runs the module, or why it cannot run.
    fn prepare(&mut self, task: TaskIndex) -> Result<Attempt, Failed> {
        let shared = Arc::clone(&self.shared);
        let Some(it) = self.in_play.get_mut(&task) else {
            return Err(Failed::new(
                ErrorKind::Defect,
                "a module was started that was not read",
            ));
        };
        if let Some(files) = it.files.as_ref().filter(|_| it.attempts == 1) {
            files.clear();
        }
        let command = command(
            &it.module,
            &shared.surroundings,
            &shared.options,
            it.files.as_ref(),
            it.attempts,
        )?;
        let mut reservation = it.reservation.take();
        if let Some(manager) = shared.manager.as_ref().filter(|_| reservation.is_none()) {
            let admitted = manager.admit(None);
            let refused = |it: Shortage| Failed::new(ErrorKind::ResourceLimit, it.to_string());
            reservation = Some(admitted.map_err(refused)?);
        }
        it.is_admitted = true;
        self.admitted += 1;
        self.summary.peak_running = self.summary.peak_running.max(self.admitted);
        Ok(Attempt {
            spawner: shared.surroundings.spawner.clone(),
            command,
            reservation,
            grace: shared.options.stop_grace,
        })
    }

    fn started(&mut self, task: TaskIndex, attempt: u32, flow: &mut Scheduler) {
        let now = self.began.elapsed();
        let Some(it) = self.in_play.get_mut(&task) else {
            return;
        };
        it.queued += now.saturating_sub(it.ready_at);
        it.started_at = Some(now);
        it.attempts = attempt;
        it.reservation = self.gate.as_mut().and_then(Gate::take);
        self.running += 1;
        self.look(flow);
    }

    fn stopped(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        let now = self.began.elapsed();
        if let Some(it) = self.in_play.get_mut(&task)
            && let Some(since) = it.started_at.take()
        {
            it.ran += now.saturating_sub(since);
            it.ready_at = now;
            it.reservation = None;
            self.running -= 1;
            self.admitted -= usize::from(std::mem::take(&mut it.is_admitted));
            if let Some(tuning) = &mut self.tuning {
                tuning.ended();
            }
        }
        self.look(flow);
    }

    fn ended(&mut self, task: TaskIndex, end: End) {
        let Some(it) = self.in_play.remove(&task) else {
            return;
        };
        let failed = self.failure(&it, end);
        self.conclude(it, failed);
    }

    /// Why a module failed that ended so; `None` if it did not.
    fn failure(&self, it: &InPlay, end: End) -> Option<Failed> {
        let options = &self.shared.options;
        let limit = options.batch_timeout.unwrap_or_default().as_secs_f64();
        // One that was to be tried again had failed before.
        let last = |failed: Failed| match it.failed.as_ref().filter(|it| it.kind != ErrorKind::Cancelled) {
            Some(last) => Failed {
                error: format!("{}; its last attempt: {}", failed.error, last.error),
                ..failed
            },
            None => failed,
        };
        Some(match end {
            End::Succeeded => return None,
            End::Failed => it
                .failed
                .clone()
                .unwrap_or_else(|| Failed::new(ErrorKind::Defect, "the module failed without a word")),
            End::TimedOut(_) => Failed::timed_out(it.module.limit(options.timeout)),
            End::Cancelled(Cause::RunTimedOut) => Failed::new(
                ErrorKind::Timeout,
                format!("Module execution timed out after {limit}s, the time limit of the batch"),
            ),
            End::Skipped(SkipReason::RunTimedOut) => Failed::unstarted(options.batch_timeout),
            End::Skipped(_) => match it.gave_up {
                Some(shortage) => Failed::new(ErrorKind::ResourceLimit, shortage.to_string()),
                None => last(Failed::unstarted(None)),
            },
            End::Cancelled(_) => last(Failed::new(
                ErrorKind::Cancelled,
                "Module execution was cancelled",
            )),
        })
    }

    /// Makes and sends the one result of a module.
    fn conclude(&mut self, it: InPlay, failed: Option<Failed>) {
        let millis = |it: Duration| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
        // What was refused before it had a process printed nowhere.
        let files = it.files.filter(|files| it.attempts > 0 && files.stdout.exists());
        let (stdout_path, stderr_path) = files.map(|it| (it.stdout, it.stderr)).unzip();
        let result = ModuleResult {
            module_id: it.module.name(),
            exit_code: failed.as_ref().map_or(0, |it| it.exit_code),
            success: failed.is_none(),
            error_kind: failed.as_ref().map(|it| it.kind),
            signal: failed.as_ref().and_then(|it| it.signal),
            error: failed.map(|it| it.error),
            duration_ms: millis(it.ran),
            queued_ms: millis(it.queued),
            attempts: it.attempts,
            stdout_path,
            stderr_path,
            index: it.index,
        };
        self.summary.count(&result);
        if let (Some(kind), Some(error)) = (result.error_kind, &result.error) {
            let kind = kind.name();
            tracing::info!(
                module.id = result.module_id,
                error.kind = kind,
                "module failed: {error}"
            );
        }
        it.room.send(result);
        self.over.send_modify(|over| *over += 1);
    }
}

impl Perform for Performer {
    type Done = Done;

    fn begin(
        &mut self,
        task: TaskIndex,
        _attempt: u32,
        stop: Stop,
    ) -> impl Future<Output = Self::Done> + Send + 'static {
        let work: BoxFuture<'static, Done> = match self.feed.take() {
            Some(feed) => feed.run(stop).map(Done::Read).boxed(),
            None => match self.prepare(task) {
                Ok(attempt) => attempt.run(stop).map(Done::Ran).boxed(),
                Err(failed) => std::future::ready(Done::Ran(Ended {
                    failed: Some(failed),
                    reservation: None,
                }))
                .boxed(),
            },
        };
        work
    }

    fn end(&mut self, task: TaskIndex, done: Result<Self::Done, String>, flow: &mut Scheduler) -> Outcome {
        let failed = match done {
            Ok(Done::Read(rest)) => {
                self.rest = Some(rest);
                return Outcome::Succeeded;
            }
            Ok(Done::Ran(Ended { failed, reservation })) => {
                drop(reservation);
                failed
            }
            Err(said) => Some(Failed::new(
                ErrorKind::Defect,
                format!("Module execution panicked: {said}"),
            )),
        };
        self.stopped(task, flow);
        let Some(failed) = failed else {
            return Outcome::Succeeded;
        };
        let Some(it) = self.in_play.get_mut(&task) else {
            // What reads the modules panicked: what was read goes on, and the summary says so.
            self.summary.unread = Some(failed.error);
            return Outcome::Stopped;
        };
        let kind = failed.kind;
        it.failed = Some(failed);
        if kind == ErrorKind::Cancelled {
            return Outcome::Stopped;
        }
        Outcome::Failed {
            may_retry: self.shared.options.retry_on.contains(&kind),
            after: None,
        }
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, _: Duration, action: Action, flow: &mut Scheduler) -> Result<(), Unrecorded> {
        match action {
            Action::Start { task, attempt } => self.started(task, attempt, flow),
            Action::Retry { task, attempt, pause } => {
                if let Some(it) = self.in_play.get_mut(&task) {
                    it.ready_at = self.began.elapsed() + pause;
                    let kind = it.failed.as_ref().map(|it| it.kind.name());
                    let id = it.module.name();
                    tracing::debug!(
                        module.id = id,
                        attempt,
                        error.kind = kind,
                        "module is tried again"
                    );
                }
            }
            Action::End { task, end } => self.ended(task, end),
            Action::Decide(_) | Action::Ask { .. } | Action::Stop { .. } => {}
        }
        Ok(())
    }
}
