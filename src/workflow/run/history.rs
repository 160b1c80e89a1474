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
    /// Steps that could begin and do not, with what they wait for.
    pub waiting: BTreeMap<String, String>,
    /// Steps that pause after a failed attempt, with the time of the next one at the earliest.
    pub resting: BTreeMap<String, i64>,
    /// The files that were read as nested workflows, by the name of the step.
    pub nested: BTreeMap<String, NestedFile>,
    /// What the run as a whole waits for, if it does.
    pub queued: Option<String>,
    /// How often it was taken up again.
    pub resumed: u32,
    /// How it ended, if it has.
    pub state: Option<RunState>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A file that a step read as the workflow that it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedFile {
    /// Where it is.
    pub file: PathBuf,
    /// SHA-256 of its text.
    pub text: ContentHash,
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
            waiting: BTreeMap::new(),
            resting: BTreeMap::new(),
            nested: BTreeMap::new(),
            queued: None,
            resumed: 0,
            state: None,
            error: None,
        };
        rest.iter().for_each(|it| history.apply(it));
        Some(history)
    }

    fn apply(&mut self, record: &Record<WorkflowEvent>) {
        self.last_ms = record.at_ms;
        self.queued = None;
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
                self.forget_running();
                let repeated: BTreeSet<&str> = repeated.iter().map(String::as_str).collect();
                let is_repeated = |name: &str| repeated.contains(step_of(name));
                self.finished
                    .retain(|name, end| end.state == StepState::Succeeded && !is_repeated(name));
                self.nested.retain(|name, _| !is_repeated(name));
            }
            WorkflowEvent::RunQueued { reason } => self.queued = Some(reason.clone()),
            WorkflowEvent::WorkflowRead { step, file, text } => {
                let nested = NestedFile {
                    file: PathBuf::from(file),
                    text: text.clone(),
                };
                nested.replaces(step, &mut self.finished, &mut self.nested);
            }
            WorkflowEvent::RunRestarted { .. } => {
                self.finished.clear();
                self.nested.clear();
                self.forget_running();
            }
            WorkflowEvent::StepQueued { step, reason } => {
                self.resting.remove(step);
                self.waiting.insert(step.clone(), reason.clone());
            }
            WorkflowEvent::StepStarted { step, .. } => {
                self.begun(step);
                self.running.insert(step.clone(), record.at_ms);
            }
            WorkflowEvent::StepRetrying { step, pause_us, .. } => {
                self.running.remove(step);
                let pause_ms = i64::try_from(pause_us / 1000).unwrap_or(i64::MAX);
                let next_ms = record.at_ms.saturating_add(pause_ms);
                self.resting.insert(step.clone(), next_ms);
            }
            WorkflowEvent::StepFinished { step, end } => {
                self.begun(step);
                self.running.remove(step);
                self.finished.insert(step.clone(), end.clone());
            }
            WorkflowEvent::StepSkipped { step, reason } => {
                self.begun(step);
                self.skipped.insert(step.clone(), reason.clone());
            }
            WorkflowEvent::RunFinished { state, error } => {
                self.state = Some(*state);
                self.error = error.clone();
            }
            WorkflowEvent::RunStarted { .. } | WorkflowEvent::PoolResized { .. } => {}
        }
    }

    /// The step waits no more.
    fn begun(&mut self, step: &str) {
        self.waiting.remove(step);
        self.resting.remove(step);
    }

    /// What goes on or is left out begins anew.
    fn forget_running(&mut self) {
        self.running.clear();
        self.waiting.clear();
        self.resting.clear();
        self.skipped.clear();
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

impl NestedFile {
    /// Takes the place of what `step` read before. If that said something else, what its parts left is forgotten.
    pub(super) fn replaces(
        self,
        step: &str,
        finished: &mut BTreeMap<String, StepEnd>,
        nested: &mut BTreeMap<String, NestedFile>,
    ) {
        if nested.get(step).is_some_and(|it| it.text != self.text) {
            finished.retain(|name, _| !is_within(name, step));
        }
        nested.insert(step.to_owned(), self);
    }
}

/// Whether `name` is a part of `step`.
fn is_within(name: &str, step: &str) -> bool {
    name.strip_prefix(step).is_some_and(|it| it.starts_with('/'))
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
