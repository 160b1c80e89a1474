//! From a module to the command that runs it: who runs the script, where, with what.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::executor::Surroundings;
use super::module::Module;
use super::options::BatchOptions;
use super::result::{ErrorKind, Failed};
use crate::process::{Command, Output, ProcessError};

/// Characters of a module's name that its files have.
const LONGEST_NAME: usize = 80;

/// What would be run for a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its name.
    pub module_id: String,
    /// Program and words; what is not Unicode is replaced.
    pub command: Vec<String>,
    /// The working directory.
    pub directory: PathBuf,
}

impl Planned {
    pub(super) fn new(module: &Module, command: &Command) -> Self {
        let words = [&command.program].into_iter().chain(&command.args);
        Self {
            module_id: module.name(),
            command: words.map(|it| it.to_string_lossy().into_owned()).collect(),
            directory: command.directory.clone(),
        }
    }
}

/// The command of an attempt at `module`; the script's path is absolute before the working directory changes.
pub(super) fn command(
    module: &Module,
    surroundings: &Surroundings,
    options: &BatchOptions,
    files: Option<&Files>,
    attempt: u32,
) -> Result<Command, Failed> {
    let Surroundings {
        environment,
        directory,
        interpreters,
        ..
    } = surroundings;
    let path = environment.get(OsStr::new("PATH")).map(|it| &**it);
    let runner = interpreters
        .runner(&module.script_path, directory, path)
        .map_err(|error| unknown(&error))?;
    let script = directory.join(&module.script_path);
    let home = || script.parent().unwrap_or(directory).to_path_buf();
    let place = module.cwd.as_ref().map_or_else(home, |it| directory.join(it));
    let mut command = Command::new(runner.program, place);
    command.args = runner.args;
    command.args.extend(module.args.iter().map(Into::into));
    command.environment.clone_from(environment);
    let own = module.env.iter().map(|(name, value)| (name.into(), value.into()));
    command.environment.extend(own);
    command.environment.extend([
        ("GAAI_STEP_ID".into(), module.name().into()),
        ("GAAI_ATTEMPT".into(), attempt.to_string().into()),
    ]);
    command.bounds = options.bounds;
    command.nice = options.nice;
    if let Some(files) = files {
        command.output = Output::Files {
            stdout: files.stdout.clone(),
            stderr: files.stderr.clone(),
        };
    }
    Ok(command)
}

/// Why nobody is known who runs the script.
fn unknown(error: &ProcessError) -> Failed {
    match error {
        ProcessError::NoFile { path } => Failed::new(
            ErrorKind::NotFound,
            format!("Script file not found: {}", path.display()),
        ),
        error => refused(error),
    }
}

/// Why a module could not be started.
pub(super) fn refused(error: &ProcessError) -> Failed {
    if error.is_shortage() {
        let text = format!("Insufficient system resources: {error}");
        return Failed::new(ErrorKind::ResourceLimit, text);
    }
    Failed::new(ErrorKind::Spawn, format!("Module could not be started: {error}"))
}

/// The files that hold what a module prints.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) stdout: PathBuf,
    pub(super) stderr: PathBuf,
}

impl Files {
    /// Those of the module at place `index`, whose name is in theirs as far as every system allows.
    pub(super) fn new(output: &Path, index: usize, name: &str) -> Self {
        let plain = |it: char| {
            if it.is_alphanumeric() || "-_.".contains(it) {
                it
            } else {
                '_'
            }
        };
        let name: String = name.chars().take(LONGEST_NAME).map(plain).collect();
        let file = |extension: &str| output.join(format!("{:05}-{name}.{extension}", index + 1));
        Self {
            stdout: file("out"),
            stderr: file("err"),
        }
    }

    /// Takes away what an earlier batch left under these names: attempts of one module are appended to each other.
    pub(super) fn clear(&self) {
        for file in [&self.stdout, &self.stderr] {
            // What cannot be removed cannot be written either, and that is told when the module starts.
            let _ = std::fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_in_order() {
        let files = Files::new(Path::new("out"), 6, "../a b");
        assert_eq!(files.stdout, Path::new("out/00007-.._a_b.out"));
        assert_eq!(files.stderr, Path::new("out/00007-.._a_b.err"));
        let long = Files::new(Path::new(""), 0, &"é".repeat(300)).stdout;
        assert_eq!(long.to_string_lossy().chars().count(), 6 + 80 + 4);
    }
}
