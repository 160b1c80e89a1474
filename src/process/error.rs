//! Why a child could not be started. Messages complete the sentence "failed to start …: {error}".

use std::io;
use std::path::PathBuf;

/// A child that did not start.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// No directory of `PATH` has it.
    #[error("program `{program}` was not found on PATH ({searched}); install it or give its path")]
    NotOnPath {
        /// The name asked for.
        program: String,
        /// The directories looked through.
        searched: String,
    },
    /// The path leads nowhere.
    #[error("file {} does not exist", path.display())]
    NoFile {
        /// The absolute path asked for.
        path: PathBuf,
    },
    /// The script names an interpreter that is not there.
    #[error("the interpreter {interpreter} that {} names in its first line is missing", script.display())]
    NoInterpreter {
        /// The script.
        script: PathBuf,
        /// What follows `#!`.
        interpreter: String,
    },
    /// Nobody said what runs files of this kind.
    #[error("nothing is known that runs {}; make it executable or name an interpreter for its extension", script.display())]
    UnknownKind {
        /// The script.
        script: PathBuf,
    },
    /// The file is there but may not be run.
    #[error("{} is not executable; allow it with chmod +x or name its interpreter", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// The program is a directory.
    #[error("{} is a directory, not a program", path.display())]
    IsDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The file is neither a binary of this machine nor a script with a first line `#!`.
    #[error("{} is no program of this system; a script needs a first line such as #!/bin/sh", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The working directory cannot be entered.
    #[error("the working directory {} cannot be used: {source}", directory.display())]
    BadDirectory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Words and environment together exceed what the system takes (E2BIG).
    #[error(
        "{bytes} bytes of arguments and environment are more than the system takes; pass them in a file or as input"
    )]
    TooLong {
        /// Their size.
        bytes: usize,
    },
    /// No descriptor is left (EMFILE, ENFILE).
    #[error("too many files are open ({source}); run fewer children at a time or raise `ulimit -n`")]
    TooManyFiles {
        /// What the system says.
        source: io::Error,
    },
    /// No process is left (EAGAIN).
    #[error(
        "the system starts no more processes ({source}); run fewer children at a time or raise `ulimit -u`"
    )]
    TooManyProcesses {
        /// What the system says.
        source: io::Error,
    },
    /// The file for its output cannot be written.
    #[error("its output cannot go to {}: {source}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A limit that allows nothing, or is no number.
    #[error("limit `{limit}` must be above zero")]
    BadLimit {
        /// `memory` or `cpu`.
        limit: &'static str,
    },
    /// Limits were required, and nothing here enforces them.
    #[error("its limits are required and cannot be enforced here: {tried}")]
    LimitsUnavailable {
        /// Each rung and why it does not hold.
        tried: String,
    },
    /// The guardian that kills what gaai leaves behind did not start; without it nothing is started.
    #[error("the guardian of child processes did not start from {}: {source}", program.display())]
    Guardian {
        /// The program that should have become the guardian.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else.
    #[error("{}: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ProcessError {
    /// Whether something that was named is not there: program, file, interpreter or directory.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotOnPath { .. } | Self::NoFile { .. } | Self::NoInterpreter { .. } => true,
            Self::BadDirectory { source, .. } => source.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }

    /// Whether the machine had too little of something, so that a later attempt may succeed.
    pub fn is_shortage(&self) -> bool {
        matches!(self, Self::TooManyFiles { .. } | Self::TooManyProcesses { .. })
    }
}
