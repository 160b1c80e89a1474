//! Child processes and what this machine allows them.

mod slots;

pub use slots::{Claim, HeldSlots, MOST_SLOTS, SlotError, SlotHolder, SlotPool};
