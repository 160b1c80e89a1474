//! Performs the tasks of a run, and writes down what happens to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::adapt::Follower;
use super::ground::{Done, Ground, Trouble, Work};
use super::history::NestedFile;
use super::options::{RunOptions, Surroundings};
use super::record::StepRecord;
use super::restart::Restarts;
use super::sheet::Sheet;
use super::unit::{Entry, Parts, Unit};
use crate::flow::{
    Action, Cause, End, Halt, Outcome, Perform, Scheduler, SkipReason, Stop, TaskIndex, Unrecorded, micros,
};
use crate::model::workflow_event::{StepEnd, StepState, WorkflowEvent};
use crate::trace::{Clock, Journal, TraceError};
use crate::workflow::definition::Step;
use crate::workflow::expression::Standing;

/// Hears of every event after it was written down.
pub type Watcher = Arc<dyn Fn(&WorkflowEvent) + Send + Sync>;

/// See the module.
pub(super) struct Runner {
    pub(super) ground: Arc<Ground>,
    pub(super) surroundings: Surroundings,
    pub(super) options: RunOptions,
    pub(super) sheets: Vec<Sheet>,
    pub(super) entries: Vec<Entry>,
    pub(super) parts: BTreeMap<TaskIndex, Parts>,
    pub(super) journal: Arc<Journal>,
    pub(super) watcher: Watcher,
    /// Ends that an earlier process wrote down, by name.
    pub(super) finished: BTreeMap<String, StepEnd>,
    /// The files that it read as nested workflows, by the name of the step.
    pub(super) nested: BTreeMap<String, NestedFile>,
    pub(super) unrecorded: Option<TraceError>,
    /// Pools that follow the load of the machine.
    pub(super) followers: Vec<Follower>,
    /// Signs that somebody has too much to do, since they were looked at last: time-outs, answers that say so.
    pub(super) overloaded: u32,
    pub(super) clock: Clock,
    pub(super) restarts: Restarts,
    /// Set when the run ends only to begin again.
    pub(super) begins_again: Option<WorkflowEvent>,
}

impl Perform for Runner {
    type Done = Done;

    fn begin(
        &mut self,
        task: TaskIndex,
        attempt: u32,
        stop: Stop,
    ) -> impl Future<Output = Done> + Send + 'static {
        let work = self.work(task, attempt).unwrap_or_else(Work::Unable);
        let ground = Arc::clone(&self.ground);
        async move { ground.perform(work, stop).await }
    }

    fn end(&mut self, task: TaskIndex, done: Result<Done, String>, _: &mut Scheduler) -> Outcome {
        let done = done.unwrap_or_else(|said| {
            Done::failed(Trouble::Other, format!("a defect of gaai ended it: {said}"))
        });
        let outcome = match done.trouble {
            _ if done.was_stopped => Outcome::Stopped,
            None => Outcome::Succeeded,
            Some(trouble) => {
                let retry = self.step_of(task).and_then(|it| self.retry_of(task, it));
                Outcome::Failed {
                    may_retry: trouble != Trouble::Refused
                        && retry.is_some_and(|it| {
                            it.retry_on.is_empty() || it.retry_on.iter().any(|kind| trouble.is(kind))
                        }),
                    after: None,
                }
            }
        };
        if let Some(Trouble::Http(429 | 503 | 529)) = done.trouble {
            self.overloaded += 1;
        }
        let record = self.record_mut(task);
        record.was_refused = done.trouble == Some(Trouble::Refused);
        record.left = done.left;
        outcome
    }

    fn decide(&mut self, task: TaskIndex, flow: &Scheduler) -> bool {
        match self.decision(task, flow) {
            Ok(run) => run,
            Err(fault) => {
                // It runs into its fault, so that a broken condition is a failure and not a skip.
                self.entries[task.place()].fault = Some(fault);
                true
            }
        }
    }

    fn hear(&mut self, now: Duration, action: Action, flow: &mut Scheduler) -> Result<(), Unrecorded> {
        match action {
            Action::Start { task, attempt } => self.started(now, task, attempt, flow),
            Action::Retry { task, attempt, pause } => {
                let event = WorkflowEvent::StepRetrying {
                    step: self.name(task),
                    attempt,
                    error: self
                        .record(task)
                        .left
                        .error
                        .clone()
                        .unwrap_or_else(|| "it ran out of time".to_owned()),
                    pause_us: micros(pause),
                };
                self.write(&event)
            }
            Action::End { task, end } => self.ended(now, task, end, flow),
            Action::Stop { cause, .. } => {
                self.overloaded += u32::from(matches!(cause, Cause::Limit(_)));
                Ok(())
            }
            Action::Decide(_) | Action::Ask { .. } => Ok(()),
        }
    }
}

impl Runner {
    pub(super) fn name(&self, task: TaskIndex) -> String {
        self.entries[task.place()].name.clone()
    }

    pub(super) fn record(&self, task: TaskIndex) -> &StepRecord {
        let entry = &self.entries[task.place()];
        match entry.unit {
            Unit::Step { sheet, place } => &self.sheets[sheet].records[place],
            Unit::Item { .. } | Unit::Handler { .. } => &entry.record,
        }
    }

    pub(super) fn record_mut(&mut self, task: TaskIndex) -> &mut StepRecord {
        let entry = &mut self.entries[task.place()];
        match entry.unit {
            Unit::Step { sheet, place } => &mut self.sheets[sheet].records[place],
            Unit::Item { .. } | Unit::Handler { .. } => &mut entry.record,
        }
    }

    /// The step that the task performs or is a part of; none for a handler.
    pub(super) fn step_of(&self, task: TaskIndex) -> Option<&Step> {
        match self.entries[task.place()].unit {
            Unit::Step { sheet, place } | Unit::Item { sheet, place, .. } => {
                Some(self.sheets[sheet].step(place))
            }
            Unit::Handler { .. } => None,
        }
    }

    /// How often and after which failures the task is tried again. What has parts leaves that to them.
    fn retry_of(&self, task: TaskIndex, step: &Step) -> Option<crate::workflow::definition::Retry> {
        let is_whole_list =
            step.for_each.is_some() && matches!(self.entries[task.place()].unit, Unit::Step { .. });
        let sheet = self.entries[task.place()].unit.sheet();
        let defaults = &self.sheets[sheet].workflow.defaults;
        let retry = step.retry.as_ref().or(defaults.retry.as_ref());
        retry.filter(|_| !is_whole_list).cloned()
    }

    /// Writes an event down and tells it. Once one was not written, nothing more begins.
    pub(super) fn write(&mut self, event: &WorkflowEvent) -> Result<(), Unrecorded> {
        if self.unrecorded.is_none()
            && let Err(error) = self.journal.write(event)
        {
            self.unrecorded = Some(error);
        }
        if self.unrecorded.is_some() {
            return Err(Unrecorded);
        }
        (self.watcher)(event);
        Ok(())
    }

    fn started(
        &mut self,
        now: Duration,
        task: TaskIndex,
        attempt: u32,
        flow: &mut Scheduler,
    ) -> Result<(), Unrecorded> {
        let (queued, refusal) = flow.waited(task).unwrap_or_default();
        let record = self.record_mut(task);
        record.attempts = attempt;
        record.started.get_or_insert(now);
        record.queued += queued;
        let event = WorkflowEvent::StepStarted {
            step: self.name(task),
            attempt,
            queued_us: micros(queued),
            waited_for: refusal.map(|it| self.told(it)),
        };
        self.write(&event)?;
        self.expand(task, flow);
        if let Some(fault) = flow.fault(task) {
            let fault = format!("it cannot have what it takes: {fault}");
            self.entries[task.place()].fault.get_or_insert(fault);
        }
        Ok(())
    }

    fn ended(
        &mut self,
        now: Duration,
        task: TaskIndex,
        end: End,
        flow: &mut Scheduler,
    ) -> Result<(), Unrecorded> {
        let recorded = match end {
            // What an earlier process finished stands in the journal already.
            End::Succeeded if self.record(task).attempts == 0 => Ok(()),
            // That is a failure of its own, although it never began.
            End::Skipped(reason) if reason != SkipReason::QueueTimedOut => self.skipped(task, reason),
            end => self.finished(now, task, end),
        };
        self.restart_after(task, flow);
        // Its own handlers first: what it is part of ends after them.
        self.handle_end(task, flow);
        self.tell_parent(task, flow);
        self.handle_end_of_run(flow);
        recorded
    }

    fn skipped(&mut self, task: TaskIndex, reason: SkipReason) -> Result<(), Unrecorded> {
        let reason_text = reason.map(|it| self.name(it)).to_string();
        let record = self.record_mut(task);
        record.was_unwanted = matches!(reason, SkipReason::Condition | SkipReason::NotTriggered(_));
        record.skipped = Some(reason_text.clone());
        self.write(&WorkflowEvent::StepSkipped {
            step: self.name(task),
            reason: reason_text,
        })
    }

    fn finished(&mut self, now: Duration, task: TaskIndex, end: End) -> Result<(), Unrecorded> {
        let named = end.map(|it| self.name(it));
        let (state, reason) = match named {
            End::Succeeded => (StepState::Succeeded, None),
            End::Failed => (StepState::Failed, None),
            End::TimedOut(limit) => (
                StepState::TimedOut,
                Some(Cause::<String>::Limit(limit).to_string()),
            ),
            End::Cancelled(cause) => (StepState::Cancelled, Some(cause.to_string())),
            End::Skipped(reason) => (StepState::TimedOut, Some(reason.to_string())),
        };
        let record = self.record_mut(task);
        let left = std::mem::take(&mut record.left);
        let is_good = state == StepState::Succeeded;
        let said = left.error.filter(|_| !is_good);
        let step_end = StepEnd {
            state,
            attempts: record.attempts,
            elapsed_us: micros(now.saturating_sub(record.started.unwrap_or(now))),
            error: match (reason, said) {
                (Some(reason), Some(said)) if state == StepState::Failed => Some(format!("{reason}; {said}")),
                (Some(reason), _) => Some(reason),
                (None, said) => said.or_else(|| (!is_good).then(|| "it failed without a word".to_owned())),
            },
            exit_code: left.exit_code,
            // A step that failed has no output: what it printed stands in its log.
            output: if is_good { left.output } else { String::new() },
            outputs: if is_good { left.outputs } else { BTreeMap::new() },
            enforcement: left.enforcement,
        };
        record.end = Some(step_end.clone());
        self.write(&WorkflowEvent::StepFinished {
            step: self.name(task),
            end: step_end,
        })
    }

    /// Whether the step shall run: those that choose have chosen it, and its own condition holds.
    fn decision(&self, task: TaskIndex, flow: &Scheduler) -> Result<bool, String> {
        let Unit::Step { sheet, place } = self.entries[task.place()].unit else {
            return Ok(true);
        };
        let sheet = &self.sheets[sheet];
        let step = sheet.step(place);
        for (chooser, when) in sheet.places.choosers(place) {
            let end = sheet.records[*chooser].end.as_ref();
            let held = end.and_then(|it| it.outputs.get("result")?.as_bool());
            if held != Some(*when) {
                return Ok(false);
            }
        }
        let Some(condition) = &step.condition else {
            return Ok(true);
        };
        let standing = self.standing(sheet, place, flow);
        condition
            .holds(&sheet.view(None, standing))
            .map_err(|error| format!("its condition cannot be decided: {error}"))
    }

    fn standing(&self, sheet: &Sheet, place: usize, flow: &Scheduler) -> Standing {
        let has_failed = sheet.records.iter().any(|it| {
            let failed = matches!(it.state(), Some(StepState::Failed | StepState::TimedOut));
            failed && !it.is_tolerated
        });
        let before = sheet
            .order
            .predecessors(place)
            .iter()
            .map(|it| &sheet.records[*it]);
        Standing {
            is_successful: !has_failed && before.clone().all(|it| it.task.is_none() || it.is_success()),
            has_failed,
            is_cancelled: flow.halt() == Some(Halt::Cancelled),
            is_completed: before.clone().all(|it| it.task.is_none() || it.state().is_some()),
        }
    }
}
