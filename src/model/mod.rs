//! Plain data that flows between the rooms. No I/O, no clock: ids and times are handed in.

pub mod catalog;
pub mod document;
pub mod event;
pub mod execution;
pub mod fact;
pub mod finding;
pub mod format;
pub mod id;
pub mod report;
pub mod requirements;
pub mod schema;
pub mod size;
pub mod template;
pub mod usage;
pub mod use_case;
pub mod vertical;
pub mod workflow_event;
