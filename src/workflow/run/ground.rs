//! What the attempts of a run share while they run beside each other, and what each of them leaves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::oneshot;

use super::mask::Mask;
use super::record::Left;
use super::script::Script;
use crate::flow::Stop;
use crate::process::{Spawner, signal_name};
use crate::workflow::definition::{AgentConfig, AnalysisConfig, RetryOn};

/// What all attempts of a run share.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) spawner: Spawner,
    pub(super) directory: PathBuf,
    pub(super) mask: Mask,
    pub(super) calls: Calls,
}

/// A step that is performed within this program, as it is handed to whoever performs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The step.
    pub step: String,
    /// What is asked for: its values are filled in.
    pub work: CalledWork,
}

/// What a [`Call`] asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum CalledWork {
    /// A prompt to a model, or one of our own agents.
    Agent {
        /// Which agent; `None` is the model itself.
        agent: Option<String>,
        /// The prompt.
        prompt: Option<String>,
        /// Which model, `PROVIDER/NAME`; `None` is the one that is set.
        model: Option<String>,
        /// Further values.
        parameters: Value,
    },
    /// A template or an algorithm on a graph.
    Analysis {
        /// The graph.
        graph: String,
        /// A file with a template.
        template: Option<String>,
        /// The name of an algorithm.
        algorithm: Option<String>,
        /// Its parameters.
        parameters: Value,
    },
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// What failed, on which input, what to do next.
    pub reason: String,
    /// The status that a server answered with, if one did.
    pub status: Option<u16>,
}

/// Performs a call and gives its text and its outputs by name.
pub type Caller = Arc<
    dyn Fn(Call) -> BoxFuture<'static, Result<(String, serde_json::Map<String, Value>), CallError>>
        + Send
        + Sync,
>;

/// Who performs the steps that are no processes. Without one, such a step fails and says so.
#[derive(Clone, Default)]
pub struct Calls {
    /// Steps of type `agent`.
    pub agent: Option<Caller>,
    /// Steps of type `analysis`.
    pub analysis: Option<Caller>,
}

/// What an attempt does.
pub(super) enum Work {
    Script(Box<Script>),
    Call(Call),
    /// It decides by itself.
    Decided(bool),
    /// Its parts do the work; their end comes through here.
    Parts(oneshot::Receiver<Done>),
    /// It cannot begin.
    Unable(String),
}

/// What an attempt left, and how it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Done {
    pub(super) left: Left,
    /// Why it failed, if it did.
    pub(super) trouble: Option<Trouble>,
    /// Whether it ended because it was told to.
    pub(super) was_stopped: bool,
}

/// What kind of failure it was; retries go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Exit(i32),
    Signal(i32),
    Http(u16),
    ResourceLimit,
    /// Limits that it requires cannot be enforced here: no attempt helps.
    Refused,
    Start,
    Other,
}

impl Trouble {
    /// Whether it is of the kind that a list of failures names.
    pub(super) fn is(self, kind: &RetryOn) -> bool {
        match (self, kind) {
            (Trouble::Exit(code), RetryOn::Exit(named)) => code == *named,
            (Trouble::Http(status), RetryOn::Http(named)) => status == *named,
            (Trouble::ResourceLimit, RetryOn::ResourceLimit) => true,
            (Trouble::Signal(number), RetryOn::Signal(name)) => signal_name(number) == Some(name),
            _ => false,
        }
    }
}

impl Done {
    pub(super) fn failed(trouble: Trouble, error: String) -> Self {
        Self {
            left: Left {
                error: Some(error),
                ..Left::default()
            },
            trouble: Some(trouble),
            was_stopped: false,
        }
    }
}

/// Where the output of `step` is kept in a run's directory.
pub fn log_path(directory: &Path, step: &str) -> PathBuf {
    directory.join("logs").join(format!("{step}.log"))
}

impl Ground {
    /// Does the work of one attempt.
    pub(super) async fn perform(&self, work: Work, mut stop: Stop) -> Done {
        match work {
            Work::Script(script) => self.script(*script, stop).await,
            Work::Unable(error) => Done::failed(Trouble::Other, self.mask.text(error)),
            Work::Decided(result) => {
                let mut done = Done::default();
                done.left.outputs.insert("result".to_owned(), Value::Bool(result));
                done.left.output = result.to_string();
                done
            }
            Work::Call(call) => tokio::select! {
                biased;
                done = self.call(call) => done,
                _ = stop.told() => stopped(),
            },
            Work::Parts(mut end) => {
                tokio::select! {
                    biased;
                    done = &mut end => return done.unwrap_or_default(),
                    _ = stop.told() => {}
                }
                // The scheduler has told the parts too; the step ends when they have.
                let mut done = end.await.unwrap_or_default();
                done.was_stopped = done.trouble.is_some();
                done
            }
        }
    }

    async fn call(&self, call: Call) -> Done {
        let caller = match &call.work {
            CalledWork::Agent { .. } => self.calls.agent.as_ref(),
            CalledWork::Analysis { .. } => self.calls.analysis.as_ref(),
        };
        let Some(caller) = caller else {
            let text = "nothing here performs steps of this type; run it with `gaai workflow run`";
            return Done::failed(Trouble::Other, text.to_owned());
        };
        match caller(call).await {
            Ok((text, outputs)) => {
                let mut done = Done::default();
                done.left.output = self.mask.text(text);
                done.left.outputs = outputs
                    .into_iter()
                    .map(|(name, value)| (name, self.mask.value(value)))
                    .collect();
                done
            }
            Err(error) => {
                let trouble = error.status.map_or(Trouble::Other, Trouble::Http);
                Done::failed(trouble, self.mask.text(error.reason))
            }
        }
    }
}

fn stopped() -> Done {
    Done {
        was_stopped: true,
        ..Done::default()
    }
}

impl CalledWork {
    pub(super) fn agent(
        config: &AgentConfig,
        render: impl Fn(&crate::workflow::expression::Template) -> Result<String, String>,
        parameters: Value,
    ) -> Result<Self, String> {
        Ok(Self::Agent {
            agent: config.agent.clone(),
            prompt: config.prompt.as_ref().map(&render).transpose()?,
            model: config.model.as_ref().map(&render).transpose()?,
            parameters,
        })
    }

    pub(super) fn analysis(
        config: &AnalysisConfig,
        render: impl Fn(&crate::workflow::expression::Template) -> Result<String, String>,
        parameters: Value,
    ) -> Result<Self, String> {
        Ok(Self::Analysis {
            graph: render(&config.graph)?,
            template: config.template.as_ref().map(&render).transpose()?,
            algorithm: config.algorithm.as_ref().map(&render).transpose()?,
            parameters,
        })
    }
}
