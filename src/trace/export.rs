//! One door to the forms in which a trace is exported.

use std::io::{self, Write};

use super::spans::Spans;
use super::summary::TraceSummary;
use super::{json, markdown, timeline};
use crate::model::event::Record;

/// A form of a trace. A closed set, so an enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TraceFormat {
    /// Summary, attempts and all records.
    Json,
    /// A timeline with summary and failures, one file without scripts.
    Html,
    /// The timeline alone.
    Svg,
    /// Tables for people.
    Markdown,
}

impl TraceFormat {
    /// All forms.
    pub const ALL: [TraceFormat; 4] = [Self::Json, Self::Html, Self::Svg, Self::Markdown];

    /// File extension without the dot; the word for it on the command line.
    pub fn extension(self) -> &'static str {
        match self {
            TraceFormat::Json => "json",
            TraceFormat::Html => "html",
            TraceFormat::Svg => "svg",
            TraceFormat::Markdown => "md",
        }
    }

    /// The form of this name: an extension, or `markdown`.
    pub fn named(name: &str) -> Option<Self> {
        let name = if name == "markdown" { "md" } else { name };
        Self::ALL.into_iter().find(|it| it.extension() == name)
    }

    /// Name of the file under `trace/` that holds it.
    pub fn file_name(self) -> &'static str {
        match self {
            TraceFormat::Json => "trace.json",
            TraceFormat::Html => "timeline.html",
            TraceFormat::Svg => "timeline.svg",
            TraceFormat::Markdown => "trace.md",
        }
    }
}

/// Writes the trace of `records` to `out`.
pub fn export(records: &[Record], format: TraceFormat, out: &mut dyn Write) -> io::Result<()> {
    let spans = Spans::of(records);
    let summary = TraceSummary::with_spans(records, &spans);
    match format {
        TraceFormat::Json => json::write(records, &spans, &summary, out),
        TraceFormat::Html => timeline::html(records, &spans, &summary, out),
        TraceFormat::Svg => timeline::svg(&spans, &summary.trace_id, out),
        TraceFormat::Markdown => markdown::write(records, &spans, &summary, out),
    }
}
