//! The main job end to end: graph and brief in, verified reports out.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::program::{assert_same, data, expect, gaai, lasting};

fn run_london(directory: &Path, id: &str, more: &[&str]) -> String {
    let london = data("london");
    let brief = london.join("brief.md");
    let mut words = vec![
        "run",
        "--graph",
        london.to_str().unwrap(),
        "--documents",
        brief.to_str().unwrap(),
        "--run-id",
        id,
    ];
    words.extend_from_slice(more);
    expect(directory, &words, 0)
}

/// Everything but the marked blocks is the same at any thread count and in every mode.
#[test]
fn threads_and_modes_do_not_change_a_byte() {
    let place = tempfile::tempdir().unwrap();
    run_london(place.path(), "one", &["--threads", "1"]);
    let one = lasting(&place.path().join("output/one"));
    for (id, more) in [
        ("two", vec!["--threads", "2"]),
        ("eight", vec!["--threads", "8", "--max-executions", "8"]),
        ("sequential", vec!["--mode", "sequential"]),
    ] {
        run_london(place.path(), id, &more);
        assert_same(&one, &lasting(&place.path().join("output").join(id)));
    }
    run_stepwise(place.path());
    assert_same(&one, &lasting(&place.path().join("output/stepwise")));
}

/// Says yes to every stage.
fn run_stepwise(directory: &Path) {
    let london = data("london");
    let brief = london.join("brief.md");
    let (london, brief) = (london.to_str().unwrap(), brief.to_str().unwrap());
    let words = [
        "run",
        "--graph",
        london,
        "--documents",
        brief,
        "--run-id",
        "stepwise",
    ];
    let words = [&words[..], &["--mode", "stepwise"]].concat();
    let mut child = gaai(directory, &words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    answers.write_all("y\n".repeat(20).as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A run that was altered in one place no longer verifies.
#[test]
fn any_altered_number_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    run_london(place.path(), "r", &[]);
    expect(place.path(), &["verify", "r"], 0);
    let run = place.path().join("output/r");
    let mut altered = 0;
    for (folder, ending) in [("reports", "json"), ("reports", "html"), ("results", "parquet")] {
        let mut paths: Vec<_> = fs::read_dir(run.join(folder))
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        paths.sort();
        for path in paths
            .iter()
            .filter(|it| it.extension().is_some_and(|it| it == ending))
            .take(2)
        {
            let original = fs::read(path).unwrap();
            fs::write(path, with_one_digit_changed(&original)).unwrap();
            expect(place.path(), &["verify", "r"], 1);
            fs::write(path, original).unwrap();
            altered += 1;
        }
    }
    assert_eq!(altered, 6);
    expect(place.path(), &["verify", "r"], 0);
}

/// Changes the digit (in Parquet: the byte) nearest to the middle.
fn with_one_digit_changed(bytes: &[u8]) -> Vec<u8> {
    let middle = bytes.len() / 2;
    let at = (middle..bytes.len())
        .find(|it| bytes[*it].is_ascii_digit())
        .unwrap_or(middle);
    let mut changed = bytes.to_vec();
    changed[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
    changed
}
