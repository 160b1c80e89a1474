//! What sizes of its limits would suit a workflow, by how long its steps took in earlier runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::error::WorkflowError;
use super::experience::experience;
use super::open::OpenedWorkflow;
use crate::store::write_whole;
use crate::workflow::definition::{NewSizes, Order, Pool, PoolScope, Step, StepKind, Workflow, resized};
use crate::workflow::run::{RunOptions, is_parallel, most_at_once, wanted_steps};
use crate::workflow::tuning::{Change, Experience, TunedPlan, TunedPool, TunedStep, critical_path, tune};

/// Earlier runs that are looked at, the latest first.
const MOST_RUNS: usize = 32;

/// What a step is taken to last that never succeeded in an earlier run.
const UNKNOWN: Duration = Duration::from_secs(1);

/// A wait that is worth telling.
const LONG_WAIT: Duration = Duration::from_millis(100);

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
    /// Steps that waited long for room in these runs, and how long.
    pub waits_ms: BTreeMap<String, u64>,
    /// What is not simulated, in words.
    pub left_out: Vec<String>,
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
    pub changes: Vec<Change>,
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
    let wanted = wanted_steps(workflow, options);
    let wanted = order.sequence().iter().copied().filter(|it| wanted.contains(it));
    let (experience, runs) = experience(&workflow.name, output, MOST_RUNS);
    let is_parallel = is_parallel(workflow, options);
    let draft = Draft {
        workflow,
        order: &order,
        sequence: wanted.collect(),
        experience: &experience,
        pools: if is_parallel {
            sized_pools(workflow)
        } else {
            Vec::new()
        },
    };
    let plan = draft.plan(most_at_once(workflow, options, cores), is_parallel);
    let tuning = tune(&plan).map_err(|error| defect(&error))?;
    let (critical, way) = critical_path(&plan);
    let named = |places: &[usize]| places.iter().map(|it| draft.name(*it).to_owned()).collect();
    let all: Vec<usize> = (0..plan.steps.len()).collect();
    let unknown = all
        .iter()
        .copied()
        .filter(|it| experience.of(draft.name(*it)).is_none());
    let waits = all.iter().filter_map(|it| {
        let waits = experience.of(draft.name(*it))?.waits;
        (waits >= LONG_WAIT).then(|| (draft.name(*it).to_owned(), milliseconds(waits)))
    });
    Ok(Simulated {
        runs,
        unknown: named(&unknown.collect::<Vec<_>>()),
        waits_ms: waits.collect(),
        left_out: draft.left_out(is_parallel),
        makespan_ms: milliseconds(tuning.now.makespan),
        proposed_ms: milliseconds(tuning.proposed.makespan),
        best_ms: milliseconds(tuning.best),
        critical_path_ms: milliseconds(critical),
        critical_path: named(&way),
        changes: tuning.changes,
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
    let at_file = |error| WorkflowError::file(file, &error);
    let text = fs::read_to_string(file).map_err(at_file)?;
    let text = resized(&text, &opened.name, &sizes).map_err(|it| WorkflowError::Invalid(it.to_string()))?;
    // Through its real path, so that a link stays one.
    let path = file.canonicalize().map_err(at_file)?;
    write_whole(&path, text.as_bytes()).map_err(at_file)
}

/// The pools that a file can size: what the machine shares, refills by time or follows the load is not among them.
fn sized_pools(workflow: &Workflow) -> Vec<(&str, u64)> {
    let pools = workflow.parallel.resources.iter();
    let sized = pools.filter_map(|(name, pool)| match pool {
        Pool::Slots(slots) if slots.scope == PoolScope::Run && slots.adaptive.is_none() => {
            Some((name.as_str(), u64::from(slots.initial().get())))
        }
        Pool::Slots(_) | Pool::Rate(_) => None,
    });
    sized.collect()
}

/// A plan in the making.
struct Draft<'a> {
    workflow: &'a Workflow,
    order: &'a Order,
    /// The steps of the plan by their place in the file, each after those that it waits for.
    sequence: Vec<usize>,
    experience: &'a Experience,
    /// Names and sizes of the pools of the plan.
    pools: Vec<(&'a str, u64)>,
}

impl Draft<'_> {
    /// The name of the step at a place of the plan.
    fn name(&self, place: usize) -> &str {
        &self.workflow.steps[self.sequence[place]].id.0
    }

    fn step(&self, at: usize, places: &BTreeMap<usize, usize>) -> TunedStep {
        let step = &self.workflow.steps[at];
        let before = self.order.predecessors(at).iter();
        let is_whole = is_whole(step);
        let place_of = |name: &str| self.pools.iter().position(|it| it.0 == name);
        let weights = step.weights().into_iter().filter(|_| !is_whole);
        TunedStep {
            after: before.filter_map(|it| places.get(it).copied()).collect(),
            takes: self.experience.of(&step.id.0).map_or(UNKNOWN, |it| it.takes),
            priority: step.priority,
            pools: weights
                .filter_map(|(pool, weight)| Some((place_of(pool)?, u64::from(weight.get()))))
                .collect(),
            is_alone: !step.parallel.enabled && !is_whole,
            is_whole,
        }
    }

    /// The plan with `now` steps at once; one step after the other, no size changes anything.
    fn plan(&self, now: usize, is_parallel: bool) -> TunedPlan {
        let places = self.sequence.iter().enumerate();
        let places: BTreeMap<usize, usize> = places.map(|(place, at)| (*at, place)).collect();
        let steps: Vec<TunedStep> = self.sequence.iter().map(|it| self.step(*it, &places)).collect();
        let growth = if is_parallel { MOST_GROWTH } else { 1 };
        let demand = |pool: usize| -> u64 {
            let of_steps = steps.iter().flat_map(|it| &it.pools);
            of_steps.filter(|it| it.0 == pool).map(|it| it.1).sum()
        };
        let sized = self
            .pools
            .iter()
            .enumerate()
            .map(|(place, (name, size))| TunedPool {
                name: (*name).to_owned(),
                size: *size,
                most: demand(place).min(size * growth).max(*size),
            });
        let most = steps.len().min(now.saturating_mul(growth as usize)).max(now);
        TunedPlan {
            pools: sized.collect(),
            steps,
            max_concurrency: now,
            most_concurrency: most,
        }
    }

    /// What the plan does not have, in words.
    fn left_out(&self, is_parallel: bool) -> Vec<String> {
        let mut texts = Vec::new();
        if !is_parallel {
            texts.push("steps run one after the other: no size would change anything".to_owned());
        }
        for (name, pool) in &self.workflow.parallel.resources {
            let why = match pool {
                Pool::Rate(_) => "refills by time",
                Pool::Slots(slots) if slots.scope == PoolScope::Host => "is shared by the machine",
                Pool::Slots(slots) if slots.adaptive.is_some() => "follows the load",
                Pool::Slots(_) => continue,
            };
            texts.push(format!("pool {name} {why}, and limits nothing here"));
        }
        for at in &self.sequence {
            let step = &self.workflow.steps[*at];
            if is_whole(step) {
                let id = &step.id.0;
                texts.push(format!(
                    "step {id} is taken as a whole, which holds no place while its parts run"
                ));
            }
        }
        texts
    }
}

/// Whether the step is made of parts.
fn is_whole(step: &Step) -> bool {
    step.for_each.is_some() || matches!(step.kind, StepKind::Workflow(_))
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
    if !simulated.waits_ms.is_empty() {
        let waits = simulated.waits_ms.iter();
        let waits: Vec<String> = waits
            .map(|(step, ms)| format!("{step} {}", seconds(*ms)))
            .collect();
        writeln!(out, "  waited for room: {}", waits.join(", "))?;
    }
    for text in &simulated.left_out {
        writeln!(out, "  not simulated: {text}")?;
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
