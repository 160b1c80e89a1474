//! A person at a terminal: the only room that prints.

mod arguments;
mod exit;

pub use arguments::Arguments;
