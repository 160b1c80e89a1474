//! `gaai algo`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::anyhow;
use serde::Serialize;
use serde_json::Value;

use super::Session;
use super::algo_handbook;
use super::arguments::{AlgoCommand, AlgoMode, AlgoRunArguments, DirectionArgument, ParallelArgument};
use super::inert::Inert;
use super::run::{runtime, within};
use crate::algorithms::{Algorithm, ColumnInfo, Control, Info};
use crate::app::{self, OpenGraph};
use crate::engine::{DirectRun, Engine, RowForm, check_compressed, estimate_compressed, streamed_table};
use crate::graph::{Direction, ParallelEdges, ProjectionRules};
use crate::model::{
    id::TemplateId,
    schema::Census,
    template::{Projection, Template},
};
use crate::pipeline::PipelineError;

/// Rows of a table that are printed for a person.
const ROWS_SHOWN: usize = 20;

/// Lists, explains or runs single algorithms.
pub(super) fn perform(session: &Session, command: AlgoCommand) -> anyhow::Result<u8> {
    match command {
        AlgoCommand::List { markdown: true } => algo_handbook::write(&mut io::stdout().lock())?,
        AlgoCommand::List { markdown: false } => {
            let all: Vec<Listed> = Algorithm::all().iter().map(|it| Listed::new(it)).collect();
            session.console.result(&all, |out| {
                for Listed { info, compressed } in &all {
                    let mark = if *compressed { "+" } else { " " };
                    writeln!(out, "{mark} {:<24} {}", info.name, info.summary)?;
                }
                writeln!(out, "\n+ runs with --compressed too")
            })?;
        }
        AlgoCommand::Show { name } => {
            let info = Algorithm::find(&name)?;
            session
                .console
                .result(&Listed::new(info), |out| write_info(info, out))?;
        }
        AlgoCommand::Run(arguments) => run(session, &arguments)?,
    }
    Ok(0)
}

/// An algorithm as lists for programs show it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    info: &'static Info,
    /// Whether it runs on compressed lists.
    compressed: bool,
}

impl Listed {
    fn new(info: &'static Info) -> Self {
        Self {
            info,
            compressed: info.runs_compressed(),
        }
    }
}

fn write_info(info: &Info, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})\n{}\n", info.title, info.name, info.summary)?;
    if !info.aliases.is_empty() {
        writeln!(out, "Also called: {}", info.aliases.join(", "))?;
    }
    writeln!(out, "Convention: {}\nSource: {}", info.convention, info.source)?;
    let compressed = if info.runs_compressed() { "yes" } else { "no" };
    writeln!(out, "Runs with --compressed: {compressed}\n")?;
    if !info.parameters.is_empty() {
        writeln!(out, "Parameters")?;
    }
    for it in info.parameters {
        writeln!(
            out,
            "  {:<16} {} ({}, default {}, {})",
            it.name, it.meaning, it.kind, it.default, it.range
        )?;
    }
    write_columns("Columns", info.columns, out)?;
    if let Some((name, columns)) = info.rows {
        write_columns(&format!("Columns of the table {name}"), columns, out)?;
    }
    write_columns("Summary", info.summary_values, out)
}

fn write_columns(title: &str, columns: &[ColumnInfo], out: &mut dyn Write) -> io::Result<()> {
    if !columns.is_empty() {
        writeln!(out, "{title}")?;
    }
    for it in columns {
        writeln!(out, "  {:<16} {}", it.name, it.meaning)?;
    }
    Ok(())
}

/// Runs one algorithm and delivers its answer, or its estimate.
fn run(session: &Session, arguments: &AlgoRunArguments) -> anyhow::Result<()> {
    refuse_unused(arguments)?;
    let given = parameters(Algorithm::find(&arguments.name)?, &arguments.param)?;
    let algorithm = Algorithm::from_parameters(&arguments.name, &given)?;
    if arguments.compressed && !algorithm.info().runs_compressed() {
        return Err(algorithm.info().not_compressed().into());
    }
    let table =
        streamed_table(algorithm.info(), arguments.table.as_deref()).map_err(|reason| anyhow!(reason))?;
    let kinds = app::demo_kinds();
    let graph = app::resolve(&arguments.graph, &session.project, &kinds).map_err(PipelineError::Invalid)?;
    let effort = within(session, &arguments.budget)?.over(&app::effort_of(&session.project)?);
    let OpenGraph { source, engine, .. } = app::open_graph(&graph.location, &graph.name, &effort)?;
    let control = Control::default();
    runtime()?.block_on(async {
        let census = source.census(&control).await?;
        let projection = projection(arguments, algorithm.info(), &census)?;
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
            return session.console.result(&estimate, |out| {
                writeln!(
                    out,
                    "about {} ms and {:.1} MiB on {} vertices and {} edges; {}",
                    estimate.time_ms,
                    estimate.memory_bytes as f64 / 1_048_576.0,
                    estimate.vertices,
                    estimate.edges,
                    estimate.basis
                )
            });
        }
        let answer = if arguments.compressed {
            engine.run_compressed(&algorithm, &projection, &control).await?
        } else {
            engine.run_direct(&algorithm, &projection, &control).await?
        };
        deliver(session, arguments, &answer, table)
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

/// Prints or writes the answer as `--mode` says.
fn deliver(
    session: &Session,
    arguments: &AlgoRunArguments,
    answer: &DirectRun,
    table: &str,
) -> anyhow::Result<()> {
    let mut text = Vec::new();
    let json = session.console.json;
    if matches!(arguments.mode, AlgoMode::Stream | AlgoMode::Write) {
        // Rows do not say it, and a pipe may close before the last one.
        answer.caveats().iter().for_each(|it| session.console.warn(it));
    }
    match arguments.mode {
        AlgoMode::Stream => {
            let form = if json { RowForm::JsonLines } else { RowForm::Csv };
            return session.console.stream(|out| answer.stream(table, form, out));
        }
        AlgoMode::Write => {
            let directory = arguments.out.as_deref().unwrap_or(Path::new("output"));
            let written = answer.write(directory)?;
            return session.console.result(&written, |out| {
                written.tables.iter().try_for_each(|it| {
                    writeln!(out, "{}: {} rows", directory.join(&it.path).display(), it.rows)
                })
            });
        }
        AlgoMode::Stats if json => answer.write_json(Some(0), &mut text)?,
        AlgoMode::Stats => answer.write_stats(&mut Inert(&mut text))?,
        AlgoMode::Top if json => answer.write_json(arguments.top, &mut text)?,
        AlgoMode::Top => answer.write_text(arguments.top.unwrap_or(ROWS_SHOWN), &mut Inert(&mut text))?,
    }
    session.console.bytes(&text)
}

/// What the flags select, checked against the census.
fn projection(arguments: &AlgoRunArguments, info: &Info, census: &Census) -> anyhow::Result<Projection> {
    let all_vertices = census.vertices.iter().map(|it| it.name.clone());
    let all_edges = census.edges.iter().map(|it| it.name.clone());
    let vertices = chosen(&arguments.vertices, all_vertices.collect(), "vertex")?;
    let edges = chosen(&arguments.edges, all_edges.collect(), "edge")?;
    let directed = census
        .edges
        .iter()
        .filter(|it| edges.contains(&it.name))
        .any(|it| it.directed);
    let direction = match arguments.direction {
        Some(DirectionArgument::Directed) => Direction::Directed,
        Some(DirectionArgument::Reversed) => Direction::Reversed,
        Some(DirectionArgument::Undirected) => Direction::Undirected,
        None if directed => Direction::Directed,
        None => Direction::Undirected,
    };
    let parallel = match arguments.parallel {
        Some(ParallelArgument::Keep) => ParallelEdges::Keep,
        Some(ParallelArgument::Smallest) => ParallelEdges::Smallest,
        Some(ParallelArgument::Sum) => ParallelEdges::Sum,
        None if info.counts_parallel => ParallelEdges::Keep,
        None => ParallelEdges::Smallest,
    };
    Ok(Projection {
        vertices,
        edges,
        rules: ProjectionRules {
            direction,
            parallel,
            self_loops: arguments.self_loops,
        },
        weight: arguments.weight.clone(),
        time: arguments.time.clone(),
        filters: Vec::new(),
        attributes: arguments.attributes.clone(),
    })
}

fn chosen(named: &[String], mut all: Vec<String>, kind: &str) -> anyhow::Result<Vec<String>> {
    if let Some(unknown) = named.iter().find(|it| !all.contains(it)) {
        return Err(anyhow!(
            "there is no {kind} collection `{unknown}`; there are {}",
            all.join(", ")
        ));
    }
    if !named.is_empty() {
        all.retain(|it| named.contains(it));
    }
    all.sort();
    Ok(all)
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
