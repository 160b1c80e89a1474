//! Commands about runs: of this process, of others, and of those that are over.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use jiff::Timestamp;

use super::arguments::RunChoice;
use super::lines::seconds;
use crate::app::workflows;
use crate::app::workflows::{LogLines, PastRun, RunStatus, StepStatus, find_workflow_run};
use crate::cli::arguments::Place;
use crate::cli::run::{runtime, state_name};
use crate::cli::{Session, exit};
use crate::config;
use crate::trace::is_being_written;
use crate::workflow::run::journal_of;

/// How often logs are looked at.
const EVERY: Duration = Duration::from_millis(100);

fn directory(session: &Session, run: &RunChoice) -> anyhow::Result<PathBuf> {
    Ok(find_workflow_run(&session.output(&run.place), &run.run)?)
}

/// Prints the runs that there were.
pub(super) fn history(session: &Session, workflow: Option<&str>, place: &Place) -> anyhow::Result<u8> {
    let runs = runtime()?.block_on(workflows::workflow_history(&session.output(place), workflow))?;
    session.console.result(&runs, |out| {
        let width = runs.iter().map(|it| it.run.run.0.len()).max().unwrap_or(0);
        for PastRun { run, is_running } in &runs {
            let state = match run.state {
                Some(state) => state_name(state),
                None if *is_running => "running".to_owned(),
                None => "interrupted".to_owned(),
            };
            let took = u64::try_from(run.last_ms - run.started_ms).unwrap_or(0);
            let steps: Vec<String> = run
                .steps
                .iter()
                .map(|(state, count)| format!("{count} {state}"))
                .collect();
            writeln!(
                out,
                "{:width$}  {}  {state:18}  {:>9}  {}: {}",
                run.run.0,
                instant(run.started_ms),
                seconds(took * 1000),
                run.workflow,
                steps.join(", ")
            )?;
        }
        match runs.is_empty() {
            true => writeln!(out, "No runs."),
            false => Ok(()),
        }
    })?;
    Ok(0)
}

/// A time as people read it, in UTC.
fn instant(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| ms.to_string(),
        |it| it.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Prints how each step stands.
pub(super) fn status(session: &Session, run: &RunChoice) -> anyhow::Result<u8> {
    let directory = directory(session, run)?;
    let status = workflows::workflow_status(&directory, config::now_ms())?;
    session.console.result(&status, |out| {
        writeln!(
            out,
            "{} of {}: {}",
            status.run,
            status.workflow,
            standing(&status)
        )?;
        let width = status.steps.iter().map(|it| it.step.len()).max().unwrap_or(0);
        for step in &status.steps {
            writeln!(out, "  {}", row(step, width))?;
        }
        match &status.error {
            Some(error) => writeln!(out, "{error}"),
            None => Ok(()),
        }
    })?;
    Ok(0)
}

fn standing(status: &RunStatus) -> String {
    let state = match status.state {
        Some(state) => state_name(state),
        None if status.is_running => "running".to_owned(),
        None => format!("interrupted; gaai workflow resume {} takes it up", status.run),
    };
    match status.resumed {
        0 => state,
        times => format!("{state}, taken up again {times} times"),
    }
}

fn row(step: &StepStatus, width: usize) -> String {
    let mut row = format!("{:width$}  {:11}", step.step, step.state.name());
    if let Some(ms) = step.elapsed_ms {
        row += &format!("  {}", seconds(ms * 1000));
    }
    if step.attempts > 1 {
        row += &format!("  {} attempts", step.attempts);
    }
    if let Some(reason) = &step.reason {
        row += &format!("  {reason}");
    }
    row.trim_end().to_owned()
}

/// Prints what the steps printed; with `follow` until the run has ended.
pub(super) fn logs(
    session: &Session,
    run: &str,
    step: Option<&str>,
    follow: bool,
    place: &Place,
) -> anyhow::Result<u8> {
    let directory = find_workflow_run(&session.output(place), run)?;
    let status = workflows::workflow_status(&directory, config::now_ms())?;
    if let Some(step) = step {
        check_step(&status, step)?;
    }
    let order = status.steps.into_iter().map(|it| it.step).collect();
    let mut lines = LogLines::new(&directory, step, order);
    loop {
        // Asked before reading: what is printed until then is read below.
        let is_over = !follow || !is_being_written(&journal_of(&directory))?;
        let (mut read, mut is_closed) = (Ok(()), false);
        let printed = session.console.stream(|out| {
            read = lines.read_on(is_over, &mut |name, line| {
                let written = write_line(out, Some(name).filter(|it| Some(*it) != step), line);
                let is_gone = |it: &std::io::Error| it.kind() == ErrorKind::BrokenPipe;
                is_closed = written.as_ref().is_err_and(is_gone);
                written
            });
            Ok(())
        });
        if is_closed || !session.console.has_reader() {
            return Ok(0);
        }
        read?;
        printed?;
        if is_over {
            return Ok(0);
        }
        std::thread::sleep(EVERY);
    }
}

/// One line of a log behind the name of its step, if that is to be said.
fn write_line(out: &mut dyn Write, name: Option<&str>, line: &[u8]) -> std::io::Result<()> {
    if let Some(name) = name {
        write!(out, "{name} | ")?;
    }
    out.write_all(line)?;
    if line.ends_with(b"\n") {
        Ok(())
    } else {
        writeln!(out)
    }
}

fn check_step(status: &RunStatus, step: &str) -> anyhow::Result<()> {
    let ids = || status.steps.iter().map(|it| it.step.as_str());
    let first = step.split(['/', '.']).next().unwrap_or(step);
    match ids().any(|it| it == first) {
        true => Ok(()),
        false => Err(anyhow!(
            "run {} has no step `{step}`; it has {}",
            status.run,
            ids().collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Stops a run of another process and waits for its end.
pub(super) fn cancel(session: &Session, run: &RunChoice, now: bool) -> anyhow::Result<u8> {
    let directory = directory(session, run)?;
    if !workflows::ask_to_stop(&directory, now)? {
        let status = workflows::workflow_status(&directory, config::now_ms())?;
        return Err(anyhow!(
            "run {} is not running: {}",
            status.run,
            standing(&status)
        ));
    }
    session.console.note("asked to stop; waiting for its end");
    runtime()?.block_on(workflows::wait_until_over(&directory))?;
    let status = workflows::workflow_status(&directory, config::now_ms())?;
    session.console.result(&status, |out| {
        writeln!(out, "{}: {}", status.run, standing(&status))
    })?;
    Ok(0)
}

/// Prints whether each check holds; exit code 1 unless all do.
pub(super) fn verify(session: &Session, run: &RunChoice) -> anyhow::Result<u8> {
    let directory = directory(session, run)?;
    let checked = runtime()?.block_on(workflows::verify_workflow(&directory))?;
    let holds = !checked.is_empty() && checked.iter().all(|it| it.holds);
    session.console.result(&checked, |out| {
        for check in &checked {
            let mark = if check.holds { "holds" } else { "FAILS" };
            let reason = check
                .reason
                .as_ref()
                .map_or_else(String::new, |it| format!(": {it}"));
            writeln!(out, "{mark}  {}{reason}", check.check)?;
        }
        match checked.is_empty() {
            true => writeln!(out, "nothing to verify: the workflow has no `verify` block"),
            false => Ok(()),
        }
    })?;
    Ok(if holds { 0 } else { exit::FAILED })
}
