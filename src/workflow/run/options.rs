//! How a workflow is run: what the person who runs it says over what the file says.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trace::Durability;
use crate::workflow::definition::Jobs;

/// Knobs of a run. `None` leaves the decision to the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RunOptions {
    /// Whether steps may run beside each other; beats the file's `parallel.enabled`.
    pub parallel_enabled: Option<bool>,
    /// Steps that may run at once; beats the file's `parallel.defaultMaxConcurrency`.
    pub max_concurrency: Option<Jobs>,
    /// Whether steps that do not depend on a failed one still run.
    pub keep_going: Option<bool>,
    /// Whether a tolerated failure fails the run.
    pub strict: bool,
    /// Values of variables in place of the file's.
    pub variables: BTreeMap<String, Value>,
    /// Steps to run, with all that they wait for; empty is all.
    pub until: Vec<String>,
    /// Steps to run, with all that waits for them; empty is all.
    pub from: Vec<String>,
    /// Steps to run, and nothing else; empty is all.
    pub only: Vec<String>,
    /// When the journal is forced to the disk.
    pub durability: Durability,
}

/// How a run is taken up again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Whether it goes on although its plan changed; steps that say something else now are repeated.
    pub force: bool,
    /// Steps that are repeated although they succeeded, with all that waits for them.
    pub repeat: Vec<String>,
}

/// What a run is given by the program around it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where the run's own files go. It exists.
    pub directory: PathBuf,
    /// The directory that scripts start in, and that relative paths of steps mean.
    pub base: PathBuf,
    /// The directory of the file: paths of nested workflows and of secrets are relative to it.
    pub home: PathBuf,
    /// The environment that steps see first.
    pub environment: BTreeMap<String, String>,
    /// Cores that there are, if that is known.
    pub cores: Option<usize>,
    /// Processes that may run at once as far as the limit on open files goes.
    pub most_children: usize,
    /// Where pools of the whole host keep their slots.
    pub pools: PathBuf,
    /// How long what is told to stop may take, where the file does not say.
    pub stop_grace: Duration,
    /// How long steps took in earlier runs, by name: of steps that wait for a place, the one with the longest
    /// way to the end goes first.
    pub expected: BTreeMap<String, Duration>,
}
