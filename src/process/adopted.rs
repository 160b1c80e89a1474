//! Descendants whose parents ended become children of this process, once it asked for them: found, killed, reaped.
//!
//! They are listed as children of the main thread. With `adopt` off, the system's first process gets them instead, and
//! only the group and the cgroup of a tree are cleared.

use std::fs;

use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

use super::marked::{Mark, after_name};
use super::spawner::Alive;

/// The children this process was given.
#[derive(Debug)]
pub(super) struct Adopted {
    list: String,
}

impl Adopted {
    /// From now on, orphans come to this process; none where the system cannot.
    pub(super) fn asked() -> Option<Self> {
        set_child_subreaper(Some(getpid())).ok()?;
        let own = std::process::id();
        Some(Self {
            list: format!("/proc/{own}/task/{own}/children"),
        })
    }

    /// Kills every orphan of a tree that is no longer alive, reaps what has ended; whether such orphans were found.
    pub(super) fn clear(&self, mark: &Mark, alive: &Alive) -> bool {
        let list = fs::read_to_string(&self.list).unwrap_or_default();
        let mut found = false;
        for number in list.split_ascii_whitespace() {
            let Some(process) = number.parse().ok().and_then(Pid::from_raw) else {
                continue;
            };
            // A leader has an owner who waits for it.
            if alive.leaders.contains(&process.as_raw_pid().unsigned_abs()) {
                continue;
            }
            found |= mark.kill(process, |tree| !alive.trees.contains(&tree));
            // It may be a leader whose number is not known yet.
            if alive.starting == 0 && has_ended(process) {
                let _ = waitpid(Some(process), WaitOptions::NOHANG);
            }
        }
        found
    }
}

/// Whether it ended and waits to be reaped.
fn has_ended(process: Pid) -> bool {
    fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid()))
        .is_ok_and(|it| after_name(&it).is_some_and(|it| it.starts_with('Z')))
}
