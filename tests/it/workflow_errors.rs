//! What a failure does to other steps: real runs against the one table that code, `explain` and docs read.

use std::path::Path;
use std::sync::Arc;

use gaai::model::event::RunState;
use gaai::model::workflow_event::{StepState, WorkflowEvent};
use gaai::workflow::run::WorkflowResult;
use gaai::workflow::truth_table::{Fate, ROWS, Row, SkipReason};

use super::workflow_room::{Room, fate, step};

/// A group in which one step fails while others run and wait, and steps after it.
fn yaml(row: &Row, keep_going: bool) -> String {
    let (isolate, tolerate) = (row.isolate_errors, row.continue_on_error);
    format!(
        "
name: table
parallel:
  defaultMaxConcurrency: 8
  keepGoing: {keep_going}
  resources: {{ one: 1 }}
steps:
  - id: culprit
    type: script
    config: {{ command: sh, args: [-c, 'wait_for is.running is.isolated; exit 7'] }}
    continueOnError: {tolerate}
    parallel: {{ isolateErrors: {isolate} }}
  - id: running
    type: script
    config: {{ command: sh, args: [-c, 'touch is.running; wait_for released'] }}
  - id: isolated
    type: script
    config: {{ command: sh, args: [-c, 'touch is.isolated; wait_for released'] }}
    parallel: {{ isolateErrors: true, resource: one }}
    priority: 9
  - {{ id: pending, type: script, config: {{ command: 'true' }}, parallel: {{ resource: one }} }}
  - id: isolated-pending
    type: script
    config: {{ command: 'true' }}
    parallel: {{ isolateErrors: true, resource: one }}
  - {{ id: dependent, type: script, config: {{ command: 'true' }}, dependsOn: [culprit] }}
  - {{ id: after-dependent, type: script, config: {{ command: 'true' }}, dependsOn: [dependent] }}
  - {{ id: unrelated, type: script, config: {{ command: 'true' }}, dependsOn: [isolated] }}
"
    )
}

/// Lets the steps go that wait for `released` once `step` is over.
fn release_after(room: &mut Room, id: &str) {
    let (file, id) = (room.path("released"), id.to_owned());
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepFinished { step, .. } if *step == id) {
            std::fs::write(&file, "").unwrap();
        }
    });
}

fn expect(result: &WorkflowResult, id: &str, expected: Fate, keep_going: bool) {
    let expected = match expected {
        Fate::SkippedUnlessKeepGoing if keep_going => Fate::Untouched,
        Fate::SkippedUnlessKeepGoing => Fate::Skipped(SkipReason::RunFailing),
        other => other,
    };
    let expected = match expected {
        Fate::Untouched => (StepState::Succeeded, ""),
        Fate::Cancelled => (StepState::Cancelled, SkipReason::GroupFailed.name()),
        Fate::Skipped(reason) => (StepState::Skipped, reason.name()),
        Fate::SkippedUnlessKeepGoing => unreachable!("it was decided above"),
    };
    let found = fate(result, id);
    assert_eq!((found.0, found.1.as_str()), expected, "{id}");
}

#[tokio::test]
async fn every_row_of_the_truth_table_is_what_happens() {
    for row in &ROWS {
        for keep_going in [false, true] {
            let mut room = Room::new();
            let cancels = row.running_domain == Fate::Cancelled;
            release_after(&mut room, if cancels { "running" } else { "culprit" });
            let result = room.run(&yaml(row, keep_going)).await;
            println!("{row:?} keepGoing={keep_going}");
            let culprit = step(&result, "culprit");
            assert_eq!((culprit.state, culprit.exit_code), (StepState::Failed, Some(7)));
            assert_eq!(culprit.success, row.is_tolerated);
            expect(&result, "running", row.running_domain, keep_going);
            expect(&result, "pending", row.pending_domain, keep_going);
            expect(&result, "isolated", Fate::Untouched, keep_going);
            expect(&result, "isolated-pending", Fate::Untouched, keep_going);
            expect(&result, "dependent", row.dependents, keep_going);
            expect(&result, "after-dependent", row.dependents, keep_going);
            expect(&result, "unrelated", row.unrelated, keep_going);
            let state = if row.is_tolerated {
                RunState::PartiallySucceeded
            } else {
                RunState::Failed
            };
            assert_eq!((result.state, result.success), (state, row.is_tolerated));
            let word = serde_json::to_value(state).unwrap();
            assert!(row.run().starts_with(word.as_str().unwrap()), "{}", row.run());
            assert_eq!(result.error.is_none(), row.is_tolerated);
            if let Some(error) = &result.error {
                assert!(error.starts_with("Failed steps: culprit; culprit: "), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn strict_runs_fail_over_a_tolerated_failure() {
    let mut room = Room::new();
    room.options.strict = true;
    release_after(&mut room, "culprit");
    let result = room.run(&yaml(Row::of(true, true), false)).await;
    assert_eq!((result.state, result.success), (RunState::Failed, false));
    assert!(result.error.unwrap().contains("culprit"));
    assert_eq!(
        fate_of(&room.path("run"), "dependent"),
        Some(StepState::Succeeded)
    );
}

/// How the journal says that a step ended.
fn fate_of(run: &Path, id: &str) -> Option<StepState> {
    let records = gaai::trace::read_journal::<WorkflowEvent>(&run.join("workflow.jsonl")).unwrap();
    let history = gaai::workflow::run::WorkflowHistory::replay(&records).unwrap();
    history.finished.get(id).map(|it| it.state)
}

#[tokio::test]
async fn cancel_all_stops_whatever_runs() {
    let room = Room::new();
    let result = room
        .run(
            "
name: all
parallel: { failFast: cancelAll, defaultMaxConcurrency: 4 }
steps:
  - { id: first, type: script, config: { command: 'true' } }
  - id: other-group
    type: script
    dependsOn: [first]
    config: { command: sh, args: [-c, 'touch is.on; wait_for never'] }
  - id: isolated
    type: script
    config: { command: sh, args: [-c, 'touch is.isolated; wait_for never'] }
    parallel: { isolateErrors: true }
  - id: culprit
    type: script
    config: { command: sh, args: [-c, 'wait_for is.on is.isolated; exit 1'] }
  - { id: later, type: script, config: { command: 'true' }, dependsOn: [isolated] }
",
        )
        .await;
    assert_eq!(
        fate(&result, "other-group"),
        (StepState::Cancelled, "runFailed".to_owned())
    );
    assert_eq!(
        fate(&result, "isolated"),
        (StepState::Cancelled, "runFailed".to_owned())
    );
    assert_eq!(fate(&result, "later").0, StepState::Skipped);
    assert_eq!(result.state, RunState::Failed);
    assert!(result.error.unwrap().starts_with("Failed steps: culprit; "));
    assert_eq!(room.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn clean_up_runs_in_a_failing_run_and_never_turns_it_green() {
    let room = Room::new();
    let result = room
        .run(
            "
name: clean-up
steps:
  - { id: bad, type: script, config: { command: sh, args: [-c, 'exit 3'] } }
  - id: always
    type: script
    dependsOn: [bad]
    condition: always()
    config: { command: sh, args: [-c, 'echo $WHY'], env: { WHY: '{{steps.bad.outcome}} {{steps.bad.exitCode}}' } }
  - { id: failure, type: script, dependsOn: [bad], condition: failure(), config: { command: 'true' } }
  - { id: cancelled, type: script, dependsOn: [bad], condition: cancelled(), config: { command: 'true' } }
  - { id: success, type: script, dependsOn: [bad], condition: success(), config: { command: 'true' } }
",
        )
        .await;
    assert_eq!(step(&result, "always").output, "failed 3");
    assert_eq!(fate(&result, "failure").0, StepState::Succeeded);
    assert_eq!(
        fate(&result, "cancelled"),
        (StepState::Skipped, "condition".to_owned())
    );
    assert_eq!(fate(&result, "success").0, StepState::Skipped);
    assert_eq!((result.state, result.success), (RunState::Failed, false));
}

#[tokio::test]
async fn a_handler_hides_no_failure_and_its_own_fails_nothing() {
    let room = Room::new();
    let result = room
        .run(
            "
name: handlers
onFailure: { command: sh, args: [-c, 'echo run $GAAI_OUTCOME >> told'] }
onSuccess: { command: sh, args: [-c, 'echo never >> told'] }
onExit: { command: sh, args: [-c, 'echo exit >> told; exit 9'] }
parallel: { keepGoing: true }
steps:
  - id: bad
    type: script
    config: { command: sh, args: [-c, 'exit 3'] }
    parallel: { isolateErrors: true }
    onFailure: { command: sh, args: [-c, 'echo step $GAAI_OUTCOME: $GAAI_ERROR >> told'] }
  - id: good
    type: script
    config: { command: 'true' }
    onSuccess: { command: sh, args: [-c, 'exit 8'] }
",
        )
        .await;
    assert_eq!((result.state, result.success), (RunState::Failed, false));
    assert_eq!(
        room.lines("told"),
        ["step failed: it exited with code 3", "run failed", "exit"]
    );
    assert_eq!(fate(&result, "good").0, StepState::Succeeded);
    assert_eq!(fate(&result, "good.onSuccess").0, StepState::Failed);
    assert_eq!(fate(&result, "onExit").0, StepState::Failed);
    assert!(result.error.unwrap().starts_with("Failed steps: bad; "));
}

#[tokio::test]
async fn a_failed_handler_leaves_a_good_run_good() {
    let room = Room::new();
    let yaml = "
name: good
onExit: { command: sh, args: [-c, 'exit 9'] }
steps:
  - { id: good, type: script, config: { command: 'true' }, onExit: { command: ./is-not-there } }
";
    let result = room.run(yaml).await;
    assert_eq!((result.state, result.success), (RunState::Succeeded, true));
    assert_eq!(fate(&result, "good.onExit").0, StepState::Failed);
}

#[tokio::test]
async fn dependents_of_a_tolerated_failure_run_and_can_read_it() {
    for parallel in [true, false] {
        let mut room = Room::new();
        room.options.parallel_enabled = Some(parallel);
        let result = room
            .run(
                "
name: tolerated
steps:
  - { id: bad, type: script, config: { command: sh, args: [-c, 'echo half; exit 5'] }, continueOnError: true }
  - id: reads
    type: script
    dependsOn: [bad]
    config:
      command: echo
      args: ['{{steps.bad.outcome}}', '{{steps.bad.conclusion}}', '<{{steps.bad.output}}>', '{{steps.bad.error}}']
",
            )
            .await;
        let said = "failed succeeded <> it exited with code 5: half";
        assert_eq!(step(&result, "reads").output, said);
        assert_eq!(step(&result, "bad").output, "", "a failed step has no output");
    }
}

#[tokio::test]
async fn a_skip_by_condition_is_a_success_whose_dependents_run() {
    let room = Room::new();
    let result = room
        .run(
            "
name: skips
variables: { wanted: false }
steps:
  - { id: maybe, type: script, condition: 'variables.wanted', config: { command: 'true' } }
  - { id: after, type: script, dependsOn: [maybe], config: { command: 'true' } }
  - id: needs-it
    type: script
    dependsOn: [{ step: maybe, condition: succeeded, onSkipped: skip }]
    config: { command: 'true' }
",
        )
        .await;
    assert!(result.success && result.state == RunState::Succeeded);
    let maybe = step(&result, "maybe");
    assert_eq!(
        (maybe.state, maybe.success, &maybe.error),
        (StepState::Skipped, true, &None)
    );
    assert!(maybe.reason.as_ref().unwrap().starts_with("condition"));
    assert_eq!(fate(&result, "after").0, StepState::Succeeded);
    assert_eq!(
        fate(&result, "needs-it"),
        (StepState::Skipped, "notTriggered".to_owned())
    );
}

#[tokio::test]
async fn a_condition_chooses_one_of_two_ways() {
    let room = Room::new();
    let result = room
        .run(
            "
name: fork
steps:
  - { id: ask, type: condition, config: { expression: '1 < 2', onTrue: [yes], onFalse: [no] } }
  - { id: 'yes', type: script, config: { command: 'true' } }
  - { id: 'no', type: script, config: { command: 'false' } }
  - { id: join, type: script, dependsOn: ['yes', 'no'], config: { command: 'true' } }
"
            .replace("[yes]", "['yes']")
            .replace("[no]", "['no']")
            .as_str(),
        )
        .await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(fate(&result, "no"), (StepState::Skipped, "condition".to_owned()));
    assert_eq!(fate(&result, "join").0, StepState::Succeeded);
}

#[tokio::test]
async fn the_rule_for_a_class_decides_whether_its_failure_is_tolerated() {
    for (action, tolerates, state, after) in [
        ("failRun", true, RunState::Failed, StepState::Skipped),
        (
            "ignore",
            false,
            RunState::PartiallySucceeded,
            StepState::Succeeded,
        ),
    ] {
        let yaml = format!(
            "
name: class
onError: [ {{ class: data, action: {action} }} ]
steps:
  - {{ id: bad, type: script, errorClass: data, continueOnError: {tolerates}, config: {{ command: 'false' }} }}
  - {{ id: after, type: script, dependsOn: [bad], config: {{ command: 'true' }} }}
"
        );
        let result = Room::new().run(&yaml).await;
        assert_eq!(
            (result.state, fate(&result, "after").0),
            (state, after),
            "{action}"
        );
    }
}
