//! The event stream: what happened in a run, written down as it happens, and what can be read from it.
//!
//! The journal is the truth about a run. [`History`] is what a resumed run needs of it; [`Spans`] and
//! [`TraceSummary`] are what people want to know. None of them uses anything but records.

mod critical_path;
mod error;
mod export;
mod history;
mod journal;
mod json;
pub(crate) mod line;
mod markdown;
mod print;
mod read;
mod sinks;
mod spans;
mod summary;
mod sync;
mod timeline;

use std::sync::Arc;

pub use critical_path::critical_path;
pub use error::TraceError;
pub use export::{TraceFormat, export};
pub use history::History;
pub use journal::{Durability, Journal, is_being_written};
pub use print::{print_summary, seconds};
pub use read::{JOURNAL, Reading, parse, read, read_journal};
pub use sinks::{Memory, Sinks};
pub use spans::{Span, SpanEnd, Spans};
pub use summary::{AgentTime, Communication, ModelUsage, PathStep, Performance, TraceSummary, agent_name};

use crate::model::event::Event;

/// Microseconds since 1970-01-01 UTC; handed in, so that tests and replays choose the time.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Receives events in order. The journal, progress, the catalog and tests are sinks.
pub trait EventSink: Send + Sync {
    /// Takes one event. A sink that must not lose it returns only once it is safe by its durability.
    fn record(&self, event: &Event) -> Result<(), TraceError>;
}
