//! `gaai bench exec`: the same scripts with different numbers at a time.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use super::exec::{finished, modules};
use super::{Session, exit};
use crate::app::{self, ExecJobs, ExecRequest};
use crate::model::event::RunState;

/// `gaai bench exec`.
#[derive(Clone, Debug, Args)]
pub(super) struct ExecBenchArguments {
    /// Scripts.
    #[arg(value_name = "SCRIPT", required = true)]
    scripts: Vec<PathBuf>,
    /// Words that each of the scripts gets.
    #[arg(last = true, value_name = "ARGS")]
    words: Vec<String>,
    /// Numbers of scripts at a time, measured in this order.
    #[arg(long, value_delimiter = ',', default_value = "5,10,20,50")]
    jobs: Vec<usize>,
    /// Run so many scripts for each number, the named ones over and over.
    #[arg(long, value_name = "N", default_value_t = 50)]
    modules: usize,
}

/// One number and what came of it.
#[derive(Debug, Serialize)]
struct Measured {
    max_concurrent: usize,
    duration_ms: u64,
    succeeded: usize,
    total: usize,
    /// Scripts that ended per second.
    throughput: f64,
    /// Running time of all scripts over time there was in all places, 0 to 1.
    efficiency: f64,
}

/// Measures and prints.
pub(super) fn perform(session: &Session, arguments: &ExecBenchArguments) -> anyhow::Result<u8> {
    let named = modules(&arguments.scripts, &arguments.words);
    let batch: Vec<_> = named.iter().cycle().take(arguments.modules).cloned().collect();
    let mut all = Vec::new();
    for jobs in &arguments.jobs {
        let exec = app::exec(ExecRequest {
            jobs: ExecJobs::Number(*jobs),
            environment: session.environment.processes.0.clone(),
            directory: session.directory.clone(),
            ..ExecRequest::default()
        })?;
        for note in &exec.notes {
            session.console.warn(note);
        }
        let (results, summary) = finished(session, &exec, batch.clone())?;
        if summary.state == RunState::Cancelled {
            return Ok(exit::of_run(summary.state));
        }
        let ran: u64 = results.iter().map(|it| it.duration_ms).sum();
        let places = exec.max_concurrent.min(batch.len()) as f64 * summary.duration_ms.max(1) as f64;
        all.push(Measured {
            max_concurrent: exec.max_concurrent,
            duration_ms: summary.duration_ms,
            succeeded: summary.succeeded,
            total: summary.total,
            throughput: summary.throughput(),
            efficiency: (ran as f64 / places.max(1.0)).min(1.0),
        });
    }
    if all.is_empty() || batch.is_empty() {
        return Err(anyhow!(
            "nothing to measure: give --jobs and --modules at least 1"
        ));
    }
    session.console.result(&all, |out| {
        for it in &all {
            writeln!(
                out,
                "max_concurrent={:2}: {:6.2}s, {} succeeded of {}, {:.1} per second, {:.0}% of the places in use",
                it.max_concurrent,
                it.duration_ms as f64 / 1000.0,
                it.succeeded,
                it.total,
                it.throughput,
                it.efficiency * 100.0
            )?;
        }
        Ok(())
    })?;
    let has_failed = all.iter().any(|it| it.succeeded < it.total);
    Ok(if has_failed { exit::FAILED } else { 0 })
}
