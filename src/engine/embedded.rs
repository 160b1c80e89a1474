//! The embedded engine: kernels in this process, one load per distinct projection.
//!
//! Executions that share a projection share its load, also when they start at the same moment. They
//! are admitted by estimated bytes, and one that can never fit is refused before anything is loaded.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::Engine;
use super::admission::{Admission, Ticket};
use super::budget::Budget;
use super::conventions::conventions;
use super::cpu::Cpu;
use super::detached::detached;
use super::error::EngineError;
use super::estimate::{Size, counts, estimate, graph_bytes, loaded_bytes};
use super::inputs::inputs;
use super::memory::available_memory;
use super::tables::ResultTables;
use super::write::write_tables;
use crate::algorithms::{Algorithm, Control, Exactness, KernelError};
use crate::model::{
    execution::Execution,
    id::ContentHash,
    schema::Census,
    template::{EdgeFilter, Estimate, Projection, Template},
};
use crate::source::{GraphSource, LoadedGraph, SourceError};

/// Part of the available memory that is used when no budget is given: the rest is for documents,
/// reports and the system.
const DEFAULT_SHARE: f64 = 0.8;

/// How an [`Embedded`] engine is limited; the default takes what the host has.
#[derive(Clone, Debug, Default)]
pub struct EngineOptions {
    /// Bytes of loaded graphs, kernels and tables at any moment; `None`: four fifths of what the
    /// host has available.
    pub memory_bytes: Option<u64>,
    /// Estimated milliseconds of one template on one core; `None`: no bound.
    pub time_ms: Option<u64>,
    /// Root of the file tree that tells what the host has; `None`: `/`.
    pub host: Option<PathBuf>,
}

impl EngineOptions {
    /// The bound of memory in bytes.
    pub fn memory(&self) -> u64 {
        let host = self.host.as_deref().unwrap_or(Path::new("/"));
        let share = || available_memory(host).map_or(u64::MAX, |it| (it as f64 * DEFAULT_SHARE) as u64);
        self.memory_bytes.unwrap_or_else(share)
    }
}

/// A projection that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadInfo {
    /// Content hash of the projection.
    pub projection: ContentHash,
    /// Vertices.
    pub vertices: u64,
    /// Edges after the projection's rules.
    pub edges: u64,
    /// Bytes that the graph holds.
    pub bytes: u64,
    /// Wall time in microseconds.
    pub elapsed_us: u64,
}

/// Told of every load once it is done.
pub type LoadObserver = Arc<dyn Fn(&LoadInfo) + Send + Sync>;

/// The embedded engine on one source. It runs within a Tokio runtime that has time enabled.
#[derive(Clone)]
pub struct Embedded {
    pub(super) source: Arc<dyn GraphSource>,
    pub(super) cpu: Cpu,
    budget: Budget,
    census: Arc<OnceCell<Arc<Census>>>,
    pub(super) admission: Arc<Admission>,
    observer: Option<LoadObserver>,
}

/// A kernel's whole answer with the graph that it is about.
pub(super) struct Answer {
    pub(super) graph: Arc<LoadedGraph>,
    pub(super) tables: ResultTables,
    pub(super) exactness: Exactness,
    pub(super) estimate: Estimate,
    /// Held until the tables are written, since they count as bytes of the execution.
    _ticket: Ticket,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("cpu", &self.cpu)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// An engine that loads from `source` and computes on `cpu`.
    pub fn new(source: Arc<dyn GraphSource>, cpu: Cpu, options: EngineOptions) -> Self {
        let memory_bytes = options.memory();
        Self {
            source,
            cpu,
            budget: Budget {
                memory_bytes,
                time_ms: options.time_ms,
            },
            census: Arc::new(OnceCell::new()),
            admission: Admission::new(memory_bytes),
            observer: None,
        }
    }

    /// Tells `observer` of every load.
    pub fn with_load_observer(mut self, observer: LoadObserver) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What one template may take.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The graph of `projection`, admitted by its bytes like any other load.
    async fn loaded(
        &self,
        projection: &Projection,
        control: &Control,
    ) -> Result<Arc<LoadedGraph>, EngineError> {
        let census = self.census(control).await?;
        let (vertices, edges) = counts(projection, &census);
        let bytes = graph_bytes(projection, vertices, edges);
        let ticket = self.admit(projection, bytes, 0, control).await?;
        self.graph(&ticket, projection, control).await
    }

    /// Runs `algorithm` on `projection`; the tables are in memory. A cancelled run returns at once.
    pub(super) async fn answer(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        control: &Control,
    ) -> Result<Answer, EngineError> {
        let engine = self.clone();
        let (algorithm, projection, watched) = (algorithm.clone(), projection.clone(), control.clone());
        detached(control, async move {
            engine.waited(&algorithm, &projection, &watched).await
        })
        .await
    }

    /// The same, returning once everything has ended.
    async fn waited(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        control: &Control,
    ) -> Result<Answer, EngineError> {
        algorithm.validate()?;
        let census = self.census(control).await?;
        let estimate = estimate(algorithm, projection, &census);
        self.budget.check(algorithm, projection, &census, &estimate)?;
        let size = Size::of(algorithm, projection, &census);
        let ticket = self.admit(projection, size.graph, size.working, control).await?;
        let graph = self.graph(&ticket, projection, control).await?;
        let (tables, exactness) = self
            .kernel(algorithm.clone(), Arc::clone(&graph), control.clone())
            .await?;
        Ok(Answer {
            graph,
            tables,
            exactness,
            estimate,
            _ticket: ticket,
        })
    }

    async fn kernel(
        &self,
        algorithm: Algorithm,
        graph: Arc<LoadedGraph>,
        control: Control,
    ) -> Result<(ResultTables, Exactness), EngineError> {
        self.cpu
            .run(move || {
                let inputs = inputs(&algorithm, &graph)?;
                let outcome = algorithm
                    .run(&graph.csr, &inputs, &control)
                    .map_err(|error| named(error, &graph))?;
                let tables = ResultTables::from_outcome(&outcome, &graph)?;
                control.check()?;
                Ok((tables, outcome.exactness))
            })
            .await?
    }

    pub(super) async fn census(&self, control: &Control) -> Result<Arc<Census>, EngineError> {
        let take = || async { Ok(Arc::new(self.source.census(control).await?)) };
        self.census.get_or_try_init(take).await.cloned()
    }

    async fn admit(
        &self,
        projection: &Projection,
        graph: u64,
        working: u64,
        control: &Control,
    ) -> Result<Ticket, EngineError> {
        let hash = projection_hash(projection)?;
        self.admission.admit(&hash, graph, working, control).await
    }

    /// The graph that `ticket` stands for, loaded by whichever of its holders comes first.
    async fn graph(
        &self,
        ticket: &Ticket,
        projection: &Projection,
        control: &Control,
    ) -> Result<Arc<LoadedGraph>, EngineError> {
        let load = || self.load(ticket, projection, control);
        ticket.cell.get_or_try_init(load).await.cloned()
    }

    async fn load(
        &self,
        ticket: &Ticket,
        projection: &Projection,
        control: &Control,
    ) -> Result<Arc<LoadedGraph>, EngineError> {
        let began = Instant::now();
        let graph = self.source.load(projection, control).await?;
        let bytes = loaded_bytes(&graph);
        ticket.settle(bytes);
        if let Some(observer) = &self.observer {
            observer(&LoadInfo {
                projection: projection_hash(projection)?,
                vertices: u64::from(graph.csr.vertex_count()),
                edges: graph.csr.edge_count,
                bytes,
                elapsed_us: began.elapsed().as_micros() as u64,
            });
        }
        Ok(Arc::new(graph))
    }

    async fn execution(
        &self,
        template: &Template,
        run_directory: &Path,
        control: &Control,
    ) -> Result<Execution, EngineError> {
        let answer = self
            .answer(&template.algorithm, &template.projection, control)
            .await?;
        let (directory, stem) = (run_directory.to_owned(), template.id.0.clone());
        let Answer {
            graph,
            tables,
            exactness,
            estimate,
            _ticket,
        } = answer;
        let summary = tables.summary.clone();
        let written = blocking(move || write_tables(&tables, &directory, &stem)).await??;
        Ok(Execution {
            template: template.id.clone(),
            engine: self.name().to_owned(),
            graph_hash: graph.hash.clone(),
            vertices: u64::from(graph.csr.vertex_count()),
            edges: graph.csr.edge_count,
            exclusions: graph.exclusions.clone(),
            conventions: conventions(&template.algorithm, &template.projection, &graph),
            exactness,
            summary,
            tables: written,
            estimate,
        })
    }
}

impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn estimate(&self, template: &Template, census: &Census) -> Estimate {
        estimate(&template.algorithm, &template.projection, census)
    }

    fn execute<'a>(
        &'a self,
        template: &'a Template,
        run_directory: &'a Path,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Execution, EngineError>> {
        self.execution(template, run_directory, control).boxed()
    }

    fn projection<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Arc<LoadedGraph>, EngineError>> {
        self.loaded(projection, control).boxed()
    }
}

/// Content hash of a projection: equal projections share one load.
///
/// # Errors
///
/// When a filter's bound is not finite and so cannot be written.
pub fn projection_hash(projection: &Projection) -> Result<ContentHash, EngineError> {
    // JSON writes what is not finite as it writes an absent bound.
    let is_finite = |it: &EdgeFilter| it.at_least.into_iter().chain(it.below).all(f64::is_finite);
    if let Some(filter) = projection.filters.iter().find(|it| !is_finite(it)) {
        return Err(EngineError::Source(SourceError::Projection {
            reason: format!(
                "the filter on `{}` has a bound that is no finite number; leave that bound out",
                filter.attribute
            ),
        }));
    }
    serde_json::to_vec(projection)
        .map(|bytes| ContentHash::of(&bytes))
        .map_err(|error| EngineError::Defect {
            reason: format!("the projection cannot be written as JSON: {error}"),
        })
}

/// `error` with the keys of the vertices that it is about instead of their numbers.
pub(super) fn named<L>(error: KernelError, graph: &LoadedGraph<L>) -> KernelError {
    let (from, to, problem) = match error {
        KernelError::NegativeWeight { from, to, weight } => (
            from,
            to,
            format!(
                "has the negative weight {weight}; give edges weights of 0 or more, or leave the weight out"
            ),
        ),
        KernelError::ZeroWeight { from, to } => (
            from,
            to,
            "weighs 0, and shortest paths can be counted only where every weight is above zero; leave such \
             edges out or run without `weighted`"
                .to_owned(),
        ),
        KernelError::NoProbability { from, to, weight } => (
            from,
            to,
            format!(
                "weighs {weight}, which is no probability; unset `weighted` or use an attribute from 0 to 1"
            ),
        ),
        KernelError::ShortEdge {
            from,
            to,
            weight,
            least,
        } => (
            from,
            to,
            format!(
                "weighs {weight}, less than the {least} of the straight line between its ends, so that a straight \
                 line would mislead the search; lower `scale` or search without a heuristic"
            ),
        ),
        other => return other,
    };
    KernelError::NotApplicable {
        reason: format!(
            "the edge {} → {} {problem}",
            graph.keys.id(from),
            graph.keys.id(to)
        ),
    }
}

/// Runs what blocks on a thread that may block; a panic in it is a defect with its message.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EngineError> {
    spawn_blocking(work).await.map_err(|error| EngineError::Defect {
        reason: error.to_string(),
    })
}
