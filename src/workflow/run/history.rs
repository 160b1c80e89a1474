//! What the journal of a workflow's run says about it: a pure fold of its records.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::json;

use super::handlers::owner_of_handler;
use super::options::RunOptions;
use crate::model::event::{Record, RunState};
use crate::model::id::{ContentHash, RunId};
use crate::model::workflow_event::{StepEnd, StepState, WorkflowEvent};
use crate::workflow::definition::{Order, Step, Workflow, load};

/// Name of the journal of a workflow's run within its directory.
pub const WORKFLOW_JOURNAL: &str = "workflow.jsonl";

/// The fold of a journal; every prefix of one gives a valid history.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowHistory {
    /// The run.
    pub run: RunId,
    /// Name of its workflow.
    pub workflow: String,
    /// The file that it was read from.
    pub file: String,
    /// The text of that file when the run began or was last taken up.
    pub definition: String,
    /// The directory that its scripts start in.
    pub directory: PathBuf,
    /// How it runs.
    pub options: RunOptions,
    /// SHA-256 over what the run does.
    pub plan: ContentHash,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// When the last record was written.
    pub last_ms: i64,
    /// Steps that are over and had begun.
    pub finished: BTreeMap<String, StepEnd>,
    /// Steps that never began, with the reason.
    pub skipped: BTreeMap<String, String>,
    /// Steps with an attempt that has not ended, and when it began.
    pub running: BTreeMap<String, i64>,
    /// How often it was taken up again.
    pub resumed: u32,
    /// How it ended, if it has.
    pub state: Option<RunState>,
    /// What went wrong.
    pub error: Option<String>,
}

impl WorkflowHistory {
    /// The history of `records`; `None` if they do not begin with the beginning of a run.
    pub fn replay(records: &[Record<WorkflowEvent>]) -> Option<Self> {
        let (first, rest) = records.split_first()?;
        let WorkflowEvent::RunStarted {
            run,
            workflow,
            file,
            definition,
            directory,
            options,
            plan,
            ..
        } = &first.event
        else {
            return None;
        };
        let mut history = Self {
            run: run.clone(),
            workflow: workflow.clone(),
            file: file.clone(),
            definition: definition.clone(),
            directory: PathBuf::from(directory),
            options: serde_json::from_str(options).ok()?,
            plan: plan.clone(),
            started_ms: first.at_ms,
            last_ms: first.at_ms,
            finished: BTreeMap::new(),
            skipped: BTreeMap::new(),
            running: BTreeMap::new(),
            resumed: 0,
            state: None,
            error: None,
        };
        rest.iter().for_each(|it| history.apply(it));
        Some(history)
    }

    fn apply(&mut self, record: &Record<WorkflowEvent>) {
        self.last_ms = record.at_ms;
        match &record.event {
            WorkflowEvent::RunResumed {
                plan,
                definition,
                repeated,
                ..
            } => {
                self.resumed += 1;
                if let Some(definition) = definition {
                    self.definition = definition.clone();
                }
                self.plan = plan.clone();
                self.finished = self.succeeded();
                self.state = None;
                self.error = None;
                // What ran died with its process; what was skipped may run now.
                self.running.clear();
                self.skipped.clear();
                self.finished.retain(|name, end| {
                    let is_repeated = repeated.iter().any(|it| it == step_of(name));
                    end.state == StepState::Succeeded && !is_repeated
                });
            }
            WorkflowEvent::RunRestarted { .. } => {
                self.finished.clear();
                self.running.clear();
                self.skipped.clear();
            }
            WorkflowEvent::StepStarted { step, .. } => {
                self.running.insert(step.clone(), record.at_ms);
            }
            WorkflowEvent::StepRetrying { step, .. } => {
                self.running.remove(step);
            }
            WorkflowEvent::StepFinished { step, end } => {
                self.running.remove(step);
                self.finished.insert(step.clone(), end.clone());
            }
            WorkflowEvent::StepSkipped { step, reason } => {
                self.skipped.insert(step.clone(), reason.clone());
            }
            WorkflowEvent::RunFinished { state, error } => {
                self.state = Some(*state);
                self.error = error.clone();
            }
            WorkflowEvent::RunStarted { .. } | WorkflowEvent::PoolResized { .. } => {}
        }
    }

    /// Steps, parts and handlers that succeeded and need not be repeated. A handler is, when that to whose end it
    /// belongs will end again.
    pub fn succeeded(&self) -> BTreeMap<String, StepEnd> {
        let is_good = |end: &StepEnd| end.state == StepState::Succeeded;
        let was_unwanted = |why: &String| why.starts_with("condition:") || why.starts_with("notTriggered:");
        let is_clean = self.state.is_none_or(|it| it == RunState::Succeeded)
            && self.skipped.values().all(was_unwanted)
            && self.finished.values().all(is_good);
        let stands = |name: &str| match owner_of_handler(name) {
            None => true,
            Some("") => is_clean,
            Some(step) => self.finished.get(step).is_some_and(is_good),
        };
        let good = self
            .finished
            .iter()
            .filter(|(name, end)| is_good(end) && stands(name));
        good.map(|(name, end)| (name.clone(), end.clone())).collect()
    }

    /// Ids of the steps of `workflow` that say the same as before, as do all that they come after; none, if what every step sees of the workflow has changed.
    pub fn unchanged_steps(&self, workflow: &Workflow) -> BTreeSet<String> {
        let (Ok(before), Ok(order)) = (load(&self.definition, &self.file), Order::of(workflow)) else {
            return BTreeSet::new();
        };
        let before = before.workflow;
        if before.variables != workflow.variables || before.env != workflow.env {
            return BTreeSet::new();
        }
        let steps = before.steps.iter();
        let old: BTreeMap<&str, ContentHash> = steps.map(|it| (it.id.0.as_str(), step_hash(it))).collect();
        let mut unchanged = vec![false; workflow.steps.len()];
        for &place in order.sequence() {
            let step = &workflow.steps[place];
            unchanged[place] = old.get(step.id.0.as_str()) == Some(&step_hash(step))
                && order.predecessors(place).iter().all(|it| unchanged[*it]);
        }
        let steps = workflow.steps.iter().zip(unchanged);
        steps
            .filter(|it| it.1)
            .map(|(step, _)| step.id.0.clone())
            .collect()
    }
}

/// SHA-256 over what decides which steps there are and what they do: the workflow without what only says how
/// many run at once, and the variables and steps that were asked for.
pub fn plan_hash(workflow: &Workflow, options: &RunOptions) -> ContentHash {
    let steps: Vec<ContentHash> = workflow.steps.iter().map(step_hash).collect();
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let plan = json!([
        workflow.name,
        workflow.variables,
        workflow.env,
        steps,
        options.variables,
        options.only,
        options.from,
        options.until,
    ]);
    ContentHash::of(plan.to_string().as_bytes())
}

/// The step of the workflow itself that `name` is or is a part of.
pub(super) fn step_of(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap_or(name)
}

fn step_hash(step: &Step) -> ContentHash {
    ContentHash::of(serde_json::to_string(step).unwrap_or_default().as_bytes())
}
