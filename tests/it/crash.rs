//! A run killed at any moment and resumed gives what an undisturbed run gives.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gaai::model::event::Event;

use super::program::{assert_same, data, expect, gaai, lasting};

/// How many kills; `GAAI_TEST_KILLS` asks for more.
fn kills() -> u64 {
    std::env::var("GAAI_TEST_KILLS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(3)
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let london = london.to_str().unwrap();
    let words = |id: &'static str| vec!["run", "--graph", london, "--run-id", id, "--durability", "strict"];
    let began = Instant::now();
    expect(place.path(), &words("whole"), 0);
    let whole_us = u64::try_from(began.elapsed().as_micros()).unwrap();
    let expected = lasting(&place.path().join("output/whole"));

    let mut killed = 0;
    for round in 0..kills() {
        let run = place.path().join("output/killed");
        let _ = std::fs::remove_dir_all(&run);
        // Spread over the run by the golden ratio: no two kills at the same moment.
        let moment = whole_us * ((round * 618 + 211) % 1000) / 1000;
        killed += u64::from(kill_after(
            place.path(),
            &words("killed"),
            Duration::from_micros(moment),
        ));
        if has_begun(&run) {
            expect(place.path(), &["resume", "killed"], 0);
        } else {
            expect(place.path(), &words("killed"), 0);
        }
        assert_repeats_nothing(&run);
        assert_same(&expected, &lasting(&run));
        expect(place.path(), &["verify", "killed"], 0);
    }
    assert!(killed > 0, "every run ended before it could be killed");
}

/// No task began again after it had finished.
fn assert_repeats_nothing(run: &Path) {
    let mut finished = BTreeSet::new();
    for record in gaai::trace::read(run).unwrap() {
        match record.event {
            Event::TaskStarted { task, .. } => assert!(!finished.contains(&task), "{task} was repeated"),
            Event::TaskFinished { task, .. } => {
                finished.insert(task);
            }
            _ => {}
        }
    }
}

/// Whether the first record was written: before it, there is nothing to resume.
fn has_begun(run: &Path) -> bool {
    std::fs::read(run.join("journal.jsonl")).is_ok_and(|it| it.contains(&b'\n'))
}

/// Starts `gaai` and kills it (SIGKILL) after `moment`; whether it was still running.
fn kill_after(directory: &Path, words: &[&str], moment: Duration) -> bool {
    let mut child = gaai(directory, words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(moment);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}
