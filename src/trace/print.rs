//! The summary as text, in the blocks that users of the earlier platform know.

use std::io::{self, Write};

use super::summary::TraceSummary;

const WIDTH: usize = 70;

/// Writes the summary's blocks to `out`.
pub fn print_summary(summary: &TraceSummary, out: &mut dyn Write) -> io::Result<()> {
    let rule = "=".repeat(WIDTH);
    let (performance, model) = (&summary.performance, &summary.model);
    writeln!(out, "{rule}\n Workflow Trace Summary\n{rule}\n")?;
    writeln!(out, "Trace ID: {}", summary.trace_id.replace(steers, "\u{fffd}"))?;
    writeln!(out, "Total Events: {}\n", grouped(summary.total_events))?;
    writeln!(out, "Performance:")?;
    writeln!(out, " Total Time: {}", seconds(performance.total_us))?;
    writeln!(out, " Steps Completed: {}", grouped(performance.steps_completed))?;
    writeln!(out, " Avg Time/Step: {}\n", milliseconds(performance.average_us))?;
    writeln!(out, "LLM Usage:")?;
    write!(out, " Total Calls: {}", grouped(model.calls))?;
    match model.failed {
        0 => writeln!(out)?,
        calls => writeln!(out, ", and {} that were not answered", grouped(calls))?,
    }
    writeln!(out, " Total Time: {}", seconds(model.time_us))?;
    writeln!(out, " Total Tokens: {}", grouped(model.tokens))?;
    write!(out, " Estimated Cost: ${:.4} USD", model.cost_usd)?;
    match model.unpriced {
        0 => writeln!(out, "\n")?,
        calls => writeln!(out, ", and {} calls whose price is not known\n", grouped(calls))?,
    }
    writeln!(out, "Communication:")?;
    let messages = summary.communication.messages;
    writeln!(out, " Messages Exchanged: {}", grouped(messages))?;
    writeln!(out, " Errors: {}\n", grouped(summary.communication.errors))?;
    writeln!(out, "Slowest Agents:")?;
    for (place, it) in summary.slowest.iter().enumerate() {
        writeln!(out, " {}. {}: {}", place + 1, it.agent, milliseconds(it.time_us))?;
    }
    writeln!(out, "\nCritical Path: {}", seconds(summary.critical_us))?;
    for (place, it) in summary.critical_path.iter().enumerate() {
        // Control characters of a name could command the terminal.
        let name = it.task.0.replace(steers, "\u{fffd}");
        writeln!(out, " {}. {name}: {}", place + 1, milliseconds(it.time_us))?;
    }
    writeln!(out, "\nAchieved Parallelism: {:.2}", summary.parallelism)
}

/// Microseconds as seconds with two decimals: `72.45s`.
pub fn seconds(us: u64) -> String {
    format!("{:.2}s", us as f64 / 1e6)
}

/// Microseconds as whole milliseconds; with one decimal below ten.
pub(super) fn milliseconds(us: u64) -> String {
    if us < 9_950 {
        format!("{:.1}ms", us as f64 / 1e3)
    } else {
        format!("{}ms", us.saturating_add(500) / 1000)
    }
}

/// Whether a terminal might act on it: a control character, or one that turns the direction of text.
pub(super) fn steers(it: char) -> bool {
    it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A count with commas between thousands: `45,230`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
