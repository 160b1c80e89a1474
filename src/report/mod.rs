//! `Report` to bytes: Markdown, HTML, text and JSON. Asks no model and reads no clock.
//!
//! A report is complete before it is drawn: this room writes values down, links every number to
//! the fact that it is, and draws charts and pictures. Pages come from Handlebars layouts
//! ([`Layouts`]); what the data says reaches a page only through `escape`. The same report gives
//! the same bytes, the block of run facts aside ([`without_run_facts`]), which is what
//! [`Renderer::check_files`] rests on.

mod chart;
mod check;
mod derivations;
mod error;
mod escape;
mod executive_view;
mod finding_view;
mod fitness_view;
mod glossary;
mod index_view;
mod layouts;
mod methods_view;
mod page;
mod picture;
mod placement;
mod renderer;
mod report_view;
mod run_facts;
mod schema_picture;
mod svg;
mod tables;
mod view;
mod words;

#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_finding;
#[cfg(test)]
mod sample_index;

pub use derivations::derivation as derivation_in_words;
pub use error::ReportError;
pub use layouts::Layouts;
pub use renderer::{Links, Renderer, SCHEMA, read_index, read_report};
pub use run_facts::without_run_facts;

/// The formats that a report is written in. A closed set, so an enum: the compiler lists every
/// place that a new one must be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// GitHub-flavoured Markdown.
    Markdown,
    /// One self-contained file.
    Html,
    /// The report as data, in an envelope.
    Json,
    /// Plain text of 80 columns.
    Text,
}

impl Format {
    /// All formats, in the order in which files are written.
    pub const ALL: [Format; 4] = [Format::Markdown, Format::Html, Format::Json, Format::Text];

    /// The ending of its files, without dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Markdown => "md",
            Format::Html => "html",
            Format::Json => "json",
            Format::Text => "txt",
        }
    }

    /// The format called `name` (`markdown`, `html`, `json`, `text`, or an ending), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "markdown" | "md" => Some(Format::Markdown),
            "html" => Some(Format::Html),
            "json" => Some(Format::Json),
            "text" | "txt" => Some(Format::Text),
            _ => None,
        }
    }
}
