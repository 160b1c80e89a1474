//! The client against servers that behave badly. How often each was asked is counted, so that retries which
//! nobody ordered cannot come back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request as Received, ResponseTemplate};

use super::*;
use crate::limits::Retry;
use crate::model::usage::Usage;

pub(super) const CANARY: &str = "sk-canary-7731";

/// A model at `base`, which waits no real time between attempts.
pub(super) fn model_at(base: &str) -> OpenAi {
    model_with(base, |_| {})
}

pub(super) fn model_with(base: &str, change: impl FnOnce(&mut Endpoint)) -> OpenAi {
    let mut endpoint = Endpoint::new("custom/tiny".parse().unwrap()).unwrap();
    endpoint.base_url = Some(format!("{base}/v1"));
    endpoint.key = Some(CANARY.into());
    endpoint.retry = Retry {
        max_attempts: 3,
        base: Duration::ZERO,
        asked_cap: Duration::ZERO,
        ..Retry::default()
    };
    change(&mut endpoint);
    let http = http_client(&endpoint).unwrap();
    OpenAi::new(endpoint, http, 1).unwrap()
}

pub(super) fn request(mode: Option<ShapeMode>) -> Request {
    Request {
        role: Role::Findings,
        prompt: "findings/write 1".to_owned(),
        messages: vec![Message {
            speaker: Speaker::User,
            text: "What stands out?".to_owned(),
        }],
        shape: mode.map(|mode| Shape {
            name: "finding".to_owned(),
            schema: json!({ "type": "object" }),
            mode,
        }),
        max_tokens: 100,
        temperature: 0.2,
        seed: u64::MAX,
        witness: Witness::default(),
        allowance: Allowance::default(),
    }
}

/// The same for free text, streamed: `came` is told how many tokens came so far.
pub(super) fn watched(came: impl Fn(u64) + Send + Sync + 'static) -> Request {
    let witness = Witness::new(move |it| {
        if let Happening::Came(tokens) = it {
            came(tokens);
        }
    });
    Request {
        witness: witness.watching(),
        ..request(None)
    }
}

pub(super) fn good(content: Value) -> Value {
    json!({
        "model": "tiny-1",
        "choices": [{ "message": { "role": "assistant", "content": content }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3 },
    })
}

fn ok(content: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(good(json!(content)))
}

/// A server that gives `replies` in turn, and the last of them for ever.
pub(super) async fn server(replies: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let turn = AtomicU64::new(0);
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .respond_with(move |_: &Received| {
            let turn = turn.fetch_add(1, Ordering::Relaxed) as usize;
            replies[turn.min(replies.len() - 1)].clone()
        })
        .mount(&server)
        .await;
    server
}

pub(super) async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

pub(super) async fn sent(server: &MockServer, index: usize) -> Value {
    serde_json::from_slice(&server.received_requests().await.unwrap()[index].body).unwrap()
}

/// What one request to a server with `replies` gives, and how often it was asked.
async fn outcome(replies: Vec<ResponseTemplate>) -> (Result<Reply, LlmError>, usize) {
    let server = server(replies).await;
    let outcome = model_at(&server.uri()).ask(&request(None)).await;
    (outcome, count(&server).await)
}

fn json_error(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_good_reply_is_read_and_asked_for_once() {
    let server = server(vec![ok("Node 5.")]).await;
    let reply = model_at(&server.uri()).ask(&request(None)).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.finish), ("Node 5.", Finish::Stop));
    let usage = Usage {
        prompt_tokens: 7,
        reply_tokens: 3,
        is_estimated: false,
    };
    assert_eq!((reply.usage, reply.model.as_str()), (usage, "tiny-1"));
    let received = &server.received_requests().await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].headers["authorization"], format!("Bearer {CANARY}"));
    let expected = json!({
        "model": "tiny",
        "messages": [{ "role": "user", "content": "What stands out?" }],
        "max_tokens": 100,
        "temperature": 0.2,
        "seed": 0x7fff_ffff,
    });
    assert_eq!(sent(&server, 0).await, expected);
}

#[tokio::test]
async fn rate_limits_are_waited_out_whether_told_in_seconds_or_as_a_date() {
    let seconds = ResponseTemplate::new(429).insert_header("retry-after", "3600");
    let date = ResponseTemplate::new(429)
        .insert_header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
        .insert_header("retry-after", "Wed, 21 Oct 2026 08:28:00 GMT");
    // Both would wait an hour if they were not capped, here to nothing.
    let (reply, count) = outcome(vec![seconds.clone(), date.clone(), ok("yes")]).await;
    assert_eq!((reply.unwrap().text.as_str(), count), ("yes", 3));
    for template in [seconds, date] {
        let (reply, count) = outcome(vec![template]).await;
        let Err(LlmError::RateLimited { retry_after, .. }) = reply else {
            panic!("{reply:?}")
        };
        assert_eq!((retry_after, count), (Some(Duration::from_secs(3600)), 3));
    }
}

#[tokio::test]
async fn used_up_quota_is_not_asked_again() {
    let body = json!({ "error": { "message": "You exceeded it", "code": "insufficient_quota" } });
    let (reply, count) = outcome(vec![json_error(429, body)]).await;
    assert!(matches!(reply, Err(LlmError::QuotaUsedUp { .. })), "{reply:?}");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn failures_open_the_breaker_which_then_asks_nobody() {
    let server = server(vec![json_error(500, json!({ "error": "overloaded" }))]).await;
    let model = model_at(&server.uri());
    for _ in 0..5 {
        let error = model.ask(&request(None)).await.unwrap_err();
        assert!(matches!(error, LlmError::Failed { status: 500, ref detail, .. } if detail == "overloaded"));
    }
    assert_eq!(count(&server).await, 15);
    let error = model.clone().ask(&request(None)).await.unwrap_err();
    assert!(matches!(error, LlmError::LeftAlone { .. }), "{error}");
    assert_eq!(count(&server).await, 15);
}

#[tokio::test]
async fn a_page_of_html_says_its_title_and_is_asked_again() {
    let page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>x</body></html>";
    let bad = ResponseTemplate::new(502).set_body_raw(page, "text/html");
    let (reply, count) = outcome(vec![bad]).await;
    let text = reply.unwrap_err().to_string();
    assert!(
        text.ends_with("failed (status 502): a page of HTML: 502 Bad Gateway"),
        "{text}"
    );
    assert_eq!(count, 3);
    let fine = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    let (reply, count) = outcome(vec![fine, ok("yes")]).await;
    assert_eq!((reply.unwrap().text.as_str(), count), ("yes", 2));
}

#[tokio::test]
async fn a_byte_order_mark_is_not_minded() {
    let body = format!("\u{feff}{}", good(json!("yes")));
    let marked = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    let (reply, count) = outcome(vec![marked]).await;
    assert_eq!((reply.unwrap().text.as_str(), count), ("yes", 1));
}

#[tokio::test]
async fn an_error_in_a_good_reply_is_an_error() {
    let overloaded = json!({ "error": { "message": "Provider overloaded", "code": 502 } });
    let (reply, count) = outcome(vec![json_error(200, overloaded)]).await;
    assert!(
        matches!(reply, Err(LlmError::Failed { status: 502, .. })),
        "{reply:?}"
    );
    assert_eq!(count, 3);
    let wrapped = json!([{ "error": { "message": "API key not valid", "code": 401 } }]);
    let (reply, count) = outcome(vec![json_error(200, wrapped)]).await;
    assert!(matches!(reply, Err(LlmError::Unauthorised { .. })), "{reply:?}");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn refused_keys_are_told_by_status_whatever_the_error_looks_like() {
    let bodies = [
        json!({ "error": { "code": 401, "message": "Invalid API Key", "type": "authentication_error" } }),
        json!([{ "error": { "code": 401, "status": "UNAUTHENTICATED" } }]),
        json!("no"),
    ];
    for body in bodies {
        let (reply, count) = outcome(vec![json_error(401, body)]).await;
        let text = reply.unwrap_err().to_string();
        assert_eq!(text, "custom refused the key (status 401); check CUSTOM_API_KEY");
        assert_eq!(count, 1);
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_told_apart() {
    let body = json!({ "error": {
        "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 20019, "n_ctx": 8192,
        "message": "request (20019 tokens) exceeds the available context size (8192 tokens)",
    } });
    let (reply, count) = outcome(vec![json_error(400, body)]).await;
    assert!(matches!(reply, Err(LlmError::TooLong { .. })), "{reply:?}");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_refused_form_is_told_with_its_mode() {
    let cases = [
        (
            ShapeMode::JsonSchema,
            400,
            "'response_format' of type json_schema is not supported",
        ),
        (
            ShapeMode::ToolCall,
            404,
            "No endpoints found that support tool use",
        ),
        (ShapeMode::ToolCall, 500, "tools param requires --jinja flag"),
        (
            ShapeMode::JsonObject,
            422,
            "response_format: Extra inputs are not permitted",
        ),
    ];
    for (mode, status, words) in cases {
        let server = server(vec![json_error(status, json!({ "error": { "message": words } }))]).await;
        let reply = model_at(&server.uri()).ask(&request(Some(mode))).await;
        let Err(LlmError::ShapeRefused {
            mode: refused,
            detail,
            ..
        }) = reply
        else {
            panic!("{reply:?}")
        };
        assert_eq!((refused, detail.as_str(), count(&server).await), (mode, words, 1));
    }
    let words = json!({ "error": { "message": "'response_format' is not supported" } });
    let (reply, _) = outcome(vec![json_error(400, words)]).await;
    assert!(matches!(reply, Err(LlmError::Refused { .. })), "{reply:?}");
}

#[tokio::test]
async fn forms_are_asked_for_in_each_mode() {
    let arguments =
        json!({ "tool_calls": [{ "function": { "name": "finding", "arguments": "{\"a\":1}" } }] });
    let called = json!({ "choices": [{ "message": arguments, "finish_reason": "tool_calls" }] });
    let server = server(vec![ResponseTemplate::new(200).set_body_json(called)]).await;
    let model = model_at(&server.uri());
    for mode in ShapeMode::ALL {
        let reply = model.ask(&request(Some(mode))).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.finish), ("{\"a\":1}", Finish::Stop));
        assert!(reply.usage.is_estimated && reply.usage.tokens() > 0);
    }
    let schema = sent(&server, 0).await["response_format"].clone();
    let form = json!({ "name": "finding", "schema": { "type": "object" }, "strict": true });
    assert_eq!(schema, json!({ "type": "json_schema", "json_schema": form }));
    let tools = sent(&server, 1).await;
    assert_eq!(
        tools["tools"][0]["function"]["parameters"],
        json!({ "type": "object" })
    );
    assert_eq!(tools["tool_choice"], "required");
    assert_eq!(
        sent(&server, 2).await["response_format"],
        json!({ "type": "json_object" })
    );
    let plain = sent(&server, 3).await;
    assert!(plain.get("response_format").is_none() && plain.get("tools").is_none());
}

#[tokio::test]
async fn optional_fields_that_are_refused_are_left_out_from_then_on() {
    let refusal = |field: &str, code: &str| {
        json_error(
            400,
            json!({ "error": { "message": format!("{code}: '{field}'"), "param": field } }),
        )
    };
    let replies = vec![
        refusal("max_tokens", "Unsupported parameter"),
        refusal("temperature", "Unsupported value"),
        refusal("seed", "Unrecognized request argument"),
        ok("yes"),
    ];
    let server = server(replies).await;
    let model = model_at(&server.uri());
    assert_eq!(model.ask(&request(None)).await.unwrap().text, "yes");
    assert_eq!(model.ask(&request(None)).await.unwrap().text, "yes");
    assert_eq!(count(&server).await, 5);
    let last = sent(&server, 4).await;
    assert_eq!(last["max_completion_tokens"], 100);
    for field in ["max_tokens", "temperature", "seed"] {
        assert!(last.get(field).is_none(), "{field}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = server(vec![ok("stolen")]).await;
    let target = format!("{}/v1/chat/completions", elsewhere.uri());
    let moved = ResponseTemplate::new(307).insert_header("location", target.as_str());
    let (reply, asked) = outcome(vec![moved]).await;
    assert!(
        matches!(reply, Err(LlmError::Refused { status: 307, .. })),
        "{reply:?}"
    );
    assert_eq!((asked, count(&elsewhere).await), (1, 0));
}

#[tokio::test]
async fn the_key_is_in_no_error_and_no_debug_output() {
    let echo = format!("key {CANARY} \u{1b}[31mis\u{7} bad\r\n {}", "x".repeat(5000));
    let statuses = [400, 401, 402, 404, 413, 429, 500, 200];
    for status in statuses {
        let body = json!({ "error": { "message": echo, "code": format!("bad {CANARY}") } });
        let server = server(vec![json_error(status, body)]).await;
        let model = model_with(&server.uri(), |it| {
            it.headers.insert("x-extra".to_owned(), CANARY.into());
        });
        let error = model.ask(&request(None)).await.unwrap_err();
        for text in [
            error.to_string(),
            format!("{error:?}"),
            format!("{model:?} {:?}", model.endpoint()),
        ] {
            assert!(!text.contains(CANARY), "{text}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
        assert!(error.to_string().chars().count() < 400);
    }
}

#[tokio::test]
async fn a_reply_that_is_too_long_ends_in_an_error_and_is_not_asked_again() {
    let server = server(vec![ok(&"x".repeat(5000))]).await;
    let model = model_with(&server.uri(), |it| it.max_reply_bytes = 4096);
    let error = model.ask(&request(None)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reply cannot be used: the reply is longer than 4096 bytes"
    );
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn nobody_listening_is_told_without_the_url() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = model_at(&format!("http://{address}"))
        .ask(&request(None))
        .await
        .unwrap_err();
    assert!(
        matches!(error, LlmError::Unreachable { ref host, .. } if *host == address.to_string()),
        "{error}"
    );
    assert!(
        error.to_string().contains("no connection") && !error.to_string().contains("/v1"),
        "{error}"
    );
}

#[tokio::test]
async fn settings_of_the_endpoint_go_before_those_of_a_request() {
    let server = server(vec![ok("yes")]).await;
    let model = model_with(&server.uri(), |it| {
        it.temperature = Some(0.7);
        it.max_tokens = Some(300);
    });
    for (max_tokens, sent_tokens) in [(400, 300), (200, 200)] {
        let request = Request {
            max_tokens,
            ..request(None)
        };
        model.ask(&request).await.unwrap();
        let body = sent(&server, count(&server).await - 1).await;
        assert_eq!(
            (&body["temperature"], &body["max_tokens"]),
            (&json!(0.7), &json!(sent_tokens))
        );
    }
}
