//! Probes of servers that can do much, little and nothing.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request as Received, ResponseTemplate};

use super::openai_tests::{CANARY, good, model_at};
use super::*;

async fn server(
    models: Value,
    reply: impl Fn(Value) -> ResponseTemplate + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    let get = |at: &str, value: Value| {
        let found = ResponseTemplate::new(200).set_body_json(value);
        Mock::given(method("GET"))
            .and(path(at.to_owned()))
            .respond_with(found)
    };
    get("/v1/models", models).mount(&server).await;
    let props = json!({ "default_generation_settings": { "n_ctx": 4096 } });
    get("/props", props).mount(&server).await;
    Mock::given(method("POST"))
        .respond_with(move |it: &Received| reply(serde_json::from_slice(&it.body).unwrap()))
        .mount(&server)
        .await;
    server
}

fn ok(value: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(value)
}

fn verdicts(found: &Capabilities) -> [Verdict; 7] {
    [
        found.listed.verdict,
        found.answers.verdict,
        found.seed.verdict,
        found.json_schema.verdict,
        found.tool_call.verdict,
        found.json_object.verdict,
        found.concurrency.verdict,
    ]
}

#[tokio::test]
async fn a_server_that_can_do_everything_is_found_out() {
    use Verdict::Yes;
    let models = json!({ "data": [{ "id": "other" }, { "id": "tiny", "meta": { "n_ctx": 32768 } }] });
    let server = server(models, |body| match body.get("tools") {
        Some(_) => {
            let call = json!({ "function": { "name": "sum", "arguments": { "sum_of_both": 5 } } });
            let message = json!({ "content": null, "tool_calls": [call] });
            ok(json!({ "choices": [{ "message": message, "finish_reason": "tool_calls" }] }))
        }
        None if body.get("response_format").is_some() => ok(good(json!("{\"sum_of_both\": 5}"))),
        None => ok(good(json!("Five."))),
    })
    .await;
    let found = probe(&model_at(&server.uri())).await;
    assert_eq!(verdicts(&found), [Yes; 7], "{found:?}");
    assert_eq!((found.mode(), found.answered_at_once), (ShapeMode::JsonSchema, 4));
    // What a request really has, not what the list says.
    assert_eq!(found.context_tokens, Some(4096));
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked.len(), 2 + 1 + 3 + 2 + 4);
    let text = serde_json::to_string(&found).unwrap();
    assert!(!text.contains(CANARY));
    assert_eq!(serde_json::from_str::<Capabilities>(&text).unwrap(), found);
}

#[tokio::test]
async fn what_is_ignored_or_refused_is_no() {
    use Verdict::{No, Yes};
    let server = server(json!({ "data": [] }), |body| {
        let refused =
            |words: &str| ResponseTemplate::new(400).set_body_json(json!({ "error": { "message": words } }));
        let kind = body.pointer("/response_format/type").and_then(Value::as_str);
        match kind {
            _ if body.get("seed").is_some() => refused("unknown field seed"),
            // Taken, and not kept to.
            Some("json_schema") => ok(good(json!("It is five."))),
            Some(_) => ok(good(json!("{}"))),
            None if body.get("tools").is_some() => refused("tools are not supported"),
            None => ok(good(json!("Five."))),
        }
    })
    .await;
    let found = probe(&model_at(&server.uri())).await;
    assert_eq!(verdicts(&found), [No, Yes, No, No, No, Yes, Yes], "{found:?}");
    assert_eq!(found.mode(), ShapeMode::JsonObject);
    assert_eq!(found.tool_call.reason, "tools are not supported");
}

#[tokio::test]
async fn a_server_that_refuses_everything_leaves_the_rest_unknown_after_one_request() {
    use Verdict::{No, Unknown};
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let found = probe(&model_at(&server.uri())).await;
    let expected = [Unknown, No, Unknown, Unknown, Unknown, Unknown, Unknown];
    assert_eq!(verdicts(&found), expected, "{found:?}");
    assert_eq!((found.mode(), found.context_tokens), (ShapeMode::Prompt, None));
    let posts = server.received_requests().await.unwrap();
    assert_eq!(posts.iter().filter(|it| it.method.as_str() == "POST").count(), 1);
}
