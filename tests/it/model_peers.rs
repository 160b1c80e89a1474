//! Runs against servers that we did not write: llama.cpp with random weights, and a mock of providers that
//! answers with faults.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::peers::python;
use super::program::gaai;

/// A key that must be found in no output.
const CANARY: &str = "sk-canary-7f3a91";

/// A server that ends with its test.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/llm")
}

/// Starts `command` and waits for the line of its standard output that names its address.
fn served(command: &mut Command) -> Server {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server {
        process: command.spawn().unwrap(),
        address: String::new(),
    };
    let mut lines = BufReader::new(server.process.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| {
        let line = line.unwrap();
        let at = line.find("http://127.0.0.1:")?;
        line[at..].split_whitespace().next().map(str::to_owned)
    });
    server.address = address.unwrap_or_else(|| panic!("{command:?} named no address"));
    // What it says later is read too, or it would wait for a reader at some time.
    std::thread::spawn(move || lines.count());
    server
}

/// llama.cpp's own server with a model of random weights.
fn llama(python: &Path, place: &Path) -> Server {
    let model = place.join("tiny.gguf");
    let made = Command::new(python)
        .arg(scripts().join("make_tiny_gguf.py"))
        .arg(&model)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    served(
        Command::new(python)
            .arg(scripts().join("serve_llama.py"))
            .arg(model)
            .arg(CANARY),
    )
}

/// A mock of providers that answers with faults: each rate is the share of requests.
fn aimock(python: &Path, seed: u32) -> Server {
    let peers = python.parent().unwrap().parent().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new(peers.join("bin/node"));
    command
        .env("CHANCE_SEED", seed.to_string())
        .arg("--require")
        .arg(scripts().join("seeded.cjs"))
        .arg(peers.join("npm/node_modules/@copilotkit/aimock/dist/cli.js"))
        .args(["--port", &port.to_string(), "--fixtures"])
        .arg(scripts().join("fixtures.json"))
        .args(["--chaos-ratelimit", "0.2", "--chaos-drop", "0.1"])
        .args(["--chaos-malformed", "0.1", "--chaos-disconnect", "0.05"]);
    served(&mut command)
}

/// Runs the fraud demo against the model; gives the index, and has looked for the key in all outputs.
fn run(place: &Path, model: &str, url: &str, key: &str) -> Value {
    let words = [
        "run",
        "--graph",
        "demo:fraud",
        "--run-id",
        "peer",
        "--model",
        model,
        "--model-url",
        url,
    ];
    let output = gaai(place, &words)
        .env(key, CANARY)
        .env("LLM_MAX_RETRIES", "2")
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(code == 0 || code == 5, "exit code {code}: {told}");
    assert!(!told.contains(CANARY), "{told}");
    let run = place.join("output/peer");
    holds_no_key(place);
    super::program::expect(place, &["verify", "peer"], 0);
    let artefact = std::fs::read(run.join("reports/index.json")).unwrap();
    serde_json::from_slice(&artefact).unwrap()
}

/// No file below `place` holds the key.
fn holds_no_key(place: &Path) {
    for entry in std::fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holds_no_key(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(CANARY.len()).any(|it| it == CANARY.as_bytes());
            assert!(!found, "{} holds the key", path.display());
        }
    }
}

/// Calls of models that the journal tells of.
fn calls(place: &Path) -> usize {
    let journal = std::fs::read_to_string(place.join("output/peer/journal.jsonl")).unwrap();
    journal.matches("\"model_called\"").count()
}

#[test]
fn a_model_that_talks_nonsense_leaves_a_correct_report() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().unwrap();
    let server = llama(&python, place.path());
    let url = format!("{}/v1", server.address);
    let words = ["doctor", "--model", "llamacpp/tiny-random", "--model-url", &url];
    let output = gaai(place.path(), &words)
        .env("LLAMACPP_API_KEY", CANARY)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && told.contains("JSON Schema      yes"),
        "{told}"
    );
    run(place.path(), "llamacpp/tiny-random", &url, "LLAMACPP_API_KEY");
    assert!(calls(place.path()) > 5, "{} calls", calls(place.path()));
}

#[test]
fn a_provider_that_fails_often_leaves_a_correct_report() {
    let Some(python) = python() else { return };
    let seeds: Vec<u32> = match std::env::var("GAAI_TEST_CHAOS") {
        Ok(count) => (1..=count.parse().unwrap()).collect(),
        Err(_) => vec![1, 2],
    };
    let mut worded = 0;
    for seed in seeds {
        let place = tempfile::tempdir().unwrap();
        let server = aimock(&python, seed);
        let url = format!("{}/v1", server.address);
        let index = run(place.path(), "openai/gpt-4o-mini", &url, "OPENAI_API_KEY");
        let text = index.to_string();
        assert!(!text.contains("Mallory"), "seed {seed}");
        worded += text.matches("\"by_model\":true").count();
    }
    assert!(worded > 0, "nothing that the mock wrote came through");
}
