//! The figures of a run, counted from its records and from nothing else.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::critical_path::critical_path;
use super::spans::{SpanEnd, Spans};
use crate::model::event::{Event, Record, RunState, Stage, TaskId};

/// How many agents are named as the slowest.
const SLOWEST: usize = 3;

/// What a run took and did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TraceSummary {
    /// The run's id.
    pub trace_id: String,
    /// Records of the journal.
    pub total_events: u64,
    /// How the run ended; `None` when it did not.
    pub state: Option<RunState>,
    /// Times.
    pub performance: Performance,
    /// Calls of models.
    pub model: ModelUsage,
    /// What the agents handed each other.
    pub communication: Communication,
    /// Agents by the time they took, the longest first, at most 3.
    pub slowest: Vec<AgentTime>,
    /// The chain of tasks that took longest, first task first.
    pub critical_path: Vec<PathStep>,
    /// Sum of the chain's times in microseconds.
    pub critical_us: u64,
    /// Sum of all tasks' times divided by the total time: how many ran at once on average. 0 for a
    /// run of less than a millisecond.
    pub parallelism: f64,
}

/// Times of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Performance {
    /// Microseconds from the first to the last record; pauses between processes are left out.
    pub total_us: u64,
    /// Tasks that ended well.
    pub steps_completed: u64,
    /// Total time divided by completed tasks, in microseconds; 0 without one.
    pub average_us: u64,
}

/// Calls of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ModelUsage {
    /// Calls that were answered.
    pub calls: u64,
    /// Calls that were not.
    pub failed: u64,
    /// Their times together in microseconds.
    pub time_us: u64,
    /// Tokens of prompts and replies.
    pub tokens: u64,
    /// Tokens that kept replies saved.
    pub saved_tokens: u64,
    /// Price in USD of the calls whose price is known.
    pub cost_usd: f64,
    /// Calls whose price is not known.
    pub unpriced: u64,
}

impl ModelUsage {
    /// Adds what `event` tells, if it is the end of a call. What a call that failed may have taken counts.
    pub fn count(&mut self, event: &Event) {
        let (tokens, cost_usd) = match event {
            Event::ModelCalled {
                tokens,
                saved_tokens,
                cost_usd,
                elapsed_us,
                ..
            } => {
                self.calls += 1;
                self.time_us = self.time_us.saturating_add(*elapsed_us);
                self.saved_tokens = self.saved_tokens.saturating_add(*saved_tokens);
                (*tokens, *cost_usd)
            }
            Event::ModelFailed { tokens, cost_usd, .. } => {
                self.failed += 1;
                (*tokens, *cost_usd)
            }
            _ => return,
        };
        self.tokens = self.tokens.saturating_add(tokens);
        self.cost_usd += cost_usd.unwrap_or(0.0);
        self.unpriced += u64::from(cost_usd.is_none());
    }
}

/// What the agents handed each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Communication {
    /// Artefacts handed from one task to another.
    pub messages: u64,
    /// Attempts that failed.
    pub errors: u64,
}

/// An agent with the time of all its tasks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentTime {
    /// What people call it.
    pub agent: String,
    /// Microseconds over all attempts of all its tasks.
    pub time_us: u64,
}

/// A task of the critical path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathStep {
    /// The task.
    pub task: TaskId,
    /// Microseconds over all its attempts.
    pub time_us: u64,
}

/// What people call the agent that performs a stage.
pub fn agent_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Vertical => "Vertical Resolver",
        Stage::Schema => "Schema Analyst",
        Stage::Requirements => "Requirements Analyst",
        Stage::UseCases => "Use Case Expert",
        Stage::Templates => "Template Engineer",
        Stage::Execution => "Execution Specialist",
        Stage::Report | Stage::Index => "Reporting Specialist",
    }
}

impl TraceSummary {
    /// The summary of `records`, which may end anywhere.
    pub fn of(records: &[Record]) -> Self {
        Self::with_spans(records, &Spans::of(records))
    }

    /// The same, where the spans of the records are at hand.
    pub(super) fn with_spans(records: &[Record], spans: &Spans) -> Self {
        let mut summary = Self {
            total_events: records.len() as u64,
            ..Self::default()
        };
        records.iter().for_each(|it| summary.count(&it.event));
        let completed = spans
            .spans
            .iter()
            .filter(|it| it.end == SpanEnd::Finished)
            .count() as u64;
        summary.performance = Performance {
            total_us: spans.total_us,
            steps_completed: completed,
            average_us: spans.total_us.checked_div(completed).unwrap_or(0),
        };
        summary.slowest = slowest(spans);
        let times = spans.time_by_task();
        let (path, length) = critical_path(&spans.after, &times);
        summary.critical_us = length;
        summary.critical_path = path
            .into_iter()
            .map(|task| PathStep {
                time_us: times.get(&task).copied().unwrap_or(0),
                task,
            })
            .filter(|it| it.time_us > 0)
            .collect();
        if spans.total_us > 0 {
            let busy: u64 = times.values().sum();
            summary.parallelism = busy as f64 / spans.total_us as f64;
        }
        summary
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::RunStarted { run, .. } => self.trace_id.clone_from(&run.0),
            Event::RunResumed { .. } => self.state = None,
            Event::RunFinished { state } => self.state = Some(*state),
            Event::ModelCalled { .. } | Event::ModelFailed { .. } => self.model.count(event),
            Event::ArtefactHanded { .. } => self.communication.messages += 1,
            Event::TaskFailed { .. } => self.communication.errors += 1,
            Event::TaskQueued { .. }
            | Event::TaskStarted { .. }
            | Event::TaskFinished { .. }
            | Event::TaskSkipped { .. }
            | Event::GraphLoaded { .. }
            | Event::QualityChecked { .. }
            | Event::ModelSwitched { .. }
            | Event::ModelStepped { .. }
            | Event::ModelAdvised { .. }
            | Event::FileWritten { .. } => {}
        }
    }
}

fn slowest(spans: &Spans) -> Vec<AgentTime> {
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for span in &spans.spans {
        let time: &mut u64 = times.entry(agent_name(span.stage)).or_default();
        *time = time.saturating_add(span.elapsed_us);
    }
    let mut agents: Vec<AgentTime> = times
        .into_iter()
        .map(|(agent, time_us)| AgentTime {
            agent: agent.to_owned(),
            time_us,
        })
        .collect();
    // A stable sort, so agents of equal time stay in name order.
    agents.sort_by_key(|it| Reverse(it.time_us));
    agents.truncate(SLOWEST);
    agents
}
