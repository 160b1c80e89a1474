//! Commands about workflow files: nothing is run.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::arguments::{GraphArgument, PlanArguments};
use super::run::options;
use crate::app::workflows::{OpenedWorkflow, WorkflowError};
use crate::app::{self, workflows};
use crate::cli::{Session, exit};
use crate::store::write_whole;
use crate::workflow::definition::{self, Fault, Order, Workflow};
use crate::workflow::run::{RunOptions, check_run};
use crate::workflow::starter::starter;

/// Opens a workflow and tells its warnings.
pub(super) fn open(session: &Session, name: &str) -> anyhow::Result<OpenedWorkflow> {
    let opened = workflows::open_workflow(name, &session.project, &session.directory)?;
    opened.warnings.iter().for_each(|it| session.console.warn(it));
    Ok(opened)
}

fn order(workflow: &Workflow) -> anyhow::Result<Order> {
    Order::of(workflow).map_err(|_| anyhow!("the steps wait for each other"))
}

/// Prints the JSON Schema of workflow files.
pub(super) fn schema(session: &Session) -> anyhow::Result<u8> {
    let text = format!("{:#}\n", definition::schema());
    session.console.bytes(text.as_bytes())?;
    Ok(0)
}

/// A file that was looked through.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validated {
    workflow: String,
    is_valid: bool,
    steps: usize,
    faults: Vec<Fault>,
}

/// Prints all that is wrong with each file; exit code 2 if anything is.
pub(super) fn validate(session: &Session, names: &[String]) -> anyhow::Result<u8> {
    let mut validated = Vec::new();
    for name in names {
        let (steps, faults) = match workflows::open_workflow(name, &session.project, &session.directory) {
            Ok(opened) => {
                opened.warnings.iter().for_each(|it| session.console.warn(it));
                (opened.workflow.steps.len(), Vec::new())
            }
            Err(WorkflowError::Faulty(faults)) => {
                session.console.error(&faults.to_string());
                (0, faults.faults)
            }
            Err(error) => return Err(error.into()),
        };
        validated.push(Validated {
            workflow: name.clone(),
            is_valid: faults.is_empty(),
            steps,
            faults,
        });
    }
    let valid = || validated.iter().filter(|it| it.is_valid);
    session.console.result(&validated, |out| {
        valid().try_for_each(|it| writeln!(out, "{}: valid, {} steps", it.workflow, it.steps))
    })?;
    Ok(if valid().count() == validated.len() {
        0
    } else {
        exit::INVALID
    })
}

/// Writes files tidily, or with `check` names those that are not; exit code 1 then.
pub(super) fn fmt(session: &Session, files: &[PathBuf], check: bool) -> anyhow::Result<u8> {
    let mut untidy = Vec::new();
    for file in files {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).with_context(|| name.clone())?;
        let tidy = definition::format(&text, &name).map_err(WorkflowError::from)?;
        if tidy == text {
            continue;
        }
        if !check {
            // Through its real path, so that a link stays one.
            let path = file.canonicalize().with_context(|| name.clone())?;
            write_whole(&path, tidy.as_bytes()).with_context(|| name.clone())?;
        }
        untidy.push(name);
    }
    let word = if check { "is not tidy" } else { "written" };
    session.console.result(&untidy, |out| {
        untidy.iter().try_for_each(|it| writeln!(out, "{it}: {word}"))
    })?;
    Ok(if check && !untidy.is_empty() {
        exit::FAILED
    } else {
        0
    })
}

/// Draws a workflow.
pub(super) fn graph(session: &Session, name: &str, format: GraphArgument) -> anyhow::Result<u8> {
    let workflow = open(session, name)?.workflow;
    let format = if session.console.json {
        GraphArgument::Json
    } else {
        format
    };
    let drawn = definition::graph(&workflow, &order(&workflow)?, format.format());
    session.console.stream(|out| out.write_all(drawn.as_bytes()))?;
    Ok(0)
}

/// Prints what a run would do.
pub(super) fn plan(session: &Session, arguments: &PlanArguments) -> anyhow::Result<u8> {
    let opened = open(session, &arguments.workflow)?;
    let options = options(session, &opened.workflow, &arguments.choice)?;
    if !arguments.simulate {
        return print_plan(session, &opened.workflow, &options);
    }
    check_run(&opened.workflow, &options).map_err(WorkflowError::from)?;
    let output = session.output(&arguments.place);
    let simulated = workflows::simulate_workflow(&opened.workflow, &options, &output, app::cores())?;
    if arguments.apply && !simulated.changes.is_empty() {
        workflows::apply_sizes(&opened, &simulated)?;
    }
    session.console.result(&simulated, |out| {
        workflows::write_simulated(&simulated, out)?;
        match arguments.apply && !simulated.changes.is_empty() {
            true => writeln!(out, "{}: written", opened.name),
            false => Ok(()),
        }
    })?;
    Ok(0)
}

/// Prints what a run with these options would do.
pub(super) fn print_plan(session: &Session, workflow: &Workflow, options: &RunOptions) -> anyhow::Result<u8> {
    check_run(workflow, options).map_err(WorkflowError::from)?;
    let plan = workflows::plan_workflow(workflow, options, app::cores())?;
    session
        .console
        .result(&plan, |out| workflows::write_workflow_plan(&plan, out))?;
    Ok(0)
}

/// Prints what happens if a step fails.
pub(super) fn explain(session: &Session, name: &str, step: &str) -> anyhow::Result<u8> {
    let workflow = open(session, name)?.workflow;
    let place = workflow.steps.iter().position(|it| it.id.0 == step);
    let place = place.ok_or_else(|| {
        let ids: Vec<&str> = workflow.steps.iter().map(|it| it.id.0.as_str()).collect();
        anyhow!("{name} has no step `{step}`; it has {}", ids.join(", "))
    })?;
    let explanation = definition::explain(&workflow, &order(&workflow)?, place);
    session
        .console
        .result(&explanation, |out| write!(out, "{explanation}"))?;
    Ok(0)
}

/// Writes a new workflow file.
pub(super) fn new(session: &Session, name: &str, template: &str) -> anyhow::Result<u8> {
    let is_safe = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    if name.is_empty() || !name.chars().all(is_safe) {
        return Err(anyhow!(
            "`{name}` cannot name a file; use letters, digits, `-` and `_`"
        ));
    }
    let assets = session.project.assets.as_ref();
    let assets = app::assets(assets.map(|it| session.project.directory.join(it)).as_deref());
    let text = starter(&assets, template)?;
    let named: Vec<String> = text
        .split_inclusive('\n')
        .map(|line| match line.starts_with("name:") {
            true => format!("name: {name}\n"),
            false => line.to_owned(),
        })
        .collect();
    let path = session.directory.join(format!("{name}.yaml"));
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut it| it.write_all(named.concat().as_bytes()));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    let file = format!("{name}.yaml");
    session.console.result(&file, |out| {
        writeln!(out, "{file}\n\nNext: gaai workflow run {file}")
    })?;
    Ok(0)
}

/// Lists the workflow files of a directory.
pub(super) fn list(session: &Session, directory: Option<PathBuf>) -> anyhow::Result<u8> {
    let usual = || {
        let folder = PathBuf::from("workflows");
        if folder.is_dir() {
            folder
        } else {
            PathBuf::from(".")
        }
    };
    let directory = directory.unwrap_or_else(usual);
    let found = workflows::list_workflows(&directory)?;
    session.console.result(&found, |out| {
        if found.is_empty() {
            return writeln!(out, "No workflows in {}.", directory.display());
        }
        found.iter().try_for_each(|it| match &it.name {
            None => writeln!(out, "{}: not valid, {} faults", it.file, it.faults),
            Some(name) => {
                let version = it.version.as_deref().unwrap_or("no version");
                let schedule = match it.schedule.as_slice() {
                    [] => String::new(),
                    rules => format!(", at {}", rules.join("; ")),
                };
                writeln!(
                    out,
                    "{}: {name}, {version}, {} steps{schedule}",
                    it.file, it.steps
                )
            }
        })
    })?;
    Ok(0)
}
