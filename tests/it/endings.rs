//! How runs end that do not end well, and that they can be taken up again.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::program::{assert_same, data, done, expect, gaai, lasting};

/// Starts `gaai` with an open standard input.
fn start(directory: &Path, words: &[&str]) -> Child {
    gaai(directory, words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until `path` exists; whether it came before the child ended.
fn appears(child: &mut Child, path: &Path) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if path.exists() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return path.exists();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

fn signal(child: &Child, name: &str) {
    let line = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

#[test]
fn an_interrupted_run_writes_what_exists_and_goes_on_to_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let words = |id: &'static str| ["run", "--graph", "demo:social", "--run-id", id];
    expect(place.path(), &words("whole"), 0);

    // While files are read: nothing but the journal exists.
    let early = place.path().join("output/early");
    let mut child = start(place.path(), &words("early"));
    assert!(appears(&mut child, &early.join("journal.jsonl")));
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(expect(place.path(), &["catalog", "runs"], 0).contains("cancelled"));

    // While executions run: the index says what there is.
    let late = place.path().join("output/late");
    let mut child = start(place.path(), &words("late"));
    assert!(appears(&mut child, &late.join("results")));
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(late.join("reports/index.json").is_file());
    // Interrupted before its first report it has no claim, and then it is not called verified.
    let checked = done(place.path(), &["verify", "late"]);
    let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.contains(" 0 mismatches"), "{checked}");

    for id in ["early", "late"] {
        expect(place.path(), &["resume", id], 0);
        let output = place.path().join("output");
        assert_same_reports(&output.join("whole"), &output.join(id));
        expect(place.path(), &["verify", id], 0);
    }
}

/// A stopped run leaves the artefacts of its incomplete index behind; nothing else may differ.
fn assert_same_reports(whole: &Path, resumed: &Path) {
    let of = |run: &Path| {
        let mut files = lasting(run);
        files.retain(|name, _| !name.starts_with("artefacts/"));
        files
    };
    assert_same(&of(whole), &of(resumed));
}

#[test]
fn limits_end_a_run_with_their_own_codes_and_can_be_raised() {
    let place = tempfile::tempdir().unwrap();
    let words = ["run", "--graph", "demo:social", "--run-id"];
    let with = |id: &'static str, more: [&'static str; 2]| [&words[..], &[id], &more[..]].concat();
    let short = done(place.path(), &with("short", ["--timeout", "100ms"]));
    assert_eq!(short.status.code(), Some(124));
    let error = String::from_utf8_lossy(&short.stderr).into_owned();
    assert!(error.contains("time limit of 100ms"), "{error}");
    let nothing = expect(place.path(), &["verify", "short"], 1);
    assert!(
        nothing.contains("nothing to verify: the run reached its time limit"),
        "{nothing}"
    );
    expect(place.path(), &["resume", "short", "--timeout", "10m"], 0);

    let cheap = done(place.path(), &with("cheap", ["--budget-time", "1ms"]));
    assert_eq!(cheap.status.code(), Some(3));
    let error = String::from_utf8_lossy(&cheap.stderr).into_owned();
    assert!(error.contains("gaai resume cheap with a larger limit"), "{error}");
    assert!(error.contains("the budget is 1 ms"), "{error}");
    assert_flags_exist(place.path(), &error);
    let index = place.path().join("output/cheap/reports/index.json");
    assert!(fs::read_to_string(&index).unwrap().contains("the budget is"));
    // What was drawn while something was refused does not stand once it is allowed.
    expect(place.path(), &["resume", "cheap", "--budget-time", "1h"], 0);
    assert!(!fs::read_to_string(&index).unwrap().contains("the budget is"));
    expect(place.path(), &["verify", "cheap"], 0);
}

/// Every flag that `advice` names is one of `gaai run`, or of the command named before it.
fn assert_flags_exist(directory: &Path, advice: &str) {
    let of_run = expect(directory, &["run", "--help"], 0);
    let of_algo = expect(directory, &["algo", "run", "--help"], 0);
    let mut flags = 0;
    for quoted in advice.split('`').skip(1).step_by(2) {
        let help = if quoted.starts_with("gaai algo run") {
            &of_algo
        } else {
            &of_run
        };
        for flag in quoted.split(' ').filter(|it| it.starts_with("--")) {
            flags += 1;
            assert!(help.contains(flag), "{flag} of `{quoted}`");
        }
    }
    assert!(flags > 0, "{advice}");
}

#[test]
fn a_run_that_answered_nothing_is_not_called_verified() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let london = london.to_str().unwrap();
    let words = [
        "run",
        "--graph",
        london,
        "--ask",
        "What is the weather?",
        "--run-id",
        "r",
    ];
    let run = done(place.path(), &words);
    assert_eq!(run.status.code(), Some(1));
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    let open = "Not answered, or not in full\n  What is the weather? (inline-1, line 1): no analysis is known \
                for it; say it in other words";
    assert!(told.contains(open), "{told}");
    // It would fail the same way again.
    let error = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!error.contains("gaai resume"), "{error}");
    let checked = expect(place.path(), &["verify", "r"], 1);
    assert!(
        checked.contains("nothing to verify: the run made no report: reports: no question"),
        "{checked}"
    );
    assert!(checked.contains("NOT verified: 0 claims"), "{checked}");
    let json = expect(place.path(), &["--json", "verify", "r"], 1);
    assert!(json.contains("\"nothing\": \"the run made no report"), "{json}");
}

#[test]
fn a_full_disk_fails_the_run_and_resuming_mends_it() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let run = |id: &str| format!("run --graph {} --run-id {id}", london.display());
    expect(place.path(), &run("whole").split(' ').collect::<Vec<_>>(), 0);
    // Blocks of 1 KiB: enough for the journal and the reports, too little for the index.
    let line = format!(
        "trap '' XFSZ; ulimit -f 200; exec {} {}",
        env!("CARGO_BIN_EXE_gaai"),
        run("full")
    );
    let mut limited = Command::new("bash");
    limited.current_dir(place.path()).args(["-c", &line]);
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("index")
            && error.contains("free some space")
            && error.contains("gaai resume full takes it up again"),
        "{error}"
    );

    expect(place.path(), &["resume", "full"], 0);
    let output = place.path().join("output");
    assert_same(&lasting(&output.join("whole")), &lasting(&output.join("full")));
}

#[test]
fn runs_at_the_same_moment_share_no_directory() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let london = london.to_str().unwrap();
    let codes = |words: &[&str]| {
        let mut both = [start(place.path(), words), start(place.path(), words)];
        let mut codes = both.each_mut().map(|it| it.wait().unwrap().code());
        codes.sort_unstable();
        codes
    };
    let named = ["run", "--graph", london, "--run-id", "same"];
    assert_eq!(codes(&named), [Some(0), Some(2)]);
    assert_eq!(codes(&["run", "--graph", london]), [Some(0), Some(0)]);
    assert_eq!(
        fs::read_dir(place.path().join("output"))
            .unwrap()
            .flatten()
            .filter(|it| it.path().is_dir())
            .count(),
        3
    );
}

#[test]
fn a_stop_at_the_question_needs_no_answer() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let words = [
        "run",
        "--graph",
        london.to_str().unwrap(),
        "--run-id",
        "r",
        "--mode",
        "stepwise",
    ];
    let mut child = start(place.path(), &words);
    assert!(appears(&mut child, &place.path().join("output/r/journal.jsonl")));
    signal(&child, "INT");
    let began = Instant::now();
    assert_eq!(child.wait_timeout(Duration::from_secs(20)), Some(130));
    assert!(began.elapsed() < Duration::from_secs(20));
}

/// The exit code once the child ended, if it does within the limit; its standard input stays open.
trait WaitTimeout {
    fn wait_timeout(&mut self, limit: Duration) -> Option<i32>;
}

impl WaitTimeout for Child {
    fn wait_timeout(&mut self, limit: Duration) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < limit {
            if let Some(status) = self.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill().unwrap();
        None
    }
}

#[test]
fn an_altered_artefact_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    expect(
        place.path(),
        &["run", "--graph", london.to_str().unwrap(), "--run-id", "r"],
        0,
    );
    let run = place.path().join("output/r");
    let expected = lasting(&run);
    let largest = fs::read_dir(run.join("artefacts"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .max_by_key(|it| fs::metadata(it).unwrap().len())
        .unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(largest).unwrap();
    file.write_all(b" ").unwrap();
    fs::remove_file(run.join("reports/index.html")).unwrap();
    assert_ne!(done(place.path(), &["verify", "r"]).status.code(), Some(0));
    expect(place.path(), &["resume", "r"], 0);
    assert_same(&expected, &lasting(&run));
    expect(place.path(), &["verify", "r"], 0);
}

/// The hash that a resume compares is of what the source reads, wherever in the graph it lies.
#[test]
fn a_resume_refuses_changed_inputs_and_no_others() {
    let place = tempfile::tempdir().unwrap();
    let graph = place.path().join("g");
    fs::create_dir_all(graph.join("sub")).unwrap();
    let edges = "_from,_to\nv/a,v/b\nv/b,v/c\nv/c,v/a\nv/c,v/d\n";
    fs::write(graph.join("sub/edges.csv"), edges).unwrap();
    fs::write(
        graph.join("graph.toml"),
        "[collections.edges]\nfile = \"sub/edges.csv\"\n",
    )
    .unwrap();
    let ask = "Which vertices cut others off?";
    expect(
        place.path(),
        &["run", "--graph", "g", "--ask", ask, "--run-id", "r"],
        0,
    );
    fs::write(graph.join("notes.txt"), "a note").unwrap();
    fs::create_dir(place.path().join("elsewhere")).unwrap();
    // Relative paths of a run begin where it began, and its catalog lies beside it.
    expect(&place.path().join("elsewhere"), &["resume", "../output/r"], 0);
    assert!(!place.path().join("elsewhere/output").exists());
    fs::write(graph.join("sub/edges.csv"), edges.replace("v/d", "v/e")).unwrap();
    let output = done(place.path(), &["resume", "r"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("have changed"));
}

/// The catalog lists all runs, however they ended and whatever became of its file.
#[test]
fn the_catalog_takes_in_what_it_missed_and_makes_nothing_of_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut child = start(
        place.path(),
        &["run", "--graph", "demo:social", "--run-id", "killed"],
    );
    assert!(appears(&mut child, &place.path().join("output/killed/artefacts")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(expect(place.path(), &["catalog", "runs"], 0).contains("killed"));
    fs::remove_file(place.path().join("output/catalog.sqlite")).unwrap();
    let london = data("london");
    let words = ["run", "--graph", london.to_str().unwrap(), "--run-id", "b"];
    expect(place.path(), &words, 0);
    let listed = expect(place.path(), &["catalog", "runs"], 0);
    assert!(listed.contains("killed") && listed.contains("\nb "), "{listed}");
    expect(place.path(), &["catalog", "show", "latest"], 0);
    fs::remove_dir_all(place.path().join("output/killed")).unwrap();
    expect(place.path(), &["catalog", "rebuild"], 0);
    assert!(!expect(place.path(), &["catalog", "runs"], 0).contains("killed"));
    expect(place.path(), &["catalog", "rebuild", "--out", "typo"], 2);
    assert!(!place.path().join("typo").exists());
}

#[test]
fn a_demo_overwrites_nothing() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("d")).unwrap();
    fs::write(place.path().join("d/brief.md"), "mine").unwrap();
    expect(place.path(), &["demo", "fraud", "--out", "d"], 2);
    assert_eq!(
        fs::read_to_string(place.path().join("d/brief.md")).unwrap(),
        "mine"
    );
}

/// A reader of the terminal or of JSON must not take a part for the whole.
#[test]
fn questions_left_open_are_told_with_their_reason() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let words = [
        "--json",
        "run",
        "--graph",
        london.to_str().unwrap(),
        "--ask",
        "What is the weather?",
        "--ask",
        "Which stations cut others off?",
    ];
    let told: serde_json::Value = serde_json::from_str(&expect(place.path(), &words, 0)).unwrap();
    let open = told["unanswered"].as_array().unwrap();
    assert_eq!(open.len(), 1, "{told}");
    assert_eq!(open[0]["question"], "What is the weather?");
    assert_eq!(open[0]["is_partly_answered"], false);
    assert!(!open[0]["reason"].as_str().unwrap().is_empty());
}

/// An answer about everything does not pass for one about the part that was asked for.
#[test]
fn what_narrows_a_question_and_is_not_applied_makes_the_answer_partial() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let ask = |question: &str| {
        let words = [
            "--json",
            "run",
            "--graph",
            london.to_str().unwrap(),
            "--ask",
            question,
        ];
        let told: serde_json::Value = serde_json::from_str(&expect(place.path(), &words, 0)).unwrap();
        told["unanswered"].clone()
    };
    let open = ask("Which stations in zone 1 carry the most traffic?");
    assert_eq!(open[0]["is_partly_answered"], true, "{open}");
    assert!(open[0]["reason"].to_string().contains("in zone 1"), "{open}");
    let open = ask("Which stations carry the most traffic, in minutes?");
    assert!(open[0]["reason"].to_string().contains("in minutes"), "{open}");
    let open = ask("Which stations carry the most traffic?");
    assert!(open.as_array().is_none_or(Vec::is_empty), "{open}");
}
