//! The command line of `gaai exec`, and the request that it makes.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::Session;
use crate::app::{ExecJobs, ExecRequest};
use crate::config;
use crate::workflow::definition::Size;
use crate::workflow::{BatchOptions, ErrorKind, OnInsufficient, Preset, Profile};

/// `gaai exec`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct ExecArguments {
    /// Scripts; their kind is told by their extension (.py, .sh), their first line or that they are executable.
    /// `-` alone reads a manifest from standard input.
    #[arg(value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// Words that each of the scripts gets.
    #[arg(last = true, value_name = "ARGS")]
    pub(super) words: Vec<String>,
    /// Read the scripts from a file, one JSON object per line: script_path, and if wanted module_id, args, cwd, env,
    /// timeout, priority.
    #[arg(long, value_name = "FILE", conflicts_with = "scripts")]
    pub(super) manifest: Option<PathBuf>,
    /// Run scripts with this extension by this command, whatever they say themselves, e.g. `py=uv run`; may be repeated.
    #[arg(long, value_name = "EXT=COMMAND")]
    interpreter: Vec<String>,
    #[command(flatten)]
    pub(super) pace: ExecPaceArguments,
    #[command(flatten)]
    pub(super) resources: ExecResourceArguments,
    #[command(flatten)]
    pub(super) told: ExecToldArguments,
}

/// How many at a time, how long, how often.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ExecPaceArguments {
    /// Scripts at a time: a number, or auto for as many as --profile and the machine say, fewer while the machine is
    /// pressed; 10 unless said.
    #[arg(long, value_name = "N|auto")]
    jobs: Option<String>,
    /// What the scripts mostly do: compute (cores), wait for disks and networks (3 × cores), or both (2 × cores).
    /// Implies --jobs auto.
    #[arg(long, value_enum, conflicts_with_all = ["gentle", "permissive"])]
    profile: Option<ProfileArgument>,
    /// Time limit of each attempt at a script, e.g. 300s; none unless said.
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Time limit of all scripts together.
    #[arg(long, value_name = "TIME")]
    batch_timeout: Option<String>,
    /// Time between asking a script to end and killing it and all it started; 10s unless said.
    #[arg(long, value_name = "TIME")]
    stop_grace: Option<String>,
    /// Run so many scripts to their ends before the next ones begin.
    #[arg(long, value_name = "N")]
    batch_size: Option<NonZeroUsize>,
    /// Pause before the next ones begin, e.g. 1s.
    #[arg(long, value_name = "TIME", requires = "batch_size")]
    batch_delay: Option<String>,
    /// Try a failed script again up to so many times, after 1s, 2s, 4s and so on up to a minute.
    #[arg(long, value_name = "N", default_value_t = 0)]
    retry: u16,
    /// Kinds of failure that are tried again: resourceLimit, timeout, exit, signal, spawn; all of these unless said.
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    retry_on: Vec<String>,
    /// Lower the priority of the scripts' processes by 0 to 19.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=19))]
    nice: u8,
}

/// Whether the machine has room.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Resources (not looked at unless one of these is given)")]
pub(super) struct ExecResourceArguments {
    /// Start nothing while more than this percentage of the processors is in use; 80 with any of these options.
    #[arg(long, value_name = "PERCENT")]
    cpu_threshold: Option<f64>,
    /// Start nothing unless so much memory is free, and keep it for what starts; 4GB with any of these options.
    #[arg(long, value_name = "SIZE")]
    memory_required: Option<String>,
    /// What becomes of a script for which there is no room: it fails, or waits without taking a place. Those who wait
    /// go by the pressure on the processors, because others may keep them busy for ever.
    #[arg(long, value_enum)]
    on_insufficient: Option<InsufficientArgument>,
    /// How long a script may wait for room before it fails; implies --on-insufficient wait.
    #[arg(long, value_name = "TIME")]
    resource_wait: Option<String>,
    /// For a machine that must stay usable: 70 % of the processors, 8 GB, 5 scripts at a time.
    #[arg(long, conflicts_with = "permissive")]
    gentle: bool,
    /// For scripts that are refused too often: 90 % of the processors, 2 GB, 3 scripts at a time.
    #[arg(long)]
    permissive: bool,
    /// Do not look at the machine, whatever a preset says.
    #[arg(long, conflicts_with_all = ["cpu_threshold", "memory_required", "on_insufficient", "resource_wait"])]
    no_resource_check: bool,
}

/// What is printed and kept, and what counts as success.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Results")]
pub(super) struct ExecToldArguments {
    /// End with exit code 0 if this share of the scripts succeeded, 0 to 1; 1 unless said.
    #[arg(long, value_name = "SHARE")]
    pub(super) min_success: Option<f64>,
    /// Print each result when it is there, with --json one per line; a manifest is then read while it is run.
    #[arg(long)]
    pub(super) stream: bool,
    /// Keep what scripts print in this directory, two files for each.
    #[arg(long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    /// Print what processors and memory are doing; without scripts, nothing else.
    #[arg(long)]
    pub(super) stats: bool,
    /// Print what would be run; run nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

const EXAMPLES: &str = "\
Every script ends with one result: module_id, exit_code (-1 without a process, -N after signal N), success, error, errorKind \
(notFound, resourceLimit, timeout, exit, signal, spawn, cancelled, defect), signal, duration_ms, queued_ms, attempts, \
stdout_path, stderr_path, index. A failure stops no other script. What a script started is gone when its result \
is there.

Examples:
  gaai exec scripts/*.py -- --verbose
  gaai exec --jobs 5 --timeout 300s --retry 2 --output logs a.py b.sh
  gaai exec --cpu-threshold 80 --memory-required 4GB --on-insufficient wait --manifest batch.jsonl
  generate-jobs | gaai exec --stream --json -

Exit codes: 0 all succeeded, or as many as --min-success says; 1 a script failed; 2 the command line or a manifest \
is wrong; 124 --batch-timeout; 130 Ctrl-C. The first Ctrl-C asks all scripts to end, the second kills them.";

/// See `workflow::Profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileArgument {
    /// They compute.
    Cpu,
    /// They wait.
    Io,
    /// Some of both.
    Mixed,
}

/// See `workflow::OnInsufficient`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InsufficientArgument {
    /// It fails.
    Fail,
    /// It waits.
    Wait,
}

/// The request that the command line makes.
pub(super) fn request(session: &Session, arguments: &ExecArguments) -> anyhow::Result<ExecRequest> {
    let ExecArguments {
        interpreter,
        pace,
        resources,
        told,
        ..
    } = arguments;
    let memory_gb = resources.memory_required.as_deref().map(gigabytes).transpose()?;
    if let Some(percent) = resources.cpu_threshold.filter(|it| !(0.0..=100.0).contains(it)) {
        bail!("--cpu-threshold {percent} is no percentage; give a number from 0 to 100");
    }
    let limit = time("resource-wait", resources.resource_wait.as_ref())?;
    let waits = resources.on_insufficient == Some(InsufficientArgument::Wait);
    if limit.is_some() && resources.on_insufficient == Some(InsufficientArgument::Fail) {
        bail!("--resource-wait means to wait, and --on-insufficient fail not to; leave one out");
    }
    let mut options = BatchOptions {
        timeout: time("timeout", pace.timeout.as_ref())?,
        batch_timeout: time("batch-timeout", pace.batch_timeout.as_ref())?,
        on_insufficient: if waits || limit.is_some() {
            OnInsufficient::Wait { limit }
        } else {
            OnInsufficient::Fail
        },
        batch_size: pace.batch_size,
        output: told.output.as_ref().map(|it| session.directory.join(it)),
        nice: pace.nice,
        ..BatchOptions::default()
    };
    options.batch_delay = time("batch-delay", pace.batch_delay.as_ref())?.unwrap_or_default();
    options.stop_grace = time("stop-grace", pace.stop_grace.as_ref())?.unwrap_or(options.stop_grace);
    options.retry.max_attempts = u32::from(pace.retry) + 1;
    if !pace.retry_on.is_empty() {
        options.retry_on = pace
            .retry_on
            .iter()
            .map(|it| kind(it))
            .collect::<anyhow::Result<BTreeSet<_>>>()?;
    }
    let preset = if resources.gentle {
        Some(Preset::Gentle)
    } else {
        resources.permissive.then_some(Preset::Permissive)
    };
    Ok(ExecRequest {
        jobs: jobs(pace)?,
        profile: pace.profile.map_or(Profile::Mixed, |it| match it {
            ProfileArgument::Cpu => Profile::Cpu,
            ProfileArgument::Io => Profile::Io,
            ProfileArgument::Mixed => Profile::Mixed,
        }),
        preset,
        cpu_percent: resources.cpu_threshold,
        memory_gb,
        is_checked: if resources.no_resource_check {
            Some(false)
        } else {
            resources.on_insufficient.map(|_| true)
        },
        options,
        interpreters: interpreters(interpreter)?,
        environment: session.environment.processes.0.clone(),
        directory: session.directory.clone(),
    })
}

/// Programs and first words by extension.
fn interpreters(said: &[String]) -> anyhow::Result<BTreeMap<String, Vec<OsString>>> {
    let one = |text: &String| {
        let (extension, command) = text.split_once('=')?;
        let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
        let extension = extension.trim_start_matches('.').to_ascii_lowercase();
        (!extension.is_empty() && !words.is_empty()).then_some((extension, words))
    };
    let all = said.iter().map(|text| {
        one(text)
            .ok_or_else(|| anyhow!("--interpreter `{text}` is no EXT=COMMAND; write for example `py=uv run`"))
    });
    all.collect()
}

fn jobs(pace: &ExecPaceArguments) -> anyhow::Result<ExecJobs> {
    match pace.jobs.as_deref() {
        Some("auto") => Ok(ExecJobs::Auto),
        Some(text) => text
            .parse()
            .map(ExecJobs::Number)
            .map_err(|_| anyhow!("--jobs `{text}` is neither a number nor auto")),
        None if pace.profile.is_some() => Ok(ExecJobs::Auto),
        None => Ok(ExecJobs::Default),
    }
}

fn time(key: &str, text: Option<&String>) -> anyhow::Result<Option<Duration>> {
    Ok(text.map(|it| config::parse_duration(key, it)).transpose()?)
}

/// Gigabytes, whose units go by 1024 as those of the thresholds do.
fn gigabytes(text: &str) -> anyhow::Result<f64> {
    let text: StrDeserializer<'_, Error> = text.into_deserializer();
    let size = Size::deserialize(text).map_err(|error| anyhow!("--memory-required: {error}"))?;
    Ok(size.0 as f64 / (1_u64 << 30) as f64)
}

fn kind(name: &str) -> anyhow::Result<ErrorKind> {
    let may = [
        ErrorKind::ResourceLimit,
        ErrorKind::Timeout,
        ErrorKind::Exit,
        ErrorKind::Signal,
        ErrorKind::Spawn,
    ];
    may.into_iter().find(|it| it.name() == name).ok_or_else(|| {
        anyhow!("--retry-on `{name}` is none of resourceLimit, timeout, exit, signal and spawn")
    })
}
