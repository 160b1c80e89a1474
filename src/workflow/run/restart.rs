//! Runs that begin again from their first step, because a step of a class failed for which the file says so.

use std::time::Duration;

use super::runner::Runner;
use super::unit::Unit;
use crate::flow::{Halt, Input, Scheduler, TaskIndex};
use crate::model::workflow_event::{StepState, WorkflowEvent};
use crate::workflow::definition::{ErrorAction, ErrorRule};

/// The pause before the first restart; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The restarts of a run.
#[derive(Default)]
pub(super) struct Restarts {
    /// When they happened, in microseconds, with their class.
    past: Vec<(i64, String)>,
}

impl Restarts {
    /// Whether one more is within the bounds of the rule at `now_us`.
    fn may(&self, rule: &ErrorRule, now_us: i64) -> bool {
        let Some(most) = rule.max_restarts else {
            return true;
        };
        let window = rule
            .window
            .map(|it| i64::try_from(it.0.as_micros()).unwrap_or(i64::MAX));
        let from = window.map_or(i64::MIN, |it| now_us.saturating_sub(it));
        let counted = self
            .past
            .iter()
            .filter(|(at, class)| *at >= from && *class == rule.class);
        counted.count() < most.get() as usize
    }

    /// The pause before the restart that was noted last.
    pub(super) fn pause(&self) -> Duration {
        let doublings = u32::try_from(self.past.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
    }
}

impl Runner {
    /// If the failure of this step is one to begin again after, stops everything; what drives the flow begins again.
    pub(super) fn restart_after(&mut self, task: TaskIndex, flow: &mut Scheduler) {
        let Unit::Step { sheet: 0, place } = self.entries[task.place()].unit else {
            return;
        };
        let record = self.record(task);
        let has_failed = matches!(record.state(), Some(StepState::Failed | StepState::TimedOut));
        if !has_failed || record.is_tolerated || flow.halt().is_some() {
            return;
        }
        let workflow = &self.sheets[0].workflow;
        let rule = workflow.rule_of(self.sheets[0].step(place));
        let Some(rule) = rule.filter(|it| it.action == ErrorAction::RestartWorkflow) else {
            return;
        };
        let now_us = (self.clock)();
        if !self.restarts.may(rule, now_us) {
            return;
        }
        self.restarts.past.push((now_us, rule.class.clone()));
        self.begins_again = Some(WorkflowEvent::RunRestarted {
            step: self.name(task),
            class: rule.class.clone(),
            number: u32::try_from(self.restarts.past.len()).unwrap_or(u32::MAX),
        });
        flow.take(Duration::ZERO, Input::Halt(Halt::Cancelled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::definition::Period;

    fn rule(most: Option<u32>, window: Option<u64>) -> ErrorRule {
        ErrorRule {
            class: "database".to_owned(),
            action: ErrorAction::RestartWorkflow,
            max_restarts: most.and_then(std::num::NonZeroU32::new),
            window: window.map(|it| Period(Duration::from_secs(it))),
        }
    }

    #[test]
    fn the_budget_is_per_class_and_window() {
        let at = |second: i64, class: &str| (second * 1_000_000, class.to_owned());
        let past = vec![at(0, "database"), at(5, "other"), at(100, "database")];
        let restarts = Restarts { past };
        let now = 105_000_000;
        assert!(restarts.may(&rule(None, None), now));
        assert!(!restarts.may(&rule(Some(2), None), now));
        assert!(restarts.may(&rule(Some(2), Some(60)), now));
        assert!(!restarts.may(&rule(Some(1), Some(60)), now));
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let after = |count| {
            Restarts {
                past: vec![(0, String::new()); count],
            }
            .pause()
        };
        assert_eq!(after(1), FIRST_PAUSE);
        assert_eq!(after(3), FIRST_PAUSE * 4);
        assert_eq!(after(1000), LONGEST_PAUSE);
    }
}
