//! `gaai run`, `gaai plan` and `gaai resume`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Serialize;

use super::Session;
use super::arguments::{DurabilityArgument, ModeArgument, Place, RequestArguments, RunArguments};
use super::exit;
use super::progress::Progress;
use crate::app::{self, Begin, Face, Finished, Running};
use crate::config;
use crate::flow::{Approve, Cancel};
use crate::model::{event::RunState, id::RunId, report::RunReport};
use crate::pipeline::{Effort, Mode, PipelineError, RunRequest};
use crate::trace::{self, Durability, EventSink};

/// Does the main job.
pub(super) fn run(session: &Session, arguments: RunArguments) -> anyhow::Result<u8> {
    let mode = match arguments.mode {
        ModeArgument::Stepwise => Mode::Stepwise,
        ModeArgument::Sequential => Mode::Sequential,
        ModeArgument::Parallel => Mode::Parallel,
    };
    let mut request = request(session, &arguments.request)?;
    request.formats.clone_from(&arguments.format);
    request.effort.mode = mode;
    if let Some(limit) = &arguments.timeout {
        request.effort.timeout_ms = Some(milliseconds(config::parse_duration("timeout", limit)?));
    }
    let output = session.output(&arguments.request.place);
    let started_ms = config::now_ms();
    let run = arguments
        .run_id
        .clone()
        .unwrap_or_else(|| config::run_id(started_ms, &request.graph));
    check_run_id(&run)?;
    let begin = Begin {
        request,
        run: RunId(run),
        output: output.clone(),
        durability: match arguments.durability {
            DurabilityArgument::Strict => Durability::Strict,
            DurabilityArgument::Batched => Durability::Batched,
            DurabilityArgument::None => Durability::None,
        },
    };
    carry(session, &output, mode, |face| {
        app::begin(begin, &session.project, face)
    })
}

/// Takes up a run again.
pub(super) fn resume(session: &Session, run: &str, place: &Place) -> anyhow::Result<u8> {
    let output = session.output(place);
    let directory = app::find_run(&output, run)?;
    carry(session, &output, Mode::Parallel, |face| {
        app::resume(&directory, Durability::Batched, &session.project, face)
    })
}

/// Prints what a run would do.
pub(super) fn plan(session: &Session, arguments: &RequestArguments) -> anyhow::Result<u8> {
    let request = request(session, arguments)?;
    let runtime = runtime()?;
    let plan = runtime.block_on(app::plan(&request, &session.project, Arc::new(config::now_us)))?;
    session.console.result(&plan, |out| app::write_plan(&plan, out))?;
    Ok(if plan.refused.is_empty() {
        0
    } else {
        exit::of_run(RunState::Stopped)
    })
}

/// The request that the command line makes, with the project file's settings where it is silent.
fn request(session: &Session, arguments: &RequestArguments) -> anyhow::Result<RunRequest> {
    let kinds = app::demo_kinds();
    let graph = app::resolve(&arguments.graph, &session.project, &kinds).map_err(PipelineError::Invalid)?;
    let silent = arguments.documents.is_empty() && arguments.ask.is_empty();
    let documents = if silent {
        graph.documents.clone()
    } else {
        arguments.documents.clone()
    };
    if silent && !documents.is_empty() {
        session.console.note(&format!(
            "no document was named; reading {}",
            documents[0].display()
        ));
    }
    let bytes =
        |key: &str, text: &Option<String>| text.as_ref().map(|it| config::parse_bytes(key, it)).transpose();
    let budget_memory = match bytes("budget-memory", &arguments.budget_memory)? {
        Some(limit) => Some(limit),
        None => bytes("budget_memory", &session.project.budget_memory)?,
    };
    let budget_time = match &arguments.budget_time {
        Some(text) => Some(milliseconds(config::parse_duration("budget-time", text)?)),
        None => None,
    };
    Ok(RunRequest {
        graph: graph.name,
        location: graph.location.text(),
        documents,
        asks: arguments.ask.clone(),
        vertical: arguments
            .vertical
            .clone()
            .or(graph.vertical)
            .or_else(|| session.project.vertical.clone())
            .unwrap_or_else(|| "auto".to_owned()),
        core_collections: arguments.core_collections.clone(),
        max_templates: arguments.max_templates,
        assets: session.project.assets.clone(),
        formats: Vec::new(),
        effort: Effort {
            mode: Mode::Parallel,
            max_executions: arguments.max_executions.or(session.project.max_executions),
            threads: arguments.threads,
            budget_memory,
            budget_time_ms: budget_time,
            timeout_ms: None,
        },
    })
}

/// Carries a run to its end while showing it, and prints what came of it.
fn carry(
    session: &Session,
    output: &Path,
    mode: Mode,
    start: impl FnOnce(&Face) -> Result<Running, PipelineError>,
) -> anyhow::Result<u8> {
    let progress = Arc::new(Progress::new(&session.console));
    let cancel = Cancel::default();
    let face = Face {
        clock: Arc::new(config::now_us),
        observers: vec![Arc::clone(&progress) as Arc<dyn EventSink>],
        cancel: cancel.clone(),
        approve: (mode == Mode::Stepwise).then(ask_at_terminal),
    };
    let finished = runtime()?.block_on(async {
        let running = start(&face)?;
        session
            .console
            .note(&format!("run {}", running.directory.display()));
        let flow = running.flow.clone();
        let mut finish = std::pin::pin!(running.finish(output));
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                biased;
                finished = &mut finish => break finished,
                _ = tokio::signal::ctrl_c() => {
                    session.console.note("stopping: what exists is written; press Ctrl-C again to stop hard");
                    if cancel.is_cancelled() {
                        return Err(PipelineError::Cancelled);
                    }
                    cancel.cancel();
                }
                _ = tick.tick() => progress.update(&flow.progress()),
            }
        }
    });
    progress.clear();
    tell(session, &finished?)
}

/// Prints how a run ended.
fn tell(session: &Session, finished: &Finished) -> anyhow::Result<u8> {
    for warning in &finished.warnings {
        session.console.note(&format!("warning: {warning}"));
    }
    if let Err(error) = &finished.end {
        session.console.error(&error.to_string());
    }
    let told = Told::of(finished);
    session.console.result(&told, |out| {
        if let Ok(end) = &finished.end
            && let Some(index) = &end.index
        {
            write_findings(index, &finished.directory, out)?;
        }
        if !session.console.quiet {
            trace::print_summary(&finished.summary, out)?;
        }
        writeln!(out, "\n{}: {}", told.state, finished.directory.display())
    })?;
    Ok(exit::of_run(finished.state))
}

/// What a run came to, for `--json`.
#[derive(Serialize)]
struct Told<'a> {
    run: &'a str,
    directory: String,
    state: String,
    claims_verified: u32,
    claims_dropped: usize,
    reports: Vec<String>,
    failures: Vec<String>,
    error: Option<String>,
}

impl<'a> Told<'a> {
    fn of(finished: &'a Finished) -> Self {
        let index = finished.end.as_ref().ok().and_then(|it| it.index.as_ref());
        Self {
            run: &finished.run.0,
            directory: finished.directory.display().to_string(),
            state: state_name(finished.state),
            claims_verified: index.map_or(0, |it| it.verdict.verified),
            claims_dropped: index.map_or(0, |it| it.verdict.dropped.len()),
            reports: index
                .map(|it| it.reports.iter().map(|(stem, _)| stem.clone()).collect())
                .unwrap_or_default(),
            failures: index
                .map(|it| {
                    it.failures
                        .iter()
                        .map(|it| format!("{}: {}", it.what, it.reason))
                        .collect()
                })
                .unwrap_or_default(),
            error: finished.end.as_ref().err().map(ToString::to_string),
        }
    }
}

fn state_name(state: RunState) -> String {
    serde_json::to_value(state)
        .ok()
        .and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The findings that matter most and where to read on.
fn write_findings(index: &RunReport, directory: &Path, out: &mut dyn Write) -> io::Result<()> {
    let sentences = app::summary_sentences(index);
    if !sentences.is_empty() {
        writeln!(out, "\nFindings")?;
    }
    for (number, sentence) in sentences.iter().enumerate() {
        writeln!(out, "  {}. {sentence}", number + 1)?;
    }
    for failure in &index.failures {
        writeln!(out, "  failed: {}: {}", failure.what, failure.reason)?;
    }
    writeln!(
        out,
        "\n{} claims verified, {} dropped",
        index.verdict.verified,
        index.verdict.dropped.len()
    )?;
    writeln!(
        out,
        "Report: {}\n",
        directory.join("reports/index.html").display()
    )
}

/// Asks for each stage at the terminal; a closed input is a no.
fn ask_at_terminal() -> Approve {
    Arc::new(|task| {
        async move {
            let asked = tokio::task::spawn_blocking(move || {
                let mut err = io::stderr().lock();
                write!(err, "start `{}`? [Y/n] ", task.0).and_then(|()| err.flush())?;
                let mut answer = String::new();
                let read = io::stdin().read_line(&mut answer)?;
                Ok::<bool, io::Error>(read > 0 && !answer.trim().to_ascii_lowercase().starts_with('n'))
            });
            asked.await.is_ok_and(|answer| answer.unwrap_or(false))
        }
        .boxed()
    })
}

/// A run id becomes a directory name, and nothing else.
fn check_run_id(run: &str) -> Result<(), PipelineError> {
    let safe = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if run.is_empty() || run.len() > 100 || run.starts_with('.') || !run.chars().all(safe) {
        return Err(PipelineError::Invalid(format!(
            "`{run}` is not a run id: use letters, digits, `-`, `_` and `.`, at most 100"
        )));
    }
    Ok(())
}

pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
