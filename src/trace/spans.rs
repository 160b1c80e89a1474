//! When each attempt of each task ran, on the run's own clock: time in which no process worked on
//! the run, between a crash and its resumption, is left out. Times of a journal that somebody made up
//! may be of any size; sums stop at the greatest number.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::event::{Event, Record, Stage, TaskId};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanEnd {
    /// Well.
    Finished,
    /// Badly, with the reason.
    Failed(String),
    /// Its process died, or it still runs.
    Open,
}

/// One attempt of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Span {
    /// The task.
    pub task: TaskId,
    /// Its stage.
    pub stage: Stage,
    /// From 1.
    pub attempt: u32,
    /// Microseconds from the beginning of the run; whole milliseconds.
    pub start_us: u64,
    /// Microseconds that it took.
    pub elapsed_us: u64,
    /// How it ended.
    pub end: SpanEnd,
}

/// All attempts of a run, and what the tasks waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spans {
    /// Attempts in the order in which they began.
    pub spans: Vec<Span>,
    /// Tasks in the order in which they were queued, with what each waited for.
    pub after: Vec<(TaskId, Vec<TaskId>)>,
    /// Microseconds from the first to the last record.
    pub total_us: u64,
}

impl Spans {
    /// The spans of `records`, which may end anywhere.
    pub fn of(records: &[Record]) -> Self {
        let mut spans = Self::default();
        let mut stages: BTreeMap<&TaskId, Stage> = BTreeMap::new();
        let mut open: BTreeMap<&TaskId, usize> = BTreeMap::new();
        let mut last_ms = records.first().map_or(0, |it| it.at_ms);
        for record in records {
            if matches!(record.event, Event::RunResumed { .. }) {
                spans.close_open(&mut open);
            } else {
                let passed_ms = u64::try_from(record.at_ms.saturating_sub(last_ms)).unwrap_or(0);
                spans.total_us = spans.total_us.saturating_add(passed_ms.saturating_mul(1000));
            }
            last_ms = record.at_ms;
            match &record.event {
                Event::TaskQueued { task, stage, after } => {
                    // After a crash it is queued again, waiting for the same.
                    let again = stages.insert(task, *stage).is_some();
                    spans
                        .after
                        .extend((!again).then(|| (task.clone(), after.clone())));
                }
                Event::TaskStarted { task, attempt } => {
                    open.insert(task, spans.spans.len());
                    spans.spans.push(Span {
                        task: task.clone(),
                        stage: stages.get(task).copied().unwrap_or(Stage::Index),
                        attempt: *attempt,
                        start_us: spans.total_us,
                        elapsed_us: 0,
                        end: SpanEnd::Open,
                    });
                }
                Event::TaskFinished { task, elapsed_us, .. } => {
                    spans.close(open.remove(task), *elapsed_us, SpanEnd::Finished);
                }
                Event::TaskFailed {
                    task,
                    elapsed_us,
                    reason,
                    ..
                } => spans.close(open.remove(task), *elapsed_us, SpanEnd::Failed(reason.clone())),
                Event::RunStarted { .. }
                | Event::RunResumed { .. }
                | Event::TaskSkipped { .. }
                | Event::ArtefactHanded { .. }
                | Event::GraphLoaded { .. }
                | Event::QualityChecked { .. }
                | Event::ModelCalled { .. }
                | Event::ModelFailed { .. }
                | Event::ModelSwitched { .. }
                | Event::ModelStepped { .. }
                | Event::ModelAdvised { .. }
                | Event::FileWritten { .. }
                | Event::RunFinished { .. } => {}
            }
        }
        spans.close_open(&mut open);
        spans
    }

    /// Microseconds that each task took over all its attempts.
    pub fn time_by_task(&self) -> BTreeMap<&TaskId, u64> {
        let mut times = BTreeMap::new();
        for span in &self.spans {
            let time: &mut u64 = times.entry(&span.task).or_default();
            *time = time.saturating_add(span.elapsed_us);
        }
        times
    }

    fn close(&mut self, place: Option<usize>, elapsed_us: u64, end: SpanEnd) {
        if let Some(span) = place.and_then(|it| self.spans.get_mut(it)) {
            span.elapsed_us = elapsed_us;
            span.end = end;
        }
    }

    /// What ran when its process died ran at least until the last record.
    fn close_open(&mut self, open: &mut BTreeMap<&TaskId, usize>) {
        for place in std::mem::take(open).into_values() {
            let elapsed = self.total_us.saturating_sub(self.spans[place].start_us);
            self.close(Some(place), elapsed, SpanEnd::Open);
        }
    }
}
