//! A flow of stages: each is a future with a typed output that the caller joins.
//!
//! It is the scheduler of the room behind one lock, with the names, events and artefacts of a pipeline.
//! Nothing is spawned: a stage is polled by whoever called [`Flow::perform`], and ends with it.

mod flow;
mod policy;
mod table;
mod task;

pub use flow::{Approve, Flow};
pub use policy::Policy;
pub use task::{Attempt, Ended, Failure, Needs, Pool, Remedy, TaskSpec};
