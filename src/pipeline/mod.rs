//! The orchestrator: orders the stages of a run, recovers and resumes them.

mod advising;
mod artefacts;
mod error;
mod heard;
mod launch;
mod model_plan;
mod model_request;
mod models;
mod orchestrator;
mod redone;
mod reports;
mod request;
mod run_facts;
mod stage;
mod stages;
mod told;

pub use artefacts::{Artefacts, to_json, write_whole};
pub use error::PipelineError;
pub use heard::Heard;
pub use launch::Launch;
pub use model_plan::{PlannedCalls, planned_calls};
pub use model_request::ModelRequest;
pub use models::Models;
pub use orchestrator::{Choice, Orchestrator, Outline, Parts, RunEnd, Setting};
pub use reports::summary_findings;
pub use request::{Effort, Mode, RunRequest};
pub use stage::{Desk, Input, Made, MayStand};
pub use told::Watch;
