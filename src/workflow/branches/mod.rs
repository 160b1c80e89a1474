//! The branch processor: work of a program's own, beside each other, on the one scheduler.
//!
//! A [`Branch`] is an async closure with what it takes while it runs. It ends with [`Successors`], which
//! then start, and a join waits for all that they lead to. A branch never holds a place while it only waits for
//! others. A branch that fails or runs out of time stops nobody else, and no run with a failure is told as well.
//!
//! The names are those of the module that this replaces; what they do is here and in docs/workflows.md.
//!
//! ```
//! use std::sync::Arc;
//! use gaai::model::event::RunState;
//! use gaai::model::id::RunId;
//! use gaai::workflow::branches::{Branch, EnhancedParallelProcessor, ProcessingContext, Successors};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let leaf = |name: &str| Branch::new(name, |_| async { Ok(Successors::none()) });
//! let root = Branch::new("root", move |_| async move {
//!     Ok(Successors::of([leaf("a"), leaf("b")]).then(leaf("join")))
//! });
//! let context = Arc::new(ProcessingContext::new(RunId::from("run-1"), "example"));
//! let report = EnhancedParallelProcessor::new(context).process_workflow_parallel(vec![root]).await.unwrap();
//! assert_eq!((report.state, report.branches.succeeded), (RunState::Succeeded, 4));
//! # }
//! ```

mod adapt;
mod attempt;
mod branch;
mod context;
mod error;
mod metrics;
mod performer;
mod place;
mod pools;
mod processor;
mod report;
mod runs;
mod settings;
mod shapes;
mod spans;
mod status;
mod status_journal;
mod status_queue;
mod trees;
mod words;

pub use branch::{Branch, BranchAttempt, BranchFailure, Successors, Work};
pub use context::ProcessingContext;
pub use error::ProcessorError;
pub use metrics::MetricsRecorder;
pub use pools::PoolSize;
pub use processor::{EnhancedBranchProcessor, EnhancedParallelProcessor, SpawnedBranch};
pub use report::{BranchCounts, BranchEnd, RunReport};
pub use runs::{Runs, WorkflowMessage, process_workflow};
pub use settings::ProcessorSettings;
pub use shapes::Shape;
pub use spans::{PROCESSOR_TARGET, SpanFactory};
pub use status::{Observer, Status, StatusRecord, StatusSink, StatusTarget};
pub use status_journal::StatusJournal;
