//! A process that outlives gaai by a moment: when gaai dies, however it dies, it kills the trees that are left.
//!
//! It learns of each tree through a pipe, one short line at a start and one at an end; the pipe's end is gaai's end. It
//! also finds members by their mark, which covers a tree started in the instant before a kill, and one that left its
//! group. A death signal (`PR_SET_PDEATHSIG`) would not do: it is sent when the *thread* that started the child ends, is
//! not passed on to grandchildren, and needs code between fork and exec.
//!
//! One guardian for a gaai process, started with the first child; it sleeps except for ten milliseconds a line at most.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process_group};

use super::entry::GUARD;
use super::{ProcessError, cgroup};

/// Between two looks: lines that came meanwhile are read at once, so that a burst of starts wakes it seldom.
const PAUSE: Duration = Duration::from_millis(10);

/// Rounds of killing before it gives up on processes that do not die (a device that hangs): 10 s.
const ROUNDS: u32 = 1000;

/// The end of gaai that talks to the guardian.
#[derive(Debug)]
pub(super) struct Guardian {
    program: PathBuf,
    mark: String,
    line: Mutex<Option<Line>>,
}

#[derive(Debug)]
struct Line {
    process: Child,
    pipe: File,
    /// Lines the pipe had no room for. They go first, so that none is overtaken.
    waiting: Vec<u8>,
}

impl Guardian {
    /// A guardian that is `program`, started when it is first told something.
    pub(super) fn new(program: PathBuf, mark: &str) -> Self {
        Self {
            program,
            mark: mark.to_owned(),
            line: Mutex::new(None),
        }
    }

    /// Starts it unless it runs; nothing may be started without it.
    pub(super) fn ensure(&self, known: impl FnOnce() -> Vec<String>) -> Result<(), ProcessError> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.is_some() {
            return Ok(());
        }
        let mut begun = self.begin().map_err(|source| ProcessError::Guardian {
            program: self.program.clone(),
            source,
        })?;
        for it in known() {
            begun.say(&it);
        }
        *line = Some(begun);
        Ok(())
    }

    /// Tells it one line. When it is gone, the next [`Guardian::ensure`] starts another.
    pub(super) fn tell(&self, text: &str) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut gone) = line.take_if(|it| !it.say(text)) {
            let _ = gone.process.try_wait();
        }
    }

    fn begin(&self) -> io::Result<Line> {
        let (theirs, ours) = pipe_with(PipeFlags::CLOEXEC)?;
        // Never wait for a guardian that somebody stopped.
        fcntl_setfl(&ours, OFlags::NONBLOCK)?;
        let process = Command::new(&self.program)
            .arg(GUARD)
            .arg(&self.mark)
            // Without the mark of an outer gaai, which would kill it before it has done its work.
            .env_clear()
            .current_dir("/")
            // Out of reach of a Ctrl-C at the terminal.
            .process_group(0)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Line {
            process,
            pipe: ours.into(),
            waiting: Vec::new(),
        })
    }

    /// Ends it when every tree is gone; otherwise leaves it to its work.
    pub(super) fn dismiss(&mut self, nothing_left: bool) {
        let line = self.line.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut line) = line.take()
            && nothing_left
        {
            let _ = line.process.kill();
            let _ = line.process.wait();
        }
    }
}

impl Line {
    /// Whether somebody still listens.
    fn say(&mut self, text: &str) -> bool {
        self.waiting.extend(text.bytes());
        self.waiting.push(b'\n');
        while !self.waiting.is_empty() {
            match self.pipe.write(&self.waiting) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
        }
        true
    }
}

/// The line that says a group has begun.
pub(super) fn group_began(number: u32) -> String {
    format!("+g {number}")
}

/// The line that says a group is gone.
pub(super) fn group_ended(number: u32) -> String {
    format!("-g {number}")
}

/// The line that says a cgroup was made.
pub(super) fn cgroup_made(directory: &Path) -> String {
    format!("+c {}", directory.display())
}

/// The line that says a cgroup was removed.
pub(super) fn cgroup_removed(directory: &Path) -> String {
    format!("-c {}", directory.display())
}

/// What is registered at a moment.
#[derive(Debug, Default, PartialEq, Eq)]
struct Registered {
    groups: BTreeSet<i32>,
    cgroups: BTreeSet<PathBuf>,
}

impl Registered {
    fn hear(&mut self, line: &str) {
        let (verb, rest) = line.split_at_checked(3).unwrap_or_default();
        match (verb, rest.parse()) {
            ("+g ", Ok(group)) => drop(self.groups.insert(group)),
            ("-g ", Ok(group)) => drop(self.groups.remove(&group)),
            ("+c ", _) => drop(self.cgroups.insert(rest.into())),
            ("-c ", _) => drop(self.cgroups.remove(Path::new(rest))),
            _ => {}
        }
    }

    /// Kills everybody; whether nobody is left.
    fn kill(&mut self, mark: &str) -> bool {
        for group in self.groups.iter().filter_map(|it| Pid::from_raw(*it)) {
            // Whoever is in it at this instant is killed. Asking afterwards whether the group is there would count those
            // who are dead and not reaped.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let nobody = kill_marked(mark);
        self.cgroups.retain(|directory| {
            cgroup::kill_members(directory);
            !cgroup::remove(directory)
        });
        nobody && self.cgroups.is_empty()
    }
}

/// What the guardian does: listens until gaai is gone, then clears up.
pub(super) fn guard(mark: &str) -> ExitCode {
    let mut registered = Registered::default();
    let mut unread = Vec::new();
    let mut block = [0_u8; 1 << 16];
    let mut pipe = io::stdin();
    loop {
        match pipe.read(&mut block) {
            Ok(0) => break,
            Ok(read) => unread.extend(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
        let whole = unread.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
        for line in unread[..whole].split(|it| *it == b'\n') {
            registered.hear(&String::from_utf8_lossy(line));
        }
        unread.drain(..whole);
        sleep(PAUSE);
    }
    for _ in 0..ROUNDS {
        if registered.kill(mark) {
            return ExitCode::SUCCESS;
        }
        sleep(PAUSE);
    }
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn kill_marked(mark: &str) -> bool {
    let mark = super::marked::Mark::handed(mark);
    // Counted, because every one of them must be met.
    super::marked::processes()
        .filter(|it| mark.kill(*it, |_| true))
        .count()
        == 0
}

#[cfg(not(target_os = "linux"))]
fn kill_marked(_: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_began_and_did_not_end_is_registered() {
        let mut registered = Registered::default();
        let cgroup = Path::new("/sys/fs/cgroup/a b");
        let lines = [
            group_began(5),
            group_began(6),
            cgroup_made(cgroup),
            cgroup_made(Path::new("/x")),
            group_ended(5),
            cgroup_removed(Path::new("/x")),
        ];
        for line in lines.iter().map(String::as_str).chain(["", "+", "+g x", "ééé"]) {
            registered.hear(line);
        }
        assert_eq!(registered.groups, BTreeSet::from([6]));
        assert_eq!(registered.cgroups, BTreeSet::from([cgroup.to_owned()]));
    }
}
