//! Begins or takes up a run and carries it to its end: the one way for all faces.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive;
use super::parts::{self, Opened};
use super::runner::export_trace;
use crate::config::Project;
use crate::flow::{Approve, Cancel, Flow, Policy};
use crate::model::{
    event::{Event, RunState},
    id::RunId,
};
use crate::pipeline::{
    Artefacts, Desk, Launch, Mode, Orchestrator, PipelineError, RunEnd, RunRequest, Setting,
};
use crate::report::Format;
use crate::trace::{self, Clock, Durability, EventSink, Sinks, TraceFormat, TraceSummary};

/// How a face wants a run to be begun.
pub struct Begin {
    /// What is asked for.
    pub request: RunRequest,
    /// The run's id.
    pub run: RunId,
    /// Directory that holds the runs.
    pub output: PathBuf,
    /// When journal records reach the disk.
    pub durability: Durability,
}

/// What a face hands to any run.
#[derive(Clone)]
pub struct Face {
    /// Microseconds since 1970-01-01 UTC.
    pub clock: Clock,
    /// Who else sees the events.
    pub observers: Vec<Arc<dyn EventSink>>,
    /// Through it the user stops the run.
    pub cancel: Cancel,
    /// Asked before each stage in stepwise mode.
    pub approve: Option<Approve>,
}

/// A run that has begun.
pub struct Running {
    /// Its scheduler, for progress.
    pub flow: Flow,
    /// Its directory.
    pub directory: PathBuf,
    launch: Launch,
    orchestrator: Orchestrator,
    sink: Arc<dyn EventSink>,
}

/// A run that has ended.
pub struct Finished {
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub directory: PathBuf,
    /// How it ended; an error when nothing usable was made.
    pub end: Result<RunEnd, PipelineError>,
    /// Its state.
    pub state: RunState,
    /// What happened, from its journal.
    pub summary: TraceSummary,
    /// What could not be kept beside the run itself: catalog, trace files.
    pub warnings: Vec<String>,
}

/// Begins a new run.
pub fn begin(begin: Begin, project: &Project, face: &Face) -> Result<Running, PipelineError> {
    let opened = parts::open(&begin.request, project)?;
    let launch = Launch::begin(
        &begin.output,
        begin.run,
        begin.request,
        opened.inputs.clone(),
        begin.durability,
        Arc::clone(&face.clock),
    )?;
    put_together(launch, opened, face)
}

/// Takes up the run in `directory`; finished stages are not repeated.
pub fn resume(
    directory: &Path,
    durability: Durability,
    project: &Project,
    face: &Face,
) -> Result<Running, PipelineError> {
    let mut opened = None;
    let launch = Launch::resume(directory, durability, Arc::clone(&face.clock), |request| {
        let found = parts::open(request, project)?;
        let inputs = found.inputs.clone();
        opened = Some(found);
        Ok(inputs)
    })?;
    let opened = opened.ok_or_else(|| PipelineError::Defect {
        reason: "a resumed run was not opened".to_owned(),
    })?;
    put_together(launch, opened, face)
}

fn put_together(launch: Launch, opened: Opened, face: &Face) -> Result<Running, PipelineError> {
    let mut observers: Vec<Arc<dyn EventSink>> = vec![Arc::clone(&launch.journal) as Arc<dyn EventSink>];
    observers.push(Arc::clone(&launch.timings) as Arc<dyn EventSink>);
    observers.extend(face.observers.iter().cloned());
    let sink: Arc<dyn EventSink> = Arc::new(Sinks(observers));
    let mut flow = Flow::new(
        policy(&launch.request),
        Arc::clone(&sink),
        Arc::clone(&face.clock),
        face.cancel.clone(),
    )
    .with_finished(launch.history.finished.clone());
    if let Some(approve) = &face.approve {
        flow = flow.with_approval(Arc::clone(approve));
    }
    let setting = Setting {
        request: launch.request.clone(),
        graph: opened.graph.clone(),
        run: launch.run.clone(),
        directory: launch.directory.clone(),
        started_ms: launch.started_ms,
        formats: formats(&launch.request)?,
    };
    let artefacts = Artefacts::open(&launch.directory)?;
    let desk = Desk {
        flow: flow.clone(),
        artefacts,
        sink: Arc::clone(&sink),
    };
    let parts = opened.parts(&launch.request, Arc::clone(&sink))?;
    let orchestrator = Orchestrator::new(setting, parts, desk, Arc::clone(&launch.timings));
    Ok(Running {
        flow,
        directory: launch.directory.clone(),
        launch,
        orchestrator,
        sink,
    })
}

/// The policy that a request's mode and limits name.
pub(super) fn policy(request: &RunRequest) -> Policy {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let effort = &request.effort;
    let policy = match effort.mode {
        Mode::Stepwise => Policy::stepwise(),
        Mode::Sequential => Policy::sequential(),
        Mode::Parallel => Policy::parallel(effort.max_executions.or(effort.threads).unwrap_or(cores).max(1)),
    };
    Policy {
        run_timeout: effort.timeout(),
        ..policy
    }
}

/// The formats that a request names.
fn formats(request: &RunRequest) -> Result<Vec<Format>, PipelineError> {
    let mut formats = Vec::new();
    for name in &request.formats {
        let format = Format::named(name).ok_or_else(|| {
            PipelineError::Invalid(format!(
                "there is no report format `{name}`; there are md, html, json and txt"
            ))
        })?;
        formats.push(format);
    }
    formats.sort();
    formats.dedup();
    if formats.is_empty() {
        Ok(Format::ALL.to_vec())
    } else {
        Ok(formats)
    }
}

impl Running {
    /// Carries the run to its end: stages, last event, trace files, manifest, catalog.
    pub async fn finish(self, output: &Path) -> Result<Finished, PipelineError> {
        let end = self.orchestrator.run().await;
        let state = match &end {
            Ok(end) => end.state,
            Err(error) => error.state().unwrap_or(RunState::Failed),
        };
        let mut warnings = Vec::new();
        if let Err(error) = self.sink.record(&Event::RunFinished { state }) {
            warnings.push(error.to_string());
        }
        if let Err(error) = self.launch.journal.sync() {
            warnings.push(error.to_string());
        }
        let records = trace::read(&self.directory).map_err(|error| PipelineError::Unreadable {
            path: self.directory.display().to_string(),
            reason: error.to_string(),
        })?;
        if let Err(error) = export_trace(&self.directory, &self.directory.join("trace"), &TraceFormat::ALL) {
            warnings.push(error.to_string());
        }
        if let Err(reason) = archive::take_in(output, &self.directory).await {
            warnings.push(format!(
                "the catalog was not updated: {reason}; `gaai catalog rebuild` makes it again"
            ));
        }
        Ok(Finished {
            run: self.launch.run.clone(),
            directory: self.directory,
            end,
            state,
            summary: TraceSummary::of(&records),
            warnings,
        })
    }
}
