//! A process and its descendants on Windows: a job object that is killed when its last handle closes, so also when gaai
//! dies. Never run; written against the documentation of `win32job`.
//!
//! The process is put into its job after it was started; a descendant that it starts before that is not in the job.

use std::io;
use std::os::windows::io::AsRawHandle;
use std::process::{Child, Command, ExitStatus};

use tokio::task::JoinHandle;
use win32job::{ExtendedLimitInfo, Job};

/// The status of a leader that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
}

/// How a tree is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// Asked to end; Windows knows no such request for programs without a window, so nothing happens.
    Gentle,
    /// Ended.
    Final,
}

/// Who is left of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nobody.
    Nobody,
    /// The leader.
    Living,
    /// Never on Windows.
    #[expect(dead_code, reason = "the other systems need it")]
    Strangers,
}

/// One job.
#[derive(Debug)]
pub(super) struct Tree {
    number: u32,
    job: std::sync::Mutex<Option<Job>>,
    end: JoinHandle<io::Result<ExitStatus>>,
    status: Option<Status>,
}

/// Keeps the console's Ctrl-C from it: CREATE_NEW_PROCESS_GROUP.
pub(super) fn lead(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    command.creation_flags(0x0000_0200);
}

impl Tree {
    pub(super) fn of(mut child: Child) -> io::Result<Self> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
        if let Err(error) = job.assign_process(child.as_raw_handle() as isize) {
            child.kill()?;
            return Err(io::Error::other(error));
        }
        Ok(Self {
            number: child.id(),
            job: std::sync::Mutex::new(Some(job)),
            end: tokio::task::spawn_blocking(move || child.wait()),
            status: None,
        })
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    #[expect(clippy::unused_self, reason = "the other systems need it")]
    pub(super) fn renice(&self, _: u8) {}

    pub(super) async fn ended(&mut self) -> Status {
        if let Some(status) = self.status {
            return status;
        }
        let code = match (&mut self.end).await {
            Ok(Ok(status)) => status.code(),
            _ => None,
        };
        *self.status.insert(Status { code, signal: None })
    }

    pub(super) fn signal(&self, force: Force) {
        if force == Force::Final
            && let Ok(mut job) = self.job.lock()
        {
            // Closing the job kills its members.
            *job = None;
        }
    }

    pub(super) fn reap(&mut self) -> Left {
        if self.status.is_some() || self.end.is_finished() {
            Left::Nobody
        } else {
            Left::Living
        }
    }

    #[expect(clippy::unused_self, reason = "the other systems need it")]
    pub(super) fn forget(&mut self) {}
}
