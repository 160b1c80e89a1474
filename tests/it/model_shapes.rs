//! Providers speak the protocol each in its own way: where it is served, which fields are taken, how a form is
//! asked for, how a fault is told. What they write is printed all the same.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::model_servers::{CANARY, Server, aimock};
use super::peers::python;
use super::program::{data, gaai};

/// A run of the karate club with `model`, which `variables` tell the way to.
fn run(place: &Path, model: &str, variables: &[(&str, &str)]) -> Output {
    let graph = data("karate");
    let words = [
        "run",
        "--graph",
        graph.to_str().unwrap(),
        "--ask",
        "Which vertices cut others off?",
        "--run-id",
        "run",
        "--model",
        model,
    ];
    gaai(place, &words)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The findings that were written, and the tokens of the reply that wrote them.
fn written(place: &Path) -> (String, u64) {
    let at = |name: &str| std::fs::read_to_string(place.join("output/run").join(name)).unwrap();
    let journal = at("journal.jsonl");
    let called = journal
        .lines()
        .filter(|it| it.contains("\"model_called\"") && it.contains("\"findings/write "));
    let tokens = called.map(|it| {
        let line: Value = serde_json::from_str(it).unwrap();
        find(&line, "tokens").and_then(Value::as_u64).unwrap_or_default()
    });
    (at("reports/1-critical-points.md"), tokens.sum())
}

/// The first value of that name, however deep.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let own = value.as_object()?;
    own.get(name)
        .or_else(|| own.values().find_map(|it| find(it, name)))
}

/// What a provider is known by on the wire.
struct Shape {
    model: &'static str,
    base: &'static str,
    path: &'static str,
    /// Fields that every request with a form has.
    has: &'static [&'static str],
    /// Fields that none has.
    lacks: &'static [&'static str],
    /// Requests for the findings: the first of some meets a fault.
    requests: usize,
    tokens: u64,
}

const SHAPES: [Shape; 4] = [
    Shape {
        model: "openai/gpt-4o-mini",
        base: "/v1",
        path: "/v1/chat/completions",
        has: &["response_format", "max_completion_tokens", "seed"],
        lacks: &["max_tokens", "tools"],
        requests: 1,
        tokens: 1011,
    },
    Shape {
        model: "openrouter/google/gemini-2.5-flash",
        base: "/api/v1",
        path: "/api/v1/chat/completions",
        has: &["response_format", "max_tokens", "seed"],
        lacks: &["max_completion_tokens", "tools"],
        // Its faults may come with status 200.
        requests: 2,
        tokens: 1022,
    },
    Shape {
        model: "gemini/gemini-2.5-flash",
        base: "/v1beta/openai",
        path: "/v1beta/openai/chat/completions",
        has: &["response_format", "max_tokens"],
        // It refuses a seed.
        lacks: &["seed", "tools"],
        requests: 2,
        tokens: 1033,
    },
    Shape {
        model: "anthropic/claude-sonnet-4-5",
        base: "/v1",
        path: "/v1/chat/completions",
        has: &["tools", "tool_choice", "max_tokens"],
        // It takes them and does as if they were not there.
        lacks: &["response_format", "seed"],
        requests: 2,
        tokens: 1044,
    },
];

fn is_spoken(server: &Server, shape: &Shape) {
    let place = tempfile::tempdir().unwrap();
    let before = server.requests().len();
    let provider = shape.model.split('/').next().unwrap().to_uppercase();
    let (key, base) = (format!("{provider}_API_KEY"), format!("{provider}_BASE_URL"));
    let output = run(
        place.path(),
        shape.model,
        &[(&key, CANARY), (&base, &server.at(shape.base))],
    );
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {told}", shape.model);
    let (report, tokens) = written(place.path());
    let (facts, mark) = ("Single points of failure are ", "✎");
    let mut lines = report.lines().filter(|it| it.contains(facts));
    assert!(lines.any(|it| it.contains(mark)), "{}: {report}", shape.model);
    assert_eq!(tokens, shape.tokens, "{}", shape.model);
    let requests = &server.requests()[before..];
    for request in requests {
        assert_eq!(request["path"], shape.path);
        let has = |name: &&&str| request["body"].get(**name).is_some();
        assert!(shape.has.iter().all(|it| has(&it)), "{}: {request}", shape.model);
        assert!(
            !shape.lacks.iter().any(|it| has(&it)),
            "{}: {request}",
            shape.model
        );
    }
    let writes = |it: &&Value| it["body"].to_string().contains("Write the sentences.");
    let first = requests.iter().filter(writes).count();
    assert_eq!(first, shape.requests, "{}", shape.model);
}

#[test]
fn what_openai_openrouter_gemini_and_anthropic_write_is_printed() {
    let Some(python) = python() else { return };
    let server = aimock(&python, "shapes.json");
    for shape in &SHAPES {
        is_spoken(&server, shape);
    }
}

/// Faults in the form of Gemini's own: within an array, and with the time to wait in the body.
#[tokio::test(flavor = "multi_thread")]
async fn gemini_says_in_an_array_how_long_to_wait() {
    let server = MockServer::start().await;
    let fault = json!([{ "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s" },
        ],
    } }]);
    let prose = json!({ "findings": [{
        "finding": "critical_points.1", "headline": "", "so_what": "", "action": "",
        "claims": ["Single points of failure are {F2} of {F1} vertices."],
    }] });
    let reply = |content: String| {
        ResponseTemplate::new(200).set_body_json(json!({
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 57 },
        }))
    };
    let asked = || {
        Mock::given(method("POST"))
            .and(path("/v1beta/openai/chat/completions"))
            .and(header("authorization", format!("Bearer {CANARY}").as_str()))
    };
    let writes = || asked().and(body_string_contains("Write the sentences."));
    let busy = ResponseTemplate::new(429).set_body_json(fault);
    writes()
        .respond_with(busy)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    writes()
        .respond_with(reply(prose.to_string()))
        .expect(1)
        .mount(&server)
        .await;
    asked().respond_with(reply("No.".to_owned())).mount(&server).await;
    let url = format!("{}/v1beta/openai", server.uri());
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().to_path_buf();
    let output = tokio::task::spawn_blocking(move || {
        let variables = [("GOOGLE_API_KEY", CANARY), ("GEMINI_BASE_URL", &url)];
        run(&directory, "gemini/gemini-2.5-flash", &variables)
    });
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (report, tokens) = written(place.path());
    let mut lines = report.lines();
    assert!(
        lines.any(|it| it.contains("Single points of failure are ") && it.contains("✎")),
        "{report}"
    );
    // Thoughts stand in the total only.
    assert_eq!(tokens, 57);
}
