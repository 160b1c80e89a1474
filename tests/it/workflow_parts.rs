//! Steps that are made of parts, and what steps leave to others: lists, nested workflows, outputs, artefacts, logs.

use gaai::model::event::RunState;
use gaai::model::workflow_event::{StepState, WorkflowEvent};
use gaai::workflow::run::WorkflowResult;
use serde_json::json;

use super::workflow_room::{Room, fate, step};

fn list(items: &str, more: &str, command: &str) -> String {
    format!(
        "
name: lists
steps:
  - id: list
    type: script
    forEach: {{ items: {items}{more} }}
    config: {{ command: sh, args: [-c, '{command}', 'sh', '{{{{item}}}}', '{{{{index}}}}'] }}
  - id: after
    type: script
    dependsOn: [list]
    config: {{ command: echo, args: ['{{{{steps.list.outputs.results}}}}'] }}
"
    )
}

#[tokio::test]
async fn an_empty_list_is_done_at_once() {
    let result = Room::new().run(&list("[]", "", "exit 1")).await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(step(&result, "list").outputs["results"], json!([]));
    assert_eq!(step(&result, "after").output, "[]");
}

#[tokio::test]
async fn items_leave_their_results_in_the_order_of_the_list() {
    let result = Room::new().run(&list("[c, a, b]", "", "echo $1$2")).await;
    assert_eq!(
        step(&result, "list").outputs["results"],
        json!(["c0", "a1", "b2"])
    );
    assert_eq!(step(&result, "list/2").output, "b2");
    assert_eq!(step(&result, "after").output, r#"["c0","a1","b2"]"#);
}

#[tokio::test]
async fn two_hundred_items_run_so_many_at_a_time() {
    let room = Room::new();
    let items: Vec<String> = (0..200).map(|it| it.to_string()).collect();
    let yaml = list(
        &format!("[{}]", items.join(", ")),
        ", maxConcurrency: 3",
        "meet item 3; echo $1",
    );
    let yaml = yaml.replace(
        "name: lists",
        "name: lists\nparallel: { defaultMaxConcurrency: 16 }",
    );
    let result = room.run(&yaml).await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(
        step(&result, "list").outputs["results"].as_array().unwrap().len(),
        200
    );
    assert_eq!(room.peak("item"), 3);
    assert_eq!(result.step_results.len(), 202);
}

#[tokio::test]
async fn a_failing_item_fails_its_step_after_the_others_ran() {
    let result = Room::new().run(&list("[1, 2, 3]", "", "test $1 != 2")).await;
    assert_eq!(
        (result.state, fate(&result, "list").0),
        (RunState::Failed, StepState::Failed)
    );
    assert_eq!(
        [0, 1, 2].map(|it| fate(&result, &format!("list/{it}")).0),
        [StepState::Succeeded, StepState::Failed, StepState::Succeeded]
    );
    assert_eq!(fate(&result, "after").1, "upstreamFailed");
    let error = step(&result, "list").error.clone().unwrap();
    assert!(
        error.starts_with("1 of 3 parts did not succeed, the first is list/1: "),
        "{error}"
    );
}

#[tokio::test]
async fn the_limit_of_an_attempt_is_that_of_an_item_and_not_of_the_list() {
    // Eight items one after the other take longer than any of them may.
    let yaml = list("[1, 2, 3, 4, 5, 6, 7, 8]", ", maxConcurrency: 1", "sleep 0.3")
        .replace("args: [-c, 'sleep", "timeout: 2s, args: [-c, 'sleep");
    let result = Room::new().run(&yaml).await;
    assert!(result.success, "{:?}", result.error);
}

#[tokio::test]
async fn the_one_trial_of_a_breaker_goes_to_an_item() {
    let yaml = list("[1, 2, 3]", ", maxConcurrency: 1", "test -e broken || { touch broken; exit 1; }").replace(
        "    config:",
        "    breaker: { failures: 1, open: 200ms }\n    retry: { maxAttempts: 3, backoff: { initial: 1ms, max: 1ms } }\n    config:",
    );
    let result = Room::new().run(&yaml).await;
    assert_eq!(
        fate(&result, "list").0,
        StepState::Succeeded,
        "{:?}",
        result.error
    );
}

#[tokio::test]
async fn the_items_can_be_what_a_step_gave() {
    let room = Room::new();
    room.program(
        "lists.sh",
        "#!/bin/sh\necho 'files=[\"x\", \"y\"]' >> $GAAI_OUTPUT\n",
    );
    let result = room
        .run(
            "
name: given
steps:
  - { id: lists, type: script, outputs: [files], config: { command: ./lists.sh } }
  - id: each
    type: script
    dependsOn: [lists]
    forEach: { items: '{{steps.lists.outputs.files}}', as: file }
    config: { command: echo, args: ['{{file}}'] }
",
        )
        .await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(
        step(&result, "each").outputs["results"],
        json!(["x", "y"]),
        "{:?}",
        result.error
    );
}

const OUTER: &str = "
name: outer
parallel: { defaultMaxConcurrency: 9, resources: { one: 1 } }
steps:
  - { id: inner, type: workflow, config: { path: inner.yaml, variables: { who: outer } } }
  - { id: beside, type: script, config: { command: meet, args: [crowd, '1'] }, parallel: { resource: one } }
  - { id: reads, type: script, dependsOn: [inner], config: { command: echo, args: ['{{steps.inner.outputs.says.word}}'] } }
";

const INNER: &str = "
name: inner
variables: { who: nobody }
parallel: { resources: { one: 5 } }
onExit: { command: sh, args: [-c, 'echo workflow >> told'] }
steps:
  - { id: says, type: script, outputs: [word], config: { command: sh, args: [-c, 'echo word=$WORKFLOW_VAR_who >> $GAAI_OUTPUT'] } }
  - { id: a, type: script, config: { command: meet, args: [crowd, '1'] }, parallel: { resource: one } }
  - { id: b, type: script, config: { command: meet, args: [crowd, '1'] }, parallel: { resource: one } }
  - id: last
    type: script
    dependsOn: [says, a, b]
    config: { command: 'true' }
    onExit: { command: sh, args: [-c, 'echo step >> told'] }
";

#[tokio::test]
async fn a_nested_workflow_gives_its_outputs_and_shares_the_pools() {
    let room = Room::new();
    std::fs::write(room.path("inner.yaml"), INNER).unwrap();
    let result = room.run(OUTER).await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(step(&result, "reads").output, "outer");
    assert_eq!(room.peak("crowd"), 1, "a pool of one is one, whoever uses it");
    assert_eq!(
        room.lines("told"),
        ["step", "workflow"],
        "every handler of it runs"
    );
    assert_eq!(fate(&result, "inner/last.onExit").0, StepState::Succeeded);
    assert_eq!(result.parallel_stats.total_groups, 2);
}

#[tokio::test]
async fn a_failure_within_is_the_failure_of_the_step() {
    let room = Room::new();
    std::fs::write(
        room.path("inner.yaml"),
        INNER.replace("echo word=$WORKFLOW_VAR_who", "exit 4; echo"),
    )
    .unwrap();
    let result = room.run(OUTER).await;
    assert_eq!(
        (result.state, fate(&result, "inner").0),
        (RunState::Failed, StepState::Failed)
    );
    assert_eq!(
        fate(&result, "reads"),
        (StepState::Skipped, "upstreamFailed".to_owned())
    );
    let error = result.error.unwrap();
    assert!(
        error.contains("the first is inner/says: it exited with code 4"),
        "{error}"
    );
    assert_eq!(room.lines("told"), ["workflow"]);
}

#[tokio::test]
async fn a_list_of_nested_workflows_runs_each() {
    let room = Room::new();
    std::fs::write(room.path("inner.yaml"), INNER).unwrap();
    let yaml = "
name: each
steps:
  - id: each
    type: workflow
    forEach: { items: [x, y], maxConcurrency: 1 }
    config: { path: inner.yaml, variables: { who: '{{item}}' } }
";
    let result = room.run(yaml).await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(
        step(&result, "each").outputs["results"],
        json!([{"says": {"word": "x"}}, {"says": {"word": "y"}}])
    );
}

#[tokio::test]
async fn a_workflow_that_nests_itself_fails_and_ends() {
    let room = Room::new();
    let yaml = "name: deep\nsteps: [ { id: deep, type: workflow, config: { path: deep.yaml } } ]\n";
    std::fs::write(room.path("deep.yaml"), yaml).unwrap();
    let result = room.run(yaml).await;
    assert_eq!(result.state, RunState::Failed);
    assert!(result.error.unwrap().contains("workflows deep"));
}

#[tokio::test]
async fn artefacts_are_kept_under_their_paths_and_a_missing_one_fails() {
    let room = Room::new();
    let run = |artifact: &'static str| {
        format!(
            "name: a\nsteps:\n  - {{ id: makes, type: script, artifacts: [a/report, b/report{artifact}], config: {{ command: sh, args: [-c, 'mkdir -p a b; echo 1 > a/report; echo 2 > b/report'] }} }}\n"
        )
    };
    assert!(room.run(&run("")).await.success);
    assert_eq!(room.lines("run/artifacts/makes/a/report"), ["1"]);
    assert_eq!(room.lines("run/artifacts/makes/b/report"), ["2"]);
    let room = Room::new();
    let result = room.run(&run(", missing")).await;
    assert!(result.error.unwrap().contains("missing cannot be kept"));
}

#[tokio::test]
async fn an_output_that_was_promised_and_not_written_is_a_failure() {
    let yaml =
        "name: o\nsteps:\n  - { id: makes, type: script, outputs: [size], config: { command: 'true' } }\n";
    let result = Room::new().run(yaml).await;
    assert!(
        result
            .error
            .unwrap()
            .contains("it did not write its output `size`")
    );
}

#[tokio::test]
async fn a_long_step_prints_to_its_log_while_it_runs() {
    let mut room = Room::new();
    room.program(
        "bin/reads-log",
        "#!/bin/sh\nuntil grep -q early run/logs/long.log; do sleep 0.01; done\ntouch was-seen\n",
    );
    room.options.parallel_enabled = Some(true);
    let result = room
        .run(
            "
name: live
steps:
  - { id: long, type: script, log: file, config: { command: sh, args: [-c, 'echo early; echo problem >&2; wait_for was-seen; echo late'] } }
  - { id: reads, type: script, config: { command: reads-log } }
",
        )
        .await;
    assert!(result.success);
    assert_eq!(step(&result, "long").output, "early\nlate");
    assert_eq!(room.lines("run/logs/long.log"), ["early", "late", "problem"]);
    assert_eq!(std::fs::read_dir(room.path("run/logs")).unwrap().count(), 1);
}

fn restarting(most: u32) -> String {
    format!(
        "
name: again
onError: [ {{ class: database, action: restartWorkflow, maxRestarts: {most}, window: 10m }} ]
onExit: {{ command: sh, args: [-c, 'echo exit >> told'] }}
steps:
  - {{ id: first, type: script, config: {{ command: sh, args: [-c, 'echo first >> told'] }} }}
  - {{ id: slow, type: script, config: {{ command: wait_for, args: [third] }} }}
  - id: database
    type: script
    dependsOn: [first]
    errorClass: database
    config: {{ command: sh, args: [-c, 'if test -e second; then touch third; exit 0; elif test -e one; then touch second; else touch one; fi; exit 1'] }}
  - {{ id: last, type: script, dependsOn: [database], config: {{ command: sh, args: [-c, 'echo last >> told'] }} }}
"
    )
}

fn restarts(room: &Room) -> usize {
    let is_restart =
        |it: &WorkflowEvent| matches!(it, WorkflowEvent::RunRestarted { step, .. } if step == "database");
    room.events().iter().filter(|it| is_restart(it)).count()
}

#[tokio::test]
async fn a_failure_of_its_class_begins_the_run_again_from_its_first_step() {
    let room = Room::new();
    let result = room.run(&restarting(5)).await;
    assert!(
        result.success && result.state == RunState::Succeeded,
        "{:?}",
        result.error
    );
    assert_eq!(room.lines("told"), ["first", "first", "first", "last", "exit"]);
    assert_eq!(restarts(&room), 2);
    assert_eq!(room.history().finished.len(), 5);
}

#[tokio::test]
async fn no_run_begins_again_more_often_than_it_may() {
    let room = Room::new();
    std::fs::write(room.path("third"), "").unwrap();
    let result: WorkflowResult = room.run(&restarting(1)).await;
    assert_eq!(
        (result.state, fate(&result, "database").0),
        (RunState::Failed, StepState::Failed)
    );
    assert_eq!(room.lines("told"), ["first", "first", "exit"]);
    assert_eq!(restarts(&room), 1);
}
