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

use super::heard::Heard;

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

    /// Processes that know this folder.
    fn survivors(&self) -> usize {
        let mark = format!("FOLDER={}\0", self.0.path().display()).into_bytes();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let environments = processes.filter_map(|it| fs::read(it.path().join("environ")).ok());
        environments
            .filter(|it| it.windows(mark.len()).any(|part| part == mark))
            .count()
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

/// The same, and ends only when so many have begun: with fewer at once none would.
fn beside(count: usize) -> String {
    format!(
        "echo + >> \"$FOLDER/log\"; until [ $(grep -c + \"$FOLDER/log\") -ge {count} ]; do sleep 0.01; done; \
         echo - >> \"$FOLDER/log\""
    )
}

/// For what would hang if it failed.
fn patient() -> BatchOptions {
    BatchOptions {
        timeout: Some(PATIENCE),
        ..BatchOptions::default()
    }
}

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
    let (scripts, modules) = Scripts::many(20, &beside(5));
    let results = scripts.with(5, patient()).execute_batch(modules).await;
    assert_eq!(succeeded(&results), 20);
    assert_eq!(scripts.peak(), 5);
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
    let heard = Heard::by("gaai=debug");
    let (results, ()) = tokio::join!(executor.execute_batch(modules), async {
        let is_refused = |it: &str| {
            heard
                .text()
                .lines()
                .any(|line| line.contains("tried again") && line.contains(it))
        };
        while !(is_refused("module_0") && is_refused("module_1")) {
            tokio::task::yield_now().await;
        }
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
    let text =
        "trap '' TERM\n(trap '' TERM; echo $$ > \"$FOLDER/began\"; while :; do sleep 0.02; done) &\nwait";
    let scripts = Scripts::new(&[("hangs.py", text)]);
    // On a busy machine a short limit may end it before it has begun.
    for limit in [0.5, 5.0, 50.0] {
        let options = BatchOptions {
            timeout: Some(Duration::from_secs_f64(limit)),
            stop_grace: Duration::from_millis(50),
            ..BatchOptions::default()
        };
        let result = scripts
            .with(1, options)
            .execute_module("hangs", "hangs.py", &[])
            .await;
        assert_eq!(
            error(&result),
            format!("Module execution timed out after {limit}s")
        );
        assert_eq!(
            (result.exit_code, result.error_kind),
            (-1, Some(ErrorKind::Timeout))
        );
        assert_eq!(scripts.survivors(), 0, "nobody is left");
        if scripts.path("began").exists() {
            return;
        }
    }
    panic!("it never began");
}

/// 003-24: the events say what the results say.
#[tokio::test]
async fn a_batch_tells_of_its_start_its_failures_and_its_totals() {
    let scripts = Scripts::new(&[("good.py", "exit 0"), ("bad.py", "exit 3")]);
    let heard = Heard::by("gaai=info");
    let modules = ["good", "bad", "gone"].map(|it| Module::new(it, format!("{it}.py")));
    let (results, summary) = scripts.executor(2).execute_batch_summed(modules).await;
    let text = heard.text();
    let line = |words: &str| {
        text.lines()
            .find(|it| it.contains(words))
            .unwrap_or_else(|| panic!("{words}: {text}"))
    };
    assert!(
        line("batch started").contains("max_concurrent=2 batch.total=3"),
        "{text}"
    );
    assert_eq!(
        heard.count("module failed"),
        results.iter().filter(|it| !it.success).count()
    );
    for (module, kind) in [("bad", "exit"), ("gone", "notFound")] {
        let words = format!("module.id=\"{module}\" error.kind=\"{kind}\"");
        assert!(line(&words).contains("module failed: "), "{text}");
    }
    let totals = format!(
        "batch.total={} batch.succeeded={} batch.failed={}",
        summary.total, summary.succeeded, summary.failed
    );
    assert!(line("batch ended").contains(&totals), "{totals}: {text}");
    assert_eq!((summary.total, summary.succeeded, summary.failed), (3, 1, 2));
}

#[tokio::test]
async fn benchmark_concurrency() {
    for max_concurrent in [5, 10, 20, 50] {
        let at_once = max_concurrent.min(20);
        let (scripts, modules) = Scripts::many(20, &beside(at_once));
        let executor = scripts.with(max_concurrent, patient());
        let (_, summary) = executor.execute_batch_summed(modules).await;
        assert_eq!((summary.total, summary.succeeded), (20, 20));
        assert_eq!((summary.peak_running, scripts.peak()), (at_once, at_once));
        assert!(summary.throughput() > 0.0);
    }
}
