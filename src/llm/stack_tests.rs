//! The stack above a scripted attempt, on a paused clock: every wait is exact and none takes time.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tower::{ServiceExt, service_fn};

use super::openai_tests::request;
use super::request::{Finish, Reply};
use super::settings::Endpoint;
use super::stack::{Stack, stack};
use super::status::{Asked, Failure};
use super::transport::Call;
use super::*;
use crate::limits::Retry;
use crate::model::usage::Usage;

/// What an attempt does.
#[derive(Clone)]
enum Act {
    /// Answers after so long, having used so many tokens.
    Answers(Duration, u64),
    Fails(LlmError, Option<Duration>),
    Hangs,
}

/// What an endpoint saw: when each attempt began, and how many there were at once.
#[derive(Default)]
struct Seen {
    script: Mutex<VecDeque<Act>>,
    began: Mutex<Vec<Duration>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

struct Leaves(Arc<Seen>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A stack above `script`, the last act of which is repeated.
fn scripted(script: Vec<Act>, change: impl FnOnce(&mut Endpoint)) -> (Stack, Arc<Seen>) {
    let mut endpoint = Endpoint::new("custom/tiny".parse().unwrap()).unwrap();
    change(&mut endpoint);
    let seen = Arc::new(Seen {
        script: Mutex::new(script.into()),
        ..Seen::default()
    });
    let start = Instant::now();
    let kept = Arc::clone(&seen);
    let attempt = service_fn(move |call: Call| {
        call.attempts.fetch_add(1, Ordering::SeqCst);
        kept.began.lock().unwrap().push(start.elapsed());
        let now = kept.now.fetch_add(1, Ordering::SeqCst) + 1;
        kept.most.fetch_max(now, Ordering::SeqCst);
        let mut script = kept.script.lock().unwrap();
        let act = if script.len() > 1 {
            script.pop_front()
        } else {
            script.front().cloned()
        };
        let leaves = Leaves(Arc::clone(&kept));
        play(act.unwrap(), leaves).boxed()
    });
    (stack(&endpoint, "host", 7, attempt), seen)
}

async fn play(act: Act, _leaves: Leaves) -> Result<Reply, Failure> {
    match act {
        Act::Answers(after, tokens) => {
            sleep(after).await;
            Ok(Reply {
                cost_usd: None,
                stood_in: None,
                text: "yes".to_owned(),
                finish: Finish::Stop,
                usage: Usage {
                    prompt_tokens: tokens,
                    ..Usage::default()
                },
                saved: Usage::default(),
                model: "tiny".to_owned(),
            })
        }
        Act::Fails(error, retry_after) => Err(Failure {
            error,
            retry_after,
            field: None,
        }),
        Act::Hangs => std::future::pending().await,
    }
}

fn call(estimate: u64) -> Call {
    Call {
        request: Arc::new(request(None)),
        body: Arc::new(Value::Null),
        asked: Asked::default(),
        model: Arc::from("tiny"),
        estimate,
        attempts: Arc::new(AtomicU32::new(0)),
    }
}

fn failed() -> LlmError {
    LlmError::Failed {
        host: "host".to_owned(),
        status: 500,
        detail: "down".to_owned(),
    }
}

const SECOND: Duration = Duration::from_secs(1);
const AT_ONCE: Act = Act::Answers(Duration::ZERO, 0);

async fn ask(stack: &Stack, estimate: u64) -> Result<Reply, LlmError> {
    stack.clone().oneshot(call(estimate)).await.map_err(|it| it.error)
}

impl Seen {
    fn times(&self) -> Vec<Duration> {
        self.began.lock().unwrap().clone()
    }

    /// When attempts began, in whole seconds.
    fn seconds(&self) -> Vec<u64> {
        self.times().iter().map(Duration::as_secs).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_asked_for_is_kept_and_capped() {
    let asks = |seconds| Act::Fails(failed(), Some(Duration::from_secs(seconds)));
    let (stack, seen) = scripted(vec![asks(7), asks(4000), AT_ONCE], |it| {
        it.retry.base = Duration::ZERO;
        it.retry.asked_cap = Duration::from_secs(60);
    });
    assert!(ask(&stack, 1).await.is_ok());
    assert_eq!(seen.seconds(), [0, 7, 67]);
}

#[tokio::test(start_paused = true)]
async fn waits_are_drawn_anew_and_repeat_with_the_seed() {
    let times = || async {
        let (stack, seen) = scripted(vec![Act::Fails(failed(), None)], |_| {});
        assert_eq!(ask(&stack, 1).await, Err(failed()));
        seen.times()
    };
    let (one, two) = (times().await, times().await);
    assert_eq!(one, two);
    assert_eq!(one.len(), 4);
    let waits: Vec<_> = one.windows(2).map(|it| it[1] - it[0]).collect();
    for (wait, ceiling) in waits.iter().zip([500, 1000, 2000]) {
        // The clock of the runtime counts whole milliseconds, rounded up.
        assert!(*wait <= Duration::from_millis(ceiling + 1), "{waits:?}");
    }
    assert!(waits[0] != waits[1], "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn what_will_not_pass_is_not_tried_again() {
    let refused = LlmError::Refused {
        host: "host".to_owned(),
        status: 400,
        detail: "no".to_owned(),
    };
    let (stack, seen) = scripted(vec![Act::Fails(refused.clone(), Some(SECOND))], |_| {});
    assert_eq!(ask(&stack, 1).await, Err(refused));
    assert_eq!(seen.times().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_an_attempt_that_hangs() {
    let (stack, seen) = scripted(vec![Act::Fails(failed(), None), Act::Hangs], |it| {
        it.retry.deadline = Duration::from_secs(90);
    });
    let start = Instant::now();
    let timeout = LlmError::Timeout {
        host: "host".to_owned(),
        limit: Duration::from_secs(90),
    };
    assert_eq!(ask(&stack, 1).await, Err(timeout));
    assert_eq!(start.elapsed().as_secs(), 90);
    assert_eq!((seen.times().len(), seen.now.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_run_at_once_than_allowed() {
    let (stack, seen) = scripted(vec![Act::Answers(SECOND, 0)], |it| it.concurrency = 3);
    let replies = join_all((0..10).map(|_| ask(&stack, 1))).await;
    assert!(replies.iter().all(Result::is_ok));
    assert_eq!(seen.most.load(Ordering::SeqCst), 3);
    assert_eq!(seen.seconds(), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn requests_a_minute_are_kept_and_attempts_count() {
    let script = vec![Act::Fails(failed(), Some(Duration::ZERO)), AT_ONCE];
    let (stack, seen) = scripted(script, |it| {
        it.requests_per_minute = NonZeroU64::new(4);
        it.retry.base = Duration::ZERO;
    });
    for _ in 0..5 {
        assert!(ask(&stack, 1).await.is_ok());
    }
    // The first request took two of the four.
    assert_eq!(seen.seconds(), [0, 0, 0, 0, 15, 30]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_reserved_by_estimate_and_settled_by_count() {
    let script = vec![
        Act::Answers(Duration::ZERO, 100),
        Act::Answers(Duration::ZERO, 1500),
        AT_ONCE,
    ];
    let (stack, seen) = scripted(script, |it| it.tokens_per_minute = NonZeroU64::new(600));
    // Estimated dearly, used little: the rest goes back, so the second begins at once.
    for estimate in [600, 500, 0] {
        assert!(ask(&stack, estimate).await.is_ok());
    }
    // The second used 1500 of the 500 that were left: 1000 come back at ten a second.
    assert_eq!(seen.seconds(), [0, 0, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_dropped_while_it_waits_gives_its_tokens_back() {
    let (stack, seen) = scripted(vec![AT_ONCE], |it| it.tokens_per_minute = NonZeroU64::new(600));
    let dropped = tokio::time::timeout(SECOND, ask(&stack, 6000)).await;
    assert!(dropped.is_err());
    assert!(ask(&stack, 600).await.is_ok());
    assert_eq!(seen.seconds(), [1]);
}

#[tokio::test(start_paused = true)]
async fn the_breaker_rests_then_tries_one_request() {
    let mut script = vec![Act::Fails(failed(), None); 5];
    script.push(AT_ONCE);
    let (stack, seen) = scripted(script, |it| {
        it.retry = Retry {
            max_attempts: 1,
            ..Retry::default()
        };
    });
    for _ in 0..5 {
        assert_eq!(ask(&stack, 1).await, Err(failed()));
    }
    sleep(Duration::from_secs(10)).await;
    let Err(LlmError::LeftAlone { rest, .. }) = ask(&stack, 1).await else {
        panic!("it is not left alone")
    };
    assert_eq!(rest.as_secs(), 20);
    sleep(rest).await;
    assert!(ask(&stack, 1).await.is_ok());
    assert!(ask(&stack, 1).await.is_ok());
    assert_eq!(seen.seconds(), [0, 0, 0, 0, 0, 30, 30]);
}

#[tokio::test(start_paused = true)]
async fn rate_limits_and_refusals_do_not_open_the_breaker() {
    let limited = LlmError::RateLimited {
        host: "host".to_owned(),
        retry_after: None,
    };
    let unauthorised = LlmError::Unauthorised {
        provider: "custom".to_owned(),
        status: 401,
        variable: "CUSTOM_API_KEY".to_owned(),
    };
    for error in [limited, unauthorised] {
        let (stack, _) = scripted(vec![Act::Fails(error.clone(), None)], |_| {});
        for _ in 0..20 {
            assert_eq!(ask(&stack, 1).await, Err(error.clone()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_dropped_lets_the_next_one_try() {
    let mut script = vec![Act::Fails(failed(), None); 5];
    script.extend([Act::Hangs, AT_ONCE]);
    let (stack, _) = scripted(script, |it| it.retry.max_attempts = 1);
    for _ in 0..5 {
        assert!(ask(&stack, 1).await.is_err());
    }
    sleep(Duration::from_secs(30)).await;
    assert!(tokio::time::timeout(SECOND, ask(&stack, 1)).await.is_err());
    assert!(ask(&stack, 1).await.is_ok());
}
