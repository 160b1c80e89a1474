//! Keys are printed nowhere and written nowhere, whatever a server sends back of them and however much is logged.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use super::model_servers::holds_nowhere;
use super::program::{data, gaai};

/// In capitals and small letters, since some parts of replies are read in small ones.
const CANARY: &str = "sk-Canary-7F3a91";

/// A server that sends back the key of every request: in errors of several forms, and in good replies.
#[derive(Default)]
struct Echo(AtomicUsize);

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let headers = ["authorization", "api-key"].iter();
        let header = headers.filter_map(|it| request.headers.get(*it)).next();
        let header = header.map_or("none", |it| it.to_str().unwrap());
        let key = header.trim_start_matches("Bearer ");
        let error =
            json!({ "error": { "message": format!("{header} may not ask"), "code": key, "type": key } });
        let prose = json!({ "findings": [{
            "finding": "critical_points.1", "headline": format!("{key} {{F1}}"), "claims": [key], "so_what": key,
            "action": format!("Read {key}"),
        }] });
        let reply = |content: String, end: &str| {
            json!({
                "id": key, "model": key,
                "choices": [{ "message": { "role": "assistant", "content": content }, "finish_reason": end }],
            })
        };
        match self.0.fetch_add(1, Ordering::Relaxed) % 8 {
            0 => ResponseTemplate::new(500).set_body_string(format!("<html><title>{header}</title>")),
            1 => ResponseTemplate::new(400).set_body_json(error),
            2 => ResponseTemplate::new(200).set_body_json(error),
            3 => ResponseTemplate::new(200).set_body_raw("no", &format!("text/{key}")),
            4 => ResponseTemplate::new(200).set_body_json(reply(header.to_owned(), key)),
            5 => ResponseTemplate::new(200).set_body_json(reply(format!("{{\"{key}\": \"{key}\"}}"), "stop")),
            _ => ResponseTemplate::new(200).set_body_json(reply(prose.to_string(), "stop")),
        }
        .insert_header("x-key", key)
    }
}

/// Runs `gaai` with `variables` and all logs; what it prints holds no key.
fn told(place: &Path, words: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = gaai(place, words)
        .envs(variables.iter().copied())
        .env("GAAI_LOG", "trace")
        .env("LLM_MAX_RETRIES", "1")
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told).into_owned();
    let is_silent = !told.to_lowercase().contains(&CANARY.to_lowercase());
    let lines = told.lines().filter(|it| it.to_lowercase().contains("canary"));
    assert!(is_silent, "{words:?}: {:?}", lines.collect::<Vec<_>>());
    (output.status.code(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_printed_or_written_whatever_a_server_sends_back() {
    let models = [
        ("openai/m", "OPENAI_API_KEY"),
        ("azure/m", "AZURE_API_KEY"),
        ("custom/m", "LLM_API_KEY"),
    ];
    join_all(models.map(|it| echoing(it.0, it.1))).await;
}

/// A run that asks a server of its own.
async fn echoing(model: &'static str, variable: &'static str) {
    let server = MockServer::start().await;
    let any = Mock::given(matchers::any());
    any.respond_with(Echo::default()).mount(&server).await;
    let url = format!("{}/v1", server.uri());
    let asked = tokio::task::spawn_blocking(move || echoed(model, variable, &url));
    asked.await.unwrap();
    let received = server.received_requests().await.unwrap();
    // wiremock shows headers that are marked as secret all the same.
    let holds = |it: &Request| format!("{:?}", it.headers).contains(CANARY);
    assert!(received.len() > 12 && received.iter().all(holds), "{model}");
}

fn echoed(model: &str, variable: &str, url: &str) {
    let place = tempfile::tempdir().unwrap();
    let graph = data("karate");
    let run = [
        "run",
        "--graph",
        graph.to_str().unwrap(),
        "--ask",
        "Which vertices cut others off?",
        "-vv",
        "--model",
        model,
        "--model-url",
        url,
    ];
    let key = [(variable, CANARY)];
    let place = place.path();
    let (code, _) = told(place, &["doctor", "--model", model, "--model-url", url], &key);
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    for more in [
        ["--record", "tape", "--run-id", "recorded"],
        ["--replay", "tape", "--run-id", "replayed"],
    ] {
        let (code, told) = told(place, &[&run[..], &more].concat(), &key);
        assert_eq!(code, Some(0), "{told}");
    }
    holds_nowhere(place, CANARY);
    // It was sent back, and would have been found.
    let kept = std::fs::read_dir(place.join("tape")).unwrap();
    let is_masked = |it: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(it.unwrap().path()).unwrap();
        text.contains("[key]")
    };
    assert!(kept.map(is_masked).filter(|it| *it).count() > 3);
}

#[test]
fn an_address_that_holds_a_key_is_refused_and_told_nowhere() {
    let secret = format!("https://user:{CANARY}@models.example/v1");
    let query = format!("https://models.example/v1?key={CANARY}");
    let run = ["run", "--graph", "demo:fraud"];
    let asking = [&run[..], &["--model", "openai/m"]].concat();
    let key = ("OPENAI_API_KEY", CANARY);
    for url in [secret.as_str(), &query] {
        let flagged = |words: &[&'static str]| -> Vec<String> {
            let words = words.iter().copied().chain(["--model-url", url]);
            words.map(str::to_owned).collect()
        };
        let plan = ["plan", "--graph", "demo:fraud", "--model", "openai/m"];
        let replay = [&asking[..], &["--replay", "tape"]].concat();
        let cases = [
            (flagged(&asking), vec![key]),
            (flagged(&run), vec![]),
            (flagged(&replay), vec![key]),
            (flagged(&plan), vec![key]),
            (
                asking.iter().map(|it| (*it).to_owned()).collect(),
                vec![key, ("LLM_BASE_URL", url)],
            ),
            (
                asking.iter().map(|it| (*it).to_owned()).collect(),
                vec![key, ("OPENAI_BASE_URL", url)],
            ),
        ];
        for (words, variables) in cases {
            let place = tempfile::tempdir().unwrap();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (code, told) = told(place.path(), &words, &variables);
            assert_eq!(code, Some(2), "{words:?}: {told}");
            assert!(!place.path().join("output").exists(), "{words:?}");
            holds_nowhere(place.path(), CANARY);
        }
    }
}
