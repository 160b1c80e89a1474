//! On Windows the job of a tree is killed when gaai dies, so nobody has to guard it.

use std::path::{Path, PathBuf};

use super::ProcessError;

#[derive(Debug)]
pub(super) struct Guardian;

impl Guardian {
    pub(super) fn new(_: PathBuf, _: &str) -> Self {
        Self
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the other systems need it"
    )]
    pub(super) fn ensure(&self, _: impl FnOnce() -> Vec<String>) -> Result<(), ProcessError> {
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "the other systems need it")]
    pub(super) fn tell(&self, _: &str) {}

    #[expect(clippy::unused_self, reason = "the other systems need it")]
    pub(super) fn dismiss(&mut self, _: bool) {}
}

pub(super) fn group_began(_: u32) -> String {
    String::new()
}

pub(super) fn group_ended(_: u32) -> String {
    String::new()
}

pub(super) fn cgroup_made(_: &Path) -> String {
    String::new()
}

pub(super) fn cgroup_removed(_: &Path) -> String {
    String::new()
}
