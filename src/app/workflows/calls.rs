//! Steps that are no processes: questions to models and agents, algorithms on graphs.

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;

use super::agent::Agents;
use super::analysis::Analyses;
use super::launch::WorkflowParts;
use crate::workflow::run::Calls;

/// Who performs the calls of the run in `directory`.
pub(super) fn calls(parts: &WorkflowParts, directory: &Path) -> Calls {
    let agents = Arc::new(Agents::new(parts));
    let analyses = Arc::new(Analyses::new(parts, directory));
    Calls {
        agent: Some(Arc::new(move |call| {
            let agents = Arc::clone(&agents);
            async move { agents.perform(call).await }.boxed()
        })),
        analysis: Some(Arc::new(move |call| {
            let analyses = Arc::clone(&analyses);
            async move { analyses.perform(call).await }.boxed()
        })),
    }
}
