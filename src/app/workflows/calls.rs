//! Steps that are no processes.

use std::path::Path;

use super::launch::WorkflowParts;
use crate::workflow::run::Calls;

/// Who performs the calls of the run in `directory`.
pub(super) fn calls(_: &WorkflowParts, _: &Path) -> Calls {
    Calls::default()
}
