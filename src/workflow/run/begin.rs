//! Begins a run of a workflow or takes one up again, and sees it through to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::adapt;
use super::compile;
use super::conduct::{conduct, pause};
use super::error::RunError;
use super::ground::{Calls, Ground};
use super::history::{WORKFLOW_JOURNAL, WorkflowHistory, plan_hash, step_of};
use super::mask::Mask;
use super::options::{Again, RunOptions, Surroundings};
use super::record::StepRecord;
use super::restart::Restarts;
use super::result::WorkflowResult;
use super::runner::{Runner, Watcher};
use super::secrets::{self, Secrets};
use super::sheet::{Outside, Places, Sheet};
use super::turn::Turn;
use crate::flow::{Cancel, Scheduler, ScopeIndex};
use crate::model::event::RunState;
use crate::model::id::{ContentHash, RunId};
use crate::model::workflow_event::{StepEnd, WorkflowEvent};
use crate::process::Spawner;
use crate::trace::{Clock, Journal};
use crate::workflow::definition::{Order, StepKind, Workflow};
use crate::workflow::near::near_or_all;

/// A workflow that is to be run.
pub struct RunRequest {
    /// The workflow.
    pub workflow: Workflow,
    /// The text that it was read from.
    pub text: String,
    /// Where that text stands.
    pub file: String,
    /// How to run it.
    pub options: RunOptions,
    /// What it is given.
    pub surroundings: Surroundings,
    /// The run's id.
    pub run: RunId,
}

/// What a run needs from the program around it.
pub struct RunParts {
    /// Starts processes.
    pub spawner: Spawner,
    /// The time.
    pub clock: Clock,
    /// Who performs the steps that are no processes.
    pub calls: Calls,
    /// The user's wish to stop.
    pub cancel: Cancel,
    /// The user's wish to stop at once; of no meaning before `cancel`.
    pub insist: Cancel,
    /// Hears of every event.
    pub watcher: Watcher,
}

/// Runs a workflow in its directory, which exists and holds no run.
///
/// # Errors
/// Nothing of the workflow ran then. What fails later stands in the result.
pub async fn run_workflow(request: RunRequest, parts: RunParts) -> Result<WorkflowResult, RunError> {
    check_run(&request.workflow, &request.options)?;
    let secrets = secrets::read(&request.workflow, &request.surroundings, &parts.spawner).await?;
    let turn = Turn::take(&request, &parts.clock, &parts.cancel).await?;
    let path = request.surroundings.directory.join(WORKFLOW_JOURNAL);
    let journal = Journal::create_at(path, request.options.durability, Arc::clone(&parts.clock))?;
    let options = serde_json::to_string(&request.options).map_err(|it| RunError::Plan(it.to_string()))?;
    let started = WorkflowEvent::RunStarted {
        run: request.run.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        workflow: request.workflow.name.clone(),
        file: request.file.clone(),
        definition: request.text.clone(),
        directory: request.surroundings.base.display().to_string(),
        options,
        plan: plan_hash(&request.workflow, &request.options),
    };
    journal.write(&started)?;
    (parts.watcher)(&started);
    perform(request, parts, journal, secrets, BTreeMap::new(), turn).await
}

/// Takes up a run again: what succeeded is not repeated, unless `again` says so. `request` is what
/// [`WorkflowHistory`] gives back, with the workflow read again.
///
/// # Errors
/// Nothing of the workflow ran then.
pub async fn resume_workflow(
    request: RunRequest,
    parts: RunParts,
    again: Again,
) -> Result<WorkflowResult, RunError> {
    check_run(&request.workflow, &request.options)?;
    check_steps(&request.workflow, &again.repeat)?;
    let secrets = secrets::read(&request.workflow, &request.surroundings, &parts.spawner).await?;
    let turn = Turn::take(&request, &parts.clock, &parts.cancel).await?;
    let path = request.surroundings.directory.join(WORKFLOW_JOURNAL);
    let (journal, records) =
        Journal::reopen_at(path.clone(), request.options.durability, Arc::clone(&parts.clock))?;
    let history = WorkflowHistory::replay(&records).ok_or(RunError::Foreign { path })?;
    let plan = plan_hash(&request.workflow, &request.options);
    let mut finished = history.succeeded();
    if plan != history.plan && !again.force {
        return Err(RunError::Changed {
            run: request.run.to_string(),
            what: "its plan".to_owned(),
        });
    }
    let repeated = repeated(&history, &request.workflow, &again.repeat);
    finished.retain(|name, _| repeated.iter().all(|it| it != step_of(name)));
    let resumed = WorkflowEvent::RunResumed {
        reused: finished.len() as u64,
        plan,
        definition: (request.text != history.definition).then(|| request.text.clone()),
        repeated,
    };
    journal.write(&resumed)?;
    (parts.watcher)(&resumed);
    perform(request, parts, journal, secrets, finished, turn).await
}

/// Steps that had succeeded and are not taken over: what says something else now, what was asked for, and what waits
/// for either.
fn repeated(history: &WorkflowHistory, workflow: &Workflow, asked: &[String]) -> Vec<String> {
    let unchanged = history.unchanged_steps(workflow);
    let Ok(order) = Order::of(workflow) else {
        return Vec::new();
    };
    let mut repeated = BTreeSet::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        if asked.contains(&step.id.0) || !unchanged.contains(&step.id.0) {
            repeated.insert(place);
            repeated.extend(order.descendants(place));
        }
    }
    let begun: BTreeSet<&str> = history.finished.keys().map(|it| step_of(it)).collect();
    let ids = repeated.into_iter().map(|it| &workflow.steps[it].id.0);
    ids.filter(|it| begun.contains(it.as_str())).cloned().collect()
}

/// Whether `workflow` can be run with `options`.
///
/// # Errors
/// The first thing that cannot be.
pub fn check_run(workflow: &Workflow, options: &RunOptions) -> Result<(), RunError> {
    if let Some(service) = workflow
        .steps
        .iter()
        .find(|it| matches!(it.kind, StepKind::Service(_)))
    {
        let step = service.id.0.clone();
        return Err(RunError::Service { step });
    }
    for steps in [&options.only, &options.from, &options.until] {
        check_steps(workflow, steps)?;
    }
    let names = || workflow.variables.keys().map(String::as_str);
    match options
        .variables
        .keys()
        .find(|it| !workflow.variables.contains_key(*it))
    {
        Some(variable) => Err(RunError::UnknownVariable {
            hint: near_or_all(variable, names()),
            variable: variable.clone(),
        }),
        None => Ok(()),
    }
}

fn check_steps(workflow: &Workflow, steps: &[String]) -> Result<(), RunError> {
    let ids = || workflow.steps.iter().map(|it| it.id.0.as_str());
    match steps.iter().find(|step| !ids().any(|it| it == *step)) {
        Some(step) => Err(RunError::UnknownStep {
            step: step.clone(),
            hint: near_or_all(step, ids()),
        }),
        None => Ok(()),
    }
}

async fn perform(
    request: RunRequest,
    parts: RunParts,
    journal: Journal,
    mut secrets: Secrets,
    mut finished: BTreeMap<String, StepEnd>,
    turn: Option<Turn>,
) -> Result<WorkflowResult, RunError> {
    let mut restarts = Restarts::default();
    let journal = Arc::new(journal);
    let began = (parts.clock)();
    loop {
        let kept = (Arc::clone(&journal), secrets, restarts);
        let (flow, runner) = prepared(&request, &parts, kept, finished)?;
        let (flow, mut runner) = conduct(flow, runner, &parts, turn.as_ref()).await;
        if let Some(event) = runner.begins_again.take()
            && pause(runner.restarts.pause(), &parts.cancel).await
            && runner.write(&event).is_ok()
        {
            (secrets, restarts, finished) = (runner.secrets, runner.restarts, BTreeMap::new());
            continue;
        }
        let elapsed_us = u64::try_from((parts.clock)() - began).unwrap_or(0);
        return Ok(concluded(runner, flow, elapsed_us, request.options.strict));
    }
}

/// A flow with the steps that are wanted, and what performs it.
fn prepared(
    request: &RunRequest,
    parts: &RunParts,
    (journal, secrets, restarts): (Arc<Journal>, Secrets, Restarts),
    finished: BTreeMap<String, StepEnd>,
) -> Result<(Scheduler, Runner), RunError> {
    let seed = ContentHash::of(request.run.to_string().as_bytes());
    let seed = u64::from_str_radix(&seed.short()[..8], 16).unwrap_or(0);
    let cores = request.surroundings.cores;
    let mut flow = Scheduler::new(compile::rules(&request.workflow, &request.options, cores, seed));
    let wanted = wanted_steps(&request.workflow, &request.options);
    let ground = Ground {
        spawner: parts.spawner.clone(),
        directory: request.surroundings.directory.clone(),
        mask: Mask::of(secrets.values()),
        calls: parts.calls.clone(),
    };
    let mut runner = Runner {
        ground: Arc::new(ground),
        sheets: Vec::new(),
        entries: Vec::new(),
        parts: BTreeMap::new(),
        journal,
        watcher: Arc::clone(&parts.watcher),
        finished,
        unrecorded: None,
        followers: Vec::new(),
        overloaded: 0,
        clock: Arc::clone(&parts.clock),
        restarts,
        begins_again: None,
        secrets,
        surroundings: request.surroundings.clone(),
    };
    runner.add_root(request, &mut flow)?;
    let is_wanted = |place| wanted.contains(&place);
    runner
        .add_steps(0, &is_wanted, &mut flow)
        .map_err(RunError::Plan)?;
    let pools = &runner.sheets[0].pools;
    runner.followers = adapt::followers(&request.workflow, |name| pools.get(name).copied());
    Ok((flow, runner))
}

/// The result of a run that is over, after its end was written down.
fn concluded(mut runner: Runner, mut flow: Scheduler, elapsed_us: u64, strict: bool) -> WorkflowResult {
    let result = runner.result(&mut flow, elapsed_us, strict);
    let finished = WorkflowEvent::RunFinished {
        state: result.state,
        error: result.error.clone(),
    };
    // What could not be written is in the result already.
    let is_recorded = runner.write(&finished).is_ok() && runner.journal.sync().is_ok();
    if is_recorded || !result.success {
        return result;
    }
    WorkflowResult {
        success: false,
        state: RunState::Failed,
        error: Some("the journal could not be written to its end".to_owned()),
        ..result
    }
}

/// The places of the steps that a run with `options` has.
pub fn wanted_steps(workflow: &Workflow, options: &RunOptions) -> BTreeSet<usize> {
    let all = || (0..workflow.steps.len()).collect();
    if options.only.is_empty() && options.from.is_empty() && options.until.is_empty() {
        return all();
    }
    let Ok(order) = Order::of(workflow) else {
        return all();
    };
    let place = |id: &String| workflow.steps.iter().position(|it| it.id.0 == *id);
    let places = |ids: &[String]| -> Vec<usize> { ids.iter().filter_map(place).collect() };
    let mut wanted: BTreeSet<usize> = places(&options.only).into_iter().collect();
    for step in places(&options.from) {
        wanted.insert(step);
        wanted.extend(order.descendants(step));
    }
    let mut open = places(&options.until);
    while let Some(step) = open.pop() {
        if wanted.insert(step) {
            open.extend(order.predecessors(step));
        }
    }
    wanted
}

impl Runner {
    fn add_root(&mut self, request: &RunRequest, flow: &mut Scheduler) -> Result<(), RunError> {
        let workflow = &request.workflow;
        let order = Order::of(workflow).map_err(|_| RunError::Plan("they wait for each other".to_owned()))?;
        let mut variables = workflow.variables.clone();
        variables.extend(request.options.variables.clone());
        let environment = self
            .environment_of(workflow, &request.surroundings.environment, &variables)
            .map_err(RunError::Plan)?;
        let sheet = Sheet {
            prefix: String::new(),
            parent: None,
            scope: ScopeIndex::default(),
            environment: Arc::new(environment),
            variables,
            pools: compile::pools(workflow, flow, &request.surroundings, &BTreeMap::new())?,
            breakers: compile::breakers(workflow, flow),
            records: vec![StepRecord::default(); workflow.steps.len()],
            run: request.run.to_string(),
            home: request.surroundings.home.clone(),
            has_handled_end: false,
            places: Places::new(workflow),
            order,
            workflow: Arc::new(workflow.clone()),
        };
        self.sheets.push(sheet);
        Ok(())
    }

    /// The environment of a workflow's steps: what is around it, then its own, then its variables.
    pub(super) fn environment_of(
        &self,
        workflow: &Workflow,
        around: &BTreeMap<String, String>,
        variables: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut environment = around.clone();
        for (name, value) in variables {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            environment.insert(format!("WORKFLOW_VAR_{name}"), text);
        }
        let outside = Outside {
            variables,
            environment: &environment,
            workflow,
            secrets: &self.secrets,
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
}

/// Where a run keeps its journal.
pub fn journal_of(directory: &std::path::Path) -> PathBuf {
    directory.join(WORKFLOW_JOURNAL)
}
