//! A branch: work of the caller's, what it takes while it runs, and the branches it ends with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::flow::{Cancel, Trigger};
use crate::limits::Retry;

/// What a branch does. Closures that give a future are work.
pub trait Work: Send + Sync + 'static {
    /// Performs one attempt. It is called when the attempt begins, not before.
    fn run(&self, attempt: BranchAttempt) -> BoxFuture<'static, Result<Successors, BranchFailure>>;
}

impl<F, R> Work for F
where
    F: Fn(BranchAttempt) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Successors, BranchFailure>> + Send + 'static,
{
    fn run(&self, attempt: BranchAttempt) -> BoxFuture<'static, Result<Successors, BranchFailure>> {
        Box::pin(self(attempt))
    }
}

/// What an attempt is told.
#[derive(Clone, Debug)]
pub struct BranchAttempt {
    /// Which of the [`Branch::times`] it is, from 0.
    pub index: u32,
    /// From 1.
    pub number: u32,
    /// Says when to stop: the branch ran into its time limit, or the run was stopped. Without a
    /// [`Branch::stop_grace`] the work is dropped then.
    pub stop: Cancel,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchFailure {
    /// What failed, on which input, what to do next.
    pub reason: String,
    /// Whether another attempt may help.
    pub may_retry: bool,
    /// How long the other side asked to wait before that.
    pub after: Option<Duration>,
    /// Whether the other side had too much to do; a size that adapts shrinks then.
    pub is_overload: bool,
}

impl BranchFailure {
    /// One that no further attempt would mend.
    pub fn lasting(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            may_retry: false,
            after: None,
            is_overload: false,
        }
    }

    /// One that may pass by itself.
    pub fn passing(reason: impl Into<String>) -> Self {
        Self {
            may_retry: true,
            ..Self::lasting(reason)
        }
    }
}

/// What a branch leads to. It holds no place while these run.
#[derive(Debug, Default)]
pub struct Successors {
    /// They start as soon as there is room.
    pub branches: Vec<Branch>,
    /// Starts when all of them are over, and all that they led to; its [`Branch::trigger`] says how many
    /// must have ended well.
    pub then: Option<Box<Branch>>,
}

impl Successors {
    /// Nothing follows.
    pub fn none() -> Self {
        Self::default()
    }

    /// These follow, beside each other.
    pub fn of(branches: impl IntoIterator<Item = Branch>) -> Self {
        Self {
            branches: branches.into_iter().collect(),
            then: None,
        }
    }

    /// The same, and when all that is over, this one.
    pub fn then(self, branch: Branch) -> Self {
        Self {
            then: Some(Box::new(branch)),
            ..self
        }
    }
}

/// A unit of a run.
#[derive(Clone)]
pub struct Branch {
    /// What people call it; unique among those it is given with.
    pub name: String,
    /// What it does.
    pub work: Arc<dyn Work>,
    /// How often it is there; each of them has its index. What is kept of one is a number, not a future.
    pub times: u32,
    /// Names, among those given before it in the same list, of what it waits for. It waits for these
    /// alone, not for what they lead to: that is [`Successors::then`].
    pub after: Vec<String>,
    /// How many of those must have ended well.
    pub trigger: Trigger,
    /// Of branches that may start, the one of higher priority goes first …
    pub priority: i32,
    /// … then the one with the longest expected way to the end, of which this is its part.
    pub expected: Duration,
    /// Attempts and the pauses between them; one attempt unless set. No place is held in a pause.
    pub retry: Retry,
    /// Whether an attempt that ran into its limit may be tried again.
    pub retries_timeouts: bool,
    /// Limit of one attempt, from its start; [`super::ProcessorSettings::branch_timeout`] if `None`.
    pub timeout: Option<Duration>,
    /// Limit of the wait for room.
    pub queue_timeout: Option<Duration>,
    /// How long the work may go on after it was told to stop; zero drops it at once.
    pub stop_grace: Duration,
    /// Whether its failure is no failure for those that wait for it; the run is then partly well.
    pub continue_on_error: bool,
    /// Units of pools that it holds while it runs.
    pub takes: Vec<(String, u64)>,
    /// Units of pools that it and all that it leads to have for themselves until all of it is over.
    pub owns: Vec<(String, u64)>,
    /// Key of the breaker that its attempts are told to.
    pub breaker: Option<String>,
}

impl Branch {
    /// One that waits for nothing, takes nothing and is tried once.
    pub fn new<F, R>(name: impl Into<String>, work: F) -> Self
    where
        F: Fn(BranchAttempt) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Successors, BranchFailure>> + Send + 'static,
    {
        Self::of(name, Arc::new(work))
    }

    /// The same with work that is more than a closure, or shared.
    pub fn of(name: impl Into<String>, work: Arc<dyn Work>) -> Self {
        Self {
            name: name.into(),
            work,
            times: 1,
            after: Vec::new(),
            trigger: Trigger::All,
            priority: 0,
            expected: Duration::ZERO,
            retry: Retry {
                max_attempts: 1,
                ..Retry::default()
            },
            retries_timeouts: false,
            timeout: None,
            queue_timeout: None,
            stop_grace: Duration::ZERO,
            continue_on_error: false,
            takes: Vec::new(),
            owns: Vec::new(),
            breaker: None,
        }
    }

    /// The same, waiting for these.
    pub fn after(self, names: &[&str]) -> Self {
        Self {
            after: names.iter().map(|it| (*it).to_owned()).collect(),
            ..self
        }
    }

    /// What one of its [`Branch::times`] is called.
    pub(super) fn label(&self, index: u32) -> String {
        if self.times == 1 {
            self.name.clone()
        } else {
            format!("{}[{index}]", self.name)
        }
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("name", &self.name)
            .field("times", &self.times)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
