//! One attempt of a branch: its future is made when it begins and gone when it ends.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::timeout;
use tracing::{Instrument, Span};

use super::branch::{Branch, BranchAttempt, BranchFailure, Successors};
use super::spans::PROCESSOR_TARGET;
use crate::flow::{Cancel, Outcome, Stop};
use crate::model::id::RunId;

tokio::task_local! {
    /// The run whose branch runs here, and those that this run is part of.
    static INSIDE: Arc<[RunId]>;
}

/// Whether a branch of the run calls this.
pub(super) fn is_inside(run: &RunId) -> bool {
    INSIDE.try_with(|it| it.contains(run)).unwrap_or(false)
}

/// What the branches of a run are inside of, when it begins here.
pub(super) fn inside_of(run: &RunId) -> Arc<[RunId]> {
    let around = INSIDE.try_with(Arc::clone).unwrap_or_default();
    around.iter().chain([run]).cloned().collect()
}

/// What an attempt of a task leaves.
pub(super) enum Done {
    /// The work ended by itself.
    Ended(Result<Successors, BranchFailure>),
    /// It was told to stop, and ended or was dropped.
    Stopped,
    /// The parts that a branch owned are given back.
    GaveBack(Outcome),
}

pub(super) async fn attempt(
    inside: Arc<[RunId]>,
    branch: Arc<Branch>,
    index: u32,
    number: u32,
    mut stop: Stop,
    span: Span,
) -> Done {
    let (cancel, status) = (Cancel::default(), span.clone());
    let told = BranchAttempt {
        index,
        number,
        stop: cancel.clone(),
    };
    let done = async {
        tracing::debug!(target: PROCESSOR_TARGET, component = "BRANCH_PROCESSOR", "a branch begins");
        // Within the future, so that work which panics before it gives one is a failed attempt too.
        let work = async { branch.work.run(told).await };
        let mut work = pin!(INSIDE.scope(inside, work));
        tokio::select! {
            biased;
            ended = &mut work => return Done::Ended(ended),
            _ = stop.told() => cancel.cancel(),
        }
        match timeout(branch.stop_grace, work).await {
            Ok(Err(failure)) => Done::Ended(Err(failure)),
            // Well ended is only what ended before: nothing may follow on what came too late.
            Ok(Ok(_)) | Err(_) => Done::Stopped,
        }
    };
    let done = done.instrument(span).await;
    status.record("status", done.word());
    done
}

impl Done {
    fn word(&self) -> &'static str {
        match self {
            Done::Ended(Ok(_)) | Done::GaveBack(_) => "succeeded",
            Done::Ended(Err(_)) => "failed",
            Done::Stopped => "stopped",
        }
    }
}
