//! What happened to branches, told to whoever looks on and written durably to a sink.
//!
//! Statuses are committed in batches. A commit that fails is tried again after 100, 200, 400 and 800 ms;
//! then the journal keeps the batch, and the sink is given it, in order, once it takes commits again. What
//! neither takes halts the run: no status is dropped without a word.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::metrics::MetricsRecorder;
use super::settings::ProcessorSettings;
use super::spans::PROCESSOR_TARGET;
use super::status_journal::StatusJournal;
use super::status_queue::{StatusLine, StatusQueue};
use crate::model::id::RunId;

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

/// Commits what is said, until nothing more can be.
pub(super) struct StatusWriter {
    line: Arc<StatusLine>,
    target: StatusTarget,
    settings: ProcessorSettings,
    metrics: MetricsRecorder,
    /// Taken from the line and not committed.
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
    let line = target.map(|it| Arc::new(StatusLine::new(Arc::clone(&it.journal))));
    let writer = target.zip(line.clone()).map(|(target, line)| StatusWriter {
        line,
        target: target.clone(),
        settings: settings.clone(),
        metrics: metrics.clone(),
        batch: Vec::new(),
        again_at: None,
    });
    (StatusQueue::new(run.clone(), seq, observer, line), writer)
}

impl StatusWriter {
    /// Runs until the line's other end is gone; gives the number of statuses that the journal keeps.
    pub(super) async fn run(mut self) -> u64 {
        // What an earlier run or process left comes first.
        self.rebuild().await;
        while self.fill().await {
            self.commit().await;
        }
        self.rebuild().await;
        self.target.journal.kept()
    }

    /// Takes the next batch from the line: what comes within the pause after its first record, or as
    /// many as one commit may have. `false` when nothing more comes.
    async fn fill(&mut self) -> bool {
        let most = self.settings.status_batch.max(1);
        let mut until = None;
        loop {
            let (waiting, is_over) = self.line.standing();
            // What the line did not hold is in the journal: the sink can have it.
            let is_behind = waiting == 0 && self.again_at.is_none() && self.target.journal.kept() > 0;
            if waiting >= most || is_over || is_behind {
                break;
            }
            let came = self.line.came();
            if waiting == 0 {
                came.await;
                continue;
            }
            let until = *until.get_or_insert_with(|| Instant::now() + self.settings.status_pause);
            if timeout_at(until, came).await.is_err() {
                break;
            }
        }
        self.batch = self.line.take(most);
        !self.batch.is_empty() || !self.line.standing().1
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
        if self.batch.is_empty() {
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
        self.line.keep(&self.batch);
        self.batch.clear();
    }

    /// Gives the sink what the journal keeps, each once; as much as it refuses stays there.
    async fn rebuild(&mut self) {
        let most = self.settings.status_batch.max(1);
        while self.target.journal.kept() > 0 {
            let (records, place) = match self.target.journal.next(most) {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(target: PROCESSOR_TARGET, %error, "the journal of statuses cannot be read");
                    return self.rest();
                }
            };
            if records.is_empty() {
                // Another run of this journal was quicker.
                return;
            }
            if self.write(&records).await.is_err() {
                return self.rest();
            }
            if let Err(error) = self.target.journal.sent(records.len(), &place) {
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
        self.keep_batch();
        self.line.leave();
    }
}
