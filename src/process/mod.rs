//! Child processes and what this machine allows them.

mod own_group;
mod sampler;
mod sensors;
mod slots;

pub use sampler::{Gauge, Sampler};
pub use sensors::{MachineState, Sensors};
pub use slots::{Claim, HeldSlots, MOST_SLOTS, SlotError, SlotHolder, SlotPool};
