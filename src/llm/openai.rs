//! An endpoint that speaks OpenAI's chat completion protocol, as a [`Model`].

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tower::{Service, ServiceExt};

use super::Model;
use super::error::LlmError;
use super::estimate::prompt_tokens_of;
use super::preset::{LimitField, ModelName};
use super::request::{Reply, Request};
use super::settings::Endpoint;
use super::stack::{Stack, stack};
use super::status::{Asked, Failure, Optional};
use super::transport::{Call, Transport};
use super::wire::{self, Dialect};

/// What a filter of log lines needs beside its own directives. async-openai logs whole replies at error level
/// when it cannot read them; what went wrong is told by [`LlmError`] without them.
pub const LOG_FILTER: &str = "async_openai=off";

/// The one HTTP client that the endpoints of a process can share.
///
/// It follows no redirect (a key would go along), takes no proxy from the environment and never sends a
/// request twice on its own account.
///
/// # Errors
/// [`LlmError::Setting`] when TLS cannot be set up.
pub fn http_client(endpoint: &Endpoint) -> Result<reqwest::Client, LlmError> {
    reqwest::Client::builder()
        .connect_timeout(endpoint.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .user_agent(concat!("gaai/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|it| LlmError::Setting(format!("the HTTP client cannot be set up: {it}")))
}

/// A model at an endpoint. Clones share its limits.
#[derive(Clone)]
pub struct OpenAi {
    name: String,
    /// The model's name at the provider.
    model: Arc<str>,
    endpoint: Arc<Endpoint>,
    transport: Arc<Transport>,
    stack: Stack,
    /// Which optional fields this model takes, as far as it is known.
    dialect: Arc<Mutex<Dialect>>,
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAi")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The innermost service of the stack.
#[derive(Clone)]
struct Attempt(Arc<Transport>);

impl Service<Call> for Attempt {
    type Response = Reply;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Reply, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let transport = Arc::clone(&self.0);
        async move { transport.attempt(&call).await }.boxed()
    }
}

impl OpenAi {
    /// The model of `endpoint`, asked over `http` ([`http_client`]). `seed` is for the waits between attempts.
    ///
    /// # Errors
    /// [`LlmError::Setting`] when the endpoint cannot be used as it is set.
    pub fn new(endpoint: Endpoint, http: reqwest::Client, seed: u64) -> Result<Self, LlmError> {
        let transport = Arc::new(Transport::new(&endpoint, http)?);
        let host = &transport.party().host;
        Ok(Self {
            name: endpoint.model.to_string(),
            model: Arc::from(endpoint.model.name()),
            stack: stack(&endpoint, host, seed, Attempt(Arc::clone(&transport))),
            dialect: first_dialect(&endpoint),
            endpoint: Arc::new(endpoint),
            transport,
        })
    }

    /// Another model of the same endpoint; it shares the limits.
    ///
    /// # Errors
    /// [`LlmError::Setting`] when `model` is of another provider.
    pub fn for_model(&self, model: &ModelName) -> Result<Self, LlmError> {
        let endpoint = Endpoint {
            model: model.clone(),
            ..Endpoint::clone(&self.endpoint)
        };
        endpoint.check()?;
        Ok(Self {
            name: model.to_string(),
            model: Arc::from(model.name()),
            dialect: first_dialect(&endpoint),
            endpoint: Arc::new(endpoint),
            ..self.clone()
        })
    }

    /// How the endpoint is set.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What the endpoint has at `path` below its base URL; one attempt, outside of the limits.
    pub(super) async fn get(&self, path: &str) -> Result<Value, LlmError> {
        self.transport.get(path).await.map_err(|it| it.error)
    }

    /// What the endpoint has at `path` beside its `/v1`; one attempt, outside of the limits.
    pub(super) async fn get_beside(&self, path: &str) -> Result<Value, LlmError> {
        self.transport.get_beside(path).await.map_err(|it| it.error)
    }

    /// Whether the seed is sent: it was not refused so far.
    pub(super) fn sends_seed(&self) -> bool {
        self.dialect().seed.is_some()
    }

    async fn answer(&self, request: &Request) -> Result<Reply, LlmError> {
        let (endpoint, asked) = (&self.endpoint, request);
        let request = Arc::new(Request {
            max_tokens: endpoint.max_tokens.unwrap_or(u32::MAX).min(asked.max_tokens),
            temperature: endpoint.temperature.unwrap_or(asked.temperature),
            ..asked.clone()
        });
        // Each optional field can be refused once.
        for _ in 0..3 {
            let dialect = self.dialect();
            match self.send(&request, dialect).await {
                Ok(reply) => return Ok(reply),
                Err(Failure { error, field, .. }) => match field {
                    Some(field) => self.learn(dialect, field),
                    None => return Err(error),
                },
            }
        }
        let outcome = self.send(&request, self.dialect()).await;
        outcome.map_err(|it| it.error)
    }

    async fn send(&self, request: &Arc<Request>, dialect: Dialect) -> Result<Reply, Failure> {
        let is_stream = request.witness.is_watching();
        let call = Call {
            body: Arc::new(wire::body(request, &self.model, dialect, is_stream)),
            asked: Asked {
                mode: request.shape.as_ref().map(|it| it.mode),
                limit: dialect.limit.map_or("", LimitField::as_str),
                seed: dialect.seed,
                has_temperature: dialect.has_temperature,
            },
            model: Arc::clone(&self.model),
            estimate: prompt_tokens_of(request) + u64::from(request.max_tokens),
            request: Arc::clone(request),
            attempts: Arc::new(AtomicU32::new(0)),
        };
        self.stack.clone().oneshot(call).await
    }

    fn dialect(&self) -> Dialect {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that `field` was refused when it was sent in `dialect`.
    fn learn(&self, mut dialect: Dialect, field: Optional) {
        match field {
            // Under its other name first, then not at all.
            Optional::Limit if dialect.limit == Some(self.endpoint.preset.limit) => {
                dialect.limit = Some(match self.endpoint.preset.limit {
                    LimitField::MaxTokens => LimitField::MaxCompletionTokens,
                    LimitField::MaxCompletionTokens => LimitField::MaxTokens,
                });
            }
            Optional::Limit => dialect.limit = None,
            Optional::Temperature => dialect.has_temperature = false,
            Optional::Seed => dialect.seed = None,
        }
        tracing::info!(model = %self.name, ?field, "a field that the model refused is left out from now on");
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
    }
}

fn first_dialect(endpoint: &Endpoint) -> Arc<Mutex<Dialect>> {
    Arc::new(Mutex::new(Dialect {
        limit: Some(endpoint.preset.limit),
        seed: endpoint.preset.seed,
        has_temperature: true,
    }))
}

impl Model for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        self.answer(request).boxed()
    }
}
