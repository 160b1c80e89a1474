//! A trace as a picture: one row an attempt, one bar its time. No scripts; the records stand in the
//! page as inert data.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::print::{milliseconds, print_summary, seconds, steers};
use super::spans::{Span, SpanEnd, Spans};
use super::summary::{TraceSummary, agent_name};
use crate::model::event::{Record, Stage};

const WIDTH: f64 = 1000.0;
/// Task names stand left of this.
const LEFT: f64 = 290.0;
/// Room for the figure behind the longest bar.
const RIGHT: f64 = 110.0;
const ROW: f64 = 24.0;
const TOP: f64 = 34.0;
/// Names are cut here; the whole name is in the bar's title.
const NAME: usize = 40;

/// Writes the picture as one SVG file.
pub(super) fn svg(spans: &Spans, name: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(draw(spans, name).as_bytes())
}

/// Writes a page with summary, picture and the records as data.
pub(super) fn html(
    records: &[Record],
    spans: &Spans,
    summary: &TraceSummary,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = escape(&summary.trace_id);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Trace of {name}</title>\n<style>{PAGE}</style>\n</head>\n<body>\n<h1>Trace of {name}</h1>\n\
         <div class=\"wide\">{}</div>\n<h2>Summary</h2>\n<pre>",
        draw(spans, &summary.trace_id)
    )?;
    let mut text = Vec::new();
    print_summary(summary, &mut text)?;
    writeln!(out, "{}</pre>", escape(&String::from_utf8_lossy(&text)))?;
    writeln!(out, "<h2>Failures</h2>\n<ul>")?;
    let mut failed = 0;
    for span in &spans.spans {
        if let SpanEnd::Failed(reason) = &span.end {
            failed += 1;
            writeln!(
                out,
                "<li><b>{}</b>: {}</li>",
                escape(&span.task.0),
                escape(reason)
            )?;
        }
    }
    if failed == 0 {
        writeln!(out, "<li>None.</li>")?;
    }
    // `<` is the only character that could end the element.
    let data = serde_json::to_string(records)?.replace('<', "\\u003c");
    writeln!(
        out,
        "</ul>\n<script type=\"application/json\" id=\"records\">{data}</script>\n</body>\n</html>"
    )
}

fn draw(spans: &Spans, name: &str) -> String {
    let height = TOP + ROW * spans.spans.len() as f64 + 10.0;
    let longest = spans
        .spans
        .iter()
        .map(|it| it.start_us.saturating_add(it.elapsed_us))
        .max();
    let total = longest.unwrap_or(0).max(spans.total_us).max(1) as f64;
    let scale = (WIDTH - LEFT - RIGHT) / total;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Timeline of {}: {} attempts in {}\">\n<style>{PICTURE}</style>\n",
        escape(name),
        spans.spans.len(),
        seconds(spans.total_us)
    );
    let step = tick(total);
    let mut at = 0.0;
    while at <= total {
        let x = LEFT + at * scale;
        let label = milliseconds(at as u64);
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<line class=\"tick\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{:.1}\"/><text class=\"axis\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
            height - 6.0,
            TOP - 10.0
        );
        at += step;
    }
    for (row, span) in spans.spans.iter().enumerate() {
        bar(&mut svg, span, TOP + ROW * row as f64, scale);
    }
    svg.push_str("</svg>\n");
    svg
}

fn bar(svg: &mut String, span: &Span, y: f64, scale: f64) {
    let x = LEFT + span.start_us as f64 * scale;
    let width = (span.elapsed_us as f64 * scale).max(1.5);
    let (end, class) = match &span.end {
        SpanEnd::Finished => ("", ""),
        SpanEnd::Failed(_) => (" failed", " failed"),
        SpanEnd::Open => (" interrupted", " open"),
    };
    let mut label: String = span.task.0.chars().take(NAME).collect();
    if label.len() < span.task.0.len() {
        label.push('…');
    }
    let took = milliseconds(span.elapsed_us);
    let middle = y + ROW * 0.65;
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<g><title>{}, attempt {}: {took}{end} ({})</title>\
         <text class=\"name\" x=\"{:.1}\" y=\"{middle:.1}\">{}</text>\
         <rect class=\"s{}{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"2\"/>\
         <text class=\"took\" x=\"{:.1}\" y=\"{middle:.1}\">{took}{end}</text></g>",
        escape(&span.task.0),
        span.attempt,
        agent_name(span.stage),
        LEFT - 10.0,
        escape(&label),
        colour(span.stage),
        y + 4.0,
        ROW - 8.0,
        x + width + 6.0,
    );
}

/// The distance of ticks: 1, 2 or 5 times a power of ten, so that there are three to eight.
fn tick(total: f64) -> f64 {
    let power = 10_f64.powf((total / 4.0).log10().floor());
    let rest = total / 4.0 / power;
    let factor = if rest >= 5.0 {
        5.0
    } else if rest >= 2.0 {
        2.0
    } else {
        1.0
    };
    (factor * power).max(1.0)
}

fn colour(stage: Stage) -> u8 {
    match stage {
        Stage::Vertical | Stage::Index => 0,
        Stage::Schema | Stage::Requirements => 1,
        Stage::UseCases | Stage::Templates => 2,
        Stage::Execution => 3,
        Stage::Report => 4,
    }
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters other than white space are not allowed in XML.
            _ if steers(it) && !it.is_whitespace() => safe.push('\u{fffd}'),
            _ => safe.push(it),
        }
    }
    safe
}

const PICTURE: &str = "svg{font:13px system-ui,sans-serif;color:#1d2433}\
text{fill:currentColor}.name{text-anchor:end}.axis{text-anchor:middle;font-size:11px;opacity:.75}\
.took{font-size:11px;opacity:.85}.tick{stroke:currentColor;stroke-opacity:.15}\
.s0{fill:#6b7280}.s1{fill:#2f6fb2}.s2{fill:#7a5cb8}.s3{fill:#c26a1b}.s4{fill:#2e8555}\
.failed{fill:#b3261e;stroke:currentColor;stroke-dasharray:3 2}.open{fill-opacity:.35;stroke:currentColor;stroke-dasharray:3 2}\
@media(prefers-color-scheme:dark){svg{color:#e6e9f0}}";

const PAGE: &str = "body{margin:2rem auto;max-width:70rem;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;\
color:#1d2433;background:#fff}.wide{overflow-x:auto}.wide svg{min-width:44rem;width:100%;height:auto}\
pre{overflow-x:auto}@media(prefers-color-scheme:dark){body{color:#e6e9f0;background:#12151c}}";
