//! Exit codes: one table, documented in the README.

use std::io;

use crate::app::workflows::WorkflowError;
use crate::catalog::CatalogError;
use crate::engine::EngineError;
use crate::flow::Remedy;
use crate::model::event::RunState;
use crate::pipeline::PipelineError;
use crate::source::SourceError;
use crate::trace::TraceError;
use crate::workflow::run::RunError;

/// Input or command line is invalid; nothing ran.
pub const INVALID: u8 = 2;
/// A check failed: `verify` found a mismatch; or the host did: a disk, a file, a lock.
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

/// The exit code of a workflow's run that ended in `state`: failures that its file tolerates are none.
pub fn of_workflow(state: RunState) -> u8 {
    match state {
        RunState::PartiallySucceeded => 0,
        other => of_run(other),
    }
}

/// The exit code of an error that ended a command.
pub fn of_error(error: &anyhow::Error) -> u8 {
    if let Some(error) = error.downcast_ref::<PipelineError>() {
        of_pipeline(error)
    } else if let Some(error) = error.downcast_ref::<EngineError>() {
        of_engine(error)
    } else if let Some(error) = error.downcast_ref::<CatalogError>() {
        match error {
            CatalogError::Unknown { .. } => INVALID,
            CatalogError::Store(_)
            | CatalogError::Trace(_)
            | CatalogError::Unreadable { .. }
            | CatalogError::Foreign { .. } => FAILED,
        }
    } else if let Some(error) = error.downcast_ref::<WorkflowError>() {
        of_workflow_error(error)
    } else if let Some(SourceError::Memory { .. }) = error.downcast_ref::<SourceError>() {
        of_run(RunState::Stopped)
    } else if error.is::<TraceError>() || error.is::<io::Error>() {
        FAILED
    } else {
        // Settings, names, parameters: what the command line said.
        INVALID
    }
}

fn of_workflow_error(error: &WorkflowError) -> u8 {
    match error {
        WorkflowError::Faulty(_) | WorkflowError::Invalid(_) => INVALID,
        WorkflowError::Trace(_) | WorkflowError::File { .. } => FAILED,
        WorkflowError::Run(error) => match error {
            RunError::Slots(_) | RunError::TooMany { .. } => of_run(RunState::Stopped),
            RunError::Trace(_) | RunError::Turn { .. } | RunError::Left { .. } => FAILED,
            RunError::Plan(_) => DEFECT,
            _ => INVALID,
        },
    }
}

fn of_pipeline(error: &PipelineError) -> u8 {
    match error {
        PipelineError::Defect { .. } => DEFECT,
        PipelineError::Run { error, .. } => of_pipeline(error),
        _ => error.state().map_or(INVALID, of_run),
    }
}

fn of_engine(error: &EngineError) -> u8 {
    match (error.remedy(), error) {
        (Remedy::Refused, _) => of_run(RunState::Stopped),
        (Remedy::Cancelled, _) => of_run(RunState::Cancelled),
        (Remedy::Defect, _) => DEFECT,
        (_, EngineError::Source(_) | EngineError::Kernel(_)) => INVALID,
        (Remedy::Retry | Remedy::GiveUp | Remedy::Mend, _) => FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_ended_a_command_has_the_code_of_its_kind() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let defect = || EngineError::Defect {
            reason: String::new(),
        };
        let refused = EngineError::Memory {
            needed: 2,
            budget: 1,
            hint: String::new(),
        };
        assert_eq!(of_error(&full.into()), 1);
        assert_eq!(of_error(&defect().into()), 4);
        assert_eq!(of_error(&refused.into()), 3);
        assert_eq!(of_error(&PipelineError::Cancelled.into()), 130);
        assert_eq!(of_error(&anyhow::anyhow!("no such flag")), 2);
        let broken = TraceError::Broken {
            path: String::new(),
            seq: 0,
            reason: String::new(),
        };
        assert_eq!(of_error(&broken.into()), 1);
    }
}
