//! Begins or takes up a run and carries it to its end: the one way for all faces.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive;
use super::models::ModelKeys;
use super::parts::{self, Opened};
use super::runner::export_trace;
use super::runs::run_names;
use crate::flow::{Approve, Cancel, Flow, Policy};
use crate::llm::CONCURRENCY;
use crate::model::{
    event::{Event, RunState},
    id::RunId,
};
use crate::pipeline::{
    Artefacts, Desk, Effort, Launch, Models, Orchestrator, PipelineError, RunEnd, RunRequest, Setting,
};
use crate::trace::{self, Clock, EventSink, Sinks, TraceFormat, TraceSummary};

/// How a face wants a run to be begun.
pub struct Begin {
    /// What is asked for.
    pub request: RunRequest,
    /// The run's id; `None`: made from the time and the graph's name.
    pub run: Option<RunId>,
    /// Directory that holds the runs.
    pub output: PathBuf,
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
    /// What it brings for language models.
    pub models: ModelKeys,
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

/// Whether the trace is written beside the reports when a run ends. The journal has it either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceExport {
    /// In all formats.
    #[default]
    All,
    /// Not at all.
    Nothing,
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
    /// Whether taking it up again may make more than there is.
    pub may_resume: bool,
    /// What happened, from its journal.
    pub summary: TraceSummary,
    /// What could not be kept beside the run itself: catalog, trace files.
    pub warnings: Vec<String>,
}

/// Begins a new run.
///
/// # Errors
///
/// What cannot be used of the request; then nothing was written.
pub async fn begin(begin: Begin, face: &Face) -> Result<Running, PipelineError> {
    let opened = parts::open(&begin.request, &begin.request.effort, &face.models)?;
    opened.check_core(&begin.request).await?;
    let names = run_names(begin.run, (face.clock)() / 1000, &begin.request.name);
    let inputs = opened.inputs.clone();
    let launch = Launch::begin(
        &begin.output,
        names,
        begin.request,
        inputs,
        Arc::clone(&face.clock),
    )?;
    put_together(launch, opened, face)
}

/// Takes up the run in `directory`, working as hard as `effort` says and otherwise as before; finished
/// stages are not repeated.
///
/// # Errors
///
/// A run that cannot be taken up, with the reason.
pub fn resume(directory: &Path, effort: &Effort, face: &Face) -> Result<Running, PipelineError> {
    let mut opened = None;
    let launch = Launch::resume(directory, effort, Arc::clone(&face.clock), |request, effort| {
        let found = parts::open(request, effort, &face.models)?;
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
    observers.push(Arc::clone(&launch.heard) as Arc<dyn EventSink>);
    observers.extend(face.observers.iter().cloned());
    let sink: Arc<dyn EventSink> = Arc::new(Sinks(observers));
    let mut flow = Flow::new(
        policy(&launch.request, &opened.models),
        Arc::clone(&sink),
        Arc::clone(&face.clock),
        face.cancel.clone(),
    )
    .with_finished(launch.history.finished.clone());
    if let Some(approve) = &face.approve {
        // A flow asks in stepwise mode only, whether the run begins or is taken up again.
        flow = flow.with_approval(Arc::clone(approve));
    }
    let setting = Setting {
        request: launch.request.clone(),
        graph: launch.request.name.clone(),
        run: launch.run.clone(),
        directory: launch.directory.clone(),
        started_ms: launch.started_ms,
        formats: opened.formats.clone(),
    };
    if let Some(ledger) = &opened.models.ledger {
        let paid = launch.heard.calls();
        ledger.take_over(paid.tokens, paid.cost_usd, paid.unpriced > 0);
    }
    let artefacts = Artefacts::open(&launch.directory)?;
    let desk = Desk {
        flow: flow.clone(),
        artefacts,
        sink: Arc::clone(&sink),
        handed: Arc::new(launch.history.handed.clone()),
    };
    let parts = opened.parts(Arc::clone(&sink));
    let orchestrator = Orchestrator::new(
        setting,
        parts,
        desk,
        Arc::clone(&launch.heard),
        launch.history.files.clone(),
    );
    Ok(Running {
        flow,
        directory: launch.directory.clone(),
        launch,
        orchestrator,
        sink,
    })
}

/// The policy of a run that asks `models`.
pub(super) fn policy(request: &RunRequest, models: &Models) -> Policy {
    let cores = super::cores().unwrap_or(1);
    let requests = match models.by_role.is_empty() {
        true => 0,
        false => request.models.concurrency.unwrap_or(CONCURRENCY),
    };
    request.effort.policy(cores, requests)
}

impl Running {
    /// Carries the run to its end: stages, last event, trace files unless `exports` forbids them, and
    /// the catalog beside the run.
    ///
    /// # Errors
    ///
    /// A journal that cannot be read back.
    pub async fn finish(self, exports: TraceExport) -> Result<Finished, PipelineError> {
        let end = self.orchestrator.run().await;
        let state = match &end {
            Ok(end) => end.state,
            Err(error) => error.state().unwrap_or(RunState::Failed),
        };
        let may_resume = match &end {
            Ok(end) => end.may_resume,
            Err(error) => error.may_resume(),
        };
        let mut warnings = Vec::new();
        if let Err(error) = self.sink.record(&Event::RunFinished { state }) {
            warnings.push(error.to_string());
        }
        if let Err(error) = self.launch.journal.sync() {
            warnings.push(error.to_string());
        }
        let calls = self.launch.heard.calls();
        if calls.calls == 0 && calls.failed > 0 {
            warnings.push(format!(
                "no model answered any of {} requests, so that what the rules give stands; the index says why",
                calls.failed
            ));
        }
        let records = trace::read(&self.directory).map_err(|error| PipelineError::Unreadable {
            path: self.directory.display().to_string(),
            reason: error.to_string(),
        })?;
        let formats: &[TraceFormat] = match exports {
            TraceExport::All => &TraceFormat::ALL,
            TraceExport::Nothing => &[],
        };
        if let Err(error) = export_trace(&self.directory, &self.directory.join("trace"), formats) {
            warnings.push(error.to_string());
        }
        let output = self.directory.parent().unwrap_or(Path::new("."));
        if let Err(reason) = archive::take_in(output, &self.directory).await {
            warnings.push(format!("the catalog was not updated: {reason}"));
        }
        Ok(Finished {
            run: self.launch.run.clone(),
            directory: self.directory,
            end,
            state,
            may_resume,
            summary: TraceSummary::of(&records),
            warnings,
        })
    }
}
