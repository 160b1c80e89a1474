//! Things that happened in a run; named in the past tense, never commands. State is their fold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::{ContentHash, RunId};

/// A stage of the pipeline; the agent of the same name performs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reads the documents and resolves the vertical.
    Vertical,
    /// Takes the census and says what it means.
    Schema,
    /// Reads what the documents ask for.
    Requirements,
    /// Proposes and ranks use cases.
    UseCases,
    /// Turns use cases into validated templates.
    Templates,
    /// Runs one template; one task each.
    Execution,
    /// Finds, verifies and draws the report of one use case; one task each.
    Report,
    /// Draws the index of the run.
    Index,
}

/// A unit that the scheduler runs: a stage, or an instance of one, e.g. `execution:wcc-3fa92c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for TaskId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// One line of a journal: of a run of the pipeline, or of a workflow with events of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record<E = Event> {
    /// Position, from 0, without gaps.
    pub seq: u64,
    /// Milliseconds since 1970-01-01 UTC, from the run's clock.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: E,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The run began. `request` is the JSON of what was asked for, from which it is resumed.
    RunStarted {
        /// The run.
        run: RunId,
        /// Version of gaai.
        version: String,
        /// The request as JSON text.
        request: String,
        /// SHA-256 over all inputs, documents, vertical and settings: a resume with other inputs is refused.
        inputs: ContentHash,
    },
    /// The run was taken up again by another process.
    RunResumed {
        /// Tasks that need not be repeated.
        reused: u64,
        /// How hard that process works, as JSON text: the next one goes on from there. Empty in older journals.
        #[serde(default)]
        effort: String,
    },
    /// A task exists and waits for `after`.
    TaskQueued {
        /// The task.
        task: TaskId,
        /// Its stage.
        stage: Stage,
        /// The tasks that it waits for.
        after: Vec<TaskId>,
    },
    /// A task began.
    TaskStarted {
        /// The task.
        task: TaskId,
        /// From 1.
        attempt: u32,
    },
    /// A task ended well; its artefact is on disk.
    TaskFinished {
        /// The task.
        task: TaskId,
        /// Its output.
        artefact: ContentHash,
        /// Wall time of the attempt in microseconds.
        elapsed_us: u64,
    },
    /// A task ended badly.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// From 1.
        attempt: u32,
        /// What failed, on which input, what to do next.
        reason: String,
        /// Wall time of the attempt in microseconds.
        elapsed_us: u64,
    },
    /// A task will not run.
    TaskSkipped {
        /// The task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// One artefact was handed from one stage to another: a message.
    ArtefactHanded {
        /// Who made it.
        from: TaskId,
        /// Who reads it.
        to: TaskId,
        /// What.
        artefact: ContentHash,
    },
    /// A projection was loaded; executions that share it do not load it again.
    GraphLoaded {
        /// Content hash of the projection.
        projection: ContentHash,
        /// Vertices.
        vertices: u64,
        /// Edges.
        edges: u64,
        /// Bytes in memory.
        bytes: u64,
        /// Wall time in microseconds.
        elapsed_us: u64,
    },
    /// A check after a stage found something; `sent_back` says whether the stage was repeated.
    QualityChecked {
        /// The task whose output was checked.
        task: TaskId,
        /// What was noticed, in sentences; empty when all was well.
        notes: Vec<String>,
        /// Whether the stage must run again.
        sent_back: bool,
    },
    /// A model answered (none does in an offline run).
    ModelCalled {
        /// The task that asked.
        task: TaskId,
        /// Id and version of the prompt.
        prompt: String,
        /// The model that answered, `PROVIDER/NAME`.
        model: String,
        /// Tokens of the prompt and the reply that are paid for.
        tokens: u64,
        /// Tokens that a kept reply saved.
        saved_tokens: u64,
        /// Price in USD; `None` where it is not known.
        cost_usd: Option<f64>,
        /// Wall time in microseconds.
        elapsed_us: u64,
    },
    /// A model did not answer, or was not asked.
    ModelFailed {
        /// The task that asked.
        task: TaskId,
        /// Id and version of the prompt.
        prompt: String,
        /// The model, `PROVIDER/NAME`.
        model: String,
        /// What went wrong.
        reason: String,
        /// Whether the run itself stood in the way, by its budget or its end: a process that takes it up asks again.
        withheld: bool,
        /// Tokens that count as paid for: the provider may have charged them.
        tokens: u64,
        /// Their price in USD; `None` where it is not known.
        cost_usd: Option<f64>,
        /// Wall time since the task asked, in microseconds.
        elapsed_us: u64,
    },
    /// Another model is asked from here on.
    ModelSwitched {
        /// The task that asked.
        task: TaskId,
        /// The model that was to be asked.
        from: String,
        /// The model that is asked instead.
        to: String,
        /// Why; `None` when the first in order is tried again.
        reason: Option<String>,
    },
    /// A step on the way to a model's answer was taken.
    ModelStepped {
        /// The task that asks.
        task: TaskId,
        /// Id and version of the prompt.
        prompt: String,
        /// Which one.
        step: AskingStep,
        /// What is to be known of it: form, limit, faults, reason.
        details: Vec<String>,
    },
    /// A model's answers were judged; what is to be known of them is said in sentences.
    ModelAdvised {
        /// The task that asked.
        task: TaskId,
        /// What was asked again, refused, or left to the rules, each with its reason.
        notes: Vec<String>,
    },
    /// A file of the run was written whole.
    FileWritten {
        /// Path relative to the run directory, with `/`.
        path: String,
        /// SHA-256 of its bytes.
        hash: ContentHash,
        /// Its length.
        bytes: u64,
    },
    /// The run ended.
    RunFinished {
        /// How.
        state: RunState,
    },
}

/// A step on the way to a model's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskingStep {
    /// The model was asked, in a form.
    Asked,
    /// The endpoint refused the form, and a less strict one was taken.
    SteppedDown,
    /// The answer did not fit, and the model was shown why.
    AskedAgain,
    /// The answer was cut, and less was asked for.
    AskedForLess,
    /// There is no answer; what the rules give stands.
    GaveUp,
}

/// How a run ended; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// Interrupted by the user.
    Cancelled,
    /// The run's own time limit.
    TimedOut,
    /// A budget or resource limit ended or refused the run.
    Stopped,
    /// An untolerated failure left no usable result.
    Failed,
    /// Some templates failed, the rest stands.
    PartiallySucceeded,
    /// All is well.
    Succeeded,
}
