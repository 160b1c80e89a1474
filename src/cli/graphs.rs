//! `gaai inspect`, `gaai demo` and `gaai score`.

use std::path::PathBuf;

use super::Session;
use super::arguments::Place;
use super::run::runtime;
use crate::algorithms::Control;
use crate::app::{self, OpenGraph};
use crate::pipeline::{Effort, PipelineError};
use crate::source;

/// Prints what is in a graph.
pub(super) fn inspect(session: &Session, graph: &str) -> anyhow::Result<u8> {
    let kinds = app::demo_kinds();
    let named = app::resolve(graph, &session.project, &kinds).map_err(PipelineError::Invalid)?;
    let effort = Effort {
        cache: session.cache(false),
        ..Effort::default()
    };
    let OpenGraph { source, .. } = app::open_graph(&named.location, &named.name, &effort)?;
    let census = runtime()?
        .block_on(source.census(&Control::default()))
        .map_err(|error| PipelineError::Invalid(error.to_string()))?;
    session
        .console
        .result(&census, |out| source::write_inspection(&census, out))?;
    Ok(0)
}

/// Writes a demo graph.
pub(super) fn demo(
    session: &Session,
    kind: &str,
    seed: u64,
    scale: &str,
    out: Option<PathBuf>,
) -> anyhow::Result<u8> {
    let (kind, scale) = app::demo_choice(kind, scale)?;
    let target = out.unwrap_or_else(|| PathBuf::from(format!("demo-{}", kind.name())));
    let demo = source::demo::generate(kind, seed, scale);
    if std::fs::read_dir(&target).is_ok_and(|mut it| it.next().is_some()) {
        return Err(PipelineError::Invalid(format!(
            "{} is not empty, and its files could be overwritten; name another directory with --out",
            target.display()
        ))
        .into());
    }
    source::demo::write(&demo, &target).map_err(|error| PipelineError::Unwritable {
        path: target.display().to_string(),
        reason: error.to_string(),
    })?;
    let mut files: Vec<&str> = demo.files.iter().map(|(name, _)| name.as_str()).collect();
    files.extend(["brief.md", "truth.json"]);
    session.console.result(&files, |out| {
        writeln!(out, "{} (seed {seed}) in {}:", kind.name(), target.display())?;
        for file in &files {
            writeln!(out, "  {file}")?;
        }
        writeln!(out, "\nNext: gaai run --graph {}", target.display())
    })?;
    Ok(0)
}

/// Compares a run's findings with the planted truth.
pub(super) fn score(
    session: &Session,
    run: &str,
    truth: Option<PathBuf>,
    place: &Place,
) -> anyhow::Result<u8> {
    let directory = app::find_run(&session.output(place), run)?;
    let score = app::score(&directory, truth.as_deref())?;
    session
        .console
        .result(&score, |out| app::write_score(&score, out))?;
    Ok(0)
}
