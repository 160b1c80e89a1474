//! The turn of a run among the other runs of its workflow on this machine: the key `concurrency`.
//!
//! A turn is a place of a pool of the host, which the kernel frees when its holder dies, and a locked file by which
//! others find the oldest run and ask it to end.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::begin::RunRequest;
use super::error::RunError;
use super::host_pool::file_name;
use crate::flow::Cancel;
use crate::process::{Claim, HeldSlots, SlotPool};
use crate::trace::Clock;
use crate::workflow::definition::Behavior;

/// How often a run that waits, or that may be asked to end, looks again: other processes tell nothing.
const LOOK: Duration = Duration::from_millis(100);

/// Held while a run goes on.
pub(super) struct Turn {
    _slots: HeldSlots,
    /// Locked until closed.
    file: File,
    own: PathBuf,
}

impl Turn {
    /// The turn of a run, once it has come; `None` when the workflow does not limit its runs or the user stopped the
    /// wait.
    ///
    /// # Errors
    /// When it is left out or fails because of the others, or the pool cannot be used.
    pub(super) async fn take(
        request: &RunRequest,
        clock: &Clock,
        cancel: &Cancel,
    ) -> Result<Option<Self>, RunError> {
        let Some(concurrency) = &request.workflow.concurrency else {
            return Ok(None);
        };
        let limit = concurrency.limit.get();
        let folder = request
            .surroundings
            .pools
            .join("runs")
            .join(file_name(&request.workflow.name));
        let pool = SlotPool::open(&folder.join("slots"), limit)?;
        if pool.size()? != limit {
            pool.resize(limit)?;
        }
        let mut has_asked = false;
        while !cancel.is_cancelled() {
            if let Claim::Granted(slots) = pool.try_acquire(1)? {
                let name = format!("{:020}-{}", clock(), file_name(&request.run.to_string()));
                return Self::enter(&folder, &name, slots).map(Some);
            }
            let workflow = request.workflow.name.clone();
            match concurrency.behavior {
                Behavior::Queue => {}
                Behavior::Skip => return Err(RunError::LeftOut { workflow, limit }),
                Behavior::Fail => return Err(RunError::TooMany { workflow, limit }),
                Behavior::CancelRunning if has_asked => {}
                Behavior::CancelRunning => has_asked = ask_the_oldest(&folder)?,
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = cancel.cancelled() => {}
            }
        }
        Ok(None)
    }

    fn enter(folder: &Path, name: &str, slots: HeldSlots) -> Result<Self, RunError> {
        let own = folder.join(name);
        let file = File::create(&own).map_err(|it| at(&own, it))?;
        file.lock().map_err(|it| at(&own, it))?;
        Ok(Self {
            _slots: slots,
            file,
            own,
        })
    }

    /// Returns when another run asked this one to end.
    pub(super) async fn asked(&self) {
        while !fs::exists(asking(&self.own)).unwrap_or(false) {
            sleep(LOOK).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing is not enough: a child that is just being started holds a copy of the file for a moment.
        let _ = self.file.unlock();
        for file in [&self.own, &asking(&self.own)] {
            if let Err(error) = fs::remove_file(file)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(path = %file.display(), %error, "a file of a turn stays behind");
            }
        }
    }
}

fn at(path: &Path, source: io::Error) -> RunError {
    RunError::Turn {
        path: path.to_path_buf(),
        source,
    }
}

/// The file whose presence asks a run to end.
fn asking(own: &Path) -> PathBuf {
    own.with_extension("end")
}

/// Asks the oldest run to end that goes on and was not asked; says whether there is one.
fn ask_the_oldest(folder: &Path) -> Result<bool, RunError> {
    let listed = fs::read_dir(folder).map_err(|it| at(folder, it))?;
    let mut runs: Vec<PathBuf> = listed
        .filter_map(|it| Some(it.ok()?.path()))
        .filter(|it| it.is_file() && it.extension().is_none())
        .collect();
    runs.sort_unstable();
    for run in runs {
        let Ok(file) = File::open(&run) else {
            // It has just ended.
            continue;
        };
        match file.try_lock() {
            // Its process died: nobody holds it.
            Ok(()) => drop(fs::remove_file(&run)),
            Err(TryLockError::WouldBlock) if fs::exists(asking(&run)).unwrap_or(false) => {}
            Err(TryLockError::WouldBlock) => {
                let path = asking(&run);
                File::create(&path).map_err(|it| at(&path, it))?;
                return Ok(true);
            }
            Err(TryLockError::Error(error)) => return Err(at(&run, error)),
        }
    }
    Ok(false)
}
