//! Which file a command runs, and why it could not be run.
//!
//! The search is done here and not left to the system: with an environment of its own the standard library would fall
//! back to copying this process for it, and the system's bare "no such file" does not say which of four things is missing.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Command, ProcessError};

/// Searched when the environment has no `PATH`, as shells do.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The absolute path of the command's program, once directory and file were looked at.
pub(super) fn program(command: &Command) -> Result<PathBuf, ProcessError> {
    let bad_directory = |source| ProcessError::BadDirectory {
        directory: command.directory.clone(),
        source,
    };
    match fs::metadata(&command.directory) {
        Ok(it) if it.is_dir() => {}
        Ok(_) => return Err(bad_directory(io::ErrorKind::NotADirectory.into())),
        Err(source) => return Err(bad_directory(source)),
    }
    let named = Path::new(&command.program);
    if named.components().count() == 1 && !named.is_absolute() && !starts_with_dot(named) {
        return on_path(
            &command.program,
            command.environment.get(OsStr::new("PATH")).map(|it| &**it),
            &command.directory,
        );
    }
    let path = command.directory.join(named);
    match state(&path) {
        State::Program => Ok(path),
        State::Missing => Err(ProcessError::NoFile { path }),
        State::Directory => Err(ProcessError::IsDirectory { path }),
        State::Forbidden => Err(ProcessError::NotExecutable { path }),
    }
}

/// `./x` has one component after normalising, but is a path.
fn starts_with_dot(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().first() == Some(&b'.')
        && path
            .as_os_str()
            .as_encoded_bytes()
            .iter()
            .any(|it| *it == b'/' || *it == b'\\')
}

/// The first program of this name in the directories of `path`; relative ones count from `directory`.
pub(super) fn on_path(name: &OsStr, path: Option<&OsStr>, directory: &Path) -> Result<PathBuf, ProcessError> {
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    let mut forbidden = None;
    for place in std::env::split_paths(path) {
        let candidate = directory.join(place).join(name);
        match state(&candidate) {
            State::Program => return Ok(candidate),
            State::Forbidden => forbidden = forbidden.or(Some(candidate)),
            State::Missing | State::Directory => {}
        }
    }
    Err(match forbidden {
        Some(path) => ProcessError::NotExecutable { path },
        None => ProcessError::NotOnPath {
            program: name.to_string_lossy().into_owned(),
            searched: path.to_string_lossy().into_owned(),
        },
    })
}

enum State {
    Program,
    Missing,
    Directory,
    Forbidden,
}

fn state(path: &Path) -> State {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => State::Forbidden,
        Err(_) => State::Missing,
        Ok(it) if it.is_dir() => State::Directory,
        Ok(_) if may_run(path) => State::Program,
        Ok(_) => State::Forbidden,
    }
}

/// Whether this user may execute the file.
#[cfg(unix)]
pub(super) fn may_run(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Whether this user may execute the file: elsewhere the extension decides, and the system is asked.
#[cfg(not(unix))]
pub(super) fn may_run(path: &Path) -> bool {
    path.is_file()
}

/// The interpreter and its one word that a script names after `#!`; none for anything else.
pub(super) fn first_line(script: &Path) -> Option<(String, Option<String>)> {
    // The kernel reads 256 bytes of it.
    let mut start = [0_u8; 256];
    let length = fs::File::open(script).ok()?.read(&mut start).ok()?;
    let line = start[..length].strip_prefix(b"#!")?;
    let line = line.split(|it| *it == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let line = line.trim();
    let (interpreter, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let rest = rest.trim();
    (!interpreter.is_empty()).then(|| {
        (
            interpreter.to_owned(),
            (!rest.is_empty()).then(|| rest.to_owned()),
        )
    })
}

/// Refuses a script whose interpreter is missing. Asked beforehand where the launcher would meet it too late to tell us.
pub(super) fn interpreted(program: &Path) -> Result<(), ProcessError> {
    match first_line(program) {
        Some((interpreter, _)) if !Path::new(&interpreter).exists() => Err(ProcessError::NoInterpreter {
            script: program.to_owned(),
            interpreter,
        }),
        _ => Ok(()),
    }
}

/// Why the system refused to start `program`, which was a runnable file a moment ago.
pub(super) fn refused(command: &Command, program: &Path, source: io::Error) -> ProcessError {
    let path = program.to_owned();
    match source.kind() {
        io::ErrorKind::ArgumentListTooLong => ProcessError::TooLong {
            bytes: length(command),
        },
        io::ErrorKind::WouldBlock => ProcessError::TooManyProcesses { source },
        io::ErrorKind::NotFound => match interpreted(program) {
            Err(missing) => missing,
            Ok(()) => ProcessError::Spawn {
                program: path,
                source,
            },
        },
        io::ErrorKind::PermissionDenied => ProcessError::NotExecutable { path },
        _ => by_number(path, source),
    }
}

#[cfg(unix)]
fn by_number(path: PathBuf, source: io::Error) -> ProcessError {
    use rustix::io::Errno;
    match Errno::from_io_error(&source) {
        Some(Errno::MFILE | Errno::NFILE) => ProcessError::TooManyFiles { source },
        Some(Errno::NOEXEC) => ProcessError::UnknownFormat { path },
        _ => ProcessError::Spawn {
            program: path,
            source,
        },
    }
}

#[cfg(not(unix))]
fn by_number(path: PathBuf, source: io::Error) -> ProcessError {
    ProcessError::Spawn {
        program: path,
        source,
    }
}

/// Bytes of words and environment, each with its end mark and pointer as the kernel counts them.
fn length(command: &Command) -> usize {
    let each = size_of::<usize>() + 1;
    let words = command.args.iter().map(|it| it.len() + each);
    let environment = command
        .environment
        .iter()
        .map(|(name, value)| name.len() + value.len() + 1 + each);
    words.chain(environment).sum::<usize>() + command.program.len() + each
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(directory: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_name_is_searched_on_the_path_that_was_given() {
        let place = tempfile::tempdir().unwrap();
        let own = file(place.path(), "sh", "#!/bin/sh\n", 0o755);
        let mut command = Command::new("sh", "/");
        command
            .environment
            .insert("PATH".into(), place.path().as_os_str().to_owned());
        assert_eq!(program(&command).unwrap(), own);
        command.environment.insert("PATH".into(), "/nowhere".into());
        let error = program(&command).unwrap_err();
        assert!(
            error.is_not_found() && error.to_string().contains("/nowhere"),
            "{error}"
        );
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        let place = tempfile::tempdir().unwrap();
        let at = |program: &str| program_in(place.path(), program).unwrap_err();
        file(place.path(), "plain", "", 0o644);
        file(place.path(), "lost", "#!/no/such/python -u\n", 0o755);
        fs::create_dir(place.path().join("folder")).unwrap();
        assert!(matches!(at("./absent"), ProcessError::NoFile { .. }));
        assert!(matches!(at("./folder"), ProcessError::IsDirectory { .. }));
        assert!(matches!(at("./plain"), ProcessError::NotExecutable { .. }));
        let lost = program_in(place.path(), "./lost").unwrap();
        assert!(matches!(
            interpreted(&lost),
            Err(ProcessError::NoInterpreter { interpreter, .. }) if interpreter == "/no/such/python"
        ));
        let error = program(&Command::new("true", place.path().join("gone"))).unwrap_err();
        assert!(matches!(error, ProcessError::BadDirectory { .. }) && error.is_not_found());
    }

    fn program_in(directory: &Path, name: &str) -> Result<PathBuf, ProcessError> {
        program(&Command::new(name, directory))
    }

    #[test]
    fn the_first_line_gives_an_interpreter_and_one_word() {
        let place = tempfile::tempdir().unwrap();
        let script = file(place.path(), "a", "#! /usr/bin/env  -S python3 -u \nx", 0o644);
        assert_eq!(
            first_line(&script),
            Some(("/usr/bin/env".into(), Some("-S python3 -u".into())))
        );
        assert_eq!(first_line(&file(place.path(), "b", "print()\n", 0o644)), None);
        assert_eq!(first_line(&file(place.path(), "c", "#!\n", 0o644)), None);
    }
}
