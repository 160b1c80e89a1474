//! Budgets of money, tokens and time: each request is reserved at its worst before it is sent.
//!
//! Law: what is spent and what is reserved for requests under way never exceed the budget together, however
//! many ask at once, as long as an endpoint keeps to `max_tokens` and prompts are no longer than estimated. A
//! request that fits only when others under way turn out smaller waits for them; one that fits in no case is
//! refused: however it is asked again, the answer is the same, since what is spent only grows. A budget of money
//! refuses a model whose price is not known.
//!
//! Stands directly around one model: what a cache answers costs nothing, and each model has its own price.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::{Allowance, Cost, Happening, LlmError, Model, Price, Reply, Request, Witness, prompt_tokens_of};
use crate::model::usage::Usage;

/// What a run may spend; `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// US dollars.
    pub usd: Option<f64>,
    /// Tokens, prompts and replies together.
    pub tokens: Option<u64>,
    /// Time since the process took the run up.
    pub time: Option<Duration>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Tokens. Of requests that broke off, what was reserved counts: the provider may have charged it.
    pub usage: Usage,
    /// US dollars; `None` when a request went to a model whose price is not known.
    pub usd: Option<f64>,
    /// Requests refused.
    pub refused: u64,
}

/// How long a run has lasted.
pub type Elapsed = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The budget of a run and what was spent of it; one for all its models.
pub struct Ledger {
    budget: Budget,
    elapsed: Elapsed,
    state: Mutex<State>,
    settled: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    usage: Usage,
    cost: Cost,
    reserved_tokens: u64,
    reserved_cost: Cost,
    refused: u64,
    is_cost_unknown: bool,
}

/// What a request takes at most.
#[derive(Clone, Copy, Debug)]
struct Worst {
    usage: Usage,
    cost: Option<Cost>,
}

enum Room {
    Reserved,
    Later,
    Never(String),
}

impl State {
    /// Whether a request fits beside what was spent and what is reserved.
    fn has_room(&self, budget: Budget, worst: Worst) -> bool {
        let tokens = self.usage.tokens().saturating_add(self.reserved_tokens);
        let tokens = tokens.saturating_add(worst.usage.tokens());
        let cost = self.cost.plus(self.reserved_cost);
        let cost = cost.plus(worst.cost.unwrap_or_default());
        budget.tokens.is_none_or(|most| tokens <= most)
            && budget.usd.is_none_or(|most| cost <= Cost::of_usd(most))
    }
}

impl Ledger {
    /// A ledger for a run that has lasted as long as `elapsed` says.
    pub fn new(budget: Budget, elapsed: Elapsed) -> Arc<Self> {
        Arc::new(Self {
            budget,
            elapsed,
            state: Mutex::default(),
            settled: Notify::new(),
        })
    }

    /// The budget.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// What was spent so far.
    pub fn spent(&self) -> Spent {
        let state = *self.state();
        Spent {
            usage: state.usage,
            usd: (!state.is_cost_unknown).then(|| state.cost.usd()),
            refused: state.refused,
        }
    }

    /// Counts what earlier processes of the run spent: tokens, and US dollars as far as prices were known.
    pub fn take_over(&self, tokens: u64, usd: f64, is_cost_unknown: bool) {
        let mut state = self.state();
        state.usage = state.usage.plus(Usage {
            prompt_tokens: tokens,
            reply_tokens: 0,
            is_estimated: true,
        });
        state.cost = state.cost.plus(Cost::of_usd(usd));
        state.is_cost_unknown |= is_cost_unknown;
    }

    /// Books an attempt that may have been charged, and goes on to hold what the next one takes at most; `false`
    /// where there is no room for another.
    fn may_try_again(&self, worst: Worst) -> bool {
        let mut state = self.state();
        let has_room = state.has_room(self.budget, worst);
        if has_room {
            state.usage = state.usage.plus(worst.usage);
            state.cost = state.cost.plus(worst.cost.unwrap_or_default());
            state.is_cost_unknown |= worst.cost.is_none();
        }
        has_room
    }

    /// What is reserved for requests under way: tokens and US dollars.
    #[cfg(test)]
    pub(super) fn reserved(&self) -> (u64, f64) {
        let state = *self.state();
        (state.reserved_tokens, state.reserved_cost.usd())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time that is left; `None` is without limit.
    fn time_left(&self) -> Option<Duration> {
        self.budget.time.map(|it| it.saturating_sub((self.elapsed)()))
    }

    fn refuse(&self, reason: String) -> LlmError {
        self.state().refused += 1;
        LlmError::Budget { reason }
    }

    /// Reserves a request, waiting for others under way where that may help.
    async fn reserve(&self, worst: Worst, model: &str) -> Result<(), LlmError> {
        loop {
            // Listens before it looks, so that nothing that is settled in between is missed.
            let settled = self.settled.notified();
            match self.try_reserve(worst, model) {
                Room::Reserved => return Ok(()),
                Room::Never(reason) => return Err(self.refuse(reason)),
                Room::Later => settled.await,
            }
        }
    }

    fn try_reserve(&self, worst: Worst, model: &str) -> Room {
        if self.time_left() == Some(Duration::ZERO) {
            let seconds = self.budget.time.unwrap_or_default().as_secs();
            return Room::Never(format!("its {seconds} s are over"));
        }
        let mut state = self.state();
        let tokens = worst.usage.tokens();
        if let Some(most) = self.budget.tokens {
            let used = state.usage.tokens();
            if used.saturating_add(tokens) > most {
                return Room::Never(format!(
                    "the request may take {tokens} tokens, more than is left of {most}"
                ));
            }
        }
        if let Some(usd) = self.budget.usd {
            let Some(cost) = worst.cost else {
                return Room::Never(format!(
                    "the price of {model} is not known; give it in a table of prices, or set a budget of tokens instead"
                ));
            };
            let most = Cost::of_usd(usd);
            if state.cost.plus(cost) > most {
                let may = cost.usd();
                return Room::Never(format!(
                    "the request may cost {may:.4} USD, more than is left of {usd:.4} USD"
                ));
            }
        }
        if !state.has_room(self.budget, worst) {
            return Room::Later;
        }
        state.reserved_tokens = state.reserved_tokens.saturating_add(tokens);
        state.reserved_cost = state.reserved_cost.plus(worst.cost.unwrap_or_default());
        Room::Reserved
    }
}

/// What is held for a request under way. Dropped unsettled, it counts as spent: nobody knows.
struct Reservation<'a> {
    ledger: &'a Ledger,
    worst: Worst,
    model: &'a str,
    witness: &'a Witness,
    is_settled: bool,
}

impl Reservation<'_> {
    /// The request was answered.
    fn settle(mut self, usage: Usage, cost: Option<Cost>) {
        self.is_settled = true;
        self.book(usage, cost);
    }

    /// The request was not answered.
    fn fail(mut self, error: &LlmError) {
        self.is_settled = true;
        self.lose(error);
    }

    /// Books what an error may have cost, and tells of it.
    fn lose(&self, error: &LlmError) {
        let (usage, cost) = match is_free(error) {
            true => (Usage::default(), Some(Cost::default())),
            // It may have been charged: what was reserved counts.
            false => (self.worst.usage, self.worst.cost),
        };
        self.book(usage, cost);
        self.witness.tell(Happening::Failed {
            model: self.model,
            error,
            tokens: usage.tokens(),
            cost_usd: cost.map(Cost::usd),
        });
    }

    fn book(&self, usage: Usage, cost: Option<Cost>) {
        let mut state = self.ledger.state();
        state.reserved_tokens = state.reserved_tokens.saturating_sub(self.worst.usage.tokens());
        state.reserved_cost = state.reserved_cost.minus(self.worst.cost.unwrap_or_default());
        state.usage = state.usage.plus(usage);
        state.cost = state.cost.plus(cost.unwrap_or_default());
        state.is_cost_unknown |= cost.is_none() && usage.tokens() > 0;
        drop(state);
        self.ledger.settled.notify_waiters();
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.lose(&LlmError::Stopped);
        }
    }
}

/// A model that asks within a budget.
pub struct Budgeted {
    inner: Arc<dyn Model>,
    price: Option<Price>,
    ledger: Arc<Ledger>,
}

impl Budgeted {
    /// Asks `inner`, whose tokens cost `price` (`None`: not known), within the ledger's budget.
    pub fn new(inner: Arc<dyn Model>, price: Option<Price>, ledger: Arc<Ledger>) -> Self {
        Self { inner, price, ledger }
    }

    fn worst(&self, request: &Request) -> Worst {
        let usage = Usage {
            prompt_tokens: prompt_tokens_of(request),
            reply_tokens: u64::from(request.max_tokens),
            is_estimated: true,
        };
        Worst {
            usage,
            cost: self.cost(usage),
        }
    }

    /// What tokens cost; none cost nothing, whatever the price.
    fn cost(&self, usage: Usage) -> Option<Cost> {
        match usage.tokens() {
            0 => Some(Cost::default()),
            _ => self.price.map(|it| it.of(usage)),
        }
    }

    /// What `request` takes at most is reserved; a refusal is told.
    async fn reserve<'a>(&'a self, request: &'a Request) -> Result<Reservation<'a>, LlmError> {
        let (worst, model, witness) = (self.worst(request), self.name(), &request.witness);
        let reserved = self.ledger.reserve(worst, model).await;
        reserved.inspect_err(|error| {
            witness.tell(Happening::Failed {
                model,
                error,
                tokens: 0,
                cost_usd: Some(0.0),
            });
        })?;
        Ok(Reservation {
            ledger: &self.ledger,
            worst,
            model,
            witness,
            is_settled: false,
        })
    }

    /// The request, whose further attempts are booked one by one.
    fn metered(&self, request: &Request, worst: Worst) -> Request {
        let (ledger, witness) = (Arc::clone(&self.ledger), request.witness.clone());
        let model = self.name().to_owned();
        let allowance = Allowance::new(move |error| {
            if is_free(error) {
                return true;
            }
            let may = ledger.may_try_again(worst);
            if may {
                witness.tell(Happening::Failed {
                    model: &model,
                    error,
                    tokens: worst.usage.tokens(),
                    cost_usd: worst.cost.map(Cost::usd),
                });
            }
            may
        });
        Request {
            allowance,
            ..request.clone()
        }
    }

    async fn within_time(&self, request: &Request) -> Result<Reply, LlmError> {
        let asking = self.inner.ask(request);
        let Some(left) = self.ledger.time_left() else {
            return asking.await;
        };
        match tokio::time::timeout(left, asking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self
                .ledger
                .refuse("its time ended while the model was asked".to_owned())),
        }
    }
}

impl Model for Budgeted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let reservation = self.reserve(request).await?;
            let metered = self.metered(request, reservation.worst);
            let mut reply = match self.within_time(&metered).await {
                Ok(reply) => reply,
                Err(error) => {
                    reservation.fail(&error);
                    return Err(error);
                }
            };
            if reply.usage.plus(reply.saved).tokens() == 0 {
                // Nobody said what it took: what was reserved counts.
                reply.usage = reservation.worst.usage;
            }
            let cost = self.cost(reply.usage);
            reservation.settle(reply.usage, cost);
            reply.cost_usd = cost.map(Cost::usd);
            Ok(reply)
        })
    }
}

/// Whether an error tells that the provider did not work on the request.
fn is_free(error: &LlmError) -> bool {
    match error {
        LlmError::Setting(_)
        | LlmError::Unauthorised { .. }
        | LlmError::RateLimited { .. }
        | LlmError::QuotaUsedUp { .. }
        | LlmError::TooLong { .. }
        | LlmError::Refused { .. }
        | LlmError::ShapeRefused { .. }
        | LlmError::LeftAlone { .. }
        | LlmError::Unreachable { .. }
        | LlmError::NoRecording { .. } => true,
        LlmError::Failed { .. }
        | LlmError::Transport { .. }
        | LlmError::Timeout { .. }
        | LlmError::Unusable { .. }
        | LlmError::Budget { .. }
        | LlmError::Stopped
        | LlmError::Store { .. } => false,
    }
}
