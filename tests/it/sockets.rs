//! `gaai` without a network: in a namespace where not even this machine's own addresses are up, with every call
//! for a socket written down by strace.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `gaai` with these words to its end; gives what came of it and its calls for sockets.
pub(super) fn cut_off(place: &Path, words: &[&str]) -> (Output, Vec<String>) {
    let trace = place.join("sockets.txt");
    let mut command = Command::new("unshare");
    command
        .args(apart())
        .args(["strace", "-f", "-qq", "--seccomp-bpf"])
        .args(["-e", "trace=socket,connect,sendto,sendmsg", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_gaai"))
        .args(words)
        .current_dir(place)
        .env("NO_COLOR", "1")
        // What cannot be reached is not tried again.
        .env("LLM_MAX_RETRIES", "0");
    let output = command
        .output()
        .unwrap_or_else(|it| panic!("unshare cannot be started: {it}; run tests/run"));
    let told = String::from_utf8_lossy(&output.stderr);
    let is_traced = trace.exists() && !told.contains("strace:");
    assert!(is_traced, "strace cannot follow gaai: {told}");
    let calls = std::fs::read_to_string(&trace).unwrap();
    // Ends of processes and signals stand there too.
    let calls = calls.lines().filter(|it| it.contains('('));
    (output, calls.map(str::to_owned).collect())
}

/// How a namespace of its own is had: as root, or as root of a user namespace.
fn apart() -> &'static [&'static str] {
    let ways: [&[&str]; 2] = [&["--net"], &["--map-root-user", "--net"]];
    let works = |way: &&[&str]| {
        let tried = Command::new("unshare").args(*way).arg("true").output();
        tried.is_ok_and(|it| it.status.success())
    };
    let found = ways.into_iter().find(works);
    found.expect("this machine lets nobody have a network namespace of his own, so that nothing is proved")
}
