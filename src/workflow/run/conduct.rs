//! Sees a flow through to its end, with what reaches it from outside: the user, other runs, the machine.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::adapt;
use super::begin::RunParts;
use super::runner::Runner;
use super::turn::Turn;
use super::waits;
use crate::flow::{Cancel, Halt, Input, Order, Orders, Scheduler, drive};
use crate::process::{Sampler, Sensors};

/// Drives the flow while the user may stop it, once softly, then at once; another run may ask it to end; and its
/// pools follow the machine.
pub(super) async fn conduct(
    mut flow: Scheduler,
    runner: Runner,
    parts: &RunParts,
    turn: Option<&Turn>,
) -> (Scheduler, Runner) {
    // What ended it before it began does so before anything starts.
    let before = if parts.cancel.is_cancelled() {
        Input::Halt(Halt::Cancelled)
    } else {
        Input::Tick
    };
    flow.take(Duration::ZERO, before);
    let (orders, heard): (Orders<Runner>, mpsc::Receiver<Order<Runner>>) = Orders::channel();
    let stopping = async {
        tokio::select! {
            () = parts.cancel.cancelled() => {}
            () = asked(turn) => {}
        }
        orders.give(Order::Say(Input::Halt(Halt::Cancelled))).await;
        parts.insist.cancelled().await;
        orders.give(Order::Say(Input::Insist)).await;
        std::future::pending::<Infallible>().await
    };
    let telling = async {
        loop {
            tokio::time::sleep(waits::LOOK).await;
            let look = |flow: &mut Scheduler, runner: &mut Runner| runner.tell_waits(flow);
            orders.give(Order::With(Box::new(look))).await;
        }
    };
    let following = follow(!runner.followers.is_empty(), &orders);
    tokio::select! {
        ended = drive(flow, runner, heard) => ended,
        never = stopping => match never {},
        never = following => match never {},
        never = telling => match never {},
    }
}

/// Returns when another run asked for this one's turn.
async fn asked(turn: Option<&Turn>) {
    match turn {
        Some(turn) => turn.asked().await,
        None => std::future::pending().await,
    }
}

/// Has the pools follow the machine, if there are any that do.
async fn follow(has_followers: bool, orders: &Orders<Runner>) -> Infallible {
    let sampler = match has_followers.then(|| Sampler::start(Sensors::default())) {
        Some(Ok(sampler)) => sampler,
        Some(Err(error)) => {
            tracing::warn!(%error, "the machine cannot be watched, so that pools keep their sizes");
            return std::future::pending().await;
        }
        None => return std::future::pending().await,
    };
    let (began, gauge) = (Instant::now(), sampler.gauge());
    loop {
        tokio::time::sleep(adapt::PACE).await;
        let (now, machine) = (began.elapsed(), gauge.state());
        let look = move |flow: &mut Scheduler, runner: &mut Runner| runner.adapt(now, machine, flow);
        orders.give(Order::With(Box::new(look))).await;
    }
}

/// Waits, unless the user stops it.
pub(super) async fn pause(time: Duration, cancel: &Cancel) {
    tokio::select! {
        biased;
        () = cancel.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}
