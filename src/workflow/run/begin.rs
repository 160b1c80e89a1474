//! Begins a run of a workflow or takes one up again, and sees it through to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::adapt;
use super::compile;
use super::conduct::{conduct, pause};
use super::error::RunError;
use super::ground::{Calls, Ground};
use super::history::{NestedFile, WORKFLOW_JOURNAL, WorkflowHistory, plan_hash, step_of};
use super::mask::Mask;
use super::options::{Again, RunOptions, Surroundings};
use super::prepare::OUTPUTS;
use super::record::StepRecord;
use super::restart::Restarts;
use super::result::WorkflowResult;
use super::runner::{Runner, Watcher};
use super::secrets::{self, Secrets};
use super::sheet::{Places, Sheet, environment_of};
use super::turn::Asking;
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
    let given = Given::of(&request, &parts).await?;
    let asking = Asking::of(&request, &parts.clock)?;
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
    note(&started, &journal, &parts)?;
    Box::pin(perform(request, parts, journal, given, Past::default(), asking)).await
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
    let given = Given::of(&request, &parts).await?;
    let asking = Asking::of(&request, &parts.clock)?;
    let path = request.surroundings.directory.join(WORKFLOW_JOURNAL);
    let (journal, records) =
        Journal::reopen_at(path.clone(), request.options.durability, Arc::clone(&parts.clock))?;
    let history = WorkflowHistory::replay(&records).ok_or(RunError::Foreign { path })?;
    let plan = plan_hash(&request.workflow, &request.options);
    let changed = changed_files(&history);
    let what = match changed.first() {
        _ if plan != history.plan => Some("its plan".to_owned()),
        Some((step, file)) => Some(format!("{}, which step `{step}` runs,", file.display())),
        None => None,
    };
    if let Some(what) = what.filter(|_| !again.force) {
        let run = request.run.to_string();
        return Err(RunError::Changed { run, what });
    }
    let of_changed = changed.iter().map(|it| step_of(it.0).to_owned());
    let asked: Vec<String> = again.repeat.iter().cloned().chain(of_changed).collect();
    let repeated = repeated(&history, &request, &asked);
    let names: BTreeSet<&str> = repeated.iter().map(String::as_str).collect();
    let is_repeated = |name: &str| names.contains(step_of(name));
    let mut past = Past {
        finished: history.succeeded(),
        nested: history.nested,
    };
    past.finished.retain(|name, _| !is_repeated(name));
    past.nested.retain(|name, _| !is_repeated(name));
    forget_outputs(&request.surroundings.directory)?;
    let resumed = WorkflowEvent::RunResumed {
        reused: past.finished.len() as u64,
        plan,
        definition: (request.text != history.definition).then(|| request.text.clone()),
        repeated,
    };
    note(&resumed, &journal, &parts)?;
    Box::pin(perform(request, parts, journal, given, past, asking)).await
}

/// What a workflow is given before anything of it is written down.
struct Given {
    secrets: Arc<Secrets>,
    variables: BTreeMap<String, Value>,
    environment: Arc<BTreeMap<String, String>>,
}

impl Given {
    async fn of(request: &RunRequest, parts: &RunParts) -> Result<Self, RunError> {
        let (workflow, surroundings) = (&request.workflow, &request.surroundings);
        let secrets = secrets::read(workflow, surroundings, &parts.spawner).await?;
        let mut variables = workflow.variables.clone();
        variables.extend(request.options.variables.clone());
        let around = &surroundings.environment;
        let environment = environment_of(workflow, around, &variables, &secrets, &request.run.to_string());
        Ok(Self {
            secrets: Arc::new(secrets),
            variables,
            environment: Arc::new(environment.map_err(RunError::Environment)?),
        })
    }
}

/// What an earlier process left of a run.
#[derive(Default)]
struct Past {
    finished: BTreeMap<String, StepEnd>,
    nested: BTreeMap<String, NestedFile>,
}

/// Writes down what happened, and tells it.
fn note(event: &WorkflowEvent, journal: &Journal, parts: &RunParts) -> Result<(), RunError> {
    journal.write(event)?;
    (parts.watcher)(event);
    Ok(())
}

/// The nested workflows that say something else now, or are gone, with the steps that run them.
fn changed_files(history: &WorkflowHistory) -> Vec<(&str, &Path)> {
    let is_changed = |it: &&(&String, &NestedFile)| {
        fs::read(&it.1.file).map_or(true, |text| ContentHash::of(&text) != it.1.text)
    };
    let nested: Vec<_> = history.nested.iter().collect();
    let changed = nested.iter().filter(is_changed);
    changed
        .map(|(step, it)| (step.as_str(), it.file.as_path()))
        .collect()
}

/// Removes what attempts that were killed wrote for outputs: nobody reads it any more, and secrets may be in it.
fn forget_outputs(directory: &Path) -> Result<(), RunError> {
    let path = directory.join(OUTPUTS);
    match fs::remove_dir_all(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(RunError::Left { path, source }),
        _ => Ok(()),
    }
}

/// Steps that had succeeded and are not taken over: what says something else now, what was asked for, and what waits
/// for either.
fn repeated(history: &WorkflowHistory, request: &RunRequest, asked: &[String]) -> Vec<String> {
    let workflow = &request.workflow;
    // Reading the text of before once more costs as much as all the rest, and mostly it is the same.
    let is_same = request.text == history.definition;
    let unchanged = (!is_same).then(|| history.unchanged_steps(workflow));
    let has_changed = |id: &String| unchanged.as_ref().is_some_and(|it| !it.contains(id));
    let Ok(order) = Order::of(workflow) else {
        return Vec::new();
    };
    let mut repeated = BTreeSet::new();
    for (place, step) in workflow.steps.iter().enumerate() {
        let is_asked = asked.contains(&step.id.0) || has_changed(&step.id.0);
        // What waits for one that is repeated already is so too.
        if is_asked && repeated.insert(place) {
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
    given: Given,
    mut past: Past,
    asking: Option<Asking>,
) -> Result<WorkflowResult, RunError> {
    if let Some(reason) = asking.as_ref().and_then(Asking::waits_for) {
        note(&WorkflowEvent::RunQueued { reason }, &journal, &parts)?;
    }
    let turn = match asking {
        Some(asking) => asking.come(&parts.cancel).await?,
        None => None,
    };
    let (journal, mut restarts) = (Arc::new(journal), Restarts::default());
    let (began_us, began) = ((parts.clock)(), Instant::now());
    loop {
        let mut flow = Scheduler::new(compile::rules(&request, began.elapsed()));
        let kept = (Arc::clone(&journal), past, restarts);
        let runner = prepared(&request, &parts, &given, kept, &mut flow)?;
        let (flow, mut runner) = conduct(flow, runner, &parts, turn.as_ref()).await;
        if let Some(event) = runner.begins_again.take() {
            // The pause ends with the time of the run. Then, and when the user stops it, it begins again all the
            // same, for what was done counts no more, and ends at once, with its handlers.
            let left = compile::time_left(&request.workflow, began.elapsed()).unwrap_or(Duration::MAX);
            pause(runner.restarts.pause().min(left), &parts.cancel).await;
            if runner.write(&event).is_ok() {
                (past, restarts) = (Past::default(), runner.restarts);
                continue;
            }
        }
        let elapsed_us = u64::try_from((parts.clock)() - began_us).unwrap_or(0);
        return Ok(concluded(runner, flow, elapsed_us));
    }
}

/// What performs `flow`, which gets the steps that are wanted.
fn prepared(
    request: &RunRequest,
    parts: &RunParts,
    given: &Given,
    (journal, past, restarts): (Arc<Journal>, Past, Restarts),
    flow: &mut Scheduler,
) -> Result<Runner, RunError> {
    let wanted = wanted_steps(&request.workflow, &request.options);
    let ground = Ground {
        spawner: parts.spawner.clone(),
        directory: request.surroundings.directory.clone(),
        mask: Mask::of(given.secrets.values()),
        calls: parts.calls.clone(),
    };
    let mut runner = Runner {
        ground: Arc::new(ground),
        sheets: Vec::new(),
        entries: Vec::new(),
        parts: BTreeMap::new(),
        journal,
        watcher: Arc::clone(&parts.watcher),
        finished: past.finished,
        nested: past.nested,
        unrecorded: None,
        followers: Vec::new(),
        overloaded: 0,
        clock: Arc::clone(&parts.clock),
        restarts,
        begins_again: None,
        options: request.options.clone(),
        surroundings: request.surroundings.clone(),
    };
    runner.add_root(request, given, flow)?;
    let is_wanted = |place| wanted.contains(&place);
    runner.add_steps(0, &is_wanted, flow).map_err(RunError::Plan)?;
    let pools = &runner.sheets[0].pools;
    runner.followers = adapt::followers(&request.workflow, |name| pools.get(name).copied());
    Ok(runner)
}

/// The result of a run that is over, after its end was written down.
fn concluded(mut runner: Runner, mut flow: Scheduler, elapsed_us: u64) -> WorkflowResult {
    let result = runner.result(&mut flow, elapsed_us);
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
    fn add_root(
        &mut self,
        request: &RunRequest,
        given: &Given,
        flow: &mut Scheduler,
    ) -> Result<(), RunError> {
        let workflow = &request.workflow;
        let order = Order::of(workflow).map_err(|_| RunError::Plan("they wait for each other".to_owned()))?;
        let sheet = Sheet {
            prefix: String::new(),
            parent: None,
            scope: ScopeIndex::default(),
            environment: Arc::clone(&given.environment),
            secrets: Arc::clone(&given.secrets),
            variables: given.variables.clone(),
            pools: compile::pools(workflow, flow, &request.surroundings, &BTreeMap::new())?,
            caps: Vec::new(),
            instances: compile::instances(workflow, flow, &request.surroundings)?,
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
}

/// Where a run keeps its journal.
pub fn journal_of(directory: &Path) -> PathBuf {
    directory.join(WORKFLOW_JOURNAL)
}
