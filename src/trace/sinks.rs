//! Sinks that pass events on or keep them.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::TraceError;
use super::{Clock, EventSink};
use crate::model::event::{Event, Record};

/// Gives each event to several sinks in order. The journal comes first: what it could not take, the
/// others do not learn.
#[derive(Clone, Default)]
pub struct Sinks(pub Vec<Arc<dyn EventSink>>);

impl EventSink for Sinks {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        self.0.iter().try_for_each(|it| it.record(event))
    }
}

/// Keeps events in memory, as the journal would.
#[derive(Default)]
pub struct Memory {
    clock: Option<Clock>,
    records: Mutex<Vec<Record>>,
}

impl Memory {
    /// An empty one that stamps records with `clock`; the default stamps them with 0.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            records: Mutex::default(),
        }
    }

    /// What was recorded so far.
    pub fn records(&self) -> Vec<Record> {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was recorded so far, without position and time.
    pub fn events(&self) -> Vec<Event> {
        self.records().into_iter().map(|it| it.event).collect()
    }
}

impl EventSink for Memory {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = records.len() as u64;
        records.push(Record {
            seq,
            at_ms: self.clock.as_ref().map_or(0, |it| it() / 1000),
            event: event.clone(),
        });
        Ok(())
    }
}
