//! Workflows and batches: what is to be run, and under which conditions it may start.

pub mod branches;
pub mod definition;
pub mod expression;
pub mod run;
pub mod starter;
pub mod truth_table;
pub mod tuning;

mod batch;
mod described;
mod jobs;
mod near;
mod resources;
mod schedule;
mod yaml;

pub use batch::{
    BatchError, BatchOptions, BatchSummary, ConcurrentExecutor, DEFAULT_MAX_CONCURRENT, ErrorKind, Manifest,
    Module, ModuleResult, OnInsufficient, Planned, Surroundings,
};
pub use jobs::{Platform, Preset, Profile, auto_jobs};
pub use resources::{CpuGate, Reservation, ResourceManager, Shortage, SystemStats, Thresholds};
pub use schedule::{Catchup, Decision, Due, MOST_CAUGHT_UP, Occupancy, Overlap, Schedule, ScheduleError};
