//! What the client adds to a call: against a bare call of the same bytes by the same HTTP client, one by one in
//! turns; and the memory of a thousand calls at once.

use std::io;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::future::try_join_all;
use gaai::llm::{
    Allowance, Endpoint, LlmError, Message, Model, OpenAi, Request, Role, Shape, ShapeMode, Speaker, Witness,
    http_client,
};
use serde_json::{Value, json};

use super::measure::{forget_peak, median, peak};
use super::server::Server;

/// Calls of either kind in a round.
const CALLS: usize = 300;

/// Bytes of the prompt: those of a report with a dozen findings.
const PROMPT: usize = 12_000;

/// Calls at once.
pub(crate) const AT_ONCE: usize = 1000;

/// What a reply to one of them takes: longer than it takes to send them all.
pub(crate) const HELD: Duration = Duration::from_secs(3);

/// Microseconds of a call, medians of one round.
pub(crate) struct Round {
    /// By the model.
    pub(crate) ours: f64,
    /// By the HTTP client alone.
    pub(crate) bare: f64,
}

/// A model at `server` that takes `places` requests at once, and its HTTP client.
fn model(server: &Server, places: usize) -> Result<(OpenAi, reqwest::Client), LlmError> {
    let mut endpoint = Endpoint::new("custom/bench".parse()?)?;
    endpoint.base_url = Some(server.url());
    endpoint.concurrency = places;
    let http = http_client(&endpoint)?;
    Ok((OpenAi::new(endpoint, http.clone(), 1)?, http))
}

fn request() -> Request {
    let line = "{\"finding\":\"rank.1\",\"headline\":\"{F1} leads.\"}\n";
    let text = line.repeat(PROMPT / line.len());
    let turn = |speaker, text: &str| Message {
        speaker,
        text: text.to_owned(),
    };
    let list = json!({ "type": "array", "items": { "type": "string", "maxLength": 400 }, "maxItems": 12 });
    Request {
        role: Role::Findings,
        prompt: "findings/write 1".to_owned(),
        messages: vec![
            turn(Speaker::System, "Write the sentences."),
            turn(Speaker::User, &text),
        ],
        shape: Some(Shape {
            name: "prose".to_owned(),
            schema: json!({
                "type": "object", "properties": { "findings": list }, "required": ["findings"],
                "additionalProperties": false,
            }),
            mode: ShapeMode::JsonSchema,
        }),
        max_tokens: 2000,
        temperature: 0.0,
        seed: 1,
        witness: Witness::default(),
        allowance: Allowance::default(),
    }
}

/// The same as it stands on the wire.
fn body(request: &Request) -> String {
    let shape = request.shape.as_ref().map(|it| (&it.name, &it.schema));
    let messages = request.messages.iter().map(|it| {
        let role = match it.speaker {
            Speaker::System => "system",
            Speaker::User => "user",
            Speaker::Assistant => "assistant",
        };
        json!({ "role": role, "content": it.text })
    });
    let form = shape.map(|(name, schema)| json!({ "name": name, "schema": schema, "strict": true }));
    json!({
        "model": "bench", "messages": messages.collect::<Vec<Value>>(), "max_tokens": request.max_tokens,
        "temperature": request.temperature, "seed": request.seed,
        "response_format": { "type": "json_schema", "json_schema": form },
    })
    .to_string()
}

/// Calls of both kinds in turns.
pub(crate) async fn round(server: &Server) -> anyhow::Result<Round> {
    let (model, http) = model(server, 8)?;
    let request = request();
    let (url, body) = (format!("{}/chat/completions", server.url()), body(&request));
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let began = Instant::now();
        let reply = model.ask(&request).await?;
        ours.push(began.elapsed().as_secs_f64() * 1e6);
        ensure!(reply.text == r#"{"findings":[]}"#, "the reply is {}", reply.text);
        let began = Instant::now();
        let sent = http.post(&url).header("content-type", "application/json");
        let reply = sent.body(body.clone()).send().await?.bytes().await?;
        bare.push(began.elapsed().as_secs_f64() * 1e6);
        ensure!(!reply.is_empty(), "the reply is empty");
    }
    Ok(Round {
        ours: median(&ours),
        bare: median(&bare),
    })
}

/// Greatest resident bytes of this process, server included, while [`AT_ONCE`] calls wait for their reply. Each
/// takes two of the files that a process may have open.
pub(crate) async fn memory(server: &Server) -> anyhow::Result<u64> {
    let (model, _) = model(server, AT_ONCE)?;
    let request = request();
    let told = |error: io::Error| anyhow::anyhow!("the peak of memory cannot be set back: {error}");
    forget_peak().map_err(told)?;
    try_join_all((0..AT_ONCE).map(|_| model.ask(&request))).await?;
    let most = server.most_at_once();
    ensure!(most == AT_ONCE, "only {most} calls waited at once");
    Ok(peak())
}
