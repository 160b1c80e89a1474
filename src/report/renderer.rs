//! Draws reports: views into layouts, layouts into bytes.
//!
//! Layouts are read in strict mode: one that asks for what a report does not have is an error, not
//! an empty place. Each format escapes in its own way; a layout cannot turn that off for data.

use std::collections::BTreeMap;

use handlebars::Handlebars;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::page::{Carried, script_hash};
use super::view::severity;
use super::{Format, Layouts, ReportError, escape, index_view, report_view, tables};
use crate::model::report::{Report, RunReport, Volatile};
use crate::model::vertical::Severity;

/// Name and version of the JSON envelope.
pub const SCHEMA: &str = "gaai-report/1";
/// Bytes of JSON that an HTML file carries at most; beyond, it names the JSON file instead.
const LARGEST_CARRIED: usize = 1_000_000;

/// How files of a run find each other. All paths are relative, with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Stem of the report's own files, e.g. `1-critical-points`.
    pub stem: String,
    /// Stem of the index.
    pub index: String,
    /// From the reports to the run's directory: empty or ending in `/`.
    pub run: String,
}

impl Links {
    /// The usual places: `reports/<stem>.html` beside `reports/index.html`, results in the run's directory.
    pub fn to(stem: &str) -> Self {
        Self {
            stem: stem.to_owned(),
            index: "index".to_owned(),
            run: "../".to_owned(),
        }
    }
}

/// Draws reports with one set of layouts.
pub struct Renderer {
    pages: BTreeMap<Format, Handlebars<'static>>,
    style: String,
    script: String,
}

/// The JSON of a report or an index, with the run facts last.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: &'a str,
    report: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a Volatile>,
}

#[derive(Deserialize)]
struct Opened<T> {
    schema: String,
    report: T,
    run: Volatile,
}

impl Renderer {
    /// A renderer for these layouts.
    ///
    /// # Errors
    ///
    /// A layout that is missing or no valid Handlebars.
    pub fn new(layouts: &Layouts) -> Result<Self, ReportError> {
        let mut pages = BTreeMap::new();
        for (format, word) in [
            (Format::Markdown, "markdown"),
            (Format::Html, "html"),
            (Format::Text, "text"),
        ] {
            pages.insert(format, handlebars(layouts, format, word)?);
        }
        let text = |name: &str| {
            let text = layouts.get(name).map(str::to_owned);
            text.ok_or_else(|| ReportError::MissingLayout {
                name: name.to_owned(),
            })
        };
        Ok(Self {
            pages,
            style: text("page.css")?,
            script: text("page.js")?,
        })
    }

    /// The report of one use case in one format.
    ///
    /// # Errors
    ///
    /// A claim that cites a fact the report lacks, or a layout that does not fit.
    pub fn render_report(
        &self,
        report: &Report,
        volatile: &Volatile,
        links: &Links,
        format: Format,
    ) -> Result<Vec<u8>, ReportError> {
        let name = match format {
            Format::Json => return envelope(report, volatile),
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Text => "text",
        };
        let mut view = report_view::report_view(report, volatile, links, format)?;
        view.carried = self.carried(report, &links.stem, format)?;
        self.draw(name, &view, format)
    }

    /// The index of a run in one format.
    ///
    /// # Errors
    ///
    /// As [`Renderer::render_report`].
    pub fn render_index(
        &self,
        run: &RunReport,
        volatile: &Volatile,
        format: Format,
    ) -> Result<Vec<u8>, ReportError> {
        let name = match format {
            Format::Json => return envelope(run, volatile),
            Format::Markdown => "index_markdown",
            Format::Html => "index_html",
            Format::Text => "index_text",
        };
        let links = Links::to("index");
        let mut view = index_view::index_view(run, volatile, &links.run, format)?;
        view.carried = self.carried(run, &links.index, format)?;
        self.draw(name, &view, format)
    }

    fn carried<T: Serialize>(&self, report: &T, stem: &str, format: Format) -> Result<Carried, ReportError> {
        if format != Format::Html {
            return Ok(Carried::default());
        }
        let json = json(&serde_json::to_string(&Envelope {
            schema: SCHEMA,
            report,
            run: None,
        }))?;
        let json = if json.len() > LARGEST_CARRIED {
            let pointer = serde_json::json!({ "schema": SCHEMA, "see": format!("{stem}.json") });
            pointer.to_string()
        } else {
            json
        };
        let levels = [
            Severity::Critical,
            Severity::High,
            Severity::Medium,
            Severity::Low,
            Severity::Info,
        ];
        Ok(Carried {
            style: self.style.clone(),
            script: self.script.clone(),
            script_hash: script_hash(&self.script),
            json: escape::json_in_html(&json),
            signs: levels.into_iter().map(severity).collect(),
        })
    }

    fn draw<T: Serialize>(&self, name: &str, view: &T, format: Format) -> Result<Vec<u8>, ReportError> {
        let missing = || ReportError::MissingLayout {
            name: format!("{name}.hbs"),
        };
        let pages = self.pages.get(&format).ok_or_else(missing)?;
        let page = pages.render(name, view).map_err(|error| ReportError::Drawing {
            name: format!("{name}.hbs"),
            reason: error.to_string(),
        })?;
        let page = match format {
            Format::Text => tables::fold(&squeeze(&page)),
            Format::Markdown => squeeze(&page),
            Format::Html | Format::Json => page,
        };
        Ok(page.into_bytes())
    }
}

/// The layouts of one format, compiled.
fn handlebars(layouts: &Layouts, format: Format, word: &str) -> Result<Handlebars<'static>, ReportError> {
    let mut pages = Handlebars::new();
    pages.set_strict_mode(true);
    pages.set_prevent_indent(true);
    pages.register_escape_fn(match format {
        Format::Html | Format::Json => escape::html,
        Format::Markdown => escape::markdown,
        Format::Text => escape::clean,
    });
    let index = format!("index_{word}");
    let partial = format!("partials/{word}_");
    for (name, source) in &layouts.0 {
        let Some(stem) = name.strip_suffix(".hbs") else {
            continue;
        };
        if stem == word || stem == index || stem.starts_with(&partial) {
            let called = stem.strip_prefix("partials/").unwrap_or(stem);
            pages
                .register_template_string(called, source)
                .map_err(|error| ReportError::Layout {
                    name: name.clone(),
                    reason: error.to_string(),
                })?;
        }
    }
    for called in [word, &index] {
        if !pages.has_template(called) {
            return Err(ReportError::MissingLayout {
                name: format!("{called}.hbs"),
            });
        }
    }
    Ok(pages)
}

/// At most one empty line in a row, none at the start: layouts leave more where a section is absent.
fn squeeze(page: &str) -> String {
    let mut squeezed = String::with_capacity(page.len());
    let mut empty = true;
    for line in page.lines() {
        let blank = line.trim().is_empty();
        if !(blank && empty) {
            squeezed.push_str(line.trim_end());
            squeezed.push('\n');
        }
        empty = blank;
    }
    squeezed
}

fn json(text: &Result<String, serde_json::Error>) -> Result<String, ReportError> {
    match text {
        Ok(text) => Ok(text.clone()),
        Err(error) => Err(ReportError::Json {
            reason: error.to_string(),
        }),
    }
}

fn envelope<T: Serialize>(report: &T, volatile: &Volatile) -> Result<Vec<u8>, ReportError> {
    let envelope = Envelope {
        schema: SCHEMA,
        report,
        run: Some(volatile),
    };
    let mut text = json(&serde_json::to_string_pretty(&envelope))?;
    text.push('\n');
    Ok(text.into_bytes())
}

fn open<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, Volatile), ReportError> {
    let opened: Opened<T> = serde_json::from_slice(bytes).map_err(|error| ReportError::Json {
        reason: error.to_string(),
    })?;
    if opened.schema != SCHEMA {
        let reason = format!("its schema is `{}`, not `{SCHEMA}`", opened.schema);
        return Err(ReportError::Json { reason });
    }
    Ok((opened.report, opened.run))
}

/// The report and run facts in the JSON of [`Renderer::render_report`].
///
/// # Errors
///
/// Bytes that are no such JSON, or of another version.
pub fn read_report(bytes: &[u8]) -> Result<(Report, Volatile), ReportError> {
    open(bytes)
}

/// The index and run facts in the JSON of [`Renderer::render_index`].
///
/// # Errors
///
/// As [`read_report`].
pub fn read_index(bytes: &[u8]) -> Result<(RunReport, Volatile), ReportError> {
    open(bytes)
}
