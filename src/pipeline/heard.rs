//! What the events of a run tell that its reports print: how long tasks took, what models were asked and what
//! became of their answers. Replayed from the journal when a run is taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::event::{Event, TaskId};
use crate::trace::{EventSink, TraceError};

/// An event sink that remembers.
#[derive(Debug, Default)]
pub struct Heard(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    elapsed_us: BTreeMap<TaskId, u64>,
    advice: BTreeMap<TaskId, Vec<String>>,
    withheld: BTreeSet<TaskId>,
    calls: Calls,
}

/// Calls of models, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    /// How many were answered.
    pub calls: u64,
    /// How many were not.
    pub failed: u64,
    /// Tokens that were paid for, as far as it is known; what a failed call may have taken counts.
    pub tokens: u64,
    /// Tokens that kept replies saved.
    pub saved_tokens: u64,
    /// What they cost in USD, as far as prices are known.
    pub usd: f64,
    /// Calls whose price is not known.
    pub unpriced: u64,
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
    pub fn calls(&self) -> Calls {
        self.memory().calls
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Heard {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        let mut memory = self.memory();
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
            Event::ModelCalled {
                tokens,
                saved_tokens,
                cost_usd,
                ..
            } => {
                memory.calls.calls += 1;
                memory.calls.saved_tokens = memory.calls.saved_tokens.saturating_add(*saved_tokens);
                memory.calls.pay(*tokens, *cost_usd);
            }
            Event::ModelFailed {
                task,
                withheld,
                tokens,
                cost_usd,
                ..
            } => {
                memory.calls.failed += 1;
                memory.calls.pay(*tokens, *cost_usd);
                if *withheld {
                    memory.withheld.insert(task.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Calls {
    fn pay(&mut self, tokens: u64, usd: Option<f64>) {
        self.tokens = self.tokens.saturating_add(tokens);
        self.usd += usd.unwrap_or(0.0);
        self.unpriced += u64::from(usd.is_none());
    }
}
