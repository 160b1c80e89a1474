//! A step between gaai and a program that has limits: sets what must be set before the program runs, then becomes it.
//!
//! It costs one more exec, so it is used only where limits need it. Its words are `name value` pairs, `--`, the program
//! and the program's words; working directory, environment and open files are already the program's.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::entry::LAUNCH;

/// The launcher's own failure, as `env` and `timeout` have it.
const FAILED: u8 = 125;

/// What to set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Launch {
    /// Control groups to join: their `cgroup.procs`.
    pub(super) join: Vec<PathBuf>,
    /// Bytes of data (heap and other private writable memory) a process may have.
    pub(super) data: Option<u64>,
    /// The cores it may run on.
    pub(super) cores: Vec<usize>,
}

impl Launch {
    /// The launcher's words before the program.
    pub(super) fn words(&self) -> Vec<OsString> {
        let mut words = vec![LAUNCH.into()];
        for file in &self.join {
            words.extend(["join".into(), file.clone().into_os_string()]);
        }
        if let Some(data) = self.data {
            words.extend(["data".into(), data.to_string().into()]);
        }
        for core in &self.cores {
            words.extend(["core".into(), core.to_string().into()]);
        }
        words.push("--".into());
        words
    }

    /// Reads what [`Launch::words`] wrote after the first word, up to the program.
    fn read(words: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut launch = Self::default();
        loop {
            let name = words.next()?;
            if name == "--" {
                return Some(launch);
            }
            let value = words.next()?;
            let number = || value.to_str().and_then(|it| it.parse::<u64>().ok());
            if name == "join" {
                launch.join.push(value.into());
            } else if name == "data" {
                launch.data = Some(number()?);
            } else if name == "core" {
                launch.cores.push(usize::try_from(number()?).ok()?);
            } else {
                return None;
            }
        }
    }

    fn set(&self) -> io::Result<()> {
        for file in &self.join {
            // 0 is whoever writes it.
            fs::write(file, "0")?;
        }
        if let Some(data) = self.data {
            use rustix::process::{Resource, Rlimit, setrlimit};
            setrlimit(
                Resource::Data,
                Rlimit {
                    current: Some(data),
                    maximum: Some(data),
                },
            )?;
        }
        pin(&self.cores)
    }
}

fn pin(cores: &[usize]) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if cores.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    for core in cores.iter().filter(|it| **it < CpuSet::MAX_CPU) {
        set.set(*core);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// Becomes the program; returns only when it cannot, having told why on standard error.
pub(super) fn launch(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(launch) = Launch::read(&mut words) else {
        return failed(OsStr::new("the launcher"), &io::ErrorKind::InvalidInput.into());
    };
    let Some(program) = words.next() else {
        return failed(OsStr::new("the launcher"), &io::ErrorKind::InvalidInput.into());
    };
    if let Err(error) = launch.set() {
        return failed(&program, &error);
    }
    let error = Command::new(&program).args(words).exec();
    failed(&program, &error)
}

/// The program's own standard error is the one place where this can be said.
fn failed(what: &OsStr, error: &io::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "gaai: failed to start {}: {error}", what.display());
    ExitCode::from(FAILED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_what_to_set() {
        let launch = Launch {
            join: vec!["/sys/fs/cgroup/a b/cgroup.procs".into(), "/x".into()],
            data: Some(1 << 30),
            cores: vec![0, 3],
        };
        let mut words = launch.words();
        words.extend(["/bin/echo", "--", "data"].map(OsString::from));
        let mut words = words.into_iter().skip(1);
        assert_eq!(Launch::read(&mut words), Some(launch));
        assert_eq!(words.next().unwrap(), "/bin/echo");
        assert_eq!(
            Launch::read(&mut ["data", "x", "--"].map(OsString::from).into_iter()),
            None
        );
        assert_eq!(
            Launch::read(&mut ["data", "1"].map(OsString::from).into_iter()),
            None
        );
    }
}
