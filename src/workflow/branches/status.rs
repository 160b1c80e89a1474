//! What happened to branches, told to whoever looks on and written durably to a sink.
//!
//! Statuses are committed in batches. A commit that fails is tried again after 100, 200, 400 and 800 ms;
//! then the journal keeps the batch, and the sink is given it, in order, once it takes commits again. What
//! neither takes halts the run: no status is dropped without a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::metrics::MetricsRecorder;
use super::settings::ProcessorSettings;
use super::spans::PROCESSOR_TARGET;
use super::status_journal::StatusJournal;
use crate::model::id::RunId;

/// Statuses that wait to be committed; the journal takes what comes when so many do.
const WAITING: usize = 4096;

/// Something that happened, at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusRecord {
    /// The run.
    pub run: RunId,
    /// Place among the statuses of the run, from 0. A record may come twice or late: of those of one task
    /// the highest holds.
    pub seq: u64,
    /// Microseconds since the run began.
    pub at_us: u64,
    /// Which task of the run, from 0; `None` of the run itself.
    pub task: Option<u64>,
    /// What the branch, the pool or the workflow is called.
    pub name: String,
    /// What happened.
    #[serde(flatten)]
    pub status: Status,
}

/// What happened to a branch, a pool or a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Status {
    /// The run began.
    RunStarted,
    /// An attempt began.
    Started {
        /// From 1.
        attempt: u32,
    },
    /// An attempt failed, and there will be another.
    Retrying {
        /// The one that failed, from 1.
        attempt: u32,
        /// Time to the next one at least.
        pause_ms: u64,
        /// Why it failed.
        error: String,
    },
    /// The branch is over.
    Ended {
        /// `succeeded`, `failed`, `timedOut`, `cancelled` or `skipped`.
        outcome: String,
        /// Why, unless it ended well.
        error: Option<String>,
    },
    /// A pool, or the branches that may run at once, has another size.
    Resized {
        /// Units.
        size: u64,
    },
    /// The run is over.
    RunFinished {
        /// How.
        outcome: String,
    },
}

/// Where statuses are kept durably, in a database for example. Closures that give a future are sinks.
pub trait StatusSink: Send + Sync + 'static {
    /// Writes all of them in one transaction, or says why not; then none counts as written.
    fn commit<'a>(&'a self, batch: &'a [StatusRecord]) -> BoxFuture<'a, Result<(), String>>;
}

impl<F, R> StatusSink for F
where
    F: Fn(&[StatusRecord]) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), String>> + Send + 'static,
{
    fn commit<'a>(&'a self, batch: &'a [StatusRecord]) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self(batch))
    }
}

/// Looks on; called for each status as it happens, so it must not take long.
pub type Observer = Arc<dyn Fn(&StatusRecord) + Send + Sync>;

/// A sink, and the journal for what it does not take.
#[derive(Clone)]
pub struct StatusTarget {
    /// Where statuses are to be.
    pub sink: Arc<dyn StatusSink>,
    /// Where they are until then.
    pub journal: Arc<StatusJournal>,
}

/// The end at which statuses are said.
pub(super) struct StatusQueue {
    run: RunId,
    seq: Arc<AtomicU64>,
    observer: Option<Observer>,
    target: Option<(mpsc::Sender<StatusRecord>, Arc<StatusJournal>)>,
    is_lost: Arc<AtomicBool>,
}

impl StatusQueue {
    /// Whether anybody wants to know.
    pub(super) fn is_heard(&self) -> bool {
        self.observer.is_some() || self.target.is_some()
    }

    /// Whether a status is lost: neither the sink nor the journal took it.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    pub(super) fn say(&self, at: Duration, task: Option<usize>, name: String, status: Status) {
        let record = StatusRecord {
            run: self.run.clone(),
            seq: self.seq.fetch_add(1, Ordering::Relaxed),
            at_us: u64::try_from(at.as_micros()).unwrap_or(u64::MAX),
            task: task.map(|it| it as u64),
            name,
            status,
        };
        if let Some(observer) = &self.observer {
            observer(&record);
        }
        let Some((queue, journal)) = &self.target else {
            return;
        };
        if let Err(refused) = queue.try_send(record) {
            keep(journal, &[refused.into_inner()], &self.is_lost);
        }
    }
}

fn keep(journal: &StatusJournal, records: &[StatusRecord], is_lost: &AtomicBool) {
    if let Err(error) = journal.append(records) {
        is_lost.store(true, Ordering::Relaxed);
        tracing::error!(
            target: PROCESSOR_TARGET,
            component = "PROCESSOR_UTILS",
            records = records.len(),
            %error,
            "statuses are lost: neither the sink nor the journal took them",
        );
    }
}

/// Commits what is said, until nothing more can be.
pub(super) struct StatusWriter {
    records: mpsc::Receiver<StatusRecord>,
    target: StatusTarget,
    settings: ProcessorSettings,
    metrics: MetricsRecorder,
    is_lost: Arc<AtomicBool>,
    /// Taken from the queue and not committed.
    batch: Vec<StatusRecord>,
    /// When the sink is tried again after it refused.
    again_at: Option<Instant>,
}

/// Both ends; without a target there is nothing to write.
pub(super) fn statuses(
    run: &RunId,
    seq: Arc<AtomicU64>,
    observer: Option<Observer>,
    target: Option<&StatusTarget>,
    settings: &ProcessorSettings,
    metrics: &MetricsRecorder,
) -> (StatusQueue, Option<StatusWriter>) {
    let is_lost = Arc::new(AtomicBool::new(false));
    let ends = target.map(|target| (target.clone(), mpsc::channel(WAITING)));
    let (target, writer) = match ends {
        Some((target, (sender, records))) => (
            Some((sender, Arc::clone(&target.journal))),
            Some(StatusWriter {
                records,
                target,
                settings: settings.clone(),
                metrics: metrics.clone(),
                is_lost: Arc::clone(&is_lost),
                batch: Vec::new(),
                again_at: None,
            }),
        ),
        None => (None, None),
    };
    let queue = StatusQueue {
        run: run.clone(),
        seq,
        observer,
        target,
        is_lost,
    };
    (queue, writer)
}

impl StatusWriter {
    /// Runs until the queue's other end is gone; gives the number of statuses that the journal keeps.
    pub(super) async fn run(mut self) -> u64 {
        // What an earlier run or process left comes first.
        self.rebuild().await;
        while self.fill().await {
            self.commit().await;
        }
        self.rebuild().await;
        self.target.journal.kept()
    }

    /// Takes the next batch from the queue: what comes within the pause after its first record, or as
    /// many as one commit may have. `false` when nothing more comes.
    async fn fill(&mut self) -> bool {
        let most = self.settings.status_batch.max(1);
        let Some(first) = self.records.recv().await else {
            return false;
        };
        self.batch.push(first);
        let until = Instant::now() + self.settings.status_pause;
        while self.batch.len() < most {
            match timeout_at(until, self.records.recv()).await {
                Ok(Some(record)) => self.batch.push(record),
                Ok(None) | Err(_) => break,
            }
        }
        true
    }

    async fn commit(&mut self) {
        if self.target.journal.kept() > 0 {
            // Behind what waits for the sink, so that it gets all in order.
            self.keep_batch();
            if self.again_at.is_none_or(|it| it <= Instant::now()) {
                self.rebuild().await;
            }
            return;
        }
        let retry = self.settings.send_retry();
        let began = Instant::now();
        for failures in 1.. {
            let Err(error) = self.write(&self.batch).await else {
                self.batch.clear();
                return;
            };
            let Some(pause) = retry.wait(failures, None, began.elapsed(), 0) else {
                tracing::warn!(
                    target: PROCESSOR_TARGET,
                    component = "PROCESSOR_UTILS",
                    attempts = failures,
                    %error,
                    "statuses could not be written; the journal keeps them",
                );
                break;
            };
            self.metrics.status_retried();
            sleep(pause).await;
        }
        self.keep_batch();
        self.rest();
    }

    /// For so long the sink is left alone.
    fn rest(&mut self) {
        let failures = self.settings.max_send_retries.saturating_sub(1).max(1);
        self.again_at = Some(Instant::now() + self.settings.send_retry().ceiling(failures));
    }

    fn keep_batch(&mut self) {
        keep(&self.target.journal, &self.batch, &self.is_lost);
        self.batch.clear();
    }

    /// Gives the sink what the journal keeps; as much as it refuses stays there.
    async fn rebuild(&mut self) {
        while self.target.journal.kept() > 0 {
            let (records, length) = match self.target.journal.read() {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(target: PROCESSOR_TARGET, %error, "the journal of statuses cannot be read");
                    return self.rest();
                }
            };
            for batch in records.chunks(self.settings.status_batch.max(1)) {
                if self.write(batch).await.is_err() {
                    return self.rest();
                }
            }
            if let Err(error) = self.target.journal.clear(length) {
                tracing::warn!(target: PROCESSOR_TARGET, %error, "the journal of statuses cannot be emptied");
                return self.rest();
            }
            self.again_at = None;
        }
    }

    async fn write(&self, batch: &[StatusRecord]) -> Result<(), String> {
        let (began, limit) = (Instant::now(), self.settings.status_timeout);
        let written = timeout(limit, self.target.sink.commit(batch)).await;
        match written {
            Ok(Ok(())) => {
                self.metrics.committed(batch.len(), began.elapsed());
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(format!(
                "the sink did not answer within {} s",
                limit.as_secs_f64()
            )),
        }
    }
}

impl Drop for StatusWriter {
    /// Whoever drops a run half-way leaves its statuses to the journal.
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut self.batch);
        while let Ok(record) = self.records.try_recv() {
            rest.push(record);
        }
        if !rest.is_empty() {
            keep(&self.target.journal, &rest, &self.is_lost);
        }
    }
}
