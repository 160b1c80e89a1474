//! What sizes of its limits would suit a workflow, by how long its steps took in earlier runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::error::WorkflowError;
use super::find::list_workflow_runs;
use super::open::OpenedWorkflow;
use crate::model::event::Record;
use crate::model::workflow_event::{StepState, WorkflowEvent};
use crate::store::write_whole;
use crate::trace;
use crate::workflow::definition::{NewSizes, Order, Pool, PoolScope, Workflow, resized};
use crate::workflow::run::{RunOptions, journal_of, most_at_once, wanted_steps};
use crate::workflow::tuning::{Experience, TunedPlan, TunedPool, TunedStep, critical_path, tune};

/// Earlier runs that are looked at, the latest first.
const MOST_RUNS: usize = 32;

/// What a step is taken to last that never succeeded in an earlier run.
const UNKNOWN: Duration = Duration::from_secs(1);

/// How much larger than now a limit may be proposed: beyond that, what was recorded says too little.
const MOST_GROWTH: u64 = 4;

/// A workflow as it would run, now and with the sizes that are proposed. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Simulated {
    /// Earlier runs that durations are known from.
    pub runs: usize,
    /// Steps whose duration is not known; each is taken to last a second.
    pub unknown: Vec<String>,
    /// With the sizes that the file has.
    pub makespan_ms: u64,
    /// With those that are proposed.
    pub proposed_ms: u64,
    /// The shortest with any sizes that were tried.
    pub best_ms: u64,
    /// The longest way through the steps: no sizes can be quicker.
    pub critical_path_ms: u64,
    /// The steps of that way.
    pub critical_path: Vec<String>,
    /// What to change; empty if the sizes suit.
    pub changes: Vec<SizeChange>,
}

/// One limit to be set otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SizeChange {
    /// `defaultMaxConcurrency`, or the name of a pool.
    pub limit: String,
    /// Whether it is a pool.
    pub is_pool: bool,
    /// Its size now.
    pub from: u64,
    /// Its proposed size.
    pub to: u64,
    /// What that gains, or why less is enough.
    pub why: String,
}

/// Runs `workflow` in virtual time with what the runs under `output` tell of its steps.
///
/// # Errors
/// The steps wait for each other.
pub fn simulate_workflow(
    workflow: &Workflow,
    options: &RunOptions,
    output: &Path,
    cores: Option<usize>,
) -> Result<Simulated, WorkflowError> {
    let defect =
        |error: &dyn std::fmt::Display| WorkflowError::Invalid(format!("it cannot be simulated: {error}"));
    let order = Order::of(workflow).map_err(|_| defect(&"the steps wait for each other"))?;
    let (experience, runs) = experience(workflow, output);
    let most = most_at_once(workflow, options, cores);
    let (plan, names) = plan_of(
        workflow,
        &order,
        &wanted_steps(workflow, options),
        &experience,
        most,
    );
    let unknown = names.iter().filter(|it| experience.of(it).is_none());
    let tuning = tune(&plan).map_err(|error| defect(&error))?;
    let changes = tuning.changes.iter().map(|it| SizeChange {
        limit: it.limit.clone(),
        is_pool: workflow.parallel.resources.contains_key(&it.limit),
        from: it.from,
        to: it.to,
        why: it.why.clone(),
    });
    Ok(Simulated {
        runs,
        unknown: unknown.cloned().collect(),
        makespan_ms: milliseconds(tuning.now.makespan),
        proposed_ms: milliseconds(tuning.proposed.makespan),
        best_ms: milliseconds(tuning.best),
        critical_path_ms: milliseconds(critical_path(&plan)),
        critical_path: longest_way(&plan, &names),
        changes: changes.collect(),
    })
}

/// Writes what `simulated` proposes into the workflow's file.
///
/// # Errors
/// It has no file, or the file is written in a way that only a person can change.
pub fn apply_sizes(opened: &OpenedWorkflow, simulated: &Simulated) -> Result<(), WorkflowError> {
    let file = opened.file.as_ref().ok_or_else(|| {
        let advice = "gaai brings it along; make one of your own with `gaai workflow new`";
        WorkflowError::Invalid(format!("{} has no file: {advice}", opened.name))
    })?;
    let mut sizes = NewSizes::default();
    for change in &simulated.changes {
        match change.is_pool {
            true => drop(sizes.pools.insert(change.limit.clone(), change.to)),
            false => sizes.max_concurrency = Some(change.to),
        }
    }
    let text = fs::read_to_string(file).map_err(|error| WorkflowError::file(file, &error))?;
    let text = resized(&text, &opened.name, &sizes).map_err(|it| WorkflowError::Invalid(it.to_string()))?;
    write_whole(file, text.as_bytes()).map_err(|error| WorkflowError::file(file, &error))
}

/// What the latest runs of this workflow tell, and how many there are. Runs that cannot be read tell nothing.
fn experience(workflow: &Workflow, output: &Path) -> (Experience, usize) {
    let mut experience = Experience::default();
    let mut found = Vec::new();
    for run in list_workflow_runs(output).into_iter().rev() {
        let records = trace::read_journal(&journal_of(&output.join(run))).unwrap_or_default();
        let is_of_workflow = records.first().is_some_and(|it: &Record<_>| {
            matches!(&it.event, WorkflowEvent::RunStarted { workflow: name, .. } if *name == workflow.name)
        });
        if is_of_workflow {
            found.push(records);
        }
        if found.len() == MOST_RUNS {
            break;
        }
    }
    // The oldest first, because the experience forgets the first.
    for records in found.iter().rev() {
        let mut queued: BTreeMap<&str, u64> = BTreeMap::new();
        for record in records {
            match &record.event {
                WorkflowEvent::StepStarted { step, queued_us, .. } => {
                    *queued.entry(step).or_default() += queued_us;
                }
                WorkflowEvent::StepFinished { step, end } if end.state == StepState::Succeeded => {
                    let waited = queued.get(step.as_str()).copied().unwrap_or(0);
                    let took = Duration::from_micros(end.elapsed_us);
                    experience.learn(step, took, Duration::from_micros(waited));
                }
                _ => {}
            }
        }
    }
    (experience, found.len())
}

/// The wanted steps in an order in which each comes after those it waits for, and their names.
fn plan_of(
    workflow: &Workflow,
    order: &Order,
    wanted: &BTreeSet<usize>,
    experience: &Experience,
    most_now: usize,
) -> (TunedPlan, Vec<String>) {
    let sequence: Vec<usize> = order
        .sequence()
        .iter()
        .copied()
        .filter(|it| wanted.contains(it))
        .collect();
    let places: BTreeMap<usize, usize> = sequence
        .iter()
        .enumerate()
        .map(|(place, at)| (*at, place))
        .collect();
    let slots = workflow
        .parallel
        .resources
        .iter()
        .filter_map(|(name, pool)| match pool {
            // What the machine shares, or follows the load, is not for one workflow to size.
            Pool::Slots(slots) if slots.scope == PoolScope::Run && slots.adaptive.is_none() => {
                Some((name.as_str(), u64::from(slots.initial().get())))
            }
            Pool::Slots(_) | Pool::Rate(_) => None,
        });
    let pools: Vec<(&str, u64)> = slots.collect();
    let place_of_pool = |name: &str| pools.iter().position(|it| it.0 == name);
    let steps = sequence.iter().map(|at| {
        let step = &workflow.steps[*at];
        let before = order.predecessors(*at).iter();
        let weights = step.weights().into_iter();
        TunedStep {
            after: before.filter_map(|it| places.get(it).copied()).collect(),
            takes: experience.of(&step.id.0).map_or(UNKNOWN, |it| it.takes),
            priority: step.priority,
            pools: weights
                .filter_map(|(pool, weight)| Some((place_of_pool(pool)?, u64::from(weight.get()))))
                .collect(),
        }
    });
    let steps: Vec<TunedStep> = steps.collect();
    let demand = |pool: usize| -> u64 {
        let of_steps = steps.iter().flat_map(|it| &it.pools);
        of_steps.filter(|it| it.0 == pool).map(|it| it.1).sum()
    };
    let tuned = pools.iter().enumerate().map(|(place, (name, size))| TunedPool {
        name: (*name).to_owned(),
        size: *size,
        most: demand(place).min(size * MOST_GROWTH).max(*size),
    });
    let most = steps
        .len()
        .min(most_now.saturating_mul(MOST_GROWTH as usize))
        .max(most_now);
    let plan = TunedPlan {
        pools: tuned.collect(),
        steps,
        max_concurrency: most_now,
        most_concurrency: most,
    };
    (
        plan,
        sequence
            .iter()
            .map(|it| workflow.steps[*it].id.0.clone())
            .collect(),
    )
}

/// The steps of the longest way, the first in front.
fn longest_way(plan: &TunedPlan, names: &[String]) -> Vec<String> {
    let mut ends: Vec<(Duration, Option<usize>)> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let before = step.after.iter().max_by_key(|it| ends[**it].0).copied();
        ends.push((
            before.map_or(Duration::ZERO, |it| ends[it].0) + step.takes,
            before,
        ));
    }
    let mut way = Vec::new();
    let mut at = (0..ends.len()).max_by_key(|it| ends[*it].0);
    while let Some(place) = at {
        way.push(names[place].clone());
        at = ends[place].1;
    }
    way.reverse();
    way
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes what was simulated for a person.
pub fn write_simulated(simulated: &Simulated, out: &mut dyn Write) -> io::Result<()> {
    let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1e3);
    writeln!(out, "simulated with durations of {} earlier runs", simulated.runs)?;
    if !simulated.unknown.is_empty() {
        writeln!(out, "  not known, taken as 1 s: {}", simulated.unknown.join(", "))?;
    }
    writeln!(out, "  as it is: {}", seconds(simulated.makespan_ms))?;
    writeln!(out, "  best found: {}", seconds(simulated.best_ms))?;
    writeln!(
        out,
        "  critical path: {}: {}",
        seconds(simulated.critical_path_ms),
        simulated.critical_path.join(" → ")
    )?;
    if simulated.changes.is_empty() {
        return writeln!(out, "  the sizes suit");
    }
    writeln!(out, "  proposed: {}", seconds(simulated.proposed_ms))?;
    for change in &simulated.changes {
        writeln!(
            out,
            "    {}: {} → {}: {}",
            change.limit, change.from, change.to, change.why
        )?;
    }
    Ok(())
}
