//! Builds the executor of a batch of scripts, and reads manifests while it runs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;

use crate::process::{Interpreters, OpenFiles, Sampler, Sensors, Settings, Spawner, raise_open_files};
use crate::workflow::{
    BatchError, BatchOptions, ConcurrentExecutor, CpuGate, DEFAULT_MAX_CONCURRENT, Manifest, Module,
    OnInsufficient, Platform, Preset, Profile, ResourceManager, Surroundings, SystemStats, Thresholds,
    auto_jobs,
};

/// How long the first look at the use of processors may take; it takes two readings.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// Modules that are read ahead of a batch.
const READ_AHEAD: usize = 64;

/// How a batch of scripts is to be run.
#[derive(Clone, Debug, Default)]
pub struct ExecRequest {
    /// How many at a time.
    pub jobs: ExecJobs,
    /// What the scripts mostly do.
    pub profile: Profile,
    /// Limits with a name; what is said beside it counts more.
    pub preset: Option<Preset>,
    /// Percent of the processors above which nothing starts.
    pub cpu_percent: Option<f64>,
    /// Gigabytes that must be free for each script.
    pub memory_gb: Option<f64>,
    /// Whether the machine is looked at before a script starts; it is if anything is said of it.
    pub is_checked: Option<bool>,
    /// Everything else.
    pub options: BatchOptions,
    /// Programs and first words by the extension of a script, before anything that it says itself.
    pub interpreters: BTreeMap<String, Vec<OsString>>,
    /// The environment of the scripts; `GAAI_PYTHON` in it names what runs `.py`.
    pub environment: BTreeMap<OsString, OsString>,
    /// What relative paths are relative to.
    pub directory: PathBuf,
}

/// How many scripts run at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExecJobs {
    /// As the preset says, or [`DEFAULT_MAX_CONCURRENT`].
    #[default]
    Default,
    /// So many.
    Number(usize),
    /// As profile and machine say, and fewer while the machine is pressed.
    Auto,
}

/// An executor with what keeps it informed.
#[derive(Debug)]
pub struct Exec {
    /// It.
    pub executor: ConcurrentExecutor,
    /// How many it runs at a time.
    pub max_concurrent: usize,
    /// What was decided differently from what was asked, and why.
    pub notes: Vec<String>,
    /// Reads the state of the machine until this is dropped.
    _sampler: Option<Sampler>,
}

/// The executor that `request` asks for.
///
/// # Errors
/// [`BatchError`]: no concurrency. [`io::Error`]: no thread that looks at the machine.
pub fn exec(request: ExecRequest) -> anyhow::Result<Exec> {
    let ExecRequest { mut options, .. } = request;
    let mut notes = Vec::new();
    let asked = max_concurrent(&request.jobs, request.profile, request.preset);
    let max_concurrent = fitting(asked, raise_open_files(), &mut notes);
    options.is_adaptive = request.jobs == ExecJobs::Auto;
    let thresholds = thresholds(&request.preset, request.cpu_percent, request.memory_gb, &options);
    let is_checked = request.is_checked.unwrap_or(thresholds.is_some());
    let sampler = if is_checked || options.is_adaptive {
        let sampler = Sampler::start(Sensors::default())?;
        sampler.gauge().first_use(FIRST_LOOK);
        Some(sampler)
    } else {
        None
    };
    let gauge = sampler.as_ref().map(Sampler::gauge);
    let manager = gauge.clone().filter(|_| is_checked).map(|gauge| {
        let thresholds = thresholds.unwrap_or_default();
        ResourceManager::with_thresholds(thresholds, gauge)
    });
    let surroundings = Surroundings {
        spawner: spawner(),
        interpreters: Interpreters {
            configured: request.interpreters,
            python: python(&request.environment),
        },
        environment: request.environment,
        directory: request.directory,
        gauge,
    };
    let executor = ConcurrentExecutor::with_options(max_concurrent, manager, surroundings, options)?;
    Ok(Exec {
        executor,
        max_concurrent,
        notes,
        _sampler: sampler,
    })
}

/// What the machine does now.
///
/// # Errors
/// No thread that looks at the machine.
pub fn system_stats() -> io::Result<SystemStats> {
    let sampler = Sampler::start(Sensors::default())?;
    sampler.gauge().first_use(FIRST_LOOK);
    Ok(ResourceManager::with_thresholds(Thresholds::default(), sampler.gauge()).get_system_stats())
}

fn max_concurrent(jobs: &ExecJobs, profile: Profile, preset: Option<Preset>) -> usize {
    match jobs {
        ExecJobs::Number(number) => *number,
        ExecJobs::Auto => auto_jobs(profile, Sensors::default().read().whole_cores(), Platform::HERE),
        ExecJobs::Default => preset.map_or(DEFAULT_MAX_CONCURRENT, Preset::jobs),
    }
}

/// How many of the scripts that were asked for the limit on open files allows.
fn fitting(asked: usize, files: OpenFiles, notes: &mut Vec<String>) -> usize {
    notes.extend(too_few_files(files, asked, "scripts"));
    files.children().min(asked)
}

/// What to know where the limit on open files allows fewer of `what` than were asked for.
pub(super) fn too_few_files(files: OpenFiles, asked: usize, what: &str) -> Option<String> {
    let fitting = files.children();
    let limit = files.now.filter(|_| fitting < asked)?;
    Some(format!(
        "at most {fitting} {what} at a time instead of {asked}: only {limit} files may be open; raise `ulimit -n`"
    ))
}

/// The thresholds, if anything is said of them.
fn thresholds(
    preset: &Option<Preset>,
    cpu_percent: Option<f64>,
    memory_gb: Option<f64>,
    options: &BatchOptions,
) -> Option<Thresholds> {
    let waits = options.on_insufficient != OnInsufficient::Fail;
    if preset.is_none() && cpu_percent.is_none() && memory_gb.is_none() && !waits {
        return None;
    }
    let named = preset.map_or_else(Thresholds::default, Preset::thresholds);
    Some(Thresholds {
        cpu_percent: cpu_percent.unwrap_or(named.cpu_percent),
        memory_gb: memory_gb.unwrap_or(named.memory_gb),
        // On a machine that others keep busy, waiting for its use to fall could last for ever.
        cpu_gate: if waits {
            CpuGate::Pressure
        } else {
            CpuGate::SystemUse
        },
    })
}

/// Starts the children of this program, and takes in what they leave.
fn spawner() -> Spawner {
    Spawner::new(Settings {
        program: std::env::current_exe().ok(),
        adopt: true,
        ..Settings::default()
    })
}

fn python(environment: &BTreeMap<OsString, OsString>) -> Option<OsString> {
    let python = environment.get(OsStr::new("GAAI_PYTHON"));
    python.filter(|it| !it.is_empty()).cloned()
}

/// Where a manifest is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestPlace {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl ManifestPlace {
    fn open(&self) -> Result<Box<dyn BufRead + Send>, BatchError> {
        Ok(match self {
            Self::File(path) => {
                let missing = |source| BatchError::NoManifest {
                    path: path.clone(),
                    source,
                };
                Box::new(BufReader::new(File::open(path).map_err(missing)?))
            }
            Self::Stdin => Box::new(BufReader::new(io::stdin())),
        })
    }

    /// All modules.
    ///
    /// # Errors
    /// It cannot be opened; the first line that names none.
    pub fn modules(&self) -> Result<Vec<Module>, BatchError> {
        Manifest::new(self.open()?).collect()
    }

    /// Looks through a file, so that nothing runs of one that is wrong further down. Standard input is read but once.
    ///
    /// # Errors
    /// As [`Self::modules`].
    pub fn check(&self) -> Result<(), BatchError> {
        if let Self::File(_) = self {
            for module in Manifest::new(self.open()?) {
                module?;
            }
        }
        Ok(())
    }

    /// The modules as they are read, and where to look afterwards for what ended the reading early.
    ///
    /// A thread reads. One that waits for standard input is left behind: nothing but the end of the program ends that.
    ///
    /// # Errors
    /// It cannot be opened, or there is no thread to read it.
    pub fn stream(&self) -> anyhow::Result<(impl Stream<Item = Module> + Send + 'static, Reading)> {
        let manifest = Manifest::new(self.open()?);
        let (sender, modules) = mpsc::channel(READ_AHEAD);
        thread::Builder::new()
            .name("gaai-manifest".to_owned())
            .spawn(move || {
                for module in manifest {
                    if sender.blocking_send(module).is_err() {
                        break;
                    }
                }
            })?;
        let reading = Reading::default();
        let state = (modules, reading.clone());
        let modules = stream::unfold(state, |(mut modules, reading)| async move {
            match modules.recv().await? {
                Ok(module) => Some((module, (modules, reading))),
                Err(error) => {
                    reading.end_with(error);
                    None
                }
            }
        });
        Ok((modules, reading))
    }
}

/// What ended the reading of a manifest early.
#[derive(Clone, Debug, Default)]
pub struct Reading(Arc<Mutex<Option<BatchError>>>);

impl Reading {
    fn end_with(&self, error: BatchError) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// To be asked when the modules have ended.
    ///
    /// # Errors
    /// The line that names no module, or what the system says.
    pub fn finish(self) -> Result<(), BatchError> {
        let error = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_counts_more_than_a_preset_and_a_preset_more_than_the_default() {
        let jobs = |jobs, preset| max_concurrent(&jobs, Profile::Mixed, preset);
        assert_eq!(jobs(ExecJobs::Number(7), Some(Preset::Gentle)), 7);
        assert_eq!(jobs(ExecJobs::Default, Some(Preset::Gentle)), 5);
        assert_eq!(jobs(ExecJobs::Default, None), 10);
        assert!(jobs(ExecJobs::Auto, None) >= 1);
    }

    #[test]
    fn no_more_run_at_a_time_than_may_have_their_files_open_and_that_is_said() {
        let at = |limit: Option<u64>, asked| {
            let mut notes = Vec::new();
            let files = OpenFiles {
                before: limit,
                now: limit,
            };
            (fitting(asked, files, &mut notes), notes.concat())
        };
        assert_eq!(at(Some(1024), 100), (100, String::new()));
        assert_eq!(at(None, 5000), (5000, String::new()));
        let note = "at most 8 scripts at a time instead of 100: only 64 files may be open; raise `ulimit -n`";
        assert_eq!(at(Some(64), 100), (8, note.to_owned()));
    }

    #[test]
    fn the_machine_is_judged_when_something_is_said_of_it() {
        let fail = BatchOptions::default();
        let wait = BatchOptions {
            on_insufficient: OnInsufficient::Wait { limit: None },
            ..BatchOptions::default()
        };
        assert_eq!(thresholds(&None, None, None, &fail), None);
        let gentle = thresholds(&Some(Preset::Gentle), None, Some(1.0), &fail).unwrap();
        assert_eq!(
            (gentle.cpu_percent, gentle.memory_gb, gentle.cpu_gate),
            (70.0, 1.0, CpuGate::SystemUse)
        );
        assert_eq!(
            thresholds(&None, None, None, &wait).unwrap().cpu_gate,
            CpuGate::Pressure
        );
    }
}
