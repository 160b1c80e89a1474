//! How a run's state follows from how its tasks ended.

use super::*;
use crate::flow::Failure as TaskFailure;
use crate::model::event::TaskId;

fn ended(remedy: Remedy) -> Ended {
    Ended::Failed {
        task: TaskId::from("execution:a"),
        failure: TaskFailure {
            reason: "no".to_owned(),
            remedy,
        },
    }
}

#[test]
fn the_first_state_of_the_table_counts() {
    let (refused, given_up) = (ended(Remedy::Refused), ended(Remedy::GiveUp));
    let both = [refused.clone(), given_up.clone()];
    let cancelled = Some(Halt::Cancelled);
    assert_eq!(state_of(&both, cancelled, true, false), RunState::Cancelled);
    assert_eq!(
        state_of(&both, Some(Halt::NotApproved), false, false),
        RunState::Cancelled
    );
    assert_eq!(
        state_of(&both, Some(Halt::TimedOut), true, false),
        RunState::TimedOut
    );
    assert_eq!(state_of(&both, None, false, false), RunState::Stopped);
    assert_eq!(
        state_of(std::slice::from_ref(&given_up), None, false, false),
        RunState::Failed
    );
    assert_eq!(
        state_of(&[given_up], None, true, false),
        RunState::PartiallySucceeded
    );
    assert_eq!(state_of(&[], None, true, true), RunState::Succeeded);
    // A stop that came too late to change anything.
    assert_eq!(state_of(&[], cancelled, true, true), RunState::Succeeded);
}

/// Advice to resume a run that must fail the same way again wastes the reader's time.
#[test]
fn only_what_may_go_well_another_time_is_worth_resuming() {
    for remedy in [Remedy::Retry, Remedy::Mend, Remedy::Cancelled, Remedy::Refused] {
        assert!(may_resume(&ended(remedy)), "{remedy:?}");
    }
    for remedy in [Remedy::GiveUp, Remedy::Defect] {
        assert!(!may_resume(&ended(remedy)), "{remedy:?}");
    }
    let skipped = |reason| Ended::Skipped {
        task: TaskId::from("report:a"),
        reason,
    };
    assert!(may_resume(&skipped(SkipReason::Unrecorded)));
    assert!(!may_resume(&skipped(SkipReason::UpstreamFailed(TaskId::from(
        "a"
    )))));
}

/// A pattern that failed within a report that stands: no task ended badly, and not all is well.
#[test]
fn a_failure_within_a_report_is_not_success() {
    assert_eq!(state_of(&[], None, true, false), RunState::PartiallySucceeded);
}

/// Else a template that is too slow for its own limit would look like the end of the whole run.
#[test]
fn a_task_that_ran_out_of_its_own_time_does_not_time_the_run_out() {
    let slow = Ended::TimedOut {
        task: TaskId::from("execution:a"),
        limit: std::time::Duration::from_secs(1),
    };
    assert_eq!(state_of(&[slow], None, true, false), RunState::PartiallySucceeded);
}
