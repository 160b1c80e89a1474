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

/// A run that asked for its turn.
pub(super) struct Asking {
    workflow: String,
    run: String,
    behavior: Behavior,
    clock: Clock,
    pool: SlotPool,
    folder: PathBuf,
    turn: Option<Turn>,
}

impl Asking {
    /// Asks for the turn of a run; `None` when the workflow does not limit its runs.
    ///
    /// # Errors
    /// When it is left out or fails because of the others, or the pool cannot be used.
    pub(super) fn of(request: &RunRequest, clock: &Clock) -> Result<Option<Self>, RunError> {
        let Some(concurrency) = &request.workflow.concurrency else {
            return Ok(None);
        };
        let limit = concurrency.limit.get();
        let pools = request.surroundings.pools.join("runs");
        let folder = pools.join(file_name(&request.workflow.name));
        let pool = SlotPool::open(&folder.join("slots"), limit)?;
        if pool.size()? != limit {
            pool.resize(limit)?;
        }
        let mut asking = Self {
            workflow: request.workflow.name.clone(),
            run: request.run.to_string(),
            behavior: concurrency.behavior,
            clock: Clock::clone(clock),
            pool,
            folder,
            turn: None,
        };
        asking.look()?;
        let workflow = asking.workflow.clone();
        match asking.behavior {
            Behavior::Skip if asking.turn.is_none() => Err(RunError::LeftOut { workflow, limit }),
            Behavior::Fail if asking.turn.is_none() => Err(RunError::TooMany { workflow, limit }),
            Behavior::Skip | Behavior::Fail | Behavior::Queue | Behavior::CancelRunning => Ok(Some(asking)),
        }
    }

    /// What it waits for, if its turn has not come.
    pub(super) fn waits_for(&self) -> Option<String> {
        let is_waiting = self.turn.is_none();
        is_waiting.then(|| format!("its turn among the runs of `{}`", self.workflow))
    }

    /// The turn, once it has come; `None` when the user stopped the wait.
    ///
    /// # Errors
    /// The pool cannot be used.
    pub(super) async fn come(mut self, cancel: &Cancel) -> Result<Option<Turn>, RunError> {
        let mut has_asked = self.behavior != Behavior::CancelRunning;
        while self.turn.is_none() && !cancel.is_cancelled() {
            if !has_asked {
                has_asked = ask_the_oldest(&self.folder)?;
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = cancel.cancelled() => {}
            }
            self.look()?;
        }
        Ok(self.turn)
    }

    /// Takes the turn if it has come.
    fn look(&mut self) -> Result<(), RunError> {
        if let Claim::Granted(slots) = self.pool.try_acquire(1)? {
            let name = format!("{:020}-{}", (self.clock)(), file_name(&self.run));
            self.turn = Some(Turn::enter(&self.folder, &name, slots)?);
        }
        Ok(())
    }
}

impl Turn {
    fn enter(folder: &Path, name: &str, slots: HeldSlots) -> Result<Self, RunError> {
        let own = folder.join(name);
        // Under its name it is never seen unlocked: that would mean that its process died.
        let new = own.with_extension("new");
        let file = File::create(&new).map_err(|it| at(&new, it))?;
        file.lock().map_err(|it| at(&new, it))?;
        fs::rename(&new, &own).map_err(|it| at(&own, it))?;
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
