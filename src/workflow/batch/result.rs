//! What became of one module: four fields of the seed's result, and those that explain them.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::module::Module;
use crate::process::{Ending, Exit};

/// What became of one module.
///
/// `success` says that its process exited with code 0. On every failure `error` is a text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleResult {
    /// Its name.
    pub module_id: String,
    /// What its process exited with; −N if signal N ended it; −1 if there is no process to tell of.
    pub exit_code: i32,
    /// Whether `exit_code` is 0.
    pub success: bool,
    /// What went wrong; `None` if nothing did.
    pub error: Option<String>,
    /// The kind of failure: to be decided by, where `error` is to be read.
    #[serde(rename = "errorKind")]
    pub error_kind: Option<ErrorKind>,
    /// The signal that ended its process.
    pub signal: Option<i32>,
    /// How long its attempts ran, in milliseconds.
    pub duration_ms: u64,
    /// How long it waited for a place or for resources, in milliseconds; pauses between attempts are not counted.
    pub queued_ms: u64,
    /// Attempts made.
    pub attempts: u32,
    /// The file that holds its standard output, if it was kept.
    pub stdout_path: Option<PathBuf>,
    /// The file that holds its standard error, if it was kept.
    pub stderr_path: Option<PathBuf>,
    /// Its place among the modules that were given, from 0.
    pub index: usize,
}

impl ModuleResult {
    /// That of a module that was never started.
    pub(super) fn unstarted(index: usize, module: &Module, failed: Failed) -> Self {
        Self {
            module_id: module.name(),
            exit_code: failed.exit_code,
            success: false,
            error: Some(failed.error),
            error_kind: Some(failed.kind),
            signal: failed.signal,
            duration_ms: 0,
            queued_ms: 0,
            attempts: 0,
            stdout_path: None,
            stderr_path: None,
            index,
        }
    }
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// The script is not there.
    NotFound,
    /// The machine has no room for it, or it took more than it may.
    ResourceLimit,
    /// It, or the batch, took too long.
    Timeout,
    /// Its process exited with another code than 0.
    Exit,
    /// A signal ended its process.
    Signal,
    /// Its process could not be started.
    Spawn,
    /// It was cancelled.
    Cancelled,
    /// A defect of gaai.
    Defect,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NotFound,
        Self::ResourceLimit,
        Self::Timeout,
        Self::Exit,
        Self::Signal,
        Self::Spawn,
        Self::Cancelled,
        Self::Defect,
    ];

    /// As it stands in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "notFound",
            Self::ResourceLimit => "resourceLimit",
            Self::Timeout => "timeout",
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::Spawn => "spawn",
            Self::Cancelled => "cancelled",
            Self::Defect => "defect",
        }
    }
}

/// Why an attempt, or a module without one, failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) kind: ErrorKind,
    pub(super) error: String,
    pub(super) exit_code: i32,
    pub(super) signal: Option<i32>,
}

impl Failed {
    /// A failure without a process to tell of.
    pub(super) fn new(kind: ErrorKind, error: impl Into<String>) -> Self {
        Self {
            kind,
            error: error.into(),
            exit_code: -1,
            signal: None,
        }
    }

    /// That it took longer than `limit`.
    pub(super) fn timed_out(limit: Option<Duration>) -> Self {
        // Always there when a limit ran out.
        let seconds = limit.unwrap_or_default().as_secs_f64();
        Self::new(
            ErrorKind::Timeout,
            format!("Module execution timed out after {seconds}s"),
        )
    }

    /// That it was never started: the batch was cancelled, or ran into its own `limit`.
    pub(super) fn unstarted(limit: Option<Duration>) -> Self {
        match limit.map(|it| it.as_secs_f64()) {
            Some(seconds) => Self::new(
                ErrorKind::Timeout,
                format!("Batch execution timed out after {seconds}s, before this module was started"),
            ),
            None => Self::new(
                ErrorKind::Cancelled,
                "Batch was cancelled before this module was started",
            ),
        }
    }

    /// What an exit means; `None` if it is a success. `said` is the end of what the module printed.
    pub(super) fn of(exit: Exit, said: &str) -> Option<Self> {
        if exit.is_success() {
            return None;
        }
        let (kind, what) = match (exit.ending, exit.signal, exit.code) {
            (Ending::OutputTooLarge, ..) => (
                ErrorKind::ResourceLimit,
                "Module printed more than it may".to_owned(),
            ),
            (Ending::OutOfMemory, ..) => (
                ErrorKind::ResourceLimit,
                "Module was killed: it took more memory than it may".to_owned(),
            ),
            (Ending::Stopped, ..) => (ErrorKind::Cancelled, "Module execution was cancelled".to_owned()),
            (Ending::Own, Some(signal), _) => {
                (ErrorKind::Signal, format!("Module was killed by signal {signal}"))
            }
            (Ending::Own, None, Some(code)) => (ErrorKind::Exit, format!("Module exited with code {code}")),
            (Ending::Own, None, None) => (
                ErrorKind::Signal,
                "Module ended, and the system does not tell how".to_owned(),
            ),
        };
        let error = if said.is_empty() {
            what
        } else {
            format!("{what}: {said}")
        };
        Some(Self {
            kind,
            error,
            exit_code: exit.code.or(exit.signal.map(|it| -it)).unwrap_or(-1),
            signal: exit.signal,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: Option<i32>, signal: Option<i32>, ending: Ending) -> Exit {
        Exit { code, signal, ending }
    }

    #[test]
    fn every_exit_but_a_success_has_its_kind_and_a_text() {
        assert_eq!(Failed::of(exit(Some(0), None, Ending::Own), "warning"), None);
        for (end, kind, code, text) in [
            (
                exit(Some(3), None, Ending::Own),
                ErrorKind::Exit,
                3,
                "Module exited with code 3",
            ),
            (
                exit(None, Some(9), Ending::Own),
                ErrorKind::Signal,
                -9,
                "Module was killed by signal 9",
            ),
            (
                exit(None, None, Ending::Own),
                ErrorKind::Signal,
                -1,
                "Module ended, and the system does not tell how",
            ),
            (
                exit(None, Some(9), Ending::OutputTooLarge),
                ErrorKind::ResourceLimit,
                -9,
                "Module printed more than it may",
            ),
        ] {
            let failed = Failed::of(end, "").unwrap();
            assert_eq!(
                (failed.kind, failed.exit_code, &*failed.error),
                (kind, code, text)
            );
            assert_eq!(
                Failed::of(end, "no disk").unwrap().error,
                format!("{text}: no disk")
            );
        }
    }

    #[test]
    fn a_limit_is_told_in_seconds_as_it_was_given() {
        let text = |millis| Failed::timed_out(Some(Duration::from_millis(millis))).error;
        assert_eq!(text(300_000), "Module execution timed out after 300s");
        assert_eq!(text(250), "Module execution timed out after 0.25s");
    }

    #[test]
    fn kinds_have_the_names_of_results() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
