//! What to start: plain data, complete, with nothing inherited that is not named here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// One program to start.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// A name looked up on the `PATH` of `environment`, or a path; a relative path is relative to `directory`.
    pub program: OsString,
    /// Its words, without the program itself. No shell reads them.
    pub args: Vec<OsString>,
    /// Its working directory.
    pub directory: PathBuf,
    /// Its whole environment. One variable, `GAAI_TREE`, is added: by it, members that left their group are found.
    pub environment: BTreeMap<OsString, OsString>,
    /// What it reads.
    pub input: Input,
    /// Where it prints.
    pub output: Output,
    /// How much it may print.
    pub bounds: Bounds,
    /// How much memory and processor it may take.
    pub limits: Limits,
    /// By how much its priority is lowered, 0 to 19.
    pub nice: u8,
}

impl Command {
    /// `program` without words, started in `directory` with an empty environment and no limits.
    pub fn new(program: impl Into<OsString>, directory: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            directory: directory.into(),
            environment: BTreeMap::new(),
            input: Input::Null,
            output: Output::Memory,
            bounds: Bounds::default(),
            limits: Limits::default(),
            nice: 0,
        }
    }
}

/// What a child reads from its standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    #[default]
    Null,
    /// These bytes, complete before the child starts.
    Bytes(Vec<u8>),
}

/// Where a child prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// One anonymous file in memory per stream. Its middle is given back while the child prints, so that memory is
    /// bounded by [`Bounds::kept`] and by what is printed within a tenth of a second.
    #[default]
    Memory,
    /// Files, appended to and created when missing; both may be one path. They survive a crash of gaai.
    Files {
        /// For standard output.
        stdout: PathBuf,
        /// For standard error.
        stderr: PathBuf,
    },
}

/// How much of what a child prints is kept, and when it has printed too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of each stream that are given to a reader: the first and the last half of it, a marker between them.
    pub kept: u64,
    /// Bytes of either stream at which the tree is killed ([`Ending::OutputTooLarge`](super::Ending)).
    pub printed: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            kept: 1 << 20,
            printed: 1 << 30,
        }
    }
}

/// What a child and all its descendants together may take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Bytes of memory; at the limit the tree is killed.
    pub memory: Option<u64>,
    /// Processor cores, such as 0.5 or 2.
    pub cpu: Option<f64>,
    /// Whether the start fails when nothing on this machine can enforce the limits.
    pub require: bool,
}

impl Limits {
    /// Whether there is a limit at all.
    pub fn is_empty(&self) -> bool {
        self.memory.is_none() && self.cpu.is_none()
    }
}
