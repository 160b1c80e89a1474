//! The case that the predecessor was measured by, at a hundredth of its times: schema and requirements 0.2 s each,
//! five executions of 0.15 s, five reports of 0.07 s.
//!
//! The stages are the pipeline's own, and so are engine and reports; executions sleep before they compute, as ones
//! on a far engine would.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use gaai::agents::prompts::Prompts;
use gaai::agents::vertical::VerticalChoice;
use gaai::agents::vertical_files;
use gaai::algorithms::Control;
use gaai::app::{self, Location};
use gaai::assets::Assets;
use gaai::engine::{Embedded, Engine, EngineError};
use gaai::flow::{Cancel, Flow};
use gaai::llm::{CONCURRENCY, Endpoint, Model, OpenAi, Role, http_client};
use gaai::model::event::RunState;
use gaai::model::execution::Execution;
use gaai::model::id::{ContentHash, RunId};
use gaai::model::schema::Census;
use gaai::model::template::{Estimate, Projection, Template};
use gaai::pipeline::{
    Artefacts, Desk, Effort, Launch, Mode, Models, Orchestrator, Parts, RunRequest, Setting,
};
use gaai::report::{Format, Layouts, Renderer};
use gaai::source::LoadedGraph;
use gaai::trace::{Clock, EventSink, Sinks};
use gaai::{config, documents};

use super::server::Server;
use super::twenty::{self, BRIEF, GRAPH};

/// Templates and reports.
const TEMPLATES: usize = 5;

/// What an execution waits.
const EXECUTION: Duration = Duration::from_millis(150);

/// What a reply takes.
pub(crate) fn latency(form: &str) -> Duration {
    Duration::from_millis(match form {
        "description" | "brief_reading" => 200,
        "prose" => 70,
        _ => 0,
    })
}

/// All waits one after another, and the longest chain of them, in seconds.
pub(crate) const SUMS: (f64, f64) = (0.2 + 0.2 + 5.0 * (0.15 + 0.07), 0.2 + 0.15 + 0.07);

/// An engine that is far away.
struct Far(Embedded);

impl Engine for Far {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn estimate(&self, template: &Template, census: &Census) -> Estimate {
        self.0.estimate(template, census)
    }

    fn execute<'a>(
        &'a self,
        template: &'a Template,
        run_directory: &'a Path,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Execution, EngineError>> {
        async move {
            tokio::time::sleep(EXECUTION).await;
            self.0.execute(template, run_directory, control).await
        }
        .boxed()
    }

    fn projection<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<Arc<LoadedGraph>, EngineError>> {
        self.0.projection(projection, control)
    }
}

/// Seconds that the stages take in `mode`, with at most so many executions at once; `None`: as many as cores.
pub(crate) async fn round(server: &Server, mode: Mode, executions: Option<usize>) -> anyhow::Result<f64> {
    let place = tempfile::tempdir()?;
    let request = RunRequest {
        graph: GRAPH.to_owned(),
        name: "london".to_owned(),
        max_templates: Some(TEMPLATES),
        effort: Effort {
            mode: Some(mode),
            max_executions: executions,
            ..Effort::default()
        },
        ..RunRequest::default()
    };
    let parts = parts(server, place.path(), &request.effort)?;
    let orchestrator = orchestrator(place.path(), request, parts)?;
    let began = Instant::now();
    let end = orchestrator.run().await?;
    let took = began.elapsed().as_secs_f64();
    ensure!(
        end.state == RunState::Succeeded,
        "the run ended as {:?}",
        end.state
    );
    let reports = end.index.map_or(0, |it| it.reports.len());
    ensure!(reports == TEMPLATES, "{reports} reports were drawn");
    Ok(took)
}

fn parts(server: &Server, place: &Path, effort: &Effort) -> anyhow::Result<Parts> {
    let graph = app::open_graph(&Location::Path(PathBuf::from(GRAPH)), "london", effort)?;
    let assets = Assets::embedded();
    let path = twenty::written(place)?;
    let mut endpoint = Endpoint::new("custom/bench".parse()?)?;
    endpoint.base_url = Some(server.url());
    let http = http_client(&endpoint)?;
    let model: Arc<dyn Model> = Arc::new(OpenAi::new(endpoint, http, 1)?);
    // The predecessor asks its model in these stages.
    let asking = [Role::Schema, Role::Requirements, Role::Findings];
    Ok(Parts {
        source: graph.source,
        engine: Arc::new(Far(graph.engine)),
        renderer: Renderer::new(&Layouts::of(&assets)?)?,
        documents: vec![documents::from_text(BRIEF, 1)?],
        verticals: vertical_files::load(&assets)?,
        wanted: VerticalChoice::File {
            text: std::fs::read_to_string(&path)?,
            path,
        },
        models: Models {
            by_role: asking.map(|it| (it, Arc::clone(&model))).into(),
            prompts: Arc::new(Prompts::load(&assets).map_err(|it| anyhow!(it))?),
            ..Models::default()
        },
        assets,
    })
}

fn orchestrator(place: &Path, request: RunRequest, parts: Parts) -> anyhow::Result<Orchestrator> {
    let clock: Clock = Arc::new(config::now_us);
    let cores = std::thread::available_parallelism()?.get();
    let policy = request.effort.policy(cores, CONCURRENCY);
    let names = [RunId::from("bench")];
    let inputs = ContentHash::of(b"");
    let launch = Launch::begin(place, names, request, inputs, Arc::clone(&clock))?;
    let observers: Vec<Arc<dyn EventSink>> = vec![
        Arc::clone(&launch.journal) as Arc<dyn EventSink>,
        Arc::clone(&launch.heard) as Arc<dyn EventSink>,
    ];
    let sink: Arc<dyn EventSink> = Arc::new(Sinks(observers));
    let desk = Desk {
        flow: Flow::new(policy, Arc::clone(&sink), clock, Cancel::default()),
        artefacts: Artefacts::open(&launch.directory)?,
        sink,
        handed: Arc::default(),
    };
    let setting = Setting {
        graph: launch.request.name.clone(),
        request: launch.request,
        run: launch.run,
        directory: launch.directory,
        started_ms: launch.started_ms,
        formats: Format::ALL.to_vec(),
    };
    Ok(Orchestrator::new(
        setting,
        parts,
        desk,
        launch.heard,
        BTreeMap::new(),
    ))
}
