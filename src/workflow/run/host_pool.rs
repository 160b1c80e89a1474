//! A pool of the whole host, as the scheduler sees it.

use std::path::Path;

use crate::flow::SharedSlots;
use crate::process::{Claim, HeldSlots, SlotError, SlotPool};

/// Slots that the kernel frees when their holder dies.
pub(super) struct HostSlots {
    pool: SlotPool,
    held: Vec<HeldSlots>,
}

impl HostSlots {
    pub(super) fn open(directory: &Path, size: u32) -> Result<Self, SlotError> {
        let pool = SlotPool::open(directory, size)?;
        // The file that names the pool last decides about its size.
        if pool.size()? != size {
            pool.resize(size)?;
        }
        let held = Vec::new();
        Ok(Self { pool, held })
    }
}

/// A name, whatever it is, as the name of a file: what is no letter, digit, `-` or `_` is written as `%XX`.
pub(super) fn file_name(name: &str) -> String {
    let mut file = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => file.push(char::from(byte)),
            _ => file.push_str(&format!("%{byte:02X}")),
        }
    }
    file
}

impl SharedSlots for HostSlots {
    fn try_take(&mut self, units: u64) -> bool {
        let weight = u32::try_from(units).unwrap_or(u32::MAX);
        match self.pool.try_acquire(weight) {
            Ok(Claim::Granted(slots)) => {
                self.held.push(slots);
                true
            }
            // Asked again soon; what cannot be read now may be readable then.
            Ok(Claim::Full { .. } | Claim::Contended) => false,
            Err(error) => {
                tracing::warn!(%error, "the slots of a pool of the host cannot be read");
                false
            }
        }
    }

    fn give_back(&mut self, units: u64) {
        if let Some(place) = self.held.iter().position(|it| u64::from(it.weight()) == units) {
            drop(self.held.swap_remove(place));
        }
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
    }
}
