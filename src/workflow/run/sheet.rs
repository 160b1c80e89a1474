//! One workflow that is being run, with what its expressions may see.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::record::StepRecord;
use super::secrets::{self, Secrets};
use crate::flow::{BreakerIndex, PoolIndex, ScopeIndex, TaskIndex};
use crate::workflow::definition::{Order, Step, StepKind, Workflow};
use crate::workflow::expression::{Reference, Scope, Standing, StepField};

/// A workflow with the state of its run: that of the run itself, or one nested in a step.
pub(super) struct Sheet {
    pub(super) workflow: Arc<Workflow>,
    pub(super) order: Order,
    pub(super) places: Places,
    /// In front of the names of its steps: empty, or the step that it is nested in with a `/`.
    pub(super) prefix: String,
    /// The step that it is nested in.
    pub(super) parent: Option<TaskIndex>,
    pub(super) scope: ScopeIndex,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) environment: Arc<BTreeMap<String, String>>,
    pub(super) secrets: Arc<Secrets>,
    pub(super) pools: BTreeMap<String, PoolIndex>,
    /// What every task in it holds a unit of: how many may run at once in it and in what it is nested in.
    pub(super) caps: Vec<PoolIndex>,
    /// What every instance of a step holds a unit of, by step.
    pub(super) instances: BTreeMap<usize, PoolIndex>,
    pub(super) breakers: BTreeMap<String, BreakerIndex>,
    pub(super) records: Vec<StepRecord>,
    pub(super) run: String,
    /// The directory of its file.
    pub(super) home: PathBuf,
    /// Whether the handlers of its end have been added.
    pub(super) has_handled_end: bool,
}

/// Where the steps of a workflow stand in its file.
pub(super) struct Places {
    by_id: BTreeMap<String, usize>,
    /// By step, the conditions that decide whether it runs, each with whether it runs when they hold.
    choosers: BTreeMap<usize, Vec<(usize, bool)>>,
}

impl Places {
    pub(super) fn new(workflow: &Workflow) -> Self {
        let ids = workflow.steps.iter().enumerate();
        let by_id: BTreeMap<String, usize> = ids.map(|(place, it)| (it.id.0.clone(), place)).collect();
        let mut choosers: BTreeMap<usize, Vec<(usize, bool)>> = BTreeMap::new();
        for (place, step) in workflow.steps.iter().enumerate() {
            if let StepKind::Condition(config) = &step.kind {
                for (list, when) in [(&config.on_true, true), (&config.on_false, false)] {
                    for chosen in list.0.iter().filter_map(|it| by_id.get(it)) {
                        choosers.entry(*chosen).or_default().push((place, when));
                    }
                }
            }
        }
        Self { by_id, choosers }
    }

    pub(super) fn of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn choosers(&self, place: usize) -> &[(usize, bool)] {
        self.choosers.get(&place).map_or(&[], Vec::as_slice)
    }
}

/// An item of a step's list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) index: usize,
}

/// What an expression of a step sees.
pub(super) struct View<'a> {
    pub(super) sheet: &'a Sheet,
    item: Option<&'a Item>,
    standing: Standing,
}

impl Sheet {
    pub(super) fn step(&self, place: usize) -> &Step {
        &self.workflow.steps[place]
    }

    /// The name of a step in events, logs and messages.
    pub(super) fn name(&self, place: usize) -> String {
        format!("{}{}", self.prefix, self.step(place).id.0)
    }

    /// What expressions in it see.
    pub(super) fn view<'a>(&'a self, item: Option<&'a Item>, standing: Standing) -> View<'a> {
        View {
            sheet: self,
            item,
            standing,
        }
    }

    fn field(&self, id: &str, field: StepField) -> Option<Value> {
        let record = &self.records[self.places.of(id)?];
        let state = record.state()?;
        let conclusion = if record.is_success() {
            "succeeded"
        } else {
            state.name()
        };
        let end = record.end.as_ref();
        match field {
            StepField::Outcome => Some(json!(state.name())),
            StepField::Conclusion => Some(json!(conclusion)),
            StepField::Success => Some(json!(record.is_success())),
            StepField::Output => end.map(|it| json!(it.output)),
            StepField::Outputs => end.map(|it| json!(it.outputs)),
            StepField::Error => end.and_then(|it| it.error.as_ref()).map(|it| json!(it)),
            StepField::ExecutionTime => end.map(|it| json!(it.elapsed_us / 1000)),
            StepField::ExitCode => end.and_then(|it| it.exit_code).map(|it| json!(it)),
            StepField::Attempts => Some(json!(record.attempts)),
            StepField::Reason => record.skipped.as_ref().map(|it| json!(it)),
        }
    }
}

/// What the environment of a workflow may name: nothing of its steps, which have not begun.
struct Outside<'a> {
    variables: &'a BTreeMap<String, Value>,
    environment: &'a BTreeMap<String, String>,
    workflow: &'a Workflow,
    secrets: &'a Secrets,
    run: &'a str,
}

/// The environment of the steps of `workflow`: what is `around` it, then its variables, then its own.
pub(super) fn environment_of(
    workflow: &Workflow,
    around: &BTreeMap<String, String>,
    variables: &BTreeMap<String, Value>,
    secrets: &Secrets,
    run: &str,
) -> Result<BTreeMap<String, String>, String> {
    let mut environment = around.clone();
    for (name, value) in variables {
        environment.insert(format!("WORKFLOW_VAR_{name}"), plain(value));
    }
    let outside = Outside {
        variables,
        environment: &environment,
        workflow,
        secrets,
        run,
    };
    let mut own = BTreeMap::new();
    for (name, template) in &workflow.env {
        let text = template.render(&outside);
        own.insert(
            name.clone(),
            text.map_err(|error| format!("env {name}: {error}"))?,
        );
    }
    environment.extend(own);
    Ok(environment)
}

/// A value as a variable of the environment: a text as it is, anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Scope for Outside<'_> {
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>> {
        match reference {
            Reference::Variable(name) => self.variables.get(name).map(Cow::Borrowed),
            Reference::Environment(name) => self.environment.get(name).map(|it| Cow::Owned(json!(it))),
            Reference::Secret(name) => secrets::value(self.secrets, name).map(|it| Cow::Owned(json!(it))),
            Reference::WorkflowId | Reference::WorkflowName => Some(Cow::Owned(json!(self.workflow.name))),
            Reference::WorkflowVersion => self.workflow.version.as_ref().map(|it| Cow::Owned(json!(it))),
            Reference::RunId => Some(Cow::Owned(json!(self.run))),
            Reference::Step { .. } | Reference::Index | Reference::Item(_) => None,
        }
    }

    fn standing(&self) -> Standing {
        Standing::default()
    }
}

impl Scope for View<'_> {
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>> {
        let owned = match reference {
            Reference::Step { id, field } => self.sheet.field(id, *field),
            Reference::Variable(name) => return self.sheet.variables.get(name).map(Cow::Borrowed),
            Reference::Environment(name) => self.sheet.environment.get(name).map(|it| json!(it)),
            Reference::Secret(name) => secrets::value(&self.sheet.secrets, name).map(|it| json!(it)),
            Reference::Index => self.item.map(|it| json!(it.index)),
            Reference::Item(name) => {
                let item = self.item.filter(|it| it.name == *name || name == "item")?;
                return Some(Cow::Borrowed(&item.value));
            }
            Reference::WorkflowId | Reference::WorkflowName => Some(json!(self.sheet.workflow.name)),
            Reference::WorkflowVersion => self.sheet.workflow.version.as_ref().map(|it| json!(it)),
            Reference::RunId => Some(json!(self.sheet.run)),
        };
        owned.map(Cow::Owned)
    }

    fn standing(&self) -> Standing {
        self.standing
    }
}
