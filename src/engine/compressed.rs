//! One algorithm on compressed lists: `gaai algo run --compressed`.
//!
//! The graph is loaded in its plain form, packed, and dropped direction by direction, so that the kernel and
//! its tables share the memory with lists of about half the size. It is not kept for other executions.

use super::conventions::conventions;
use super::detached::detached;
use super::direct::{DirectRun, issues};
use super::embedded::{Embedded, named, projection_hash};
use super::error::EngineError;
use super::estimate::{Size, estimate_compressed};
use super::inputs::inputs;
use super::tables::ResultTables;
use crate::algorithms::{Algorithm, Control, KernelError};
use crate::graph::{CompressError, ParallelEdges};
use crate::model::{id::ContentHash, template::Projection};

/// Whether `algorithm` can run on compressed lists of `projection`.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] with what to do instead.
pub fn check_compressed(algorithm: &Algorithm, projection: &Projection) -> Result<(), KernelError> {
    let info = algorithm.info();
    if !info.runs_compressed() {
        return Err(info.not_compressed());
    }
    let held = if projection.weight.is_some() {
        "weight"
    } else if projection.time.is_some() {
        "time"
    } else if projection.rules.parallel == ParallelEdges::Sum {
        "sum of parallel edges"
    } else {
        return Ok(());
    };
    Err(KernelError::NotApplicable {
        reason: format!(
            "compressed lists hold neighbours only, so that edges can have no {held}; leave it out, or run \
             {} on the plain graph",
            info.name
        ),
    })
}

impl Embedded {
    /// Runs `algorithm` on compressed lists of `projection` and keeps the answer in memory; it is that of
    /// [`Embedded::run_direct`].
    ///
    /// # Errors
    ///
    /// As there, and as [`check_compressed`] before anything is loaded.
    pub async fn run_compressed(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        control: &Control,
    ) -> Result<DirectRun, EngineError> {
        let engine = self.clone();
        let (algorithm, projection, watched) = (algorithm.clone(), projection.clone(), control.clone());
        detached(control, async move {
            engine.waited_compressed(&algorithm, &projection, &watched).await
        })
        .await
    }

    async fn waited_compressed(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        control: &Control,
    ) -> Result<DirectRun, EngineError> {
        algorithm.validate()?;
        check_compressed(algorithm, projection)?;
        let census = self.census(control).await?;
        let estimate = estimate_compressed(algorithm, projection, &census);
        self.budget().check(algorithm, projection, &census, &estimate)?;
        let working = Size::of(algorithm, projection, &census).working;
        // Nobody else may take it for the plain graph of the projection.
        let hash = ContentHash::of(format!("compressed {}", projection_hash(projection)?.0).as_bytes());
        let loading = estimate.memory_bytes.saturating_sub(working);
        let _ticket = self.admission.admit(&hash, loading, working, control).await?;
        let plain = self.source.load(projection, control).await?;
        let (algorithm, projection) = (algorithm.clone(), projection.clone());
        let control = control.clone();
        self.cpu
            .run(move || {
                let graph = plain.compressed(&control).map_err(|error| match error {
                    CompressError::Stopped => KernelError::Cancelled,
                    other => KernelError::NotApplicable {
                        reason: other.to_string(),
                    },
                })?;
                control.check()?;
                let inputs = inputs(&algorithm, &graph)?;
                let outcome = algorithm
                    .run_compressed(&graph.csr, &inputs, &control)
                    .map_err(|error| named(error, &graph))?;
                let tables = ResultTables::from_outcome(&outcome, &graph)?;
                control.check()?;
                Ok(DirectRun {
                    algorithm: algorithm.info().name,
                    parameters: algorithm.clone(),
                    graph_hash: graph.hash.clone(),
                    vertices: u64::from(graph.csr.vertex_count()),
                    edges: graph.csr.edge_count,
                    issues: issues(&projection, &census),
                    conventions: conventions(&algorithm, &projection, &graph),
                    exclusions: graph.exclusions,
                    exactness: outcome.exactness,
                    tables,
                    estimate,
                })
            })
            .await?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::doubles::{CountingSource, large_graph};
    use super::super::{Cpu, EngineOptions, estimate};
    use super::*;

    fn made(name: &str) -> Algorithm {
        Algorithm::from_parameters(name, &Default::default()).unwrap()
    }

    fn engine(source: &Arc<CountingSource>, options: EngineOptions) -> Embedded {
        let source: Arc<dyn crate::source::GraphSource> = source.clone();
        Embedded::new(source, Cpu::new(2).unwrap(), options)
    }

    #[tokio::test]
    async fn the_answer_is_that_on_the_plain_graph() {
        let source = Arc::new(CountingSource::new(large_graph(3000)));
        let engine = engine(&source, EngineOptions::default());
        let (projection, control) = (source.projection(), Control::default());
        for name in ["pagerank", "wcc", "degree"] {
            let algorithm = made(name);
            let plain = engine
                .run_direct(&algorithm, &projection, &control)
                .await
                .unwrap();
            let packed = engine
                .run_compressed(&algorithm, &projection, &control)
                .await
                .unwrap();
            assert_eq!(packed.tables, plain.tables);
            assert_eq!(packed.conventions, plain.conventions);
            assert_eq!((packed.vertices, packed.edges), (plain.vertices, plain.edges));
        }
        assert_eq!(engine.admission.held().0, 1, "only the plain graph is kept");
    }

    #[tokio::test]
    async fn what_cannot_run_or_does_not_fit_is_refused_before_loading() {
        let source = Arc::new(CountingSource::new(large_graph(300)));
        let (projection, control) = (source.projection(), Control::default());
        let all = engine(&source, EngineOptions::default());
        let refused = |algorithm: Algorithm, projection: Projection| {
            let (all, control) = (&all, &control);
            async move {
                let answer = all.run_compressed(&algorithm, &projection, control).await;
                answer.unwrap_err().to_string()
            }
        };
        let reason = refused(made("triangles"), projection.clone()).await;
        assert!(reason.contains("one of degree, pagerank"), "{reason}");
        let mut weighted = projection.clone();
        weighted.weight = Some("amount".to_owned());
        let reason = refused(made("wcc"), weighted).await;
        assert!(reason.contains("no weight"), "{reason}");
        let mut summed = projection.clone();
        summed.rules.parallel = ParallelEdges::Sum;
        let reason = refused(made("wcc"), summed).await;
        assert!(reason.contains("no sum of parallel edges"), "{reason}");
        let few = engine(
            &source,
            EngineOptions {
                memory_bytes: Some(1000),
                ..EngineOptions::default()
            },
        );
        let answer = few.run_compressed(&made("wcc"), &projection, &control).await;
        assert!(matches!(answer, Err(EngineError::Memory { .. })), "{answer:?}");
        assert_eq!(source.loads(), 0);
    }

    #[test]
    fn the_bound_is_never_above_that_of_the_plain_graph() {
        let source = CountingSource::new(large_graph(3000));
        let (census, projection) = (source.counted(), source.projection());
        for info in Algorithm::on_compressed().iter().filter(|it| it.name != "bfs") {
            let plain = estimate(&made(info.name), &projection, &census);
            let packed = estimate_compressed(&made(info.name), &projection, &census);
            assert!(packed.memory_bytes <= plain.memory_bytes && packed.time_ms >= plain.time_ms);
            assert!(packed.basis.contains("while the graph is loaded and packed"));
        }
    }
}
