//! What the scheduler and the journal cost: a pipeline of 20 templates whose stages sleep.
//!
//! `cargo bench --bench flow` prints, as medians over the rounds:
//! the makespan divided by the critical path when every ready task may run; the makespan divided by
//! what no schedule can beat with 4 slots; and the share of the makespan that went into the journal
//! and into summary and exports of the trace.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use gaai::flow::{Cancel, Ended, Flow, Policy, TaskSpec};
use gaai::model::event::{Event, RunState, Stage, TaskId};
use gaai::model::id::{ContentHash, RunId};
use gaai::trace::{
    Clock, Durability, EventSink, Journal, TraceError, TraceFormat, TraceSummary, export, read,
};

const TEMPLATES: u64 = 20;
const ROUNDS: usize = 7;
const SLOTS: usize = 4;

/// Milliseconds that a stage takes; executions and reports differ, so that chains do.
fn nominal_ms(stage: Stage, template: u64) -> u64 {
    match stage {
        Stage::Vertical | Stage::UseCases | Stage::Templates => 20,
        Stage::Schema => 80,
        Stage::Requirements => 50,
        Stage::Execution => 60 + template * 37 % 120,
        Stage::Report => 20 + template * 53 % 60,
        Stage::Index => 30,
    }
}

/// Milliseconds that no schedule can beat with `slots` slots: the stages that all chains wait for or
/// that wait for all, and between them the longest chain or the work per slot.
fn bound_ms(slots: usize) -> f64 {
    let outside = [
        Stage::Vertical,
        Stage::Schema,
        Stage::UseCases,
        Stage::Templates,
        Stage::Index,
    ];
    let outside: u64 = outside.iter().map(|it| nominal_ms(*it, 0)).sum();
    let chain = |it| nominal_ms(Stage::Execution, it) + nominal_ms(Stage::Report, it);
    let longest = (0..TEMPLATES).map(chain).max().unwrap_or(0);
    let work: u64 = (0..TEMPLATES).map(chain).sum();
    outside as f64 + (longest as f64).max(work as f64 / slots as f64)
}

/// Times what passes through it.
struct Timed {
    sink: Journal,
    records: AtomicU64,
    nanoseconds: AtomicU64,
}

impl EventSink for Timed {
    fn record(&self, event: &Event) -> Result<(), TraceError> {
        let began = Instant::now();
        let recorded = self.sink.record(event);
        let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(took, Ordering::Relaxed);
        self.records.fetch_add(1, Ordering::Relaxed);
        recorded
    }
}

fn nap(
    flow: &Flow,
    name: &str,
    stage: Stage,
    template: u64,
    after: &[&str],
) -> impl Future<Output = Result<(), Ended>> + use<> {
    let time = Duration::from_millis(nominal_ms(stage, template));
    let after: Vec<TaskId> = after.iter().map(|it| TaskId::from(*it)).collect();
    let spec = TaskSpec {
        expected: time,
        ..TaskSpec::new(name, stage).after(&after)
    };
    let artefact = ContentHash::of(name.as_bytes());
    let work = move |_| {
        let artefact = artefact.clone();
        async move {
            tokio::time::sleep(time).await;
            Ok((artefact, ()))
        }
    };
    flow.perform(spec, work, |_| async { Err("nothing is stored".to_owned()) })
}

/// The shape of a run: no barrier between the executions and their reports.
async fn pipeline(flow: &Flow) -> Result<(), Ended> {
    nap(flow, "vertical", Stage::Vertical, 0, &[]).await?;
    let schema = nap(flow, "schema", Stage::Schema, 0, &["vertical"]);
    let requirements = nap(flow, "requirements", Stage::Requirements, 0, &["vertical"]);
    let (schema, requirements) = join(schema, requirements).await;
    schema.and(requirements)?;
    nap(flow, "use_cases", Stage::UseCases, 0, &["schema", "requirements"]).await?;
    nap(flow, "templates", Stage::Templates, 0, &["use_cases"]).await?;
    let chains = (0..TEMPLATES).map(|it| {
        let (execution, report) = (format!("execution:{it}"), format!("report:{it}"));
        let execute = nap(flow, &execution, Stage::Execution, it, &["templates"]);
        let draw = nap(flow, &report, Stage::Report, it, &[&execution]);
        join(execute, draw)
    });
    for (execution, report) in join_all(chains).await {
        execution.and(report)?;
    }
    let reports: Vec<String> = (0..TEMPLATES).map(|it| format!("report:{it}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    nap(flow, "index", Stage::Index, 0, &reports).await
}

/// Figures of one round.
struct Round {
    makespan_us: f64,
    journal_us: f64,
    trace_us: f64,
    records: u64,
}

async fn round(slots: usize, directory: &std::path::Path) -> anyhow::Result<Round> {
    let origin = Instant::now();
    let clock: Clock = Arc::new(move || i64::try_from(origin.elapsed().as_micros()).unwrap_or(i64::MAX));
    let journal = Journal::create(directory, Durability::Batched, Arc::clone(&clock))?;
    let timed = Arc::new(Timed {
        sink: journal,
        records: AtomicU64::new(0),
        nanoseconds: AtomicU64::new(0),
    });
    timed.record(&Event::RunStarted {
        run: RunId::from("bench"),
        version: String::new(),
        request: "{}".to_owned(),
        inputs: ContentHash::of(b""),
    })?;
    let observer = Arc::clone(&timed) as Arc<dyn EventSink>;
    let flow = Flow::new(Policy::parallel(slots), observer, clock, Cancel::default());
    let began = Instant::now();
    pipeline(&flow).await?;
    let makespan_us = began.elapsed().as_secs_f64() * 1e6;
    let state = RunState::Succeeded;
    timed.record(&Event::RunFinished { state })?;
    let began = Instant::now();
    let records = read(directory)?;
    let summary = TraceSummary::of(&records);
    anyhow::ensure!(
        summary.performance.steps_completed == 2 * TEMPLATES + 6,
        "a task is missing"
    );
    for format in TraceFormat::ALL {
        export(&records, format, &mut io::sink())?;
    }
    Ok(Round {
        makespan_us,
        journal_us: timed.nanoseconds.load(Ordering::Relaxed) as f64 / 1e3,
        trace_us: began.elapsed().as_secs_f64() * 1e6,
        records: timed.records.load(Ordering::Relaxed),
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let out = &mut io::stdout();
    // With a slot for each chain the bound is the critical path.
    writeln!(out, "{TEMPLATES} templates, median of {ROUNDS} rounds")?;
    for slots in [usize::try_from(TEMPLATES)?, SLOTS] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let directory = tempfile::tempdir()?;
            rounds.push(round(slots, directory.path()).await?);
        }
        let bound_ms = bound_ms(slots);
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
        let makespan_us = of(|it| it.makespan_us);
        writeln!(
            out,
            "{slots:>2} slots: makespan {:.1} ms, bound {bound_ms:.1} ms, ratio {:.3}; {} records, journal {:.2} % of the makespan \
             ({:.1} us a record), reading, summary and four exports {:.2} %",
            makespan_us / 1e3,
            makespan_us / 1e3 / bound_ms,
            rounds[0].records,
            100.0 * of(|it| it.journal_us) / makespan_us,
            of(|it| it.journal_us) / rounds[0].records as f64,
            100.0 * of(|it| it.trace_us) / makespan_us,
        )?;
    }
    Ok(())
}
