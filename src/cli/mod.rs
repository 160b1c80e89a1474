//! A person at a terminal: the only room that prints.
//!
//! Results go to standard output, words about the work to standard error. Exit codes are the table
//! of [`exit`].

mod algo;
mod algo_handbook;
mod algo_run;
mod arguments;
mod catalog;
mod console;
mod exec;
mod exec_arguments;
mod exec_bench;
mod exec_print;
pub mod exit;
mod graphs;
mod inert;
mod interrupt;
mod models;
mod progress;
mod run;
mod runs;
mod trace;
mod verticals;
mod workflow;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use arguments::{Arguments, BenchCommand, Command};
use console::Console;

use crate::config::{self, Environment, Project};
use crate::llm;

/// What every command is handed.
struct Session {
    console: Console,
    project: Project,
    /// What the environment says.
    environment: Environment,
    /// The working directory.
    directory: PathBuf,
}

/// Reads the command line, does what it says, and gives the exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to standard output, faults to standard error; a closed pipe is fine.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::INVALID } else { 0 });
        }
    };
    let environment = Environment::read();
    listen(arguments.verbose, &environment);
    let console = Console::new(arguments.json, arguments.quiet, arguments.verbose, &environment);
    match perform(arguments.command, console.clone(), environment) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            console.error(&format!("{error:#}"));
            ExitCode::from(exit::of_error(&error))
        }
    }
}

fn perform(command: Command, console: Console, environment: Environment) -> anyhow::Result<u8> {
    let directory = std::env::current_dir()?;
    let project = config::find_project(&directory)?;
    let session = Session {
        console,
        project,
        environment,
        directory,
    };
    match command {
        Command::Run(arguments) => run::run(&session, arguments),
        Command::Plan(arguments) => run::plan(&session, &arguments),
        Command::Resume {
            run,
            limits,
            pace,
            place,
        } => run::resume(&session, &run, &limits, &pace, &place),
        Command::Inspect { graph } => graphs::inspect(&session, &graph),
        Command::Demo {
            kind,
            seed,
            scale,
            out,
        } => graphs::demo(&session, &kind, seed, &scale, out),
        Command::Score { run, truth, place } => graphs::score(&session, &run, truth, &place),
        Command::Algo(command) => algo::perform(&session, command),
        Command::Verify { run, place } => runs::verify(&session, &run, &place),
        Command::Explain { run, finding, place } => runs::explain(&session, &run, &finding, &place),
        Command::Trace(command) => trace::perform(&session, command),
        Command::Doctor { models } => models::doctor(&session, &models),
        Command::Catalog(command) => catalog::perform(&session, command),
        Command::Exec(arguments) => exec::perform(&session, *arguments),
        Command::Bench(BenchCommand::Exec(arguments)) => exec_bench::perform(&session, &arguments),
        Command::Vertical(command) => verticals::perform(&session, command),
        Command::Workflow(command) => workflow::perform(&session, command),
    }
}

/// Developer logs, to standard error: more with `-vv`, or what `GAAI_LOG` says. Without either, what a user
/// should know, in plain words.
fn listen(verbose: u8, environment: &Environment) {
    let plain = verbose < 2 && environment.log.is_none();
    let default = if plain { "gaai=warn" } else { "gaai=debug" };
    let filter = environment.log.as_deref().unwrap_or(default);
    // The transport of model requests logs whole replies where it cannot read them.
    let silent = |filter: &str| format!("{filter},{}", llm::LOG_FILTER);
    let filter = EnvFilter::try_new(silent(filter)).unwrap_or_else(|_| EnvFilter::new(silent(default)));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second subscriber in one process is refused; the first then keeps listening.
    let _ = if plain {
        logs.event_format(Plain).try_init()
    } else {
        logs.try_init()
    };
}

/// An event as [`Console::warn`] would say it.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let level = event.metadata().level().as_str().to_lowercase();
        write!(
            writer,
            "{}: ",
            if level == "warn" {
                "warning"
            } else {
                level.as_str()
            }
        )?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

impl Session {
    /// The directory where what was read of large graphs is kept, unless `no_cache`.
    fn cache(&self, no_cache: bool) -> Option<PathBuf> {
        (!no_cache).then(|| self.project.directory.join(".gaai/cache"))
    }

    /// The directory that holds the runs: flag, project file, or `output`.
    fn output(&self, place: &arguments::Place) -> PathBuf {
        place
            .out
            .clone()
            .unwrap_or_else(|| self.project.output_directory())
    }
}
