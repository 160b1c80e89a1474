//! Bytes to `Document`s with passages: Markdown and plain text, files and text given inline.
//!
//! A document is read whole or not at all: what cannot be read is an error that names the file.
//! This room decides where passages begin and end; what they ask for is decided by `agents`.

mod error;
mod markdown;
mod passages;
mod plain;
mod read;
mod sentences;

pub use error::DocumentError;
pub use read::{LARGEST, from_bytes, from_text, read_files};
