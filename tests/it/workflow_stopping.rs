//! Nested workflows and lists that are stopped: what cleans up after them runs, and ends with them.

use std::sync::Arc;
use std::time::Duration;

use gaai::model::event::RunState;
use gaai::model::workflow_event::{StepState, WorkflowEvent};

use super::workflow_room::{Room, fate};

const INNER: &str = "
name: inner
onFailure: { command: sh, args: [-c, 'echo failure >> told'] }
onCancel: { command: sh, args: [-c, 'echo cancel >> told'] }
onExit: { command: sh, args: [-c, 'echo exit >> told'] }
steps:
  - id: work
    type: script
    config: { command: sleep, args: ['300'] }
    onCancel: { command: sh, args: [-c, 'echo work >> told'] }
  - { id: after, type: script, dependsOn: [work], config: { command: 'true' } }
  - { id: clean-up, type: script, dependsOn: [work], condition: always(), config: { command: sh, args: [-c, 'echo clean >> told'] } }
";

/// A workflow whose only step nests another, which nests `inner`.
fn room(inner: &str) -> Room {
    let mut room = Room::new();
    room.stop_grace = Duration::from_secs(600);
    std::fs::write(room.path("inner.yaml"), inner).unwrap();
    std::fs::write(room.path("between.yaml"), nesting("inner", "")).unwrap();
    room
}

fn nesting(nested: &str, more: &str) -> String {
    format!(
        "
name: nesting
steps:
  - {{ id: {nested}, type: workflow{more}, config: {{ path: {nested}.yaml }} }}
"
    )
}

/// Calls `act` when a step of this name has begun.
fn when_begun(room: &mut Room, name: &'static str, act: impl Fn() + Send + Sync + 'static) {
    let earlier = Arc::clone(&room.watcher);
    room.watcher = Arc::new(move |event| {
        earlier(event);
        if matches!(event, WorkflowEvent::StepStarted { step, .. } if step == name) {
            act();
        }
    });
}

#[tokio::test]
async fn a_nested_workflow_that_is_cancelled_cleans_up_and_runs_its_handlers() {
    let mut room = room(INNER);
    let cancel = room.cancel.clone();
    when_begun(&mut room, "between/inner/work", move || cancel.cancel());
    let result = room.run(&nesting("between", "")).await;
    assert_eq!(result.state, RunState::Cancelled);
    for stopped in ["between", "between/inner", "between/inner/work"] {
        assert_eq!(fate(&result, stopped).0, StepState::Cancelled, "{stopped}");
    }
    assert_eq!(
        fate(&result, "between/inner/after"),
        (StepState::Skipped, "cancelled".to_owned())
    );
    assert_eq!(fate(&result, "between/inner/clean-up").0, StepState::Succeeded);
    let mut told = room.lines("told");
    assert_eq!(told.split_off(2), ["cancel", "exit"]);
    told.sort();
    assert_eq!(told, ["clean", "work"]);
}

#[tokio::test]
async fn a_nested_workflow_that_runs_out_of_time_cleans_up_and_has_failed() {
    let room = room(INNER);
    let result = room.run(&nesting("inner", ", timeout: 300ms")).await;
    assert_eq!(
        (result.state, fate(&result, "inner")),
        (RunState::Failed, (StepState::TimedOut, "timedOut".to_owned()))
    );
    assert_eq!(
        fate(&result, "inner/work"),
        (StepState::Cancelled, "parentEnded".to_owned())
    );
    assert_eq!(fate(&result, "inner/clean-up").0, StepState::Succeeded);
    let told = room.lines("told");
    assert_eq!(told[told.len() - 2..], ["failure", "exit"], "{told:?}");
}

#[tokio::test]
async fn who_insists_gets_out_of_a_nested_clean_up_that_hangs() {
    let stubborn = "trap : TERM; while :; do sleep 300; done";
    let mut room = room(&INNER.replace("echo clean >> told", stubborn));
    let (cancel, insist) = (room.cancel.clone(), room.insist.clone());
    when_begun(&mut room, "between/inner/work", move || cancel.cancel());
    when_begun(&mut room, "between/inner/clean-up", move || insist.cancel());
    let result = room.run(&nesting("between", "")).await;
    assert_eq!(result.state, RunState::Cancelled);
    assert_eq!(
        fate(&result, "between/inner/clean-up"),
        (StepState::Cancelled, "cancelled".to_owned())
    );
    // Nothing begins after that.
    assert!(!room.lines("told").contains(&"exit".to_owned()));
    assert_eq!(room.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn the_items_of_a_list_end_with_it_whatever_it_survives_itself() {
    let yaml = "
name: list
steps:
  - { id: list, type: script, timeout: 300ms, condition: always(), forEach: { items: [1, 2] }, config: { command: sleep, args: ['300'] } }
";
    let result = Room::new().run(yaml).await;
    assert_eq!(
        fate(&result, "list"),
        (StepState::TimedOut, "timedOut".to_owned())
    );
    for item in ["list/0", "list/1"] {
        assert_eq!(
            fate(&result, item),
            (StepState::Cancelled, "parentEnded".to_owned())
        );
    }
}
