//! Opens what a request names and puts the parts of a run together.

use std::path::Path;
use std::sync::Arc;

use super::graphs::Location;
use super::inputs;
use crate::assets::Assets;
use crate::config::Project;
use crate::engine::{Cpu, Embedded, EngineOptions, LoadInfo};
use crate::model::{event::Event, id::ContentHash};
use crate::pipeline::{Parts, PipelineError, RunRequest};
use crate::report::{Layouts, Renderer};
use crate::source::{
    FileSource, GraphSource,
    demo::{self, DemoKind, Scale},
};
use crate::trace::EventSink;

/// A request whose inputs are there.
pub(super) struct Opened {
    /// The graph's name in reports.
    pub graph: String,
    /// SHA-256 over everything that changes the answer.
    pub inputs: ContentHash,
    /// The source.
    pub source: Arc<dyn GraphSource>,
    assets: Assets,
    attached: Vec<(String, String)>,
}

/// Opens the source and the assets that `request` names, and hashes all inputs.
pub(super) fn open(request: &RunRequest, project: &Project) -> Result<Opened, PipelineError> {
    let assets = assets(request.assets.as_deref(), project);
    let location = Location::parse(&request.location, &demo_kinds()).map_err(PipelineError::Invalid)?;
    let inputs = inputs::hash(request, &location, &assets)?;
    let (source, attached) = open_source(&location, &request.graph)?;
    Ok(Opened {
        graph: request.graph.clone(),
        inputs,
        source,
        assets,
        attached,
    })
}

/// The embedded assets, single files of which the request's or the project's folder replaces.
pub fn assets(folder: Option<&Path>, project: &Project) -> Assets {
    match folder.or(project.assets.as_deref()) {
        Some(folder) => Assets::with_override(project.directory.join(folder)),
        None => Assets::embedded(),
    }
}

/// Names of the demo graphs.
pub fn demo_kinds() -> Vec<&'static str> {
    DemoKind::ALL.iter().map(|it| it.name()).collect()
}

/// A source and the documents that come with it: name and text.
type SourceWithDocuments = (Arc<dyn GraphSource>, Vec<(String, String)>);

/// Opens the graph at `location`.
pub fn open_source(location: &Location, name: &str) -> Result<SourceWithDocuments, PipelineError> {
    let invalid = |error: crate::source::SourceError| PipelineError::Invalid(error.to_string());
    match location {
        Location::Path(path) => Ok((
            Arc::new(FileSource::open(path, name).map_err(invalid)?),
            Vec::new(),
        )),
        Location::Demo { kind, seed, scale } => {
            let (kind, scale) = demo_choice(kind, scale)?;
            let demo = demo::generate(kind, *seed, scale);
            let brief = demo.brief.clone();
            let source = FileSource::in_memory(name, demo.files).map_err(invalid)?;
            Ok((Arc::new(source), vec![("brief.md".to_owned(), brief)]))
        }
    }
}

/// The kind and scale that two words name.
pub fn demo_choice(kind: &str, scale: &str) -> Result<(DemoKind, Scale), PipelineError> {
    let kind = DemoKind::named(kind).ok_or_else(|| {
        PipelineError::Invalid(format!(
            "there is no demo graph `{kind}`; there are {}",
            demo_kinds().join(", ")
        ))
    })?;
    let scale = Scale::named(scale).ok_or_else(|| {
        PipelineError::Invalid(format!("there is no scale `{scale}`; there are s, m and l"))
    })?;
    Ok((kind, scale))
}

/// The embedded engine on `source` by the limits of `request`.
pub fn engine(source: Arc<dyn GraphSource>, request: &RunRequest) -> Result<Embedded, PipelineError> {
    let threads = request.effort.threads.unwrap_or(0);
    let cpu = Cpu::new(threads).map_err(|error| PipelineError::Invalid(error.to_string()))?;
    let options = EngineOptions {
        memory_bytes: request.effort.budget_memory,
        time_ms: request.effort.budget_time_ms,
        ..EngineOptions::default()
    };
    Ok(Embedded::new(source, cpu, options))
}

impl Opened {
    /// The parts of a run; loads are told to `sink`.
    pub(super) fn parts(
        self,
        request: &RunRequest,
        sink: Arc<dyn EventSink>,
    ) -> Result<Parts, PipelineError> {
        let observe = move |load: &LoadInfo| {
            // A journal that cannot be written stops the flow at its next event.
            let _ = sink.record(&Event::GraphLoaded {
                projection: load.projection.clone(),
                vertices: load.vertices,
                edges: load.edges,
                bytes: load.bytes,
                elapsed_us: load.elapsed_us,
            });
        };
        let engine = engine(Arc::clone(&self.source), request)?.with_load_observer(Arc::new(observe));
        let renderer = renderer(&self.assets)?;
        Ok(Parts {
            source: self.source,
            engine: Arc::new(engine),
            assets: self.assets,
            renderer,
            attached: self.attached,
        })
    }
}

/// The renderer with the layouts among `assets`.
pub(super) fn renderer(assets: &Assets) -> Result<Renderer, PipelineError> {
    let layouts = Layouts::of(assets).map_err(|error| PipelineError::Invalid(error.to_string()))?;
    Renderer::new(&layouts).map_err(|error| PipelineError::Invalid(error.to_string()))
}
