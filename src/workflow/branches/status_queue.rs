//! Statuses between the branches that say them and the writer that commits them.
//!
//! So many wait in memory. When that many do, the journal takes all of them with one write, so the loop that
//! says them does not wait for a disk at every one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::spans::PROCESSOR_TARGET;
use super::status::{Observer, Status, StatusRecord};
use super::status_journal::StatusJournal;
use crate::model::id::RunId;

/// Statuses that wait in memory to be committed at most.
const WAITING: usize = 4096;

/// What was said and is neither being committed nor in the journal.
pub(super) struct StatusLine {
    journal: Arc<StatusJournal>,
    waiting: Mutex<Waiting>,
    came: Notify,
    is_lost: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    records: VecDeque<StatusRecord>,
    /// Nobody says anything any more.
    is_over: bool,
    /// Nobody commits anything any more.
    is_left: bool,
}

impl StatusLine {
    pub(super) fn new(journal: Arc<StatusJournal>) -> Self {
        Self {
            journal,
            waiting: Mutex::default(),
            came: Notify::new(),
            is_lost: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, record: StatusRecord) {
        let mut waiting = self.lock();
        waiting.records.push_back(record);
        if waiting.records.len() >= WAITING || waiting.is_left {
            let records = std::mem::take(&mut waiting.records);
            self.keep(&Vec::from(records));
        }
        drop(waiting);
        self.came.notify_one();
    }

    /// Hands the records to the journal; if it does not take them either, they are lost, and that is known.
    pub(super) fn keep(&self, records: &[StatusRecord]) {
        if records.is_empty() {
            return;
        }
        if let Err(error) = self.journal.append(records) {
            self.is_lost.store(true, Ordering::Relaxed);
            tracing::error!(
                target: PROCESSOR_TARGET,
                component = "PROCESSOR_UTILS",
                records = records.len(),
                %error,
                "statuses are lost: neither the sink nor the journal took them",
            );
        }
    }

    /// Returns when something came since this was asked last.
    pub(super) async fn came(&self) {
        self.came.notified().await;
    }

    /// How many wait, and whether no more will come.
    pub(super) fn standing(&self) -> (usize, bool) {
        let waiting = self.lock();
        (waiting.records.len(), waiting.is_over)
    }

    /// The first `most` of those that wait.
    pub(super) fn take(&self, most: usize) -> Vec<StatusRecord> {
        let mut waiting = self.lock();
        let count = waiting.records.len().min(most);
        waiting.records.drain(..count).collect()
    }

    /// Leaves to the journal what waits and what will still come.
    pub(super) fn leave(&self) {
        let mut waiting = self.lock();
        waiting.is_left = true;
        let records = std::mem::take(&mut waiting.records);
        self.keep(&Vec::from(records));
    }
}

/// The end at which statuses are said.
pub(super) struct StatusQueue {
    run: RunId,
    seq: Arc<AtomicU64>,
    observer: Option<Observer>,
    line: Option<Arc<StatusLine>>,
}

impl StatusQueue {
    pub(super) fn new(
        run: RunId,
        seq: Arc<AtomicU64>,
        observer: Option<Observer>,
        line: Option<Arc<StatusLine>>,
    ) -> Self {
        Self {
            run,
            seq,
            observer,
            line,
        }
    }

    /// Whether anybody wants to know.
    pub(super) fn is_heard(&self) -> bool {
        self.observer.is_some() || self.line.is_some()
    }

    /// Whether a status is lost: neither the sink nor the journal took it.
    pub(super) fn is_lost(&self) -> bool {
        let line = self.line.as_ref();
        line.is_some_and(|it| it.is_lost.load(Ordering::Relaxed))
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
        if let Some(line) = &self.line {
            line.push(record);
        }
    }
}

impl Drop for StatusQueue {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            line.lock().is_over = true;
            line.came.notify_one();
        }
    }
}
