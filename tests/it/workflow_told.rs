//! What runs tell: their handlers, those who watch them wait, and those who gave them what cannot be run.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use gaai::model::event::RunState;
use gaai::model::workflow_event::WorkflowEvent;
use gaai::workflow::run::{RunError, WORKFLOW_JOURNAL, WorkflowHistory};
use serde_json::Value;

use super::program::{done, expect, gaai};
use super::workflow_cli::{WAITS, begun, until, workflow};
use super::workflow_room::{Room, step};

const TELLS: &str = "
onSuccess: { command: sh, args: [-c, 'echo \"success|$GAAI_OUTCOME|$GAAI_ERROR\" >> told'] }
onFailure: { command: sh, args: [-c, 'echo \"failure|$GAAI_OUTCOME|$GAAI_ERROR\" >> told'] }
";

#[tokio::test]
async fn handlers_of_a_run_are_told_how_it_ended() {
    let skipped = "  - { id: late, type: script, dependsOn: [bad], config: { command: 'true' } }\n";
    let bad = "  - { id: bad, type: script, config: { command: sh, args: [-c, 'exit 3'] }";
    let cases = [
        (
            "",
            format!("{skipped}{bad} }}\n"),
            "failure|failed|it exited with code 3",
        ),
        (
            "timeout: 200",
            "  - { id: slow, type: script, config: { command: wait_for, args: [never] } }\n".to_owned(),
            "failure|timedOut|the run's time limit was reached",
        ),
        (
            "",
            format!("{bad}, continueOnError: true }}\n"),
            "success|succeeded|",
        ),
    ];
    for (head, steps, told) in &cases {
        let room = Room::new();
        room.run(&format!("name: tells\n{head}{TELLS}steps:\n{steps}"))
            .await;
        assert_eq!(room.lines("told"), [*told]);
    }
    let mut strict = Room::new();
    strict.options.strict = true;
    let result = strict
        .run(&format!("name: tells{TELLS}steps:\n{}", cases[2].1))
        .await;
    assert_eq!(result.state, RunState::Failed);
    let told = strict.lines("told");
    assert!(
        told.len() == 1 && told[0].starts_with("failure|failed|"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_the_environment_cannot_be_filled_in_with_begins_no_run() {
    let yaml = |value: &str| {
        format!(
            "name: env\nenv: {{ A: '{value}' }}\nsteps: [ {{ id: a, type: script, config: {{ command: sh, args: [-c, 'echo $A'] }} }} ]\n"
        )
    };
    let room = Room::new();
    let refused = room.try_run(&yaml("{{ env.NOPE }}")).await;
    assert!(
        matches!(&refused, Err(RunError::Environment(said)) if said.contains("env A")),
        "{refused:?}"
    );
    assert!(!room.path("run").join(WORKFLOW_JOURNAL).exists());
    let result = room.run(&yaml("{{ run.id }}")).await;
    assert_eq!(step(&result, "a").output, "run-1");
}

#[test]
fn a_fault_of_the_environment_is_the_users_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let steps = "  - { id: a, type: script, config: { command: 'true' } }\n";
    workflow(place.path(), "env: { A: \"{{ env.GAAI_NOPE }}\" }", steps);
    let output = done(place.path(), &["workflow", "run", "w.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(place.path().join("output")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_step_that_waits_for_a_pool_says_so_while_it_waits() {
    let mut room = Room::new();
    let file = room.path("released");
    room.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepQueued { .. }) {
            fs::write(&file, "").unwrap();
        }
    });
    let yaml = "
name: waits
parallel: { resources: { one: 1 } }
steps:
  - { id: holds, type: script, parallel: { resource: one }, config: { command: wait_for, args: [released] } }
  - { id: wants, type: script, parallel: { resource: one }, config: { command: 'true' } }
";
    assert!(room.run(yaml).await.success);
    let records = room.records();
    let told = records
        .iter()
        .position(|it| matches!(it.event, WorkflowEvent::StepQueued { .. }))
        .unwrap();
    let then = WorkflowHistory::replay(&records[..=told]).unwrap();
    assert_eq!(then.waiting["wants"], "pool one: 1 of 1 held");
    assert!(room.history().waiting.is_empty());
}

#[test]
fn the_status_of_a_run_says_what_its_steps_wait_for() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = format!(
        "  - {{ id: holds, type: script, config: {{ command: \"{WAITS}\", shell: true }} }}\n\
         \x20 - {{ id: rests, type: script, config: {{ command: 'false' }}, retry: {{ maxAttempts: 2, backoff: {{ initial: 1h, max: 1h }} }} }}\n\
         \x20 - {{ id: alone, type: script, config: {{ command: 'true' }}, parallel: {{ enabled: false }} }}\n"
    );
    workflow(place, "parallel: { keepGoing: true }", &steps);
    let mut child = begun(place);
    let reason = |step: &str| {
        let output = done(place, &["workflow", "status", "r", "--json"]).stdout;
        let status: Value = serde_json::from_slice(&output).ok()?;
        let mut steps = status["steps"].as_array()?.iter();
        let found = steps.find(|it| it["step"] == step)?["reason"].as_str()?;
        Some(found.to_owned())
    };
    until("one waits to run alone", || {
        reason("alone").as_deref() == Some("for its turn to run alone")
    });
    until("one rests", || {
        reason("rests").is_some_and(|it| it.starts_with("for its next attempt: "))
    });
    expect(place, &["workflow", "cancel", "r", "--now"], 0);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_run_that_waits_for_its_turn_is_seen_and_cancelled_from_elsewhere() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = format!("  - {{ id: a, type: script, config: {{ command: \"{WAITS}\", shell: true }} }}\n");
    workflow(place, "concurrency: { limit: 1 }", &steps);
    let mut first = begun(place);
    until("the first runs", || place.join("began").exists());
    let mut second = gaai(place, &["workflow", "run", "w.yaml", "--run-id", "q"])
        .spawn()
        .unwrap();
    until("the second waits", || {
        let output = done(place, &["workflow", "status", "q"]);
        String::from_utf8_lossy(&output.stdout).contains("for its turn among the runs of `Trial`")
    });
    expect(place, &["workflow", "cancel", "q"], 0);
    assert_eq!(second.wait().unwrap().code(), Some(130));
    fs::write(place.join("go"), "").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(fs::read_to_string(place.join("began")).unwrap(), "x\n");
}

#[test]
fn no_more_steps_run_at_once_than_files_may_be_open() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps: String = (0..50)
        .map(|it| format!("  - {{ id: s{it}, type: script, config: {{ command: sleep, args: ['0.2'] }} }}\n"))
        .collect();
    workflow(place, "", &steps);
    let run = gaai(place, &["workflow", "run", "w.yaml", "--jobs", "50"]);
    let mut few = Command::new("sh");
    few.args(["-c", "ulimit -n 100; exec \"$@\"", "sh"])
        .arg(run.get_program())
        .args(run.get_args())
        .current_dir(place)
        .env("GAAI_POOLS", place.join(".pools"));
    let output = few.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("at most 12 steps at a time instead of 50"),
        "{told}"
    );
}

#[tokio::test]
async fn outputs_reach_the_steps_that_wait_for_them_as_variables() {
    let yaml = "
name: handed
steps:
  - { id: build-app, type: script, outputs: [file.name, list], config: { command: sh, args: [-c, 'echo file.name=a.out >> $GAAI_OUTPUT; echo list=[1] >> $GAAI_OUTPUT'] } }
  - { id: reads, type: script, dependsOn: [build-app], config: { command: sh, args: [-c, 'echo $WORKFLOW_OUTPUT_build_app_file_name $WORKFLOW_OUTPUT_build_app_list'] } }
  - { id: does-not-wait, type: script, config: { command: sh, args: [-c, 'echo $WORKFLOW_OUTPUT_build_app_list'] } }
";
    let result = Room::new().run(yaml).await;
    assert_eq!(step(&result, "reads").output, "a.out [1]");
    assert_eq!(step(&result, "does-not-wait").output, "");
}

#[tokio::test]
async fn what_a_killed_attempt_wrote_for_outputs_is_gone() {
    let yaml = "
name: left
steps:
  - { id: makes, type: script, outputs: [v], config: { command: sh, args: [-c, 'echo \"{\\\"v\\\": 1}\" >> $GAAI_OUTPUT'] } }
  - { id: fails, type: script, dependsOn: [makes], config: { command: 'false' } }
";
    let room = Room::new();
    let left = room.path("run/outputs");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("makes.1"), "half of a").unwrap();
    let result = room.run(yaml).await;
    assert_eq!(step(&result, "makes").outputs["v"], 1, "{:?}", result.error);
    fs::write(left.join("other.1"), "a secret").unwrap();
    room.resume(yaml, false).await.unwrap();
    assert!(!left.join("other.1").exists());
}

#[tokio::test]
async fn outputs_that_no_line_of_a_journal_should_hold_are_refused() {
    let yaml = "
name: large
steps:
  - { id: large, type: script, outputs: [v], config: { command: sh, args: [-c, 'printf v= > $GAAI_OUTPUT; head -c 2000000 /dev/zero | tr \"\\0\" x >> $GAAI_OUTPUT'] } }
";
    let room = Room::new();
    let error = room.run(yaml).await.error.unwrap();
    assert!(error.contains("more than 1048576"), "{error}");
    assert_eq!(fs::read_dir(room.path("run/outputs")).unwrap().count(), 0);
}
