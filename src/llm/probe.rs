//! Finds out what an endpoint can do, with a handful of tiny requests.
//!
//! A probe never fails as a whole: every item is yes, no or unknown, with the reason in words. That a form was
//! *taken* is not enough for a yes: the reply has to have it although the question does not mention it.

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Model;
use super::error::LlmError;
use super::openai::OpenAi;
use super::request::{Finish, Message, Reply, Request, Role, Shape, ShapeMode, Speaker};
use super::witness::{Allowance, Witness};

/// Whether something is so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It could not be found out.
    #[default]
    Unknown,
}

/// A verdict and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Whether it is so.
    pub verdict: Verdict,
    /// How that was found out, or why not.
    pub reason: String,
}

impl Item {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
        }
    }
}

/// What a model at an endpoint can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The model: `PROVIDER/NAME`.
    pub model: String,
    /// Whether the endpoint lists it.
    pub listed: Item,
    /// Whether it answers at all.
    pub answers: Item,
    /// Whether it says how many tokens a request took.
    pub counts_tokens: Item,
    /// Whether it takes a seed. Whether it obeys it is not found out.
    pub seed: Item,
    /// Whether it keeps to a form given as JSON Schema.
    pub json_schema: Item,
    /// Whether it calls a tool with arguments of a form.
    pub tool_call: Item,
    /// Whether it replies with a JSON object when told to.
    pub json_object: Item,
    /// Whether it answers several requests at once.
    pub concurrency: Item,
    /// The most requests at once that were all answered.
    pub answered_at_once: usize,
    /// Whether it says how long a prompt may be.
    pub context: Item,
    /// Tokens of prompt and reply together, if it says so.
    pub context_tokens: Option<u64>,
}

impl Capabilities {
    /// The strictest mode that works; what is not known to work is not chosen.
    pub fn mode(&self) -> ShapeMode {
        let items = [
            (&self.json_schema, ShapeMode::JsonSchema),
            (&self.tool_call, ShapeMode::ToolCall),
            (&self.json_object, ShapeMode::JsonObject),
        ];
        let works = items.into_iter().find(|it| it.0.verdict == Verdict::Yes);
        works.map_or(ShapeMode::Prompt, |it| it.1)
    }
}

/// Tokens that a probe's reply may have; models that think first need some of them for that.
const MOST_TOKENS: u32 = 512;

/// Asks `model` about itself: up to two look-ups and ten tiny requests.
pub async fn probe(model: &OpenAi) -> Capabilities {
    let mut found = Capabilities {
        model: model.name().to_owned(),
        ..Capabilities::default()
    };
    let listing = model.get("/models").await;
    (found.listed, found.context_tokens) = listed(model, &listing);
    match model.ask(&question(None)).await {
        Ok(reply) => {
            found.answers = Item::new(Verdict::Yes, format!("as `{}`", short(&reply.model)));
            found.counts_tokens = match reply.usage.is_estimated {
                true => Item::new(Verdict::No, "the reply came without counts; they are estimated"),
                false => Item::new(Verdict::Yes, "the reply came with counts"),
            };
        }
        Err(error) => {
            // Every other request would end in the same way, after the same waits.
            let item = Item::new(Verdict::Unknown, format!("not asked: {error}"));
            found.answers = Item::new(Verdict::No, error.to_string());
            for place in [
                &mut found.counts_tokens,
                &mut found.seed,
                &mut found.json_schema,
                &mut found.tool_call,
                &mut found.json_object,
                &mut found.concurrency,
            ] {
                *place = item.clone();
            }
            context(model, &mut found).await;
            return found;
        }
    }
    found.seed = seed(model);
    found.json_schema = form(model, ShapeMode::JsonSchema).await;
    found.tool_call = form(model, ShapeMode::ToolCall).await;
    found.json_object = form(model, ShapeMode::JsonObject).await;
    at_once(model, &mut found).await;
    context(model, &mut found).await;
    found
}

/// Whether the model is in the list, and the length of its context if that is there.
fn listed(model: &OpenAi, listing: &Result<Value, LlmError>) -> (Item, Option<u64>) {
    let listing = match listing {
        Ok(listing) => listing,
        Err(error) => return (Item::new(Verdict::Unknown, error.to_string()), None),
    };
    let models = listing.get("data").unwrap_or(listing).as_array();
    let Some(models) = models else {
        return (
            Item::new(Verdict::Unknown, "the list of models cannot be read"),
            None,
        );
    };
    let name = model.endpoint().model.name();
    let id = |it: &Value| {
        it.get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    // Gemini lists `models/NAME`.
    let is_it = |it: &&Value| id(it) == name || id(it).ends_with(&format!("/{name}"));
    let tokens = |it: &Value| {
        let names = [
            "/context_length",
            "/context_window",
            "/max_model_len",
            "/max_context_length",
            "/meta/n_ctx",
        ];
        names.iter().find_map(|path| it.pointer(path)?.as_u64())
    };
    match models.iter().find(is_it) {
        Some(entry) => (
            Item::new(Verdict::Yes, "it is in the list of models"),
            tokens(entry),
        ),
        None => {
            let count = models.len();
            let reason = format!("it is not among the {count} models of the list");
            (Item::new(Verdict::No, reason), None)
        }
    }
}

fn seed(model: &OpenAi) -> Item {
    match (model.endpoint().preset.seed, model.sends_seed()) {
        (None, _) => Item::new(Verdict::No, "the provider is known to take none"),
        (Some(_), true) => Item::new(Verdict::Yes, "a request with a seed was answered"),
        (Some(_), false) => Item::new(Verdict::No, "the request was answered only without a seed"),
    }
}

async fn form(model: &OpenAi, mode: ShapeMode) -> Item {
    match model.ask(&question(Some(mode))).await {
        Ok(reply) => judged(&reply, mode),
        Err(LlmError::ShapeRefused { detail, .. }) => Item::new(Verdict::No, detail),
        Err(error @ LlmError::Refused { .. }) => Item::new(Verdict::No, error.to_string()),
        Err(error) => Item::new(Verdict::Unknown, error.to_string()),
    }
}

fn judged(reply: &Reply, mode: ShapeMode) -> Item {
    let value: Option<Value> = serde_json::from_str(&reply.text).ok();
    let has_form = match (mode, &value) {
        (ShapeMode::JsonObject, Some(value)) => value.is_object(),
        (_, Some(value)) => value.get("sum_of_both").is_some_and(Value::is_i64),
        (_, None) => false,
    };
    match (has_form, &reply.finish) {
        (true, _) => Item::new(Verdict::Yes, "the reply has the form"),
        (false, Finish::Length) => Item::new(Verdict::Unknown, "the reply was cut before it was whole"),
        (false, _) => Item::new(Verdict::No, "it is taken, but the reply has another form"),
    }
}

async fn at_once(model: &OpenAi, found: &mut Capabilities) {
    let request = question(None);
    let most = model.endpoint().concurrency;
    found.answered_at_once = 1;
    for count in [2, 4] {
        if count > most {
            break;
        }
        let replies = join_all((0..count).map(|_| model.ask(&request))).await;
        let failed = replies.iter().filter_map(|it| it.as_ref().err()).next();
        if let Some(error) = failed {
            let verdict = if count == 2 { Verdict::No } else { Verdict::Yes };
            found.concurrency = Item::new(
                verdict,
                format!("of {count} at once, not all were answered: {error}"),
            );
            return;
        }
        found.answered_at_once = count;
    }
    found.concurrency = match found.answered_at_once {
        1 => Item::new(Verdict::Unknown, "the settings allow one request at once"),
        count => Item::new(Verdict::Yes, format!("{count} at once were all answered")),
    };
}

/// The length of the context: llama.cpp tells what a request really has, which is less than what its list
/// of models says.
async fn context(model: &OpenAi, found: &mut Capabilities) {
    if matches!(model.endpoint().preset.name, "llamacpp" | "custom")
        && let Ok(props) = model.get_beside("/props").await
    {
        let tokens = props
            .pointer("/default_generation_settings/n_ctx")
            .and_then(Value::as_u64);
        found.context_tokens = tokens.or(found.context_tokens);
    }
    found.context = match found.context_tokens {
        Some(tokens) => Item::new(Verdict::Yes, format!("{tokens} tokens")),
        None => Item::new(Verdict::Unknown, "the endpoint does not say"),
    };
}

/// A sum, in the form that is asked for by `mode`. Only for a JSON object the question mentions it, because
/// some providers insist.
fn question(mode: Option<ShapeMode>) -> Request {
    let text = match mode {
        Some(ShapeMode::JsonObject) => "How much is two plus three? Reply in JSON.",
        _ => "How much is two plus three? Reply briefly.",
    };
    let schema = json!({
        "type": "object",
        "properties": { "sum_of_both": { "type": "integer", "minimum": 0, "maximum": 99 } },
        "required": ["sum_of_both"],
        "additionalProperties": false,
    });
    Request {
        role: Role::Probe,
        prompt: "probe 1".to_owned(),
        messages: vec![Message {
            speaker: Speaker::User,
            text: text.to_owned(),
        }],
        shape: mode.map(|mode| Shape {
            name: "sum".to_owned(),
            schema,
            mode,
        }),
        max_tokens: MOST_TOKENS,
        temperature: 0.0,
        seed: 1,
        witness: Witness::default(),
        allowance: Allowance::default(),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(80).collect()
}
