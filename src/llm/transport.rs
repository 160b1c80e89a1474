//! One attempt: the request as JSON out, the reply or a [`Failure`] back.
//!
//! async-openai builds the requests and reads the events; [`Capture`] stands between it and the network. Its
//! own configuration types read the environment and panic on keys with line breaks, hence [`Address`].

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::timeout;

use super::capture::{Capture, Caught};
use super::error::LlmError;
use super::mask::Mask;
use super::preset::KeyHeader;
use super::request::{Reply, Request};
use super::settings::Endpoint;
use super::status::{Asked, Failure, Party};
use super::stream::Assembly;
use super::wire;
use super::witness::Happening;

/// A request on its way through the stack. Clones are the same request.
#[derive(Clone)]
pub(super) struct Call {
    /// What was asked, for estimates; a witness that watches makes the reply a stream.
    pub(super) request: Arc<Request>,
    /// What is sent.
    pub(super) body: Arc<Value>,
    /// What a refusal may be about.
    pub(super) asked: Asked,
    /// The model's name at the provider.
    pub(super) model: Arc<str>,
    /// Tokens that it will take at most, as a rule.
    pub(super) estimate: u64,
    /// Attempts so far.
    pub(super) attempts: Arc<AtomicU32>,
}

/// Where requests go and what they carry, for async-openai.
#[derive(Clone)]
struct Address {
    base: String,
    headers: HeaderMap,
    /// Not used: the headers hold the key. The trait asks for one.
    key: SecretString,
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

/// Makes attempts at one endpoint.
pub(super) struct Transport {
    whole: Client<Address>,
    capture: Capture,
    address: Address,
    party: Party,
    timeout: Duration,
}

impl Transport {
    /// The transport to `endpoint` over `http`.
    pub(super) fn new(endpoint: &Endpoint, http: reqwest::Client) -> Result<Self, LlmError> {
        endpoint.check()?;
        let url = endpoint.url()?;
        let address = Address {
            base: url.as_str().trim_end_matches('/').to_owned(),
            headers: headers(endpoint)?,
            key: SecretString::from(String::new()),
        };
        let capture = Capture {
            http,
            max_bytes: endpoint.max_reply_bytes,
            is_stream: false,
            ended: Arc::default(),
        };
        Ok(Self {
            whole: client(&address, capture.clone()),
            capture,
            party: Party {
                host: host(&url),
                provider: endpoint.preset.name,
                variable: endpoint.preset.key_variables[0],
                mask: Mask(endpoint.key.clone()),
            },
            address,
            timeout: endpoint.timeout,
        })
    }

    /// Who answers.
    pub(super) fn party(&self) -> &Party {
        &self.party
    }

    /// One attempt at `call`.
    pub(super) async fn attempt(&self, call: &Call) -> Result<Reply, Failure> {
        call.attempts.fetch_add(1, Ordering::Relaxed);
        match call.request.witness.is_watching() {
            false => self.whole(call).await,
            true => self.streamed(call).await,
        }
    }

    /// What the endpoint has at `path` below its base URL.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.look_up(self.address.url(path)).await
    }

    /// What the endpoint has at `path` beside the `/v1` that its base URL ends in.
    pub(super) async fn get_beside(&self, path: &str) -> Result<Value, Failure> {
        let base = self.address.base.trim_end_matches("/v1");
        self.look_up(format!("{base}{path}")).await
    }

    async fn look_up(&self, url: String) -> Result<Value, Failure> {
        let request = self
            .capture
            .http
            .get(url)
            .headers(self.address.headers.clone())
            .build();
        let request = request.map_err(|it| self.broken(&it.without_url().to_string()))?;
        let exchange = async {
            let response = self.capture.exchange(request).await;
            let response = response.map_err(|it| self.caught(&it, Asked::default()))?;
            let value = response.json().await;
            value.map_err(|it| self.broken(&it.without_url().to_string()))
        };
        self.in_time(exchange).await?
    }

    async fn whole(&self, call: &Call) -> Result<Reply, Failure> {
        let chat = self.whole.chat();
        let sent = chat.create_byot::<&Value, Value>(&call.body);
        let value = self.in_time(sent).await?;
        let value = value.map_err(|it| self.failed(it, call.asked))?;
        if let Some(failure) = self.error_within(&value, call.asked) {
            return Err(failure);
        }
        let reply = wire::reply(&value, &call.request, &call.model);
        let reply = reply.map_err(|it| self.unreadable(it))?;
        Ok(self.party.mask.reply(reply))
    }

    async fn streamed(&self, call: &Call) -> Result<Reply, Failure> {
        let ended = Arc::new(OnceLock::new());
        let capture = Capture {
            is_stream: true,
            ended: Arc::clone(&ended),
            ..self.capture.clone()
        };
        let client = client(&self.address, capture);
        let chat = client.chat();
        let sent = chat.create_stream_byot::<&Value, Value>(&call.body);
        let events = self.in_time(sent).await?;
        let mut events = events.map_err(|it| self.failed(it, call.asked))?;
        let mut assembly = Assembly::default();
        while let Some(event) = self.in_time(events.next()).await? {
            let event = event.map_err(|it| match ended.get() {
                Some(caught) => self.caught(caught, call.asked),
                None => self.failed(it, call.asked),
            })?;
            if let Some(failure) = self.error_within(&event, call.asked) {
                return Err(failure);
            }
            assembly.add(&event);
            call.request.witness.tell(Happening::Came(assembly.tokens()));
        }
        let reply = assembly.reply(&call.request, &call.model);
        let reply = reply.map_err(|it| self.broken(it))?;
        Ok(self.party.mask.reply(reply))
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        timeout(self.timeout, future).await.map_err(|_| {
            Failure::from(LlmError::Timeout {
                host: self.party.host.clone(),
                limit: self.timeout,
            })
        })
    }

    /// The error object of a reply or an event, also where it is kept within the choice.
    fn error_within(&self, value: &Value, asked: Asked) -> Option<Failure> {
        let choice = value.pointer("/choices/0").unwrap_or(&Value::Null);
        let within = self.party.failure_within(value, asked);
        within.or_else(|| self.party.failure_within(choice, asked))
    }

    fn failed(&self, error: OpenAIError, asked: Asked) -> Failure {
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Caught>() {
                Ok(caught) => self.caught(&caught, asked),
                Err(_) => self.broken("the request could not be made"),
            },
            OpenAIError::StreamError(_) => self.broken("the events cannot be read"),
            // Their texts may hold the reply, which errors do not repeat.
            OpenAIError::JSONDeserialize(..) => self.unreadable("an event is not JSON"),
            OpenAIError::Reqwest(error) => self.broken(&error.without_url().to_string()),
            _ => self.broken("the request could not be made"),
        }
    }

    fn caught(&self, caught: &Caught, asked: Asked) -> Failure {
        match caught {
            Caught::Status {
                status,
                retry_after,
                body,
            } => self.party.failure(*status, body, *retry_after, asked),
            Caught::NotJson { status, content_type } => Failure::from(LlmError::Failed {
                host: self.party.host.clone(),
                status: *status,
                detail: match content_type.as_str() {
                    "" => "the reply is not JSON".to_owned(),
                    kind if kind.contains("json") => "the reply says it is JSON and is not".to_owned(),
                    kind => self.party.clean(&format!("the reply is not JSON but {kind}")),
                },
            }),
            Caught::TooLong(_) => Failure::from(LlmError::Unusable {
                reason: caught.to_string(),
            }),
            Caught::Unreachable(detail) => Failure::from(LlmError::Unreachable {
                host: self.party.host.clone(),
                detail: self.party.clean(detail),
            }),
            Caught::Broken(detail) => self.broken(detail),
        }
    }

    fn broken(&self, detail: &str) -> Failure {
        Failure::from(LlmError::Transport {
            host: self.party.host.clone(),
            detail: self.party.clean(detail),
        })
    }

    fn unreadable(&self, what: &str) -> Failure {
        Failure::from(LlmError::Failed {
            host: self.party.host.clone(),
            status: 200,
            detail: format!("the reply cannot be read: {what}"),
        })
    }
}

/// A client whose requests pass `capture`. Without a service of ours, the crate would retry on its own account.
fn client(address: &Address, capture: Capture) -> Client<Address> {
    Client::build(capture.http.clone(), address.clone()).with_http_service(capture)
}

/// The host and, unless it is the usual one, the port.
fn host(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn headers(endpoint: &Endpoint) -> Result<HeaderMap, LlmError> {
    let mut headers = HeaderMap::new();
    let value = |text: &str| {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| LlmError::Setting("a key or header holds control characters".to_owned()))?;
        // Debug output then shows `Sensitive`.
        value.set_sensitive(true);
        Ok::<_, LlmError>(value)
    };
    if let Some(key) = &endpoint.key {
        let key = key.expose_secret();
        match endpoint.preset.key_header {
            KeyHeader::Bearer => headers.insert(AUTHORIZATION, value(&format!("Bearer {key}"))?),
            KeyHeader::ApiKey => headers.insert(HeaderName::from_static("api-key"), value(key)?),
        };
    }
    for (name, text) in &endpoint.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| LlmError::Setting("the name of a header cannot be used".to_owned()))?;
        headers.insert(name, value(text.expose_secret())?);
    }
    Ok(headers)
}
