//! The models that stages may ask, each call told to the journal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use crate::agents::adviser::Adviser;
use crate::agents::prompts::Prompts;
use crate::algorithms::Control;
use crate::flow::Attempt;
use crate::llm::{LlmError, Model, Modes, Reply, Request, Role};
use crate::model::event::{Event, TaskId};
use crate::trace::EventSink;

/// How often a call looks whether its run was halted.
const LOOK: Duration = Duration::from_millis(20);

/// The models of a run. The default has none: every stage then does what its rules give.
#[derive(Clone)]
pub struct Models {
    /// The model of each role that asks one, with its budget, recordings and fallbacks.
    pub by_role: BTreeMap<Role, Arc<dyn Model>>,
    /// What they are asked by.
    pub prompts: Arc<Prompts>,
    /// How strictly each of them keeps to forms.
    pub modes: Arc<Modes>,
    /// Seed of every request.
    pub seed: u64,
    /// Salt of the pseudonyms that stand for names and texts of the data; `None`: the data leaves as it is.
    pub redacting: Option<String>,
    /// Whether a budget has refused a request so far.
    pub is_refused: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            by_role: BTreeMap::new(),
            prompts: Arc::default(),
            modes: Arc::default(),
            seed: 1,
            redacting: None,
            is_refused: Arc::new(|| false),
        }
    }
}

impl Models {
    /// Role and name of each model.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let roles = self.by_role.iter();
        roles
            .map(|(role, model)| (role.as_str().to_owned(), model.name().to_owned()))
            .collect()
    }

    /// Who advises `role` in `attempt`; `None` without a model. Each call is told to `sink`, and none outlasts
    /// the attempt.
    pub(super) fn adviser(
        &self,
        role: Role,
        attempt: &Attempt,
        sink: &Arc<dyn EventSink>,
    ) -> Option<Adviser> {
        let model = Arc::clone(self.by_role.get(&role)?);
        Some(Adviser {
            model: Arc::new(Told {
                model,
                task: attempt.task().clone(),
                control: attempt.control().clone(),
                sink: Arc::clone(sink),
            }),
            prompts: Arc::clone(&self.prompts),
            modes: Arc::clone(&self.modes),
            seed: self.seed,
            redacting: self.redacting.clone(),
        })
    }
}

/// A model whose calls are told to the journal, with the task that asks.
struct Told {
    model: Arc<dyn Model>,
    task: TaskId,
    control: Control,
    sink: Arc<dyn EventSink>,
}

impl Told {
    fn tell(&self, request: &Request, reply: &Reply, began: Instant) -> Result<(), LlmError> {
        let called = Event::ModelCalled {
            task: self.task.clone(),
            prompt: request.prompt.clone(),
            model: self.model.name().to_owned(),
            tokens: reply.usage.tokens(),
            saved_tokens: reply.saved.tokens(),
            // A kept reply was paid for when it was made.
            cost_usd: match reply.usage.tokens() {
                0 => Some(0.0),
                _ => reply.cost_usd,
            },
            elapsed_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        self.sink.record(&called).map_err(|error| LlmError::Store {
            path: "the journal".to_owned(),
            reason: error.to_string(),
        })
    }
}

impl Model for Told {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        async move {
            let began = Instant::now();
            let halted = async {
                while !self.control.is_cancelled() {
                    sleep(LOOK).await;
                }
            };
            // What the stage's rules gave is finished without the reply, in the grace that a halt leaves.
            let reply = tokio::select! {
                biased;
                () = halted => return Err(LlmError::Stopped),
                reply = self.model.ask(request) => reply?,
            };
            self.tell(request, &reply, began)?;
            Ok(reply)
        }
        .boxed()
    }
}
