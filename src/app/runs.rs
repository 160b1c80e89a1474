//! Finds runs on disk.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::report::RunReport;
use crate::pipeline::PipelineError;

/// The directory of `run`: a path to one, a run id under `output`, the beginning of exactly one id,
/// or `latest`.
pub fn find(output: &Path, run: &str) -> Result<PathBuf, PipelineError> {
    let is_run = |path: &Path| path.join("journal.jsonl").is_file();
    if !run.is_empty() && is_run(Path::new(run)) {
        return Ok(PathBuf::from(run));
    }
    let runs = list(output);
    if run == "latest" {
        let none = || unknown(output, run, &runs);
        let begun = runs
            .iter()
            .filter_map(|id| Some((begun_ms(&output.join(id))?, id)));
        return begun.max().map(|(_, id)| output.join(id)).ok_or_else(none);
    }
    if runs.iter().any(|id| id == run) {
        return Ok(output.join(run));
    }
    let mut beginning = runs.iter().filter(|id| !run.is_empty() && id.starts_with(run));
    match (beginning.next(), beginning.next()) {
        (Some(only), None) => Ok(output.join(only)),
        _ => Err(unknown(output, run, &runs)),
    }
}

/// When the run in `directory` began; `None` when it died before it did.
fn begun_ms(directory: &Path) -> Option<i64> {
    let records = crate::trace::read(directory).ok()?;
    records.first().map(|it| it.at_ms)
}

/// Ids of the runs under `output`, in order.
pub fn list(output: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(output) else {
        return Vec::new();
    };
    let mut runs: Vec<String> = entries
        .flatten()
        .filter(|it| it.path().join("journal.jsonl").is_file())
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect();
    runs.sort();
    runs
}

fn unknown(output: &Path, run: &str, runs: &[String]) -> PipelineError {
    let known = match runs {
        [] => format!(
            "{} holds no runs; start one with `gaai run --graph …`",
            output.display()
        ),
        _ => {
            let last: Vec<&str> = runs.iter().rev().take(3).map(String::as_str).collect();
            format!(
                "the latest are {}; give an id, its beginning, a directory, or `latest`",
                last.join(", ")
            )
        }
    };
    PipelineError::Invalid(format!(
        "there is no run `{run}` under {}: {known}",
        output.display()
    ))
}

/// The index of a finished run.
pub fn read_index(directory: &Path) -> Result<RunReport, PipelineError> {
    let path = directory.join("reports/index.json");
    let unreadable = |reason: String| PipelineError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    let bytes = fs::read(&path).map_err(|error| {
        unreadable(format!(
            "{error}; the run may not have finished, try `gaai resume`"
        ))
    })?;
    crate::report::read_index(&bytes)
        .map(|(index, _)| index)
        .map_err(|error| unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        event::Event,
        id::{ContentHash, RunId},
    };
    use crate::trace::{Clock, Durability, EventSink, Journal};

    fn begun(output: &Path, id: &str, at_us: i64) {
        let directory = output.join(id);
        fs::create_dir(&directory).unwrap();
        let clock: Clock = Arc::new(move || at_us);
        let started = Event::RunStarted {
            run: RunId::from(id),
            version: String::new(),
            request: "{}".to_owned(),
            inputs: ContentHash::of(b""),
        };
        let journal = Journal::create(&directory, Durability::None, clock).unwrap();
        journal.record(&started).unwrap();
    }

    #[test]
    fn runs_are_found_by_id_beginning_path_and_latest() {
        let output = tempfile::tempdir().unwrap();
        for (at_us, id) in [
            (1_000, "20260101-a"),
            (3_000, "20260102-b"),
            (2_000, "20260102-c"),
        ] {
            begun(output.path(), id, at_us);
        }
        fs::create_dir(output.path().join("zz-died")).unwrap();
        fs::write(output.path().join("zz-died/journal.jsonl"), "").unwrap();
        let found = |run: &str| find(output.path(), run).map(|it| it.file_name().unwrap().to_owned());
        assert_eq!(found("20260101").unwrap(), "20260101-a");
        // By when it began, whatever it is called.
        assert_eq!(found("latest").unwrap(), "20260102-b");
        assert!(found("20260102").unwrap_err().to_string().contains("latest"));
        assert!(found("").is_err());
        let path = output.path().join("20260102-b");
        assert_eq!(find(output.path(), path.to_str().unwrap()).unwrap(), path);
    }
}
