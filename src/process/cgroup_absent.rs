//! Where there are no control groups, there is no value of this type.

use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) enum Cgroup {}

impl Cgroup {
    pub(super) fn directories(&self) -> &[PathBuf] {
        match *self {}
    }

    pub(super) fn ran_out_of_memory(&self) -> bool {
        match *self {}
    }

    pub(super) fn kill(&self) {
        match *self {}
    }

    pub(super) fn remove(&self) -> bool {
        match *self {}
    }
}

#[cfg(unix)]
pub(super) fn kill_members(_: &Path) {}

#[cfg(unix)]
pub(super) fn remove(_: &Path) -> bool {
    true
}
