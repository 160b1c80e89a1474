//! SVG as text. Everything drawn is built here, so everything is escaped here.
//!
//! Colours are classes; the page's style sheet gives them a value for light and dark.

use std::fmt::Write;

use super::escape::html;
use crate::model::vertical::Severity;

/// An SVG element that is complete and safe to put into a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub(super) struct Svg(String);

/// A drawing under construction.
pub(super) struct Canvas {
    body: String,
}

/// Where a text is anchored.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// The markup.
    #[cfg(test)]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self { body: String::new() }
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64), hint: &str) {
        let _ = write!(
            self.body,
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>"#,
            short(x),
            short(y),
            short(w),
            short(h),
            html(hint)
        );
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = write!(
            self.body,
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            short(x1),
            short(y1),
            short(x2),
            short(y2)
        );
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = write!(
            self.body,
            r#"<text class="{class}" x="{}" y="{}" text-anchor="{anchor}">{}</text>"#,
            short(x),
            short(y),
            html(text)
        );
    }

    /// Markup made of escaped parts.
    pub(super) fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    /// The finished drawing. `id` names it on its page; title and description are for those who
    /// do not see it.
    pub(super) fn finish(
        self,
        id: &str,
        class: &str,
        (w, h): (f64, f64),
        title: &str,
        description: &str,
    ) -> Svg {
        let id = html(id);
        // What has links inside must not be one image to a screen reader.
        let role = if self.body.contains("<a ") { "group" } else { "img" };
        Svg(format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="0 0 {} {}" role="{}" "#,
                r#"aria-labelledby="{}-title {}-desc"><title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>"#
            ),
            class,
            short(w),
            short(h),
            role,
            id,
            id,
            id,
            html(title),
            id,
            html(description),
            self.body
        ))
    }
}

/// A coordinate with at most one decimal: a tenth of a unit is not seen, and files stay small.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// The text cut to `most` characters, the last one an ellipsis where something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    let clean = super::escape::clean(text);
    if clean.chars().count() <= most {
        return clean;
    }
    let kept: String = clean.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Width in units that a text takes at a font size, generously: no font is at hand to measure with.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    text.chars()
        .map(|it| match it {
            'i' | 'l' | 'j' | 't' | 'f' | '.' | ',' | ':' | ' ' | '\'' | '|' => 0.33,
            'm' | 'w' | 'M' | 'W' | '…' => 0.9,
            it if it.is_ascii_uppercase() => 0.7,
            it if it.is_ascii_digit() => 0.65,
            it if it.is_ascii() => 0.6,
            _ => 0.85,
        })
        .sum::<f64>()
        * size
}

/// The sign of a severity: a shape of its own each, so that colour is never the only difference.
pub(super) fn severity_sign(severity: Severity) -> Svg {
    let shape = match severity {
        Severity::Critical => r#"<path d="M8 0 16 8 8 16 0 8z"/>"#,
        Severity::High => r#"<path d="M8 1 16 15H0z"/>"#,
        Severity::Medium => r#"<path d="M1 1h14v14H1z"/>"#,
        Severity::Low => r#"<circle cx="8" cy="8" r="7.5"/>"#,
        Severity::Info => {
            r#"<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="3"/>"#
        }
    };
    Svg(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="sign" viewBox="0 0 16 16" aria-hidden="true">{shape}</svg>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_data_is_inert() {
        let mut canvas = Canvas::new();
        canvas.text("label", (0.0, 0.0), Anchor::Start, "<script>alert(1)</script>");
        canvas.rect("bar", (0.0, 0.0), (1.0, 1.0), "\"><b>");
        let svg = canvas.finish("c", "chart", (10.0, 10.0), "</title><script>", "&");
        assert!(!svg.as_str().contains("<script"));
        assert!(!svg.as_str().contains("<b>"));
    }

    #[test]
    fn coordinates_are_short_and_zero_has_no_sign() {
        assert_eq!(short(1.0), "1");
        assert_eq!(short(-0.04), "0");
        assert_eq!(short(2.26), "2.3");
    }
}
