//! The scheduler: tasks with dependencies, bounded in many ways, no barriers.
//!
//! [`Scheduler`] decides: it is told what happened at what time and says what to do. [`drive()`] performs
//! that on tokio, [`simulate()`] in virtual time, and [`Flow`] for a pipeline whose stages are joined.
//!
//! Laws (kept by `tests/it/flow_law.rs` over random graphs, limits and troubles): no limit is passed
//! at any instant; no task starts before what it waits for came about; every task ends exactly once;
//! the flow ends; no failure is told as success; what could start does not wait for ever (`tests/it/flow_fair.rs`).

mod admission;
mod arena;
mod cancel;
mod drive;
mod lifecycle;
mod pool;
mod ready;
mod scheduler;
mod scope;
mod simulate;
mod stages;
mod task;
mod timers;
mod trouble;

pub use admission::{Refusal, Times, Wait};
pub use arena::Phase;
pub(crate) use arena::micros;
pub use cancel::Cancel;
pub use drive::{Deed, Order, Orders, Perform, Stop, Unrecorded, drive};
pub use pool::{BreakerIndex, GateIndex, PoolIndex, PoolUse, SharedSlots};
pub use scheduler::{Action, AddError, Halt, Input, Outcome, Rules, Scheduler};
pub use scope::{ErrorRules, ScopeIndex, Tally};
pub use simulate::{Course, World, simulate};
pub use stages::{Approve, Attempt, Ended, Failure, Flow, Needs, Policy, Pool, Remedy, TaskSpec};
pub use task::{
    Cause, Demand, Dependency, End, Limit, On, SkipReason, Survives, Task, TaskIndex, Terms, Trigger,
};
