//! Runs that were killed, taken up again, changed meanwhile, or could not be written down; and runs beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gaai::flow::Cancel;
use gaai::model::event::RunState;
use gaai::model::workflow_event::{StepState, WorkflowEvent};
use gaai::process::{CgroupPlaces, Settings, Spawner};
use gaai::workflow::run::RunError;
use serde_json::json;

use super::workflow_room::{Room, fate, step, survivors, until};

fn adopting() -> Spawner {
    Spawner::new(Settings {
        program: Some(env!("CARGO_BIN_EXE_gaai").into()),
        adopt: true,
        rungs: Vec::new(),
        places: CgroupPlaces::of_this_process(),
    })
}

/// Another process that runs `flow.yaml` of `base`, once or again, with its result in `result.json`.
fn scene(base: &Path, case: &str, name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "workflow_crash::acts_a_scene",
            "--ignored",
            "--nocapture",
        ])
        .env("GAAI_TEST_SCENE", name)
        .env("GAAI_TEST_SCENE_CASE", case)
        .env("GAAI_TEST_SCENE_BASE", base)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Not a test: what [`scene`] runs.
#[tokio::test]
#[ignore = "run by other tests"]
async fn acts_a_scene() {
    let set = |name: &str| std::env::var(format!("GAAI_TEST_SCENE{name}")).unwrap();
    let base = std::path::PathBuf::from(set("_BASE"));
    let mut room = Room::with(adopting());
    room.environment.insert("GAAI_TEST_CASE".to_owned(), set("_CASE"));
    room.stop_grace = Duration::from_millis(100);
    room.move_to(&base, &set(""));
    let yaml = std::fs::read_to_string(base.join("flow.yaml")).unwrap();
    let result = if base.join(set("")).join("workflow.jsonl").exists() {
        room.resume(&yaml, false).await.unwrap()
    } else {
        room.run(&yaml).await
    };
    assert!(room.spawner.settled(Duration::from_secs(20)).await);
    let told = json!({"state": result.state, "success": result.success, "error": result.error});
    std::fs::write(base.join("result.json"), told.to_string()).unwrap();
}

/// What a [`scene`] left.
fn result_of(room: &Room) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(room.path("result.json")).unwrap()).unwrap()
}

/// 40 steps in layers of 4, lists and handlers among them; each writes down that it began and ended.
fn layered() -> String {
    let mut yaml = "name: layered\nparallel: { defaultMaxConcurrency: 4 }\nonExit: { command: ./mark.sh, args: [exit] }\nsteps:\n".to_owned();
    for layer in 0..8 {
        for place in 0..4 {
            let depends = match layer {
                0 => String::new(),
                _ => format!(
                    ", dependsOn: [s{}-{place}, s{}-{}]",
                    layer - 1,
                    layer - 1,
                    (place + 1) % 4
                ),
            };
            let list = if place == 0 {
                ", forEach: { items: [a, b, c] }"
            } else {
                ""
            };
            let handler = if place == 1 {
                ", onSuccess: { command: ./mark.sh, args: [handler] }"
            } else {
                ""
            };
            yaml += &format!(
                "  - {{ id: s{layer}-{place}, type: script{depends}{list}{handler}, config: {{ command: ./mark.sh, args: [step] }} }}\n"
            );
        }
    }
    yaml
}

const MARK: &str = "#!/bin/sh
echo \"$GAAI_STEP_ID\" >> began
(sleep 30 & echo) > /dev/null
sleep 0.02
";

/// No step began again after the journal said that it had succeeded. Handlers of failures do with each failure.
fn repeats_nothing(events: &[WorkflowEvent]) {
    let mut succeeded = BTreeSet::new();
    for event in events {
        match event {
            WorkflowEvent::StepStarted { step, .. } if step.ends_with(".onFailure") => {}
            WorkflowEvent::StepStarted { step, .. } => {
                assert!(!succeeded.contains(step), "{step} was repeated")
            }
            WorkflowEvent::StepFinished { step, end } if end.state == StepState::Succeeded => {
                succeeded.insert(step.clone());
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_run_killed_at_any_moment_leaves_nobody_and_repeats_nothing_that_ended() {
    let kills = std::env::var("GAAI_TEST_KILLS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(4_u32);
    let room = Room::new();
    room.program("mark.sh", MARK);
    std::fs::write(room.path("flow.yaml"), layered()).unwrap();
    let case = room.environment["GAAI_TEST_CASE"].clone();
    let mut killed = 0;
    for round in 0..100 {
        let mut child = scene(room.base.path(), &case, "killed").spawn().unwrap();
        if round < kills {
            // At moments that differ, once something new was written.
            let before = room.lines("killed/workflow.jsonl").len();
            let goal = before + 3 + (round as usize * 7) % 23;
            until("it goes on", || {
                room.lines("killed/workflow.jsonl").len() >= goal || child.try_wait().unwrap().is_some()
            })
            .await;
            let _ = child.kill();
        }
        let status = child.wait().unwrap();
        until("nobody is left", || survivors(&case).is_empty()).await;
        if status.success() {
            break;
        }
        assert!(round < kills, "it fails although nobody kills it");
        killed += 1;
    }
    assert!(killed > 0, "every run ended before it could be killed");
    let result = result_of(&room);
    assert_eq!(result["state"], "succeeded", "{result}");
    let records = gaai::trace::read_journal(&room.path("killed/workflow.jsonl")).unwrap();
    let events: Vec<WorkflowEvent> = records.into_iter().map(|it| it.event).collect();
    repeats_nothing(&events);
    let handlers = events.iter().filter(|it| {
        matches!(it, WorkflowEvent::StepFinished { step, end } if step.ends_with(".onSuccess") && end.state == StepState::Succeeded)
    });
    assert_eq!(handlers.count(), 8, "a handler was lost");
}

#[tokio::test]
async fn daemons_that_left_their_group_end_with_their_step() {
    let room = Room::new();
    let daemon = "#!/bin/sh\nsetsid sh -c \"trap '' TERM; touch is.up; sleep 300\" &\nwait_for is.up\n";
    room.program("daemon.sh", daemon);
    let yaml = "name: d\nsteps:\n  - { id: leaves, type: script, config: { command: ./daemon.sh } }\n  - { id: late, type: script, config: { command: sh, args: [-c, './daemon.sh; sleep 300'], timeout: 500 } }\n";
    std::fs::write(room.path("flow.yaml"), yaml).unwrap();
    let case = room.environment["GAAI_TEST_CASE"].clone();
    let status = scene(room.base.path(), &case, "daemons").status().unwrap();
    assert!(status.success());
    assert_eq!(survivors(&case), Vec::<String>::new());
}

const CHAIN: &str = "
name: chain
variables: { a: 1 }
steps:
  - { id: one, type: script, config: { command: sh, args: [-c, 'echo one >> ran'] } }
  - { id: beside, type: script, config: { command: sh, args: [-c, 'echo beside >> ran'] } }
  - { id: two, type: script, dependsOn: [one], config: { command: sh, args: [-c, 'echo two >> ran; test -e repaired'] }, onFailure: { command: sh, args: [-c, 'echo handler >> ran'] } }
  - { id: three, type: script, dependsOn: [two], config: { command: sh, args: [-c, 'echo three >> ran'] } }
";

async fn failed_once() -> Room {
    let mut room = Room::new();
    room.options.parallel_enabled = Some(false);
    assert_eq!(room.run(CHAIN).await.state, RunState::Failed);
    assert_eq!(room.lines("ran"), ["one", "beside", "two", "handler"]);
    std::fs::remove_file(room.path("ran")).unwrap();
    room
}

#[tokio::test]
async fn a_run_that_failed_goes_on_where_it_failed_with_its_handlers() {
    let room = failed_once().await;
    let again = room.resume(CHAIN, false).await.unwrap();
    assert_eq!(again.state, RunState::Failed);
    assert_eq!(
        room.lines("ran"),
        ["two", "handler"],
        "the handler runs for each failure"
    );
    std::fs::write(room.path("repaired"), "").unwrap();
    let result = room.resume(CHAIN, false).await.unwrap();
    assert!(result.success);
    assert_eq!(room.lines("ran"), ["two", "handler", "two", "three"]);
    assert_eq!(step(&result, "one").state, StepState::Succeeded);
    repeats_nothing(&room.events());
}

#[tokio::test]
async fn a_changed_plan_is_refused_and_force_repeats_what_changed_and_what_comes_after() {
    let room = failed_once().await;
    std::fs::write(room.path("repaired"), "").unwrap();
    let changed = CHAIN.replace("echo beside", "echo BESIDE");
    assert!(matches!(
        room.resume(&changed, false).await,
        Err(RunError::Changed { .. })
    ));
    assert!(room.lines("ran").is_empty(), "nothing ran");
    assert!(room.resume(&changed, true).await.unwrap().success);
    assert_eq!(room.lines("ran"), ["BESIDE", "two", "three"]);
    std::fs::remove_file(room.path("ran")).unwrap();
    // What reads the output of a changed step is repeated too; what is beside it is not.
    let changed = changed.replace("echo one", "echo ONE");
    assert!(room.resume(&changed, true).await.unwrap().success);
    assert_eq!(room.lines("ran"), ["ONE", "two", "three"]);
    std::fs::remove_file(room.path("ran")).unwrap();
    // How many run at once is no part of the plan; what every step sees is.
    let faster = changed.replace("variables:", "parallel: { defaultMaxConcurrency: 9 }\nvariables:");
    assert!(room.resume(&faster, false).await.unwrap().success);
    assert!(room.lines("ran").is_empty());
    assert!(
        room.resume(&faster.replace("a: 1", "a: 2"), true)
            .await
            .unwrap()
            .success
    );
    assert_eq!(room.lines("ran"), ["ONE", "BESIDE", "two", "three"]);
}

#[tokio::test]
async fn a_torn_last_line_is_dropped_and_any_other_fault_is_refused() {
    let room = failed_once().await;
    std::fs::write(room.path("repaired"), "").unwrap();
    let path = room.path("run/workflow.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let torn = &whole[..whole.len() - 7];
    std::fs::write(&path, torn).unwrap();
    assert!(room.resume(CHAIN, false).await.unwrap().success);
    assert_eq!(room.lines("ran"), ["two", "three"]);
    let mut broken = whole.clone();
    broken[whole.len() / 2] ^= 1;
    std::fs::write(&path, &broken).unwrap();
    assert!(matches!(room.resume(CHAIN, false).await, Err(RunError::Trace(_))));
    assert_eq!(std::fs::read(&path).unwrap(), broken, "it stays as it was");
}

#[tokio::test]
async fn what_cannot_be_written_down_does_not_happen_and_is_no_success() {
    // A disk that is full at some moment of the run: no file of that process grows beyond so many bytes.
    for blocks in [20, 27, 40] {
        let room = Room::new();
        room.program("mark.sh", MARK);
        std::fs::write(room.path("flow.yaml"), layered()).unwrap();
        let case = room.environment["GAAI_TEST_CASE"].clone();
        let whole = scene(room.base.path(), &case, "full");
        let mut full = Command::new("sh");
        full.args([
            "-c",
            &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""),
            "sh",
        ]);
        full.arg(whole.get_program()).args(whole.get_args());
        full.envs(whole.get_envs().filter_map(|(key, value)| Some((key, value?))));
        let status = full.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success());
        let result = result_of(&room);
        assert_eq!(
            (result["state"].as_str(), result["success"].as_bool()),
            (Some("failed"), Some(false))
        );
        assert!(
            result["error"]
                .as_str()
                .unwrap()
                .contains("the journal could not be written"),
            "{result}"
        );
        // Nothing ran whose beginning is not written down, and the rest is done later.
        let told = std::fs::read(room.path("full/workflow.jsonl")).unwrap();
        let told = gaai::trace::parse::<WorkflowEvent>(&told, "full")
            .unwrap()
            .records;
        let started = told
            .iter()
            .filter(|it| matches!(it.event, WorkflowEvent::StepStarted { .. }));
        assert!(room.lines("began").len() <= started.count());
        let status = scene(room.base.path(), &case, "full").status().unwrap();
        assert!(status.success());
        assert_eq!(result_of(&room)["state"], "succeeded");
    }
}

/// A pool of one of the host, used by both processes.
const SHARED: &str = "
name: shared
parallel: { defaultMaxConcurrency: 4, resources: { '../one': { slots: 1, scope: host } } }
steps:
  - id: list
    type: script
    forEach: { items: [1, 2, 3, 4, 5, 6] }
    config: { command: sh, args: [-c, 'mkdir held || echo twice >> wrong; sleep 0.02; rmdir held; echo $0 >> done', '{{item}}'] }
    parallel: { resource: '../one' }
";

#[tokio::test]
async fn a_pool_of_the_host_holds_for_two_processes_and_is_free_after_a_kill() {
    let room = Room::new();
    std::fs::write(room.path("flow.yaml"), SHARED).unwrap();
    let case = room.environment["GAAI_TEST_CASE"].clone();
    let mut both = ["first", "second"].map(|it| scene(room.base.path(), &case, it).spawn().unwrap());
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(room.lines("done").len(), 12);
    assert!(room.lines("wrong").is_empty(), "two held the one slot at once");
    assert!(
        room.path("pools/%2E%2E%2Fone").is_dir(),
        "a pool keeps to its folder, whatever it is called"
    );
    let holder = SHARED.replace("sleep 0.02", "sleep 300");
    std::fs::write(room.path("flow.yaml"), holder).unwrap();
    let mut child = scene(room.base.path(), &case, "third").spawn().unwrap();
    until("it holds the slot", || room.path("held").exists()).await;
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_dir(room.path("held")).unwrap();
    until("nobody is left", || survivors(&case).is_empty()).await;
    assert!(room.run(SHARED).await.success);
}

#[tokio::test]
async fn instances_of_a_step_are_counted_over_runs_beside_each_other() {
    let yaml = "
name: instances
steps:
  - id: one
    type: script
    parallel: { maxConcurrency: 1 }
    forEach: { items: [1, 2, 3] }
    config: { command: sh, args: [-c, 'mkdir held || echo twice >> wrong; touch came.$GAAI_TEST_RUN; wait_for came.1 came.2.is.near; rmdir held; echo x >> done'] }
";
    let mut first = Room::new();
    first
        .environment
        .insert("GAAI_TEST_RUN".to_owned(), "1".to_owned());
    let mut second = Room::new();
    second
        .environment
        .insert("GAAI_TEST_RUN".to_owned(), "2".to_owned());
    second.move_to(first.base.path(), "run-2");
    // An instance of the one run ends only when the other run waits for its turn.
    let near = first.path("came.2.is.near");
    second.watcher = Arc::new(move |event| {
        if matches!(event, WorkflowEvent::StepQueued { .. }) {
            std::fs::write(&near, "").unwrap();
        }
    });
    let later = async {
        until("the first holds it", || first.path("came.1").exists()).await;
        second.run(yaml).await
    };
    let (one, two) = tokio::join!(first.run(yaml), later);
    assert!(one.success && two.success);
    assert_eq!(first.lines("done").len(), 6);
    assert!(first.lines("wrong").is_empty(), "two instances ran at once");
}

/// Runs a workflow that bounds its runs beside another that has begun and waits for `released`.
async fn beside(behavior: &str) -> (Result<RunState, RunError>, RunState, BTreeMap<&'static str, bool>) {
    let yaml = format!(
        "name: one at a time\nconcurrency: {{ limit: 1, behavior: {behavior} }}\nsteps:\n  - {{ id: a, type: script, config: {{ command: sh, args: [-c, 'touch began.$GAAI_TEST_RUN; wait_for released.$GAAI_TEST_RUN'] }} }}\n"
    );
    let mut first = Room::new();
    first
        .environment
        .insert("GAAI_TEST_RUN".to_owned(), "1".to_owned());
    let mut second = Room::new();
    second
        .environment
        .insert("GAAI_TEST_RUN".to_owned(), "2".to_owned());
    second.move_to(first.base.path(), "run-2");
    std::fs::write(first.path("released.2"), "").unwrap();
    let later = async {
        until("the first begins", || first.path("began.1").exists()).await;
        if behavior == "queue" {
            let release = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                assert!(!first.path("began.2").exists(), "it did not wait");
                std::fs::write(first.path("released.1"), "").unwrap();
            };
            return tokio::join!(second.try_run(&yaml), release).0;
        }
        let result = second.try_run(&yaml).await;
        std::fs::write(first.path("released.1"), "").unwrap();
        result
    };
    let (one, two) = tokio::join!(Box::pin(first.run(&yaml)), Box::pin(later));
    let began = [("began.1"), ("began.2")]
        .map(|it| (it, first.path(it).exists()))
        .into();
    (two.map(|it| it.state), one.state, began)
}

#[tokio::test]
async fn one_run_more_than_may_waits_is_left_out_fails_or_takes_over() {
    let (two, one, _) = beside("queue").await;
    assert!(matches!(
        (two, one),
        (Ok(RunState::Succeeded), RunState::Succeeded)
    ));
    let (two, one, began) = beside("skip").await;
    assert!(matches!(
        (two, one),
        (Err(RunError::LeftOut { limit: 1, .. }), RunState::Succeeded)
    ));
    assert!(!began["began.2"]);
    let (two, one, began) = beside("fail").await;
    assert!(matches!(
        (two, one),
        (Err(RunError::TooMany { limit: 1, .. }), RunState::Succeeded)
    ));
    assert!(!began["began.2"]);
    let (two, one, _) = beside("cancelRunning").await;
    assert!(matches!(
        (two, one),
        (Ok(RunState::Succeeded), RunState::Cancelled)
    ));
}

#[tokio::test]
async fn a_run_cancelled_while_it_waits_for_its_turn_runs_nothing() {
    let yaml = "name: w\nconcurrency: { limit: 1 }\nsteps:\n  - { id: a, type: script, config: { command: sh, args: [-c, 'echo $GAAI_RUN_ID >> ran; wait_for released'] } }\n";
    let first = Room::new();
    let mut second = Room::new();
    second.move_to(first.base.path(), "run-2");
    let stop: Cancel = second.cancel.clone();
    let later = async {
        until("the first begins", || first.path("ran").exists()).await;
        let cancelled = async { stop.cancel() };
        let (result, ()) = tokio::join!(second.run(yaml), cancelled);
        std::fs::write(first.path("released"), "").unwrap();
        result
    };
    let (one, two) = tokio::join!(first.run(yaml), later);
    assert_eq!((one.state, two.state), (RunState::Succeeded, RunState::Cancelled));
    assert_eq!(fate(&two, "a"), (StepState::Skipped, "cancelled".to_owned()));
    assert_eq!(first.lines("ran").len(), 1);
}
