//! Compares a run's findings with planted truth: the one place that reads `truth.json`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::evidence::{history, index_of};
use super::graphs::Location;
use super::parts::{demo_choice, demo_kinds};
use crate::agents::score::{Score, score as judge};
use crate::pipeline::{PipelineError, RunRequest};
use crate::source::demo::{self, Truth};

/// The score of the run in `directory` against the truth at `truth`, or against that of its graph: the
/// generator's for a demo graph, `truth.json` in the graph's directory otherwise.
///
/// # Errors
///
/// No truth, with what to do, or a run without index.
pub fn score(directory: &Path, truth: Option<&Path>) -> Result<Score, PipelineError> {
    let history = history(directory)?;
    let index = index_of(directory, &history)?;
    let truth = match truth {
        Some(path) => read(path)?,
        None => truth_of(&history.request)?,
    };
    let findings: Vec<_> = index
        .reports
        .iter()
        .flat_map(|(_, it)| it.findings.clone())
        .collect();
    Ok(judge(&findings, &truth))
}

/// The truth of the graph that a request names.
fn truth_of(request: &str) -> Result<Truth, PipelineError> {
    let request: RunRequest = serde_json::from_str(request).map_err(|error| defect(&error))?;
    match Location::parse(&request.location, &demo_kinds()).map_err(PipelineError::Invalid)? {
        Location::Path(path) => read(&request.path(&path).join("truth.json")),
        Location::Demo { kind, seed, scale } => {
            let (kind, scale) = demo_choice(&kind, &scale)?;
            Ok(demo::generate(kind, seed, scale).truth)
        }
    }
}

fn read(path: &Path) -> Result<Truth, PipelineError> {
    let unreadable = |reason: String| PipelineError::Unreadable {
        path: path.display().to_string(),
        reason: format!("{reason}; name the planted truth with --truth"),
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}

fn defect(error: &serde_json::Error) -> PipelineError {
    PipelineError::Defect {
        reason: format!("what gaai wrote cannot be read: {error}"),
    }
}

/// Prints a score for people.
///
/// # Errors
///
/// Those of `out`.
pub fn write_score(score: &Score, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "recall {:.3} ({} of {} planted patterns found), precision {:.3} ({} of {} answers right, {} fooled by decoys)",
        score.recall, score.found, score.planted, score.precision, score.right, score.answers, score.fooled
    )?;
    for (kind, (planted, found)) in &score.kinds {
        writeln!(out, "  {kind:<28} {found} of {planted}")?;
    }
    for wrong in &score.wrong {
        let decoy = wrong
            .decoy
            .as_ref()
            .map(|it| format!(", a decoy: {it}"))
            .unwrap_or_default();
        writeln!(out, "  wrong: {} in {}{decoy}", wrong.label, wrong.finding)?;
    }
    Ok(())
}
