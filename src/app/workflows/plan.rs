//! What a run of a workflow would do, without doing it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::workflow::definition::{Order, Pool, PoolScope, Step, Workflow};
use crate::workflow::run::{RunOptions, most_at_once, wanted_steps};

use super::error::WorkflowError;

/// The steps of a run and its limits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowPlan {
    /// The workflow.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Steps that may run at once.
    pub max_concurrency: usize,
    /// Time for the run in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether steps that do not depend on a failed one still run.
    pub keep_going: bool,
    /// Its pools and their sizes, in words.
    pub pools: BTreeMap<String, String>,
    /// Its steps by dependency level; steps that are left out are in none.
    pub groups: Vec<Vec<PlannedStep>>,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// The step.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Steps that it comes directly after.
    pub after: Vec<String>,
    /// Units that it takes of pools.
    pub takes: BTreeMap<String, u32>,
    /// Attempts at most.
    pub attempts: u32,
    /// Time for one attempt in milliseconds.
    pub timeout_ms: Option<u64>,
    /// What must hold for it to run.
    pub condition: Option<String>,
    /// Whether it runs for each item of a list.
    pub for_each: bool,
}

/// The plan of a run with `options` on a machine with so many cores.
///
/// # Errors
/// The steps wait for each other.
pub fn plan_workflow(
    workflow: &Workflow,
    options: &RunOptions,
    cores: Option<usize>,
) -> Result<WorkflowPlan, WorkflowError> {
    let order = Order::of(workflow)
        .map_err(|_| WorkflowError::Invalid("the steps wait for each other".to_owned()))?;
    let wanted = wanted_steps(workflow, options);
    let groups = order.groups().into_iter().map(|group| {
        let steps = group.into_iter().filter(|it| wanted.contains(it));
        steps.map(|it| planned(workflow, &order, it)).collect()
    });
    let pools = workflow.parallel.resources.iter();
    Ok(WorkflowPlan {
        name: workflow.name.clone(),
        version: workflow.version.clone(),
        max_concurrency: most_at_once(workflow, options, cores),
        timeout_ms: workflow.timeout.map(|it| milliseconds(it.0)),
        keep_going: options.keep_going.unwrap_or(workflow.parallel.keep_going),
        pools: pools.map(|(name, it)| (name.clone(), size_of(it))).collect(),
        groups: groups.filter(|it: &Vec<PlannedStep>| !it.is_empty()).collect(),
    })
}

fn planned(workflow: &Workflow, order: &Order, place: usize) -> PlannedStep {
    let step: &Step = &workflow.steps[place];
    let retry = step.retry.as_ref().or(workflow.defaults.retry.as_ref());
    let timeout = step.kind.timeout().or(workflow.defaults.timeout);
    PlannedStep {
        id: step.id.0.clone(),
        kind: step.kind.name().to_owned(),
        after: order
            .predecessors(place)
            .iter()
            .map(|it| workflow.steps[*it].id.0.clone())
            .collect(),
        takes: step
            .weights()
            .into_iter()
            .map(|(pool, weight)| (pool.to_owned(), weight.get()))
            .collect(),
        attempts: retry.map_or(1, |it| it.attempts()),
        timeout_ms: timeout.map(|it| milliseconds(it.0)),
        condition: step.condition.as_ref().map(ToString::to_string),
        for_each: step.for_each.is_some(),
    }
}

fn size_of(pool: &Pool) -> String {
    match pool {
        Pool::Rate(rate) => format!("{} in {:.0} s", rate.rate, rate.per.0.as_secs_f64()),
        Pool::Slots(slots) => {
            let size = slots.bounds().map_or_else(
                || slots.initial().to_string(),
                |it| format!("{} to {}", it.min, it.max),
            );
            match slots.scope {
                PoolScope::Run => size,
                PoolScope::Host => format!("{size} on this machine"),
            }
        }
    }
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes the plan for a person.
pub fn write_workflow_plan(plan: &WorkflowPlan, out: &mut dyn Write) -> io::Result<()> {
    let version = plan.version.as_deref().unwrap_or("");
    let steps: usize = plan.groups.iter().map(Vec::len).sum();
    writeln!(
        out,
        "{} {version}: {steps} steps in {} groups, at most {} at once",
        plan.name,
        plan.groups.len(),
        plan.max_concurrency
    )?;
    for (name, size) in &plan.pools {
        writeln!(out, "  pool {name}: {size}")?;
    }
    if let Some(ms) = plan.timeout_ms {
        writeln!(out, "  time limit: {} s", ms / 1000)?;
    }
    let on_failure = match plan.keep_going {
        true => "steps that do not depend on it still run",
        false => "steps that have not begun are skipped",
    };
    writeln!(out, "  after a failure: {on_failure}")?;
    let width = plan
        .groups
        .iter()
        .flatten()
        .map(|it| it.id.len())
        .max()
        .unwrap_or(0);
    for (number, group) in plan.groups.iter().enumerate() {
        writeln!(out, "group {number}")?;
        for step in group {
            let line = format!("  {:width$}  {:9}  {}", step.id, step.kind, notes(step));
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

fn notes(step: &PlannedStep) -> String {
    let mut notes = Vec::new();
    if !step.after.is_empty() {
        notes.push(format!("after {}", step.after.join(", ")));
    }
    notes.extend(
        step.takes
            .iter()
            .map(|(pool, weight)| format!("takes {weight} of {pool}")),
    );
    if step.attempts > 1 {
        notes.push(format!("up to {} attempts", step.attempts));
    }
    if let Some(ms) = step.timeout_ms {
        notes.push(format!("{} s each", ms as f64 / 1e3));
    }
    if step.for_each {
        notes.push("for each item of a list".to_owned());
    }
    if let Some(condition) = &step.condition {
        notes.push(format!("if {condition}"));
    }
    notes.join("; ")
}
