//! What is known of processes beyond their group: their mark, the orphans among them, and the memory they hold.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use super::adopted::Adopted;
use super::marked::{Mark, VARIABLE};
use super::resident::Groups;
use super::spawner::Alive;

/// The kin of all trees of one spawner.
#[derive(Debug)]
pub(super) struct Kin {
    mark: Mark,
    adopted: Option<Adopted>,
    groups: Groups,
}

impl Kin {
    /// With `adopt`, orphans come to this process from now on.
    pub(super) fn new(adopt: bool) -> Self {
        Self {
            mark: Mark::of_this_process(),
            adopted: if adopt { Adopted::asked() } else { None },
            groups: Groups::default(),
        }
    }

    /// The text by which a guardian knows them all.
    pub(super) fn mark(&self) -> &str {
        self.mark.text()
    }

    /// The variable that marks tree `number`; `outer` is what the environment has for a name.
    pub(super) fn variable<'a>(
        &self,
        outer: impl FnOnce(&OsStr) -> Option<&'a OsStr>,
        number: u64,
    ) -> Option<(OsString, OsString)> {
        let name = OsString::from(VARIABLE);
        let value = self.mark.value(outer(&name), number);
        Some((name, value))
    }

    /// Kills and reaps the orphans of trees that are no longer alive; whether there were any.
    pub(super) fn clear(&self, alive: &Alive) -> bool {
        self.adopted
            .as_ref()
            .is_some_and(|it| it.clear(&self.mark, alive))
    }

    /// Bytes in memory of the members of `group`, as they were at most half a second ago.
    pub(super) fn resident(&self, group: u32) -> u64 {
        self.groups.of(group, Duration::from_millis(500)).resident
    }

    /// Whether a member of `group` lives. Many may ask at a time, so a sample serves for some milliseconds; a member that
    /// it still shows is asked for again.
    pub(super) fn lives(&self, group: u32) -> bool {
        self.groups.of(group, Duration::from_millis(5)).members > 0
    }
}
