//! `gaai algo run`: one algorithm on one graph, until it has answered or is interrupted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::Value;

use super::Session;
use super::arguments::{AlgoMode, AlgoRunArguments, DirectionArgument, ParallelArgument};
use super::console::Console;
use super::inert::Inert;
use super::interrupt::Interrupts;
use super::run::{runtime, within};
use crate::algorithms::{Algorithm, Control, Info, KernelError, Quantity};
use crate::app::{self, AskedProjection, OpenGraph};
use crate::engine::{
    DirectRun, Engine, EngineError, RowForm, check_compressed, estimate_compressed, streamed_table,
};
use crate::graph::{Direction, ParallelEdges};
use crate::model::{
    fact::FactValue,
    format,
    id::TemplateId,
    template::{Estimate, Template},
};
use crate::pipeline::PipelineError;

/// Rows of a table that are printed for a person.
const ROWS_SHOWN: usize = 20;

/// What becomes of an answer.
struct Delivery {
    console: Console,
    mode: AlgoMode,
    top: Option<usize>,
    table: &'static str,
    directory: PathBuf,
}

/// Runs one algorithm and delivers its answer, or its estimate.
pub(super) fn run(session: &Session, arguments: AlgoRunArguments) -> anyhow::Result<()> {
    refuse_unused(&arguments)?;
    let given = parameters(Algorithm::find(&arguments.name)?, &arguments.param)?;
    let algorithm = Algorithm::from_parameters(&arguments.name, &given)?;
    if arguments.compressed && !algorithm.info().runs_compressed() {
        return Err(algorithm.info().not_compressed().into());
    }
    let delivery = Delivery {
        console: session.console.clone(),
        mode: arguments.mode,
        top: arguments.top,
        table: streamed_table(algorithm.info(), arguments.table.as_deref())
            .map_err(|reason| anyhow!(reason))?,
        directory: arguments.out.clone().unwrap_or_else(|| PathBuf::from("output")),
    };
    let kinds = app::demo_kinds();
    let graph = app::resolve(&arguments.graph, &session.project, &kinds).map_err(PipelineError::Invalid)?;
    let effort = within(session, &arguments.budget)?.over(&app::effort_of(&session.project)?);
    let opened = app::open_graph(&graph.location, &graph.name, &effort)?;
    let control = Control::default();
    let runtime = runtime()?;
    let is_write = arguments.mode == AlgoMode::Write;
    let ended = runtime.block_on(async {
        let mut interrupts = Interrupts::listen()?;
        let mut work = std::pin::pin!(carry(arguments, algorithm, opened, delivery, &control));
        loop {
            tokio::select! {
                biased;
                () = interrupts.recv() => {
                    let again = control.is_cancelled();
                    control.cancel();
                    // Files that are being written are removed first, unless that takes too long for the user.
                    if again || !is_write {
                        return Err(EngineError::from(KernelError::Cancelled).into());
                    }
                    session.console.note("stopping: what is half written is removed; press Ctrl-C again to stop hard");
                }
                ended = &mut work => break ended,
            }
        }
    });
    // What was left to end by itself must not hold the program.
    runtime.shutdown_background();
    ended
}

/// Computes and delivers the answer, or prints the estimate.
async fn carry(
    arguments: AlgoRunArguments,
    algorithm: Algorithm,
    OpenGraph { source, engine, .. }: OpenGraph,
    delivery: Delivery,
    control: &Control,
) -> anyhow::Result<()> {
    let census = source.census(control).await.map_err(EngineError::from)?;
    let projection = app::projection(asked(&arguments), algorithm.info(), &census)?;
    if arguments.compressed {
        check_compressed(&algorithm, &projection)?;
    }
    if arguments.estimate {
        let template = Template {
            id: TemplateId::default(),
            use_cases: Vec::new(),
            algorithm,
            projection,
            reason: String::new(),
        };
        let estimate = if arguments.compressed {
            estimate_compressed(&template.algorithm, &template.projection, &census)
        } else {
            engine.estimate(&template, &census)
        };
        return tell(&delivery.console, &estimate);
    }
    let answer = if arguments.compressed {
        engine.run_compressed(&algorithm, &projection, control).await?
    } else {
        engine.run_direct(&algorithm, &projection, control).await?
    };
    // A reader that takes its time must not keep interrupts from being heard.
    let control = control.clone();
    tokio::task::spawn_blocking(move || delivery.deliver(&answer, &control)).await?
}

/// Prints what the run would take.
fn tell(console: &Console, estimate: &Estimate) -> anyhow::Result<()> {
    let expected = FactValue::Integer(i64::try_from(estimate.time_ms).unwrap_or(i64::MAX));
    console.result(estimate, |out| {
        writeln!(
            out,
            "about {} and {:.1} MiB on {} vertices and {} edges; {}",
            format::cell(&expected, Quantity::Duration),
            estimate.memory_bytes as f64 / 1_048_576.0,
            estimate.vertices,
            estimate.edges,
            estimate.basis
        )
    })
}

/// Refuses a flag that another mode would use.
fn refuse_unused(arguments: &AlgoRunArguments) -> anyhow::Result<()> {
    let flags = [
        ("top", arguments.top.is_some(), AlgoMode::Top, "top"),
        ("table", arguments.table.is_some(), AlgoMode::Stream, "stream"),
        ("out", arguments.out.is_some(), AlgoMode::Write, "write"),
    ];
    match flags.iter().find(|it| it.1 && it.2 != arguments.mode) {
        None => Ok(()),
        Some((flag, _, _, mode)) => Err(anyhow!(
            "`--{flag}` changes nothing but `--mode {mode}`; leave it out or ask for that mode"
        )),
    }
}

impl Delivery {
    /// Prints or writes the answer as `--mode` says; a write stops when `control` is cancelled.
    fn deliver(&self, answer: &DirectRun, control: &Control) -> anyhow::Result<()> {
        answer.faults().iter().for_each(|it| self.console.warn(it));
        if matches!(self.mode, AlgoMode::Stream | AlgoMode::Write) {
            // Rows do not say it, and a pipe may close before the last one.
            answer.caveats().iter().for_each(|it| self.console.warn(it));
        }
        let mut text = Vec::new();
        let json = self.console.json;
        match self.mode {
            AlgoMode::Stream => {
                let form = if json { RowForm::JsonLines } else { RowForm::Csv };
                return self.console.stream(|out| answer.stream(self.table, form, out));
            }
            AlgoMode::Write => {
                let written = answer.write(&self.directory, control)?;
                return self.console.result(&written, |out| {
                    written.tables.iter().try_for_each(|it| {
                        let path = self.directory.join(&it.path);
                        writeln!(out, "{}: {} rows", path.display(), it.rows)
                    })
                });
            }
            AlgoMode::Stats if json => answer.write_json(Some(0), &mut text)?,
            AlgoMode::Stats => answer.write_stats(&mut Inert(&mut text))?,
            AlgoMode::Top if json => answer.write_json(self.top, &mut text)?,
            AlgoMode::Top => answer.write_text(self.top.unwrap_or(ROWS_SHOWN), &mut Inert(&mut text))?,
        }
        self.console.bytes(&text)
    }
}

/// What the flags select.
fn asked(arguments: &AlgoRunArguments) -> AskedProjection {
    AskedProjection {
        vertices: arguments.vertices.clone(),
        edges: arguments.edges.clone(),
        direction: arguments.direction.map(|it| match it {
            DirectionArgument::Directed => Direction::Directed,
            DirectionArgument::Reversed => Direction::Reversed,
            DirectionArgument::Undirected => Direction::Undirected,
        }),
        parallel: arguments.parallel.map(|it| match it {
            ParallelArgument::Keep => ParallelEdges::Keep,
            ParallelArgument::Smallest => ParallelEdges::Smallest,
            ParallelArgument::Sum => ParallelEdges::Sum,
        }),
        self_loops: arguments.self_loops,
        weight: arguments.weight.clone(),
        time: arguments.time.clone(),
        attributes: arguments.attributes.clone(),
    }
}

/// `k=v` pairs as the registry takes them, each by the kind of its parameter: text as it stands, keys as a
/// JSON list or between commas, the rest as JSON where it is JSON.
fn parameters(info: &Info, pairs: &[String]) -> anyhow::Result<BTreeMap<String, Value>> {
    let mut parameters = BTreeMap::new();
    for pair in pairs {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| anyhow!("`{pair}` is not a parameter; write --param key=value"))?;
        let parameter = info.parameters.iter().find(|it| it.name == name);
        let value: Value = match parameter.map(|it| it.kind) {
            Some("text") => text.into(),
            Some("keys") => keys(text).into(),
            _ => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        };
        if parameters.insert(name.to_owned(), value).is_some() {
            return Err(anyhow!("the parameter `{name}` is given twice; give it once"));
        }
    }
    Ok(parameters)
}

/// Keys between commas, or as a JSON list where one holds a comma.
fn keys(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap_or_else(|_| text.split(',').map(|it| Value::from(it.trim())).collect())
}
