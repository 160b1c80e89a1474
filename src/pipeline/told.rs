//! A model whose calls are told to the journal, with the task that asks: what was answered, by whom and for how
//! much, what failed, and who was asked instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use crate::algorithms::Control;
use crate::llm::{Happening, LlmError, Model, Reply, Request, Step, Witness};
use crate::model::event::{AskingStep, Event, TaskId};
use crate::trace::EventSink;

/// How often a call looks whether its run was halted.
const LOOK: Duration = Duration::from_millis(20);

/// Told how many tokens of a reply came so far, and which task waits for it.
pub type Watch = Arc<dyn Fn(&TaskId, u64) + Send + Sync>;

/// A model whose calls are told.
pub(super) struct Told {
    pub(super) model: Arc<dyn Model>,
    pub(super) task: TaskId,
    pub(super) control: Control,
    pub(super) sink: Arc<dyn EventSink>,
    pub(super) watch: Option<Watch>,
}

/// One call on its way.
struct Call {
    task: TaskId,
    prompt: String,
    sink: Arc<dyn EventSink>,
    watch: Option<Watch>,
    began: Instant,
    /// Whether the run stood in the way.
    is_withheld: AtomicBool,
}

impl Call {
    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn heard(&self, happening: Happening<'_>) {
        match happening {
            Happening::Failed {
                model,
                error,
                tokens,
                cost_usd,
            } => self.failed(model, error, tokens, cost_usd),
            Happening::Switched(switch) => self.record(&Event::ModelSwitched {
                task: self.task.clone(),
                from: switch.from.clone(),
                to: switch.to.clone(),
                reason: switch.because.as_ref().map(ToString::to_string),
            }),
            Happening::Came(tokens) => {
                if let Some(watch) = &self.watch {
                    watch(&self.task, tokens);
                }
            }
        }
    }

    fn failed(&self, model: &str, error: &LlmError, tokens: u64, cost_usd: Option<f64>) {
        self.is_withheld.fetch_or(error.is_withheld(), Ordering::Relaxed);
        self.record(&Event::ModelFailed {
            task: self.task.clone(),
            prompt: self.prompt.clone(),
            model: model.to_owned(),
            reason: error.to_string(),
            withheld: error.is_withheld(),
            tokens,
            cost_usd,
            elapsed_us: self.elapsed_us(),
        });
    }

    /// A journal that cannot be written ends the run at the next event of its tasks.
    fn record(&self, event: &Event) {
        let _ = self.sink.record(event);
    }

    fn answered(&self, model: &str, reply: &Reply) -> Result<(), LlmError> {
        let called = Event::ModelCalled {
            task: self.task.clone(),
            prompt: self.prompt.clone(),
            model: reply.stood_in.as_deref().unwrap_or(model).to_owned(),
            tokens: reply.usage.tokens(),
            saved_tokens: reply.saved.tokens(),
            // A kept reply was paid for when it was made.
            cost_usd: match reply.usage.tokens() {
                0 => Some(0.0),
                _ => reply.cost_usd,
            },
            elapsed_us: self.elapsed_us(),
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
            let call = Arc::new(Call {
                task: self.task.clone(),
                prompt: request.prompt.clone(),
                sink: Arc::clone(&self.sink),
                watch: self.watch.clone(),
                began: Instant::now(),
                is_withheld: AtomicBool::new(false),
            });
            let listening = Arc::clone(&call);
            let witness = Witness::new(move |it| listening.heard(it));
            let request = Request {
                witness: match self.watch {
                    Some(_) => witness.watching(),
                    None => witness,
                },
                ..request.clone()
            };
            let halted = async {
                while !self.control.is_cancelled() {
                    sleep(LOOK).await;
                }
            };
            // What the stage's rules gave is finished without the reply, in the grace that a halt leaves.
            let outcome = tokio::select! {
                biased;
                () = halted => None,
                outcome = self.model.ask(&request) => Some(outcome),
            };
            let Some(outcome) = outcome else {
                // A request that waited its turn had nobody yet to tell of its end.
                if !call.is_withheld.load(Ordering::Relaxed) {
                    call.failed(self.name(), &LlmError::Stopped, 0, Some(0.0));
                }
                return Err(LlmError::Stopped);
            };
            let reply = outcome?;
            call.answered(self.name(), &reply)?;
            Ok(reply)
        }
        .boxed()
    }
}

/// The event of a task that `model` is not asked for, because the run was halted.
pub(super) fn withheld(task: &TaskId, model: &str) -> Event {
    Event::ModelFailed {
        task: task.clone(),
        prompt: String::new(),
        model: model.to_owned(),
        reason: LlmError::Stopped.to_string(),
        withheld: true,
        tokens: 0,
        cost_usd: Some(0.0),
        elapsed_us: 0,
    }
}

/// The event of a step towards the answer to `prompt`.
pub(super) fn stepped(task: TaskId, prompt: &str, step: &Step) -> Event {
    let (step, details) = match step {
        Step::Asked { way, max_tokens } => (
            AskingStep::Asked,
            vec![way.as_str().to_owned(), format!("at most {max_tokens} tokens")],
        ),
        Step::SteppedDown { to, detail, .. } => (
            AskingStep::SteppedDown,
            vec![format!("{} is next", to.as_str()), detail.clone()],
        ),
        Step::AskedAgain { because } => (AskingStep::AskedAgain, because.clone()),
        Step::AskedForLess { max_tokens } => (
            AskingStep::AskedForLess,
            vec![format!("at most {max_tokens} tokens")],
        ),
        Step::GaveUp { because } => (AskingStep::GaveUp, vec![because.clone()]),
    };
    Event::ModelStepped {
        task,
        prompt: prompt.to_owned(),
        step,
        details,
    }
}
