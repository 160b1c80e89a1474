//! A place for tests of workflows: a directory with small programs, a run in it, and what the run left.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gaai::flow::Cancel;
use gaai::model::event::Record;
use gaai::model::workflow_event::{StepState, WorkflowEvent};
use gaai::process::{CgroupPlaces, Settings, Spawner};
use gaai::trace::{Clock, read_journal};
use gaai::workflow::definition::load;
use gaai::workflow::run::{
    Again, Calls, RunError, RunOptions, RunParts, RunRequest, StepResult, Surroundings, WORKFLOW_JOURNAL,
    Watcher, WorkflowHistory, WorkflowResult, resume_workflow, run_workflow,
};

/// Long enough for anything here on a busy machine; nothing waits for it unless it fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the files that its arguments name exist: how steps of a test wait for each other.
const AWAIT: &str = "#!/bin/sh\nfor f in \"$@\"; do until [ -e \"$f\" ]; do sleep 0.01; done; done\n";

/// Tells its presence under the name `$1`, stays until `$2` others were there too, and leaves in `$1.peak`
/// how many it saw.
const MEET: &str = "#!/bin/sh
mkdir -p \"meet/$1\" && touch \"meet/$1/$$\" && touch \"came.$1.$$\"
ls \"meet/$1\" | wc -l >> \"$1.peak\"
until [ \"$(ls -d came.$1.* | wc -l)\" -ge \"$2\" ]; do sleep 0.01; done
ls \"meet/$1\" | wc -l >> \"$1.peak\"
rm \"meet/$1/$$\"
";

/// See the module.
pub(super) struct Room {
    /// The directory of the workflow's file.
    pub(super) base: tempfile::TempDir,
    /// The environment of its steps.
    pub(super) environment: BTreeMap<String, String>,
    /// How it runs.
    pub(super) options: RunOptions,
    /// Who performs steps that are no scripts.
    pub(super) calls: Calls,
    /// Its user's wish to stop.
    pub(super) cancel: Cancel,
    /// Its user's second wish.
    pub(super) insist: Cancel,
    /// Hears of its events.
    pub(super) watcher: Watcher,
    /// Starts its processes.
    pub(super) spawner: Spawner,
    /// Where it keeps the files of its run, and the directory of the workflow's file.
    places: (PathBuf, PathBuf),
    /// How long what is told to stop may take.
    pub(super) stop_grace: Duration,
}

impl Room {
    /// An empty one, with the programs `wait_for` and `meet`.
    pub(super) fn new() -> Self {
        Self::with(Spawner::new(Settings {
            program: Some(env!("CARGO_BIN_EXE_gaai").into()),
            adopt: false,
            rungs: Vec::new(),
            places: CgroupPlaces::of_this_process(),
        }))
    }

    /// The same with a spawner of one's own.
    pub(super) fn with(spawner: Spawner) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let base = tempfile::tempdir().unwrap();
        let base_path = base.path().to_path_buf();
        let case = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = format!("{}/bin:/usr/bin:/bin", base.path().display());
        let environment = [("PATH".to_owned(), path), ("GAAI_TEST_CASE".to_owned(), case)].into();
        std::fs::create_dir_all(base.path().join("run")).unwrap();
        let room = Self {
            base,
            environment,
            options: RunOptions::default(),
            calls: Calls::default(),
            cancel: Cancel::default(),
            insist: Cancel::default(),
            watcher: Arc::new(|_| ()),
            spawner,
            places: (base_path.join("run"), base_path.clone()),
            stop_grace: Duration::from_secs(10),
        };
        room.program("bin/wait_for", AWAIT);
        room.program("bin/meet", MEET);
        room
    }

    /// Lets it run in the room of another, whose programs it finds, with its files in `run`.
    pub(super) fn move_to(&mut self, base: &Path, run: &str) {
        std::fs::create_dir_all(base.join(run)).unwrap();
        let path = format!("{}/bin:/usr/bin:/bin", base.display());
        self.environment.insert("PATH".to_owned(), path);
        self.places = (base.join(run), base.to_path_buf());
    }

    /// Writes an executable file.
    pub(super) fn program(&self, name: &str, text: &str) {
        let path = self.base.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A path within it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    /// The lines of a file within it; none if it does not exist.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// The largest number in a file.
    pub(super) fn peak(&self, name: &str) -> usize {
        let numbers = self.lines(&format!("{name}.peak"));
        numbers
            .iter()
            .map(|it| it.trim().parse().unwrap())
            .max()
            .unwrap_or(0)
    }

    fn request(&self, yaml: &str) -> RunRequest {
        let loaded = load(yaml, "test.yaml").unwrap_or_else(|faults| panic!("{faults}"));
        RunRequest {
            workflow: loaded.workflow,
            text: yaml.to_owned(),
            file: "test.yaml".to_owned(),
            options: self.options.clone(),
            surroundings: Surroundings {
                directory: self.places.0.clone(),
                base: self.places.1.clone(),
                home: self.places.1.clone(),
                environment: self.environment.clone(),
                cores: Some(2),
                most_children: usize::MAX,
                pools: self.places.1.join("pools"),
                stop_grace: self.stop_grace,
                expected: BTreeMap::new(),
            },
            run: "run-1".into(),
        }
    }

    fn parts(&self) -> RunParts {
        RunParts {
            spawner: self.spawner.clone(),
            clock: clock(),
            calls: self.calls.clone(),
            cancel: self.cancel.clone(),
            insist: self.insist.clone(),
            watcher: Arc::clone(&self.watcher),
        }
    }

    /// Runs a workflow, which must begin.
    pub(super) async fn run(&self, yaml: &str) -> WorkflowResult {
        self.try_run(yaml).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs a workflow, if it begins.
    pub(super) async fn try_run(&self, yaml: &str) -> Result<WorkflowResult, RunError> {
        let run = run_workflow(self.request(yaml), self.parts());
        tokio::time::timeout(PATIENCE, run)
            .await
            .expect("the run does not end")
    }

    /// Takes the run up again.
    pub(super) async fn resume(&self, yaml: &str, force: bool) -> Result<WorkflowResult, RunError> {
        let again = Again {
            force,
            ..Again::default()
        };
        let run = resume_workflow(self.request(yaml), self.parts(), again);
        tokio::time::timeout(PATIENCE, run)
            .await
            .expect("the run does not end")
    }

    /// What the journal says.
    pub(super) fn events(&self) -> Vec<WorkflowEvent> {
        self.records().into_iter().map(|it| it.event).collect()
    }

    /// The journal's records.
    pub(super) fn records(&self) -> Vec<Record<WorkflowEvent>> {
        read_journal(&self.path("run").join(WORKFLOW_JOURNAL)).unwrap()
    }

    /// The fold of the journal.
    pub(super) fn history(&self) -> WorkflowHistory {
        WorkflowHistory::replay(&self.records()).unwrap()
    }

    /// The processes of this test that run.
    pub(super) fn survivors(&self) -> Vec<String> {
        survivors(&self.environment["GAAI_TEST_CASE"])
    }

    /// Every file below it that holds `text`.
    pub(super) fn files_with(&self, folder: &str, text: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.path(folder)];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|it| it.unwrap().path()));
            } else if contains(&std::fs::read(&path).unwrap_or_default(), text) {
                found.push(path);
            }
        }
        found
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

/// The processes that have this case in their environment.
pub(super) fn survivors(case: impl AsRef<OsStr>) -> Vec<String> {
    let mark = format!("GAAI_TEST_CASE={}\0", case.as_ref().display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|it| {
            contains(
                &std::fs::read(it.path().join("environ")).unwrap_or_default(),
                &mark,
            )
        })
        .map(|it| std::fs::read_to_string(it.path().join("stat")).unwrap_or_default())
        .collect()
}

/// The time.
pub(super) fn clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(since.unwrap().as_micros()).unwrap()
    })
}

/// Waits until it is so; looking again is the only way to learn it of other processes.
pub(super) async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

/// A step of the result.
pub(super) fn step<'a>(result: &'a WorkflowResult, id: &str) -> &'a StepResult {
    result
        .step_results
        .get(id)
        .unwrap_or_else(|| panic!("no step {id} in {:?}", result.step_results.keys()))
}

/// How a step ended, and in a word why.
pub(super) fn fate(result: &WorkflowResult, id: &str) -> (StepState, String) {
    let step = step(result, id);
    let why = step.reason.as_ref().or(step.error.as_ref());
    let word = why.map(|it| it.split(':').next().unwrap_or_default().to_owned());
    (step.state, word.unwrap_or_default())
}
