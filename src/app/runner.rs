//! The main job in a few lines of code, with the names that its users know.
//!
//! ```no_run
//! use gaai::app::{AgenticWorkflowRunner, InputDocument};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runner = AgenticWorkflowRunner { graph_name: "demo:fraud".to_owned(), ..Default::default() };
//! let state = runner.run(&[InputDocument::content("Which accounts move money in circles?")])?;
//! runner.export_reports(&state, "reports")?;
//! runner.print_trace_summary(&state, &mut std::io::stdout())?;
//! # Ok(())
//! # }
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::models::ModelKeys;
use super::request::{self, Asked};
use super::running::{self, Begin, Face, Finished, TraceExport};
use crate::config;
use crate::flow::Cancel;
use crate::model::{
    event::RunState,
    id::RunId,
    report::{Report, RunReport},
};
use crate::pipeline::{Effort, Mode, PipelineError, write_whole};
use crate::trace::{self, Durability, TraceFormat, TraceSummary};

/// A document as it is handed to a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputDocument {
    /// A file, or a directory of files.
    Path(PathBuf),
    /// A text.
    Content(String),
}

impl InputDocument {
    /// A file.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::Path(path.into())
    }

    /// A text.
    pub fn content(text: impl Into<String>) -> Self {
        Self::Content(text.into())
    }
}

/// Runs the whole workflow on one graph.
#[derive(Clone, Debug)]
pub struct AgenticWorkflowRunner {
    /// The graph, as for `gaai run --graph`.
    pub graph_name: String,
    /// Vertex collections that the questions are about; empty: decided by the schema agent.
    pub core_collections: Vec<String>,
    /// `auto`, a name or a file; `None`: what `gaai.toml` says, else `auto`.
    pub vertical: Option<String>,
    /// Whether the trace is exported beside the reports when a run ends.
    pub enable_tracing: bool,
    /// Whether journal records reach the disk one by one, so that a crash can be studied.
    pub enable_debug_mode: bool,
    /// Whether independent stages run at once; the bytes are the same either way.
    pub enable_parallelism: bool,
    /// Concurrent executions at most; `None`: as many as cores.
    pub max_executions: Option<usize>,
    /// Templates at most; `None`: all.
    pub max_templates: Option<usize>,
    /// Report formats: `md`, `html`, `json`, `txt`; empty: all.
    pub export_formats: Vec<String>,
    /// Directory that holds the runs; `None`: what `gaai.toml` says, else `output`.
    pub output: Option<PathBuf>,
}

impl Default for AgenticWorkflowRunner {
    fn default() -> Self {
        Self {
            graph_name: String::new(),
            core_collections: Vec::new(),
            vertical: None,
            enable_tracing: true,
            enable_debug_mode: false,
            enable_parallelism: true,
            max_executions: None,
            max_templates: None,
            export_formats: Vec::new(),
            output: None,
        }
    }
}

/// What a run of the workflow came to.
#[derive(Clone, Debug)]
pub struct WorkflowState {
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub directory: PathBuf,
    /// How it ended.
    pub state: RunState,
    /// Its reports, by rank of their use case.
    pub reports: Vec<Report>,
    /// The index of the reports.
    pub index: Arc<RunReport>,
    /// What happened, from the journal.
    pub trace: TraceSummary,
    /// What could not be kept beside the run itself: catalog, trace files.
    pub warnings: Vec<String>,
}

impl AgenticWorkflowRunner {
    /// A runner for `graph_name` with the defaults.
    pub fn new(graph_name: impl Into<String>) -> Self {
        Self {
            graph_name: graph_name.into(),
            ..Self::default()
        }
    }

    /// Runs to the end on a runtime of its own; do not call it from async code.
    ///
    /// # Errors
    ///
    /// When nothing usable was made; a run of which a part failed is in [`WorkflowState::state`].
    pub fn run(&self, documents: &[InputDocument]) -> Result<WorkflowState, PipelineError> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| PipelineError::Refused(format!("no threads could be started: {error}")))?
            .block_on(self.run_async(documents))
    }

    /// Runs to the end.
    ///
    /// # Errors
    ///
    /// As [`AgenticWorkflowRunner::run`].
    pub async fn run_async(&self, documents: &[InputDocument]) -> Result<WorkflowState, PipelineError> {
        let here = std::env::current_dir().map_err(|error| {
            PipelineError::Invalid(format!("the working directory cannot be read: {error}"))
        })?;
        let project =
            config::find_project(&here).map_err(|error| PipelineError::Invalid(error.to_string()))?;
        let begin = Begin {
            run: None,
            request: request::request(self.asked(documents), &project, &here)?,
            output: self.output.clone().unwrap_or_else(|| project.output_directory()),
        };
        let face = Face {
            clock: Arc::new(config::now_us),
            observers: Vec::new(),
            cancel: Cancel::default(),
            approve: None,
            models: ModelKeys {
                variables: config::Environment::read().models,
                ..ModelKeys::default()
            },
        };
        let exports = if self.enable_tracing {
            TraceExport::All
        } else {
            TraceExport::Nothing
        };
        state(running::begin(begin, &face).await?.finish(exports).await?)
    }

    fn asked(&self, documents: &[InputDocument]) -> Asked {
        let mut asked = Asked {
            graph: self.graph_name.clone(),
            vertical: self.vertical.clone(),
            core_collections: self.core_collections.clone(),
            max_templates: self.max_templates,
            formats: self.export_formats.clone(),
            effort: Effort {
                mode: Some(if self.enable_parallelism {
                    Mode::Parallel
                } else {
                    Mode::Sequential
                }),
                durability: self.enable_debug_mode.then_some(Durability::Strict),
                max_executions: self.max_executions,
                ..Effort::default()
            },
            ..Asked::default()
        };
        for document in documents {
            match document {
                InputDocument::Path(path) => asked.documents.push(path.clone()),
                InputDocument::Content(text) => asked.asks.push(text.clone()),
            }
        }
        asked
    }

    /// Copies the reports of a run to `directory`, and gives the files written.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or written.
    pub fn export_reports(
        &self,
        state: &WorkflowState,
        directory: impl AsRef<Path>,
    ) -> Result<Vec<PathBuf>, PipelineError> {
        let source = state.directory.join("reports");
        let unreadable = |error: io::Error| PipelineError::Unreadable {
            path: source.display().to_string(),
            reason: error.to_string(),
        };
        let mut written = Vec::new();
        for entry in fs::read_dir(&source).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let target = directory.as_ref().join(entry.file_name());
            write_whole(&target, &fs::read(entry.path()).map_err(unreadable)?)?;
            written.push(target);
        }
        written.sort();
        Ok(written)
    }

    /// Writes the trace of a run to `directory` in `formats` (`json`, `html`, `svg`, `md`).
    ///
    /// # Errors
    ///
    /// An unknown format, or a file that cannot be read or written.
    pub fn export_trace(
        &self,
        state: &WorkflowState,
        directory: impl AsRef<Path>,
        formats: &[&str],
    ) -> Result<Vec<PathBuf>, PipelineError> {
        let mut chosen = Vec::new();
        for name in formats {
            chosen.push(TraceFormat::named(name).ok_or_else(|| {
                PipelineError::Invalid(format!(
                    "there is no trace format `{name}`; there are json, html, svg and md"
                ))
            })?);
        }
        export_trace(&state.directory, directory.as_ref(), &chosen)
    }

    /// Writes the trace summary of a run for people.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn print_trace_summary(&self, state: &WorkflowState, out: &mut dyn Write) -> io::Result<()> {
        trace::print_summary(&state.trace, out)
    }
}

/// Writes the trace of the run in `run_directory` to `target`, and gives the files written.
pub fn export_trace(
    run_directory: &Path,
    target: &Path,
    formats: &[TraceFormat],
) -> Result<Vec<PathBuf>, PipelineError> {
    let unreadable = |reason: String| PipelineError::Unreadable {
        path: run_directory.display().to_string(),
        reason,
    };
    let records = trace::read(run_directory).map_err(|error| unreadable(error.to_string()))?;
    let mut written = Vec::new();
    for format in formats {
        let mut bytes = Vec::new();
        trace::export(&records, *format, &mut bytes).map_err(|error| unreadable(error.to_string()))?;
        let path = target.join(format.file_name());
        write_whole(&path, &bytes)?;
        written.push(path);
    }
    Ok(written)
}

/// Runs the workflow on `graph_name` with at most `max_executions` concurrent executions.
///
/// # Errors
///
/// As [`AgenticWorkflowRunner::run`].
pub async fn run_agentic_workflow_async(
    graph_name: &str,
    documents: &[InputDocument],
    max_executions: Option<usize>,
    enable_parallelism: bool,
) -> Result<WorkflowState, PipelineError> {
    let runner = AgenticWorkflowRunner {
        max_executions,
        enable_parallelism,
        ..AgenticWorkflowRunner::new(graph_name)
    };
    runner.run_async(documents).await
}

fn state(finished: Finished) -> Result<WorkflowState, PipelineError> {
    let of_run = |error: PipelineError| PipelineError::Run {
        directory: finished.directory.display().to_string(),
        error: Box::new(error),
    };
    let end = finished.end.map_err(of_run)?;
    let index = end.index.ok_or_else(|| {
        of_run(PipelineError::Stage {
            reason: "the run wrote no index".to_owned(),
            may_resume: false,
        })
    })?;
    Ok(WorkflowState {
        run: finished.run,
        directory: finished.directory,
        state: finished.state,
        reports: index.reports.iter().map(|(_, report)| report.clone()).collect(),
        index,
        trace: finished.summary,
        warnings: finished.warnings,
    })
}
