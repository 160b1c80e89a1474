//! What was measured, as lines for people or for programs, with the figures that are to be reached.

use std::io::{self, Write};

use serde_json::json;

use crate::measure::{Times, median};
use crate::work::Answer;

/// The measurements of one piece of work on one graph.
pub(crate) struct Measured {
    pub(crate) graph: &'static str,
    pub(crate) work: &'static str,
    pub(crate) threads: usize,
    pub(crate) times: Times,
    /// Greatest resident memory while it ran, in bytes.
    pub(crate) peak: u64,
    pub(crate) answer: Answer,
}

/// A figure to reach.
struct Figure {
    graph: &'static str,
    work: &'static str,
    what: &'static str,
    limit: f64,
    of: fn(&Measured) -> f64,
}

const fn figure(
    graph: &'static str,
    work: &'static str,
    limit: f64,
    what: &'static str,
    of: fn(&Measured) -> f64,
) -> Figure {
    Figure {
        graph,
        work,
        what,
        limit,
        of,
    }
}

fn cpu(measured: &Measured) -> f64 {
    median(&measured.times.cpu)
}

fn answered(measured: &Measured, name: &str) -> f64 {
    measured.answer.get(name).copied().unwrap_or(f64::NAN)
}

const FIGURES: &[Figure] = &[
    figure("rmat22", "pagerank20", 0.30, "CPU s a sweep", |it| cpu(it) / 20.0),
    figure("rmat18", "pagerank", 30.0, "sweeps", |it| {
        answered(it, "iterations")
    }),
    figure("rmat20", "wcc", 0.10, "CPU s", cpu),
    figure("rmat20", "bfs", 0.037, "CPU s", cpu),
    figure("rmat18", "triangles", 2.0, "CPU s", cpu),
    figure("rmat18", "betweenness16", 1.5, "CPU s", cpu),
    figure("rmat18", "louvain", 1.34, "CPU s", cpu),
    figure("rmat18", "leiden", 2.4, "CPU s", cpu),
    figure("rmat18", "label_propagation", 0.36, "CPU s", cpu),
    figure("rmat22", "build", 9.0, "bytes an edge", |it| {
        answered(it, "bytes_an_edge")
    }),
    figure("rmat22", "build", 17.0, "peak bytes an edge", |it| {
        answered(it, "peak_bytes_an_edge")
    }),
];

/// The heading of the table for people.
pub(crate) fn heading(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "| graph | work | CPU s, median (spread) | wall s | peak MiB | answer | figure |"
    )?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- | --- |")
}

/// A row of the table for people.
pub(crate) fn row(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let Measured {
        graph, work, times, ..
    } = measured;
    let answer: Vec<String> = measured
        .answer
        .iter()
        .map(|(name, value)| format!("{name} {}", short(*value)))
        .collect();
    let figures: Vec<String> = FIGURES
        .iter()
        .filter(|it| it.graph == *graph && it.work == *work)
        .map(|it| judged(it, measured))
        .collect();
    writeln!(
        out,
        "| {graph} | {work} | {} ({}-{}) | {} | {} | {} | {} |",
        short(median(&times.cpu)),
        short(times.cpu.iter().copied().fold(f64::INFINITY, f64::min)),
        short(times.cpu.iter().copied().fold(0.0, f64::max)),
        short(median(&times.wall)),
        measured.peak >> 20,
        answer.join(", "),
        figures.join("; "),
    )?;
    out.flush()
}

/// A row for what could not be measured.
pub(crate) fn row_without(out: &mut impl Write, graph: &str, work: &str, why: &str) -> io::Result<()> {
    writeln!(out, "| {graph} | {work} | not run: {why} | | | | |")
}

/// The same as a JSON object on one line.
pub(crate) fn json_line(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    let line = json!({
        "peer": "gaai",
        "graph": measured.graph,
        "work": measured.work,
        "threads": measured.threads,
        "cpu": measured.times.cpu,
        "wall": measured.times.wall,
        "peak_bytes": measured.peak,
        "answer": measured.answer,
    });
    writeln!(out, "{line}")?;
    out.flush()
}

/// What could not be measured, as a JSON object on one line.
pub(crate) fn json_without(out: &mut impl Write, graph: &str, work: &str, why: &str) -> io::Result<()> {
    let line = json!({"peer": "gaai", "graph": graph, "work": work, "not_run": why});
    writeln!(out, "{line}")
}

fn judged(figure: &Figure, measured: &Measured) -> String {
    let value = (figure.of)(measured);
    let mark = if value <= figure.limit { "pass" } else { "over" };
    let what = figure.what;
    format!("{} of {} {what}: {mark}", short(value), short(figure.limit))
}

/// Whole numbers as they are, others with four digits.
fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value}");
    }
    match value.abs() {
        large if large >= 1000.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        small if small >= 0.01 => format!("{value:.3}"),
        _ => format!("{value:.3e}"),
    }
}
