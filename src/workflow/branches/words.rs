//! How ends are told to people and in labels.

use crate::flow::{Cause, End};
use crate::model::event::RunState;

/// How a task ended, in one word.
pub(super) fn outcome_word<T>(end: &End<T>) -> &'static str {
    match end {
        End::Succeeded => "succeeded",
        End::Failed => "failed",
        End::TimedOut(_) => "timedOut",
        End::Cancelled(_) => "cancelled",
        End::Skipped(_) => "skipped",
    }
}

/// Why it ended so, unless it ended well; `said` is what its last attempt said.
pub(super) fn why(end: End<String>, said: Option<String>) -> Option<String> {
    match end {
        End::Succeeded => None,
        End::Failed => Some(format!("failed: {}", said.unwrap_or_default())),
        End::TimedOut(limit) => Some(Cause::<String>::Limit(limit).to_string()),
        End::Cancelled(cause) => Some(format!("cancelled: {cause}")),
        End::Skipped(reason) => Some(format!("skipped: {reason}")),
    }
}

/// How a run ended, in one word.
pub(super) fn state_word(state: RunState) -> &'static str {
    match state {
        RunState::Cancelled => "cancelled",
        RunState::TimedOut => "timedOut",
        RunState::Stopped => "stopped",
        RunState::Failed => "failed",
        RunState::PartiallySucceeded => "partiallySucceeded",
        RunState::Succeeded => "succeeded",
    }
}
