//! The client against servers that stream.

use std::sync::{Arc, Mutex};

use serde_json::json;
use wiremock::ResponseTemplate;

use super::openai_tests::{count, good, model_at, model_with, request, sent, server, watched};
use super::*;

/// What a streamed request gives, how often it was asked and how far it said it was.
async fn streamed(replies: Vec<ResponseTemplate>) -> (Result<Reply, LlmError>, usize, Vec<u64>) {
    let server = server(replies).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let request = Request {
        shape: request(Some(ShapeMode::ToolCall)).shape,
        ..watched(move |it| kept.lock().unwrap().push(it))
    };
    let outcome = model_at(&server.uri()).ask(&request).await;
    let body = sent(&server, 0).await;
    assert_eq!(
        (&body["stream"], &body["stream_options"]),
        (&json!(true), &json!({ "include_usage": true }))
    );
    let seen = seen.lock().unwrap().clone();
    (outcome, count(&server).await, seen)
}

fn events(lines: &[&str], end: &str) -> ResponseTemplate {
    let body: String = lines.iter().map(|it| format!("data: {it}{end}{end}")).collect();
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream; charset=utf-8")
}

const PARTS: [&str; 5] = [
    r#"{"model":"tiny-2","choices":[{"delta":{"role":"assistant","content":null}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"a\":"}}]}}]}"#,
    r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}"#,
    r#"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
];

#[tokio::test]
async fn a_stream_is_put_together_whatever_ends_its_lines() {
    for end in ["\n", "\r\n"] {
        let mut lines = vec![PARTS[0], PARTS[1], PARTS[2], PARTS[3], PARTS[4]];
        lines.push("[DONE]");
        let (reply, count, seen) = streamed(vec![events(&lines, end)]).await;
        let reply = reply.unwrap();
        assert_eq!(
            (reply.text.as_str(), reply.model.as_str()),
            ("{\"a\":1}", "tiny-2")
        );
        assert_eq!(
            (reply.usage.tokens(), reply.usage.is_estimated, count),
            (13, false, 1)
        );
        assert!(seen.len() == 5 && seen.is_sorted() && seen[4] > 0, "{seen:?}");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_asked_for_again() {
    let cut = events(&PARTS[..3], "\n");
    let (reply, count, _) = streamed(vec![cut.clone(), events(&PARTS, "\n")]).await;
    assert_eq!((reply.unwrap().text.as_str(), count), ("{\"a\":1}", 2));
    let (reply, count, _) = streamed(vec![cut]).await;
    assert!(matches!(reply, Err(LlmError::Transport { .. })), "{reply:?}");
    assert_eq!(count, 3);
}

#[tokio::test]
async fn an_error_within_a_stream_is_an_error() {
    let failed = r#"{"error":{"message":"upstream is gone","code":503}}"#;
    let (reply, count, _) = streamed(vec![events(&[PARTS[0], failed], "\n")]).await;
    assert!(
        matches!(reply, Err(LlmError::Failed { status: 503, .. })),
        "{reply:?}"
    );
    assert_eq!(count, 3);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let text = serde_json::to_string_pretty(&good(json!("whole"))).unwrap();
    let whole = ResponseTemplate::new(200).set_body_raw(text, "application/json");
    let (reply, count, _) = streamed(vec![whole]).await;
    assert_eq!((reply.unwrap().text.as_str(), count), ("whole", 1));
}

#[tokio::test]
async fn a_stream_that_is_too_long_ends_in_an_error_and_is_not_asked_again() {
    let line = format!(
        r#"{{"choices":[{{"delta":{{"content":"{}"}}}}]}}"#,
        "x".repeat(3000)
    );
    let server = server(vec![events(&[&line, &line, &line], "\n")]).await;
    let model = model_with(&server.uri(), |it| it.max_reply_bytes = 4096);
    let error = model.ask(&watched(|_| {})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reply cannot be used: the reply is longer than 4096 bytes"
    );
    assert_eq!(count(&server).await, 1);
}
