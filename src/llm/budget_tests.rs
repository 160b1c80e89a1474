//! The law of budgets, and what each end of a request does to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use proptest::prelude::*;

use super::scripted::tests::request;
use super::scripted::{Scripted, says};
use super::*;
use crate::model::usage::Usage;

const PRICE: Price = Price {
    prompt: 2.0,
    reply: 8.0,
};

fn still() -> Elapsed {
    Arc::new(|| Duration::ZERO)
}

fn tokens(most: u64) -> Budget {
    Budget {
        tokens: Some(most),
        ..Budget::default()
    }
}

fn asking(max_tokens: u32) -> Request {
    Request {
        max_tokens,
        ..request("How many?")
    }
}

/// Takes some time and some of its tokens, as the request's seed says, and looks at the ledger meanwhile.
struct Watching {
    ledger: Arc<Ledger>,
    peak: AtomicU64,
}

impl Model for Watching {
    fn name(&self) -> &str {
        "test/watching"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let held = self.ledger.spent().usage.tokens() + self.ledger.reserved().0;
            self.peak.fetch_max(held, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(request.seed % 50)).await;
            let reply_tokens = request.seed % (u64::from(request.max_tokens) + 1);
            match request.seed % 7 {
                0 => Err(LlmError::Unusable {
                    reason: "no text".to_owned(),
                }),
                1 => Err(LlmError::LeftAlone {
                    host: "x".to_owned(),
                    rest: Duration::ZERO,
                }),
                _ => says("y").map(|it| Reply {
                    usage: Usage {
                        prompt_tokens: 5,
                        reply_tokens,
                        is_estimated: false,
                    },
                    ..it
                }),
            }
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_spent_and_reserved_never_exceeds_the_budget(
        most in 0_u64..5_000,
        usd in prop::option::of(0.0_f64..0.02),
        asked in prop::collection::vec((1_u32..600, any::<u64>(), any::<bool>()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let budget = Budget { usd, ..tokens(most) };
        let ledger = Ledger::new(budget, still());
        let watching = Arc::new(Watching { ledger: ledger.clone(), peak: AtomicU64::new(0) });
        let model = Budgeted::new(watching.clone(), Some(PRICE), ledger.clone());
        let outcomes = runtime.block_on(async {
            join_all(asked.iter().map(|(max_tokens, seed, is_given_up)| {
                let request = Request { seed: *seed, ..asking(*max_tokens) };
                let model = &model;
                async move {
                    let patience = if *is_given_up { Duration::from_millis(10) } else { Duration::from_secs(3600) };
                    tokio::time::timeout(patience, model.ask(&request)).await
                }
            }))
            .await
        });
        let spent = ledger.spent();
        prop_assert!(watching.peak.load(Ordering::Relaxed) <= most);
        prop_assert!(spent.usage.tokens() <= most);
        prop_assert!(spent.usd.unwrap() <= usd.unwrap_or(1.0));
        prop_assert_eq!(ledger.reserved(), (0, 0.0));
        let refused = outcomes.iter().filter(|it| matches!(it, Ok(Err(LlmError::Budget { .. })))).count();
        prop_assert_eq!(refused as u64, spent.refused);
    }
}

fn budgeted(budget: Budget, price: Option<Price>) -> (Arc<Ledger>, Arc<Scripted>, Budgeted) {
    let ledger = Ledger::new(budget, still());
    let model = Arc::new(Scripted::by("test/x", |_| says("yes")).taking(Duration::from_secs(1)));
    let asking = Budgeted::new(model.clone(), price, ledger.clone());
    (ledger, model, asking)
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_fit_is_not_sent() {
    let (ledger, model, asking_it) = budgeted(tokens(100), Some(PRICE));
    let refused = asking_it.ask(&asking(100)).await.unwrap_err();
    assert!(
        matches!(&refused, LlmError::Budget { reason } if reason.contains("more than is left of 100")),
        "{refused}"
    );
    assert!(model.asked().is_empty());
    assert_eq!(ledger.spent().refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_room_that_others_leave() {
    let (ledger, model, asking_it) = budgeted(tokens(200), Some(PRICE));
    let request = asking(120);
    let outcomes = join_all([asking_it.ask(&request), asking_it.ask(&request)]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!((model.asked().len(), ledger.spent().refused), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_price_is_refused_by_a_budget_of_money_and_told_of_without() {
    let (_, model, asking_it) = budgeted(
        Budget {
            usd: Some(100.0),
            ..Budget::default()
        },
        None,
    );
    let refused = asking_it.ask(&asking(10)).await.unwrap_err().to_string();
    assert!(refused.contains("price of test/x is not known"), "{refused}");
    assert!(model.asked().is_empty());
    let (ledger, _, asking_it) = budgeted(Budget::default(), None);
    asking_it.ask(&asking(10)).await.unwrap();
    assert_eq!(ledger.spent().usd, None);
    let (ledger, _, asking_it) = budgeted(
        Budget {
            usd: Some(0.0),
            ..Budget::default()
        },
        Some(Price::FREE),
    );
    asking_it.ask(&asking(10)).await.unwrap();
    assert_eq!(ledger.spent().usd, Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_counts_as_it_was_reserved() {
    let (ledger, _, asking_it) = budgeted(tokens(1_000), Some(PRICE));
    let request = asking(100);
    let gone = tokio::time::timeout(Duration::from_millis(1), asking_it.ask(&request)).await;
    assert!(gone.is_err());
    assert_eq!(ledger.spent().usage.tokens(), 100 + prompt_tokens_of(&request));
    assert!(ledger.spent().usage.is_estimated);
    assert_eq!(ledger.reserved().0, 0);
}

/// A model that does not say what a reply took.
struct Silent;

impl Model for Silent {
    fn name(&self) -> &str {
        "test/silent"
    }

    fn ask<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async { says("yes") })
    }
}

#[tokio::test]
async fn a_reply_that_does_not_say_what_it_took_counts_as_it_was_reserved() {
    let ledger = Ledger::new(tokens(1_000), still());
    let model = Budgeted::new(Arc::new(Silent), Some(PRICE), ledger.clone());
    let request = asking(100);
    model.ask(&request).await.unwrap();
    assert_eq!(ledger.spent().usage.tokens(), 100 + prompt_tokens_of(&request));
}

#[tokio::test(start_paused = true)]
async fn time_ends_requests_under_way_and_refuses_new_ones() {
    let start = tokio::time::Instant::now();
    let elapsed: Elapsed = Arc::new(move || start.elapsed());
    let ledger = Ledger::new(
        Budget {
            time: Some(Duration::from_secs(5)),
            ..Budget::default()
        },
        elapsed,
    );
    let model = Arc::new(Scripted::by("test/x", |_| says("yes")).taking(Duration::from_secs(3)));
    let asking_it = Budgeted::new(model.clone(), None, ledger);
    asking_it.ask(&asking(10)).await.unwrap();
    for _ in 0..2 {
        let refused = asking_it.ask(&asking(10)).await.unwrap_err();
        assert!(matches!(refused, LlmError::Budget { .. }), "{refused}");
    }
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(model.asked().len(), 2);
}

/// A server that fails once and then answers, a request, and what that takes at most.
async fn server_that_fails_once() -> (wiremock::MockServer, Request, u64) {
    use super::openai_tests::{good, request};
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};
    let server = MockServer::start().await;
    let bad = ResponseTemplate::new(500);
    Mock::given(method("POST"))
        .respond_with(bad)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let reply = ResponseTemplate::new(200).set_body_json(good(serde_json::json!("It stands out.")));
    Mock::given(method("POST"))
        .respond_with(reply)
        .mount(&server)
        .await;
    let request = request(None);
    let worst = u64::from(request.max_tokens) + prompt_tokens_of(&request);
    (server, request, worst)
}

#[tokio::test]
async fn each_attempt_counts_and_none_is_made_without_room_for_it() {
    let (server, request, worst) = server_that_fails_once().await;
    let at = |tokens| {
        let budget = Budget {
            tokens: Some(tokens),
            ..Budget::default()
        };
        let ledger = Ledger::new(budget, Arc::new(|| Duration::ZERO));
        let model = super::openai_tests::model_at(&server.uri());
        (Budgeted::new(Arc::new(model), None, ledger.clone()), ledger)
    };
    let (tight, ledger) = at(2 * worst - 1);
    assert!(matches!(tight.ask(&request).await, Err(LlmError::Failed { .. })));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert_eq!(ledger.spent().usage.tokens(), worst);
    drop((tight, ledger, server));

    let (server, request, worst) = server_that_fails_once().await;
    let budget = Budget {
        tokens: Some(2 * worst),
        ..Budget::default()
    };
    let ledger = Ledger::new(budget, Arc::new(|| Duration::ZERO));
    let model = super::openai_tests::model_at(&server.uri());
    let roomy = Budgeted::new(Arc::new(model), None, ledger.clone());
    let reply = roomy.ask(&request).await.unwrap();
    assert_eq!(ledger.spent().usage.tokens(), worst + reply.usage.tokens());
}
