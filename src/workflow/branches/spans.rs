//! The spans of the branch processor, all under the target `gaai::processor`.
//!
//! `workflow_lifecycle` is a run with its wait for a place, `workflow_execution` the run itself,
//! `process_task_and_branches` a list of branches with all that they lead to, `task_processing` one
//! attempt. Futures carry them (`Instrument`); nothing is entered over an await.

use tracing::Span;
use tracing::field::Empty;

use super::context::ProcessingContext;

/// Target of all spans and events here: `RUST_LOG=gaai::processor=debug` shows them.
pub const PROCESSOR_TARGET: &str = "gaai::processor";

/// What is said of the program in every span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanFactory {
    /// Name of the service.
    pub service: String,
    /// Where it runs, `production` for example.
    pub environment: String,
}

impl Default for SpanFactory {
    fn default() -> Self {
        Self {
            service: "gaai".to_owned(),
            environment: "local".to_owned(),
        }
    }
}

impl SpanFactory {
    /// A run, from the message to its end.
    pub fn workflow_lifecycle(&self, context: &ProcessingContext) -> Span {
        tracing::info_span!(
            target: PROCESSOR_TARGET,
            "workflow_lifecycle",
            service = %self.service,
            environment = %self.environment,
            run_id = %context.flow_session_id,
            workflow_id = %context.workflow_id,
            status = Empty,
        )
    }

    /// A run that has its place.
    pub fn workflow_execution(&self, context: &ProcessingContext) -> Span {
        tracing::info_span!(
            target: PROCESSOR_TARGET,
            "workflow_execution",
            service = %self.service,
            environment = %self.environment,
            run_id = %context.flow_session_id,
            workflow_id = %context.workflow_id,
            status = Empty,
        )
    }

    /// A list of branches, the first of which is `name`, with all that they lead to.
    pub fn process_task_and_branches(&self, parent: &Span, context: &ProcessingContext, name: &str) -> Span {
        tracing::debug_span!(
            target: PROCESSOR_TARGET,
            parent: parent,
            "process_task_and_branches",
            service = %self.service,
            environment = %self.environment,
            run_id = %context.flow_session_id,
            workflow_id = %context.workflow_id,
            step_id = name,
            status = Empty,
        )
    }

    /// One attempt of a branch.
    pub fn task_processing(
        &self,
        parent: &Span,
        context: &ProcessingContext,
        name: &str,
        attempt: u32,
    ) -> Span {
        tracing::debug_span!(
            target: PROCESSOR_TARGET,
            parent: parent,
            "task_processing",
            service = %self.service,
            environment = %self.environment,
            run_id = %context.flow_session_id,
            workflow_id = %context.workflow_id,
            step_id = name,
            attempt,
            status = Empty,
        )
    }
}
