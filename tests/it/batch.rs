//! Batches of scripts: the examples of the guide they follow, under its names.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use gaai::process::{Gauge, Interpreters, MachineState, Settings, Spawner};
use gaai::workflow::{
    BatchOptions, ConcurrentExecutor, DEFAULT_MAX_CONCURRENT, ErrorKind, Module, ModuleResult,
    ResourceManager, Surroundings,
};

/// Long enough for anything here on a busy machine; nothing waits for it unless it fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

pub(super) const GB: u64 = 1 << 30;

/// A folder of scripts. Those called `.py` are read by the shell, so that no Python has to be there.
pub(super) struct Scripts(tempfile::TempDir);

impl Scripts {
    pub(super) fn new(scripts: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in scripts {
            let path = folder.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// So many scripts of this text, with their names.
    pub(super) fn many(count: usize, text: &str) -> (Self, Vec<Module>) {
        let folder = Self::new(&[]);
        let module = |it: usize| {
            fs::write(folder.path(&format!("module_{it}.py")), text).unwrap();
            Module::new(format!("module_{it}"), format!("module_{it}.py"))
        };
        let modules = (0..count).map(module).collect();
        (folder, modules)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(super) fn surroundings(&self) -> Surroundings {
        Surroundings {
            spawner: Spawner::new(Settings::default()),
            environment: BTreeMap::from([
                ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
                ("FOLDER".into(), self.0.path().into()),
            ]),
            directory: self.0.path().to_path_buf(),
            interpreters: Interpreters {
                python: Some("sh".into()),
                ..Interpreters::default()
            },
            gauge: None,
        }
    }

    pub(super) fn executor(&self, max_concurrent: usize) -> ConcurrentExecutor {
        ConcurrentExecutor::new(max_concurrent, None, self.surroundings()).unwrap()
    }

    pub(super) fn with(&self, max_concurrent: usize, options: BatchOptions) -> ConcurrentExecutor {
        ConcurrentExecutor::with_options(max_concurrent, None, self.surroundings(), options).unwrap()
    }

    pub(super) fn managed(
        &self,
        max_concurrent: usize,
        manager: ResourceManager,
        options: BatchOptions,
    ) -> ConcurrentExecutor {
        let around = self.surroundings();
        ConcurrentExecutor::with_options(max_concurrent, Some(manager), around, options).unwrap()
    }

    /// Waits until a script made the file.
    pub(super) async fn until(&self, name: &str) {
        let looked = tokio::time::timeout(PATIENCE, async {
            while !self.path(name).exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(looked.await.is_ok(), "{name} never came");
    }

    /// The most that ran at once, of scripts that print `+` and `-` into `log`.
    pub(super) fn peak(&self) -> usize {
        let (mut now, mut peak) = (0_usize, 0);
        for line in self.read("log").lines() {
            now = if line == "+" { now + 1 } else { now - 1 };
            peak = peak.max(now);
        }
        peak
    }
}

/// Tells of its beginning and its end.
pub(super) const LOGGED: &str = "echo + >> \"$FOLDER/log\"; sleep 0.02; echo - >> \"$FOLDER/log\"";

pub(super) fn machine(cpu_percent: f64, memory_available: u64) -> MachineState {
    MachineState {
        cpu_percent: Some(cpu_percent),
        memory_total: Some(64 * GB),
        memory_available: Some(memory_available),
        ..MachineState::default()
    }
}

pub(super) fn kinds(results: &[ModuleResult]) -> Vec<Option<ErrorKind>> {
    results.iter().map(|it| it.error_kind).collect()
}

pub(super) fn succeeded(results: &[ModuleResult]) -> usize {
    results.iter().filter(|it| it.success).count()
}

pub(super) fn error(result: &ModuleResult) -> &str {
    result.error.as_deref().unwrap_or_default()
}

#[tokio::test]
async fn basic_usage() {
    let scripts = Scripts::new(&[("path/to/script.py", "test \"$1\" = --verbose")]);
    let executor = scripts.executor(DEFAULT_MAX_CONCURRENT);
    let result = executor
        .execute_module("my_module", "path/to/script.py", &["--verbose"])
        .await;
    assert_eq!(
        (&*result.module_id, result.exit_code, result.success),
        ("my_module", 0, true)
    );
    assert_eq!(
        (result.error, result.error_kind, result.attempts),
        (None, None, 1)
    );
    executor.cleanup();
}

#[tokio::test]
async fn batch_execution() {
    let scripts = Scripts::new(&[
        ("scripts/module1.py", "sleep 0.2; test \"$*\" = --arg1"),
        ("scripts/module2.py", "exit 3"),
        ("scripts/module3.py", "test \"$*\" = '--verbose --debug'"),
    ]);
    let executor = scripts.executor(DEFAULT_MAX_CONCURRENT);
    let words = |it: &[&str]| Some(it.iter().map(|it| (*it).to_owned()).collect());
    let modules = [
        ("module1", "scripts/module1.py", words(&["--arg1"])),
        ("module2", "scripts/module2.py", None),
        ("module3", "scripts/module3.py", words(&["--verbose", "--debug"])),
    ];
    let results = executor.execute_batch(modules).await;
    let told: Vec<_> = results.iter().map(|it| (&*it.module_id, it.exit_code)).collect();
    assert_eq!(told, [("module1", 0), ("module2", 3), ("module3", 0)]);
    assert_eq!(error(&results[1]), "Module exited with code 3");
    assert_eq!(executor.execute_batch(Vec::<Module>::new()).await, []);
}

#[tokio::test]
async fn max_concurrent_must_be_at_least_1() {
    let around = Scripts::new(&[]).surroundings();
    let error = ConcurrentExecutor::new(0, None, around).unwrap_err();
    assert_eq!(error.to_string(), "max_concurrent must be at least 1");
}

#[tokio::test]
async fn example_1_basic_concurrent_execution() {
    let (scripts, modules) = Scripts::many(20, LOGGED);
    let results = scripts.executor(5).execute_batch(modules).await;
    assert_eq!(succeeded(&results), 20);
    assert!(scripts.peak() <= 5, "{}", scripts.peak());
}

#[tokio::test]
async fn example_2_with_resource_management() {
    let (scripts, modules) = Scripts::many(20, "exit 0");
    let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(10.0, 64 * GB)));
    let executor = scripts.managed(10, manager, BatchOptions::default());
    let (results, summary) = executor.execute_batch_summed(modules).await;
    assert_eq!((succeeded(&results), results.len()), (20, 20));
    assert_eq!((summary.succeeded, summary.failed), (20, 0));
    let stats = executor.get_system_stats().unwrap();
    assert_eq!(
        (stats.cpu_percent, stats.memory_available_gb),
        (Some(10.0), Some(64.0))
    );
}

#[tokio::test]
async fn resource_limit_exceeded() {
    let (scripts, modules) = Scripts::many(3, "touch \"$FOLDER/ran\"");
    let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(95.0, 64 * GB)));
    let executor = scripts.managed(10, manager, BatchOptions::default());
    let results = executor.execute_batch(modules).await;
    for result in &results {
        let text = "Insufficient system resources: CPU usage too high: 95.0% (threshold: 80.0%)";
        assert_eq!(
            (error(result), result.exit_code, result.success),
            (text, -1, false)
        );
        assert_eq!(result.error_kind, Some(ErrorKind::ResourceLimit));
    }
    assert!(!scripts.path("ran").exists());
}

#[tokio::test]
async fn a_refused_module_is_tried_again_when_resources_free_up() {
    let (scripts, modules) = Scripts::many(2, "exit 0");
    let gauge = Gauge::showing(machine(99.0, 64 * GB));
    let manager = ResourceManager::new(80.0, 4.0, gauge.clone());
    let mut options = BatchOptions {
        retry_on: [ErrorKind::ResourceLimit].into(),
        ..BatchOptions::default()
    };
    options.retry.max_attempts = 1000;
    options.retry.base = Duration::from_millis(1);
    options.retry.cap = Duration::from_millis(1);
    let executor = scripts.managed(2, manager, options);
    let (results, ()) = tokio::join!(executor.execute_batch(modules), async {
        // Both have been refused at least once: the flow runs before this goes on.
        tokio::time::sleep(Duration::from_millis(20)).await;
        gauge.set(machine(1.0, 64 * GB));
    });
    assert_eq!(succeeded(&results), 2);
    assert!(results.iter().all(|it| it.attempts > 1));
}

#[tokio::test]
async fn example_3_handling_partial_failures() {
    let scripts = Scripts::new(&[
        ("scripts/module_a.py", "exit 0"),
        ("scripts/module_b.py", "echo no source >&2; exit 4"),
        ("scripts/module_c.py", "kill -9 $$"),
    ]);
    let modules = ["module_a", "module_b", "module_c", "module_d"]
        .map(|it| (it, PathBuf::from(format!("scripts/{it}.py")), None));
    let results = scripts.executor(5).execute_batch(modules).await;
    use ErrorKind::{Exit, NotFound, Signal};
    assert_eq!(kinds(&results), [None, Some(Exit), Some(Signal), Some(NotFound)]);
    assert_eq!(error(&results[1]), "Module exited with code 4: no source");
    assert_eq!((results[2].exit_code, results[2].signal), (-9, Some(9)));
    assert!(results.iter().all(|it| it.success == it.error.is_none()));
}

#[tokio::test]
async fn script_not_found() {
    let scripts = Scripts::new(&[]);
    let executor = scripts.executor(1);
    let result = executor.execute_module("missing", "nonexistent.py", &[]).await;
    let text = format!(
        "Script file not found: {}",
        scripts.path("nonexistent.py").display()
    );
    assert_eq!((error(&result), result.exit_code), (&*text, -1));
    assert_eq!(result.error_kind, Some(ErrorKind::NotFound));
    let result = executor.execute_module("missing", "no/such/folder.py", &[]).await;
    assert!(error(&result).starts_with("Script file not found: /"));
}

#[tokio::test]
async fn example_4_dynamic_batch_processing() {
    let (scripts, modules) = Scripts::many(
        9,
        "ls \"$FOLDER\" | grep -c done- > \"$0.seen\"; touch \"$FOLDER/done-$$\"",
    );
    let options = BatchOptions {
        batch_size: NonZeroUsize::new(3),
        batch_delay: Duration::from_millis(20),
        ..BatchOptions::default()
    };
    let results = scripts.with(5, options).execute_batch(modules).await;
    assert_eq!(succeeded(&results), 9);
    for place in 0..9 {
        let seen: usize = scripts
            .read(&format!("module_{place}.py.seen"))
            .trim()
            .parse()
            .unwrap();
        assert!(
            seen >= place / 3 * 3,
            "module {place} began before its batch: {seen}"
        );
        assert!(
            seen < place / 3 * 3 + 3,
            "module {place} began after its batch: {seen}"
        );
    }
}

#[tokio::test]
async fn robust_batch_execution_decides_by_the_kind_and_not_by_words() {
    let scripts = Scripts::new(&[("a.py", "echo resource not found: timed out >&2; exit 1")]);
    let result = scripts.executor(1).execute_module("a", "a.py", &[]).await;
    assert!(error(&result).to_lowercase().contains("resource"));
    assert_eq!(result.error_kind, Some(ErrorKind::Exit));
}

#[tokio::test]
async fn execute_with_timeout_leaves_no_grandchild() {
    let text = "trap '' TERM\n(trap '' TERM; echo $$ > \"$FOLDER/began\"; while :; do sleep 0.02; date > \"$FOLDER/alive\"; done) &\nwait";
    let scripts = Scripts::new(&[("hangs.py", text)]);
    let options = BatchOptions {
        timeout: Some(Duration::from_millis(500)),
        stop_grace: Duration::from_millis(50),
        ..BatchOptions::default()
    };
    let result = scripts
        .with(1, options)
        .execute_module("hangs", "hangs.py", &[])
        .await;
    assert_eq!(error(&result), "Module execution timed out after 0.5s");
    assert_eq!(
        (result.exit_code, result.error_kind),
        (-1, Some(ErrorKind::Timeout))
    );
    // Nobody is left to write it again.
    fs::remove_file(scripts.path("alive")).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!scripts.path("alive").exists());
}

#[tokio::test]
async fn benchmark_concurrency() {
    let (scripts, modules) = Scripts::many(20, LOGGED);
    for max_concurrent in [5, 10, 20, 50] {
        let executor = scripts.executor(max_concurrent);
        let (_, summary) = executor.execute_batch_summed(modules.clone()).await;
        assert_eq!((summary.total, summary.succeeded), (20, 20));
        assert!(summary.throughput() > 0.0 && summary.peak_running <= max_concurrent);
    }
}
