//! `gaai run`, `gaai plan` and `gaai resume`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use futures_util::FutureExt;
use serde::Serialize;

use super::Session;
use super::arguments::{
    BudgetArguments, DurabilityArgument, LimitArguments, ModeArgument, PaceArguments, Place,
    RequestArguments, RunArguments,
};
use super::exit;
use super::interrupt::Interrupts;
use super::models;
use super::progress::Progress;
use crate::app::{self, Asked, Begin, Face, Finished, ModelKeys, Running, TraceExport, Unanswered};
use crate::config::{self, ConfigError};
use crate::flow::{Approve, Cancel};
use crate::model::{event::RunState, format::shortened, id::RunId, report::RunReport};
use crate::pipeline::{Effort, Mode, ModelRequest, PipelineError, RunRequest};
use crate::trace::{self, EventSink};

/// Open questions that the summary names; a long brief must not push the findings off the screen.
const MOST_OPEN: usize = 10;
/// Characters of an open question that the summary prints; a passage of a brief may be a page.
const LONGEST_QUESTION: usize = 100;

/// Kernel threads that may be asked for; each takes memory and time to start.
const MOST_THREADS: usize = 1024;

/// Does the main job.
pub(super) fn run(session: &Session, arguments: RunArguments) -> anyhow::Result<u8> {
    if let Some(run) = &arguments.run_id {
        check_run_id(run)?;
    }
    let mut request = request(session, &arguments.request, &arguments.pace)?;
    request.formats = arguments.format;
    let begin = Begin {
        request,
        run: arguments.run_id.map(RunId),
        output: session.output(&arguments.request.place),
    };
    carry(session, |face| async move { app::begin(begin, &face).await })
}

/// Takes up a run again.
pub(super) fn resume(
    session: &Session,
    run: &str,
    limits: &LimitArguments,
    pace: &PaceArguments,
    place: &Place,
) -> anyhow::Result<u8> {
    let directory = app::find_run(&session.output(place), run)?;
    let effort = effort(session, limits, pace)?;
    carry(
        session,
        |face| async move { app::resume(&directory, &effort, &face) },
    )
}

/// Prints what a run would do.
pub(super) fn plan(session: &Session, arguments: &RequestArguments) -> anyhow::Result<u8> {
    let request = request(session, arguments, &PaceArguments::default())?;
    let runtime = runtime()?;
    let plan = runtime.block_on(app::plan(&request, Arc::new(config::now_us), &keys(session)))?;
    session.console.result(&plan, |out| app::write_plan(&plan, out))?;
    Ok(if plan.refused.is_empty() {
        0
    } else {
        exit::of_run(RunState::Stopped)
    })
}

/// The request that the command line makes, with the project file's settings where it is silent.
fn request(
    session: &Session,
    arguments: &RequestArguments,
    pace: &PaceArguments,
) -> anyhow::Result<RunRequest> {
    let asked = Asked {
        graph: arguments.graph.clone(),
        documents: arguments.documents.clone(),
        asks: arguments.ask.clone(),
        vertical: arguments.vertical.clone(),
        core_collections: arguments.core_collections.clone(),
        max_templates: arguments.max_templates,
        formats: Vec::new(),
        models: models::asked(session, &arguments.models)?,
        effort: effort(session, &arguments.limits, pace)?,
    };
    let mut request = app::request(asked, &session.project, &session.directory)?;
    if arguments.models.no_model {
        request.models = ModelRequest::default();
    }
    if let Some(document) = request
        .documents
        .first()
        .filter(|_| arguments.documents.is_empty())
    {
        session
            .console
            .note(&format!("no document was named; reading {}", document.display()));
    }
    Ok(request)
}

/// What the environment says of language models.
pub(super) fn keys(session: &Session) -> ModelKeys {
    ModelKeys {
        variables: session.environment.models.clone(),
        ..ModelKeys::default()
    }
}

fn effort(session: &Session, limits: &LimitArguments, pace: &PaceArguments) -> anyhow::Result<Effort> {
    if let Some(usd) = limits.budget_usd.filter(|it| !(it.is_finite() && *it >= 0.0)) {
        return Err(anyhow!("--budget-usd {usd} is no amount; give USD from 0 on"));
    }
    Ok(Effort {
        mode: pace.mode.map(|it| match it {
            ModeArgument::Stepwise => Mode::Stepwise,
            ModeArgument::Sequential => Mode::Sequential,
            ModeArgument::Parallel => Mode::Parallel,
        }),
        durability: pace.durability.map(DurabilityArgument::durability),
        max_executions: limits.max_executions,
        budget_usd: limits.budget_usd,
        budget_tokens: limits.budget_tokens,
        timeout_ms: pace.timeout.as_ref().map(time("timeout")).transpose()?,
        ..within(session, &limits.each)?
    })
}

/// The effort of one execution.
pub(super) fn within(session: &Session, budget: &BudgetArguments) -> anyhow::Result<Effort> {
    let bytes = |text: &String| config::parse_bytes("budget-memory", text);
    if let Some(threads) = budget.threads.filter(|it| *it > MOST_THREADS) {
        return Err(anyhow!(
            "`--threads {threads}` is more than the {MOST_THREADS} that may be asked for; threads beyond the cores \
             of the machine only take turns"
        ));
    }
    Ok(Effort {
        threads: budget.threads.filter(|it| *it > 0),
        budget_memory: budget.budget_memory.as_ref().map(bytes).transpose()?,
        budget_time_ms: budget.budget_time.as_ref().map(time("budget-time")).transpose()?,
        cache: session.cache(budget.no_cache),
        ..Effort::default()
    })
}

/// Reads the time that the flag `key` gives.
fn time(key: &'static str) -> impl Fn(&String) -> Result<u64, ConfigError> {
    move |text: &String| config::parse_duration(key, text).map(milliseconds)
}

/// Carries a run to its end while showing it, and prints what came of it.
fn carry<F>(session: &Session, start: impl FnOnce(Face) -> F) -> anyhow::Result<u8>
where
    F: Future<Output = Result<Running, PipelineError>>,
{
    let progress = Arc::new(Progress::new(&session.console));
    let cancel = Cancel::default();
    let face = Face {
        clock: Arc::new(config::now_us),
        observers: vec![Arc::clone(&progress) as Arc<dyn EventSink>],
        cancel: cancel.clone(),
        approve: Some(ask_at_terminal()),
        models: ModelKeys {
            watch: progress.watch(),
            ..keys(session)
        },
    };
    let runtime = runtime()?;
    let finished = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let running = tokio::select! {
            biased;
            running = start(face) => running?,
            () = interrupts.recv() => return Err(PipelineError::Cancelled.into()),
        };
        session
            .console
            .note(&format!("run {}", running.directory.display()));
        let flow = running.flow.clone();
        let mut finish = std::pin::pin!(running.finish(TraceExport::All));
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                biased;
                () = interrupts.recv() => {
                    if cancel.is_cancelled() {
                        return Err(PipelineError::Cancelled.into());
                    }
                    session.console.note("stopping: what exists is written; press Ctrl-C again to stop hard");
                    cancel.cancel();
                }
                finished = &mut finish => break Ok::<Finished, anyhow::Error>(finished?),
                _ = tick.tick() => progress.update(&flow.progress()),
            }
        }
    });
    // A thread that waits for an answer at the terminal, or computes on, must not hold the program.
    runtime.shutdown_background();
    progress.clear();
    tell(session, &finished?)
}

/// Prints how a run ended.
fn tell(session: &Session, finished: &Finished) -> anyhow::Result<u8> {
    for warning in &finished.warnings {
        session.console.warn(warning);
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
    if finished.may_resume {
        session.console.note(&resume_advice(finished));
    }
    Ok(match &finished.end {
        Err(PipelineError::Defect { .. }) => exit::DEFECT,
        Ok(end) if end.has_defect => exit::DEFECT,
        _ => exit::of_run(finished.state),
    })
}

/// How the run is taken up; a limit that stays as it is would end it the same way.
fn resume_advice(finished: &Finished) -> String {
    let limit = match finished.state {
        RunState::TimedOut => " with a longer --timeout",
        RunState::Stopped => " with a larger limit",
        RunState::Cancelled | RunState::Failed | RunState::PartiallySucceeded | RunState::Succeeded => "",
    };
    format!("gaai resume {}{limit} takes it up again", finished.run)
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
    /// Questions of the brief that are not answered, or not in full, each with the reason.
    unanswered: Vec<Unanswered>,
    failures: Vec<String>,
    warnings: &'a [String],
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
            unanswered: index.map(|it| app::unanswered(it)).unwrap_or_default(),
            failures: index
                .map(|it| {
                    it.failures
                        .iter()
                        .map(|it| format!("{}: {}", it.what, it.reason))
                        .collect()
                })
                .unwrap_or_default(),
            warnings: &finished.warnings,
            error: finished.end.as_ref().err().map(ToString::to_string),
        }
    }
}

pub(super) fn state_name(state: RunState) -> String {
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
    write_unanswered(&app::unanswered(index), out)?;
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

/// The questions that stay open, each with the reason.
fn write_unanswered(open: &[Unanswered], out: &mut dyn Write) -> io::Result<()> {
    if !open.is_empty() {
        writeln!(out, "\nNot answered, or not in full")?;
    }
    for item in open.iter().take(MOST_OPEN) {
        let partly = if item.is_partly_answered {
            "; answered in part"
        } else {
            ""
        };
        let question = shortened(&item.question, LONGEST_QUESTION);
        writeln!(out, "  {question} ({}{partly}): {}", item.source, item.reason)?;
    }
    let more = open.len().saturating_sub(MOST_OPEN);
    if more > 0 {
        writeln!(out, "  and {more} more, in the report")?;
    }
    Ok(())
}

/// Asks for each stage at the terminal; a closed input is a no.
fn ask_at_terminal() -> Approve {
    Arc::new(|task| {
        async move {
            let asked = tokio::task::spawn_blocking(move || {
                // Not locked while it waits: the thread that hears Ctrl-C writes there too.
                write!(io::stderr(), "start `{}`? [Y/n] ", task.0).and_then(|()| io::stderr().flush())?;
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
pub(super) fn check_run_id(run: &str) -> Result<(), PipelineError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_questions_are_short_and_say_where_they_stand() {
        let open = |question: &str, is_partly_answered| Unanswered {
            question: question.to_owned(),
            source: "brief.md, line 7".to_owned(),
            is_partly_answered,
            reason: "no times".to_owned(),
        };
        let mut out = Vec::new();
        let long = "which of them ".repeat(20);
        write_unanswered(&[open("Who leads?", true), open(&long, false)], &mut out).unwrap();
        let told = String::from_utf8(out).unwrap();
        let cut = format!("{}…", "which of them ".repeat(7).trim_end());
        assert_eq!(
            told,
            format!(
                "\nNot answered, or not in full\n  \
                 Who leads? (brief.md, line 7; answered in part): no times\n  \
                 {cut} (brief.md, line 7): no times\n"
            )
        );
    }
}
