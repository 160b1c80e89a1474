//! Limits of time, and the user's wish to stop: whatever ran is gone, and the result says how it ended.

use std::sync::Arc;
use std::time::Duration;

use gaai::model::event::RunState;
use gaai::model::workflow_event::{StepState, WorkflowEvent};
use gaai::workflow::run::WorkflowResult;

use super::workflow_room::{Room, fate, step};

/// A script that hears no request to end, with a child that does not either.
const STUBBORN: &str = "#!/bin/sh
trap '' TERM INT HUP
(trap '' TERM; sleep 300) &
touch \"stubborn.$1\"
while :; do sleep 300; done
";

fn room() -> Room {
    let mut room = Room::new();
    room.program("bin/stubborn", STUBBORN);
    room.stop_grace = Duration::from_millis(100);
    room
}

fn nobody_is_left(room: &Room) {
    assert_eq!(room.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_gone_and_may_be_tried_again() {
    let room = room();
    let result = room
        .run(
            "
name: attempts
parallel: { keepGoing: true }
steps:
  - id: late
    type: script
    config: { command: stubborn, args: [a], timeout: 300 }
    parallel: { isolateErrors: true }
  - id: again
    type: script
    config: { command: sh, args: [-c, 'test -e was-here || { touch was-here; sleep 300; }'], timeout: 2s }
    retry: { maxAttempts: 99, backoff: { initial: 1ms, max: 1ms }, retryOn: [timeout] }
    parallel: { isolateErrors: true }
",
        )
        .await;
    assert_eq!(
        fate(&result, "late"),
        (StepState::TimedOut, "timedOut".to_owned())
    );
    assert_eq!(step(&result, "late").attempts, 1);
    // On a busy machine more than one attempt may take too long.
    assert_eq!(fate(&result, "again").0, StepState::Succeeded);
    assert!(step(&result, "again").attempts > 1);
    assert_eq!(result.state, RunState::Failed);
    nobody_is_left(&room);
}

#[tokio::test]
async fn all_attempts_together_have_a_limit() {
    let room = room();
    let result = room
        .run(
            "
name: together
steps:
  - id: tries
    type: script
    timeout: 400ms
    config: { command: 'false', timeout: 1h }
    retry: { maxAttempts: 2, backoff: { initial: 1h, max: 1h } }
",
        )
        .await;
    assert_eq!(fate(&result, "tries").0, StepState::TimedOut);
    assert_eq!(
        step(&result, "tries").error.as_deref(),
        Some("timedOut: all attempts together took longer than their limit")
    );
    assert_eq!(result.state, RunState::Failed);
}

const BEGINS_AGAIN: &str = "
name: again
onError: [ { class: database, action: restartWorkflow, maxRestarts: 3 } ]
onFailure: { command: sh, args: [-c, 'echo failure $GAAI_OUTCOME >> told'] }
onCancel: { command: sh, args: [-c, 'echo cancel $GAAI_OUTCOME >> told'] }
onExit: { command: sh, args: [-c, 'echo exit >> told'] }
steps:
  - { id: bad, type: script, errorClass: database, config: { command: sh, args: [-c, 'echo x >> ran; exit 1'] } }
";

#[tokio::test]
async fn a_run_that_begins_again_has_no_new_time() {
    let room = room();
    // The pauses before three restarts take longer.
    let result = room
        .run(&BEGINS_AGAIN.replace("name: again", "name: again\ntimeout: 1s"))
        .await;
    assert_eq!((result.state, result.success), (RunState::TimedOut, false));
    assert_eq!(room.lines("told"), ["failure timedOut", "exit"]);
}

#[tokio::test]
async fn a_run_that_is_cancelled_before_it_begins_again_runs_its_handlers() {
    let mut room = room();
    let cancel = room.cancel.clone();
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepFinished { step, .. } if step == "bad") {
            cancel.cancel();
        }
    });
    is_cancelled(&room.run(BEGINS_AGAIN).await);
    assert_eq!(room.lines("told"), ["cancel cancelled", "exit"]);
    assert_eq!(room.lines("ran").len(), 1);
}

#[tokio::test]
async fn who_waits_too_long_for_a_slot_has_timed_out() {
    let mut room = room();
    let file = room.path("released");
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepFinished { step, .. } if step == "impatient") {
            std::fs::write(&file, "").unwrap();
        }
    });
    for tolerate in [false, true] {
        let _ = std::fs::remove_dir_all(room.path("run"));
        std::fs::create_dir(room.path("run")).unwrap();
        let _ = std::fs::remove_file(room.path("released"));
        let yaml = format!(
            "
name: queue
parallel: {{ defaultMaxConcurrency: 1, keepGoing: true }}
steps:
  - {{ id: long, type: script, config: {{ command: wait_for, args: [released] }} }}
  - id: impatient
    type: script
    queueTimeout: 100ms
    continueOnError: {tolerate}
    parallel: {{ isolateErrors: true }}
    config: {{ command: 'true' }}
  - {{ id: after, type: script, dependsOn: [impatient], config: {{ command: 'true' }} }}
  - {{ id: sees, type: script, dependsOn: [{{ step: impatient, condition: completed }}], condition: failure(), config: {{ command: 'true' }} }}
"
        );
        let result = room.run(&yaml).await;
        let impatient = step(&result, "impatient");
        assert_eq!(
            fate(&result, "impatient"),
            (StepState::TimedOut, "queueTimedOut".to_owned())
        );
        assert_eq!((impatient.attempts, impatient.success), (0, tolerate));
        let (state, after) = if tolerate {
            (RunState::PartiallySucceeded, StepState::Succeeded)
        } else {
            (RunState::Failed, StepState::Skipped)
        };
        assert_eq!((result.state, fate(&result, "after").0), (state, after));
        let sees = if tolerate {
            StepState::Skipped
        } else {
            StepState::Succeeded
        };
        assert_eq!(fate(&result, "sees").0, sees);
    }
}

#[tokio::test]
async fn a_run_that_takes_too_long_ends_like_a_cancelled_one_and_says_so() {
    let room = room();
    let result = room
        .run(
            "
name: run
timeout: 1s
onFailure: { command: touch, args: [on-failure] }
onExit: { command: touch, args: [on-exit] }
steps:
  - { id: stubborn, type: script, config: { command: stubborn, args: [a] } }
  - { id: after, type: script, dependsOn: [stubborn], config: { command: 'true' } }
",
        )
        .await;
    assert_eq!((result.state, result.success), (RunState::TimedOut, false));
    assert_eq!(result.error.as_deref(), Some("the run's time limit was reached"));
    assert_eq!(
        fate(&result, "stubborn"),
        (StepState::Cancelled, "runTimedOut".to_owned())
    );
    assert_eq!(
        fate(&result, "after"),
        (StepState::Skipped, "runTimedOut".to_owned())
    );
    assert!(room.path("on-failure").exists() && room.path("on-exit").exists());
    nobody_is_left(&room);
}

/// Cancels once a step of this name has begun.
fn cancel_when_begun(room: &mut Room, id: &'static str) {
    let cancel = room.cancel.clone();
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepStarted { step, .. } if step == id) {
            cancel.cancel();
        }
    });
}

const CANCELLED: &str = "
name: cancelled
onCancel: { command: sh, args: [-c, 'echo cancel $GAAI_OUTCOME >> told'] }
onSuccess: { command: sh, args: [-c, 'echo success >> told'] }
onExit: { command: sh, args: [-c, 'echo exit >> told'] }
parallel: { defaultMaxConcurrency: 3 }
steps:
  - id: one
    type: script
    config: { command: stubborn, args: [one] }
    onCancel: { command: sh, args: [-c, 'echo step $GAAI_OUTCOME >> told'] }
  - { id: isolated, type: script, config: { command: stubborn, args: [two] }, parallel: { isolateErrors: true } }
  - { id: list, type: script, forEach: { items: [1, 2, 3], maxConcurrency: 1 }, config: { command: stubborn, args: ['{{item}}'] } }
  - { id: pending, type: script, config: { command: 'true' } }
  - { id: dependent, type: script, dependsOn: [one], config: { command: 'true' } }
  - { id: clean-up, type: script, dependsOn: [one], condition: always(), config: { command: sh, args: [-c, 'echo clean >> told'] } }
  - { id: asks, type: script, dependsOn: [one], condition: cancelled(), config: { command: 'true' } }
  - { id: no-failure, type: script, dependsOn: [one], condition: failure(), config: { command: 'true' } }
";

fn is_cancelled(result: &WorkflowResult) {
    assert_eq!((result.state, result.success), (RunState::Cancelled, false));
    assert_eq!(result.error.as_deref(), Some("the run was cancelled"));
}

#[tokio::test]
async fn a_cancelled_run_leaves_nobody_and_runs_its_clean_up() {
    let mut room = room();
    cancel_when_begun(&mut room, "list/0");
    let result = room.run(CANCELLED).await;
    is_cancelled(&result);
    for running in ["one", "isolated", "list", "list/0"] {
        assert_eq!(
            fate(&result, running),
            (StepState::Cancelled, "cancelled".to_owned()),
            "{running}"
        );
    }
    for pending in ["list/1", "list/2", "pending", "dependent", "no-failure"] {
        assert_eq!(fate(&result, pending).0, StepState::Skipped, "{pending}");
    }
    assert_eq!(fate(&result, "pending").1, "cancelled");
    assert_eq!(fate(&result, "clean-up").0, StepState::Succeeded);
    assert_eq!(fate(&result, "asks").0, StepState::Succeeded);
    let told = room.lines("told");
    assert!(
        told.contains(&"step cancelled".to_owned()) && told.contains(&"clean".to_owned()),
        "{told:?}"
    );
    assert_eq!(told[told.len() - 2..], ["cancel cancelled", "exit"]);
    nobody_is_left(&room);
}

#[tokio::test]
async fn who_insists_gets_out_of_a_clean_up_that_hangs() {
    let mut room = room();
    let (cancel, insist) = (room.cancel.clone(), room.insist.clone());
    room.watcher = Arc::new(move |event| match event {
        WorkflowEvent::StepStarted { step, .. } if step == "one" => cancel.cancel(),
        WorkflowEvent::StepStarted { step, .. } if step == "clean-up" => insist.cancel(),
        _ => {}
    });
    // Its time to end is long: nothing but the user's insistence ends it before.
    let yaml = CANCELLED
        .replace("echo clean >> told", "exec stubborn clean")
        .replace("id: clean-up,", "id: clean-up, stop: { grace: 10m },");
    let result = room.run(&yaml).await;
    is_cancelled(&result);
    assert_eq!(
        fate(&result, "clean-up"),
        (StepState::Cancelled, "cancelled".to_owned())
    );
    nobody_is_left(&room);
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_it_began_starts_nothing() {
    let room = room();
    room.cancel.cancel();
    let result = room.run(CANCELLED).await;
    is_cancelled(&result);
    assert!(fate(&result, "one").0 == StepState::Skipped && fate(&result, "list").0 == StepState::Skipped);
    assert_eq!(room.lines("told").last().unwrap(), "exit");
    nobody_is_left(&room);
}

#[tokio::test]
async fn a_step_that_waits_to_be_tried_again_is_cancelled_and_not_skipped() {
    let mut room = room();
    let cancel = room.cancel.clone();
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepRetrying { .. }) {
            cancel.cancel();
        }
    });
    let yaml = "
name: resting
steps:
  - { id: bad, type: script, config: { command: 'false' }, retry: { maxAttempts: 9, backoff: { initial: 1h, max: 1h } } }
";
    let result = room.run(yaml).await;
    is_cancelled(&result);
    assert_eq!(fate(&result, "bad").0, StepState::Cancelled);
    assert_eq!(step(&result, "bad").attempts, 1);
}
