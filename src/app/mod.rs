//! Builds the parts from settings; the only room that names all concrete types.

mod archive;
mod doctor;
mod evidence;
mod exec;
mod explain;
mod graphs;
mod inputs;
mod library;
mod models;
mod parts;
mod plan;
mod processor;
mod projection;
mod request;
mod runner;
mod running;
mod runs;
mod scoring;
mod summary;
mod tape;
pub mod workflows;

pub use archive::{catalog_path, open_catalog, rebuild_catalog};
pub use doctor::doctor;
pub use evidence::{Verification, verify};
pub use exec::{Exec, ExecJobs, ExecRequest, ManifestPlace, Reading, exec, system_stats};
pub use explain::{ExplainedClaim, Explanation, explain, write_explanation};
pub use graphs::{Location, NamedGraph, resolve};
pub use models::ModelKeys;
pub use parts::{OpenGraph, assets, demo_choice, demo_kinds, open_graph};
pub use plan::{Plan, Planned, plan, write_plan};
pub use processor::start_processor;
pub use projection::{AskedProjection, projection};
pub use request::{Asked, effort_of, models_of, request};
pub use runner::{
    AgenticWorkflowRunner, InputDocument, WorkflowState, export_trace, run_agentic_workflow_async,
};
pub use running::{Begin, Face, Finished, Running, TraceExport, begin, resume};
pub use runs::{find as find_run, list as list_runs, read_index};
pub use scoring::{score, write_score};
pub use summary::{Unanswered, summary_sentences, unanswered};

/// Cores of this machine, if that is known.
pub fn cores() -> Option<usize> {
    std::thread::available_parallelism()
        .ok()
        .map(std::num::NonZeroUsize::get)
}
