//! Shows a run as it goes: bars with real work units on a terminal, plain lines otherwise.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::console::Console;
use super::inert::inert;
use crate::model::event::{Event, TaskId};
use crate::pipeline::Watch;
use crate::trace::{EventSink, TraceError};

/// An event sink that draws. It never fails: a run does not end because nobody can watch it.
pub(super) struct Progress {
    shown: Shown,
}

enum Shown {
    Nothing,
    Lines {
        detailed: bool,
    },
    Bars {
        detailed: bool,
        all: MultiProgress,
        running: Mutex<BTreeMap<TaskId, ProgressBar>>,
    },
}

impl Progress {
    /// As the console allows.
    pub(super) fn new(console: &Console) -> Self {
        let shown = if console.quiet || console.json {
            Shown::Nothing
        } else if console.bars {
            Shown::Bars {
                detailed: console.verbose > 0,
                all: MultiProgress::new(),
                running: Mutex::default(),
            }
        } else {
            Shown::Lines {
                detailed: console.verbose > 0,
            }
        };
        Self { shown }
    }

    /// Takes over the work units of the running tasks, as the flow reports them.
    pub(super) fn update(&self, progress: &[(TaskId, (u64, u64))]) {
        let Shown::Bars { running, .. } = &self.shown else {
            return;
        };
        let running = running.lock().unwrap_or_else(PoisonError::into_inner);
        for (task, (done, total)) in progress {
            if let Some(bar) = running.get(task).filter(|_| *total > 0) {
                if bar.length() != Some(*total) {
                    bar.set_length(*total);
                    bar.set_style(style(MEASURED));
                }
                bar.set_position(*done);
            }
        }
    }

    /// Who sees how far the replies of models are; nobody where nothing is drawn.
    pub(super) fn watch(self: &Arc<Self>) -> Option<Watch> {
        let Shown::Bars { .. } = self.shown else {
            return None;
        };
        let progress = Arc::clone(self);
        Some(Arc::new(move |task: &TaskId, tokens: u64| {
            progress.say(task, format!("{}: the model writes, {tokens} tokens", task.0));
        }))
    }

    /// Draws the line of `task` with these words.
    fn say(&self, task: &TaskId, words: String) {
        if let Shown::Bars { running, .. } = &self.shown {
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(bar) = running.get(task) {
                bar.set_message(words);
            }
        }
    }

    /// Removes what is still drawn.
    pub(super) fn clear(&self) {
        if let Shown::Bars { all, .. } = &self.shown {
            // A terminal that is gone cannot be cleared.
            let _ = all.clear();
        }
    }

    fn line(detailed: bool, event: &Event) -> Option<String> {
        match event {
            Event::TaskStarted { task, .. } if detailed => Some(format!("  {} …", task.0)),
            Event::TaskFinished { task, elapsed_us, .. } => {
                Some(format!("  {} done in {}", task.0, elapsed(*elapsed_us)))
            }
            Event::TaskFailed { task, reason, .. } => Some(format!("  {} failed: {reason}", task.0)),
            Event::TaskSkipped { task, reason } => Some(format!("  {} skipped: {reason}", task.0)),
            Event::GraphLoaded {
                vertices,
                edges,
                elapsed_us,
                ..
            } => Some(format!(
                "  loaded {vertices} vertices and {edges} edges in {}",
                elapsed(*elapsed_us)
            )),
            Event::RunResumed { reused, .. } => {
                Some(format!("  resumed; {reused} finished tasks are not repeated"))
            }
            Event::ModelSwitched {
                task,
                from,
                to,
                reason: Some(reason),
            } => Some(format!("  {}: {to} is asked instead of {from}: {reason}", task.0)),
            Event::ModelFailed {
                task, model, reason, ..
            } if detailed => Some(format!("  {}: {model} did not answer: {reason}", task.0)),
            Event::QualityChecked { task, notes, .. } if detailed && !notes.is_empty() => {
                Some(format!("  {}: {}", task.0, notes.join("; ")))
            }
            _ => None,
        }
    }
}

impl EventSink for Progress {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Lines { detailed } => {
                if let Some(line) = Self::line(*detailed, event) {
                    // A reader that is gone misses nothing that the journal does not have.
                    let _ = writeln!(std::io::stderr().lock(), "{}", inert(&line));
                }
            }
            Shown::Bars {
                detailed,
                all,
                running,
            } => {
                if let Event::ModelCalled { task, .. } | Event::ModelFailed { task, .. } = event {
                    self.say(task, task.0.clone());
                }
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    Event::TaskStarted { task, .. } => {
                        running.insert(task.clone(), bar(all, task));
                    }
                    Event::TaskFinished { task, .. }
                    | Event::TaskFailed { task, .. }
                    | Event::TaskSkipped { task, .. } => {
                        if let Some(bar) = running.remove(task) {
                            bar.finish_and_clear();
                        }
                    }
                    _ => {}
                }
                if let Some(line) = Self::line(*detailed, event) {
                    // A terminal that is gone misses nothing that the journal does not have.
                    let _ = all.println(inert(&line));
                }
            }
        }
        Ok(())
    }
}

/// A task whose amount of work is not known.
const UNMEASURED: &str = "  {spinner} {msg:40} {elapsed}";

/// A task that counts its work units.
const MEASURED: &str = "  {spinner} {msg:40} {wide_bar} {human_pos}/{human_len} {elapsed}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A line for `task` below the others. Only one that belongs to them may tick, or it draws by itself.
fn bar(all: &MultiProgress, task: &TaskId) -> ProgressBar {
    let bar = all.add(ProgressBar::new(0).with_style(style(UNMEASURED)));
    bar.set_message(task.0.clone());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Microseconds as people read them.
fn elapsed(microseconds: u64) -> String {
    if microseconds < 10_000_000 {
        format!("{:.1} ms", microseconds as f64 / 1e3)
    } else {
        format!("{:.1} s", microseconds as f64 / 1e6)
    }
}
