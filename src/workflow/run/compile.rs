//! From the steps of a workflow to tasks of the scheduler.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::flow::{
    BreakerIndex, Demand, Dependency, ErrorRules, On, PoolIndex, Rules, Scheduler, ScopeIndex, Survives,
    Task, Terms, Trigger,
};
use crate::limits::{self, BreakerPolicy};
use crate::model::id::ContentHash;
use crate::process::MOST_SLOTS;
use crate::workflow::definition::{
    Awaited, FailFast, Jitter, Jobs, OnSkipped, Order, Pool, PoolScope, Retry, RetryOn, Step, StepKind,
    Workflow,
};
use crate::workflow::expression::{Condition, Expression, Function};
use crate::workflow::{Platform, Profile, auto_jobs};

use super::begin::RunRequest;
use super::error::RunError;
use super::host_pool::{HostSlots, file_name};
use super::options::{RunOptions, Surroundings};
use super::sheet::Places;

/// What a step is expected to take at least.
const LEAST: Duration = Duration::from_micros(1);

/// Steps that run at once where nobody says.
const MAX_CONCURRENCY: usize = 4;

/// Whether a run with `options` may have steps beside each other.
pub fn is_parallel(workflow: &Workflow, options: &RunOptions) -> bool {
    let said = options.parallel_enabled.or(workflow.parallel.enabled);
    said.unwrap_or(true)
}

/// Steps that a run may have running at once, on a machine with so many cores.
pub fn most_at_once(workflow: &Workflow, options: &RunOptions, cores: Option<usize>) -> usize {
    said_at_once(workflow, options, cores).unwrap_or(MAX_CONCURRENCY)
}

/// The same as far as anybody says so.
pub(super) fn said_at_once(workflow: &Workflow, options: &RunOptions, cores: Option<usize>) -> Option<usize> {
    let jobs = options
        .max_concurrency
        .or(workflow.parallel.default_max_concurrency);
    match jobs {
        _ if !is_parallel(workflow, options) => Some(1),
        Some(Jobs::Count(count)) => Some(count.get() as usize),
        Some(Jobs::Auto) => Some(auto_jobs(Profile::Mixed, cores, Platform::HERE)),
        None => None,
    }
}

/// The rules of a run that has used this much of its time.
pub(super) fn rules(request: &RunRequest, used: Duration) -> Rules {
    let RunRequest {
        workflow,
        options,
        surroundings,
        ..
    } = request;
    let seed = ContentHash::of(request.run.to_string().as_bytes());
    Rules {
        max_running: most_at_once(workflow, options, surroundings.cores).min(surroundings.most_children),
        errors: error_rules(workflow, options.keep_going),
        timeout: time_left(workflow, used),
        seed: u64::from_str_radix(&seed.short()[..8], 16).unwrap_or(0),
        ..Rules::default()
    }
}

/// What is left of the time for a run that has used so much of it; `None` where there is no limit.
pub(super) fn time_left(workflow: &Workflow, used: Duration) -> Option<Duration> {
    workflow.timeout.map(|it| it.0.saturating_sub(used))
}

/// What a failure does to other steps.
pub(super) fn error_rules(workflow: &Workflow, keep_going: Option<bool>) -> ErrorRules {
    ErrorRules {
        keep_going: keep_going.unwrap_or(workflow.parallel.keep_going),
        cancel_all: workflow.parallel.fail_fast == FailFast::CancelAll,
    }
}

/// Makes the pools of a workflow that are not `known` yet, and gives both.
pub(super) fn pools(
    workflow: &Workflow,
    flow: &mut Scheduler,
    surroundings: &Surroundings,
    known: &BTreeMap<String, PoolIndex>,
) -> Result<BTreeMap<String, PoolIndex>, RunError> {
    let mut pools = known.clone();
    for (name, pool) in &workflow.parallel.resources {
        if pools.contains_key(name) {
            continue;
        }
        let index = match pool {
            Pool::Slots(slots) if slots.scope == PoolScope::Host => {
                let size = slots.initial();
                let shared = HostSlots::open(&surroundings.pools.join(file_name(name)), size.get())?;
                flow.shared_pool(u64::from(size.get()), Box::new(shared))
            }
            Pool::Slots(slots) => flow.pool(u64::from(slots.initial().get())),
            Pool::Rate(rate) => flow.rate_pool(rate.rate, rate.per.0),
        };
        pools.insert(name.clone(), index);
    }
    Ok(pools)
}

/// Makes a pool for each step that says how many instances of it run at once: of the host, for runs of the workflow
/// beside each other share it.
pub(super) fn instances(
    workflow: &Workflow,
    flow: &mut Scheduler,
    surroundings: &Surroundings,
) -> Result<BTreeMap<usize, PoolIndex>, RunError> {
    let mut instances = BTreeMap::new();
    let folder = surroundings.pools.join("steps").join(file_name(&workflow.name));
    for (place, step) in workflow.steps.iter().enumerate() {
        // One that only waits for its parts holds nothing.
        let is_workflow = matches!(step.kind, StepKind::Workflow(_));
        if let Some(most) = step.parallel.max_concurrency.filter(|_| !is_workflow) {
            let size = most.get().min(MOST_SLOTS);
            let shared = HostSlots::open(&folder.join(file_name(&step.id.0)), size)?;
            instances.insert(place, flow.shared_pool(u64::from(size), Box::new(shared)));
        }
    }
    Ok(instances)
}

/// Makes one breaker for each key.
pub(super) fn breakers(workflow: &Workflow, flow: &mut Scheduler) -> BTreeMap<String, BreakerIndex> {
    let mut breakers = BTreeMap::new();
    for step in &workflow.steps {
        if let Some(breaker) = &step.breaker {
            let key = breaker.key.clone().unwrap_or_else(|| step.id.0.clone());
            breakers.entry(key).or_insert_with(|| {
                flow.breaker(BreakerPolicy::in_a_row(
                    breaker.failures.get() as usize,
                    breaker.open.0,
                ))
            });
        }
    }
    breakers
}

/// What the tasks of one workflow are made with.
pub(super) struct Compiler<'a> {
    pub(super) workflow: &'a Workflow,
    pub(super) places: &'a Places,
    pub(super) order: &'a Order,
    pub(super) pools: &'a BTreeMap<String, PoolIndex>,
    pub(super) breakers: &'a BTreeMap<String, BreakerIndex>,
    pub(super) caps: &'a [PoolIndex],
    pub(super) instances: &'a BTreeMap<usize, PoolIndex>,
    pub(super) scope: ScopeIndex,
    /// In front of the names of its steps.
    pub(super) prefix: &'a str,
    /// How long steps took in earlier runs, by name.
    pub(super) expected: &'a BTreeMap<String, Duration>,
}

impl Compiler<'_> {
    /// How long the step will take; where nobody knows, so little that only the number of steps counts.
    fn expected(&self, step: &Step) -> Duration {
        let known = match self.prefix {
            "" => self.expected.get(&step.id.0),
            prefix => self.expected.get(&format!("{prefix}{}", step.id.0)),
        };
        known.copied().unwrap_or_default().max(LEAST)
    }

    /// The task of the step at `place`, waiting for `tasks` by place; those that are left out are not waited for.
    pub(super) fn task(&self, place: usize, tasks: &[Option<crate::flow::TaskIndex>]) -> Task {
        let step = &self.workflow.steps[place];
        let mut after: Vec<Dependency> = Vec::new();
        for dependency in &step.depends_on {
            let Some(at) = self.places.of(&dependency.step) else {
                continue;
            };
            if let Some(task) = tasks[at] {
                let on = awaited(dependency.condition, &self.workflow.steps[at]);
                after.push(Dependency {
                    task,
                    on,
                    needs_run: dependency.on_skipped == OnSkipped::Skip,
                });
            }
        }
        // A step that a condition chooses comes after the condition, whether it says so or not.
        for earlier in self.order.predecessors(place) {
            if let Some(task) = tasks[*earlier]
                && !after.iter().any(|it| it.task == task)
            {
                after.push(Dependency::on(task));
            }
        }
        let wish = step.condition.as_ref().map(wish).unwrap_or_default();
        let heeds_failures = after.iter().any(|it| matches!(it.on, On::Failed | On::Completed));
        let survives = if heeds_failures {
            Survives::Failure
        } else {
            Survives::Nothing
        };
        let is_chosen = !self.places.choosers(place).is_empty();
        Task {
            after,
            trigger: wish.trigger,
            survives: wish.survives.max(survives),
            demand: self.demand(step),
            priority: step.priority,
            expected: self.expected(step),
            terms: Terms {
                is_conditional: step.condition.is_some() || is_chosen,
                ..self.terms(step)
            },
            scope: self.scope,
            held: false,
        }
    }

    /// What is done about time and failure of a step as a whole. Attempts are those of its items, if it has a list.
    fn terms(&self, step: &Step) -> Terms {
        let terms = terms(step, self.workflow);
        if step.for_each.is_none() {
            return terms;
        }
        Terms {
            retry: Terms::default().retry,
            retries_timeouts: false,
            attempt_timeout: None,
            queue_timeout: None,
            ..terms
        }
    }

    fn demand(&self, step: &Step) -> Demand {
        let is_made_of_parts = step.for_each.is_some() || matches!(step.kind, StepKind::Workflow(_));
        // A list that took the one trial of its breaker would wait for its items, and they for the trial.
        let breaker = step.breaker.as_ref().filter(|_| step.for_each.is_none());
        let key = breaker.map(|it| it.key.as_deref().unwrap_or(&step.id.0));
        let mut units: Vec<(PoolIndex, u64)> = step
            .weights()
            .into_iter()
            .filter_map(|(name, weight)| Some((*self.pools.get(name)?, u64::from(weight.get()))))
            .collect();
        let place = self.places.of(&step.id.0);
        let instances = place.and_then(|it| self.instances.get(&it));
        units.extend(self.caps.iter().chain(instances).map(|it| (*it, 1)));
        units.sort_unstable();
        Demand {
            // What only waits for its parts holds nothing: they do.
            slot: !is_made_of_parts,
            alone: !step.parallel.enabled && !is_made_of_parts,
            units: if is_made_of_parts { Vec::new() } else { units },
            breaker: key.and_then(|it| self.breakers.get(it)).copied(),
            gate: None,
        }
    }

    /// What one part of a step takes: as the step says, and no more parts at once than it says.
    pub(super) fn demand_of_part(&self, step: &Step, most: Option<PoolIndex>) -> Demand {
        let whole = Step {
            for_each: None,
            ..step.clone()
        };
        let mut demand = self.demand(&whole);
        demand.units.extend(most.map(|it| (it, 1)));
        demand
    }
}

fn awaited(condition: Option<Awaited>, of: &Step) -> On {
    match condition {
        None if of.kind.is_service() => On::Ready,
        None | Some(Awaited::Succeeded) => On::Succeeded,
        Some(Awaited::Failed) => On::Failed,
        Some(Awaited::Completed) => On::Completed,
        Some(Awaited::Started) => On::Started,
        Some(Awaited::Ready | Awaited::Healthy | Awaited::LogReady) => On::Ready,
    }
}

/// In which trouble of the run an item of a step's list still begins. Stopped with its list, it does not.
pub(super) fn survives(step: &Step) -> Survives {
    step.condition
        .as_ref()
        .map_or(Survives::Nothing, |it| wish(it).survives.min(Survives::Halt))
}

/// When a step with a condition wants to be asked.
#[derive(Default)]
struct Wish {
    trigger: Trigger,
    survives: Survives,
}

fn wish(condition: &Condition) -> Wish {
    let mut functions: Vec<Function> = Vec::new();
    condition.expression().visit(&mut |it| {
        if let Expression::Call { function, .. } = it {
            functions.push(*function);
        }
    });
    let asks = |any: &[Function]| any.iter().any(|it| functions.contains(it));
    if asks(&[Function::Always, Function::Cancelled]) {
        Wish {
            trigger: Trigger::Decided,
            survives: Survives::Whole,
        }
    } else if asks(&[Function::Failure, Function::Completed]) {
        Wish {
            trigger: Trigger::Decided,
            survives: Survives::Failure,
        }
    } else {
        Wish::default()
    }
}

/// What is done about time and failure of a step.
pub(super) fn terms(step: &Step, workflow: &Workflow) -> Terms {
    let defaults = &workflow.defaults;
    let retry = step.retry.as_ref().or(defaults.retry.as_ref());
    let attempt = step.kind.timeout().or(defaults.timeout);
    Terms {
        retry: retry.map_or_else(
            || Terms::default().retry,
            |it| limits::Retry {
                max_attempts: it.attempts(),
                ..pauses(it)
            },
        ),
        retries_timeouts: retry.is_some_and(|it| retries_on(it, &RetryOn::Timeout)),
        attempt_timeout: attempt.map(|it| it.0),
        timeout: step.timeout.map(|it| it.0),
        queue_timeout: step.queue_timeout.map(|it| it.0),
        continue_on_error: workflow.tolerates(step),
        isolate_errors: step.is_isolated(),
        is_conditional: step.condition.is_some(),
        counts: true,
    }
}

/// Whether a failure of this kind is tried again; without a list, every one is.
pub(super) fn retries_on(retry: &Retry, failure: &RetryOn) -> bool {
    retry.retry_on.is_empty() || retry.retry_on.contains(failure)
}

fn pauses(retry: &Retry) -> limits::Retry {
    let backoff = retry.waits();
    limits::Retry {
        max_attempts: retry.attempts(),
        base: backoff.initial.0,
        factor: backoff.factor,
        jitter: match backoff.jitter {
            Jitter::None => 0.0,
            Jitter::Full => 1.0,
            Jitter::Share(share) => share,
        },
        cap: backoff.max.0,
        asked_cap: Duration::MAX,
        deadline: Duration::MAX,
    }
}
