//! What happens in a run, line by line, to standard error.

use std::sync::Arc;
use std::time::Duration;

use crate::app::workflows::log_path;
use crate::cli::console::Console;
use crate::model::workflow_event::{StepEnd, StepState, WorkflowEvent};
use crate::workflow::run::Watcher;
use std::path::Path;

/// Waits shorter than this are not worth a word.
const LONGEST_SILENT: Duration = Duration::from_millis(100);

/// Tells the events of the run in `directory`.
pub(super) fn watcher(console: &Console, directory: &Path) -> Watcher {
    let console = console.clone();
    let directory = directory.to_path_buf();
    Arc::new(move |event| {
        if let Some(line) = line(event, &directory) {
            console.note(&line);
        }
    })
}

fn line(event: &WorkflowEvent, directory: &Path) -> Option<String> {
    Some(match event {
        WorkflowEvent::StepStarted {
            step,
            attempt,
            queued_us,
            waited_for,
        } => {
            let again = match attempt {
                1 => String::new(),
                _ => format!(", attempt {attempt}"),
            };
            let waited = Duration::from_micros(*queued_us);
            let reason = waited_for.as_ref().filter(|_| waited >= LONGEST_SILENT);
            let after = reason.map_or_else(String::new, |it| {
                format!(" after waiting {} for {it}", seconds(*queued_us))
            });
            format!("  {step}: started{again}{after}")
        }
        WorkflowEvent::StepRetrying {
            step,
            error,
            pause_us,
            ..
        } => format!("  {step}: again in {}: {error}", seconds(*pause_us)),
        WorkflowEvent::StepFinished { step, end } => format!("  {step}: {}", ended(step, end, directory)),
        WorkflowEvent::StepSkipped { step, reason } => format!("  {step}: skipped, {reason}"),
        WorkflowEvent::RunQueued { reason } => format!("  it waits for {reason}"),
        WorkflowEvent::StepQueued { step, reason } => format!("  {step}: waits for {reason}"),
        WorkflowEvent::PoolResized { pool, size } => format!("  pool {pool}: now {size}"),
        WorkflowEvent::RunResumed { reused, repeated, .. } => {
            let repeated = match repeated.as_slice() {
                [] => String::new(),
                steps => format!("; repeated all the same: {}", steps.join(", ")),
            };
            format!("  taken up again; {reused} finished steps are not repeated{repeated}")
        }
        WorkflowEvent::RunRestarted { step, class, number } => {
            format!("  {step}: a failure of class {class}; the run begins again, restart {number}")
        }
        WorkflowEvent::RunStarted { .. }
        | WorkflowEvent::WorkflowRead { .. }
        | WorkflowEvent::RunFinished { .. } => return None,
    })
}

/// How a step ended, and for one that did not succeed where to read on.
fn ended(step: &str, end: &StepEnd, directory: &Path) -> String {
    let after = format!("{} after {}", end.state, seconds(end.elapsed_us));
    let error = match (&end.error, end.state) {
        (_, StepState::Succeeded) | (None, _) => return after,
        (Some(error), _) => error,
    };
    let log = log_path(directory, step);
    let log = match log.is_file() {
        true => format!(" ({})", log.display()),
        false => String::new(),
    };
    format!("{after}: {error}{log}")
}

/// Microseconds as people read them.
pub(super) fn seconds(microseconds: u64) -> String {
    match microseconds {
        0..10_000_000 => format!("{:.1} ms", microseconds as f64 / 1e3),
        _ => format!("{:.1} s", microseconds as f64 / 1e6),
    }
}
