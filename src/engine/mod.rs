//! Runs a template and computes facts from its complete result tables.
//!
//! Kernels run behind one door (`engine::cpu`); nothing here knows agents or the pipeline.

mod admission;
mod aggregate;
mod assemble;
mod budget;
mod compressed;
mod conditions;
mod conventions;
mod cpu;
mod detached;
mod detect;
#[cfg(test)]
mod detect_tests;
mod direct;
#[cfg(test)]
mod doubles;
mod embedded;
#[cfg(test)]
mod embedded_tests;
mod error;
mod estimate;
mod facts;
#[cfg(test)]
mod facts_tests;
mod inputs;
mod memory;
mod picture;
mod read;
mod stream;
mod tables;
#[cfg(test)]
mod tables_tests;
mod write;

use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use crate::flow::Remedy;
pub use budget::Budget;
pub use compressed::check_compressed;
pub use conditions::{matching_rows, ordered_rows};
pub use cpu::Cpu;
pub use detect::{Detected, Found, detect};
pub use direct::{DirectRun, Told, Written};
pub use embedded::{Embedded, EngineOptions, LoadInfo, LoadObserver, projection_hash};
pub use error::EngineError;
pub use estimate::{estimate, estimate_compressed};
pub use facts::{FactContext, evaluate};
pub use memory::available_memory;
pub use picture::{MOST_VERTICES, neighbourhood};
pub use stream::{RowForm, streamed_table};
pub use tables::{ResultTables, Table, TableColumn, VERTICES};
pub use write::{SUMMARY_KEY, write_tables};

use crate::algorithms::Control;
use crate::model::{
    execution::Execution,
    schema::Census,
    template::{Estimate, Projection, Template},
};
use crate::source::LoadedGraph;

/// Where kernels run: embedded, later ArangoDB's Graph Analytics Engine and Spark.
pub trait Engine: Send + Sync {
    /// `embedded`, `gae` or `spark`.
    fn name(&self) -> &'static str;

    /// What `template` will take on a graph with this census, before anything is loaded.
    fn estimate(&self, template: &Template, census: &Census) -> Estimate;

    /// Runs `template` and writes its complete tables to `run_directory/results/`, each file
    /// whole or not at all. The answer depends on the template and the source only.
    fn execute<'a>(
        &'a self,
        template: &'a Template,
        run_directory: &'a Path,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Execution, EngineError>>;

    /// The graph of `projection` in memory, for pictures. It is loaded only if it is not loaded already.
    fn projection<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Arc<LoadedGraph>, EngineError>>;
}
