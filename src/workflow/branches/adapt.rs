//! Sizes that follow the machine: each second, or after ten ends, every one of them is looked at again.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::context::ProcessingContext;
use super::performer::Performer;
use super::spans::PROCESSOR_TARGET;
use super::status::Status;
use crate::flow::{Halt, Input, Order, Orders, PoolIndex, Scheduler};
use crate::limits::{Adaptive, Signals};
use crate::process::Gauge;

/// The longest time between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is seen whether so many ended that it is time for a look.
const GLANCE: Duration = Duration::from_millis(100);

/// Ends after which it is.
const ENDS: u32 = 10;

/// What has a size that adapts.
#[derive(Clone)]
enum Size {
    Branches,
    Pool(PoolIndex),
}

/// One of them.
struct Follower {
    name: String,
    size: Size,
    adaptive: Adaptive,
}

/// All of a run.
pub(super) struct Followers {
    followers: Vec<Follower>,
    began: Instant,
    looked_at: Instant,
    gauge: Option<Gauge>,
}

impl Followers {
    /// Those that the run's settings and pools ask for. Without parallelism the branches stay at one.
    pub(super) fn new(context: &ProcessingContext, performer: &Performer) -> Self {
        let pools = performer.pools.adaptive().map(|(name, policy, index)| Follower {
            name: name.to_owned(),
            size: Size::Pool(index),
            adaptive: Adaptive::new(policy, policy.min.get()),
        });
        let settings = &context.settings;
        let start = u32::try_from(settings.slots()).unwrap_or(u32::MAX);
        let policy = settings.adaptive.filter(|_| settings.parallel_enabled);
        let branches = policy.map(|policy| Follower {
            name: "branches".to_owned(),
            size: Size::Branches,
            adaptive: Adaptive::new(policy, start),
        });
        let now = Instant::now();
        Self {
            followers: branches.into_iter().chain(pools).collect(),
            began: now,
            looked_at: now,
            gauge: context.machine.clone(),
        }
    }

    fn look(&mut self, flow: &mut Scheduler, performer: &mut Performer) {
        let is_due = self.looked_at.elapsed() >= LOOK || performer.completed >= ENDS;
        if !is_due {
            return;
        }
        self.looked_at = Instant::now();
        let now = self.began.elapsed();
        let machine = self.gauge.as_ref().map(Gauge::state).unwrap_or_default();
        let signals = Signals {
            completed: std::mem::take(&mut performer.completed),
            overloaded: std::mem::take(&mut performer.overloaded),
            ..machine.signals()
        };
        for follower in &mut self.followers {
            follower.follow(&signals, now, flow, performer);
        }
    }
}

impl Follower {
    fn follow(&mut self, signals: &Signals, now: Duration, flow: &mut Scheduler, performer: &Performer) {
        let before = self.adaptive.size();
        let used = match &self.size {
            Size::Branches => performer.running as u64,
            Size::Pool(pool) => flow.pool_use(*pool).map_or(0, |it| it.held),
        };
        let signals = Signals {
            // Whether one more would find work is only known when all places are taken.
            is_waiting: used >= u64::from(before) && performer.has_more(flow),
            ..*signals
        };
        let size = self.adaptive.observe(&signals, now);
        if size == before {
            return;
        }
        let units = u64::from(size);
        flow.take(
            now,
            match &self.size {
                Size::Branches => Input::MaxRunning(size as usize),
                Size::Pool(pool) => Input::Resized {
                    pool: *pool,
                    size: units,
                },
            },
        );
        tracing::debug!(
            target: PROCESSOR_TARGET, component = "PARALLELIZER",
            name = self.name, before, size, "a size follows the machine",
        );
        performer.say(None, || self.name.clone(), Status::Resized { size: units });
    }
}

/// What goes on beside a run: it is stopped when the user says so, and its sizes adapt.
pub(super) async fn beside(
    context: &ProcessingContext,
    followers: Followers,
    orders: Orders<Performer>,
) -> Infallible {
    let stopping = async {
        context.cancel.cancelled().await;
        orders.give(Order::Say(Input::Halt(Halt::Cancelled))).await;
        pending::<Infallible>().await
    };
    tokio::select! {
        never = stopping => never,
        never = adapt(followers, orders.clone()) => never,
    }
}

async fn adapt(mut followers: Followers, orders: Orders<Performer>) -> Infallible {
    if followers.followers.is_empty() {
        return pending().await;
    }
    loop {
        sleep(GLANCE).await;
        let (back, returned) = tokio::sync::oneshot::channel();
        let look = Order::With(Box::new(
            move |flow: &mut Scheduler, performer: &mut Performer| {
                followers.look(flow, performer);
                // Nobody waits for it any more when the run is over.
                let _ = back.send(followers);
            },
        ));
        if !orders.give(look).await {
            return pending().await;
        }
        match returned.await {
            Ok(same) => followers = same,
            Err(_) => return pending().await,
        }
    }
}
