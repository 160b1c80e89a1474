//! Forces batches of records to the disk from a thread of its own, because one sync takes
//! milliseconds and the scheduler must not wait for it.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A batch is synced this long after its first record …
const PERIOD: Duration = Duration::from_millis(5);
/// … or once it has this many.
const RECORDS: u32 = 64;

/// The thread; it ends, after a last sync, when this is dropped.
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    batch: Mutex<Batch>,
    changed: Condvar,
}

#[derive(Default)]
struct Batch {
    records: u32,
    is_closing: bool,
    failure: Option<io::ErrorKind>,
}

impl Syncer {
    pub(super) fn start(file: File) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn(move || theirs.run(&file))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Says that a record was written. Once a sync failed, it gives that failure from then on: what
    /// was written before is not known to be on the disk, and no later sync can tell.
    pub(super) fn wrote(&self) -> io::Result<()> {
        let mut batch = self.shared.lock();
        batch.records += 1;
        if batch.records == 1 || batch.records == RECORDS {
            self.shared.changed.notify_all();
        }
        batch.failure.map_or(Ok(()), |kind| Err(kind.into()))
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.lock().is_closing = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It does not panic; were it to, the records are written all the same.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, file: &File) {
        loop {
            let idle = |it: &mut Batch| it.records == 0 && !it.is_closing;
            let filling = |it: &mut Batch| it.records < RECORDS && !it.is_closing;
            let batch = self
                .changed
                .wait_while(self.lock(), idle)
                .unwrap_or_else(PoisonError::into_inner);
            let (mut batch, _) = self
                .changed
                .wait_timeout_while(batch, PERIOD, filling)
                .unwrap_or_else(PoisonError::into_inner);
            let is_closing = batch.is_closing;
            let has_records = std::mem::take(&mut batch.records) > 0;
            drop(batch);
            if has_records && let Err(error) = file.sync_data() {
                self.lock().failure = Some(error.kind());
            }
            if is_closing {
                return;
            }
        }
    }
}
