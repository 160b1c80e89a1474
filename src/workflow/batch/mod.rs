//! Batches of scripts: many child processes through the one scheduler, one result for each, whatever happens.
//!
//! [`ConcurrentExecutor`] runs [`Module`]s, at most so many at a time. Laws:
//!
//! * **Nothing is raised**: a module that fails, cannot be started, times out, is cancelled or panics becomes a
//!   [`ModuleResult`] with a text that says what happened; the others go on.
//! * **Every module has one result**, in a batch at the place it was given at.
//! * **Nobody survives**: what a module started is gone when its result is there.
//! * **Memory does not grow with a stream**: the flow holds places, and modules are read when there is room for
//!   their results.
//!
//! Names, defaults and texts are those of the batch executor this follows; docs/workflows.md says where more is
//! promised.

mod attempt;
mod executor;
mod feed;
mod gate;
mod module;
mod options;
mod performer;
mod prepared;
mod result;
mod summary;
mod tuning;

pub use executor::{ConcurrentExecutor, DEFAULT_MAX_CONCURRENT, Surroundings};
pub use module::{BatchError, Manifest, Module};
pub use options::{BatchOptions, OnInsufficient};
pub use prepared::Planned;
pub use result::{ErrorKind, ModuleResult};
pub use summary::BatchSummary;
