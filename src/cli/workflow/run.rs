//! `gaai workflow run`, `resume` and `retry`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::Value;

use super::arguments::{ChoiceArguments, ResumeArguments, RetryArguments, RunArguments};
use super::{files, lines, summary};
use crate::app;
use crate::app::workflows::{
    Launched, WorkflowError, WorkflowFace, WorkflowParts, WorkflowStart, find_workflow_run, launch_workflow,
    take_up_workflow,
};
use crate::cli::Session;
use crate::cli::arguments::ModelArguments;
use crate::cli::exit;
use crate::cli::interrupt::Interrupts;
use crate::cli::models;
use crate::cli::run::{check_run_id, runtime};
use crate::config;
use crate::flow::Cancel;
use crate::model::event::RunState;
use crate::model::id::RunId;
use crate::pipeline::ModelRequest;
use crate::workflow::definition::{Jobs, Workflow, values};
use crate::workflow::run::{Again, RunError, RunOptions, WorkflowResult};

/// Runs a workflow to its end, or prints what that would do.
pub(super) fn run(session: &Session, arguments: RunArguments) -> anyhow::Result<u8> {
    if let Some(run) = &arguments.run_id {
        check_run_id(run)?;
    }
    let workflow = files::open(session, &arguments.workflow)?;
    let options = RunOptions {
        strict: arguments.strict,
        durability: arguments.durability.unwrap_or_default().durability(),
        ..options(session, &workflow.workflow, &arguments.choice)?
    };
    if arguments.dry_run {
        return files::print_plan(session, &workflow.workflow, &options);
    }
    let start = WorkflowStart {
        workflow,
        options,
        run: arguments.run_id.map(RunId),
        output: session.output(&arguments.place),
    };
    carry(session, &arguments.models, |parts, face| {
        launch_workflow(start, parts, face)
    })
}

/// Takes up a run where it stopped.
pub(super) fn resume(session: &Session, arguments: &ResumeArguments) -> anyhow::Result<u8> {
    let again = Again {
        force: arguments.force,
        ..Again::default()
    };
    let directory = find_workflow_run(&session.output(&arguments.run.place), &arguments.run.run)?;
    carry(session, &arguments.models, |parts, face| {
        take_up_workflow(&directory, again, false, parts, face)
    })
}

/// Repeats what failed of a run that has ended.
pub(super) fn retry(session: &Session, arguments: &RetryArguments) -> anyhow::Result<u8> {
    let again = Again {
        force: arguments.force,
        repeat: arguments.step.clone(),
    };
    let directory = find_workflow_run(&session.output(&arguments.run.place), &arguments.run.run)?;
    carry(session, &arguments.models, |parts, face| {
        take_up_workflow(&directory, again, true, parts, face)
    })
}

/// What the flags say over the file.
pub(super) fn options(
    session: &Session,
    workflow: &Workflow,
    choice: &ChoiceArguments,
) -> anyhow::Result<RunOptions> {
    let parallel_enabled = match (choice.sequential, choice.parallel) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    };
    Ok(RunOptions {
        parallel_enabled,
        max_concurrency: choice.jobs.as_deref().map(jobs).transpose()?,
        keep_going: choice.keep_going.then_some(true),
        variables: variables(session, workflow, choice)?,
        until: choice.until.clone(),
        from: choice.from.clone(),
        only: choice.only.clone(),
        ..RunOptions::default()
    })
}

fn jobs(text: &str) -> anyhow::Result<Jobs> {
    let jobs = serde_json::from_value(Value::from(text));
    jobs.map_err(|error| anyhow!("`--jobs {text}` cannot be used: {error}"))
}

/// The variables of `--vars-file`, and over them those of `--var`.
fn variables(
    session: &Session,
    workflow: &Workflow,
    choice: &ChoiceArguments,
) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut variables = BTreeMap::new();
    if let Some(file) = &choice.vars_file {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(session.directory.join(file)).context(name.clone())?;
        variables = values(&text, &name).map_err(WorkflowError::from)?;
    }
    for pair in &choice.var {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| anyhow!("`--var {pair}` sets nothing; write --var NAME=VALUE"))?;
        // Text stays text where the file has text; elsewhere it is what JSON says it is.
        let value = match workflow.variables.get(name) {
            None | Some(Value::String(_)) => Value::from(text),
            Some(_) => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        };
        variables.insert(name.to_owned(), value);
    }
    Ok(variables)
}

/// What the runs of this process are made with.
pub(super) fn parts(session: &Session, models: &ModelArguments) -> anyhow::Result<WorkflowParts> {
    let asked = match models.no_model {
        true => ModelRequest::default(),
        false => models::asked(session, models)?.over(&app::models_of(&session.project)?),
    };
    Ok(WorkflowParts::of_this_process(
        session.environment.clone(),
        session.project.clone(),
        session.directory.clone(),
        asked,
        Arc::new(config::now_us),
    )?)
}

/// Carries a run to its end while telling what happens, and prints what came of it.
fn carry(
    session: &Session,
    models: &ModelArguments,
    start: impl FnOnce(&WorkflowParts, &WorkflowFace) -> Result<Launched, WorkflowError>,
) -> anyhow::Result<u8> {
    let console = &session.console;
    let parts = parts(session, models)?;
    let told = console.clone();
    let face = WorkflowFace {
        cancel: Cancel::default(),
        insist: Cancel::default(),
        watch: Arc::new(move |directory| lines::watcher(&told, directory)),
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let launched = start(&parts, &face)?;
        launched.warnings.iter().for_each(|it| console.warn(it));
        let directory = launched.directory.clone();
        console.note(&format!("run {}", directory.display()));
        let mut finish = std::pin::pin!(launched.finish());
        loop {
            tokio::select! {
                biased;
                () = interrupts.recv() => {
                    if face.cancel.is_cancelled() {
                        console.note("killing what still runs");
                        face.insist.cancel();
                    } else {
                        console.note("stopping: steps are asked to end; press Ctrl-C again to kill them");
                        face.cancel.cancel();
                    }
                }
                result = &mut finish => break match result {
                    // As its file asks for: no failure.
                    Err(WorkflowError::Run(error @ RunError::LeftOut { .. })) => {
                        console.note(&error.to_string());
                        Ok(None)
                    }
                    result => anyhow::Ok(Some((directory, result?))),
                },
            }
        }
    });
    // A call that was given up must not hold the program.
    runtime.shutdown_background();
    let Some((directory, result)) = ended? else {
        return Ok(0);
    };
    let told = Told {
        directory: directory.display().to_string(),
        result: &result,
    };
    console.result(&told, |out| summary::write_result(&result, &directory, out))?;
    if let Some(advice) = advice(&result) {
        console.note(&advice);
    }
    Ok(exit::of_workflow(result.state))
}

/// A result with its place.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    result: &'a WorkflowResult,
    directory: String,
}

/// What may be done about a run that did not succeed.
fn advice(result: &WorkflowResult) -> Option<String> {
    let run = &result.run;
    match result.state {
        RunState::Cancelled | RunState::TimedOut | RunState::Stopped => {
            Some(format!("gaai workflow resume {run} takes it up again"))
        }
        RunState::Failed | RunState::PartiallySucceeded => {
            Some(format!("gaai workflow retry {run} repeats what failed"))
        }
        RunState::Succeeded => None,
    }
}
