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

    /// Kills every orphan of a tree that is no longer alive, reaps what has ended; whether such orphans were found, or may
    /// have come since.
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
            let life = life(process);
            // Its environment is gone before its children become this process's, which the list may not show.
            found |= life != Life::Goes;
            // It may be a leader whose number is not known yet.
            if alive.starting == 0 && life == Life::Ended {
                let _ = waitpid(Some(process), WaitOptions::NOHANG);
            }
        }
        found
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Goes,
    /// It is on its way out.
    Ends,
    /// It waits to be reaped.
    Ended,
}

fn life(process: Pid) -> Life {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid()));
    stat.ok().as_deref().and_then(life_of).unwrap_or(Life::Ended)
}

/// Fields 3 and 9 of a `stat`.
fn life_of(stat: &str) -> Option<Life> {
    // `PF_EXITING` of Linux's include/linux/sched.h.
    const EXITING: u64 = 4;
    let mut fields = after_name(stat)?.split(' ');
    if fields.next()? == "Z" {
        return Some(Life::Ended);
    }
    let flags: u64 = fields.nth(5)?.parse().ok()?;
    Some(if flags & EXITING == 0 {
        Life::Goes
    } else {
        Life::Ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_on_the_way_out_is_not_taken_for_one_that_stays() {
        let stat = |state: &str, flags: u32| format!("7 (a) b (c) {state} 1 42 42 0 -1 {flags} 1 0");
        assert_eq!(life_of(&stat("S", 4_194_304)), Some(Life::Goes));
        assert_eq!(life_of(&stat("R", 4_194_308)), Some(Life::Ends));
        assert_eq!(life_of(&stat("Z", 4_194_316)), Some(Life::Ended));
        assert_eq!(life(rustix::process::getpid()), Life::Goes);
    }
}
