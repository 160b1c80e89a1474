//! Begins a run of a workflow or takes one up, and carries it to its end.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::calls;
use super::error::WorkflowError;
use super::experience::expected;
use super::open::OpenedWorkflow;
use super::status::read_workflow_history;
use super::stopping;
use crate::app::exec::too_few_files;
use crate::app::runs::run_names;
use crate::app::{ModelKeys, cores};
use crate::config::{Environment, Project};
use crate::flow::Cancel;
use crate::model::event::RunState;
use crate::model::id::RunId;
use crate::pipeline::ModelRequest;
use crate::process::{OpenFiles, Settings, Spawner, raise_open_files};
use crate::trace::{Clock, is_being_written};
use crate::workflow::definition::Workflow;
use crate::workflow::run::{
    Again, RunOptions, RunParts, RunRequest, Surroundings, Watcher, WorkflowHistory, WorkflowResult,
    check_run, journal_of, most_at_once, resume_workflow, run_workflow,
};

/// How long what is told to stop may take where the file does not say.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// What the workflow runs of a process share.
#[derive(Clone)]
pub struct WorkflowParts {
    /// Starts their processes.
    pub spawner: Spawner,
    /// The time.
    pub clock: Clock,
    /// The environment that they see and that models are found with.
    pub environment: Environment,
    /// The project that graphs and models are named in.
    pub project: Project,
    /// The working directory.
    pub directory: PathBuf,
    /// Which models are asked.
    pub models: ModelRequest,
    /// Files that this process may open.
    pub files: OpenFiles,
}

impl WorkflowParts {
    /// For this process, which may open as many files as the system lets it from now on.
    ///
    /// # Errors
    /// The program does not find itself.
    pub fn of_this_process(
        environment: Environment,
        project: Project,
        directory: PathBuf,
        models: ModelRequest,
        clock: Clock,
    ) -> Result<Self, WorkflowError> {
        let program = std::env::current_exe();
        let program = program.map_err(|error| WorkflowError::file(Path::new("the program gaai"), &error))?;
        Ok(Self {
            spawner: Spawner::new(Settings::of_program(program)),
            clock,
            environment,
            project,
            directory,
            models,
            files: raise_open_files(),
        })
    }

    /// What these runs know of language models.
    pub(super) fn model_keys(&self) -> ModelKeys {
        ModelKeys {
            variables: self.environment.models.clone(),
            ..ModelKeys::default()
        }
    }
}

/// What a face hands to a run.
#[derive(Clone)]
pub struct WorkflowFace {
    /// Through it the user stops the run.
    pub cancel: Cancel,
    /// Through it the user stops it at once.
    pub insist: Cancel,
    /// Who hears of the events of a run in this directory.
    pub watch: Arc<dyn Fn(&Path) -> Watcher + Send + Sync>,
}

/// How a face wants a run to be begun.
pub struct WorkflowStart {
    /// The workflow.
    pub workflow: OpenedWorkflow,
    /// How to run it.
    pub options: RunOptions,
    /// The run's id; `None`: made from the time and the workflow's name.
    pub run: Option<RunId>,
    /// Directory that holds the runs.
    pub output: PathBuf,
}

/// A run that has its directory.
pub struct Launched {
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub directory: PathBuf,
    /// What its user should know before.
    pub warnings: Vec<String>,
    request: RunRequest,
    parts: RunParts,
    again: Option<Again>,
}

/// Makes the directory of a new run.
///
/// # Errors
/// What cannot be run; then nothing was made.
pub fn launch_workflow(
    start: WorkflowStart,
    parts: &WorkflowParts,
    face: &WorkflowFace,
) -> Result<Launched, WorkflowError> {
    let opened = start.workflow;
    check_run(&opened.workflow, &start.options)?;
    let names = run_names(start.run, (parts.clock)() / 1000, &opened.workflow.name);
    let (run, directory) = claim(&start.output, names)?;
    let home = opened.home(&parts.directory);
    let warnings = parts.too_few_files(&opened.workflow, &start.options);
    let file = opened.file.map_or(opened.name, |it| it.display().to_string());
    let name = &opened.workflow.name;
    let request = RunRequest {
        surroundings: parts.surroundings(name, &directory, parts.directory.clone(), home),
        workflow: opened.workflow,
        text: opened.text,
        file,
        options: start.options,
        run: run.clone(),
    };
    Ok(Launched {
        run,
        parts: parts.of_run(face, &directory),
        directory,
        warnings: warnings.into_iter().collect(),
        request,
        again: None,
    })
}

/// Takes up the run in `directory`: where it stopped, or with `is_retry` what failed of a run that has ended.
///
/// # Errors
/// A run that cannot be taken up so, with what to do instead.
pub fn take_up_workflow(
    directory: &Path,
    again: Again,
    is_retry: bool,
    parts: &WorkflowParts,
    face: &WorkflowFace,
) -> Result<Launched, WorkflowError> {
    let history = read_workflow_history(directory)?;
    if is_being_written(&journal_of(directory))? {
        return Err(WorkflowError::Invalid(format!(
            "run {} is running; `gaai workflow status {}` shows it",
            history.run, history.run
        )));
    }
    may_be_taken_up(&history, &again, is_retry)?;
    stopping::forget(directory)?;
    let (opened, mut warnings) = opened_again(&history)?;
    warnings.extend(parts.too_few_files(&opened.workflow, &history.options));
    let home = opened.home(&history.directory);
    let request = RunRequest {
        surroundings: parts.surroundings(&opened.workflow.name, directory, history.directory, home),
        workflow: opened.workflow,
        text: opened.text,
        file: history.file,
        options: history.options,
        run: history.run.clone(),
    };
    Ok(Launched {
        run: history.run,
        directory: directory.to_path_buf(),
        warnings,
        request,
        parts: parts.of_run(face, directory),
        again: Some(again),
    })
}

/// The workflow of a run as it stands now, and what its user should know of that.
fn opened_again(history: &WorkflowHistory) -> Result<(OpenedWorkflow, Vec<String>), WorkflowError> {
    let file = PathBuf::from(&history.file);
    let written = |file| OpenedWorkflow::of(history.definition.clone(), history.file.clone(), file);
    // One that gaai brings along has a name and no place.
    if !file.is_absolute() {
        return Ok((written(None)?, Vec::new()));
    }
    match fs::read_to_string(&file) {
        Ok(text) => {
            let opened = OpenedWorkflow::of(text, history.file.clone(), Some(file))?;
            let warnings = opened.warnings.clone();
            Ok((opened, warnings))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let warning = format!(
                "{} is gone; the run goes on with what it held when the run began",
                history.file
            );
            Ok((written(Some(file))?, vec![warning]))
        }
        Err(error) => Err(WorkflowError::file(&file, &error)),
    }
}

fn may_be_taken_up(history: &WorkflowHistory, again: &Again, is_retry: bool) -> Result<(), WorkflowError> {
    let run = &history.run;
    let advice = match (history.state, is_retry) {
        (None, true) => format!("it has not ended; take it up with `gaai workflow resume {run}`"),
        (Some(RunState::Succeeded), false) => {
            format!(
                "it succeeded; start another with `gaai workflow run {}`",
                history.file
            )
        }
        (Some(RunState::Failed | RunState::PartiallySucceeded), false) => {
            format!("it has ended; repeat its failed steps with `gaai workflow retry {run}`")
        }
        (Some(RunState::Succeeded), true) if again.repeat.is_empty() => {
            "no step failed; name one that is to be repeated with --step".to_owned()
        }
        _ => return Ok(()),
    };
    let what = if is_retry { "retried" } else { "resumed" };
    Err(WorkflowError::Invalid(format!(
        "run {run} cannot be {what}: {advice}"
    )))
}

/// Makes the first of the directories `output/NAME` that is free.
fn claim(output: &Path, names: impl Iterator<Item = RunId>) -> Result<(RunId, PathBuf), WorkflowError> {
    fs::create_dir_all(output).map_err(|error| WorkflowError::file(output, &error))?;
    let mut taken = String::new();
    for run in names {
        let directory = output.join(&run.0);
        match fs::create_dir(&directory) {
            Ok(()) => return Ok((run, directory)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = run.0,
            Err(error) => return Err(WorkflowError::file(&directory, &error)),
        }
    }
    Err(WorkflowError::Invalid(format!(
        "there is a run `{taken}` under {} already; choose another --run-id",
        output.display()
    )))
}

impl WorkflowParts {
    /// Of a run of `workflow` in `directory`, beside which the others are.
    fn surroundings(&self, workflow: &str, directory: &Path, base: PathBuf, home: PathBuf) -> Surroundings {
        Surroundings {
            expected: directory
                .parent()
                .map_or_else(BTreeMap::new, |it| expected(workflow, it)),
            directory: directory.to_path_buf(),
            base,
            home,
            environment: self.environment.processes.texts(),
            cores: cores(),
            most_children: self.files.children(),
            pools: self.environment.pools.clone(),
            stop_grace: STOP_GRACE,
        }
    }

    /// What to know where fewer steps can run at once than the workflow may have.
    fn too_few_files(&self, workflow: &Workflow, options: &RunOptions) -> Option<String> {
        too_few_files(self.files, most_at_once(workflow, options, cores()), "steps")
    }

    fn of_run(&self, face: &WorkflowFace, directory: &Path) -> RunParts {
        RunParts {
            spawner: self.spawner.clone(),
            clock: Arc::clone(&self.clock),
            calls: calls::calls(self, directory),
            cancel: face.cancel.clone(),
            insist: face.insist.clone(),
            watcher: (face.watch)(directory),
        }
    }
}

impl Launched {
    /// Carries the run to its end, which another process may ask for too.
    ///
    /// # Errors
    /// Nothing of the workflow ran then.
    pub async fn finish(self) -> Result<WorkflowResult, WorkflowError> {
        let directory = self.directory;
        let (cancel, insist) = (self.parts.cancel.clone(), self.parts.insist.clone());
        let result = tokio::select! {
            result = perform(self.request, self.parts, self.again) => result,
            never = stopping::heed(&directory, &cancel, &insist) => match never {},
        };
        stopping::forget(&directory)?;
        if result.is_err() {
            // Nothing stands in it if nothing began; else it stays.
            let _ = fs::remove_dir(&directory);
        }
        Ok(result?)
    }
}

async fn perform(
    request: RunRequest,
    parts: RunParts,
    again: Option<Again>,
) -> Result<WorkflowResult, crate::workflow::run::RunError> {
    match again {
        None => Box::pin(run_workflow(request, parts)).await,
        Some(again) => Box::pin(resume_workflow(request, parts, again)).await,
    }
}
