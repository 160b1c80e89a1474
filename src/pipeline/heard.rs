//! What the events of a run tell that its reports print: how long tasks took, what models were asked and what
//! became of their answers. Replayed from the journal when a run is taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::event::{Event, TaskId};
use crate::trace::{EventSink, ModelUsage, TraceError};

/// An event sink that remembers.
#[derive(Debug, Default)]
pub struct Heard(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    elapsed_us: BTreeMap<TaskId, u64>,
    advice: BTreeMap<TaskId, Vec<String>>,
    withheld: BTreeSet<TaskId>,
    calls: ModelUsage,
}

impl Heard {
    /// Microseconds that the last attempt of `task` took; `None` when it has not ended.
    pub fn time_of(&self, task: &TaskId) -> Option<u64> {
        self.memory().elapsed_us.get(task).copied()
    }

    /// What is to be known of how models advised, in task order.
    pub fn advice(&self) -> Vec<String> {
        self.memory().advice.values().flatten().cloned().collect()
    }

    /// Tasks that the run kept from a model's answer, by its budget or its end: the rules did what the model was not
    /// asked for. One that is begun again is none of them.
    pub fn withheld(&self) -> BTreeSet<TaskId> {
        self.memory().withheld.clone()
    }

    /// Calls of models so far.
    pub fn calls(&self) -> ModelUsage {
        self.memory().calls
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Heard {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        let mut memory = self.memory();
        memory.calls.count(event);
        match event {
            Event::TaskStarted { task, .. } => {
                memory.withheld.remove(task);
            }
            Event::TaskFinished { task, elapsed_us, .. } => {
                memory.elapsed_us.insert(task.clone(), *elapsed_us);
            }
            Event::ModelAdvised { task, notes } => {
                // The last attempt of a task is the one that counts.
                memory.advice.insert(task.clone(), notes.clone());
            }
            Event::ModelFailed {
                task, withheld: true, ..
            } => {
                memory.withheld.insert(task.clone());
            }
            _ => {}
        }
        Ok(())
    }
}
