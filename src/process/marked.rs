//! Members of our trees are known by a variable of their environment, which they pass on to all they start.
//!
//! A process that leaves its group (`setsid`) and outlives its parents is found by nothing else but a cgroup. One that
//! also replaced or overwrote its environment is not found.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable. Its value is a path of marks, `outer/inner`, when gaai runs within a child of gaai.
pub(super) const VARIABLE: &str = "GAAI_TREE";

/// What tells the trees of one gaai process from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark(String);

impl Mark {
    /// The mark of this process: its number and when it started, which no two processes of a machine share.
    pub(super) fn of_this_process() -> Self {
        let started = fs::read_to_string("/proc/self/stat")
            .ok()
            .and_then(|it| after_name(&it)?.split(' ').nth(19).map(str::to_owned))
            .unwrap_or_default();
        Self(format!("{}-{started}.", std::process::id()))
    }

    /// The mark that was handed to a guardian.
    pub(super) fn handed(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The value of the variable for tree `number`, within `outer` trees.
    pub(super) fn value(&self, outer: Option<&OsStr>, number: u64) -> OsString {
        let mut value = OsString::new();
        if let Some(outer) = outer {
            value.push(outer);
            value.push("/");
        }
        value.push(format!("{}{number}", self.0));
        value
    }

    /// The tree a process with this environment belongs to.
    fn tree(&self, environment: &[u8]) -> Option<u64> {
        let value = environment
            .split(|it| *it == 0)
            .find_map(|it| it.strip_prefix(VARIABLE.as_bytes())?.strip_prefix(b"="))?;
        value.split(|it| *it == b'/').find_map(|it| {
            let number = it.strip_prefix(self.0.as_bytes())?;
            std::str::from_utf8(number).ok()?.parse().ok()
        })
    }

    /// Kills `process` if it belongs to a tree that `doomed` picks; whether it did.
    pub(super) fn kill(&self, process: Pid, doomed: impl FnOnce(u64) -> bool) -> bool {
        // Held before its environment is read, so that what is killed is what was looked at.
        let Ok(held) = pidfd_open(process, PidfdFlags::empty()) else {
            return false;
        };
        let environment = fs::read(format!("/proc/{}/environ", process.as_raw_pid())).unwrap_or_default();
        let belongs = self.tree(&environment).is_some_and(doomed);
        if belongs {
            let _ = pidfd_send_signal(held, Signal::KILL);
        }
        belongs
    }
}

/// The numbers of all processes.
pub(super) fn processes() -> impl Iterator<Item = Pid> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|it| {
            Pid::from_raw(
                std::str::from_utf8(it.file_name().as_bytes())
                    .ok()?
                    .parse()
                    .ok()?,
            )
        })
}

/// The fields of a process's `stat` after its name, which may hold spaces and brackets: state first.
pub(super) fn after_name(stat: &str) -> Option<&str> {
    stat.rsplit_once(") ").map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_known_by_its_own_mark_at_any_depth() {
        let (outer, inner) = (Mark::handed("10-77."), Mark::handed("20-99."));
        let value = inner.value(Some(&outer.value(None, 3)), 5);
        assert_eq!(value, "10-77.3/20-99.5");
        let environment = format!("PATH=/bin\0{VARIABLE}={}\0A=b\0", value.to_str().unwrap());
        assert_eq!(outer.tree(environment.as_bytes()), Some(3));
        assert_eq!(inner.tree(environment.as_bytes()), Some(5));
        assert_eq!(Mark::handed("0-77.").tree(environment.as_bytes()), None);
        assert_eq!(outer.tree(b"X_GAAI_TREE=10-77.3\0"), None);
    }

    #[test]
    fn the_mark_of_this_process_has_its_number_and_its_start() {
        let mark = Mark::of_this_process();
        let (number, start) = mark.text().split_once('-').unwrap();
        assert_eq!(number, std::process::id().to_string());
        assert!(start.trim_end_matches('.').parse::<u64>().unwrap() > 0);
    }
}
