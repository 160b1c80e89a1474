//! YAML text as a tree whose every node knows where it stands, and typed values read from it.
//!
//! One fault does not hide the next: what is wrong is told and left out, and reading goes on with the rest.
//! So an author sees all faults of a file at once.

mod decode;
mod decode_error;
mod fault;
mod format;
mod scalar;
mod tabs;
mod tree;

pub use fault::{Fault, Faults};
pub use format::format;

pub(super) use decode::{decode, decode_with_left_out};
pub(super) use fault::Report;
pub(super) use tabs::mended;
pub(super) use tree::{At, NodeId, Tree, parse};
