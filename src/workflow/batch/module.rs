//! One script to run, as a caller or a line of a manifest names it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::workflow::definition::TimeLimit;

/// Bytes of a manifest's line at most.
const LONGEST_LINE: u64 = 1 << 20;

/// A script with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// What its result is called; without it, the script's file name without extension.
    #[serde(default)]
    pub module_id: String,
    /// The script; a relative path is relative to the batch's directory.
    pub script_path: PathBuf,
    /// Its words.
    #[serde(default, deserialize_with = "or_none")]
    pub args: Vec<String>,
    /// Its working directory; that of the script unless given.
    #[serde(default)]
    pub cwd: Option<PathBuf>,
    /// Variables beside those of the batch.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Limit of one attempt, in milliseconds or with a unit; that of the batch unless given.
    #[serde(default)]
    pub timeout: Option<TimeLimit>,
    /// Of modules that could start, the one of higher priority goes first.
    #[serde(default)]
    pub priority: i32,
}

/// `null` and nothing at all both mean no words.
fn or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Module {
    /// The script under this name, without words.
    pub fn new(module_id: impl Into<String>, script_path: impl Into<PathBuf>) -> Self {
        Self {
            module_id: module_id.into(),
            script_path: script_path.into(),
            ..Self::default()
        }
    }

    /// The name of its result.
    pub fn name(&self) -> String {
        if !self.module_id.is_empty() {
            return self.module_id.clone();
        }
        let stem = self
            .script_path
            .file_stem()
            .unwrap_or(self.script_path.as_os_str());
        stem.to_string_lossy().into_owned()
    }

    /// The limit of one attempt.
    pub(super) fn limit(&self, otherwise: Option<Duration>) -> Option<Duration> {
        self.timeout.map(|it| it.0).or(otherwise)
    }
}

impl<I: Into<String>, P: Into<PathBuf>> From<(I, P, Option<Vec<String>>)> for Module {
    fn from((module_id, script_path, args): (I, P, Option<Vec<String>>)) -> Self {
        Self {
            args: args.unwrap_or_default(),
            ..Self::new(module_id, script_path)
        }
    }
}

/// What is wrong with the way a batch was asked for.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A batch in which nothing may run.
    #[error("max_concurrent must be at least 1")]
    NoConcurrency,
    /// A line of a manifest that names no module.
    #[error(
        "line {line} of the manifest is no module: {reason}; write {{\"script_path\": \"a.py\", \"args\": []}}"
    )]
    BadLine {
        /// From 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The manifest cannot be opened.
    #[error("the manifest {path} cannot be opened: {source}", path = path.display())]
    NoManifest {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The manifest cannot be read on.
    #[error("the manifest cannot be read beyond line {line}: {source}")]
    Unreadable {
        /// Lines read.
        line: u64,
        /// What the system says.
        source: io::Error,
    },
}

/// The modules of a manifest: one JSON object per line, empty lines left out. Nothing follows an error.
#[derive(Debug)]
pub struct Manifest<R> {
    lines: R,
    line: u64,
    is_over: bool,
}

impl<R: BufRead> Manifest<R> {
    /// Reads from `lines`, one line for each module asked for.
    pub fn new(lines: R) -> Self {
        Self {
            lines,
            line: 0,
            is_over: false,
        }
    }

    fn read(&mut self) -> Result<Option<Module>, BatchError> {
        loop {
            let mut text = Vec::new();
            let mut bounded = self.lines.by_ref().take(LONGEST_LINE);
            let read = bounded.read_until(b'\n', &mut text);
            let read = read.map_err(|source| BatchError::Unreadable {
                line: self.line,
                source,
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let bad = |reason: String| BatchError::BadLine {
                line: self.line,
                reason,
            };
            if text.len() as u64 == LONGEST_LINE && !text.ends_with(b"\n") {
                return Err(bad(format!("it is longer than {LONGEST_LINE} bytes")));
            }
            if !text.trim_ascii().is_empty() {
                return serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|error| bad(error.to_string()));
            }
        }
    }
}

impl<R: BufRead> Iterator for Manifest<R> {
    type Item = Result<Module, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.read().transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Module, String>> {
        Manifest::new(text.as_bytes())
            .map(|it| it.map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn a_line_names_a_module_and_what_it_leaves_out_has_its_default() {
        let modules = read(
            "{\"script_path\": \"jobs/fetch.py\"}\n\n{\"module_id\":\"b\",\"script_path\":\"b.sh\",\"args\":null}",
        );
        assert_eq!(modules.len(), 2);
        let first = modules[0].as_ref().unwrap();
        assert_eq!((first.name().as_str(), first.args.len()), ("fetch", 0));
        assert_eq!(modules[1], Ok(Module::new("b", "b.sh")));
        let tuple: Module = ("b", "b.sh", None).into();
        assert_eq!(modules[1], Ok(tuple));
    }

    #[test]
    fn a_bad_line_is_named_and_ends_the_manifest() {
        let modules = read("{\"script_path\":\"a\"}\n{\"script\":\"b\"}\n{\"script_path\":\"c\"}\n");
        assert_eq!(modules.len(), 2);
        let error = modules[1].as_ref().unwrap_err();
        assert!(
            error.starts_with("line 2 of the manifest is no module: unknown field `script`"),
            "{error}"
        );
        let long = format!("{{\"script_path\":\"{}\"}}", "a".repeat(1 << 20));
        assert!(read(&long)[0].as_ref().unwrap_err().contains("longer than"));
    }
}
