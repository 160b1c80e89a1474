//! Policies for calls that may fail (retry, breaker, bucket) and for how many run at once (adaptive). Values and
//! arithmetic; no I/O, no clock.
//!
//! Times are handed in as [`Duration`] since a start that the caller chose and keeps.

use std::time::Duration;

mod adaptive;
mod breaker;
mod bucket;
mod retry;

pub use adaptive::{Adaptive, AdaptivePolicy, Marks, Signals};
pub use breaker::{Breaker, BreakerPolicy, Permit, Stance};
pub use bucket::Bucket;
pub use retry::Retry;

/// The longest time that a setting may say, a hundred years: so much can be added to any clock.
pub const LONGEST_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
