//! What the catalog keeps of a workflow's run, from its journal alone.

use std::collections::BTreeMap;

use crate::model::catalog::WorkflowRun;
use crate::model::event::Record;
use crate::model::workflow_event::{StepState, WorkflowEvent};

/// The journal of a workflow's run within its directory.
pub(super) const WORKFLOW_JOURNAL: &str = "workflow.jsonl";

/// What `records` say; `None` if they do not begin with the beginning of a run.
pub(super) fn workflow_run(records: &[Record<WorkflowEvent>]) -> Option<WorkflowRun> {
    let first = records.first()?;
    let WorkflowEvent::RunStarted {
        run,
        version,
        workflow,
        file,
        ..
    } = &first.event
    else {
        return None;
    };
    let mut row = WorkflowRun {
        run: run.clone(),
        workflow: workflow.clone(),
        file: file.clone(),
        version: version.clone(),
        started_ms: first.at_ms,
        ..WorkflowRun::default()
    };
    let mut states: BTreeMap<&str, StepState> = BTreeMap::new();
    for record in records {
        row.last_ms = record.at_ms;
        match &record.event {
            WorkflowEvent::RunResumed { repeated, .. } => {
                row.resumed += 1;
                (row.state, row.error) = (None, None);
                states.retain(|name, state| {
                    let step = name.split(['/', '.']).next().unwrap_or(name);
                    *state == StepState::Succeeded && repeated.iter().all(|it| it != step)
                });
            }
            WorkflowEvent::RunRestarted { .. } => states.clear(),
            WorkflowEvent::StepFinished { step, end } => {
                states.insert(step, end.state);
            }
            WorkflowEvent::StepSkipped { step, .. } => {
                states.insert(step, StepState::Skipped);
            }
            WorkflowEvent::RunFinished { state, error } => {
                (row.state, row.error) = (Some(*state), error.clone());
            }
            WorkflowEvent::RunStarted { .. }
            | WorkflowEvent::RunQueued { .. }
            | WorkflowEvent::WorkflowRead { .. }
            | WorkflowEvent::StepQueued { .. }
            | WorkflowEvent::StepStarted { .. }
            | WorkflowEvent::StepRetrying { .. }
            | WorkflowEvent::PoolResized { .. } => {}
        }
    }
    for state in states.values() {
        *row.steps.entry(state.name().to_owned()).or_insert(0) += 1;
    }
    Some(row)
}
