//! The program as its users meet it: a process with arguments, exit codes and files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gaai::report::{Format, without_run_facts};

/// `gaai` with these words, in `directory`, without colours.
pub(super) fn gaai(directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gaai"));
    command
        .current_dir(directory)
        .args(words)
        .env("NO_COLOR", "1")
        .env("GAAI_POOLS", directory.join(".pools"))
        .env_remove("GAAI_LOG");
    command
}

/// Runs it to the end.
pub(super) fn done(directory: &Path, words: &[&str]) -> Output {
    gaai(directory, words).output().unwrap()
}

/// Runs it to the end and expects exit code `code`; gives standard output.
pub(super) fn expect(directory: &Path, words: &[&str], code: i32) -> String {
    let output = done(directory, words);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "gaai {words:?}\n{out}\n{err}");
    out.into_owned()
}

/// A directory of `tests/data`.
pub(super) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// Everything of a run that must not depend on time, threads or mode: name → bytes.
pub(super) fn lasting(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["reports", "results", "artefacts"] {
        for entry in std::fs::read_dir(run.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
            let bytes = std::fs::read(&path).unwrap();
            let format = path
                .extension()
                .and_then(|it| it.to_str())
                .and_then(Format::named);
            let bytes = match format.filter(|_| folder == "reports") {
                Some(format) => without_run_facts(&bytes, format),
                None => bytes,
            };
            files.insert(name, bytes);
        }
    }
    files
}

/// Says which files differ, not all their bytes.
pub(super) fn assert_same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    let names: Vec<_> = left.keys().collect();
    assert_eq!(names, right.keys().collect::<Vec<_>>());
    let different: Vec<_> = left
        .iter()
        .filter(|(name, bytes)| right[*name] != **bytes)
        .map(|it| it.0)
        .collect();
    assert!(different.is_empty(), "these differ: {different:?}");
}
