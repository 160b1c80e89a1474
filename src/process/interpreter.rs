//! Which program runs a script: what was configured, the script itself, or what its extension or first line says.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{ProcessError, resolve};

/// Interpreters by extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interpreters {
    /// The program and first words for an extension (without its dot); these come before anything else.
    pub configured: BTreeMap<String, Vec<OsString>>,
    /// The Python for `.py`; without it, `python3` or `python` of the `PATH`.
    pub python: Option<OsString>,
}

/// What runs a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The program.
    pub program: OsString,
    /// The words before the script's own; the absolute script is the last of them unless it is the program.
    pub args: Vec<OsString>,
}

impl Interpreters {
    /// Who runs `script`, a path that is relative to `base`. Interpreters are searched on `path`.
    ///
    /// In this order: the interpreter configured for its extension; the script itself, if it is executable and says in
    /// its first line who reads it, or is a binary; the interpreter known for its extension (`.py`, `.sh`); the one
    /// its first line names. The script's path becomes absolute here, before a working directory can change its meaning.
    ///
    /// # Errors
    /// [`ProcessError::NoFile`] with the absolute path, [`ProcessError::IsDirectory`], [`ProcessError::UnknownKind`], or
    /// that no Python is there.
    pub fn runner(&self, script: &Path, base: &Path, path: Option<&OsStr>) -> Result<Runner, ProcessError> {
        let script = std::path::absolute(base.join(script)).unwrap_or_else(|_| base.join(script));
        if script.is_dir() {
            return Err(ProcessError::IsDirectory { path: script });
        }
        if !script.exists() {
            return Err(ProcessError::NoFile { path: script });
        }
        let extension = script
            .extension()
            .map(|it| it.to_string_lossy().to_ascii_lowercase())
            .unwrap_or_default();
        if let Some((program, words)) = self.configured.get(&extension).and_then(|it| it.split_first()) {
            return Ok(runner(program, words.iter().cloned(), script));
        }
        let first_line = resolve::first_line(&script);
        let is_text = matches!(&*extension, "py" | "sh");
        if resolve::may_run(&script) && (first_line.is_some() || !is_text) {
            return Ok(Runner {
                program: script.into(),
                args: Vec::new(),
            });
        }
        match (&*extension, first_line) {
            ("py", _) => Ok(runner(&self.python(path, base)?, [], script)),
            ("sh", _) => Ok(runner(OsStr::new("sh"), [], script)),
            (_, Some((interpreter, word))) => {
                let words = word.map(OsString::from);
                Ok(runner(OsStr::new(&interpreter), words, script))
            }
            (_, None) => Err(ProcessError::UnknownKind { script }),
        }
    }

    fn python(&self, path: Option<&OsStr>, base: &Path) -> Result<OsString, ProcessError> {
        if let Some(python) = &self.python {
            return Ok(python.clone());
        }
        let found = |name: &str| resolve::on_path(OsStr::new(name), path, base).map(PathBuf::into_os_string);
        found("python3").or_else(|_| found("python"))
    }
}

fn runner(program: &OsStr, words: impl IntoIterator<Item = OsString>, script: PathBuf) -> Runner {
    Runner {
        program: program.to_owned(),
        args: words.into_iter().chain([script.into_os_string()]).collect(),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(name: &str, text: &str, mode: u32) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            folder.add(name, text, mode);
            folder
        }

        fn add(&self, name: &str, text: &str, mode: u32) {
            let path = self.0.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        /// Program and words with the folder's path left out.
        fn runs(&self, script: &str, interpreters: &Interpreters) -> Result<String, ProcessError> {
            let path = Some(self.0.path().as_os_str());
            let runner = interpreters.runner(Path::new(script), self.0.path(), path)?;
            let mut words = vec![runner.program];
            words.extend(runner.args);
            let all = words.join(OsStr::new(" ")).into_string().unwrap();
            Ok(all.replace(&format!("{}/", self.0.path().display()), "@"))
        }
    }

    #[test]
    fn each_kind_of_script_has_its_runner_and_an_absolute_path() {
        let folder = Folder::with("python", "", 0o755);
        folder.add("a.py", "print()", 0o644);
        folder.add("b.py", "#!/usr/bin/env python\n", 0o755);
        folder.add("c.py", "print()", 0o755);
        folder.add("d.sh", "true", 0o644);
        folder.add("binary", "\x7fELF", 0o755);
        folder.add("e.rb", "#!/usr/bin/env ruby\n", 0o644);
        let plain = Interpreters::default();
        let runs = |script: &str| folder.runs(script, &plain).unwrap();
        assert_eq!(runs("a.py"), "@python @a.py");
        assert_eq!(runs("./b.py"), "@b.py");
        assert_eq!(runs("c.py"), "@python @c.py");
        assert_eq!(runs("d.sh"), "sh @d.sh");
        assert_eq!(runs("binary"), "@binary");
        assert_eq!(runs("e.rb"), "/usr/bin/env ruby @e.rb");
        folder.add("python3", "", 0o755);
        assert_eq!(runs("a.py"), "@python3 @a.py");
    }

    #[test]
    fn what_was_configured_comes_first() {
        let folder = Folder::with("a.PY", "#!/bin/sh\n", 0o755);
        folder.add("b.py", "", 0o644);
        let given = Interpreters {
            python: Some("/opt/python".into()),
            ..Interpreters::default()
        };
        assert_eq!(folder.runs("b.py", &given).unwrap(), "/opt/python @b.py");
        let configured = Interpreters {
            configured: BTreeMap::from([("py".into(), vec!["uv".into(), "run".into()])]),
            ..given
        };
        assert_eq!(folder.runs("a.PY", &configured).unwrap(), "uv run @a.PY");
    }

    #[test]
    fn what_cannot_run_says_why() {
        let folder = Folder::with("notes.txt", "hello", 0o644);
        folder.add("a.py", "", 0o644);
        let plain = Interpreters::default();
        let error = |script: &str| folder.runs(script, &plain).unwrap_err();
        assert!(matches!(error("gone.py"), ProcessError::NoFile { path } if path.is_absolute()));
        assert!(matches!(error("."), ProcessError::IsDirectory { .. }));
        assert!(matches!(error("notes.txt"), ProcessError::UnknownKind { .. }));
        assert!(matches!(error("a.py"), ProcessError::NotOnPath { .. }));
    }
}
