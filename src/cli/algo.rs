//! `gaai algo`: lists and explains algorithms; [`super::algo_run`] runs one.

use std::io::{self, Write};

use serde::Serialize;

use super::Session;
use super::arguments::AlgoCommand;
use super::{algo_handbook, algo_run};
use crate::algorithms::{Algorithm, ColumnInfo, Info};
use crate::graph::ParallelEdges;
use crate::model::format::shortened;

/// Characters of a line of other names.
const WIDTH: usize = 100;

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
                    let others: Vec<&str> = info.names().skip(1).collect();
                    let others = format!("also {}", others.join(", "));
                    writeln!(out, "{:27}{}", "", shortened(&others, WIDTH - 27))?;
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
        AlgoCommand::Run(arguments) => algo_run::run(session, *arguments)?,
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
    for case in special_cases(info) {
        writeln!(out, "Special case: {case}")?;
    }
    writeln!(out, "Convention: {}\nSource: {}", info.convention, info.source)?;
    writeln!(out, "Parallel edges: {}", parallel_edges(info))?;
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

/// Each special case with what its name stands for.
pub(super) fn special_cases(info: &Info) -> impl Iterator<Item = String> {
    info.special_cases.iter().map(|case| {
        let sets = case.sets.iter().map(|(name, value)| format!("{name}={value}"));
        let needs = case.needs.iter().map(|name| format!("{name}=…"));
        let stands_for: Vec<String> = sets.chain(needs).collect();
        format!("{} ({})", case.name, stands_for.join(", "))
    })
}

/// What parallel edges become unless `--parallel` says otherwise.
pub(super) fn parallel_edges(info: &Info) -> &'static str {
    match info.parallel {
        ParallelEdges::Keep => "each counts",
        ParallelEdges::Smallest if info.uses_weights => "count as one, with the smallest weight",
        ParallelEdges::Smallest => "count as one",
        ParallelEdges::Sum => "count as one, with the sum of their weights where they have some",
    }
}
