//! `gaai trace`.

use super::Session;
use super::arguments::TraceCommand;
use crate::app;
use crate::pipeline::PipelineError;
use crate::trace::{self, TraceFormat, TraceSummary};

/// Shows or exports what happened in a run.
pub(super) fn perform(session: &Session, command: TraceCommand) -> anyhow::Result<u8> {
    match command {
        TraceCommand::Show { run, place } => {
            let directory = app::find_run(&session.output(&place), &run)?;
            let summary = TraceSummary::of(&trace::read(&directory)?);
            session
                .console
                .result(&summary, |out| trace::print_summary(&summary, out))?;
        }
        TraceCommand::Export {
            run,
            format,
            to,
            place,
        } => {
            let directory = app::find_run(&session.output(&place), &run)?;
            let mut formats = Vec::new();
            for name in &format {
                formats.push(TraceFormat::named(name).ok_or_else(|| {
                    PipelineError::Invalid(format!(
                        "there is no trace format `{name}`; there are json, html, svg and md"
                    ))
                })?);
            }
            let written = app::export_trace(
                &directory,
                &to.unwrap_or_else(|| directory.join("trace")),
                &formats,
            )?;
            session.console.result(&written, |out| {
                for path in &written {
                    writeln!(out, "{}", path.display())?;
                }
                Ok(())
            })?;
        }
    }
    Ok(0)
}
