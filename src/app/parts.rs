//! Opens what a request names and puts the parts of a run together.

use std::path::Path;
use std::sync::Arc;

use super::graphs::Location;
use super::inputs;
use super::models::{self, ModelKeys};
use crate::agents::vertical::VerticalChoice;
use crate::agents::vertical_files;
use crate::algorithms::Control;
use crate::assets::Assets;
use crate::documents::{self, DocumentError};
use crate::engine::{Cpu, Embedded, EngineOptions, LoadInfo};
use crate::model::{document::Document, event::Event, id::ContentHash, vertical::Vertical};
use crate::pipeline::{Effort, Models, Parts, PipelineError, RunRequest};
use crate::report::{Format, Layouts, Renderer};
use crate::source::{
    CacheOptions, FileSource, GraphSource, LoadLimits,
    demo::{self, DemoKind, Scale},
};
use crate::trace::EventSink;

/// A request whose inputs are there and can be used.
pub(super) struct Opened {
    /// SHA-256 over everything that changes the answer.
    pub inputs: ContentHash,
    /// Formats that reports are written in.
    pub formats: Vec<Format>,
    /// Where kernels run.
    pub engine: Embedded,
    source: Arc<dyn GraphSource>,
    assets: Assets,
    renderer: Renderer,
    pub(super) documents: Vec<Document>,
    verticals: Vec<Vertical>,
    wanted: VerticalChoice,
    pub(super) models: Models,
}

/// Opens all that `request` names, for a process that works as hard as `effort` says, and hashes all
/// inputs. What cannot be used is refused here, where nothing of the run is on disk yet.
pub(super) fn open(request: &RunRequest, effort: &Effort, keys: &ModelKeys) -> Result<Opened, PipelineError> {
    let invalid = |error: &dyn std::fmt::Display| PipelineError::Invalid(error.to_string());
    let formats = formats(request)?;
    let assets = assets(request.assets.as_deref());
    let renderer = renderer(&assets)?;
    let mut models = models::models(request, effort, keys, &assets)?;
    let verticals = vertical_files::load(&assets).map_err(|error| invalid(&error))?;
    let wanted = wanted_vertical(request, &verticals)?;
    let location = Location::parse(&request.location, &demo_kinds()).map_err(PipelineError::Invalid)?;
    let location = match location {
        Location::Path(path) => Location::Path(request.path(&path)),
        demo @ Location::Demo { .. } => demo,
    };
    let OpenGraph {
        source,
        engine,
        documents: attached,
    } = open_graph(&location, &request.name, effort)?;
    let documents = read_documents(request, &attached).map_err(|error| invalid(&error))?;
    let hashes = inputs::hashes(request, source.as_ref(), &documents, &assets)?;
    if request.models.redact {
        // Nobody who lacks the data can find out by trying which name a pseudonym stands for.
        models.redacting = Some(hashes.data.0);
    }
    Ok(Opened {
        inputs: hashes.all,
        formats,
        engine,
        source,
        assets,
        renderer,
        documents,
        verticals,
        wanted,
        models,
    })
}

/// The documents of a request: files, then inline texts; those attached to the graph when it names none.
fn read_documents(
    request: &RunRequest,
    attached: &[(String, String)],
) -> Result<Vec<Document>, DocumentError> {
    let mut read = documents::read_files(&request.document_paths())?;
    for ask in &request.asks {
        read.push(documents::from_text(ask, read.len() + 1)?);
    }
    if read.is_empty() {
        for (name, text) in attached {
            read.push(documents::from_bytes(text.as_bytes(), name, read.len() + 1)?);
        }
    }
    Ok(read)
}

/// `auto`, the name of one of `verticals`, or a file that holds one.
fn wanted_vertical(request: &RunRequest, verticals: &[Vertical]) -> Result<VerticalChoice, PipelineError> {
    let text = &request.vertical;
    let path = request.path(Path::new(text));
    if text == "auto" {
        return Ok(VerticalChoice::Auto);
    }
    if verticals.iter().any(|it| it.name == *text) {
        return Ok(VerticalChoice::Named(text.clone()));
    }
    if !path.is_file() {
        let known: Vec<&str> = verticals.iter().map(|it| it.name.as_str()).collect();
        return Err(PipelineError::Invalid(format!(
            "there is no vertical `{text}` and no such file; there are auto, {}",
            known.join(", ")
        )));
    }
    let invalid = |error: &dyn std::fmt::Display| {
        PipelineError::Invalid(format!("the vertical {text} cannot be used: {error}"))
    };
    let read = std::fs::read_to_string(&path).map_err(|error| invalid(&error))?;
    vertical_files::parse(text, &read).map_err(|error| invalid(&error))?;
    Ok(VerticalChoice::File { path, text: read })
}

/// The formats that a request names; all when it names none.
fn formats(request: &RunRequest) -> Result<Vec<Format>, PipelineError> {
    let mut formats = Vec::new();
    for name in &request.formats {
        let format = Format::named(name).ok_or_else(|| {
            PipelineError::Invalid(format!(
                "there is no report format `{name}`; there are md, html, json and txt"
            ))
        })?;
        formats.push(format);
    }
    formats.sort();
    formats.dedup();
    if formats.is_empty() {
        Ok(Format::ALL.to_vec())
    } else {
        Ok(formats)
    }
}

/// The embedded assets, single files of which `folder` replaces.
pub fn assets(folder: Option<&Path>) -> Assets {
    match folder {
        Some(folder) => Assets::with_override(folder),
        None => Assets::embedded(),
    }
}

/// Names of the demo graphs.
pub fn demo_kinds() -> Vec<&'static str> {
    DemoKind::ALL.iter().map(|it| it.name()).collect()
}

/// A graph that can be read and computed on.
pub struct OpenGraph {
    /// Where it is read from.
    pub source: Arc<dyn GraphSource>,
    /// Where kernels run on it.
    pub engine: Embedded,
    /// Documents that come with it: name and text.
    pub documents: Vec<(String, String)>,
}

/// Opens the graph at `location` by the limits of `effort`: reading and kernels share threads and the
/// bound of memory.
pub fn open_graph(location: &Location, name: &str, effort: &Effort) -> Result<OpenGraph, PipelineError> {
    let invalid = |error: &dyn std::fmt::Display| PipelineError::Invalid(error.to_string());
    let cpu = Cpu::new(effort.threads.unwrap_or(0)).map_err(|error| invalid(&error))?;
    let options = EngineOptions {
        memory_bytes: effort.budget_memory,
        time_ms: effort.budget_time_ms,
        ..EngineOptions::default()
    };
    let limits = LoadLimits {
        memory_bytes: Some(options.memory()),
        pool: Some(cpu.pool()),
        cache: effort.cache.clone().map(CacheOptions::in_directory),
    };
    let (source, documents) = match location {
        Location::Path(path) => (
            FileSource::open(path, name).map_err(|error| invalid(&error))?,
            Vec::new(),
        ),
        Location::Demo { kind, seed, scale } => {
            let (kind, scale) = demo_choice(kind, scale)?;
            let demo = demo::generate(kind, *seed, scale);
            let brief = demo.brief.clone();
            let source = FileSource::in_memory(name, demo.files).map_err(|error| invalid(&error))?;
            (source, vec![("brief.md".to_owned(), brief)])
        }
    };
    let source: Arc<dyn GraphSource> = Arc::new(source.with_limits(limits));
    Ok(OpenGraph {
        engine: Embedded::new(Arc::clone(&source), cpu, options),
        source,
        documents,
    })
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

impl Opened {
    /// The vertex collections of the graph that are not there although `request` calls them core.
    pub(super) async fn check_core(&self, request: &RunRequest) -> Result<(), PipelineError> {
        if request.core_collections.is_empty() {
            return Ok(());
        }
        let census = self.source.census(&Control::default()).await;
        let census = census.map_err(|error| PipelineError::Invalid(error.to_string()))?;
        let known: Vec<&str> = census.vertices.iter().map(|it| it.name.as_str()).collect();
        match request
            .core_collections
            .iter()
            .find(|it| !known.contains(&it.as_str()))
        {
            None => Ok(()),
            Some(unknown) => Err(PipelineError::Invalid(format!(
                "there is no vertex collection `{unknown}`, which --core-collections names; there are {}",
                known.join(", ")
            ))),
        }
    }

    /// The parts of a run; loads are told to `sink`.
    pub(super) fn parts(self, sink: Arc<dyn EventSink>) -> Parts {
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
        Parts {
            source: self.source,
            engine: Arc::new(self.engine.with_load_observer(Arc::new(observe))),
            assets: self.assets,
            renderer: self.renderer,
            documents: self.documents,
            verticals: self.verticals,
            wanted: self.wanted,
            models: self.models,
        }
    }
}

/// The renderer with the layouts among `assets`.
pub(super) fn renderer(assets: &Assets) -> Result<Renderer, PipelineError> {
    let layouts = Layouts::of(assets).map_err(|error| PipelineError::Invalid(error.to_string()))?;
    Renderer::new(&layouts).map_err(|error| PipelineError::Invalid(error.to_string()))
}
