//! The event stream: what happened in a run, written down as it happens.

mod error;

pub use error::TraceError;

use crate::model::event::Event;

/// Receives events in order. The journal, progress, the catalog and tests are sinks.
pub trait EventSink: Send + Sync {
    /// Takes one event. A sink that must not lose it returns only once it is safe by its durability.
    fn record(&self, event: &Event) -> Result<(), TraceError>;
}
