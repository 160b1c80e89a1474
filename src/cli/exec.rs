//! `gaai exec`: runs many scripts at once.

use std::path::PathBuf;

use anyhow::bail;
use tokio::sync::mpsc;

use super::exec_arguments::{ExecArguments, request};
use super::exec_print::{print, print_plan, print_result, print_stats, print_stats_line, print_summary};
use super::interrupt::Interrupts;
use super::{Session, exit, run};
use crate::app::{self, Exec, ManifestPlace};
use crate::model::event::RunState;
use crate::workflow::{BatchSummary, Module, ModuleResult, SystemStats};

/// Results that a stream holds ready, times the scripts at a time; and at least.
const ROOM_EACH: usize = 4;
const ROOM: usize = 1024;

/// Runs scripts and prints what became of them.
pub(super) fn perform(session: &Session, arguments: ExecArguments) -> anyhow::Result<u8> {
    let min_success = arguments.told.min_success.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&min_success) {
        bail!("--min-success {min_success} is no share; give a number from 0 to 1");
    }
    let stats = arguments.told.stats.then(app::system_stats).transpose()?;
    let work = match (work(session, &arguments)?, &stats) {
        (Some(work), _) => work,
        (None, Some(stats)) => {
            print_stats(session, stats)?;
            return Ok(0);
        }
        (None, None) => bail!("no script was named; give SCRIPT, --manifest FILE, or - for standard input"),
    };
    let exec = app::exec(request(session, &arguments)?)?;
    for note in &exec.notes {
        session.console.warn(note);
    }
    if arguments.told.dry_run {
        return print_plan(session, &exec.executor, &work.modules()?);
    }
    let summary = if arguments.told.stream {
        streamed(session, &exec, work, stats)?
    } else {
        let (results, summary) = finished(session, &exec, work.modules()?)?;
        print(session, stats, &results, &summary)?;
        summary
    };
    Ok(match summary.state_with(min_success) {
        RunState::PartiallySucceeded => 0,
        state => exit::of_run(state),
    })
}

/// What is to be run.
enum Work {
    Scripts(Vec<Module>),
    Manifest(ManifestPlace),
}

impl Work {
    fn modules(self) -> anyhow::Result<Vec<Module>> {
        match self {
            Self::Scripts(modules) => Ok(modules),
            Self::Manifest(place) => Ok(place.modules()?),
        }
    }
}

fn work(session: &Session, arguments: &ExecArguments) -> anyhow::Result<Option<Work>> {
    let is_stdin = |it: &PathBuf| it.as_os_str() == "-";
    let manifest = match &arguments.manifest {
        Some(path) if is_stdin(path) => Some(ManifestPlace::Stdin),
        Some(path) => Some(ManifestPlace::File(session.directory.join(path))),
        None if arguments.scripts.iter().any(is_stdin) => {
            if arguments.scripts.len() > 1 {
                bail!("`-` stands for a manifest on standard input and allows no other script beside it");
            }
            Some(ManifestPlace::Stdin)
        }
        None => None,
    };
    if let Some(place) = manifest {
        if !arguments.words.is_empty() {
            bail!("words after `--` are for scripts on the command line; a manifest has `args` of its own");
        }
        return Ok(Some(Work::Manifest(place)));
    }
    let modules = modules(&arguments.scripts, &arguments.words);
    Ok((!modules.is_empty()).then_some(Work::Scripts(modules)))
}

/// The modules that scripts on the command line are.
pub(super) fn modules(scripts: &[PathBuf], words: &[String]) -> Vec<Module> {
    let module = |path: &PathBuf| Module {
        args: words.to_vec(),
        ..Module::new("", path)
    };
    scripts.iter().map(module).collect()
}

/// Runs modules and prints each result when it is there; a manifest is read meanwhile.
fn streamed(
    session: &Session,
    exec: &Exec,
    work: Work,
    stats: Option<SystemStats>,
) -> anyhow::Result<BatchSummary> {
    if let Some(stats) = stats {
        print_stats_line(session, stats)?;
    }
    let place = match work {
        Work::Scripts(modules) => {
            let modules = futures_util::stream::iter(modules);
            return carry(session, exec, |sender| {
                exec.executor.execute_stream(modules, sender)
            });
        }
        Work::Manifest(place) => place,
    };
    place.check()?;
    let (modules, reading) = place.stream()?;
    let summary = carry(session, exec, |sender| {
        exec.executor.execute_stream(modules, sender)
    })?;
    reading.finish()?;
    Ok(summary)
}

/// Prints results as they come, and the totals at the end.
fn carry<F>(
    session: &Session,
    exec: &Exec,
    start: impl FnOnce(mpsc::Sender<ModuleResult>) -> F,
) -> anyhow::Result<BatchSummary>
where
    F: Future<Output = BatchSummary>,
{
    let (sender, mut results) = mpsc::channel(ROOM.max(exec.max_concurrent.saturating_mul(ROOM_EACH)));
    let runtime = run::runtime()?;
    let summary = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut running = std::pin::pin!(start(sender));
        let (mut times, mut summary) = (0, None);
        loop {
            tokio::select! {
                biased;
                () = interrupts.recv() => interrupted(session, exec, &mut times),
                result = results.recv() => match result {
                    Some(result) => print_result(session, &result)?,
                    None => break,
                },
                done = &mut running, if summary.is_none() => summary = Some(done),
            }
        }
        // The last result is there a moment before the totals.
        Ok::<_, anyhow::Error>(match summary {
            Some(summary) => summary,
            None => running.await,
        })
    });
    // Nothing is left but, perhaps, a wait for standard input.
    runtime.shutdown_background();
    let summary = summary?;
    print_summary(session, &summary)?;
    Ok(summary)
}

fn interrupted(session: &Session, exec: &Exec, times: &mut u32) {
    *times += 1;
    if *times == 1 {
        session
            .console
            .note("stopping: scripts are asked to end; press Ctrl-C again to kill them");
        exec.executor.cancel();
    } else {
        exec.executor.cleanup();
    }
}

/// Runs modules to their ends.
pub(super) fn finished(
    session: &Session,
    exec: &Exec,
    modules: Vec<Module>,
) -> anyhow::Result<(Vec<ModuleResult>, BatchSummary)> {
    run::runtime()?.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut running = std::pin::pin!(exec.executor.execute_batch_summed(modules));
        let mut times = 0;
        loop {
            tokio::select! {
                biased;
                done = &mut running => return Ok(done),
                () = interrupts.recv() => interrupted(session, exec, &mut times),
            }
        }
    })
}
