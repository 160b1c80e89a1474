//! Policies for calls that may fail: retry, breaker, bucket. Values and arithmetic; no I/O, no clock.
//!
//! Times are handed in as [`Duration`](std::time::Duration) since a start that the caller chose and keeps.

mod breaker;
mod bucket;
mod retry;

pub use breaker::{Breaker, BreakerPolicy, Permit};
pub use bucket::Bucket;
pub use retry::Retry;
