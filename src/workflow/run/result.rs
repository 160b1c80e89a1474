//! What a run of a workflow gives: the names of seed 002, and what people ask next.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::runner::Runner;
use crate::flow::{Scheduler, TaskIndex, micros};
use crate::model::event::RunState;
use crate::model::workflow_event::StepState;

/// The result of a run. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowResult {
    /// The run's id.
    pub run: String,
    /// Whether no failure was left untolerated and the run was not stopped.
    pub success: bool,
    /// How it ended.
    pub state: RunState,
    /// Every step by id; parts and handlers by `STEP/PART`.
    pub step_results: BTreeMap<String, StepResult>,
    /// Wall time of the run.
    pub execution_time: u64,
    /// What went wrong, the first failing step first.
    pub error: Option<String>,
    /// How the steps ran beside each other.
    pub parallel_stats: ParallelStats,
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepResult {
    /// Whether it succeeded, its failure is tolerated, or it was not wanted.
    pub success: bool,
    /// How it ended.
    pub state: StepState,
    /// What it printed; of a success only.
    pub output: String,
    /// Its outputs by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// What went wrong.
    pub error: Option<String>,
    /// Wall time of all attempts, pauses included.
    pub execution_time: u64,
    /// Its dependency level, from 0.
    pub parallel_group: u32,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Exit code of its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Attempts made.
    pub attempts: u32,
    /// Time it waited for what it takes.
    pub queue_time: u64,
}

/// How the steps of a run ran beside each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParallelStats {
    /// Dependency levels.
    pub total_groups: usize,
    /// The most steps that ever ran at once.
    pub max_concurrent_steps: usize,
    /// Share of each pool's unit-time that was used, 0 to 1.
    pub resource_utilization: BTreeMap<String, f64>,
    /// More about each pool.
    pub pools: BTreeMap<String, PoolStats>,
}

/// What was seen of a pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolStats {
    /// Its size at the end.
    pub size: u64,
    /// The most units held at once.
    pub peak: u64,
    /// Steps that waited for it.
    pub waited: u64,
    /// Their mean wait in milliseconds.
    pub mean_wait_ms: f64,
}

impl Runner {
    /// The result of the run that ended after `elapsed_us`.
    pub(super) fn result(&self, flow: &mut Scheduler, elapsed_us: u64) -> WorkflowResult {
        let mut step_results: BTreeMap<String, StepResult> = BTreeMap::new();
        for place in 0..self.entries.len() {
            if let Some(task) = flow.task_at(place) {
                step_results.insert(self.name(task), self.step_result(task, flow));
            }
        }
        let state = self.state_of_run(flow);
        let success = matches!(state, RunState::Succeeded | RunState::PartiallySucceeded);
        WorkflowResult {
            run: self.sheets[0].run.clone(),
            success,
            state,
            error: self.error(flow, state),
            step_results,
            execution_time: elapsed_us / 1000,
            parallel_stats: self.stats(flow),
        }
    }

    /// How the run stands or ended.
    pub(super) fn state_of_run(&self, flow: &Scheduler) -> RunState {
        let first = flow.first_failure();
        match flow.state() {
            RunState::PartiallySucceeded if self.options.strict => RunState::Failed,
            RunState::Failed if first.is_some_and(|it| self.record(it).was_refused) => RunState::Stopped,
            state => state,
        }
    }

    fn step_result(&self, task: TaskIndex, flow: &Scheduler) -> StepResult {
        let record = self.record(task);
        let end = record.end.as_ref();
        StepResult {
            success: record.is_success(),
            state: record.state().unwrap_or(StepState::Cancelled),
            output: end.map(|it| it.output.clone()).unwrap_or_default(),
            outputs: end.map(|it| it.outputs.clone()).unwrap_or_default(),
            error: end.and_then(|it| it.error.clone()),
            execution_time: end.map_or(0, |it| it.elapsed_us / 1000),
            parallel_group: flow.level(task),
            reason: record.skipped.clone(),
            exit_code: end.and_then(|it| it.exit_code),
            attempts: end.map_or(record.attempts, |it| it.attempts),
            queue_time: micros(record.queued) / 1000,
        }
    }

    /// The first failing step and the others that failed by themselves; a cancelled sibling is no cause.
    pub(super) fn error(&self, flow: &Scheduler, state: RunState) -> Option<String> {
        match state {
            RunState::Succeeded | RunState::PartiallySucceeded => return None,
            RunState::Cancelled => return Some("the run was cancelled".to_owned()),
            RunState::TimedOut => return Some("the run's time limit was reached".to_owned()),
            RunState::Failed | RunState::Stopped => {}
        }
        if let Some(error) = &self.unrecorded {
            return Some(format!("the journal could not be written: {error}"));
        }
        let own = (0..self.sheets[0].records.len()).filter_map(|it| self.sheets[0].records[it].task);
        // Without a failure that counts, it is the tolerated ones that strictness does not tolerate.
        let counts = |it: &TaskIndex| {
            let record = self.record(*it);
            matches!(record.state(), Some(StepState::Failed | StepState::TimedOut))
                && (!record.is_success() || flow.first_failure().is_none())
        };
        let failed: Vec<TaskIndex> = own.filter(counts).collect();
        let first = flow.first_failure().or(failed.first().copied());
        let others = failed.into_iter().filter(|it| Some(*it) != first);
        let names: Vec<String> = first.into_iter().chain(others).map(|it| self.name(it)).collect();
        let why = first.and_then(|it| self.record(it).end.as_ref()?.error.clone());
        let why = why.map_or_else(String::new, |it| format!("; {}: {it}", names[0]));
        Some(format!("Failed steps: {}{why}", names.join(", ")))
    }

    fn stats(&self, flow: &mut Scheduler) -> ParallelStats {
        let (total_groups, max_concurrent_steps) = flow.extent();
        let mut resource_utilization = BTreeMap::new();
        let mut pools = BTreeMap::new();
        for (name, index) in &self.sheets[0].pools {
            if let Some(seen) = flow.pool_use(*index) {
                resource_utilization.insert(name.clone(), seen.utilisation());
                let mean_wait_ms = seen.waited_us as f64 / seen.waited.max(1) as f64 / 1e3;
                let stats = PoolStats {
                    size: seen.size,
                    peak: seen.peak,
                    waited: seen.waited,
                    mean_wait_ms,
                };
                pools.insert(name.clone(), stats);
            }
        }
        ParallelStats {
            total_groups,
            max_concurrent_steps,
            resource_utilization,
            pools,
        }
    }
}
