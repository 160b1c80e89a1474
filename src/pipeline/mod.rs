//! The orchestrator: orders the stages of a run, recovers and resumes them.

mod artefacts;
mod error;
mod launch;
mod models;
mod orchestrator;
mod reports;
mod request;
mod stage;
mod stages;
mod timings;
mod wording;

pub use artefacts::{Artefacts, to_json, write_whole};
pub use error::PipelineError;
pub use launch::Launch;
pub use models::{Models, Price};
pub use orchestrator::{Choice, Orchestrator, Outline, Parts, RunEnd, Setting};
pub use reports::summary_findings;
pub use request::{Effort, Mode, RunRequest};
pub use stage::{Desk, Input, Made, MayStand};
pub use timings::Timings;
