//! A leader and its process group: told of the leader's end, signalled and reaped as one.
//!
//! The leader is left unreaped until the group was killed: as long as it is there, its number, which names the group, is
//! given to nobody else, so that no signal can hit a stranger.

use std::io;
use std::process::{Child, Command};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, setpriority_pgrp,
    test_kill_process_group, waitid, waitpgid,
};

/// The status of a leader that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

/// How a tree is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// Asked to end.
    Gentle,
    /// Ended.
    Final,
}

/// Who is left in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nobody.
    Nobody,
    /// Members that live, ours to reap.
    Living,
    /// Members that another process reaps; they may be dead.
    Strangers,
}

/// One process group.
#[derive(Debug)]
pub(super) struct Tree {
    leader: Pid,
    notice: Notice,
    status: Option<Status>,
    gone: bool,
}

/// How we learn that the leader ended.
#[derive(Debug)]
enum Notice {
    #[cfg(target_os = "linux")]
    Descriptor(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    Thread(tokio::task::JoinHandle<()>),
}

/// Makes the child the leader of a group of its own.
pub(super) fn lead(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

impl Tree {
    /// Takes the child over, or kills it on failure. Must be called within a tokio runtime.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever holds the tree reaps it; nobody else may wait for the child"
    )]
    pub(super) fn of(child: Child) -> io::Result<Self> {
        let leader = Pid::from_child(&child);
        Ok(Self {
            leader,
            notice: notice(leader),
            status: None,
            gone: false,
        })
    }

    /// The leader's number, which is also the group's.
    pub(super) fn number(&self) -> u32 {
        self.leader.as_raw_pid().unsigned_abs()
    }

    /// Lowers the priority of the whole group.
    pub(super) fn renice(&self, by: u8) {
        // Lowering is always allowed; a leader that has ended already needs no priority.
        let _ = setpriority_pgrp(Some(self.leader), i32::from(by.min(19)));
    }

    /// Returns when the leader has ended. Can be dropped and called again.
    pub(super) async fn ended(&mut self) -> Status {
        loop {
            if let Some(status) = self.look() {
                return status;
            }
            match &mut self.notice {
                #[cfg(target_os = "linux")]
                Notice::Descriptor(descriptor) => match descriptor.readable().await {
                    Ok(mut ready) => {
                        if look(self.leader).is_none() {
                            ready.clear_ready();
                        }
                    }
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                },
                Notice::Thread(thread) if !thread.is_finished() => {
                    let _ = thread.await;
                }
                Notice::Thread(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        }
    }

    /// The leader's status, once it has one.
    fn look(&mut self) -> Option<Status> {
        if self.status.is_none() {
            self.status = look(self.leader);
        }
        self.status
    }

    /// Signals every member of the group.
    pub(super) fn signal(&self, force: Force) {
        if self.gone {
            return;
        }
        // The group may be empty by now; then there is nobody to tell.
        match force {
            Force::Gentle => {
                let _ = kill_process_group(self.leader, Signal::TERM);
                // A member that is stopped could not act on it.
                let _ = kill_process_group(self.leader, Signal::CONT);
            }
            Force::Final => {
                let _ = kill_process_group(self.leader, Signal::KILL);
            }
        }
    }

    /// Reaps what has ended; who is left in the group.
    pub(super) fn reap(&mut self) -> Left {
        self.look();
        while !self.gone {
            match waitpgid(self.leader, WaitOptions::NOHANG) {
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return Left::Living,
                Err(_) => match test_kill_process_group(self.leader) {
                    Err(rustix::io::Errno::SRCH) => self.gone = true,
                    _ => return Left::Strangers,
                },
            }
        }
        Left::Nobody
    }

    /// Says that the strangers left in the group are dead: from now on, its number is somebody else's.
    pub(super) fn forget(&mut self) {
        self.gone = true;
    }
}

/// The leader's status without reaping it; none while it runs.
fn look(leader: Pid) -> Option<Status> {
    let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    match waitid(WaitId::Pid(leader), how) {
        Ok(None) | Err(rustix::io::Errno::INTR) => None,
        Ok(Some(status)) => Some(Status {
            code: status.exit_status(),
            signal: status.terminating_signal(),
        }),
        // Somebody else reaped it; how it ended is not known.
        Err(_) => Some(Status {
            code: None,
            signal: None,
        }),
    }
}

#[cfg(target_os = "linux")]
#[expect(
    deprecated,
    reason = "its successor is unsafe and asks for what `OwnedFd` promises: one open descriptor for its whole life"
)]
fn notice(leader: Pid) -> Notice {
    use rustix::process::{PidfdFlags, pidfd_open};
    use tokio::io::{Interest, unix::AsyncFd};
    // Linux before 5.3, a sandbox that does not know the call, or no descriptor left: a thread will do.
    pidfd_open(leader, PidfdFlags::empty())
        .ok()
        .and_then(|it| AsyncFd::with_interest(it, Interest::READABLE).ok())
        .map_or_else(|| by_thread(leader), Notice::Descriptor)
}

#[cfg(not(target_os = "linux"))]
fn notice(leader: Pid) -> Notice {
    by_thread(leader)
}

/// A thread that waits for the leader, without reaping it.
fn by_thread(leader: Pid) -> Notice {
    Notice::Thread(tokio::task::spawn_blocking(move || {
        while let Err(rustix::io::Errno::INTR) =
            waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {}
    }))
}
