//! The orchestrator: orders the stages of a run, recovers and resumes them.

mod artefacts;
mod error;
mod request;

pub use artefacts::{Artefacts, to_json, write_whole};
pub use error::PipelineError;
pub use request::{Effort, Mode, RunRequest};
