//! Runs against servers that we did not write: llama.cpp with random weights, and a mock of providers that
//! answers with faults.

use std::path::Path;

use serde_json::Value;

use super::model_replays::is_replayed_without_network;
use super::model_servers::{CANARY, faulty_aimock, holds_nowhere, llama};
use super::peers::python;
use super::program::{expect, gaai};

/// What came of a run.
struct Ended {
    code: i32,
    index: Value,
    /// What models were asked.
    asked: usize,
}

/// A run of the fraud demo that asks `model` at `url`.
fn asking<'a>(model: &'a str, url: &'a str) -> Vec<&'a str> {
    let run = ["run", "--graph", "demo:fraud", "--run-id", "peer"];
    [&run[..], &["--model", model, "--model-url", url]].concat()
}

/// Carries it out and records it in `place`, and has looked for the key in all outputs.
fn run(place: &Path, words: &[&str], key: &str) -> Ended {
    let output = gaai(place, &[words, &["--record", "tape"]].concat())
        .env(key, CANARY)
        .env("LLM_MAX_RETRIES", "2")
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(code == 0 || code == 5, "exit code {code}: {told}");
    assert!(!told.contains(CANARY), "{told}");
    holds_nowhere(place, CANARY);
    expect(place, &["verify", "peer"], 0);
    let artefact = std::fs::read(place.join("output/peer/reports/index.json")).unwrap();
    let recordings = std::fs::read_dir(place.join("tape")).unwrap();
    let is_recording = |it: &std::fs::DirEntry| it.path().extension().is_some_and(|it| it == "json");
    Ended {
        code,
        index: serde_json::from_slice(&artefact).unwrap(),
        asked: recordings.map(|it| it.unwrap()).filter(is_recording).count(),
    }
}

/// Calls of models that the journal tells of.
fn calls(place: &Path) -> usize {
    let journal = std::fs::read_to_string(place.join("output/peer/journal.jsonl")).unwrap();
    journal.matches("\"model_called\"").count()
}

#[test]
fn a_model_that_talks_nonsense_leaves_a_correct_report_that_is_replayed_without_network() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = llama(&python, place.path());
    let url = server.at("/v1");
    let model = "llamacpp/tiny-random";
    let output = gaai(place.path(), &["doctor", "--model", model, "--model-url", &url])
        .env("LLAMACPP_API_KEY", CANARY)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && told.contains("JSON Schema      yes"),
        "{told}"
    );
    let words = asking(model, &url);
    let ended = run(place.path(), &words, "LLAMACPP_API_KEY");
    assert!(calls(place.path()) > 5, "{} calls", calls(place.path()));
    drop(server);
    is_replayed_without_network(place.path(), &words, ended.code);
}

/// `GAAI_TEST_CHAOS=20` takes as many seeds; `--nocapture` then prints the rows of docs/models.md.
#[test]
fn a_provider_that_fails_often_leaves_a_correct_report_that_is_replayed_without_network() {
    let Some(python) = python() else { return };
    let seeds: Vec<u32> = match std::env::var("GAAI_TEST_CHAOS") {
        Ok(count) => (1..=count.parse().unwrap()).collect(),
        Err(_) => vec![1, 2],
    };
    let (mut worded, mut faults) = (0, 0);
    for seed in seeds {
        let place = tempfile::tempdir().unwrap();
        let server = faulty_aimock(&python, seed);
        let url = server.at("/v1");
        let words = asking("openai/gpt-4o-mini", &url);
        let ended = run(place.path(), &words, "OPENAI_API_KEY");
        let text = ended.index.to_string();
        // Where it was not mended, the reason names the name, and nothing says what it did.
        assert!(!text.contains("planted 77"), "seed {seed}");
        let by_model = text.matches("\"by_model\":true").count();
        let verdict = &ended.index["report"]["verdict"];
        let verified = verdict["verified"].as_u64().unwrap();
        let dropped = verdict["dropped"].as_array().unwrap().len();
        let requests = server.requests().len();
        println!(
            "| {seed} | {} | {verified} | {by_model} | {dropped} | {requests} | {} |",
            ended.code,
            requests.saturating_sub(ended.asked)
        );
        if seed == 1 {
            is_replayed_without_network(place.path(), &words, ended.code);
        }
        worded += by_model;
        faults += requests.saturating_sub(ended.asked);
    }
    assert!(worded > 0, "nothing that the mock wrote came through");
    assert!(faults > 0, "no request was made a second time");
}
