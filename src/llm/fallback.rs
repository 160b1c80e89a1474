//! Several models in order: when one is down, the next is asked.
//!
//! The one that answered is asked first for a while, so that a model that is down is not waited for each
//! time; then the order counts again. Errors that say nothing of the model (a prompt too long, a refused form,
//! an empty budget) are returned as they are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::modes::refuses_form;
use super::{Happening, LlmError, Model, Reply, Request};

/// A change from one model to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// The model that was to be asked.
    pub from: String,
    /// The model that is asked instead.
    pub to: String,
    /// Why; `None` when the first in order is tried again.
    pub because: Option<LlmError>,
}

/// Models in the order in which they are to be asked.
pub struct Fallback {
    first: Arc<dyn Model>,
    others: Vec<Arc<dyn Model>>,
    rest: Duration,
    /// Which one answers in place of the first, and until when it is asked at once.
    standing_in: Mutex<Option<(usize, Instant)>>,
}

impl Fallback {
    /// `first`, and `others` in its place. One that stood in is asked at once for `rest`, by tokio's clock.
    pub fn new(first: Arc<dyn Model>, others: Vec<Arc<dyn Model>>, rest: Duration) -> Self {
        Self {
            first,
            others,
            rest,
            standing_in: Mutex::default(),
        }
    }

    fn model(&self, index: usize) -> &dyn Model {
        let before = index.checked_sub(1).and_then(|it| self.others.get(it));
        &**before.unwrap_or(&self.first)
    }

    fn tell(&self, request: &Request, from: usize, to: usize, because: Option<LlmError>) {
        let name = |index: usize| self.model(index).name().to_owned();
        request.witness.tell(Happening::Switched(&Switch {
            from: name(from),
            to: name(to),
            because,
        }));
    }

    /// Where to begin. When the time of one that stood in is over, the first is tried again.
    fn start(&self, request: &Request) -> usize {
        let over = {
            let mut standing_in = self.standing_in.lock().unwrap_or_else(PoisonError::into_inner);
            match *standing_in {
                None => return 0,
                Some((index, until)) if Instant::now() < until => return index,
                Some((index, _)) => {
                    *standing_in = None;
                    index
                }
            }
        };
        self.tell(request, over, 0, None);
        0
    }

    /// Remembers who answered. The time does not begin anew with each answer: the first gets its turn.
    fn remember(&self, index: usize) {
        let mut standing_in = self.standing_in.lock().unwrap_or_else(PoisonError::into_inner);
        match *standing_in {
            _ if index == 0 => *standing_in = None,
            Some((known, _)) if known == index => {}
            _ => *standing_in = Some((index, Instant::now() + self.rest)),
        }
    }
}

impl Model for Fallback {
    fn name(&self) -> &str {
        self.first.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let count = self.others.len() + 1;
            let start = self.start(request);
            let mut at = start;
            loop {
                let error = match self.model(at).ask(request).await {
                    Ok(reply) => {
                        self.remember(at);
                        let stood_in = (at > 0).then(|| self.model(at).name().to_owned());
                        return Ok(Reply { stood_in, ..reply });
                    }
                    Err(error) => error,
                };
                let next = (at + 1) % count;
                // A refused form is asked for in another way before another model is.
                if !error.is_down() || refuses_form(&error) || next == start {
                    return Err(error);
                }
                self.tell(request, at, next, Some(error));
                at = next;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::llm::Witness;
    use crate::llm::scripted::tests::request;
    use crate::llm::scripted::{Scripted, says};

    const REST: Duration = Duration::from_secs(60);

    struct Pair {
        is_down: Arc<AtomicBool>,
        first: Arc<Scripted>,
        second: Arc<Scripted>,
        switches: Arc<Mutex<Vec<Switch>>>,
        both: Fallback,
        asking: Request,
    }

    fn down() -> LlmError {
        LlmError::Transport {
            host: "localhost".to_owned(),
            detail: "refused".to_owned(),
        }
    }

    fn pair() -> Pair {
        let is_down = Arc::new(AtomicBool::new(true));
        let switches = Arc::new(Mutex::new(Vec::new()));
        let (state, told) = (is_down.clone(), switches.clone());
        let first = Arc::new(Scripted::by("a/1", move |_| {
            if state.load(Ordering::Relaxed) {
                Err(down())
            } else {
                says("first")
            }
        }));
        let second = Arc::new(Scripted::by("b/2", |_| says("second")));
        let witness = Witness::new(move |it| {
            if let Happening::Switched(switch) = it {
                told.lock().unwrap().push(switch.clone());
            }
        });
        Pair {
            is_down,
            both: Fallback::new(first.clone(), vec![second.clone()], REST),
            first,
            second,
            switches,
            asking: Request {
                witness,
                ..request("x")
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_one_answers_for_a_while_and_then_the_first_is_tried_again() {
        let pair = pair();
        for _ in 0..3 {
            let reply = pair.both.ask(&pair.asking).await.unwrap();
            assert_eq!(
                (reply.text.as_str(), reply.stood_in.as_deref()),
                ("second", Some("b/2"))
            );
        }
        assert_eq!((pair.first.asked().len(), pair.second.asked().len()), (1, 3));
        pair.is_down.store(false, Ordering::Relaxed);
        tokio::time::advance(REST).await;
        let reply = pair.both.ask(&pair.asking).await.unwrap();
        assert_eq!((reply.text.as_str(), reply.stood_in), ("first", None));
        let told: Vec<_> = pair
            .switches
            .lock()
            .unwrap()
            .iter()
            .map(|it| (it.from.clone(), it.to.clone(), it.because.clone()))
            .collect();
        let names = |from: &str, to: &str, because| (from.to_owned(), to.to_owned(), because);
        assert_eq!(
            told,
            [names("a/1", "b/2", Some(down())), names("b/2", "a/1", None)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn all_are_asked_once_before_the_last_error_is_returned() {
        let fail = |name: &str| Arc::new(Scripted::by(name, |_| Err(down())));
        let (one, two, three) = (fail("a/1"), fail("b/2"), fail("c/3"));
        let both = Fallback::new(one.clone(), vec![two.clone(), three.clone()], REST);
        assert_eq!(both.ask(&request("x")).await.unwrap_err(), down());
        for model in [one, two, three] {
            assert_eq!(model.asked().len(), 1);
        }
    }

    #[tokio::test]
    async fn errors_that_say_nothing_of_the_model_are_returned() {
        let errors = [
            LlmError::TooLong {
                detail: "x".to_owned(),
            },
            LlmError::Budget {
                reason: "x".to_owned(),
            },
            LlmError::Refused {
                host: "localhost".to_owned(),
                status: 400,
                detail: "response_format is not supported".to_owned(),
            },
        ];
        for error in errors {
            let answer = error.clone();
            let first = Arc::new(Scripted::by("a/1", move |_| Err(answer.clone())));
            let second = Arc::new(Scripted::by("b/2", |_| says("second")));
            let both = Fallback::new(first, vec![second.clone()], REST);
            assert_eq!(both.ask(&request("x")).await.unwrap_err(), error);
            assert!(second.asked().is_empty());
        }
    }
}
