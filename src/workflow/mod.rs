//! Workflows and batches: what is to be run, and under which conditions it may start.

mod jobs;
mod resources;

pub use jobs::{Platform, Preset, Profile, auto_jobs};
pub use resources::{CpuGate, Reservation, ResourceManager, Shortage, SystemStats, Thresholds};
