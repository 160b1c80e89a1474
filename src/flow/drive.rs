//! Performs a flow on tokio: the loop that owns a scheduler, starts its attempts and hears of their ends.
//!
//! Each attempt is a task of the runtime, joined here; when the loop's future is dropped they are
//! aborted. Everything that changes the scheduler happens in the loop, one thing after the other, so
//! what performs the work needs no locks.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::cancel::Cancel;
use super::scheduler::{Action, Halt, Input, Outcome, Scheduler};
use super::task::{Cause, TaskIndex};

/// Orders that wait to be heard; whoever gives more waits.
const ORDERS: usize = 256;

/// What does the work of a flow and hears what happens in it.
pub trait Perform: Sized + Send {
    /// What an attempt leaves.
    type Done: Send + 'static;

    /// The work of one attempt. When `stop` says so it ends soon, however it can.
    fn begin(
        &mut self,
        task: TaskIndex,
        attempt: u32,
        stop: Stop,
    ) -> impl Future<Output = Self::Done> + Send + 'static;

    /// An attempt ended and left this; `Err` is what it said when it panicked. It may add tasks.
    fn end(&mut self, task: TaskIndex, done: Result<Self::Done, String>, flow: &mut Scheduler) -> Outcome;

    /// Whether the task's condition holds.
    fn decide(&mut self, task: TaskIndex, flow: &Scheduler) -> bool;

    /// Hears of an action before it takes effect, at a time since the flow began; it writes it down and
    /// may add tasks. An error means that it could not be written: then nothing more begins.
    fn hear(&mut self, now: Duration, action: Action, flow: &mut Scheduler) -> Result<(), Unrecorded>;

    /// The loop has done all that could be done, which took so long.
    fn turned(&mut self, _took: Duration) {}
}

/// What happened could not be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrecorded;

/// Through it an attempt learns that it is to stop.
#[derive(Debug)]
pub struct Stop {
    told: oneshot::Receiver<Cause>,
    insisted: Cancel,
}

impl Stop {
    /// Returns when the attempt is to stop, with the reason; never, if that does not happen.
    pub async fn told(&mut self) -> Cause {
        match (&mut self.told).await {
            Ok(cause) => cause,
            // The loop that could tell is gone, and so is whoever would hear of the end.
            Err(_) => std::future::pending().await,
        }
    }

    /// Returns when the user insists that the flow ends, which every attempt was told before: what is left
    /// of the time that it takes to stop is over then.
    pub async fn insisted(&self) {
        self.insisted.cancelled().await;
    }
}

/// Something to be done in the loop of a flow.
pub enum Order<P> {
    /// To be taken in.
    Say(Input),
    /// To be done with the scheduler and what performs.
    With(Deed<P>),
}

/// See [`Order::With`].
pub type Deed<P> = Box<dyn FnOnce(&mut Scheduler, &mut P) + Send>;

/// The way into the loop of a flow that runs. Cloning gives another one.
pub struct Orders<P>(mpsc::Sender<Order<P>>);

impl<P> Clone for Orders<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P> Orders<P> {
    /// Both ends.
    pub fn channel() -> (Self, mpsc::Receiver<Order<P>>) {
        let (sender, receiver) = mpsc::channel(ORDERS);
        (Self(sender), receiver)
    }

    /// Gives an order; says whether there is still somebody to hear it.
    pub async fn give(&self, order: Order<P>) -> bool {
        self.0.send(order).await.is_ok()
    }
}

/// Performs `flow` until every task is over, and gives back what it was given.
pub async fn drive<P: Perform>(
    flow: Scheduler,
    performer: P,
    orders: mpsc::Receiver<Order<P>>,
) -> (Scheduler, P) {
    let mut driver = Driver {
        flow,
        performer,
        began: Instant::now(),
        attempts: JoinSet::new(),
        running: BTreeMap::new(),
        stops: BTreeMap::new(),
        insisted: Cancel::default(),
    };
    driver.run(orders).await;
    (driver.flow, driver.performer)
}

struct Driver<P: Perform> {
    flow: Scheduler,
    performer: P,
    began: Instant,
    attempts: JoinSet<P::Done>,
    running: BTreeMap<Id, TaskIndex>,
    stops: BTreeMap<TaskIndex, oneshot::Sender<Cause>>,
    /// What all attempts share of the user's insistence.
    insisted: Cancel,
}

impl<P: Perform> Driver<P> {
    async fn run(&mut self, mut orders: mpsc::Receiver<Order<P>>) {
        let mut is_open = true;
        loop {
            let turned = Instant::now();
            while let Some(action) = self.flow.next_action() {
                self.act(action);
            }
            if self.flow.insisted && !self.insisted.is_cancelled() {
                self.insisted.cancel();
            }
            self.performer.turned(turned.elapsed());
            if self.flow.is_over() && self.attempts.is_empty() {
                return;
            }
            let alarm = self.flow.wake_at().and_then(|it| self.began.checked_add(it));
            tokio::select! {
                biased;
                order = orders.recv(), if is_open => match order {
                    Some(Order::Say(input)) => self.take(input),
                    Some(Order::With(act)) => act(&mut self.flow, &mut self.performer),
                    None => is_open = false,
                },
                Some(joined) = self.attempts.join_next_with_id() => self.ended(joined),
                () = sleep_until(alarm.unwrap_or(self.began)), if alarm.is_some() => self.take(Input::Tick),
            }
        }
    }

    fn take(&mut self, input: Input) {
        self.flow.take(self.began.elapsed(), input);
    }

    fn act(&mut self, action: Action) {
        let now = self.began.elapsed();
        let is_recorded = self.performer.hear(now, action, &mut self.flow).is_ok();
        if !is_recorded {
            self.take(Input::Halt(Halt::Unrecorded));
        }
        match action {
            // A start that could not be written down does not happen.
            Action::Start { task, .. } if !is_recorded => {
                let outcome = Outcome::Stopped;
                self.take(Input::Ended { task, outcome });
            }
            Action::Start { task, attempt } => {
                let (stop, told) = oneshot::channel();
                let insisted = self.insisted.clone();
                let work = self.performer.begin(task, attempt, Stop { told, insisted });
                let id = self.attempts.spawn(work).id();
                self.running.insert(id, task);
                self.stops.insert(task, stop);
            }
            Action::Stop { task, cause } => {
                if let Some(stop) = self.stops.remove(&task) {
                    // One that ended meanwhile does not hear it any more.
                    let _ = stop.send(cause);
                }
            }
            Action::Decide(task) => {
                let run = self.performer.decide(task, &self.flow);
                self.take(Input::Decided { task, run });
            }
            // What asks people hears of it, and answers through the orders.
            Action::Ask { .. } | Action::Retry { .. } | Action::End { .. } => {}
        }
    }

    fn ended(&mut self, joined: Result<(Id, P::Done), JoinError>) {
        let (id, done) = match joined {
            Ok((id, done)) => (id, Ok(done)),
            Err(error) => (error.id(), Err(said(error))),
        };
        let Some(task) = self.running.remove(&id) else {
            return;
        };
        self.stops.remove(&task);
        let outcome = self.performer.end(task, done, &mut self.flow);
        self.take(Input::Ended { task, outcome });
    }
}

/// What a task said when it panicked.
fn said(error: JoinError) -> String {
    if !error.is_panic() {
        return error.to_string();
    }
    let payload = error.into_panic();
    let text = payload
        .downcast_ref::<&str>()
        .map(|it| (*it).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it panicked without a word".to_owned())
}
