//! A model that answers from a script: for tests, examples and benches.
//!
//! It answers with the first line of its script that fits, or by a function, and keeps every request it saw.
//! Replies take no time unless [`Scripted::taking`] says so.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    Allowance, Finish, LlmError, Model, Reply, Request, Role, Speaker, Witness, prompt_tokens_of, tokens_of,
};
use crate::model::usage::Usage;

/// What a line of a script, or a function, answers.
pub type Answer = Result<Reply, LlmError>;

type Function = Box<dyn Fn(&Request) -> Answer + Send + Sync>;

/// Which requests a line answers.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Every one.
    Always,
    /// Those of this role.
    Role(Role),
    /// Those whose prompt's id and version begin with this.
    Prompt(String),
    /// Those with this text in any turn.
    Says(String),
    /// Those whose last turn, the user's, has this text.
    EndsWith(String),
    /// Those that all of these fit.
    All(Vec<When>),
}

impl When {
    /// Whether the line answers `request`.
    pub fn fits(&self, request: &Request) -> bool {
        match self {
            Self::Always => true,
            Self::Role(role) => request.role == *role,
            Self::Prompt(start) => request.prompt.starts_with(start.as_str()),
            Self::Says(text) => request.messages.iter().any(|it| it.text.contains(text.as_str())),
            Self::EndsWith(text) => {
                let last = request.messages.iter().rfind(|it| it.speaker == Speaker::User);
                last.is_some_and(|it| it.text.contains(text.as_str()))
            }
            Self::All(them) => them.iter().all(|it| it.fits(request)),
        }
    }
}

struct Line {
    when: When,
    answer: Function,
    /// How often it still answers; `None` is without end.
    left: Option<u32>,
}

/// A model with a script.
pub struct Scripted {
    name: String,
    taking: Duration,
    lines: Mutex<Vec<Line>>,
    asked: Mutex<Vec<Request>>,
}

impl Scripted {
    /// A model without lines: it answers nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            taking: Duration::ZERO,
            lines: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// A model that answers by a function.
    pub fn by(name: impl Into<String>, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::new(name).with(When::Always, None, Box::new(answer))
    }

    /// A line more, behind the others: it answers every request that fits.
    #[must_use]
    pub fn on(self, when: When, answer: Answer) -> Self {
        self.with(when, None, Box::new(move |_| answer.clone()))
    }

    /// A line more, behind the others: it answers one request that fits and is gone.
    #[must_use]
    pub fn once(self, when: When, answer: Answer) -> Self {
        self.with(when, Some(1), Box::new(move |_| answer.clone()))
    }

    /// Every reply takes this long, by tokio's clock.
    #[must_use]
    pub fn taking(mut self, time: Duration) -> Self {
        self.taking = time;
        self
    }

    /// The requests it saw, in the order of asking.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(self, when: When, left: Option<u32>, answer: Function) -> Self {
        let line = Line { when, answer, left };
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
        self
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = lines.iter().position(|it| it.when.fits(request));
        let Some(at) = fitting else {
            return Err(LlmError::NoRecording {
                reason: format!("the script of {} has no line for {}", self.name, request.prompt),
            });
        };
        let answer = (lines[at].answer)(request);
        if let Some(left) = &mut lines[at].left {
            *left -= 1;
            if *left == 0 {
                lines.remove(at);
            }
        }
        answer
    }
}

impl Model for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            // Who listens is let go: a witness may hold the journal of its run.
            let kept = Request {
                witness: Witness::default(),
                allowance: Allowance::default(),
                ..request.clone()
            };
            self.asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(kept);
            let answer = self.answer(request);
            if self.taking > Duration::ZERO {
                tokio::time::sleep(self.taking).await;
            }
            answer.map(|reply| priced(reply, request))
        })
    }
}

/// A reply that does not say what it took has its usage estimated.
fn priced(mut reply: Reply, request: &Request) -> Reply {
    if reply.usage == Usage::default() && reply.saved == Usage::default() {
        reply.usage = Usage {
            prompt_tokens: prompt_tokens_of(request),
            reply_tokens: tokens_of(&reply.text),
            is_estimated: true,
        };
    }
    reply
}

/// A complete reply with this text.
pub fn says(text: impl Into<String>) -> Answer {
    Ok(Reply {
        cost_usd: None,
        text: text.into(),
        finish: Finish::Stop,
        usage: Usage::default(),
        saved: Usage::default(),
        model: "scripted".to_owned(),
        stood_in: None,
    })
}

/// A complete reply with this value as its text.
pub fn gives(value: &Value) -> Answer {
    says(value.to_string())
}

/// A reply that reached `max_tokens` after this text.
pub fn is_cut_after(text: impl Into<String>) -> Answer {
    says(text).map(|it| Reply {
        finish: Finish::Length,
        ..it
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::llm::Message;

    /// A request of a user who says `text`.
    pub(crate) fn request(text: &str) -> Request {
        Request {
            role: Role::Findings,
            prompt: "findings/write 1".to_owned(),
            messages: vec![Message {
                speaker: Speaker::User,
                text: text.to_owned(),
            }],
            shape: None,
            max_tokens: 100,
            temperature: 0.0,
            seed: 1,
            witness: Witness::default(),
            allowance: Allowance::default(),
        }
    }

    #[tokio::test]
    async fn the_first_line_that_fits_answers() {
        let model = Scripted::new("test/script")
            .once(When::Says("ping".to_owned()), says("one"))
            .on(
                When::All(vec![
                    When::Role(Role::Findings),
                    When::EndsWith("ping".to_owned()),
                ]),
                says("many"),
            )
            .on(When::Prompt("probe/".to_owned()), says("never"));
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(model.ask(&request("a ping")).await.unwrap().text);
        }
        assert_eq!(heard, ["one", "many", "many"]);
        let refused = model.ask(&request("other")).await.unwrap_err();
        assert!(matches!(&refused, LlmError::NoRecording { reason } if reason.contains("findings/write 1")));
        assert_eq!(model.asked().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_takes_the_time_that_was_said() {
        let model = Scripted::by("test/slow", |_| says("done")).taking(Duration::from_secs(7));
        let start = tokio::time::Instant::now();
        let reply = model.ask(&request("x")).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 7);
        assert!(reply.usage.is_estimated && reply.usage.reply_tokens > 0);
    }
}
