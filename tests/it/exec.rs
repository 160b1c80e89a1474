//! `gaai exec` and `gaai bench exec` as their users meet them.
#![cfg(unix)]

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::batch::Scripts;
use super::program::{done, expect, gaai};

fn run(scripts: &Scripts, words: &[&str]) -> Output {
    done(&scripts.path(""), &[&["exec"], words].concat())
}

fn told(scripts: &Scripts, words: &[&str], code: i32) -> String {
    expect(&scripts.path(""), &[&["exec"], words].concat(), code)
}

fn json(scripts: &Scripts, words: &[&str], code: i32) -> Value {
    serde_json::from_str(&told(scripts, &[&["--json"], words].concat(), code)).unwrap()
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn three() -> Scripts {
    Scripts::new(&[
        ("good.sh", "test \"$1\" = --verbose"),
        ("bad.sh", "echo no disk >&2; exit 3"),
        ("also/good2.sh", "exit 0"),
    ])
}

#[test]
fn results_stand_in_the_order_of_the_scripts_and_a_failure_is_exit_code_1() {
    let scripts = three();
    let words = ["good.sh", "bad.sh", "also/good2.sh", "--", "--verbose"];
    let lines = told(&scripts, &words, 1);
    let marks: Vec<char> = lines.lines().filter_map(|it| it.chars().next()).collect();
    assert_eq!(marks, ['✓', '✗', '✓', 'C'], "{lines}");
    assert!(lines.contains("Module exited with code 3: no disk"));
    assert!(lines.contains("2 succeeded, 1 failed (1 exit)"));
    let all = json(&scripts, &words, 1);
    let second = &all["results"][1];
    assert_eq!(
        (&second["module_id"], &second["exit_code"]),
        (&"bad".into(), &3.into())
    );
    assert_eq!(
        (&second["success"], &second["errorKind"]),
        (&false.into(), &"exit".into())
    );
    assert_eq!(all["results"][0]["error"], Value::Null);
    assert_eq!(all["summary"]["failures"]["exit"], 1);
}

#[test]
fn half_of_the_scripts_may_be_enough() {
    let scripts = three();
    told(&scripts, &["bad.sh", "also/good2.sh", "--min-success", "0.5"], 0);
    told(&scripts, &["bad.sh", "also/good2.sh", "--min-success", "0.6"], 1);
    let output = run(&scripts, &["bad.sh", "--min-success", "2"]);
    assert_eq!(output.status.code(), Some(2), "{}", error_of(&output));
}

#[test]
fn words_that_make_no_sense_are_exit_code_2_and_run_nothing() {
    let scripts = Scripts::new(&[("touch.sh", "touch ran")]);
    for words in [
        &["touch.sh", "--jobs", "0"][..],
        &["touch.sh", "--jobs", "many"],
        &["touch.sh", "--retry", "1", "--retry-on", "weather"],
        &["touch.sh", "--memory-required", "4 loaves"],
        &["touch.sh", "--resource-wait", "1s", "--on-insufficient", "fail"],
        &["touch.sh", "-"],
        &["touch.sh", "--interpreter", "sh"],
        &["touch.sh", "--stop-grace", "5000000000000000h"],
        &["--manifest", "gone.jsonl"],
        &["--manifest", "gone.jsonl", "--stream"],
        &[],
    ] {
        let output = run(&scripts, words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", error_of(&output));
    }
    let none = error_of(&run(&scripts, &["touch.sh", "--jobs", "0"]));
    assert!(none.contains("max_concurrent must be at least 1"), "{none}");
    assert!(!scripts.path("ran").exists());
}

#[test]
fn a_command_for_an_extension_goes_before_what_the_script_says() {
    let scripts = Scripts::new(&[("good.txt", "exit 0"), ("bad.sh", "exit 3")]);
    told(&scripts, &["good.txt", "bad.sh"], 1);
    let words = [
        "good.txt",
        "bad.sh",
        "--interpreter",
        "txt=sh -e",
        "--interpreter",
        ".sh=true",
    ];
    told(&scripts, &words, 0);
}

#[test]
fn what_never_had_a_process_has_no_files_of_output() {
    let scripts = Scripts::new(&[("good.sh", "exit 0"), ("notes.txt", "no program")]);
    let all = json(
        &scripts,
        &["--output", "logs", "good.sh", "gone.sh", "notes.txt"],
        1,
    );
    let paths: Vec<&Value> = (0..3).map(|it| &all["results"][it]["stdout_path"]).collect();
    assert!(paths[0].is_string(), "{all:#}");
    assert_eq!(paths[1..], [&Value::Null, &Value::Null], "{all:#}");
}

#[test]
fn a_manifest_gives_each_script_its_own_words() {
    let scripts = three();
    let lines = "{\"module_id\":\"one\",\"script_path\":\"good.sh\",\"args\":[\"--verbose\"]}\n\n\
                 {\"script_path\":\"slow.sh\",\"timeout\":\"200ms\"}\n\
                 {\"script_path\":\"env.sh\",\"env\":{\"KEY\":\"value\"},\"cwd\":\"also\"}\n";
    fs::write(scripts.path("batch.jsonl"), lines).unwrap();
    fs::write(scripts.path("slow.sh"), "sleep 60").unwrap();
    fs::write(
        scripts.path("env.sh"),
        "test \"$KEY\" = value && test -e good2.sh",
    )
    .unwrap();
    let all = json(&scripts, &["--manifest", "batch.jsonl"], 1);
    let kinds: Vec<&Value> = (0..3).map(|it| &all["results"][it]["errorKind"]).collect();
    assert_eq!(kinds, [&Value::Null, &"timeout".into(), &Value::Null], "{all:#}");
    assert_eq!(
        all["results"][1]["error"],
        "Module execution timed out after 0.2s"
    );
    fs::write(
        scripts.path("batch.jsonl"),
        format!("{lines}{{\"script\":\"x\"}}\n"),
    )
    .unwrap();
    for stream in [&[][..], &["--stream"]] {
        let output = run(&scripts, &[&["--manifest", "batch.jsonl"], stream].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(
            error_of(&output).contains("line 5 of the manifest"),
            "{}",
            error_of(&output)
        );
        assert!(
            output.stdout.is_empty(),
            "nothing runs of a file that is wrong further down"
        );
    }
}

/// The first results are there although the input has not ended.
#[test]
fn a_stream_answers_before_its_input_ends() {
    use std::io::{BufRead, BufReader};
    let scripts = three();
    let mut child = gaai(&scripts.path(""), &["exec", "--stream", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    for index in 0..3 {
        writeln!(input, "{{\"script_path\": \"also/good2.sh\"}}").unwrap();
        assert_eq!(next()["index"], index);
    }
    // What was read before a line that is no module has its result.
    writeln!(input, "no module").unwrap();
    assert_eq!(next()["summary"]["succeeded"], 3);
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn what_scripts_print_is_kept_where_it_was_asked_for() {
    let scripts = Scripts::new(&[("a.sh", "echo out; echo err >&2")]);
    let all = json(&scripts, &["--output", "logs", "a.sh"], 0);
    let path = all["results"][0]["stdout_path"].as_str().unwrap();
    assert!(path.ends_with("logs/00001-a.out"), "{path}");
    assert_eq!(fs::read_to_string(path).unwrap(), "out\n");
    assert_eq!(scripts.read("logs/00001-a.err"), "err\n");
}

#[test]
fn a_dry_run_says_what_would_be_run_and_what_could_not() {
    let scripts = Scripts::new(&[("a.sh", "touch ran")]);
    let plan = told(&scripts, &["--dry-run", "a.sh", "--", "x"], 0);
    assert!(
        plan.starts_with("a: sh /") && plan.contains("a.sh x (in /"),
        "{plan}"
    );
    let output = run(&scripts, &["--dry-run", "a.sh", "gone.sh"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error_of(&output).contains("Script file not found: /"));
    assert!(!scripts.path("ran").exists());
}

#[test]
fn the_machine_tells_what_it_does_and_refuses_what_does_not_fit() {
    let scripts = three();
    let stats = json(&scripts, &["--stats"], 0);
    assert!(stats.as_object().unwrap().contains_key("cpu_percent"), "{stats}");
    let all = json(
        &scripts,
        &["--stats", "--memory-required", "100TB", "also/good2.sh"],
        1,
    );
    assert!(all["stats"]["memory_total_gb"].is_number(), "{all:#}");
    let error = all["results"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("Insufficient system resources: "), "{error}");
    assert_eq!(all["results"][0]["errorKind"], "resourceLimit");
    let refused = [
        "--cpu-threshold",
        "100",
        "--memory-required",
        "100TB",
        "--resource-wait",
        "300ms",
    ];
    let all = json(&scripts, &[&refused[..], &["also/good2.sh"]].concat(), 1);
    assert_eq!(all["results"][0]["errorKind"], "resourceLimit");
    told(&scripts, &["--gentle", "--no-resource-check", "also/good2.sh"], 0);
}

#[test]
fn the_interpreter_of_python_is_the_users_choice() {
    let scripts = Scripts::new(&[("a.py", "test \"$GAAI_STEP_ID\" = a")]);
    let mut command = gaai(&scripts.path(""), &["exec", "a.py"]);
    let output = command.env("GAAI_PYTHON", "sh").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let output = command.env("GAAI_PYTHON", "/no/such/python").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("/no/such/python"));
}

#[test]
fn the_limit_of_the_batch_is_exit_code_124() {
    let scripts = Scripts::new(&[("a.sh", "sleep 60"), ("b.sh", "sleep 60")]);
    let words = ["--batch-timeout", "500ms", "--jobs", "1", "a.sh", "b.sh"];
    let all = json(&scripts, &words, 124);
    assert_eq!(all["summary"]["failures"]["timeout"], 2);
    assert_eq!(all["summary"]["state"], "timedOut");
}

/// Ctrl-C once: they are asked; twice: they are killed. All results are printed.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_batch_prints_all_results_and_leaves_nobody() {
    use rustix::process::{Pid, Signal, kill_process};
    let text = "trap '' INT TERM; touch began; while :; do touch alive; sleep 0.02; done";
    let scripts = Scripts::new(&[("stubborn.sh", text)]);
    let child = gaai(
        &scripts.path(""),
        &["exec", "--json", "--jobs", "1", "stubborn.sh", "stubborn.sh"],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !scripts.path("began").exists() {
        assert!(Instant::now() < deadline, "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = Pid::from_raw(child.id().cast_signed()).unwrap();
    for _ in 0..2 {
        kill_process(id, Signal::INT).unwrap();
        // Two signals that come together are one.
        std::thread::sleep(Duration::from_millis(300));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", error_of(&output));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(all["summary"]["failures"]["cancelled"], 2);
    let _ = fs::remove_file(scripts.path("alive"));
    std::thread::sleep(Duration::from_millis(100));
    assert!(!scripts.path("alive").exists());
}

#[test]
fn a_bench_measures_each_number_in_its_turn() {
    let scripts = Scripts::new(&[("a.sh", "exit 0")]);
    let words = ["bench", "exec", "--jobs", "2,5", "--modules", "6", "a.sh"];
    let lines = expect(&scripts.path(""), &words, 0);
    let starts: Vec<&str> = lines.lines().map(|it| it.split(':').next().unwrap()).collect();
    assert_eq!(starts, ["max_concurrent= 2", "max_concurrent= 5"], "{lines}");
    assert!(lines.contains("6 succeeded of 6"));
    let all: Value =
        serde_json::from_str(&expect(&scripts.path(""), &[&words[..], &["--json"]].concat(), 0)).unwrap();
    assert!(all[0]["throughput"].as_f64().unwrap() > 0.0);
}
