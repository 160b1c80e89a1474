//! One stage as a task of the flow: inputs handed over, output kept as an artefact, quality checked.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::artefacts::Artefacts;
use super::error::PipelineError;
use crate::flow::{Attempt, Ended, Failure, Flow, Remedy, TaskSpec};
use crate::model::{
    event::{Event, TaskId},
    id::ContentHash,
};
use crate::trace::EventSink;

/// What a stage made: its value, and the artefact that keeps it.
#[derive(Debug)]
pub struct Made<T> {
    /// The task that made it.
    pub task: TaskId,
    /// The artefact.
    pub artefact: ContentHash,
    /// The value.
    pub value: Arc<T>,
}

impl<T> Clone for Made<T> {
    fn clone(&self) -> Self {
        Self {
            task: self.task.clone(),
            artefact: self.artefact.clone(),
            value: Arc::clone(&self.value),
        }
    }
}

impl<T> Made<T> {
    /// Its name as an input of another stage.
    pub fn handed(&self) -> Input {
        Input {
            task: self.task.clone(),
            artefact: self.artefact.clone(),
        }
    }
}

/// An artefact that a stage reads: becomes a message in the trace.
#[derive(Clone, Debug)]
pub struct Input {
    /// Who made it.
    pub task: TaskId,
    /// What.
    pub artefact: ContentHash,
}

/// Performs stages on a flow.
#[derive(Clone)]
pub struct Desk {
    /// The scheduler.
    pub flow: Flow,
    /// Where outputs are kept.
    pub artefacts: Artefacts,
    /// The run's events.
    pub sink: Arc<dyn EventSink>,
    /// What each task of an earlier process was handed.
    pub handed: Arc<BTreeMap<TaskId, BTreeSet<ContentHash>>>,
}

/// Whether an output of an earlier process may stand; the reason when it may not.
pub type MayStand<T> = Box<dyn FnOnce(&T) -> Result<(), String> + Send>;

impl Desk {
    /// Queues a stage now and returns the future of what it makes.
    ///
    /// `work` is called once per attempt. An output of an earlier process is read instead of made
    /// again; one that was altered, is missing, or was made from other inputs is made again.
    pub fn stage<T, W>(
        &self,
        spec: TaskSpec,
        inputs: Vec<Input>,
        work: W,
    ) -> BoxFuture<'static, Result<Made<T>, Ended>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: Fn(Attempt) -> BoxFuture<'static, Result<T, Failure>> + Send + Sync + 'static,
    {
        self.stage_with_files(spec, inputs, Box::new(|_| Ok(())), work)
    }

    /// The same for a stage that leaves more than its artefact: an earlier output counts only when
    /// `may_stand` finds all of it.
    pub fn stage_with_files<T, W>(
        &self,
        spec: TaskSpec,
        inputs: Vec<Input>,
        may_stand: MayStand<T>,
        work: W,
    ) -> BoxFuture<'static, Result<Made<T>, Ended>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: Fn(Attempt) -> BoxFuture<'static, Result<T, Failure>> + Send + Sync + 'static,
    {
        let task = spec.id.clone();
        let desk = self.clone();
        let restoring = self.clone();
        let (made, restored) = (task.clone(), task);
        let given: BTreeSet<ContentHash> = inputs.iter().map(|it| it.artefact.clone()).collect();
        let performed = self.flow.perform(
            spec,
            move |attempt| {
                // A message is handed over once, however often its reader has to try.
                let announced = match attempt.number() {
                    1 => desk.announce(&made, &inputs),
                    _ => Ok(()),
                };
                let working = work(attempt);
                let desk = desk.clone();
                let task = made.clone();
                async move {
                    announced?;
                    desk.keep(task, working).await
                }
            },
            move |artefact| async move {
                let earlier = restoring.handed.get(&restored).cloned().unwrap_or_default();
                if earlier != given {
                    return Err("it was made from other inputs".to_owned());
                }
                let read = restoring.artefacts.get(&artefact);
                let kept = read.map_err(|error| error.to_string()).and_then(|value| {
                    may_stand(&value)?;
                    Ok(value)
                });
                let value = kept.inspect_err(|reason| {
                    tracing::warn!(task = %restored, reason, "an earlier output cannot stand; the task runs again");
                })?;
                Ok(Made {
                    task: restored,
                    artefact,
                    value: Arc::new(value),
                })
            },
        );
        Box::pin(performed)
    }

    /// Writes one message per artefact that a stage reads.
    fn announce(&self, to: &TaskId, inputs: &[Input]) -> Result<(), Failure> {
        for input in inputs {
            self.record(&Event::ArtefactHanded {
                from: input.task.clone(),
                to: to.clone(),
                artefact: input.artefact.clone(),
            })?;
        }
        Ok(())
    }

    async fn keep<T: Serialize>(
        &self,
        task: TaskId,
        working: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(ContentHash, Made<T>), Failure> {
        let value = working.await?;
        let artefact = self.artefacts.put(&value).map_err(|error| failure(&error))?;
        Ok((
            artefact.clone(),
            Made {
                task,
                artefact,
                value: Arc::new(value),
            },
        ))
    }

    /// Writes one event to the journal.
    pub fn record(&self, event: &Event) -> Result<(), Failure> {
        self.sink.record(event).map_err(Failure::give_up)
    }
}

/// A pipeline error as the scheduler sees it.
pub(super) fn failure(error: &PipelineError) -> Failure {
    let remedy = match error {
        PipelineError::Cancelled => Remedy::Cancelled,
        PipelineError::Refused(_) => Remedy::Refused,
        PipelineError::Defect { .. } => Remedy::Defect,
        PipelineError::Unwritable { .. } | PipelineError::Unreadable { .. } => Remedy::Mend,
        PipelineError::Invalid(_)
        | PipelineError::Stage { .. }
        | PipelineError::TimedOut { .. }
        | PipelineError::Run { .. } => Remedy::GiveUp,
    };
    Failure {
        reason: error.to_string(),
        remedy,
    }
}

/// Runs `work` where computing does not hold up the scheduler; a panic becomes a failure.
pub(super) async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Failure::defect(
            "the stage stopped at a defect of gaai; its panic is on standard error",
        )),
    }
}
