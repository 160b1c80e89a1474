//! Sizes that suit a workflow, found by simulating it with the durations that were recorded.
//!
//! Durations in, proposals out: nothing here reads a journal or changes a setting. [`Experience`] learns how
//! long steps take and how long they waited; [`tune`] runs the scheduler itself in virtual time over candidate
//! sizes and proposes, limit by limit, the smallest with which the run is within 5 % of the best it can be,
//! and never slower than with the sizes that it has.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::flow::{
    AddError, Demand, Dependency, ErrorRules, PoolUse, Rules, Scheduler, Task, TaskIndex, Terms, simulate,
};

/// How much longer than the best a proposal may take, as a share of the best.
const NEAR: f64 = 0.05;

/// Samples of a step that are remembered; the oldest go first.
const REMEMBERED: usize = 32;

/// What is known of steps from earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experience(BTreeMap<String, Vec<Sample>>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    took: Duration,
    waited: Duration,
}

/// What a step is expected to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Median of the times from its start to its end.
    pub takes: Duration,
    /// Median of the times that it could have started and did not.
    pub waits: Duration,
    /// Runs that this is known from.
    pub runs: usize,
}

impl Experience {
    /// Takes in one run of a step that ended well.
    pub fn learn(&mut self, step: &str, took: Duration, waited: Duration) {
        let samples = self.0.entry(step.to_owned()).or_default();
        if samples.len() == REMEMBERED {
            samples.remove(0);
        }
        samples.push(Sample { took, waited });
    }

    /// All steps that ran, by name, with what they are expected to do.
    pub fn steps(&self) -> impl Iterator<Item = (&str, Expected)> {
        self.0.keys().filter_map(|it| Some((it.as_str(), self.of(it)?)))
    }

    /// What the step is expected to do; `None` if it never ran.
    pub fn of(&self, step: &str) -> Option<Expected> {
        let samples = self.0.get(step)?;
        Some(Expected {
            takes: median(samples.iter().map(|it| it.took).collect()),
            waits: median(samples.iter().map(|it| it.waited).collect()),
            runs: samples.len(),
        })
    }
}

/// The lower one of two in the middle.
fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}

/// A step as far as its time is concerned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TunedStep {
    /// Places of the steps it waits for, all before its own.
    pub after: Vec<usize>,
    /// How long it takes once it has started.
    pub takes: Duration,
    /// See [`Task::priority`].
    pub priority: i32,
    /// Places of the pools it takes from, and how much.
    pub pools: Vec<(usize, u64)>,
    /// Whether nothing else runs beside it.
    pub is_alone: bool,
    /// Whether it holds no place while it runs, because it is made of parts.
    pub is_whole: bool,
}

/// A limit that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunedPool {
    /// What it is called.
    pub name: String,
    /// Its size now.
    pub size: u64,
    /// The largest that may be proposed.
    pub most: u64,
}

/// What is to be tuned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TunedPlan {
    /// The steps, each after those that it waits for.
    pub steps: Vec<TunedStep>,
    /// Steps that may run at once now.
    pub max_concurrency: usize,
    /// The most that may be proposed.
    pub most_concurrency: usize,
    /// The pools.
    pub pools: Vec<TunedPool>,
}

/// The sizes of all limits of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Steps that may run at once.
    pub max_concurrency: usize,
    /// Sizes of the pools, in their order.
    pub pools: Vec<u64>,
}

/// A run in virtual time.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    /// From the first start to the last end.
    pub makespan: Duration,
    /// The most steps that ran at once.
    pub peak: usize,
    /// What was seen of the pools.
    pub pools: Vec<PoolUse>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// With the sizes that the plan has.
    pub now: Rehearsal,
    /// With those proposed.
    pub proposed: Rehearsal,
    /// The shortest makespan with any sizes that were tried.
    pub best: Duration,
    /// What to change; empty if the plan suits.
    pub changes: Vec<Change>,
    /// The sizes with all changes made.
    pub sizes: Sizes,
}

/// One limit to be set otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
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

/// Runs the plan in virtual time with these sizes.
pub fn rehearse(plan: &TunedPlan, sizes: &Sizes) -> Result<Rehearsal, AddError> {
    let mut flow = Scheduler::new(Rules {
        max_running: sizes.max_concurrency,
        errors: ErrorRules {
            keep_going: true,
            cancel_all: false,
        },
        ..Rules::default()
    });
    let pools: Vec<_> = sizes.pools.iter().map(|it| flow.pool(*it)).collect();
    let mut places: Vec<TaskIndex> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let units = step.pools.iter();
        let task = Task {
            after: step
                .after
                .iter()
                .filter_map(|it| places.get(*it))
                .map(|it| Dependency::on(*it))
                .collect(),
            demand: Demand {
                units: units
                    .filter_map(|(pool, units)| Some((*pools.get(*pool)?, *units)))
                    .collect(),
                slot: !step.is_whole,
                alone: step.is_alone,
                ..Demand::default()
            },
            priority: step.priority,
            expected: step.takes,
            terms: Terms {
                isolate_errors: true,
                ..Terms::default()
            },
            ..Task::default()
        };
        places.push(flow.add(&task)?);
    }
    let mut takes = |task: TaskIndex| plan.steps.get(task.place()).map_or(Duration::ZERO, |it| it.takes);
    let makespan = simulate(&mut flow, &mut takes);
    Ok(Rehearsal {
        makespan,
        peak: flow.extent().1,
        pools: pools.iter().filter_map(|it| flow.pool_use(*it)).collect(),
    })
}

/// The longest way through the plan, which no sizes can shorten, and the places of its steps, the first in front.
pub fn critical_path(plan: &TunedPlan) -> (Duration, Vec<usize>) {
    let mut ends: Vec<(Duration, Option<usize>)> = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let earlier = step.after.iter().filter(|it| **it < ends.len());
        let before = earlier.max_by_key(|it| ends[**it].0).copied();
        let begins = before.map_or(Duration::ZERO, |it| ends[it].0);
        ends.push((begins + step.takes, before));
    }
    let last = (0..ends.len()).max_by_key(|it| ends[*it].0);
    let mut way: Vec<usize> = std::iter::successors(last, |it| ends[*it].1).collect();
    way.reverse();
    (last.map_or(Duration::ZERO, |it| ends[it].0), way)
}

/// Proposes sizes for the limits of the plan.
///
/// Cost: a simulation for each candidate of each limit, about 8 + 4 log₂ of the largest size each.
pub fn tune(plan: &TunedPlan) -> Result<Tuning, AddError> {
    let current = Sizes {
        max_concurrency: plan.max_concurrency.max(1),
        pools: plan.pools.iter().map(|it| it.size).collect(),
    };
    let now = rehearse(plan, &current)?;
    let mut sizes = Sizes {
        max_concurrency: plan.most_concurrency.max(1),
        pools: plan.pools.iter().map(|it| it.most.max(1)).collect(),
    };
    let widest = rehearse(plan, &sizes)?;
    // More room can be slower (Graham 1969), so what there is may be the best.
    let best = widest.makespan.min(now.makespan);
    let goal = best.mul_f64(1.0 + NEAR).min(now.makespan);
    let mut tuned = Tuning {
        proposed: now.clone(),
        best,
        changes: Vec::new(),
        sizes: current.clone(),
        now,
    };
    if widest.makespan > goal {
        return Ok(tuned);
    }
    let mut proposed = widest;
    for limit in 0..=plan.pools.len() {
        for candidate in candidates(size(&sizes, limit)) {
            let mut tried = sizes.clone();
            set(&mut tried, limit, candidate);
            let rehearsal = rehearse(plan, &tried)?;
            if rehearsal.makespan <= goal {
                (sizes, proposed) = (tried, rehearsal);
                break;
            }
        }
    }
    for limit in 0..=plan.pools.len() {
        if size(&sizes, limit) != size(&current, limit) {
            tuned
                .changes
                .push(change(plan, limit, &current, &sizes, &proposed)?);
        }
    }
    (tuned.sizes, tuned.proposed) = (sizes, proposed);
    Ok(tuned)
}

/// The limit at a place: the steps at once, then the pools.
fn size(sizes: &Sizes, limit: usize) -> u64 {
    match limit.checked_sub(1) {
        None => sizes.max_concurrency as u64,
        Some(pool) => sizes.pools.get(pool).copied().unwrap_or(1),
    }
}

fn set(sizes: &mut Sizes, limit: usize, to: u64) {
    match limit.checked_sub(1) {
        None => sizes.max_concurrency = usize::try_from(to).unwrap_or(usize::MAX),
        Some(pool) => {
            if let Some(size) = sizes.pools.get_mut(pool) {
                *size = to;
            }
        }
    }
}

/// All sizes to 8, then four to each doubling, then the largest.
fn candidates(most: u64) -> Vec<u64> {
    let mut sizes: Vec<u64> = (1..=most.min(8)).collect();
    let mut step = 2;
    while let Some(last) = sizes.last().copied().filter(|it| *it < most) {
        if last >= step * 8 {
            step *= 2;
        }
        sizes.push(last.saturating_add(step).min(most));
    }
    sizes
}

/// Says what a change is for: how the run would be without it.
fn change(
    plan: &TunedPlan,
    limit: usize,
    current: &Sizes,
    sizes: &Sizes,
    proposed: &Rehearsal,
) -> Result<Change, AddError> {
    let (from, to) = (size(current, limit), size(sizes, limit));
    let mut without = sizes.clone();
    set(&mut without, limit, from);
    let other = rehearse(plan, &without)?.makespan;
    let takes = proposed.makespan;
    let seconds = |it: Duration| format!("{:.1} s", it.as_secs_f64());
    let why = if to > from {
        format!("{} instead of {} as it is", seconds(takes), seconds(other))
    } else {
        format!("{} is within 5 % of {} as it is", seconds(takes), seconds(other))
    };
    let pool = limit.checked_sub(1).and_then(|it| plan.pools.get(it));
    Ok(Change {
        limit: pool.map_or_else(|| "defaultMaxConcurrency".to_owned(), |it| it.name.clone()),
        is_pool: pool.is_some(),
        from,
        to,
        why,
    })
}

#[cfg(test)]
#[path = "tuning_tests.rs"]
mod tests;
