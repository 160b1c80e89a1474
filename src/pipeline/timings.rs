//! How long tasks and loads took, for the one block of a report that may differ between runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::event::{Event, TaskId};
use crate::trace::{EventSink, TraceError};

/// An event sink that remembers durations.
#[derive(Debug, Default)]
pub struct Timings(Mutex<BTreeMap<TaskId, u64>>);

impl Timings {
    /// Microseconds that the last attempt of `task` took; `None` when it has not ended.
    pub fn of(&self, task: &TaskId) -> Option<u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(task)
            .copied()
    }
}

impl EventSink for Timings {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        if let Event::TaskFinished { task, elapsed_us, .. } = event {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(task.clone(), *elapsed_us);
        }
        Ok(())
    }
}
