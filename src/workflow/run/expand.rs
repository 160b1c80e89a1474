//! Steps that are made of parts: the items of a list, and what [nested workflows](super::nested) share with them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::compile::{self, Compiler};
use super::ground::{Done, Trouble};
use super::prepare::value;
use super::record::StepRecord;
use super::runner::Runner;
use super::sheet::{Item, Sheet};
use super::unit::{Ending, Entry, Parts, Unit, results};
use crate::flow::{Cause, ErrorRules, Input, Phase, Scheduler, ScopeIndex, Task, TaskIndex, Terms};
use crate::model::workflow_event::StepState;
use crate::workflow::definition::{ForEach, StepKind};

/// Items of one list, at most.
const MOST_ITEMS: usize = 1_000_000;

impl Runner {
    /// Makes the parts of a step that begins, if it has any.
    pub(super) fn expand(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        let unit = &self.entries[task.place()].unit;
        let (sheet, place, is_item) = match unit {
            Unit::Step { sheet, place } => (*sheet, *place, false),
            Unit::Item { sheet, place, .. } => (*sheet, *place, true),
            Unit::Handler { .. } => return,
        };
        let step = self.sheets[sheet].step(place);
        let expanded = match (&step.for_each, &step.kind) {
            (Some(each), _) if !is_item => {
                let each = each.clone();
                self.expand_list(task, (sheet, place), &each, flow)
            }
            (_, StepKind::Workflow(config)) => {
                let config = config.clone();
                self.expand_workflow(task, sheet, &config, flow)
            }
            _ => return,
        };
        match expanded {
            Ok(()) => self.tell_if_over(task, flow),
            Err(fault) => self.entries[task.place()].fault = Some(fault),
        }
    }

    pub(super) fn begin_parts(&mut self, task: TaskIndex, scope: ScopeIndex, nested: Option<usize>) {
        let (end, heard) = oneshot::channel();
        let parts = Parts {
            scope,
            end: Some(end),
            heard: Some(heard),
            tasks: Vec::new(),
            nested,
        };
        self.parts.insert(task, parts);
    }

    fn expand_list(
        &mut self,
        task: TaskIndex,
        (sheet_place, place): (usize, usize),
        each: &ForEach,
        flow: &mut Scheduler,
    ) -> Result<(), String> {
        let sheet = &self.sheets[sheet_place];
        let items = value(&each.items, &sheet.view(None, Default::default()))?;
        let items = match items {
            Value::Array(items) if items.len() <= MOST_ITEMS => items,
            Value::Array(items) => {
                return Err(format!(
                    "its list has {} items; at most {MOST_ITEMS} can run",
                    items.len()
                ));
            }
            other => return Err(format!("its items are no list but {other}")),
        };
        let rules = ErrorRules {
            keep_going: true,
            cancel_all: false,
        };
        let scope = flow.scope(task, rules).map_err(|error| error.to_string())?;
        // Instances of what is no workflow are counted over all runs.
        let step = sheet.step(place);
        let of_workflows = step
            .parallel
            .max_concurrency
            .filter(|_| !sheet.instances.contains_key(&place));
        let most = each
            .max_concurrency
            .or(of_workflows)
            .map(|it| flow.pool(u64::from(it.get())));
        let part = Task {
            // What waits for the list waits for each of its items.
            expected: flow.remaining(task),
            ..self.part(sheet_place, place, scope, most)
        };
        self.begin_parts(task, scope, None);
        let (name, parent) = (self.name(task), task);
        for (index, value) in items.into_iter().enumerate() {
            let item = Item {
                name: each.item_name().to_owned(),
                value,
                index,
            };
            let unit = Unit::Item {
                sheet: sheet_place,
                place,
                parent,
                item,
            };
            let added = self.add(format!("{name}/{index}"), unit, &part, flow)?;
            if let Some(parts) = self.parts.get_mut(&task) {
                parts.tasks.push(added);
            }
        }
        Ok(())
    }

    /// The task of one item: what the step takes, alone to blame for its failure.
    fn part(
        &self,
        sheet: usize,
        place: usize,
        scope: ScopeIndex,
        most: Option<crate::flow::PoolIndex>,
    ) -> Task {
        let sheet = &self.sheets[sheet];
        let step = sheet.step(place);
        let compiler = self.compiler(sheet, scope);
        Task {
            demand: compiler.demand_of_part(step, most),
            priority: step.priority,
            terms: Terms {
                isolate_errors: true,
                is_conditional: false,
                timeout: None,
                ..compile::terms(step, &sheet.workflow)
            },
            scope,
            survives: compile::survives(step),
            ..Task::default()
        }
    }

    pub(super) fn compiler<'a>(&'a self, sheet: &'a Sheet, scope: ScopeIndex) -> Compiler<'a> {
        Compiler {
            workflow: &sheet.workflow,
            places: &sheet.places,
            order: &sheet.order,
            pools: &sheet.pools,
            breakers: &sheet.breakers,
            caps: &sheet.caps,
            instances: &sheet.instances,
            scope,
            prefix: &sheet.prefix,
            expected: &self.surroundings.expected,
        }
    }

    /// Adds a task with what is known of it. What an earlier process finished is restored at once.
    pub(super) fn add(
        &mut self,
        name: String,
        unit: Unit,
        task: &Task,
        flow: &mut Scheduler,
    ) -> Result<TaskIndex, String> {
        let record = StepRecord {
            is_tolerated: task.terms.continue_on_error,
            ..StepRecord::default()
        };
        let earlier = self.finished.get(&name).cloned();
        let task = Task {
            held: earlier.is_some(),
            ..task.clone()
        };
        let index = flow.add(&task).map_err(|error| error.to_string())?;
        self.entries.push(Entry {
            unit,
            name,
            record,
            fault: None,
            told_wait: Default::default(),
        });
        let record = self.record_mut(index);
        record.task = Some(index);
        record.is_tolerated = task.terms.continue_on_error;
        if let Some(end) = earlier {
            record.end = Some(end);
            flow.take(Duration::ZERO, Input::Restored(index));
        }
        Ok(index)
    }

    /// Adds the steps of a sheet that are wanted, each after those it waits for.
    pub(super) fn add_steps(
        &mut self,
        sheet: usize,
        is_wanted: &dyn Fn(usize) -> bool,
        flow: &mut Scheduler,
    ) -> Result<Vec<TaskIndex>, String> {
        let sequence = self.sheets[sheet].order.sequence().to_vec();
        let mut tasks = vec![None; sequence.len()];
        let mut added = Vec::new();
        let parent = self.sheets[sheet].parent;
        let behind = parent.map_or(Duration::ZERO, |it| flow.remaining(it));
        for place in sequence.into_iter().filter(|it| is_wanted(*it)) {
            let own = &self.sheets[sheet];
            let mut task = self.compiler(own, own.scope).task(place, &tasks);
            if flow.max_running() == 1 {
                // One after the other, nothing is gained by another order than that of the file.
                task.expected = Duration::ZERO;
            } else if own.order.successors(place).is_empty() {
                // What waits for the whole waits for the last of its steps.
                task.expected += behind;
            }
            let name = own.name(place);
            let index = self.add(name, Unit::Step { sheet, place }, &task, flow)?;
            tasks[place] = Some(index);
            added.push(index);
        }
        Ok(added)
    }

    /// Tells the step that a part belongs to when all parts are over.
    pub(super) fn tell_parent(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        let parent = match &self.entries[task.place()].unit {
            Unit::Item { parent, .. } => Some(*parent),
            Unit::Step { sheet, .. } | Unit::Handler { sheet, .. } => self.sheets[*sheet].parent,
        };
        if let Some(parent) = parent {
            self.tell_if_over(parent, flow);
        }
    }

    fn tell_if_over(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        let Some(parts) = self.parts.get(&task) else {
            return;
        };
        if !flow.is_scope_over(parts.scope) {
            return;
        }
        let done = self.done_of(parts);
        if let Some(sheet) = parts.nested
            && self.handle_end_of_sheet(sheet, &ending_of(&done, flow.phase(task)), flow)
        {
            // Its handlers are parts too.
            return;
        }
        if let Some(end) = self.parts.get_mut(&task).and_then(|it| it.end.take()) {
            // A step that was dropped hears nothing more, and needs not.
            let _ = end.send(done);
        }
    }

    /// What a step leaves whose parts are over.
    fn done_of(&self, parts: &Parts) -> Done {
        let failed: Vec<TaskIndex> = parts
            .tasks
            .iter()
            .copied()
            .filter(|it| !self.record(*it).is_success())
            .collect();
        if let Some(first) = failed.iter().find(|it| self.is_to_blame(**it)).or(failed.first()) {
            let record = self.record(*first);
            let why = record
                .end
                .as_ref()
                .and_then(|it| it.error.clone())
                .or(record.skipped.clone());
            let text = format!(
                "{} of {} parts did not succeed, the first is {}: {}",
                failed.len(),
                parts.tasks.len(),
                self.name(*first),
                why.unwrap_or_default()
            );
            let trouble = if record.was_refused {
                Trouble::Refused
            } else {
                Trouble::Other
            };
            return Done::failed(trouble, text);
        }
        let mut done = Done::default();
        match parts.nested {
            Some(sheet) => done.left.outputs = self.outputs_of(sheet),
            None => {
                let values = parts.tasks.iter().map(|it| self.result_of(*it)).collect();
                done.left.outputs = BTreeMap::from([results(values)]);
            }
        }
        done
    }

    fn is_to_blame(&self, task: TaskIndex) -> bool {
        matches!(
            self.record(task).state(),
            Some(StepState::Failed | StepState::TimedOut)
        )
    }

    /// The outputs of all steps of a nested workflow, by step.
    fn outputs_of(&self, sheet: usize) -> BTreeMap<String, Value> {
        let sheet = &self.sheets[sheet];
        let steps = sheet.workflow.steps.iter().zip(&sheet.records);
        steps
            .filter_map(|(step, record)| Some((step, record.end.as_ref()?)))
            .filter(|(_, end)| !end.outputs.is_empty())
            .map(|(step, end)| {
                (
                    step.id.0.clone(),
                    Value::Object(end.outputs.clone().into_iter().collect()),
                )
            })
            .collect()
    }

    /// What an item gave: its outputs, or what it printed if it has none.
    fn result_of(&self, task: TaskIndex) -> Value {
        match &self.record(task).end {
            Some(end) if end.outputs.is_empty() => Value::String(end.output.clone()),
            Some(end) => Value::Object(end.outputs.clone().into_iter().collect()),
            None => Value::Null,
        }
    }
}

/// How a nested workflow has ended whose step stands so; its handlers go by that.
fn ending_of(done: &Done, phase: Option<Phase>) -> Ending {
    Ending {
        state: match phase {
            _ if done.trouble.is_none() => StepState::Succeeded,
            Some(Phase::Stopping(Cause::Limit(_) | Cause::RunTimedOut)) => StepState::TimedOut,
            Some(Phase::Stopping(_)) => StepState::Cancelled,
            _ => StepState::Failed,
        },
        error: done.left.error.clone().unwrap_or_default(),
    }
}
