//! What is done after a step or the whole workflow ended. Handlers pass the same gate as steps; how they
//! end never hides how that ended which they belong to.

use super::runner::Runner;
use super::unit::{Ending, Unit};
use crate::flow::{Demand, Dependency, Halt, On, Scheduler, Survives, Task, TaskIndex, Terms, Trigger};
use crate::model::event::RunState;
use crate::model::workflow_event::StepState;
use crate::workflow::definition::{HANDLERS, ScriptConfig};

impl Runner {
    /// Adds the handlers that the end of a step calls for: also of one that an earlier process ended, which may have
    /// left without them.
    pub(super) fn handle_end(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        if let Unit::Step { sheet, place } = self.entries[task.place()].unit
            && let Some(end) = &self.record(task).end
        {
            let after = Ending {
                state: end.state,
                error: end.error.clone().unwrap_or_default(),
            };
            let handlers = self.sheets[sheet].step(place).handlers();
            let wanted = owned(wanted(after.state, handlers));
            self.add_handlers((sheet, Some(place)), wanted, &after, flow);
        }
    }

    /// Adds the handlers of the run when all else is over.
    pub(super) fn handle_end_of_run(&mut self, flow: &mut Scheduler) {
        if !flow.is_over() || self.begins_again.is_some() {
            return;
        }
        if flow.halt() == Some(Halt::Unrecorded) {
            return;
        }
        let state = self.state_of_run(flow);
        let of_first = || self.record(flow.first_failure()?).end.as_ref()?.error.clone();
        let error = match state {
            RunState::Failed | RunState::Stopped => of_first().or_else(|| self.error(flow, state)),
            state => self.error(flow, state),
        };
        let after = Ending {
            state: match state {
                RunState::Cancelled => StepState::Cancelled,
                RunState::TimedOut => StepState::TimedOut,
                RunState::Failed | RunState::Stopped => StepState::Failed,
                RunState::Succeeded | RunState::PartiallySucceeded => StepState::Succeeded,
            },
            error: error.unwrap_or_default(),
        };
        self.handle_end_of_sheet(0, &after, flow);
    }

    /// Adds the handlers of a workflow that ended so, once; says whether there are any.
    pub(super) fn handle_end_of_sheet(&mut self, sheet: usize, after: &Ending, flow: &mut Scheduler) -> bool {
        if std::mem::replace(&mut self.sheets[sheet].has_handled_end, true) {
            return false;
        }
        let workflow = std::sync::Arc::clone(&self.sheets[sheet].workflow);
        let wanted = owned(wanted(after.state, workflow.handlers()));
        let has_any = !wanted.is_empty();
        self.add_handlers((sheet, None), wanted, after, flow);
        has_any
    }

    /// Adds handlers one after the other: `onExit` is the last.
    fn add_handlers(
        &mut self,
        (sheet, place): (usize, Option<usize>),
        handlers: Vec<(&'static str, ScriptConfig)>,
        after: &Ending,
        flow: &mut Scheduler,
    ) {
        let mut last: Option<TaskIndex> = None;
        for (key, config) in handlers {
            let name = match place {
                Some(place) => handler_of(&self.sheets[sheet].name(place), key),
                None => format!("{}{key}", self.sheets[sheet].prefix),
            };
            let unit = Unit::Handler {
                sheet,
                place,
                config: config.clone(),
                after: after.clone(),
            };
            let task = Task {
                after: last
                    .map(|it| Dependency::on(it).to(On::Completed))
                    .into_iter()
                    .collect(),
                trigger: Trigger::Decided,
                survives: Survives::Whole,
                demand: Demand {
                    units: self.sheets[sheet].caps.iter().map(|it| (*it, 1)).collect(),
                    ..Demand::default()
                },
                // What an end calls for does not wait for steps that could start as well.
                priority: i32::MAX,
                terms: Terms {
                    attempt_timeout: config.timeout.map(|it| it.0),
                    isolate_errors: true,
                    counts: false,
                    ..Terms::default()
                },
                scope: self.sheets[sheet].scope,
                ..Task::default()
            };
            match self.add(name, unit, &task, flow) {
                Ok(task) => last = Some(task),
                Err(error) => tracing::error!(key, error, "a handler could not be added"),
            }
        }
    }
}

/// The handlers that an end calls for, in the order in which they run.
fn wanted<'a>(
    state: StepState,
    handlers: Vec<(&'static str, &'a ScriptConfig)>,
) -> Vec<(&'static str, &'a ScriptConfig)> {
    let own = match state {
        StepState::Succeeded => "onSuccess",
        StepState::Failed | StepState::TimedOut => "onFailure",
        StepState::Cancelled => "onCancel",
        StepState::Skipped => "",
    };
    handlers
        .into_iter()
        .filter(|(key, _)| *key == own || *key == "onExit")
        .collect()
}

/// The name of a handler of a step. No step and no part of one is called so.
fn handler_of(step: &str, key: &str) -> String {
    format!("{step}.{key}")
}

/// Whose handler has this name: a step, or, with an empty name, a workflow; `None` if it is none.
pub(super) fn owner_of_handler(name: &str) -> Option<&str> {
    let (owner, key) = name.rsplit_once('.').or_else(|| {
        let workflow = name.rsplit_once('/').map_or(name, |it| it.1);
        Some(("", workflow))
    })?;
    HANDLERS.contains(&key).then_some(owner)
}

fn owned(handlers: Vec<(&'static str, &ScriptConfig)>) -> Vec<(&'static str, ScriptConfig)> {
    handlers
        .into_iter()
        .map(|(key, config)| (key, config.clone()))
        .collect()
}
