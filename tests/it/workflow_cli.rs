//! `gaai workflow` as its users meet it: processes, exit codes, files.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::program::{done, expect, gaai};

/// Writes a workflow file with these steps and further keys.
pub(super) fn workflow(place: &Path, more: &str, steps: &str) {
    let text = format!("name: Trial\nversion: 1.0.0\n{more}\nsteps:\n{steps}\n");
    fs::write(place.join("w.yaml"), text).unwrap();
}

/// A step that runs `line` in the shell, with further keys.
pub(super) fn step(id: &str, line: &str, more: &str) -> String {
    format!("  - {{ id: {id}, type: script, config: {{ command: \"{line}\", shell: true }}{more} }}\n")
}

/// Runs `w.yaml` as the run `r` and gives its result.
pub(super) fn run(place: &Path, words: &[&str], code: i32) -> Value {
    let all = [&["workflow", "run", "w.yaml", "--run-id", "r", "--json"], words].concat();
    serde_json::from_str(&expect(place, &all, code)).unwrap()
}

/// Waits until `holds`, for a minute at most.
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "it did not come about: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A run of `w.yaml` in another process.
pub(super) fn begun(place: &Path) -> Child {
    gaai(place, &["workflow", "run", "w.yaml", "--run-id", "r"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A shell line that says that it runs and waits for the file `go`.
pub(super) const WAITS: &str = "echo x >> began; while [ ! -e go ]; do sleep 0.05; done";

fn state<'a>(result: &'a Value, step: &str) -> &'a str {
    result["stepResults"][step]["state"].as_str().unwrap()
}

/// The four rows of the table: what a failure of `f` does to its group, its dependents and the run.
#[test]
fn each_row_of_the_truth_table_has_its_exit_code() {
    let rows = [
        (false, false, 1, ["cancelled", "skipped", "skipped"]),
        (true, false, 1, ["succeeded", "skipped", "skipped"]),
        (false, true, 0, ["succeeded", "succeeded", "succeeded"]),
        (true, true, 0, ["succeeded", "succeeded", "succeeded"]),
    ];
    for (isolate, tolerate, code, states) in rows {
        let place = tempfile::tempdir().unwrap();
        // In a file of its own: in the workflow's text it would stand in the journal, and find itself there.
        let ended = r#"grep -q '"event":"step_finished","step":"f"' output/r/workflow.jsonl"#;
        fs::write(place.path().join("ended"), ended).unwrap();
        let keys = format!(", continueOnError: {tolerate}, parallel: {{ isolateErrors: {isolate} }}");
        let sibling = match states[0] {
            "cancelled" => "touch up; exec sleep 600",
            _ => "touch up; until sh ended; do sleep 0.02; done",
        };
        let steps = [
            step("f", "while [ ! -e up ]; do sleep 0.02; done; exit 7", &keys),
            step("sibling", sibling, ""),
            step("dependent", "true", ", dependsOn: [f]"),
            step("late", "true", ", dependsOn: [sibling]"),
        ];
        workflow(place.path(), "", &steps.concat());
        let result = run(place.path(), &[], code);
        let told = ["sibling", "dependent", "late"].map(|it| state(&result, it));
        assert_eq!(told, states, "isolate {isolate}, tolerate {tolerate}: {result:#}");
        assert_eq!(result["success"], code == 0);
        assert_eq!(result["stepResults"]["f"]["exitCode"], 7);
        if tolerate {
            assert_eq!(result["state"], "partiallySucceeded");
            let strict = ["workflow", "run", "w.yaml", "--run-id", "s", "--strict"];
            expect(place.path(), &strict, 1);
        }
    }
}

#[test]
fn what_cannot_be_run_is_refused_with_2_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let cases = [
        (
            "secrets: { KEY: { env: GAAI_NO_SUCH } }",
            step("a", "true", ""),
            vec![],
            "GAAI_NO_SUCH",
        ),
        ("", step("a", "true", ", dependsOn: [b]"), vec![], "w.yaml:5"),
        ("", step("a", "true", ""), vec!["--only", "nope"], "known are `a`"),
        ("", step("a", "true", ""), vec!["--var", "x=1"], "no variable `x`"),
        ("", step("a", "true", ""), vec!["--jobs", "0"], "--jobs 0"),
        (
            "",
            "  - { id: a, type: service, config: { command: x } }".to_owned(),
            vec![],
            "is a service",
        ),
    ];
    for (more, steps, words, told) in cases {
        workflow(place.path(), more, &steps);
        let output = done(place.path(), &[vec!["workflow", "run", "w.yaml"], words].concat());
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(
            err.contains(told) && err.matches(told).count() == 1,
            "{told}: {err}"
        );
        assert!(output.stdout.is_empty());
    }
    let left = fs::read_dir(place.path().join("output")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}

#[test]
fn a_run_that_takes_too_long_ends_with_124() {
    let place = tempfile::tempdir().unwrap();
    workflow(place.path(), "timeout: 300", &step("a", "exec sleep 600", ""));
    assert_eq!(run(place.path(), &[], 124)["state"], "timedOut");
}

#[test]
fn a_result_has_the_names_of_its_document() {
    let place = tempfile::tempdir().unwrap();
    let pooled = ", parallel: { resource: cpu }";
    let steps = [
        step("a", "echo one", pooled),
        step("b", "echo two", pooled),
        step("c", "echo three", ", dependsOn: [a, b]"),
    ];
    workflow(
        place.path(),
        "parallel: { resources: { cpu: 1 } }",
        &steps.concat(),
    );
    let result = run(place.path(), &[], 0);
    assert_eq!(result["stepResults"]["c"]["output"], "three");
    assert_eq!(result["stepResults"]["c"]["parallelGroup"], 1);
    assert!(result["executionTime"].is_u64() && result["error"].is_null());
    let stats = &result["parallelStats"];
    assert_eq!(
        (&stats["totalGroups"], &stats["maxConcurrentSteps"]),
        (&2.into(), &1.into())
    );
    let used = stats["resourceUtilization"]["cpu"].as_f64().unwrap();
    assert!(used > 0.0 && used <= 1.0, "{used}");
}

#[test]
fn flags_choose_variables_and_steps() {
    let place = tempfile::tempdir().unwrap();
    let steps = [
        "  - { id: a, type: script, config: { command: echo, args: [\"{{ variables.n }} {{ variables.t }}\"] } }\n",
        &step("b", "true", ", dependsOn: [a]"),
        &step("c", "true", ", dependsOn: [b]"),
    ];
    workflow(place.path(), "variables: { n: 1, t: x }", &steps.concat());
    fs::write(place.path().join("vars.yaml"), "n: 2\nt: from file\n").unwrap();
    let words = [
        "--vars-file",
        "vars.yaml",
        "--var",
        "t=5",
        "--until",
        "b",
        "--sequential",
    ];
    let result = run(place.path(), &words, 0);
    assert_eq!(result["stepResults"]["a"]["output"], "2 5");
    assert_eq!(result["stepResults"].as_object().unwrap().len(), 2);
    let plan = expect(
        place.path(),
        &["workflow", "run", "w.yaml", "--dry-run", "--only", "c"],
        0,
    );
    assert!(plan.contains("1 steps in 1 groups"), "{plan}");
    assert_eq!(fs::read_dir(place.path().join("output")).unwrap().count(), 1);
}

#[test]
fn files_are_checked_drawn_and_written() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    expect(place, &["workflow", "new", "mine"], 0);
    assert!(
        fs::read_to_string(place.join("mine.yaml"))
            .unwrap()
            .contains("\nname: mine\n")
    );
    assert_eq!(done(place, &["workflow", "new", "mine"]).status.code(), Some(1));
    expect(place, &["workflow", "run", "mine.yaml", "--var", "name=Ada"], 0);
    expect(
        place,
        &["workflow", "validate", "mine.yaml", "hello", "parallel"],
        0,
    );
    let schema = expect(place, &["workflow", "validate", "--schema"], 0);
    assert!(serde_json::from_str::<Value>(&schema).unwrap()["properties"]["steps"].is_object());
    for (format, begins) in [
        ("text", "mine"),
        ("mermaid", "flowchart"),
        ("dot", "digraph"),
        ("json", "{"),
    ] {
        let drawn = expect(place, &["workflow", "graph", "mine.yaml", "--format", format], 0);
        assert!(drawn.starts_with(begins), "{drawn}");
    }
    let told = expect(place, &["workflow", "explain", "mine.yaml", "greet"], 0);
    assert!(told.contains("skipped (upstreamFailed): goodbye"), "{told}");
    let listed = expect(place, &["workflow", "list"], 0);
    assert!(listed.contains("mine.yaml: mine, 1.0.0, 3 steps"), "{listed}");

    let tabs =
        "name: T\nversion: 1.0.0\nsteps:\n\t- id: a\n\t\ttype: script\n\t\tconfig: { command: x } # kept\n";
    fs::write(place.join("tabs.yaml"), tabs).unwrap();
    assert_eq!(
        done(place, &["workflow", "fmt", "--check", "tabs.yaml"])
            .status
            .code(),
        Some(1)
    );
    expect(place, &["workflow", "fmt", "tabs.yaml"], 0);
    expect(place, &["workflow", "fmt", "--check", "tabs.yaml"], 0);
    assert!(
        fs::read_to_string(place.join("tabs.yaml"))
            .unwrap()
            .contains("    type: script")
    );

    fs::write(
        place.join("bad.yaml"),
        "name: B\nversion: 1.0.0\nsteps:\n  - { id: a, typ: script }\n",
    )
    .unwrap();
    let output = done(place, &["workflow", "validate", "bad.yaml", "mine.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bad.yaml:4:"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("mine.yaml: valid"));
}

#[test]
fn no_secret_is_in_any_file_or_output() {
    const CANARY: &str = "canary-9f3b/secret+value";
    let place = tempfile::tempdir().unwrap();
    let line = "echo $S; echo $S >&2; printf %s $S | base64; echo v=$S >> $GAAI_OUTPUT; exit $C";
    let script = |id: &str, code: u8, more: &str| {
        format!(
            "  - {{ id: {id}, type: script, outputs: [v], config: {{ command: \"{line}\", shell: true, \
             env: {{ S: \"{{{{ secrets.KEY }}}}\", C: \"{code}\" }} }}{more} }}\n"
        )
    };
    let steps = script("good", 0, "") + &script("bad", 3, ", continueOnError: true, dependsOn: [good]");
    workflow(place.path(), "secrets: { KEY: { env: GAAI_CANARY } }", &steps);
    let output = gaai(
        place.path(),
        &["workflow", "run", "w.yaml", "--json", "--run-id", "r"],
    )
    .env("GAAI_CANARY", CANARY)
    .output()
    .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut texts = vec![output.stdout, output.stderr];
    for words in [["workflow", "logs", "r"], ["workflow", "status", "r"]] {
        texts.push(done(place.path(), &words).stdout);
    }
    expect(place.path(), &["workflow", "history"], 0);
    read_all(&place.path().join("output"), &mut texts);
    assert!(texts.len() > 6 && texts.iter().any(|it| it.windows(3).any(|it| it == b"***")));
    let encoded = "Y2FuYXJ5LTlmM2Ivc2VjcmV0K3ZhbHVl";
    for text in texts {
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains(CANARY) && !text.contains(encoded), "{text}");
    }
}

fn read_all(directory: &Path, texts: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, texts),
            false => texts.push(fs::read(path).unwrap()),
        }
    }
}

#[test]
fn what_a_step_prints_cannot_steer_a_terminal() {
    let place = tempfile::tempdir().unwrap();
    let line = "printf '\\\\033]0;owned\\\\007' >&2; exit 1";
    workflow(place.path(), "", &step("a", line, ""));
    let output = done(place.path(), &["workflow", "run", "w.yaml", "--run-id", "r"]);
    assert_eq!(output.status.code(), Some(1));
    let status = done(place.path(), &["workflow", "status", "r"]);
    for text in [output.stdout, output.stderr, status.stdout] {
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("owned") && !text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn checks_of_a_run_hold_or_fail() {
    let place = tempfile::tempdir().unwrap();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let verify = |pattern: &str| {
        let checks = format!(
            "[ {{ log: {{ step: a, pattern: \"{pattern}\" }} }}, {{ tcp: {port} }}, {{ file: w.yaml }} ]"
        );
        workflow(
            place.path(),
            &format!("verify: {checks}"),
            &step("a", "echo Database initialized.", ""),
        );
    };
    for (pattern, code) in [("^Database init", 0), ("^Nothing", 1)] {
        verify(pattern);
        expect(
            place.path(),
            &[
                "workflow",
                "run",
                "w.yaml",
                "--run-id",
                pattern.trim_start_matches('^').split(' ').next().unwrap(),
            ],
            0,
        );
        let told = expect(place.path(), &["workflow", "verify", "latest"], code);
        assert_eq!(told.matches("holds").count(), 3 - code as usize, "{told}");
    }
}

#[test]
fn a_schedule_makes_up_for_a_missed_run_and_deals_with_no_time_twice() {
    let place = tempfile::tempdir().unwrap();
    let rule = "schedule: [ { cron: \"0 3 1 1 *\", catchup: latest } ]";
    workflow(place.path(), rule, &step("a", "echo x >> ran", ""));
    let state = place.path().join("output/schedules/Trial.json");
    fs::create_dir_all(state.parent().unwrap()).unwrap();
    fs::write(&state, "{\"0 3 1 1 * UTC\": 1000000000000}").unwrap();
    expect(place.path(), &["workflow", "schedule", "w.yaml", "--once"], 0);
    assert_eq!(fs::read_to_string(place.path().join("ran")).unwrap(), "x\n");
    let kept: Value = serde_json::from_slice(&fs::read(&state).unwrap()).unwrap();
    assert!(
        kept["0 3 1 1 * UTC"].as_i64().unwrap() > 1_700_000_000_000,
        "{kept}"
    );
    workflow(place.path(), "", &step("a", "true", ""));
    assert_eq!(
        done(place.path(), &["workflow", "schedule", "w.yaml"])
            .status
            .code(),
        Some(2)
    );
}
