//! A trace as Markdown tables.

use std::io::{self, Write};

use super::print::{milliseconds, print_summary, steers};
use super::spans::{SpanEnd, Spans};
use super::summary::{TraceSummary, agent_name};
use crate::model::event::{AskingStep, Event, Record, TaskId};

/// Writes summary, attempts, messages, skips and checks.
pub(super) fn write(
    records: &[Record],
    spans: &Spans,
    summary: &TraceSummary,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# Trace of {}\n\n```text", cell(&summary.trace_id))?;
    print_summary(summary, out)?;
    writeln!(out, "```\n\n## Tasks\n")?;
    writeln!(out, "| Task | Agent | Attempt | Began | Took | End |")?;
    writeln!(out, "| --- | --- | ---: | ---: | ---: | --- |")?;
    for span in &spans.spans {
        let end = match &span.end {
            SpanEnd::Finished => "finished".to_owned(),
            SpanEnd::Failed(reason) => format!("failed: {reason}"),
            SpanEnd::Open => "interrupted".to_owned(),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(&span.task.0),
            agent_name(span.stage),
            span.attempt,
            milliseconds(span.start_us),
            milliseconds(span.elapsed_us),
            cell(&end)
        )?;
    }
    messages(records, out)?;
    asking(records, out)?;
    notes(records, out)
}

/// What models were asked, step by step; nothing where none was.
fn asking(records: &[Record], out: &mut dyn Write) -> io::Result<()> {
    let mut lines = records.iter().filter_map(|it| asked(&it.event)).peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n## Models\n")?;
    lines.try_for_each(|(task, what)| writeln!(out, "- {}: {}", cell(&task.0), cell(&what)))
}

fn asked(event: &Event) -> Option<(&TaskId, String)> {
    match event {
        Event::ModelCalled {
            task,
            prompt,
            model,
            tokens,
            saved_tokens,
            ..
        } => Some((
            task,
            format!("{model} answered {prompt}: {tokens} tokens, {saved_tokens} saved"),
        )),
        Event::ModelFailed {
            task,
            prompt,
            model,
            reason,
            ..
        } => Some((task, format!("{model} did not answer {prompt}: {reason}"))),
        Event::ModelSwitched {
            task,
            from,
            to,
            reason,
        } => {
            let reason = reason.as_deref().unwrap_or("it has its turn again");
            Some((task, format!("{to} is asked instead of {from}: {reason}")))
        }
        Event::ModelStepped {
            task,
            prompt,
            step,
            details,
        } => {
            let step = match step {
                AskingStep::Asked => "asked",
                AskingStep::SteppedDown => "the form was refused",
                AskingStep::AskedAgain => "the answer does not fit",
                AskingStep::AskedForLess => "the answer was cut",
                AskingStep::GaveUp => "no answer",
            };
            Some((task, format!("{prompt}: {step}: {}", details.join("; "))))
        }
        _ => None,
    }
}

fn messages(records: &[Record], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n## Messages\n\n| From | To | Artefact |\n| --- | --- | --- |"
    )?;
    for record in records {
        if let Event::ArtefactHanded { from, to, artefact } = &record.event {
            let short: String = artefact.0.chars().take(12).collect();
            writeln!(
                out,
                "| {} | {} | `{}` |",
                cell(&from.0),
                cell(&to.0),
                cell(&short)
            )?;
        }
    }
    Ok(())
}

fn notes(records: &[Record], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Skips and checks\n")?;
    let mut none = true;
    for record in records {
        match &record.event {
            Event::TaskSkipped { task, reason } => {
                none = false;
                writeln!(out, "- {} did not run: {}", cell(&task.0), cell(reason))?;
            }
            Event::QualityChecked { task, notes, .. } => {
                for note in notes {
                    none = false;
                    writeln!(out, "- {}: {}", cell(&task.0), cell(note))?;
                }
            }
            _ => {}
        }
    }
    if none { writeln!(out, "None.") } else { Ok(()) }
}

/// Text that cannot end a table cell, become markup or a link, or steer a terminal.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(it) = rest.next() {
        let marks = match it {
            '|' | '<' | '>' | '`' | '*' | '_' | '[' | ']' | '\\' | '&' | '@' | '~' => true,
            // Without these, `http://…` and `www.…` would become links.
            ':' => rest.peek() == Some(&'/'),
            '.' => safe.to_ascii_lowercase().ends_with("www"),
            _ => false,
        };
        if marks {
            safe.push('\\');
        }
        safe.push(match it {
            '\n' | '\r' | '\t' => ' ',
            _ if steers(it) => '\u{fffd}',
            _ => it,
        });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup_no_link_and_no_order_to_a_terminal() {
        let name = "![x](http://a.example)\u{1b}[31m <b>|\nWWW.a.example \u{202e}1. a:b";
        assert_eq!(
            cell(name),
            "!\\[x\\](http\\://a.example)\u{fffd}\\[31m \\<b\\>\\| WWW\\.a.example \u{fffd}1. a:b"
        );
    }
}
