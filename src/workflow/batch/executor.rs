//! The executor: at most so many modules at a time, over all batches it is asked for at once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::feed::{Feed, Rest, Source};
use super::gate::Gate;
use super::module::{BatchError, Module};
use super::options::{BatchOptions, OnInsufficient};
use super::performer::Performer;
use super::prepared::{Planned, command};
use super::result::{Failed, ModuleResult};
use super::summary::BatchSummary;
use super::tuning::Tuning;
use crate::flow::{
    Cancel, Demand, ErrorRules, Halt, Input, Order, Orders, Rules, Scheduler, SharedSlots, Task, Terms, drive,
};
use crate::model::event::RunState;
use crate::process::{Gauge, Interpreters, Spawner};
use crate::workflow::{ResourceManager, SystemStats};

/// Modules at a time when nobody says a number.
pub const DEFAULT_MAX_CONCURRENT: usize = 10;

/// Between two looks at the machine.
const LOOK: Duration = Duration::from_millis(250);

/// How long what was killed may take to be gone.
const TO_GO: Duration = Duration::from_secs(10);

/// What modules find around them.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Starts their processes.
    pub spawner: Spawner,
    /// Their environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// What relative paths are relative to.
    pub directory: PathBuf,
    /// Who runs which script.
    pub interpreters: Interpreters,
    /// The state of the machine, for [`BatchOptions::is_adaptive`].
    pub gauge: Option<Gauge>,
}

/// Runs modules, at most `max_concurrent` at a time, however many batches it is asked for at once.
///
/// Dropping the future of a batch kills what it runs.
pub struct ConcurrentExecutor {
    shared: Arc<Shared>,
    /// Asks running modules to end, and lets no other begin.
    cancel: Cancel,
    /// Kills running modules.
    insist: Cancel,
    batches: watch::Sender<usize>,
}

/// What all batches of an executor share.
pub(super) struct Shared {
    pub(super) max_concurrent: usize,
    pub(super) manager: Option<ResourceManager>,
    pub(super) surroundings: Surroundings,
    pub(super) options: BatchOptions,
    /// Places that running modules hold.
    taken: Arc<Mutex<u64>>,
}

impl ConcurrentExecutor {
    /// An executor with the default options. With `resource_manager`, no module starts without room for it.
    ///
    /// # Errors
    /// [`BatchError::NoConcurrency`] for 0.
    pub fn new(
        max_concurrent: usize,
        resource_manager: Option<ResourceManager>,
        surroundings: Surroundings,
    ) -> Result<Self, BatchError> {
        Self::with_options(
            max_concurrent,
            resource_manager,
            surroundings,
            BatchOptions::default(),
        )
    }

    /// An executor.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_options(
        max_concurrent: usize,
        resource_manager: Option<ResourceManager>,
        surroundings: Surroundings,
        options: BatchOptions,
    ) -> Result<Self, BatchError> {
        if max_concurrent < 1 {
            return Err(BatchError::NoConcurrency);
        }
        Ok(Self {
            shared: Arc::new(Shared {
                max_concurrent,
                manager: resource_manager,
                surroundings,
                options,
                taken: Arc::default(),
            }),
            cancel: Cancel::default(),
            insist: Cancel::default(),
            batches: watch::Sender::new(0),
        })
    }

    /// Runs one script with these words and gives its result, whatever happens.
    pub async fn execute_module(
        &self,
        module_id: &str,
        script_path: impl AsRef<Path>,
        args: &[&str],
    ) -> ModuleResult {
        let module = Module {
            args: args.iter().map(|it| (*it).to_owned()).collect(),
            ..Module::new(module_id, script_path.as_ref())
        };
        let (results, summary) = self.execute_batch_summed([module.clone()]).await;
        // A batch has as many results as modules.
        let none = || ModuleResult::unstarted(0, &module, self.unstarted(summary.state));
        results.into_iter().next().unwrap_or_else(none)
    }

    /// Runs all modules and gives their results in the order of the modules.
    pub async fn execute_batch<M: Into<Module>>(
        &self,
        modules: impl IntoIterator<Item = M>,
    ) -> Vec<ModuleResult> {
        self.execute_batch_summed(modules).await.0
    }

    /// [`Self::execute_batch`], with the totals.
    pub async fn execute_batch_summed<M: Into<Module>>(
        &self,
        modules: impl IntoIterator<Item = M>,
    ) -> (Vec<ModuleResult>, BatchSummary) {
        let modules: Vec<Module> = modules.into_iter().map(Into::into).collect();
        // One more than there are results: there must be room to learn that no further module comes.
        let (sender, mut receiver) = mpsc::channel(modules.len() + 1);
        let (mut summary, rest) = self.run(stream::iter(modules).boxed(), sender).await;
        let mut results = Vec::new();
        while let Ok(result) = receiver.try_recv() {
            results.push(result);
        }
        if let Some(rest) = rest {
            // All of them are there already.
            let unread: Vec<Module> = rest.source.collect().await;
            for (place, module) in unread.iter().enumerate() {
                let result =
                    ModuleResult::unstarted(rest.read + place, module, self.unstarted(summary.state));
                summary.count(&result);
                results.push(result);
            }
        }
        results.sort_unstable_by_key(|it| it.index);
        (results, summary)
    }

    /// Runs modules as they come and sends each result when it is there, in no order but that of the ends.
    ///
    /// A module is read when `results` has room for what becomes of it: the capacity of the channel bounds the
    /// modules in memory, and should be a multiple of `max_concurrent`. When the receiver is dropped, the batch is
    /// cancelled. Modules that were not read when it was cancelled have no result.
    pub async fn execute_stream(
        &self,
        modules: impl Stream<Item = Module> + Send + 'static,
        results: mpsc::Sender<ModuleResult>,
    ) -> BatchSummary {
        self.run(modules.boxed(), results).await.0
    }

    /// What would be run for a module; nothing is.
    ///
    /// # Errors
    /// The result that the module would have.
    pub fn plan(&self, module: &Module) -> Result<Planned, Box<ModuleResult>> {
        let Shared {
            surroundings,
            options,
            ..
        } = &*self.shared;
        match command(module, surroundings, options, None, 1) {
            Ok(command) => Ok(Planned::new(module, &command)),
            Err(failed) => Err(Box::new(ModuleResult::unstarted(0, module, failed))),
        }
    }

    /// What the machine does now; `None` without a resource manager.
    pub fn get_system_stats(&self) -> Option<SystemStats> {
        self.shared
            .manager
            .as_ref()
            .map(ResourceManager::get_system_stats)
    }

    /// Asks all running modules to end and lets no other begin, now or later. Batches end with all their results.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Kills all running modules and lets no other begin, now or later; does not wait.
    pub fn cleanup(&self) {
        self.insist.cancel();
        self.cancel.cancel();
    }

    /// [`Self::cleanup`], and waits until nothing is left; whether nothing is.
    pub async fn shutdown(&self) -> bool {
        self.cleanup();
        let mut batches = self.batches.subscribe();
        let ended = timeout(TO_GO, batches.wait_for(|it| *it == 0)).await.is_ok();
        ended && self.shared.surroundings.spawner.settled(TO_GO).await
    }

    /// Why a module of a batch that ended in `state` was not started.
    fn unstarted(&self, state: RunState) -> Failed {
        let limit = self.shared.options.batch_timeout;
        Failed::unstarted(limit.filter(|_| state == RunState::TimedOut))
    }

    async fn run(&self, source: Source, results: mpsc::Sender<ModuleResult>) -> (BatchSummary, Option<Rest>) {
        let _counted = Counted::new(&self.batches);
        let began = Instant::now();
        let (orders, heard) = Orders::channel();
        // Of modules that come as they come nobody knows the number.
        let total = source.size_hint().1;
        let (flow, performer) = self.flow(source, results, &orders);
        tracing::info!(
            max_concurrent = self.shared.max_concurrent,
            batch.total = total,
            "batch started"
        );
        let looks = performer.gate.is_some() || performer.tuning.is_some();
        let (flow, performer) = tokio::select! {
            biased;
            ended = drive(flow, performer, heard) => ended,
            never = self.attend(orders, looks) => match never {},
        };
        let mut summary = performer.summary;
        summary.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let has_failed = summary.failed > 0 || summary.unread.is_some();
        summary.state = match flow.halt() {
            None if has_failed => RunState::Failed,
            None => RunState::Succeeded,
            Some(_) => flow.state(),
        };
        tracing::info!(
            batch.total = summary.total,
            batch.succeeded = summary.succeeded,
            batch.failed = summary.failed,
            elapsed_ms = summary.duration_ms,
            "batch ended"
        );
        // What was halted before reading began has all of its modules left.
        let unread = performer.feed.map(|it| Rest {
            source: it.source,
            read: 0,
        });
        (summary, performer.rest.or(unread))
    }

    /// The flow of a batch, whose first task reads the modules, and what performs it.
    fn flow(
        &self,
        source: Source,
        results: mpsc::Sender<ModuleResult>,
        orders: &Orders<Performer>,
    ) -> (Scheduler, Performer) {
        let Shared {
            max_concurrent,
            options,
            surroundings,
            taken,
            manager,
            ..
        } = &*self.shared;
        if let Some(output) = &options.output
            && let Err(error) = std::fs::create_dir_all(output)
        {
            tracing::warn!(
                "{} cannot be made: {error}; no module can print there",
                output.display()
            );
        }
        let mut flow = Scheduler::new(Rules {
            max_running: *max_concurrent,
            errors: ErrorRules {
                keep_going: true,
                cancel_all: false,
            },
            timeout: options.batch_timeout,
            ..Rules::default()
        });
        let places = Places {
            most: *max_concurrent as u64,
            taken: Arc::clone(taken),
            held: 0,
        };
        let pool = flow.shared_pool(places.most, Box::new(places));
        let (over, counted) = watch::channel(0);
        let feed = Feed {
            source,
            results,
            orders: orders.clone(),
            over: counted,
            batch_size: options.batch_size,
            batch_delay: options.batch_delay,
        };
        let mut performer = Performer::new(Arc::clone(&self.shared), feed, pool, over);
        if let (OnInsufficient::Wait { limit }, Some(manager)) = (options.on_insufficient, manager) {
            performer.gate = Some(Gate::new(manager.clone(), flow.pool(0), limit));
        }
        if let Some(gauge) = surroundings.gauge.as_ref().filter(|_| options.is_adaptive) {
            performer.tuning = Some(Tuning::new(*max_concurrent, gauge.clone()));
        }
        // Of the first task of a flow, which waits for nothing, nothing can be unknown.
        let reading = flow.add(&reading());
        debug_assert!(reading.is_ok(), "{reading:?}");
        if self.cancel.is_cancelled() {
            flow.take(Duration::ZERO, Input::Halt(Halt::Cancelled));
        }
        (flow, performer)
    }

    /// Tells a running flow what the user wishes, and when to look at the machine; never ends.
    async fn attend(&self, orders: Orders<Performer>, looks: bool) -> Infallible {
        let (mut has_halted, mut has_insisted) = (false, false);
        loop {
            let order = tokio::select! {
                biased;
                () = self.cancel.cancelled(), if !has_halted => {
                    has_halted = true;
                    Order::Say(Input::Halt(Halt::Cancelled))
                }
                () = self.insist.cancelled(), if !has_insisted => {
                    has_insisted = true;
                    Order::Say(Input::Insist)
                }
                () = sleep(LOOK), if looks => {
                    Order::With(Box::new(|flow, performer: &mut Performer| performer.look_again(flow)))
                }
                else => std::future::pending().await,
            };
            orders.give(order).await;
        }
    }
}

impl fmt::Debug for ConcurrentExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConcurrentExecutor({} at a time)", self.shared.max_concurrent)
    }
}

/// The task that reads the modules: it takes no place.
fn reading() -> Task {
    Task {
        demand: Demand {
            slot: false,
            ..Demand::default()
        },
        terms: Terms {
            isolate_errors: true,
            counts: false,
            ..Terms::default()
        },
        ..Task::default()
    }
}

/// The places of an executor as one of its batches takes them. What it holds is free when it is dropped.
struct Places {
    most: u64,
    taken: Arc<Mutex<u64>>,
    held: u64,
}

impl SharedSlots for Places {
    fn try_take(&mut self, units: u64) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = *taken + units <= self.most;
        if fits {
            *taken += units;
            self.held += units;
        }
        fits
    }

    fn give_back(&mut self, units: u64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let units = units.min(self.held);
        self.held -= units;
        *taken -= units;
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        self.give_back(self.held);
    }
}

/// Counts a batch for as long as it runs.
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(batches: &'a watch::Sender<usize>) -> Self {
        batches.send_modify(|it| *it += 1);
        Self(batches)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it -= 1);
    }
}
