//! Runs of workflows that are stopped, killed, watched and taken up again from other processes.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::program::{done, expect, gaai};
use super::workflow_cli::{WAITS, begun, run, step, until, workflow};

fn lines(place: &Path, file: &str) -> usize {
    fs::read_to_string(place.join(file)).map_or(0, |it| it.lines().count())
}

fn status(place: &Path) -> Value {
    serde_json::from_str(&expect(place, &["workflow", "status", "r", "--json"], 0)).unwrap()
}

fn of_step<'a>(status: &'a Value, step: &str) -> &'a Value {
    let steps = status["steps"].as_array().unwrap();
    steps.iter().find(|it| it["step"] == step).unwrap()
}

#[test]
fn a_killed_run_is_resumed_without_repeating_what_succeeded() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = [
        step("a", "echo x >> a", ""),
        step("b", WAITS, ", dependsOn: [a]"),
        step("c", "echo x >> c", ", dependsOn: [b]"),
    ];
    workflow(place, "", &steps.concat());
    let mut child = begun(place);
    until("b runs", || lines(place, "began") == 1);
    let seen = status(place);
    assert_eq!(
        (&seen["isRunning"], &of_step(&seen, "b")["state"]),
        (&true.into(), &"running".into())
    );
    assert_eq!(of_step(&seen, "c")["reason"], "for b");
    // It is running: nobody else may take it up.
    assert_eq!(done(place, &["workflow", "resume", "r"]).status.code(), Some(2));
    child.kill().unwrap();
    child.wait().unwrap();
    let seen = status(place);
    assert_eq!(
        (&seen["isRunning"], &of_step(&seen, "b")["state"]),
        (&false.into(), &"interrupted".into())
    );
    assert_eq!(done(place, &["workflow", "retry", "r"]).status.code(), Some(2));
    fs::write(place.join("go"), "").unwrap();
    expect(place, &["workflow", "resume", "r"], 0);
    assert_eq!(["a", "began", "c"].map(|it| lines(place, it)), [1, 2, 1]);
    assert_eq!(done(place, &["workflow", "resume", "r"]).status.code(), Some(2));
}

#[test]
fn a_run_is_cancelled_from_another_process_and_resumed() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    workflow(
        place,
        "",
        &(step("a", WAITS, "") + &step("b", "true", ", dependsOn: [a]")),
    );
    let mut child = begun(place);
    until("a runs", || lines(place, "began") == 1);
    expect(place, &["workflow", "cancel", "r"], 0);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(status(place)["state"], "cancelled");
    assert!(!place.join("output/r/stop").exists());
    assert_eq!(done(place, &["workflow", "cancel", "r"]).status.code(), Some(2));
    fs::write(place.join("go"), "").unwrap();
    expect(place, &["workflow", "resume", "r"], 0);
}

#[test]
fn ctrl_c_asks_and_a_second_one_kills() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    // It ignores being asked to end, and says so.
    workflow(
        place,
        "defaults: { stopGrace: 10m }",
        &step(
            "a",
            "trap 'touch asked' TERM INT; echo x >> began; while :; do sleep 0.05; done",
            "",
        ),
    );
    let mut child = begun(place);
    until("a runs", || lines(place, "began") == 1);
    let interrupt = || kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    interrupt();
    until("it is asked", || place.join("asked").exists());
    interrupt();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn cancel_now_kills_at_once() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let line = "trap '' TERM; echo x >> began; while :; do sleep 0.05; done";
    workflow(place, "defaults: { stopGrace: 10m }", &step("a", line, ""));
    let mut child = begun(place);
    until("a runs", || lines(place, "began") == 1);
    expect(place, &["workflow", "cancel", "r", "--now"], 0);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn logs_are_followed_no_longer_than_somebody_reads_them() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    workflow(
        place,
        "",
        &(step("z", "echo one", "") + &step("b", WAITS, ", dependsOn: [z]")),
    );
    let mut child = begun(place);
    until("b runs", || lines(place, "began") == 1);
    let mut logs = gaai(place, &["workflow", "logs", "r", "-f"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut read = std::io::BufReader::new(logs.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut read, &mut first).unwrap();
    drop(read);
    // The run prints nothing more and goes on.
    until("they end", || logs.try_wait().unwrap().is_some());
    assert_eq!((first.as_str(), child.try_wait().unwrap()), ("z | one\n", None));
    assert!(logs.wait().unwrap().success());
    fs::write(place.join("go"), "").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn logs_are_followed_to_the_end_of_the_run() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let waits = format!("{WAITS}; echo two");
    workflow(
        place,
        "",
        &(step("z", "echo one", "") + &step("b", &waits, ", dependsOn: [z]")),
    );
    let mut child = begun(place);
    until("b runs", || lines(place, "began") == 1);
    let told = fs::File::create(place.join("told")).unwrap();
    let mut logs = gaai(place, &["workflow", "logs", "r", "-f"])
        .stdout(Stdio::from(told))
        .spawn()
        .unwrap();
    until("the first line is told", || lines(place, "told") == 1);
    fs::write(place.join("go"), "").unwrap();
    assert!(logs.wait().unwrap().success() && child.wait().unwrap().success());
    assert_eq!(
        fs::read_to_string(place.join("told")).unwrap(),
        "z | one\nb | two\n"
    );
    assert_eq!(expect(place, &["workflow", "logs", "r", "z"], 0), "one\n");
    assert_eq!(
        done(place, &["workflow", "logs", "r", "nobody"]).status.code(),
        Some(2)
    );
}

#[test]
fn failed_steps_are_retried_and_one_that_succeeded_only_when_asked() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = [
        step("a", "echo x >> a", ""),
        step("b", "echo x >> b; test -e go", ", dependsOn: [a]"),
        step("c", "echo x >> c", ", dependsOn: [b]"),
    ];
    workflow(place, "", &steps.concat());
    run(place, &[], 1);
    assert_eq!(done(place, &["workflow", "resume", "r"]).status.code(), Some(2));
    expect(place, &["workflow", "retry", "r"], 1);
    fs::write(place.join("go"), "").unwrap();
    expect(place, &["workflow", "retry", "r"], 0);
    assert_eq!(["a", "b", "c"].map(|it| lines(place, it)), [1, 3, 1]);
    assert_eq!(done(place, &["workflow", "retry", "r"]).status.code(), Some(2));
    expect(place, &["workflow", "retry", "r", "--step", "b"], 0);
    assert_eq!(["a", "b", "c"].map(|it| lines(place, it)), [1, 4, 2]);
}

#[test]
fn a_changed_file_is_refused_and_with_force_what_changed_is_repeated() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = |b: &str| {
        step("a", "echo x >> a", "")
            + &step("b", b, "")
            + &step("c", "echo x >> c; test -e go", ", dependsOn: [b]")
    };
    workflow(place, "parallel: { keepGoing: true }", &steps("echo x >> b"));
    run(place, &[], 1);
    workflow(place, "parallel: { keepGoing: true }", &steps("echo y >> b"));
    let refused = done(place, &["workflow", "retry", "r"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--force"));
    fs::write(place.join("go"), "").unwrap();
    expect(place, &["workflow", "retry", "r", "--force"], 0);
    assert_eq!(["a", "b", "c"].map(|it| lines(place, it)), [1, 2, 2]);
}

#[test]
fn history_is_a_cache_that_is_made_again_from_journals() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    workflow(place, "", &step("a", "test -e go", ""));
    run(place, &[], 1);
    fs::write(place.join("go"), "").unwrap();
    expect(place, &["workflow", "run", "w.yaml", "--run-id", "s"], 0);
    let history = || expect(place, &["workflow", "history", "Trial", "--json"], 0);
    let first = history();
    let runs: Value = serde_json::from_str(&first).unwrap();
    let told: Vec<_> = runs
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["run"], &it["state"]))
        .collect();
    assert_eq!(
        told,
        [
            (&"s".into(), &"succeeded".into()),
            (&"r".into(), &"failed".into())
        ]
    );
    fs::remove_file(place.join("output/catalog.sqlite")).unwrap();
    assert!(expect(place, &["catalog", "rebuild"], 0).contains("2 runs recorded"));
    assert_eq!(history(), first);
    expect(place, &["workflow", "retry", "r"], 0);
    assert!(history().contains("\"resumed\": 1"));
    fs::remove_dir_all(place.join("output/s")).unwrap();
    expect(place, &["catalog", "rebuild"], 0);
    assert!(!history().contains("\"s\""));
}

#[test]
fn agents_and_analyses_are_steps() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let steps = r#"
  - { id: brief, type: agent, config: { agent: requirements, prompt: "Who are the most influential users?", parameters: { vertical: social } } }
  - { id: rank, type: analysis, config: { graph: "demo:social", algorithm: pagerank } }
  - { id: told, type: script, dependsOn: [rank, brief], config: { command: echo, args: ["{{ steps.rank.outputs.rows }} {{ steps.brief.outputs.objectives }}"] } }
  - { id: schema, type: agent, config: { agent: schema, parameters: { graph: "demo:social" } } }
  - { id: cases, type: agent, config: { agent: useCases, prompt: "Who are the most influential users?", parameters: { graph: "demo:social" } } }
  - { id: templates, type: agent, config: { agent: templates, parameters: { graph: "demo:social", maxTemplates: 2 } } }
  - { id: none, type: agent, continueOnError: true, config: { agent: findings, prompt: x } }
  - { id: model, type: agent, continueOnError: true, config: { prompt: x } }
"#;
    workflow(place, "", steps);
    let result = run(place, &["--keep-going"], 0);
    let result = &result["stepResults"];
    let rows = result["rank"]["outputs"]["rows"].as_u64().unwrap();
    assert!(
        rows > 0
            && place
                .join(result["rank"]["outputs"]["file"].as_str().unwrap())
                .is_file()
    );
    assert!(
        result["told"]["output"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{rows} "))
    );
    assert!(
        result["none"]["error"]
            .as_str()
            .unwrap()
            .contains("`agent: requirements`")
    );
    assert!(
        result["schema"]["outputs"]["schema"]["census"].is_object(),
        "{result:#}"
    );
    assert!(result["cases"]["outputs"]["count"].as_u64().unwrap() > 0);
    assert!(result["templates"]["outputs"]["templates"][0]["algorithm"].is_object());
    assert!(
        result["model"]["error"]
            .as_str()
            .unwrap()
            .contains("--model PROVIDER/NAME")
    );
}

#[test]
fn one_run_more_than_may_go_on_waits_is_left_out_refused_or_takes_the_place() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let write = |behavior: &str| {
        let more = format!("concurrency: {{ limit: 1, behavior: {behavior} }}");
        workflow(place, &more, &step("a", WAITS, ""));
    };
    write("queue");
    let mut first = begun(place);
    until("a runs", || lines(place, "began") == 1);
    for (behavior, code) in [("skip", 0), ("fail", 3)] {
        write(behavior);
        assert_eq!(
            done(place, &["workflow", "run", "w.yaml"]).status.code(),
            Some(code),
            "{behavior}"
        );
    }
    write("cancelRunning");
    let mut second = gaai(place, &["workflow", "run", "w.yaml", "--run-id", "s"])
        .spawn()
        .unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(130));
    until("a runs again", || lines(place, "began") == 2);
    fs::write(place.join("go"), "").unwrap();
    write("queue");
    expect(place, &["workflow", "run", "w.yaml", "--run-id", "t"], 0);
    assert!(second.wait().unwrap().success());
}
