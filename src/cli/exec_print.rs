//! What `gaai exec` prints.

use std::io::{self, Write};

use serde::Serialize;

use super::Session;
use crate::workflow::{BatchSummary, ConcurrentExecutor, Module, ModuleResult, Planned, SystemStats};

/// All results and the totals, for `--json`.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<SystemStats>,
    results: &'a [ModuleResult],
    summary: &'a BatchSummary,
}

/// What the machine does as the first line of a stream.
#[derive(Serialize)]
struct Stats {
    stats: SystemStats,
}

/// The totals as the last line of a stream.
#[derive(Serialize)]
struct Total<'a> {
    summary: &'a BatchSummary,
}

/// Prints all results, in the order of the modules, and the totals.
pub(super) fn print(
    session: &Session,
    stats: Option<SystemStats>,
    results: &[ModuleResult],
    summary: &BatchSummary,
) -> anyhow::Result<()> {
    let told = Told {
        stats,
        results,
        summary,
    };
    session.console.result(&told, |out| {
        if let Some(stats) = &stats {
            write_stats(stats, out)?;
        }
        for result in results {
            write_result(result, out)?;
        }
        write_summary(summary, out)
    })
}

/// Prints one result as soon as it is there.
pub(super) fn print_result(session: &Session, result: &ModuleResult) -> anyhow::Result<()> {
    session.console.stream(|out| {
        if session.console.json {
            write_line(result, out)
        } else {
            write_result(result, out)
        }
    })
}

/// Prints the totals of a stream.
pub(super) fn print_summary(session: &Session, summary: &BatchSummary) -> anyhow::Result<()> {
    session.console.stream(|out| {
        if session.console.json {
            write_line(&Total { summary }, out)
        } else {
            write_summary(summary, out)
        }
    })
}

/// Prints what would be run; the exit code says whether all of it could be.
pub(super) fn print_plan(
    session: &Session,
    executor: &ConcurrentExecutor,
    modules: &[Module],
) -> anyhow::Result<u8> {
    let mut planned: Vec<Planned> = Vec::new();
    let mut faults = 0;
    for module in modules {
        match executor.plan(module) {
            Ok(plan) => planned.push(plan),
            Err(result) => {
                faults += 1;
                let error = result.error.as_deref().unwrap_or_default();
                session.console.error(&format!("{}: {error}", result.module_id));
            }
        }
    }
    session.console.result(&planned, |out| {
        for plan in &planned {
            let command = plan.command.join(" ");
            writeln!(
                out,
                "{}: {command} (in {})",
                plan.module_id,
                plan.directory.display()
            )?;
        }
        Ok(())
    })?;
    Ok(if faults > 0 { super::exit::INVALID } else { 0 })
}

/// Prints what the machine does, and nothing else.
pub(super) fn print_stats(session: &Session, stats: &SystemStats) -> anyhow::Result<()> {
    session.console.result(stats, |out| write_stats(stats, out))
}

/// Prints what the machine does, as the first line of a stream.
pub(super) fn print_stats_line(session: &Session, stats: SystemStats) -> anyhow::Result<()> {
    session.console.stream(|out| {
        if session.console.json {
            write_line(&Stats { stats }, out)
        } else {
            write_stats(&stats, out)
        }
    })
}

fn write_stats(stats: &SystemStats, out: &mut dyn Write) -> io::Result<()> {
    let told = |value: Option<f64>, unit: &str| {
        value.map_or_else(
            || "not told by this system".to_owned(),
            |it| format!("{it:.1}{unit}"),
        )
    };
    writeln!(out, "CPU: {}", told(stats.cpu_percent, "%"))?;
    writeln!(
        out,
        "Memory Available: {}",
        told(stats.memory_available_gb, " GB")
    )?;
    writeln!(out, "Memory Total: {}", told(stats.memory_total_gb, " GB"))?;
    writeln!(out, "Memory Used: {}", told(stats.memory_used_percent, "%"))
}

fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}

fn write_result(result: &ModuleResult, out: &mut dyn Write) -> io::Result<()> {
    let seconds = result.duration_ms as f64 / 1000.0;
    match &result.error {
        None => writeln!(out, "✓ {} ({seconds:.1} s)", result.module_id),
        Some(error) => writeln!(out, "✗ {} ({seconds:.1} s): {error}", result.module_id),
    }
}

fn write_summary(summary: &BatchSummary, out: &mut dyn Write) -> io::Result<()> {
    let seconds = summary.duration_ms as f64 / 1000.0;
    let kinds: Vec<String> = summary
        .failures
        .iter()
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    let failures = if kinds.is_empty() {
        String::new()
    } else {
        format!(" ({})", kinds.join(", "))
    };
    writeln!(
        out,
        "\nCompleted: {} succeeded, {} failed{failures} in {seconds:.1} s, at most {} at a time",
        summary.succeeded, summary.failed, summary.peak_running
    )?;
    match &summary.unread {
        Some(reason) => writeln!(out, "not all modules were read: {reason}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::RunState;
    use crate::workflow::ErrorKind;

    #[test]
    fn totals_name_the_kinds_of_failure() {
        let summary = BatchSummary {
            total: 4,
            succeeded: 1,
            failed: 3,
            failures: [(ErrorKind::Exit, 2), (ErrorKind::ResourceLimit, 1)].into(),
            peak_running: 2,
            duration_ms: 1234,
            state: RunState::Failed,
            unread: None,
        };
        let mut out = Vec::new();
        write_summary(&summary, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\nCompleted: 1 succeeded, 3 failed (1 resourceLimit, 2 exit) in 1.2 s, at most 2 at a time\n"
        );
    }
}
