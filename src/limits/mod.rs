//! Policies for calls that may fail: retry, breaker, bucket. Values and arithmetic; no I/O, no clock.
