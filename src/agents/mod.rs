//! The code that performs stages: typed in, typed out, never run state.

pub mod binding;
pub mod cues;
pub mod naming;
pub mod templates;
pub mod vertical;

#[cfg(test)]
mod templates_tests;
#[cfg(test)]
mod vertical_tests;
