//! What the scheduler is told of a task, and how a task can end.

use std::fmt;
use std::time::Duration;

use super::pool::{BreakerIndex, GateIndex, PoolIndex};
use super::scope::ScopeIndex;
use crate::limits::Retry;

/// A task of a scheduler: its place in the order of adding, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskIndex(pub(super) u32);

impl TaskIndex {
    /// Its place in the order of adding, from 0: the key of tables beside the scheduler.
    pub fn place(self) -> usize {
        self.0 as usize
    }
}

/// A unit of work as it is handed to the scheduler, which never learns what the work is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// What it waits for. All of them exist already, so that no cycle can be said.
    pub after: Vec<Dependency>,
    /// How many of them must have ended as asked.
    pub trigger: Trigger,
    /// In which trouble of the flow it still starts.
    pub survives: Survives,
    /// What it holds while it runs.
    pub demand: Demand,
    /// Of tasks that may start, the one of higher priority goes first …
    pub priority: i32,
    /// … then the one with the longest expected way to the end, of which this is its part; then the
    /// one added first.
    pub expected: Duration,
    /// What is done about time and failure.
    pub terms: Terms,
    /// The tasks that it belongs to.
    pub scope: ScopeIndex,
    /// Whether nothing happens to it until [`super::Input::Released`] or [`super::Input::Restored`]: what
    /// an earlier process left of it is being read.
    pub held: bool,
}

/// That a task waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The task waited for.
    pub task: TaskIndex,
    /// What has to happen to it.
    pub on: On,
    /// Whether one that was skipped by its own condition counts as not having ended well.
    pub needs_run: bool,
}

impl Dependency {
    /// Waits for `task` to end well; being skipped by its own condition counts as that.
    pub fn on(task: TaskIndex) -> Self {
        Self {
            task,
            on: On::Succeeded,
            needs_run: false,
        }
    }
}

/// What a dependency waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// It ended well, or its failure is tolerated.
    #[default]
    Succeeded,
    /// It failed or ran out of time, tolerated or not.
    Failed,
    /// It ended, however.
    Completed,
    /// It began.
    Started,
    /// It serves: [`super::Input::Ready`] was said of it.
    Ready,
}

/// How many of the dependencies must have come about as asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// All of them.
    #[default]
    All,
    /// All are decided, and at least one came about: a report is drawn from what there is.
    Any,
    /// All are decided, however: what is cleaned up after, or decides by its own condition.
    Decided,
}

/// In which trouble of the flow a task still starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Survives {
    /// In none.
    #[default]
    Nothing,
    /// After a failure that would otherwise keep it from starting.
    Failure,
    /// After that, and after the flow was halted: it writes down what there is.
    Halt,
    /// After that, and while what it is a part of is being stopped, which does not stop it: it cleans up after the
    /// other parts.
    Whole,
}

/// What a task holds while it runs: all of it at once or nothing, so that no task holds one thing
/// while it waits for another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Demand {
    /// Whether it takes one of the flow's run slots; a task that only waits for its children does not.
    pub slot: bool,
    /// Whether it runs alone.
    pub alone: bool,
    /// Units of pools. More than a pool has counts as all of it, or the task could never run.
    pub units: Vec<(PoolIndex, u64)>,
    /// The breaker that its attempts are told to.
    pub breaker: Option<BreakerIndex>,
    /// What has to be approved before it begins.
    pub gate: Option<GateIndex>,
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            slot: true,
            alone: false,
            units: Vec::new(),
            breaker: None,
            gate: None,
        }
    }
}

/// What is done about time and failure. Many tasks share one value.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Attempts and the pauses between them. Slots and pools are free meanwhile.
    pub retry: Retry,
    /// Whether an attempt that ran into its limit may be tried again.
    pub retries_timeouts: bool,
    /// Limit of one attempt, from its start.
    pub attempt_timeout: Option<Duration>,
    /// Limit of all attempts, from the start of the first.
    pub timeout: Option<Duration>,
    /// Limit of the wait for a slot, from the time it could start.
    pub queue_timeout: Option<Duration>,
    /// Whether its failure counts as success for those that wait for it.
    pub continue_on_error: bool,
    /// Whether it neither cancels the others of its group nor is cancelled by them.
    pub isolate_errors: bool,
    /// Whether it is asked, once its dependencies are decided, if it shall run at all.
    pub is_conditional: bool,
    /// Whether its failure counts for the end of the flow; that of a handler does not.
    pub counts: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            retry: Retry {
                max_attempts: 1,
                ..Retry::default()
            },
            retries_timeouts: false,
            attempt_timeout: None,
            timeout: None,
            queue_timeout: None,
            continue_on_error: false,
            isolate_errors: false,
            is_conditional: false,
            counts: true,
        }
    }
}

/// How a task ended. `T` names tasks: by place, or as people know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End<T = TaskIndex> {
    /// Well.
    Succeeded,
    /// Its last attempt failed.
    Failed,
    /// It ran into one of its limits.
    TimedOut(Limit),
    /// It was stopped while it ran.
    Cancelled(Cause<T>),
    /// It never started.
    Skipped(SkipReason<T>),
}

/// Which limit of time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// That of one attempt.
    Attempt,
    /// That of all attempts.
    Task,
}

/// Why a running task is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause<T = TaskIndex> {
    /// A limit of its own.
    Limit(Limit),
    /// Another task of its group failed.
    GroupFailed(T),
    /// Another task failed, and that stops all.
    RunFailed(T),
    /// The task of which it is a part ended or ran into a limit.
    ParentEnded(T),
    /// The user stopped the run.
    Cancelled,
    /// The run's limit of time.
    RunTimedOut,
}

/// Why a task never started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason<T = TaskIndex> {
    /// One that it waits for did not end well.
    UpstreamFailed(T),
    /// One that it waits for can no longer do what it waits for, and that is no failure.
    NotTriggered(T),
    /// One of its group failed.
    GroupFailed(T),
    /// Another task failed, and the run does not keep going.
    RunFailing(T),
    /// Its own condition said no.
    Condition,
    /// It waited too long for a slot.
    QueueTimedOut,
    /// The user stopped the run.
    Cancelled,
    /// The run's limit of time.
    RunTimedOut,
    /// The user did not approve it.
    NotApproved,
    /// What happens could not be written down, so nothing more may happen.
    Unrecorded,
}

impl<T> End<T> {
    /// Whether the task failed by itself: only that counts as a failure of the run.
    pub fn is_failure(&self) -> bool {
        match self {
            End::Failed | End::TimedOut(_) | End::Skipped(SkipReason::QueueTimedOut) => true,
            End::Succeeded | End::Cancelled(_) | End::Skipped(_) => false,
        }
    }

    /// The same with other names of the tasks.
    pub fn map<U>(self, name: impl FnOnce(T) -> U) -> End<U> {
        match self {
            End::Succeeded => End::Succeeded,
            End::Failed => End::Failed,
            End::TimedOut(limit) => End::TimedOut(limit),
            End::Cancelled(cause) => End::Cancelled(cause.map(name)),
            End::Skipped(reason) => End::Skipped(reason.map(name)),
        }
    }
}

impl<T> Cause<T> {
    /// The same with another name of the task.
    pub fn map<U>(self, name: impl FnOnce(T) -> U) -> Cause<U> {
        match self {
            Cause::Limit(limit) => Cause::Limit(limit),
            Cause::GroupFailed(task) => Cause::GroupFailed(name(task)),
            Cause::RunFailed(task) => Cause::RunFailed(name(task)),
            Cause::ParentEnded(task) => Cause::ParentEnded(name(task)),
            Cause::Cancelled => Cause::Cancelled,
            Cause::RunTimedOut => Cause::RunTimedOut,
        }
    }
}

impl<T> SkipReason<T> {
    /// The same with another name of the task.
    pub fn map<U>(self, name: impl FnOnce(T) -> U) -> SkipReason<U> {
        match self {
            SkipReason::UpstreamFailed(task) => SkipReason::UpstreamFailed(name(task)),
            SkipReason::NotTriggered(task) => SkipReason::NotTriggered(name(task)),
            SkipReason::GroupFailed(task) => SkipReason::GroupFailed(name(task)),
            SkipReason::RunFailing(task) => SkipReason::RunFailing(name(task)),
            SkipReason::Condition => SkipReason::Condition,
            SkipReason::QueueTimedOut => SkipReason::QueueTimedOut,
            SkipReason::Cancelled => SkipReason::Cancelled,
            SkipReason::RunTimedOut => SkipReason::RunTimedOut,
            SkipReason::NotApproved => SkipReason::NotApproved,
            SkipReason::Unrecorded => SkipReason::Unrecorded,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Cause<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Limit(Limit::Attempt) => f.write_str("timedOut: an attempt took longer than its limit"),
            Cause::Limit(Limit::Task) => {
                f.write_str("timedOut: all attempts together took longer than their limit")
            }
            Cause::GroupFailed(task) => write!(f, "groupFailed: `{task}` of its group failed"),
            Cause::RunFailed(task) => write!(f, "runFailed: `{task}` failed, and that stops all"),
            Cause::ParentEnded(task) => write!(f, "parentEnded: `{task}`, of which it is a part, ended"),
            Cause::Cancelled => f.write_str("cancelled: the run was stopped while it ran"),
            Cause::RunTimedOut => f.write_str("runTimedOut: the run's time limit was reached while it ran"),
        }
    }
}

impl<T: fmt::Display> fmt::Display for SkipReason<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::UpstreamFailed(task) => write!(f, "upstreamFailed: `{task}` gave no result"),
            SkipReason::NotTriggered(task) => {
                write!(f, "notTriggered: `{task}` did not do what it waited for")
            }
            SkipReason::GroupFailed(task) => {
                write!(f, "groupFailed: `{task}` of its group failed before it began")
            }
            SkipReason::RunFailing(task) => write!(f, "runFailing: `{task}` failed before it began"),
            SkipReason::Condition => f.write_str("condition: its condition does not hold"),
            SkipReason::QueueTimedOut => f.write_str("queueTimedOut: it waited too long for a slot"),
            SkipReason::Cancelled => f.write_str("cancelled: the run was stopped before it began"),
            SkipReason::RunTimedOut => f.write_str("runTimedOut: the run's time limit was reached"),
            SkipReason::NotApproved => f.write_str("notApproved: its stage was not approved"),
            SkipReason::Unrecorded => f.write_str("unrecorded: the journal could not be written"),
        }
    }
}
