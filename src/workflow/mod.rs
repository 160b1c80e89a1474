//! Workflows and batches: what is to be run, and under which conditions it may start.

mod jobs;
mod resources;
mod schedule;

pub use jobs::{Platform, Preset, Profile, auto_jobs};
pub use resources::{CpuGate, Reservation, ResourceManager, Shortage, SystemStats, Thresholds};
pub use schedule::{Catchup, Decision, Due, MOST_CAUGHT_UP, Occupancy, Overlap, Schedule, ScheduleError};
