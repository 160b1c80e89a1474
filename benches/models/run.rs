//! A whole run with twenty templates against a server that takes its time: how far it is from what no schedule
//! can beat.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use gaai::app::{self, Asked, Begin, Face, ModelKeys, TraceExport};
use gaai::config::{self, Project};
use gaai::flow::Cancel;
use gaai::model::event::{Event, RunState, Stage, TaskId};
use gaai::pipeline::ModelRequest;
use gaai::trace::{Spans, critical_path, read};

use super::server::Server;
use super::twenty::{self, BRIEF, GRAPH, QUESTIONS};

/// What a reply takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(500);

/// Requests of the run: schema, requirements, templates and summary once, and one a report. Use cases are as many
/// as a run has, so that no further ones are asked for.
const REQUESTS: u64 = 4 + QUESTIONS as u64;

/// Figures of one run, in seconds.
pub(crate) struct Round {
    /// From the first to the last record of the journal.
    pub(crate) makespan: f64,
    /// The chain of tasks that took longest, without waits for a place among the requests.
    pub(crate) path: f64,
    /// What no schedule with so many places can beat.
    pub(crate) bound: f64,
    /// Reports that began before the last execution ended.
    pub(crate) early: usize,
}

/// One run with `places` requests at once.
pub(crate) async fn round(server: &Server, places: usize) -> anyhow::Result<Round> {
    let place = tempfile::tempdir()?;
    let asked = Asked {
        graph: GRAPH.to_owned(),
        asks: vec![BRIEF.to_owned()],
        vertical: Some(twenty::written(place.path())?.display().to_string()),
        models: ModelRequest {
            default: Some("openai/bench".to_owned()),
            base_url: Some(server.url()),
            concurrency: Some(places),
            ..ModelRequest::default()
        },
        ..Asked::default()
    };
    let begin = Begin {
        request: app::request(asked, &Project::default(), place.path())?,
        run: None,
        output: place.path().join("output"),
    };
    let key = ("OPENAI_API_KEY".to_owned(), "bench".to_owned());
    let face = Face {
        clock: Arc::new(config::now_us),
        observers: Vec::new(),
        cancel: Cancel::default(),
        approve: None,
        models: ModelKeys {
            variables: std::iter::once(key).collect(),
            ..ModelKeys::default()
        },
    };
    let finished = app::begin(begin, &face).await?.finish(TraceExport::All).await?;
    ensure!(
        finished.state == RunState::Succeeded,
        "the run ended as {:?}",
        finished.state
    );
    let model = &finished.summary.model;
    ensure!(
        (model.calls, model.failed) == (REQUESTS, 0),
        "{} requests were answered and {} were not, instead of {REQUESTS}",
        model.calls,
        model.failed
    );
    figures(&finished.directory, places)
}

/// The figures of the run in `directory`.
fn figures(directory: &Path, places: usize) -> anyhow::Result<Round> {
    let records = read(directory)?;
    let spans = Spans::of(&records);
    let mut own = spans.time_by_task();
    for record in &records {
        if let Event::ModelCalled { task, elapsed_us, .. } = &record.event
            && let Some(time) = own.get_mut(task)
        {
            // What a request took beyond the server's time it waited for a place.
            *time -= elapsed_us.saturating_sub(micros(LATENCY)).min(*time);
        }
    }
    let (_, path) = critical_path(&spans.after, &own);
    let ends = |stage| {
        let of_stage = spans.spans.iter().filter(move |it| it.stage == stage);
        of_stage.map(|it| (it.start_us, it.start_us + it.elapsed_us))
    };
    let last_execution = ends(Stage::Execution).map(|it| it.1).max().unwrap_or(0);
    Ok(Round {
        makespan: seconds(spans.total_us),
        path: seconds(path),
        bound: seconds(path.max(crowded(&spans, &own, places))),
        early: ends(Stage::Report).filter(|it| it.0 < last_execution).count(),
    })
}

/// What the requests of all reports take through so many places, with the tasks before and behind them and the
/// least that one report computes.
fn crowded(spans: &Spans, own: &BTreeMap<&TaskId, u64>, places: usize) -> u64 {
    let chains: Vec<_> = spans
        .after
        .iter()
        .filter(|(task, _)| task.0.starts_with("report:"))
        .map(|(task, after)| {
            let executions = after.iter().map(|it| own[it]).max().unwrap_or(0);
            executions + own[task] - micros(LATENCY).min(own[task])
        })
        .collect();
    let is_before = |it: &TaskId| !it.0.contains(':') && it.0 != "index";
    let before: Vec<_> = spans
        .after
        .iter()
        .filter(|it| is_before(&it.0))
        .cloned()
        .collect();
    let (_, before) = critical_path(&before, own);
    let behind = own
        .iter()
        .find(|(task, _)| task.0 == "index")
        .map_or(0, |it| *it.1);
    let rounds = u64::try_from(chains.len().div_ceil(places)).unwrap_or(u64::MAX);
    before + chains.iter().min().unwrap_or(&0) + rounds * micros(LATENCY) + behind
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
