//! What the steps of a run printed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::WorkflowError;

/// Bytes read of one log at once.
const PIECE: u64 = 1 << 20;

/// The lines of a run's logs that were not read yet.
pub struct LogLines {
    root: PathBuf,
    /// Only what belongs to this step.
    step: Option<String>,
    /// The steps in the order in which their logs are read.
    order: Vec<String>,
    /// Bytes read of each log, and the beginning of a line that does not end yet.
    read: BTreeMap<PathBuf, (u64, Vec<u8>)>,
}

impl LogLines {
    /// Those of the run in `directory`: all, the steps in this order, or those of one step and its parts.
    pub fn new(directory: &Path, step: Option<&str>, order: Vec<String>) -> Self {
        Self {
            root: directory.join("logs"),
            step: step.map(str::to_owned),
            order,
            read: BTreeMap::new(),
        }
    }

    /// Hands the lines that came since the last call to `tell`, each with its step, log by log; with `is_over`, also a last line that does not end.
    ///
    /// # Errors
    /// A log cannot be read, or `tell` refuses.
    pub fn read_on(
        &mut self,
        is_over: bool,
        tell: &mut dyn FnMut(&str, &[u8]) -> io::Result<()>,
    ) -> Result<(), WorkflowError> {
        let mut logs = Vec::new();
        collect(&self.root, &mut logs).map_err(|error| WorkflowError::file(&self.root, &error))?;
        logs.sort_by_cached_key(|it| self.place_of(it));
        for path in logs {
            let name = self.step_of(&path);
            let own = self.step.as_deref();
            let is_wanted = |step: &str| {
                name == step
                    || name
                        .strip_prefix(step)
                        .is_some_and(|it| it.starts_with(['/', '.']))
            };
            if own.is_none_or(is_wanted) {
                let (at, rest) = self.read.entry(path.clone()).or_default();
                read_on(&path, at, rest, is_over, &mut |line| tell(&name, line))
                    .map_err(|error| WorkflowError::file(&path, &error))?;
            }
        }
        Ok(())
    }

    /// Parts come after their step, and what belongs to no step after all steps.
    fn place_of(&self, path: &Path) -> (usize, usize, String) {
        let name = self.step_of(path);
        let step = name.split(['/', '.']).next().unwrap_or(&name);
        let place = self.order.iter().position(|it| it == step);
        // `2` comes before `10`.
        (place.unwrap_or(usize::MAX), name.len(), name)
    }

    fn step_of(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path).with_extension("");
        inside.to_string_lossy().replace('\\', "/")
    }
}

fn collect(directory: &Path, logs: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, logs)?;
        } else if path.extension().is_some_and(|it| it == "log") {
            logs.push(path);
        }
    }
    Ok(())
}

/// Hands the lines of one log from byte `at` on to `tell`.
fn read_on(
    path: &Path,
    at: &mut u64,
    rest: &mut Vec<u8>,
    is_over: bool,
    tell: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(*at))?;
    loop {
        let read = (&mut file).take(PIECE).read_to_end(rest)? as u64;
        *at += read;
        let whole = rest.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
        let behind = rest.split_off(whole);
        let lines = std::mem::replace(rest, behind);
        for line in lines.split_inclusive(|it| *it == b'\n') {
            tell(line)?;
        }
        if read < PIECE {
            break;
        }
    }
    if is_over && !rest.is_empty() {
        tell(&std::mem::take(rest))?;
    }
    Ok(())
}
