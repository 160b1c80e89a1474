//! Policies for calls that may fail (retry, breaker, bucket) and for how many run at once (adaptive). Values and
//! arithmetic; no I/O, no clock.
//!
//! Times are handed in as [`Duration`](std::time::Duration) since a start that the caller chose and keeps.

mod adaptive;
mod breaker;
mod bucket;
mod retry;

pub use adaptive::{Adaptive, AdaptivePolicy, Marks, Signals};
pub use breaker::{Breaker, BreakerPolicy, Permit, Stance};
pub use bucket::Bucket;
pub use retry::Retry;
