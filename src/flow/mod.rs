//! The scheduler: tasks with dependencies, bounded concurrency, no barriers.
//!
//! Deciding is pure: [`State`] is the fold of [`Change`]s and [`next()`] says what to do about it.
//! Only `driver` awaits. It writes each change as an event before it acts on it, so that what was
//! done can be read from the journal, and it spawns nothing: a task is polled by whoever called
//! [`Flow::perform`], and ends with it.
//!
//! Laws (kept by `tests/it/flow.rs`): never more tasks run than the policy allows; no task starts
//! before those it waits for ended well; every task ends exactly once; no failure stops a sibling.

mod cancel;
mod critical_path;
mod driver;
mod next;
mod policy;
mod state;
mod table;
mod task;

pub use cancel::Cancel;
pub use critical_path::remaining;
pub use driver::{Approve, Flow};
pub use next::{Action, next};
pub use policy::Policy;
pub use state::{Change, Halt, Phase, State, Task};
pub use task::{Attempt, Ended, Failure, Needs, Pool, Remedy, SkipReason, TaskSpec};
