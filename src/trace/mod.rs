//! The event stream: what happened in a run, written down as it happens.

mod error;

pub use error::TraceError;

use std::sync::Arc;

use crate::model::event::Event;

/// Microseconds since 1970-01-01 UTC; handed in, so that tests and replays choose the time.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Receives events in order. The journal, progress, the catalog and tests are sinks.
pub trait EventSink: Send + Sync {
    /// Takes one event. A sink that must not lose it returns only once it is safe by its durability.
    fn record(&self, event: &Event) -> Result<(), TraceError>;
}
