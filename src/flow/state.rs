//! The state of a flow: a pure fold of what happened to its tasks.

use std::collections::{BTreeMap, BTreeSet};

use super::task::{SkipReason, TaskSpec};
use crate::model::{
    event::{Event, Stage, TaskId},
    id::ContentHash,
};

/// Something that happened to a flow; named in the past tense.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A task exists.
    Queued(TaskSpec),
    /// A task exists whose output an earlier process left; it is being read.
    Found(TaskSpec),
    /// The output was read; the task need not run.
    Restored {
        /// The task.
        task: TaskId,
        /// Its output.
        artefact: ContentHash,
    },
    /// Approval was asked for before this task's stage begins.
    Asked(TaskId),
    /// The stage of this task may begin.
    Approved(TaskId),
    /// An attempt began.
    Started {
        /// The task.
        task: TaskId,
        /// From 1.
        attempt: u32,
    },
    /// The task ended well.
    Finished {
        /// The task.
        task: TaskId,
        /// Its output.
        artefact: ContentHash,
        /// Wall time of the attempt in microseconds.
        elapsed_us: u64,
    },
    /// An attempt ended badly.
    Failed {
        /// The task.
        task: TaskId,
        /// From 1.
        attempt: u32,
        /// What failed.
        reason: String,
        /// Wall time of the attempt in microseconds.
        elapsed_us: u64,
        /// Whether there will be another attempt.
        again: bool,
    },
    /// The pause before the next attempt is over.
    Rested(TaskId),
    /// The task will not run.
    Skipped {
        /// The task.
        task: TaskId,
        /// Why.
        reason: SkipReason,
    },
    /// No further task may start.
    Halted(Halt),
}

/// Why no further task may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The user stopped the run.
    Cancelled,
    /// The run's own time limit.
    TimedOut,
    /// The user did not approve a stage.
    NotApproved,
    /// The journal could not be written.
    Unrecorded,
}

/// Where a task stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Its earlier output is being read.
    Restoring,
    /// It waits for other tasks, for a slot or for an approval.
    Waiting,
    /// Somebody is being asked whether its stage may begin.
    Asked,
    /// An attempt runs.
    Running,
    /// It failed and pauses before the next attempt.
    Resting,
    /// It ended well.
    Finished(ContentHash),
    /// It ended badly.
    Failed,
    /// It will not run.
    Skipped,
}

impl Phase {
    /// Whether nothing more will happen to the task.
    pub fn is_over(&self) -> bool {
        match self {
            Phase::Finished(_) | Phase::Failed | Phase::Skipped => true,
            Phase::Restoring | Phase::Waiting | Phase::Asked | Phase::Running | Phase::Resting => false,
        }
    }
}

/// A task and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What was asked for.
    pub spec: TaskSpec,
    /// Where it stands.
    pub phase: Phase,
    /// Attempts begun.
    pub attempts: u32,
}

/// All tasks in the order in which they were queued, and what holds for the whole flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    tasks: Vec<Task>,
    places: BTreeMap<TaskId, usize>,
    approved: BTreeSet<Stage>,
    halt: Option<Halt>,
}

impl Change {
    /// The event that the journal keeps of it; `None` where a resumed run need not know.
    pub fn event(&self) -> Option<Event> {
        match self {
            Change::Queued(spec) => Some(Event::TaskQueued {
                task: spec.id.clone(),
                stage: spec.stage,
                after: spec.after.clone(),
            }),
            Change::Started { task, attempt } => Some(Event::TaskStarted {
                task: task.clone(),
                attempt: *attempt,
            }),
            Change::Finished {
                task,
                artefact,
                elapsed_us,
            } => Some(Event::TaskFinished {
                task: task.clone(),
                artefact: artefact.clone(),
                elapsed_us: *elapsed_us,
            }),
            Change::Failed {
                task,
                attempt,
                reason,
                elapsed_us,
                ..
            } => Some(Event::TaskFailed {
                task: task.clone(),
                attempt: *attempt,
                reason: reason.clone(),
                elapsed_us: *elapsed_us,
            }),
            Change::Skipped { task, reason } => Some(Event::TaskSkipped {
                task: task.clone(),
                reason: reason.to_string(),
            }),
            // A task that is restored stands in the journal already, with the time it took.
            Change::Found(_) | Change::Restored { .. } => None,
            Change::Asked(_) | Change::Approved(_) | Change::Rested(_) | Change::Halted(_) => None,
        }
    }
}

impl State {
    /// The state after `changes`.
    pub fn replay<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut state = Self::default();
        changes.into_iter().for_each(|it| state.apply(it));
        state
    }

    /// Takes one change in. A change of a task that is unknown or over is a defect of the caller
    /// and changes nothing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Queued(spec) => self.add(spec, Phase::Waiting),
            Change::Found(spec) => self.add(spec, Phase::Restoring),
            Change::Restored { task, artefact } | Change::Finished { task, artefact, .. } => {
                self.move_to(task, Phase::Finished(artefact.clone()));
            }
            Change::Asked(task) => self.move_to(task, Phase::Asked),
            Change::Approved(task) => {
                if let Some(stage) = self.task(task).map(|it| it.spec.stage) {
                    self.approved.insert(stage);
                }
                self.move_to(task, Phase::Waiting);
            }
            Change::Started { task, attempt } => {
                self.move_to(task, Phase::Running);
                if let Some(place) = self.places.get(task) {
                    self.tasks[*place].attempts = *attempt;
                }
            }
            Change::Failed {
                task, again: true, ..
            } => self.move_to(task, Phase::Resting),
            Change::Failed { task, .. } => self.move_to(task, Phase::Failed),
            Change::Rested(task) => self.move_to(task, Phase::Waiting),
            Change::Skipped { task, .. } => self.move_to(task, Phase::Skipped),
            // The first reason stands: what follows is its consequence.
            Change::Halted(halt) => self.halt = self.halt.or(Some(*halt)),
        }
    }

    /// All tasks in the order in which they were queued.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The task, if it was queued.
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.places.get(id).map(|place| &self.tasks[*place])
    }

    /// Position of the task in [`State::tasks`].
    pub(super) fn place(&self, id: &TaskId) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Why no further task may start, if so.
    pub fn halt(&self) -> Option<Halt> {
        self.halt
    }

    /// Whether the stage was approved.
    pub fn is_approved(&self, stage: Stage) -> bool {
        self.approved.contains(&stage)
    }

    /// Whether every task is over.
    pub fn is_over(&self) -> bool {
        self.tasks.iter().all(|it| it.phase.is_over())
    }

    fn add(&mut self, spec: &TaskSpec, phase: Phase) {
        if let Some(place) = self.places.get(&spec.id) {
            // Its earlier output could not be read, so it has to run after all.
            debug_assert_eq!(
                self.tasks[*place].phase,
                Phase::Restoring,
                "queued twice: {}",
                spec.id
            );
            self.tasks[*place].phase = phase;
            return;
        }
        self.places.insert(spec.id.clone(), self.tasks.len());
        self.tasks.push(Task {
            spec: spec.clone(),
            phase,
            attempts: 0,
        });
    }

    fn move_to(&mut self, id: &TaskId, phase: Phase) {
        let Some(place) = self.places.get(id) else {
            debug_assert!(false, "{id} was never queued");
            return;
        };
        let task = &mut self.tasks[*place];
        debug_assert!(!task.phase.is_over(), "{id} is over and cannot become {phase:?}");
        if !task.phase.is_over() {
            task.phase = phase;
        }
    }
}
