//! How a run is stopped from another process: by a file in its directory that it looks for.
//!
//! No process number is kept anywhere, so no signal can reach a process that got the number of one that is gone.

use std::convert::Infallible;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::error::WorkflowError;
use crate::flow::Cancel;
use crate::trace::is_being_written;
use crate::workflow::run::journal_of;

/// The file, and what is in it for a run that shall end at once.
const WISH: &str = "stop";
const NOW: &str = "now";

/// How often the file is looked for, and the end of a run.
const EVERY: Duration = Duration::from_millis(100);

/// Asks the process that performs the run in `directory` to stop it; whether there is one.
///
/// # Errors
/// The file cannot be written.
pub fn ask_to_stop(directory: &Path, now: bool) -> Result<bool, WorkflowError> {
    if !is_being_written(&journal_of(directory))? {
        return Ok(false);
    }
    let path = directory.join(WISH);
    fs::write(&path, if now { NOW } else { "" }).map_err(|error| WorkflowError::file(&path, &error))?;
    Ok(true)
}

/// Returns when no process performs the run in `directory` any more.
///
/// # Errors
/// Its journal cannot be opened.
pub async fn wait_until_over(directory: &Path) -> Result<(), WorkflowError> {
    while is_being_written(&journal_of(directory))? {
        tokio::time::sleep(EVERY).await;
    }
    Ok(())
}

/// Passes on what other processes ask for; never ends by itself.
pub(super) async fn heed(directory: &Path, cancel: &Cancel, insist: &Cancel) -> Infallible {
    let path = directory.join(WISH);
    loop {
        tokio::time::sleep(EVERY).await;
        if let Ok(text) = fs::read_to_string(&path) {
            cancel.cancel();
            if text == NOW {
                insist.cancel();
            }
        }
    }
}

/// Removes a wish that was fulfilled, or that nobody was there to fulfil.
pub(super) fn forget(directory: &Path) -> Result<(), WorkflowError> {
    let path = directory.join(WISH);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(WorkflowError::file(&path, &error)),
        _ => Ok(()),
    }
}
