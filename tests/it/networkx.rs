//! The kernels against networkx, on random graphs and through the program.

use std::path::Path;
use std::process::Command;

use super::peers::python;

/// Whether the script found no difference, and what it printed.
fn compared(python: &Path, spoiled: Option<&str>) -> (bool, String) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(python)
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networkx_oracle.py"))
        .args([Path::new(env!("CARGO_BIN_EXE_gaai")), directory.path()])
        .args(spoiled)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn kernels_agree_with_networkx() {
    let Some(python) = python() else { return };
    let (agreed, text) = compared(&python, None);
    assert!(
        agreed && text.contains("31 algorithms, 260 answers compared, 0 differ"),
        "{text}"
    );
    // The script must be able to disagree.
    let (agreed, text) = compared(&python, Some("katz"));
    assert!(!agreed && text.contains("katz on sparse-1"), "{text}");
}
