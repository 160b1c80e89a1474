//! Finds runs on disk.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::config;
use crate::model::id::RunId;
use crate::model::report::RunReport;
use crate::pipeline::PipelineError;
use crate::trace::{self, JOURNAL, Reading};

/// The runs of one kind in a directory.
pub(super) struct Runs<'a> {
    /// The directory.
    pub(super) output: &'a Path,
    /// Name of the journals that such runs keep.
    pub(super) journal: &'static str,
    /// What begins one.
    pub(super) begin: &'static str,
}

/// The directory of the pipeline's `run`: a path to one, a run id under `output`, the beginning of exactly one id,
/// or `latest`.
pub fn find(output: &Path, run: &str) -> Result<PathBuf, PipelineError> {
    Runs::of_pipeline(output)
        .find(run)
        .map_err(PipelineError::Invalid)
}

/// Ids of the pipeline's runs under `output`, in order.
pub fn list(output: &Path) -> Vec<String> {
    Runs::of_pipeline(output).list()
}

/// Ids for a new run, the one to try first in front: `run`, or ids made from the time and `name`.
pub(super) fn run_names(run: Option<RunId>, now_ms: i64, name: &str) -> impl Iterator<Item = RunId> + use<> {
    let stem = config::run_id(now_ms, name);
    // Two runs of one name may begin in the same second.
    let numbered = (2..1000).map({
        let stem = stem.clone();
        move |number| RunId(format!("{stem}-{number}"))
    });
    let made = std::iter::once(RunId(stem)).chain(numbered);
    let count = if run.is_some() { 0 } else { usize::MAX };
    run.into_iter().chain(made.take(count))
}

impl<'a> Runs<'a> {
    fn of_pipeline(output: &'a Path) -> Self {
        Self {
            output,
            journal: JOURNAL,
            begin: "gaai run --graph …",
        }
    }

    /// The directory of the one that `run` names; else what is wrong with the name.
    pub(super) fn find(&self, run: &str) -> Result<PathBuf, String> {
        if !run.is_empty() && Path::new(run).join(self.journal).is_file() {
            return Ok(PathBuf::from(run));
        }
        let runs = self.list();
        let place = |id: &String| self.output.join(id);
        if run == "latest" {
            let begun = runs.iter().filter_map(|id| Some((self.begun_ms(id)?, id)));
            return begun
                .max()
                .map(|(_, id)| place(id))
                .ok_or_else(|| self.unknown(run, &runs));
        }
        if let Some(id) = runs.iter().find(|id| *id == run) {
            return Ok(place(id));
        }
        let mut beginning = runs.iter().filter(|id| !run.is_empty() && id.starts_with(run));
        match (beginning.next(), beginning.next()) {
            (Some(only), None) => Ok(place(only)),
            _ => Err(self.unknown(run, &runs)),
        }
    }

    /// When the run began; `None` when it died before it did.
    fn begun_ms(&self, id: &str) -> Option<i64> {
        let journal = fs::File::open(self.output.join(id).join(self.journal)).ok()?;
        let mut line = Vec::new();
        BufReader::new(journal).read_until(b'\n', &mut line).ok()?;
        let first: Reading<IgnoredAny> = trace::parse(&line, self.journal).ok()?;
        first.records.first().map(|it| it.at_ms)
    }

    /// Their ids, in order.
    pub(super) fn list(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.output) else {
            return Vec::new();
        };
        let mut runs: Vec<String> = entries
            .flatten()
            .filter(|it| it.path().join(self.journal).is_file())
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .collect();
        runs.sort();
        runs
    }

    fn unknown(&self, run: &str, runs: &[String]) -> String {
        let output = self.output.display();
        let known = match runs {
            [] => format!("{output} holds no runs; start one with `{}`", self.begin),
            _ => {
                let last: Vec<&str> = runs.iter().rev().take(3).map(String::as_str).collect();
                format!(
                    "the latest are {}; give an id, its beginning, a directory, or `latest`",
                    last.join(", ")
                )
            }
        };
        format!("there is no run `{run}` under {output}: {known}")
    }
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
