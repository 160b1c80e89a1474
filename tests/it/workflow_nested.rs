//! Workflows within workflows: what they say of themselves holds, and what cannot is refused.

use gaai::model::event::RunState;
use gaai::model::workflow_event::StepState;
use gaai::workflow::run::RunError;

use super::workflow_room::{Room, fate, step};

/// A workflow that runs `inner.yaml` beside room for more.
const OUTER: &str = "
name: outer
parallel: { defaultMaxConcurrency: 9 }
secrets: { KEY: { env: OUTER_KEY } }
env: { K: '{{secrets.KEY}}' }
steps:
  - { id: inner, type: workflow, config: { path: sub/inner.yaml } }
  - { id: after, type: script, dependsOn: [inner], config: { command: sh, args: [-c, 'echo after >> ran'] } }
";

/// A room in which the inner workflow has this head and these steps.
fn room(head: &str, steps: &str) -> Room {
    let mut room = Room::new();
    room.environment
        .insert("OUTER_KEY".to_owned(), "outer-canary".to_owned());
    std::fs::create_dir_all(room.path("sub")).unwrap();
    write_inner(&room, head, steps);
    room
}

fn write_inner(room: &Room, head: &str, steps: &str) {
    let yaml = format!("name: inner\n{head}\nsteps:\n{steps}");
    std::fs::write(room.path("sub/inner.yaml"), yaml).unwrap();
}

fn script(id: &str, line: &str) -> String {
    format!("  - {{ id: {id}, type: script, config: {{ command: sh, args: [-c, '{line}'] }} }}\n")
}

#[tokio::test]
async fn its_steps_are_never_more_at_once_than_it_says() {
    let crowd: String = (0..4)
        .map(|it| script(&format!("s{it}"), "exec meet crowd 1"))
        .collect();
    let list = "  - { id: list, type: script, forEach: { items: [1, 2, 3] }, config: { command: meet, args: [crowd, '1'] }, onSuccess: { command: meet, args: [crowd, '1'] } }\n";
    let deep = "  - { id: deep, type: workflow, config: { path: deep.yaml } }\n";
    for head in [
        "parallel: { enabled: false }",
        "parallel: { defaultMaxConcurrency: 1 }",
    ] {
        let room = room(head, &format!("{crowd}{list}{deep}"));
        std::fs::write(room.path("sub/deep.yaml"), format!("name: deep\nsteps:\n{crowd}")).unwrap();
        let result = room.run(OUTER).await;
        assert!(result.success, "{:?}", result.error);
        assert_eq!(room.peak("crowd"), 1, "{head}");
    }
}

#[tokio::test]
async fn its_time_limit_is_that_of_its_step() {
    let room = room("timeout: 200", &script("slow", "exec wait_for never"));
    let result = room.run(OUTER).await;
    assert_eq!(
        fate(&result, "inner"),
        (StepState::TimedOut, "timedOut".to_owned())
    );
    assert_eq!(
        fate(&result, "inner/slow"),
        (StepState::Cancelled, "parentEnded".to_owned())
    );
    assert_eq!(result.state, RunState::Failed);
    assert_eq!(room.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn its_secrets_are_its_own_and_stand_in_no_file() {
    let head = "secrets: { KEY: { file: key.txt }, OF_OUTER: { env: K } }\nenv: { MINE: '{{secrets.KEY}}', OUTERS: '{{secrets.OF_OUTER}}' }";
    let room = room(
        head,
        &script(
            "prints",
            "test $MINE = inner-canary && test $OUTERS = outer-canary && echo $MINE $OUTERS",
        ),
    );
    std::fs::write(room.path("sub/key.txt"), "inner-canary\n").unwrap();
    let result = room.run(OUTER).await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(step(&result, "inner/prints").output, "*** ***");
    for canary in ["inner-canary", "outer-canary"] {
        assert_eq!(
            room.files_with("run", canary),
            Vec::<std::path::PathBuf>::new(),
            "{canary}"
        );
    }
}

#[tokio::test]
async fn what_holds_for_whole_runs_only_is_refused() {
    let class = ", errorClass: data }\n";
    let of_class = script("a", "true").replace(" }\n", class);
    let service = "  - { id: a, type: service, config: { command: x } }\n".to_owned();
    let plain = script("a", "true");
    for (head, steps, said) in [
        ("concurrency: { limit: 1 }", &plain, "`concurrency`"),
        (
            "onError: [ { class: data, action: restartWorkflow } ]",
            &of_class,
            "`restartWorkflow`",
        ),
        (
            "parallel: { resources: { cpu: { adaptive: { min: 1, max: 2 } } } }",
            &plain,
            "pool `cpu` is adaptive",
        ),
        ("secrets: { A: { command: [cat, x] } }", &plain, "secret `A`"),
        ("", &service, "step `a` is a service"),
    ] {
        let result = room(head, steps).run(OUTER).await;
        assert_eq!(result.state, RunState::Failed, "{said}");
        let error = result.error.unwrap();
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_class_decides_within_as_well() {
    let steps = script("a", "exit 1").replace(" }\n", ", continueOnError: true, errorClass: data }\n");
    let result = room("onError: [ { class: data, action: failRun } ]", &steps)
        .run(OUTER)
        .await;
    assert_eq!(result.state, RunState::Failed);
}

#[tokio::test]
async fn a_changed_file_is_refused_and_with_force_its_steps_are_repeated() {
    let steps = |one: &str| {
        script("one", &format!("echo {one} >> ran"))
            + &script("two", "echo two >> ran; test -e repaired").replace(" }\n", ", dependsOn: [one] }\n")
    };
    let room = room("", &steps("one"));
    assert_eq!(room.run(OUTER).await.state, RunState::Failed);
    assert_eq!(room.resume(OUTER, false).await.unwrap().state, RunState::Failed);
    assert_eq!(room.lines("ran"), ["one", "two", "two"]);
    write_inner(&room, "", &steps("ONE"));
    let refused = room.resume(OUTER, false).await;
    assert!(
        matches!(&refused, Err(RunError::Changed { what, .. }) if what.contains("inner.yaml")),
        "{refused:?}"
    );
    std::fs::write(room.path("repaired"), "").unwrap();
    assert!(room.resume(OUTER, true).await.unwrap().success);
    assert_eq!(room.lines("ran"), ["one", "two", "two", "ONE", "two", "after"]);
    // It is the new text that counts from here on, also for what has succeeded.
    assert!(room.resume(OUTER, false).await.unwrap().success);
    write_inner(&room, "", &steps("One"));
    assert!(matches!(
        room.resume(OUTER, false).await,
        Err(RunError::Changed { .. })
    ));
    assert!(room.resume(OUTER, true).await.unwrap().success);
    assert_eq!(room.lines("ran")[6..], ["One", "two", "after"]);
}
