//! Bytes to `Document`s with passages.
