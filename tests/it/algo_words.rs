//! `gaai algo run`: what it takes for granted, what it says of the data, and how it ends before its end.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::program::{done, expect, gaai};

/// Exit code, standard output and standard error.
fn said(directory: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output = done(directory, words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn refused(directory: &Path, words: &[&str], code: i32) -> String {
    let (exit, out, error) = said(directory, words);
    assert_eq!(exit, Some(code), "{words:?} {out} {error}");
    error
}

/// Two pipes between the same ends let through what both do; two roads are as long as the shorter.
#[test]
fn parallel_edges_become_what_the_question_asks() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("pipes.csv"),
        "from,to,cap\na,b,3\na,b,4\nb,c,10\n",
    )
    .unwrap();
    let run = |words: &[&str]| {
        let all = [
            &["algo", "run"],
            words,
            &["--graph", "pipes.csv", "--weight", "cap"],
        ]
        .concat();
        expect(place.path(), &all, 0)
    };
    let ends = ["--param", "sources=a", "--param", "targets=c"];
    let flow = run(&[&["max_flow"], &ends[..]].concat());
    assert!(flow.contains("\nvalue: 7\n"), "{flow}");
    let smallest = run(&[&["max_flow", "--parallel", "smallest"], &ends[..]].concat());
    assert!(smallest.contains("\nvalue: 3\n"), "{smallest}");
    let path = run(&[&["shortest_path"], &ends[..]].concat());
    assert!(path.contains("\nlength: 13\n"), "{path}");
    let steps: Vec<&str> = path.lines().skip_while(|it| !it.starts_with("steps:")).collect();
    assert!(
        steps[2].starts_with('0') && steps[4].starts_with('2'),
        "{steps:?}"
    );
    assert!(run(&["louvain"]).contains("with the sum of their weights; 1 was merged."));
    let ranked = run(&["pagerank", "--mode", "stream"]);
    assert_eq!(
        ranked,
        run(&["pagerank", "--mode", "stream", "--parallel", "sum"])
    );
}

#[test]
fn faults_of_the_data_are_said_in_every_mode() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("g")).unwrap();
    fs::write(place.path().join("g/people.csv"), "_key,age\na,1\nb,2\na,3\nc\n").unwrap();
    fs::write(
        place.path().join("g/calls.jsonl"),
        "{\"_from\":\"people/a\",\"_to\":\"people/b\"}\n{\"_from\":\"people/a\",\n\
         {\"_from\":\"people/b\",\"_to\":\"people/zz\"}\n",
    )
    .unwrap();
    let kinds = [
        "repeated keys: 1 in people",
        "rows with too few or too many fields: 1 in people",
        "lines that are no JSON object: 1 in calls",
        "edges to vertices that do not exist: 1 in calls",
    ];
    for mode in ["top", "stats", "stream", "write"] {
        let words = ["algo", "run", "degree", "--graph", "g", "--quiet", "--mode", mode];
        let (exit, out, error) = said(place.path(), &words);
        assert_eq!(exit, Some(0), "{error}");
        for kind in kinds {
            assert!(
                error.contains(&format!("warning: {kind}")),
                "{mode} {kind}: {error}"
            );
            assert_eq!(
                out.contains(kind),
                mode == "top" || mode == "stats",
                "{mode} {out}"
            );
        }
        let json = expect(place.path(), &[&words[..], &["--json"]].concat(), 0);
        if mode != "stream" {
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(json["issues"].as_array().unwrap().len(), 4, "{json}");
        }
    }
}

/// The bound is of what ways usually pass, and the way out is the parameter that makes them many.
#[test]
fn a_refusal_names_the_parameter_to_lower() {
    let place = tempfile::tempdir().unwrap();
    let ways = ["algo", "run", "k_shortest_paths", "--graph", "demo:social"];
    let many = [
        "--param",
        "sources=1",
        "--param",
        "targets=2",
        "--param",
        "k=10000",
    ];
    let words = |budget: &'static str| [&ways[..], &many, &["--budget-memory", budget]].concat();
    let error = refused(place.path(), &words("30MiB"), 3);
    assert!(
        error.contains("; lower the parameter `k` (10000), or "),
        "{error}"
    );
    let bound = expect(
        place.path(),
        &[&words("30MiB")[..], &["--estimate", "--json"]].concat(),
        0,
    );
    let bound: serde_json::Value = serde_json::from_str(&bound).unwrap();
    assert!(bound["memory_bytes"].as_u64().unwrap() < 300 << 20, "{bound}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_does() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| fs::write(place.path().join(name), bytes).unwrap();
    file("e.csv", b"from,to,ms\na,b,1700000000000\nb,c,1700000000001\n");
    file("empty.csv", b"from,to\n");
    file("latin.csv", b"from,to\nZo\xeb,b\n\xe9,c\n");
    let error = |words: &[&str], code| refused(place.path(), &[&["algo", "run"], words].concat(), code);
    let on_e = |words: &[&str], code| error(&[words, &["--graph", "e.csv"]].concat(), code);
    for name in ["topological_order", "reciprocity"] {
        let words = on_e(&[name, "--direction", "undirected"], 2);
        assert!(words.contains("leave `--direction undirected` out"), "{words}");
    }
    let threads = on_e(&["wcc", "--threads", "100000"], 2);
    assert!(threads.contains("more than the 1024"), "{threads}");
    expect(
        place.path(),
        &["algo", "run", "wcc", "--graph", "e.csv", "--threads", "0"],
        0,
    );
    let memory = on_e(&["wcc", "--budget-memory", "1KB"], 3);
    assert!(memory.contains("KiB and 1000B are allowed"), "{memory}");
    let time = on_e(
        &["temporal_reachability", "--param", "sources=a", "--time", "ms"],
        2,
    );
    assert!(time.contains("collections.e.types = { ms = \"time\" }"), "{time}");
    let kind = on_e(&["irank", "--param", "attribute=zone"], 2);
    assert!(kind.contains("`--attributes zone`"), "{kind}");
    let key = on_e(&["bfs", "--param", "sources=vertices/zz"], 2);
    assert!(key.contains("`vertices` has no such key"), "{key}");
    let near = on_e(&["bfs", "--param", "sources=aa"], 2);
    assert!(near.matches("`vertices/a`").count() <= 1, "{near}");
    assert!(on_e(&["cosine", "--param", "metric=overlap"], 2).contains("the name `cosine` stands for"));
    assert!(on_e(&["jacard"], 2).contains("names near it: jaccard; `gaai algo list`"));
    let empty = error(&["wcc", "--graph", "empty.csv"], 2);
    assert!(
        empty.contains("`empty.csv`: nothing stands below the header"),
        "{empty}"
    );
    let latin = error(&["wcc", "--graph", "latin.csv"], 2);
    assert!(latin.contains("save the file as UTF-8"), "{latin}");
}

/// A person reads a date, a program counts milliseconds.
#[test]
fn instants_are_dates_for_people() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("e.csv"), "from,to,at\na,b,2024-01-05\n").unwrap();
    let words = [
        "algo",
        "run",
        "temporal_reachability",
        "--param",
        "sources=a",
        "--time",
        "at",
        "--graph",
        "e.csv",
    ];
    let top = expect(place.path(), &words, 0);
    assert!(top.contains(" 2024-01-05"), "{top}");
    let rows = expect(place.path(), &[&words[..], &["--mode", "stream"]].concat(), 0);
    assert!(rows.contains(",1704412800000,"), "{rows}");
}

#[test]
fn keys_that_two_collections_have_are_told() {
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    file("shops.csv", "_key\n1\n2\n");
    file("towns.csv", "_key\n1\n2\n3\n");
    file("roads.csv", "_from,_to\n1,2\n2,3\n");
    let told = expect(place.path(), &["inspect", "."], 0);
    assert!(
        told.contains("are keys of `towns`, though `shops` has some of them too"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_algorithm_ends_at_once_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let words = [
        "algo",
        "run",
        "degree",
        "--graph",
        "demo:social",
        "--mode",
        "stream",
    ];
    for name in ["INT", "TERM"] {
        let mut child = gaai(place.path(), &words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Its rows fill the pipe, which nobody empties, so that it cannot end by itself.
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 10]).unwrap();
        let line = format!("kill -{name} {}", child.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert!(error.contains("the run was cancelled"), "{error}");
    }
}
