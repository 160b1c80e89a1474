//! `gaai workflow schedule`.

use std::sync::Arc;

use super::arguments::ScheduleArguments;
use super::{files, lines, run, summary};
use crate::app::workflows::{Timed, TimedEnd, WorkflowFace, run_on_schedule};
use crate::cli::interrupt::Interrupts;
use crate::cli::run::runtime;
use crate::cli::{Session, exit};
use crate::flow::Cancel;
use crate::model::event::RunState;

/// Runs a workflow at its times until it is interrupted, or with `--once` for the next of them; the exit code is
/// that of the last run.
pub(super) fn schedule(session: &Session, arguments: &ScheduleArguments) -> anyhow::Result<u8> {
    let console = &session.console;
    let opened = files::open(session, &arguments.workflow)?;
    let timed = Timed {
        name: arguments.workflow.clone(),
        options: run::options(session, &opened.workflow, &arguments.choice)?,
        output: session.output(&arguments.place),
        once: arguments.once,
    };
    let parts = run::parts(session, &arguments.models)?;
    let told = console.clone();
    let face = WorkflowFace {
        cancel: Cancel::default(),
        insist: Cancel::default(),
        watch: Arc::new(move |directory| lines::watcher(&told, directory)),
    };
    let runtime = runtime()?;
    let mut code = 0;
    let ended = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let say = |text: &str| console.note(text);
        let mut tell = |end: &TimedEnd| {
            code = match end {
                Ok((directory, result)) => {
                    // A terminal that is gone ends no schedule.
                    let _ = console.result(result, |out| summary::write_result(result, directory, out));
                    exit::of_workflow(result.state)
                }
                Err(error) => {
                    console.error(&format!("the run did not begin: {error}"));
                    exit::INVALID
                }
            };
        };
        let mut work = std::pin::pin!(run_on_schedule(&timed, &parts, &face, &say, &mut tell));
        loop {
            tokio::select! {
                biased;
                () = interrupts.recv() => {
                    if face.cancel.is_cancelled() {
                        face.insist.cancel();
                    }
                    face.cancel.cancel();
                }
                ended = &mut work => break anyhow::Ok(ended?),
            }
        }
    });
    runtime.shutdown_background();
    ended?;
    Ok(match face.cancel.is_cancelled() {
        true => exit::of_workflow(RunState::Cancelled),
        false => code,
    })
}
