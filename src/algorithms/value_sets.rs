//! Sets of values of which the first are kept, and how they are united.
//!
//! Law: the first `k` values of a union are the first `k` of the union of the first `k` of its parts, so
//! that values left out on the way change nothing.

/// The sets of some vertices, one after the other; ascending each.
#[derive(Default)]
pub(super) struct Sets {
    pub(super) ends: Vec<usize>,
    pub(super) members: Vec<u32>,
    /// Whether each set changed when it was last looked at.
    pub(super) changed: Vec<bool>,
    /// Whether some set had to leave values out.
    pub(super) dropped: bool,
}

impl Sets {
    /// The set at a place.
    pub(super) fn of(&self, at: usize) -> &[u32] {
        let begin = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.members[begin..self.ends[at]]
    }

    /// Ends the set whose members were added since the last call.
    pub(super) fn close(&mut self, changed: bool) {
        self.ends.push(self.members.len());
        self.changed.push(changed);
    }
}

/// The workspace of a union of which the first values are kept.
pub(super) struct FirstValues {
    /// Values kept at most, from 1.
    kept: usize,
    seen: Vec<bool>,
    pub(super) found: Vec<u32>,
    /// The last of the values kept so far, once there are enough: no value after it will be.
    limit: u32,
    /// Whether something was added to the first set.
    pub(super) grew: bool,
    pub(super) dropped: bool,
}

impl FirstValues {
    /// A workspace for values below `count`.
    pub(super) fn new(count: u32, kept: u32) -> FirstValues {
        FirstValues {
            kept: kept as usize,
            seen: vec![false; count as usize],
            found: Vec::new(),
            limit: u32::MAX,
            grew: false,
            dropped: false,
        }
    }

    /// Starts from a set, ascending, of no more values than are kept.
    pub(super) fn begin(&mut self, own: &[u32]) {
        own.iter().for_each(|value| self.seen[*value as usize] = true);
        self.found.extend_from_slice(own);
        if let Some(last) = own.get(self.kept - 1) {
            self.limit = *last;
        }
    }

    /// Adds an ascending set.
    pub(super) fn add(&mut self, values: &[u32]) {
        for value in values {
            if *value >= self.limit {
                // All after it are larger; one of them at least is left out, unless this one is the last.
                self.dropped |= values.last() > Some(&self.limit);
                return;
            }
            if !std::mem::replace(&mut self.seen[*value as usize], true) {
                self.found.push(*value);
                self.grew = true;
            }
        }
        if self.found.len() >= 4 * self.kept {
            self.settle();
        }
    }

    /// Sorts what was found and drops all but the first values.
    pub(super) fn settle(&mut self) {
        self.found.sort_unstable();
        if self.found.len() >= self.kept {
            self.limit = self.found[self.kept - 1];
            self.dropped |= self.found.len() > self.kept;
            for value in self.found.drain(self.kept..) {
                self.seen[value as usize] = false;
            }
        }
    }

    /// Ends the union; the workspace is empty again.
    pub(super) fn end(&mut self) {
        for value in self.found.drain(..) {
            self.seen[value as usize] = false;
        }
        (self.limit, self.grew, self.dropped) = (u32::MAX, false, false);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_a_union_are_kept(
            sets in prop::collection::vec(prop::collection::btree_set(0..60_u32, 0..12), 1..12),
            kept in 1_u32..7,
        ) {
            let first = |set: &BTreeSet<u32>| -> Vec<u32> { set.iter().copied().take(kept as usize).collect() };
            let mut union = FirstValues::new(60, kept);
            for _ in 0..2 {
                let own = first(&sets[0]);
                union.begin(&own);
                sets[1..].iter().for_each(|set| union.add(&first(set)));
                union.settle();
                let all: BTreeSet<u32> = sets.iter().flat_map(&first).collect();
                prop_assert_eq!(&union.found, &first(&all));
                prop_assert_eq!(union.dropped, all.len() > kept as usize);
                prop_assert!(union.grew || union.found == own);
                union.end();
                prop_assert!(union.found.is_empty() && union.seen.iter().all(|it| !it));
            }
        }
    }
}
