//! Steps that run another workflow: its file is read when the step begins, and its steps become parts of the step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::compile;
use super::history::NestedFile;
use super::prepare::{render, values};
use super::record::StepRecord;
use super::runner::Runner;
use super::secrets::{self, Secrets};
use super::sheet::{Places, Sheet, environment_of};
use crate::flow::{PoolIndex, Scheduler, TaskIndex};
use crate::model::id::ContentHash;
use crate::model::workflow_event::WorkflowEvent;
use crate::workflow::definition::{
    ErrorAction, Order, Pool, PoolScope, StepKind, Workflow, WorkflowConfig, load,
};

/// Workflows within workflows, at most.
const DEEPEST: usize = 8;

/// A workflow that was read to be nested, and what it is given.
struct Inner {
    workflow: Workflow,
    order: Order,
    home: PathBuf,
    variables: BTreeMap<String, Value>,
}

impl Runner {
    /// Makes the steps of the workflow that a step runs.
    pub(super) fn expand_workflow(
        &mut self,
        task: TaskIndex,
        outer: usize,
        config: &WorkflowConfig,
        flow: &mut Scheduler,
    ) -> Result<(), String> {
        let inner = self.read_inner(task, outer, config)?;
        let sheet = &self.sheets[outer];
        let secrets = secrets::read_nested(&inner.workflow, &inner.home, &sheet.environment)?;
        let environment = environment_of(
            &inner.workflow,
            &sheet.environment,
            &inner.variables,
            &secrets,
            &sheet.run,
        )?;
        // A pool that the outer workflow has too is the same pool.
        let pools = compile::pools(&inner.workflow, flow, &self.surroundings, &sheet.pools);
        let pools = pools.map_err(|error| error.to_string())?;
        let instances = compile::instances(&inner.workflow, flow, &self.surroundings);
        let instances = instances.map_err(|error| error.to_string())?;
        let mut caps = sheet.caps.clone();
        let most = compile::said_at_once(&inner.workflow, &self.options, self.surroundings.cores);
        caps.extend(most.map(|it| flow.pool(it as u64)));
        let rules = compile::error_rules(&inner.workflow, None);
        let scope = flow.scope(task, rules).map_err(|error| error.to_string())?;
        if let Some(limit) = inner.workflow.timeout {
            flow.limit_attempt(task, limit.0);
        }
        let run = sheet.run.clone();
        self.keep_out(&secrets);
        self.sheets.push(Sheet {
            prefix: format!("{}/", self.name(task)),
            parent: Some(task),
            scope,
            environment: Arc::new(environment),
            secrets: Arc::new(secrets),
            variables: inner.variables,
            breakers: compile::breakers(&inner.workflow, flow),
            pools,
            caps,
            instances,
            records: vec![StepRecord::default(); inner.workflow.steps.len()],
            has_handled_end: false,
            places: Places::new(&inner.workflow),
            run,
            home: inner.home,
            order: inner.order,
            workflow: Arc::new(inner.workflow),
        });
        let place = self.sheets.len() - 1;
        self.begin_parts(task, scope, Some(place));
        let added = self.add_steps(place, &|_| true, flow)?;
        if let Some(parts) = self.parts.get_mut(&task) {
            parts.tasks = added;
        }
        Ok(())
    }

    /// Reads the workflow that a step runs, and writes down which it was.
    fn read_inner(
        &mut self,
        task: TaskIndex,
        outer: usize,
        config: &WorkflowConfig,
    ) -> Result<Inner, String> {
        let name = self.name(task);
        if name.matches('/').count() >= DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} workflows deep"));
        }
        let sheet = &self.sheets[outer];
        let view = sheet.view(self.entries[task.place()].unit.item(), Default::default());
        let path = render(&config.path, &view)?;
        let given = values(&config.variables, &view)?;
        let file = sheet.home.join(&path);
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        let workflow = load(&text, &path).map_err(|faults| faults.to_string())?.workflow;
        if let Some(fault) = unfit(&workflow, &sheet.pools) {
            return Err(format!("{path} cannot run within another workflow: {fault}"));
        }
        let order = Order::of(&workflow).map_err(|_| format!("the steps of {path} wait for each other"))?;
        let mut variables: BTreeMap<String, Value> = workflow.variables.clone();
        if let Value::Object(given) = given {
            variables.extend(given);
        }
        let home = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let text = ContentHash::of(text.as_bytes());
        let event = WorkflowEvent::WorkflowRead {
            step: name.clone(),
            file: file.display().to_string(),
            text: text.clone(),
        };
        // What an earlier process finished of another text is no part of this one.
        NestedFile { file, text }.replaces(&name, &mut self.finished, &mut self.nested);
        self.write(&event)
            .map_err(|_| "the journal could not be written".to_owned())?;
        Ok(Inner {
            workflow,
            order,
            home,
            variables,
        })
    }

    /// Keeps further secrets out of everything that attempts write down from here on.
    fn keep_out(&mut self, secrets: &Secrets) {
        if !secrets.is_empty() {
            let mut ground = (*self.ground).clone();
            ground.mask = ground.mask.with(secrets.values());
            self.ground = Arc::new(ground);
        }
    }
}

/// What a workflow says that holds for whole runs only, and so not within another one with these pools.
fn unfit(workflow: &Workflow, outer: &BTreeMap<String, PoolIndex>) -> Option<String> {
    if workflow.concurrency.is_some() {
        return Some("`concurrency` bounds whole runs; use a pool with `scope: host`".to_owned());
    }
    let mut rules = workflow.on_error.iter();
    if let Some(rule) = rules.find(|it| it.action == ErrorAction::RestartWorkflow) {
        let class = &rule.class;
        return Some(format!(
            "`restartWorkflow` of class `{class}` begins whole runs again; give the outer step an `errorClass`"
        ));
    }
    let adaptive = workflow.parallel.resources.iter().find(|(name, pool)| {
        let adapts = matches!(pool, Pool::Slots(it) if it.adaptive.is_some() && it.scope == PoolScope::Run);
        adapts && !outer.contains_key(*name)
    });
    if let Some((name, _)) = adaptive {
        return Some(format!(
            "pool `{name}` is adaptive, which those of the outermost workflow can be; declare it there"
        ));
    }
    let service = workflow
        .steps
        .iter()
        .find(|it| matches!(it.kind, StepKind::Service(_)))?;
    Some(format!("its step `{}` is a service", service.id.0))
}
