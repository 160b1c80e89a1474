//! What a task of the flow is to the run: a step, a part of one, or a handler.

use serde_json::Value;
use tokio::sync::oneshot;

use super::ground::Done;
use super::record::StepRecord;
use super::sheet::Item;
use super::waits::ToldWait;
use crate::flow::{ScopeIndex, TaskIndex};
use crate::model::workflow_event::StepState;
use crate::workflow::definition::ScriptConfig;

/// A task of the flow.
#[derive(Clone, Debug)]
pub(super) enum Unit {
    /// The step at `place` of a sheet.
    Step { sheet: usize, place: usize },
    /// One item of a step's list.
    Item {
        sheet: usize,
        place: usize,
        parent: TaskIndex,
        item: Item,
    },
    /// What is done after a step or a workflow ended.
    Handler {
        sheet: usize,
        /// The step that it belongs to; `None` is the workflow.
        place: Option<usize>,
        config: ScriptConfig,
        after: Ending,
    },
}

/// How a step or a workflow ended, as its handlers are told.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) state: StepState,
    /// What went wrong; empty if nothing did.
    pub(super) error: String,
}

impl Unit {
    pub(super) fn sheet(&self) -> usize {
        match self {
            Unit::Step { sheet, .. } | Unit::Item { sheet, .. } | Unit::Handler { sheet, .. } => *sheet,
        }
    }

    pub(super) fn item(&self) -> Option<&Item> {
        match self {
            Unit::Item { item, .. } => Some(item),
            Unit::Step { .. } | Unit::Handler { .. } => None,
        }
    }
}

/// A task with what is known of it. The records of steps stand in their sheets, where expressions see them.
pub(super) struct Entry {
    pub(super) unit: Unit,
    pub(super) name: String,
    pub(super) record: StepRecord,
    /// Why it cannot begin, found before it did.
    pub(super) fault: Option<String>,
    pub(super) told_wait: ToldWait,
}

/// The parts of a task that runs.
pub(super) struct Parts {
    pub(super) scope: ScopeIndex,
    /// Where the end of them all is told.
    pub(super) end: Option<oneshot::Sender<Done>>,
    /// How the attempt of the task hears of it.
    pub(super) heard: Option<oneshot::Receiver<Done>>,
    /// What the parts left, in their order.
    pub(super) tasks: Vec<TaskIndex>,
    /// Whether the parts are the steps of a nested workflow, and of which sheet.
    pub(super) nested: Option<usize>,
}

/// The outputs of items as the outputs of their step.
pub(super) fn results(values: Vec<Value>) -> (String, Value) {
    ("results".to_owned(), Value::Array(values))
}
