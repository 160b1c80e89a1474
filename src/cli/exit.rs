//! Exit codes: one table, documented in the README.

use crate::model::event::RunState;

/// Input or command line is invalid; nothing ran.
pub const INVALID: u8 = 2;
/// A check failed: `verify` found a mismatch.
pub const FAILED: u8 = 1;
/// A defect of gaai.
pub const DEFECT: u8 = 4;

/// The exit code of a pipeline run that ended in `state`.
pub fn of_run(state: RunState) -> u8 {
    match state {
        RunState::Cancelled => 130,
        RunState::TimedOut => 124,
        RunState::Stopped => 3,
        RunState::Failed => FAILED,
        RunState::PartiallySucceeded => 5,
        RunState::Succeeded => 0,
    }
}
