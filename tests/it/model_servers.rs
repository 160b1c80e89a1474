//! Servers of models that we did not write, each ended with its test: llama.cpp with random weights, and a mock
//! of providers.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A key that must be found in no output.
pub(super) const CANARY: &str = "sk-canary-7f3a91";

/// A server that ends with its test.
pub(super) struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Server {
    /// Where it serves `path`.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The requests that a mock of providers was sent, in their order.
    pub(super) fn requests(&self) -> Vec<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let url = self.at("/__aimock/journal");
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client
                .get(url)
                .bearer_auth(CANARY)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        })
    }
}

/// A file of `tests/llm`.
pub(super) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/llm").join(name)
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

/// llama.cpp's own server with a model of random weights; it asks for [`CANARY`].
pub(super) fn llama(python: &Path, place: &Path) -> Server {
    let model = place.join("tiny.gguf");
    let made = Command::new(python)
        .arg(script("make_tiny_gguf.py"))
        .arg(&model)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new(python);
    served(command.arg(script("serve_llama.py")).arg(model).arg(CANARY))
}

/// A mock of providers that answers by a file of `tests/llm`; it asks for [`CANARY`].
pub(super) fn aimock(python: &Path, fixtures: &str) -> Server {
    served(&mut mock(python, fixtures))
}

/// The same, answering with faults: each rate is the share of requests, `seed` that of chance.
pub(super) fn faulty_aimock(python: &Path, seed: u32) -> Server {
    let mut command = mock(python, "fixtures.json");
    command
        .env("CHANCE_SEED", seed.to_string())
        .args(["--chaos-ratelimit", "0.2", "--chaos-drop", "0.1"])
        .args(["--chaos-malformed", "0.1", "--chaos-disconnect", "0.05"]);
    served(&mut command)
}

fn mock(python: &Path, fixtures: &str) -> Command {
    let peers = python.parent().unwrap().parent().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new(peers.join("bin/node"));
    command
        .env("AIMOCK_API_KEYS", CANARY)
        .arg("--require")
        .arg(script("seeded.cjs"))
        .arg(peers.join("npm/node_modules/@copilotkit/aimock/dist/cli.js"))
        .args(["--port", &port.to_string(), "--fixtures"])
        .arg(script(fixtures));
    command
}

/// No file below `place` holds `secret` in any spelling, nor does a name.
pub(super) fn holds_nowhere(place: &Path, secret: &str) {
    let secret = secret.to_ascii_lowercase();
    for entry in std::fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        let is_named = path.to_string_lossy().to_ascii_lowercase().contains(&secret);
        assert!(!is_named, "{} names the secret", path.display());
        if path.is_dir() {
            holds_nowhere(&path, &secret);
        } else {
            let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
            let found = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
            assert!(!found, "{} holds the secret", path.display());
        }
    }
}
