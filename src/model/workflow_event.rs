//! Things that happened in a run of a workflow; named in the past tense. The state of the run is their fold.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::RunState;
use super::id::{ContentHash, RunId};

/// What happened. Texts and values hold no secret: they are masked before they get here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum WorkflowEvent {
    /// The run began.
    RunStarted {
        /// The run.
        run: RunId,
        /// Version of gaai.
        version: String,
        /// Name of the workflow.
        workflow: String,
        /// The file that it was read from.
        file: String,
        /// The text of that file, from which the run is taken up again.
        definition: String,
        /// The directory that its scripts start in.
        directory: String,
        /// How it runs, as JSON text.
        options: String,
        /// SHA-256 over what decides which steps there are and what they do.
        plan: ContentHash,
    },
    /// As many runs of the workflow as may go on already did: the run waits.
    RunQueued {
        /// For what.
        reason: String,
    },
    /// The run was taken up again by another process.
    RunResumed {
        /// Steps that need not be repeated.
        reused: u64,
        /// SHA-256 of the plan that it goes on with.
        plan: ContentHash,
        /// The text of its file, if that is another one than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        definition: Option<String>,
        /// Steps that had succeeded and are repeated all the same.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        repeated: Vec<String>,
    },
    /// A step of a class failed for which the run begins again from its first step: nothing that was done counts.
    RunRestarted {
        /// The step.
        step: String,
        /// The class of its failure.
        class: String,
        /// The so-manieth restart of this process, from 1.
        number: u32,
    },
    /// A step that runs another workflow read its file.
    WorkflowRead {
        /// The step.
        step: String,
        /// The file.
        file: String,
        /// SHA-256 of its text.
        text: ContentHash,
    },
    /// A step that could begin does not, or not for what kept it from it before.
    StepQueued {
        /// The step.
        step: String,
        /// What it waits for.
        reason: String,
    },
    /// An attempt of a step began.
    StepStarted {
        /// The step; parts of a step are called `STEP/PART`.
        step: String,
        /// From 1.
        attempt: u32,
        /// Time from when it could start, in microseconds.
        queued_us: u64,
        /// What it waited for, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waited_for: Option<String>,
    },
    /// An attempt failed, and there will be another.
    StepRetrying {
        /// The step.
        step: String,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why it failed.
        error: String,
        /// Time to the next attempt at least, in microseconds.
        pause_us: u64,
    },
    /// A step that had begun is over.
    StepFinished {
        /// The step.
        step: String,
        /// How it ended.
        #[serde(flatten)]
        end: StepEnd,
    },
    /// A step will not run.
    StepSkipped {
        /// The step.
        step: String,
        /// Why: a word, and what it means.
        reason: String,
    },
    /// A pool has another size.
    PoolResized {
        /// The pool.
        pool: String,
        /// Its size.
        size: u64,
    },
    /// The run ended.
    RunFinished {
        /// How.
        state: RunState,
        /// What went wrong, if anything did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// How a step that had begun ended, and what it left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepEnd {
    /// How.
    pub state: StepState,
    /// Attempts made.
    pub attempts: u32,
    /// Wall time from the start of the first attempt, in microseconds.
    pub elapsed_us: u64,
    /// What went wrong; never empty for a step that did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Exit code of its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What it printed to its standard output, cut in the middle beyond 64 KiB; of a success only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// Its outputs by name; of a success only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, Value>,
    /// What keeps its limits, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<String>,
}

/// How a step ended or that it did not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// Well.
    Succeeded,
    /// Its last attempt failed.
    Failed,
    /// It ran into a limit of time.
    TimedOut,
    /// It was stopped while it ran.
    Cancelled,
    /// It never began.
    Skipped,
}

impl StepState {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            StepState::Succeeded => "succeeded",
            StepState::Failed => "failed",
            StepState::TimedOut => "timedOut",
            StepState::Cancelled => "cancelled",
            StepState::Skipped => "skipped",
        }
    }
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
