//! What came of a run, for a person.

use std::io::{self, Write};
use std::path::Path;

use crate::app::workflows::log_path;
use crate::cli::run::state_name;
use crate::model::workflow_event::StepState;
use crate::workflow::run::{StepResult, WorkflowResult};

/// Failing steps that are named; the rest stands in the status.
const MOST_NAMED: usize = 20;

/// Writes how the run went, its pools, and each step that failed with its error and log.
pub(super) fn write_result(result: &WorkflowResult, directory: &Path, out: &mut dyn Write) -> io::Result<()> {
    let stats = &result.parallel_stats;
    writeln!(
        out,
        "{} after {:.1} s: {}; {} groups, at most {} at once",
        state_name(result.state),
        result.execution_time as f64 / 1e3,
        counts(result),
        stats.total_groups,
        stats.max_concurrent_steps
    )?;
    for (name, pool) in &stats.pools {
        let used = stats.resource_utilization.get(name).copied().unwrap_or(0.0) * 100.0;
        write!(
            out,
            "  pool {name}: {used:.0} % used, {} of {} at the peak",
            pool.peak, pool.size
        )?;
        if pool.waited > 0 {
            let wait = pool.mean_wait_ms / 1e3;
            write!(out, ", {} waited {wait:.1} s on average", pool.waited)?;
        }
        writeln!(out)?;
    }
    let failed = |it: &&(&String, &StepResult)| matches!(it.1.state, StepState::Failed | StepState::TimedOut);
    let failed: Vec<_> = result.step_results.iter().filter(|it| failed(&it)).collect();
    for (step, failure) in failed.iter().take(MOST_NAMED) {
        let tolerated = if failure.success { " (tolerated)" } else { "" };
        let error = failure.error.as_deref().unwrap_or("");
        writeln!(out, "  {} {step}{tolerated}: {error}", failure.state)?;
        let log = log_path(directory, step);
        if log.is_file() {
            writeln!(out, "    {}", log.display())?;
        }
    }
    let more = failed.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    if let Some(error) = result.error.as_ref().filter(|_| failed.is_empty()) {
        writeln!(out, "  {error}")?;
    }
    writeln!(out, "{}", directory.display())
}

/// How many steps ended in which way, in words.
fn counts(result: &WorkflowResult) -> String {
    let states = [
        StepState::Succeeded,
        StepState::Failed,
        StepState::TimedOut,
        StepState::Cancelled,
        StepState::Skipped,
    ];
    let count = |state| {
        result
            .step_results
            .values()
            .filter(|it| it.state == state)
            .count()
    };
    let told: Vec<String> = states
        .into_iter()
        .map(|it| (count(it), it))
        .filter(|it| it.0 > 0)
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    match told.is_empty() {
        true => "no steps".to_owned(),
        false => told.join(", "),
    }
}
