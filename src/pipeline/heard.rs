//! What the events of a run tell that its reports print: how long tasks took, what models were asked and what
//! became of their answers. Replayed from the journal when a run is taken up again.

use std::collections::BTreeMap;
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
    calls: Calls,
}

/// Calls of models, all together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    /// How many.
    pub calls: u64,
    /// Tokens that were paid for.
    pub tokens: u64,
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
        if let Event::TaskFinished { task, elapsed_us, .. } = event {
            memory.elapsed_us.insert(task.clone(), *elapsed_us);
        }
        if let Event::ModelAdvised { task, notes } = event {
            // The last attempt of a task is the one that counts.
            memory.advice.insert(task.clone(), notes.clone());
        }
        if let Event::ModelCalled { tokens, cost_usd, .. } = event {
            let calls = &mut memory.calls;
            calls.calls += 1;
            calls.tokens += tokens;
            calls.usd += cost_usd.unwrap_or(0.0);
            calls.unpriced += u64::from(cost_usd.is_none());
        }
        Ok(())
    }
}
