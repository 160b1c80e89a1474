//! The living members of each process group and the memory they hold, in one sample for all who ask.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::marked::{after_name, processes};

/// The last sample.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<Option<(Instant, BTreeMap<u32, Group>)>>);

/// The living members of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Their number.
    pub(super) members: u32,
    /// Bytes they have in memory, shared pages counted once for each.
    pub(super) resident: u64,
}

impl Groups {
    /// The group as it was at most `age` ago.
    pub(super) fn of(&self, group: u32, age: Duration) -> Group {
        let mut sample = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let groups = match &mut *sample {
            Some((at, groups)) if at.elapsed() <= age => groups,
            stale => {
                let now = Instant::now();
                &mut stale.insert((now, groups())).1
            }
        };
        groups.get(&group).copied().unwrap_or_default()
    }
}

fn groups() -> BTreeMap<u32, Group> {
    let page = rustix::param::page_size() as u64;
    let mut groups = BTreeMap::<u32, Group>::new();
    for process in processes() {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_pid()));
        if let Some((group, pages)) = stat.ok().as_deref().and_then(group_and_pages) {
            let group = groups.entry(group).or_default();
            group.members += 1;
            group.resident += pages * page;
        }
    }
    groups
}

/// Fields 5 and 24 of a `stat`; none for one that is dead and not reaped.
fn group_and_pages(stat: &str) -> Option<(u32, u64)> {
    let mut fields = after_name(stat)?.split(' ');
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let group = fields.nth(1)?.parse().ok()?;
    let pages = fields.nth(18)?.parse().ok()?;
    Some((group, pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 5 1000 321 99 1";
        assert_eq!(group_and_pages(stat), Some((42, 321)));
        assert_eq!(group_and_pages(&stat.replace(" S ", " Z ")), None);
        assert_eq!(group_and_pages("7 (cut"), None);
    }

    #[test]
    fn our_own_group_lives_and_holds_memory() {
        let own = rustix::process::getpgrp().as_raw_pid().unsigned_abs();
        let groups = Groups::default();
        let group = groups.of(own, Duration::ZERO);
        assert!(group.members > 0 && group.resident > 100_000, "{group:?}");
        assert_eq!(groups.of(own, Duration::MAX), group);
        assert_eq!(groups.of(u32::MAX, Duration::MAX), Group::default());
    }
}
