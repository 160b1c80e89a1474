//! `gaai` without a network: in a namespace where not even this machine's own addresses are up, with every call
//! for a socket written down by strace.

use std::path::Path;
use std::process::{Command, Output};

/// What opens a socket, and what speaks through one.
const CALLS: [&str; 4] = ["socket", "connect", "sendto", "sendmsg"];

/// Runs `gaai` with these words to its end; gives what came of it and its calls for sockets.
pub(super) fn cut_off(place: &Path, words: &[&str]) -> (Output, Vec<String>) {
    let trace = place.join("sockets.txt");
    let mut command = Command::new("unshare");
    command
        .args(apart())
        .args(["strace", "-f", "-qq", "--seccomp-bpf"])
        .args(["-e", &format!("trace={}", CALLS.join(",")), "-o"])
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
    // Ends of processes, signals and threads that are let go stand there too.
    let is_call = |line: &&str| CALLS.iter().any(|it| line.contains(&format!(" {it}(")));
    let calls = calls.lines().filter(is_call);
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
