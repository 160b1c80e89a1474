//! Wrong input as users give it: a clear error that names it, or a counted warning; nothing half-written.

use std::fs;
use std::path::Path;

use super::program::{data, done, expect};

/// Runs `gaai run` on files written to a fresh directory; gives exit code and standard error.
fn run_on(files: &[(&str, &[u8])], more: &[&str]) -> (i32, String) {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("g")).unwrap();
    for (name, bytes) in files {
        fs::write(place.path().join("g").join(name), bytes).unwrap();
    }
    let mut words = vec!["run", "--graph", "g", "--run-id", "r"];
    words.extend_from_slice(more);
    let output = done(place.path(), &words);
    assert_no_temporary_files(place.path());
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn assert_no_temporary_files(place: &Path) {
    let mut folders = vec![place.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(
                !name.ends_with(".part") && !name.ends_with(".tmp"),
                "{} was left behind",
                path.display()
            );
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

const EDGES: &[u8] = b"_from,_to\nv/a,v/b\nv/b,v/c\nv/c,v/a\nv/c,v/d\n";

#[test]
fn an_unknown_graph_is_refused_with_a_way_out() {
    let place = tempfile::tempdir().unwrap();
    let output = done(place.path(), &["run", "--graph", "demo:frod"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("demo:fraud"), "{error}");
    assert!(
        !place.path().join("output").exists(),
        "nothing may be written for a refused request"
    );
}

#[test]
fn files_that_are_no_graph_are_named() {
    for (name, bytes) in [("edges.csv", &b""[..]), ("edges.parquet", &b"PAR1 torn"[..])] {
        let (code, error) = run_on(&[(name, bytes)], &["--ask", "Which vertices cut others off?"]);
        assert_eq!(code, 1, "{name}: {error}");
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn briefs_that_cannot_be_read_are_named_and_never_taken_as_empty() {
    for (name, bytes) in [
        ("empty.md", Vec::new()),
        ("latin1.txt", b"caf\xe9 and more words".to_vec()),
        ("huge.md", vec![b'x'; 50_000_000]),
        ("brief.pdf", b"%PDF-1.7".to_vec()),
    ] {
        let (code, error) = run_on(
            &[("edges.csv", EDGES), (name, &bytes)],
            &["--documents", &format!("g/{name}")],
        );
        assert_eq!(code, 2, "{name}: {error}");
        assert!(error.contains(name), "{name}: {error}");
    }
    let (code, error) = run_on(&[("edges.csv", EDGES)], &["--documents", "g/missing.md"]);
    assert_eq!(code, 2);
    assert!(error.contains("missing.md"), "{error}");
}

/// What cannot be used is refused before anything of the run is on disk.
#[test]
fn a_refused_command_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    for more in [
        ["--format", "pdf"],
        ["--vertical", "nosuch"],
        ["--core-collections", "nosuch"],
        ["--documents", "nosuch.md"],
    ] {
        let words = [&["run", "--graph", london.to_str().unwrap()][..], &more[..]].concat();
        let output = done(place.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(more[1]), "{error}");
        assert!(!place.path().join("output").exists(), "{more:?}");
    }
}

#[test]
fn two_runs_cannot_have_one_directory() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    let words = ["run", "--graph", london.to_str().unwrap(), "--run-id", "same"];
    expect(place.path(), &words, 0);
    let output = done(place.path(), &words);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("same"));
}

#[test]
fn a_run_id_cannot_leave_the_output_directory() {
    let place = tempfile::tempdir().unwrap();
    let london = data("london");
    for id in ["../x", "/tmp/x", "", ".hidden", "a b"] {
        let output = done(
            place.path(),
            &["run", "--graph", london.to_str().unwrap(), "--run-id", id],
        );
        assert_eq!(output.status.code(), Some(2), "{id}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), b"in the way").unwrap();
    let london = data("london");
    let output = done(
        place.path(),
        &["run", "--graph", london.to_str().unwrap(), "--out", "file/runs"],
    );
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("file") && error.contains("--out"), "{error}");
}

/// Data faults are counted in the report, and what a vertex is called is never executed.
#[test]
fn faults_are_counted_and_names_are_inert() {
    let vertices = b"_key,name\na,<script>alert(1)</script>\nb,B\nb,B again\nc,C\nd,D\n";
    let edges = b"_from,_to\nv/a,v/b\nv/b,v/c\nv/c,v/d\nv/c,v/nobody\nv/c\n";
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("g")).unwrap();
    fs::write(place.path().join("g/v.csv"), vertices).unwrap();
    fs::write(place.path().join("g/links.csv"), edges).unwrap();
    let ask = "Which places would cut others off if they failed?";
    expect(
        place.path(),
        &["run", "--graph", "g", "--ask", ask, "--run-id", "r"],
        0,
    );
    let html = fs::read_to_string(place.path().join("output/r/reports/index.html")).unwrap();
    assert!(!html.contains("<script>alert"), "a name became markup");
    let json = fs::read_to_string(place.path().join("output/r/reports/index.json")).unwrap();
    for fault in ["dangling_edge", "duplicate_key", "ragged_row"] {
        assert!(json.contains(fault), "{fault} is not reported");
    }
}
