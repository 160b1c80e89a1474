//! The services that a request passes on its way to an endpoint, the outermost first.
//!
//! 1. at most so many requests at once;
//! 2. [`Metered`]: requests and tokens a minute, reserved before and settled after;
//! 3. [`Guarded`]: an endpoint that failed too often is left alone;
//! 4. [`Retrying`]: attempts, waits and the time for all of them;
//! 5. an attempt ([`Transport`](super::transport::Transport)).
//!
//! The wait for a place or for tokens has no limit of its own: it ends when the caller drops the request.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};
use tokio::time::{Instant, sleep, timeout};
use tower::limit::ConcurrencyLimitLayer;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, layer};

use super::error::LlmError;
use super::request::Reply;
use super::settings::Endpoint;
use super::status::Failure;
use super::transport::Call;
use crate::limits::{Breaker, Bucket, Permit, Retry};

/// The whole stack.
pub(super) type Stack = BoxCloneSyncService<Call, Reply, Failure>;

/// What a service of the stack gives.
type Answering = BoxFuture<'static, Result<Reply, Failure>>;

/// The stack of `endpoint` above `attempt`. Its clones share all limits.
pub(super) fn stack<S>(endpoint: &Endpoint, host: &str, seed: u64, attempt: S) -> Stack
where
    S: Service<Call, Response = Reply, Error = Failure, Future = Answering> + Clone + Send + Sync + 'static,
{
    let start = Instant::now();
    let bucket = |it| Mutex::new(Bucket::new(it));
    let meter = Arc::new(Meter {
        start,
        requests: endpoint.requests_per_minute.map(bucket),
        tokens: endpoint.tokens_per_minute.map(bucket),
    });
    let guard = Arc::new(Guard {
        start,
        host: host.to_owned(),
        breaker: Mutex::new(Breaker::new(endpoint.breaker)),
    });
    let patience = Arc::new(Patience {
        retry: endpoint.retry,
        host: host.to_owned(),
        chance: Mutex::new(Pcg64Mcg::seed_from_u64(seed)),
    });
    let service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(endpoint.concurrency))
        .layer(layer::layer_fn(move |inner| Metered {
            meter: Arc::clone(&meter),
            inner,
        }))
        .layer(layer::layer_fn(move |inner| Guarded {
            guard: Arc::clone(&guard),
            inner,
        }))
        .layer(layer::layer_fn(move |inner| Retrying {
            patience: Arc::clone(&patience),
            inner,
        }))
        .service(attempt);
    // The limit of requests at once has a future of its own kind.
    BoxCloneSyncService::new(service)
}

/// A lock that a panic elsewhere left is taken all the same: the values under it are whole at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Always ready: these services wait when they are called, and so does the innermost.
macro_rules! always_ready {
    () => {
        type Response = Reply;
        type Error = Failure;
        type Future = Answering;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
            Poll::Ready(Ok(()))
        }
    };
}

/// The buckets of an endpoint.
struct Meter {
    start: Instant,
    requests: Option<Mutex<Bucket>>,
    tokens: Option<Mutex<Bucket>>,
}

impl Meter {
    fn reserve(&self, tokens: u64) -> Duration {
        let now = self.start.elapsed();
        let reserve = |bucket: &Option<Mutex<Bucket>>, amount| {
            let wait = bucket.as_ref().map(|it| locked(it).reserve(amount, now));
            wait.unwrap_or_default()
        };
        reserve(&self.requests, 1).max(reserve(&self.tokens, tokens))
    }

    fn settle(&self, reserved: u64, requests: u64, tokens: u64) {
        let now = self.start.elapsed();
        if let Some(bucket) = &self.requests {
            locked(bucket).settle(1, requests, now);
        }
        if let Some(bucket) = &self.tokens {
            locked(bucket).settle(reserved, tokens, now);
        }
    }
}

/// A reservation that goes back when it is dropped before the request was sent.
struct Reservation {
    meter: Arc<Meter>,
    tokens: u64,
    is_used: bool,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_used {
            self.meter.settle(self.tokens, 0, 0);
        }
    }
}

/// Keeps to requests and tokens a minute.
#[derive(Clone)]
struct Metered<S> {
    meter: Arc<Meter>,
    inner: S,
}

impl<S> Service<Call> for Metered<S>
where
    S: Service<Call, Response = Reply, Error = Failure, Future = Answering> + Clone + Send + 'static,
{
    always_ready!();

    fn call(&mut self, call: Call) -> Answering {
        let (meter, mut inner) = (Arc::clone(&self.meter), self.inner.clone());
        async move {
            let wait = meter.reserve(call.estimate);
            let mut reservation = Reservation {
                meter: Arc::clone(&meter),
                tokens: call.estimate,
                is_used: false,
            };
            if !wait.is_zero() {
                sleep(wait).await;
            }
            // From here on it may have been used although the caller no longer waits; then it stays taken.
            reservation.is_used = true;
            let attempts = Arc::clone(&call.attempts);
            let outcome = inner.call(call).await;
            let used = outcome.as_ref().map_or(0, |it| it.usage.tokens());
            let requests = u64::from(attempts.load(Ordering::Relaxed));
            meter.settle(reservation.tokens, requests, used);
            outcome
        }
        .boxed()
    }
}

/// The breaker of an endpoint.
struct Guard {
    start: Instant,
    host: String,
    breaker: Mutex<Breaker>,
}

/// A permit that is given back when the call is given up.
struct Pass {
    guard: Arc<Guard>,
    permit: Option<Permit>,
}

impl Pass {
    fn record(mut self, has_failed: bool) {
        if let Some(permit) = self.permit.take() {
            let now = self.guard.start.elapsed();
            locked(&self.guard.breaker).record(permit, now, has_failed);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            locked(&self.guard.breaker).release(permit);
        }
    }
}

/// Leaves an endpoint alone that failed too often.
#[derive(Clone)]
struct Guarded<S> {
    guard: Arc<Guard>,
    inner: S,
}

impl<S> Service<Call> for Guarded<S>
where
    S: Service<Call, Response = Reply, Error = Failure, Future = Answering> + Clone + Send + 'static,
{
    always_ready!();

    fn call(&mut self, call: Call) -> Answering {
        let (guard, mut inner) = (Arc::clone(&self.guard), self.inner.clone());
        async move {
            let admitted = locked(&guard.breaker).admit(guard.start.elapsed());
            let permit = admitted.map_err(|rest| {
                Failure::from(LlmError::LeftAlone {
                    host: guard.host.clone(),
                    rest: rest.max(Duration::from_secs(1)),
                })
            })?;
            let pass = Pass {
                guard,
                permit: Some(permit),
            };
            let outcome = inner.call(call).await;
            match &outcome {
                Ok(_) => pass.record(false),
                // It is there and has its reasons; that says nothing about whether it works.
                Err(failure) if matches!(failure.error, LlmError::RateLimited { .. }) => drop(pass),
                Err(failure) => pass.record(failure.error.may_pass()),
            }
            outcome
        }
        .boxed()
    }
}

/// How long and how often an endpoint is tried.
struct Patience {
    retry: Retry,
    host: String,
    chance: Mutex<Pcg64Mcg>,
}

/// Tries again what may pass.
#[derive(Clone)]
struct Retrying<S> {
    patience: Arc<Patience>,
    inner: S,
}

impl<S> Service<Call> for Retrying<S>
where
    S: Service<Call, Response = Reply, Error = Failure, Future = Answering> + Clone + Send + 'static,
{
    always_ready!();

    fn call(&mut self, call: Call) -> Answering {
        let (patience, mut inner) = (Arc::clone(&self.patience), self.inner.clone());
        async move {
            let (start, retry) = (Instant::now(), patience.retry);
            let mut failures = 0;
            loop {
                let left = retry.deadline.saturating_sub(start.elapsed());
                let Ok(outcome) = timeout(left, inner.call(call.clone())).await else {
                    return Err(Failure::from(LlmError::Timeout {
                        host: patience.host.clone(),
                        limit: retry.deadline,
                    }));
                };
                let failure = match outcome {
                    Err(failure) if failure.error.may_pass() => failure,
                    other => return other,
                };
                failures += 1;
                let draw = locked(&patience.chance).next_u64();
                let Some(wait) = retry.wait(failures, failure.retry_after, start.elapsed(), draw) else {
                    return Err(failure);
                };
                if !call.request.allowance.allows(&failure.error) {
                    return Err(failure);
                }
                let (host, wait_ms) = (patience.host.as_str(), wait.as_millis());
                tracing::debug!(host, failures, wait_ms, error = %failure.error, "a model is asked again");
                sleep(wait).await;
            }
        }
        .boxed()
    }
}
