//! The code that performs stages: typed in, typed out, never run state.

pub mod binding;
mod charts;
pub mod cues;
mod evidence;
pub mod findings;
mod hints;
pub mod naming;
mod pictures;
pub mod templates;
pub mod verify;
pub mod vertical;
mod wording;

#[cfg(test)]
mod patterns_tests;
#[cfg(test)]
mod templates_tests;
#[cfg(test)]
mod vertical_tests;
