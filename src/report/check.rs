//! Whether files on disk are what their report says: drawn again and compared byte by byte.
//!
//! Any altered character is noticed; a number that a claim cites is named with its fact.

use super::{Format, Links, Renderer, ReportError};
use crate::model::fact::FactValue;
use crate::model::format::render;
use crate::model::report::{Report, RunReport, Volatile};

impl Renderer {
    /// What differs between the files of a report and the report drawn again; empty when nothing does.
    ///
    /// `files` are the bytes on disk by format. Each difference is one sentence that names the
    /// format, the line, and the fact where the difference is in a cited number.
    ///
    /// # Errors
    ///
    /// A report that cannot be drawn at all.
    pub fn check_files(
        &self,
        report: &Report,
        volatile: &Volatile,
        links: &Links,
        files: &[(Format, Vec<u8>)],
    ) -> Result<Vec<String>, ReportError> {
        let mut faults = Vec::new();
        for (format, bytes) in files {
            let wanted = self.render_report(report, volatile, links, *format)?;
            let name = format!("{}.{}", links.stem, format.extension());
            if *format == Format::Html && bytes != &wanted {
                faults.extend(cited_numbers(&name, report, &String::from_utf8_lossy(bytes)));
            }
            faults.extend(first_difference(&name, &wanted, bytes));
        }
        Ok(faults)
    }

    /// What differs between the files of an index and the index drawn again.
    ///
    /// # Errors
    ///
    /// As [`Renderer::check_files`].
    pub fn check_index(
        &self,
        run: &RunReport,
        volatile: &Volatile,
        files: &[(Format, Vec<u8>)],
    ) -> Result<Vec<String>, ReportError> {
        let mut faults = Vec::new();
        for (format, bytes) in files {
            let wanted = self.render_index(run, volatile, *format)?;
            faults.extend(first_difference(
                &format!("index.{}", format.extension()),
                &wanted,
                bytes,
            ));
        }
        Ok(faults)
    }
}

/// The first line that differs, in a sentence.
fn first_difference(name: &str, wanted: &[u8], found: &[u8]) -> Option<String> {
    if wanted == found {
        return None;
    }
    let (wanted, found) = (String::from_utf8_lossy(wanted), String::from_utf8_lossy(found));
    let mut lines = wanted.split('\n').zip(found.split('\n')).enumerate();
    let Some((line, (wanted, found))) = lines.find(|(_, (a, b))| a != b) else {
        let (a, b) = (wanted.matches('\n').count(), found.matches('\n').count());
        return Some(format!(
            "{name}: has {b} line ends, the report drawn again has {a}"
        ));
    };
    let same = wanted
        .chars()
        .zip(found.chars())
        .take_while(|(a, b)| a == b)
        .count();
    Some(format!(
        "{name}, line {}, character {}: has `{}`, the report drawn again has `{}`",
        line + 1,
        same + 1,
        excerpt(found, same),
        excerpt(wanted, same)
    ))
}

/// A few characters around the one at `at`.
fn excerpt(line: &str, at: usize) -> String {
    let text: String = line.chars().skip(at.saturating_sub(24)).take(60).collect();
    super::escape::clean(text.trim())
}

/// Numbers of the page, marked as a fact's, whose value or text is not the fact's.
fn cited_numbers(name: &str, report: &Report, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for element in page.split("<data ").skip(1) {
        let Some((head, rest)) = element.split_once('>') else {
            continue;
        };
        let (Some(id), Some(claim)) = (attribute(head, "data-fact"), attribute(head, "data-claim")) else {
            continue;
        };
        let text = rest.split_once("</data>").map_or("", |it| it.0);
        let Some(fact) = report.facts.iter().find(|it| it.id.0 == id) else {
            faults.push(format!(
                "{name}: claim {claim} cites {id}, which the report lacks"
            ));
            continue;
        };
        let wanted = super::escape::html(&render(&fact.value, fact.quantity, &fact.unit));
        let value = super::escape::html(&super::svg::cut(
            &super::words::full(&fact.value),
            super::view::HOVER,
        ));
        let given = attribute(head, "value").unwrap_or_default();
        if text != wanted {
            faults.push(format!(
                "{name}: claim {claim} shows `{text}` for {id}, the fact is `{wanted}`"
            ));
        } else if given != value && !matches!(fact.value, FactValue::List(_)) {
            faults.push(format!(
                "{name}: claim {claim} carries `{given}` for {id}, the fact is `{value}`"
            ));
        }
    }
    faults
}

/// The value of a quoted attribute, still escaped.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let from = head.find(&format!("{name}=\""))? + name.len() + 2;
    head[from..].split('"').next()
}
