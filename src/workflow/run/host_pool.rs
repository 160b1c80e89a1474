//! A pool of the whole host, as the scheduler sees it.

use std::path::Path;

use crate::flow::SharedSlots;
use crate::model::id::ContentHash;
use crate::process::{Claim, HeldSlots, SlotError, SlotPool};

/// Slots that the kernel frees when their holder dies.
pub(super) struct HostSlots {
    pool: SlotPool,
    /// What was granted: for so many units these slots, none where the pool could not be used.
    held: Vec<(u64, Option<HeldSlots>)>,
    fault: Option<String>,
}

impl HostSlots {
    pub(super) fn open(directory: &Path, size: u32) -> Result<Self, SlotError> {
        let pool = SlotPool::open(directory, size)?;
        // The file that names the pool last decides about its size.
        if pool.size()? != size {
            pool.resize(size)?;
        }
        Ok(Self {
            pool,
            held: Vec::new(),
            fault: None,
        })
    }

    /// Slots for `units`; all that there are, where somebody has made the pool smaller than that since.
    fn claim(&self, units: u64) -> Result<Option<HeldSlots>, SlotError> {
        let weight = u32::try_from(units).unwrap_or(u32::MAX);
        let claim = match self.pool.try_acquire(weight)? {
            Claim::Full { held: 0, size } if size < weight => self.pool.try_acquire(size)?,
            claim => claim,
        };
        Ok(match claim {
            Claim::Granted(slots) => Some(slots),
            Claim::Full { .. } | Claim::Contended => None,
        })
    }
}

/// Letters of the name of a file at most; behind it there is room for a suffix.
const LONGEST_NAME: usize = 200;

/// A name, whatever it is, as the name of a file, of no two names the same: what is no letter, digit, `-` or `_` is
/// written as `%XX`, and a long one ends with its hash.
pub fn file_name(name: &str) -> String {
    let mut file = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02X}")),
        }
    }
    if file.len() > LONGEST_NAME {
        file.truncate(LONGEST_NAME / 2);
        file.push('~');
        file.push_str(ContentHash::of(name.as_bytes()).short());
    }
    file
}

impl SharedSlots for HostSlots {
    fn try_take(&mut self, units: u64) -> bool {
        let claimed = self.claim(units);
        self.fault = claimed.as_ref().err().map(|it| format!("failed to {it}"));
        let slots = claimed.ok().flatten();
        let is_granted = slots.is_some() || self.fault.is_some();
        if is_granted {
            self.held.push((units, slots));
        }
        is_granted
    }

    fn give_back(&mut self, units: u64) {
        let of_units = |it: &(u64, Option<HeldSlots>)| it.0 == units;
        // Those without slots first: what others of the same size hold is freed too late rather than too early.
        let empty = self.held.iter().position(|it| of_units(it) && it.1.is_none());
        if let Some(place) = empty.or_else(|| self.held.iter().position(of_units)) {
            drop(self.held.swap_remove(place));
        }
    }

    fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder_and_no_two_names_are_one_file() {
        assert_eq!(file_name("../a b"), "%2E%2E%2Fa%20b");
        assert_ne!(file_name("a b"), file_name("a_b"));
        assert_eq!(file_name("gpu-0_x"), "gpu-0_x");
        let long = |end| file_name(&format!("{}{end}", "é".repeat(300)));
        assert!(long("a") != long("b") && long("a").len() <= LONGEST_NAME);
    }
}
