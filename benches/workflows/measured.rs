//! One run of a workflow in a process of its own, as `gaai workflow run` does it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use gaai::flow::Cancel;
use gaai::process::{Settings, Spawner};
use gaai::workflow::definition::{Jobs, load};
use gaai::workflow::run::{
    Again, Calls, RunOptions, RunParts, RunRequest, Surroundings, resume_workflow, run_workflow,
};

/// The word by which this program runs a workflow.
pub(crate) const RUN: &str = "__run";

/// What a run of its own took.
pub(crate) struct Took {
    /// From the start of the process to its end.
    pub(crate) wall: Duration,
    /// Of the run itself, the reading of its file excluded.
    pub(crate) run: Duration,
    /// The most memory it had resident, in kibibytes.
    pub(crate) peak_kib: u64,
}

/// Runs the workflow of `file` in `directory` by a process of its own, at most `jobs` steps at once.
pub(crate) fn measure(file: &Path, directory: &Path, jobs: usize) -> anyhow::Result<Took> {
    let began = Instant::now();
    let output = Command::new(std::env::current_exe()?)
        .arg(RUN)
        .args([file, directory])
        .arg(jobs.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    let wall = began.elapsed();
    ensure!(output.status.success(), "the run of {} failed", file.display());
    let text = String::from_utf8(output.stdout)?;
    let mut figures = text.split_whitespace().map(str::parse::<u64>);
    let mut figure = || {
        figures
            .next()
            .context("a figure is missing")?
            .context("a figure is no number")
    };
    Ok(Took {
        wall,
        run: Duration::from_micros(figure()?),
        peak_kib: figure()?,
    })
}

/// `__run FILE DIRECTORY JOBS`: a directory with a journal is taken up again. Prints microseconds and kibibytes.
pub(crate) fn run(words: &[String]) -> anyhow::Result<()> {
    let [file, directory, jobs] = words else {
        anyhow::bail!("it takes a file, a directory and a number");
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run_one(
        file,
        PathBuf::from(directory),
        Jobs::Count(jobs.parse()?),
    ))
}

async fn run_one(file: &str, directory: PathBuf, jobs: Jobs) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let workflow = load(&text, file)?.workflow;
    let is_resumed = directory.is_dir();
    std::fs::create_dir_all(&directory)?;
    let parts = RunParts {
        spawner: Spawner::new(Settings::of_program(std::env::current_exe()?)),
        clock: Arc::new(gaai::config::now_us),
        calls: Calls::default(),
        cancel: Cancel::default(),
        insist: Cancel::default(),
        watcher: Arc::new(|_| ()),
    };
    let request = RunRequest {
        workflow,
        text,
        file: file.to_owned(),
        options: RunOptions {
            max_concurrency: Some(jobs),
            ..RunOptions::default()
        },
        surroundings: Surroundings {
            base: directory.clone(),
            home: directory.clone(),
            pools: directory.join("pools"),
            directory,
            environment: std::env::vars().collect(),
            cores: None,
            most_children: usize::MAX,
            stop_grace: Duration::from_secs(10),
            expected: BTreeMap::new(),
        },
        run: "bench".into(),
    };
    let began = Instant::now();
    let result = if is_resumed {
        resume_workflow(request, parts, Again::default()).await?
    } else {
        run_workflow(request, parts).await?
    };
    let took = began.elapsed();
    ensure!(result.success, "{}", result.error.unwrap_or_default());
    let mut out = std::io::stdout();
    std::io::Write::write_all(
        &mut out,
        format!("{} {}\n", took.as_micros(), peak_kib()?).as_bytes(),
    )?;
    Ok(())
}

fn peak_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let figure = line.and_then(|it| it.split_whitespace().next());
    Ok(figure.context("the system does not tell memory")?.parse()?)
}
