//! The code that performs stages: typed in, typed out, never run state.

pub mod binding;
pub mod naming;
pub mod templates;

#[cfg(test)]
mod templates_tests;
