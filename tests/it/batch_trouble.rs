//! Batches of scripts that misbehave: every module has one result, and nobody is left.
#![cfg(unix)]

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream;
use gaai::model::event::RunState;
use gaai::process::Gauge;
use gaai::workflow::definition::TimeLimit;
use gaai::workflow::{
    BatchOptions, ConcurrentExecutor, ErrorKind, Module, ModuleResult, OnInsufficient, ResourceManager,
};
use tokio::sync::mpsc;

use super::batch::{GB, LOGGED, PATIENCE, Scripts, error, kinds, machine, succeeded};

/// The limit is that of the executor, not of each call.
#[tokio::test]
async fn modules_executed_one_by_one_share_the_limit() {
    let (scripts, modules) = Scripts::many(12, LOGGED);
    let executor = scripts.executor(3);
    let each = modules
        .iter()
        .map(|it| executor.execute_module(&it.module_id, &it.script_path, &[]));
    let results = futures_util::future::join_all(each).await;
    assert_eq!(succeeded(&results), 12);
    assert!(scripts.peak() <= 3, "{}", scripts.peak());
}

/// Free memory for three: the others are refused while the three have not ended.
#[tokio::test]
async fn twenty_starts_cannot_over_reserve_memory() {
    let (scripts, modules) = Scripts::many(20, "until test -e \"$FOLDER/go\"; do sleep 0.02; done");
    let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(10.0, 13 * GB)));
    let executor = scripts.managed(20, manager, BatchOptions::default());
    let (sender, mut results) = mpsc::channel(20);
    let reading = async {
        let mut all = Vec::new();
        while let Some(result) = results.recv().await {
            all.push(result);
            if all.len() == 17 {
                fs::write(scripts.path("go"), "").unwrap();
            }
        }
        all
    };
    let (summary, all) = tokio::join!(executor.execute_stream(stream::iter(modules), sender), reading);
    assert_eq!(summary.peak_running, 3);
    assert_eq!(
        (summary.succeeded, summary.failures[&ErrorKind::ResourceLimit]),
        (3, 17)
    );
    assert!(all[..17].iter().all(|it| error(it)
        == "Insufficient system resources: Insufficient memory: 1.0GB available (required: 4.0GB)"));
}

#[tokio::test]
async fn who_waits_for_room_gets_it_and_no_memory_is_reserved_twice() {
    let (scripts, modules) = Scripts::many(12, LOGGED);
    let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(10.0, 9 * GB)));
    let options = BatchOptions {
        on_insufficient: OnInsufficient::Wait { limit: None },
        ..BatchOptions::default()
    };
    let executor = scripts.managed(10, manager, options);
    let (results, summary) = executor.execute_batch_summed(modules).await;
    assert_eq!((succeeded(&results), summary.peak_running), (12, 2));
    assert!(scripts.peak() <= 2);
    assert!(results.iter().all(|it| it.attempts == 1));
}

#[tokio::test]
async fn room_that_never_comes_ends_the_wait() {
    let (scripts, modules) = Scripts::many(6, "exit 0");
    let manager = ResourceManager::new(80.0, 4.0, Gauge::showing(machine(99.0, 64 * GB)));
    let options = BatchOptions {
        on_insufficient: OnInsufficient::Wait {
            limit: Some(Duration::from_millis(300)),
        },
        ..BatchOptions::default()
    };
    let executor = scripts.managed(2, manager, options);
    let results = executor.execute_batch(modules).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::ResourceLimit); 6]);
    assert!(
        results
            .iter()
            .all(|it| it.attempts == 0 && error(it).contains("CPU usage too high: 99.0%"))
    );
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let scripts = Scripts::new(&[
        ("folder/a.py", ""),
        ("b.xyz", "#!/no/such/interpreter\n"),
        ("c.xyz", "no first line"),
        ("d.sh", "exit 0"),
    ]);
    let mut modules = ["folder", "b.xyz", "c.xyz", "d.sh"].map(|it| Module::new(it, it));
    modules[3].cwd = Some("nowhere".into());
    let results = scripts.executor(4).execute_batch(modules).await;
    assert_eq!(kinds(&results), [Some(ErrorKind::Spawn); 4]);
    for (result, text) in results.iter().zip([
        "is a directory",
        "/no/such/interpreter",
        "nothing is known that runs",
        "working directory",
    ]) {
        assert!(
            error(result).starts_with("Module could not be started: "),
            "{result:?}"
        );
        assert!(error(result).contains(text), "{result:?}");
        assert_eq!(result.exit_code, -1);
    }
}

#[tokio::test]
async fn a_module_has_its_own_limit_and_may_be_tried_again() {
    let scripts = Scripts::new(&[("slow.py", "test $GAAI_ATTEMPT = 3 || sleep 60")]);
    let mut options = BatchOptions {
        timeout: Some(PATIENCE),
        ..BatchOptions::default()
    };
    options.retry.max_attempts = 3;
    options.retry.base = Duration::from_millis(1);
    // On a busy machine a short limit may end the last attempt too.
    for limit in [400, 4_000, 40_000] {
        let module = Module {
            timeout: Some(TimeLimit(Duration::from_millis(limit))),
            ..Module::new("slow", "slow.py")
        };
        let executor = scripts.with(1, options.clone());
        let result = executor.execute_batch([module]).await.remove(0);
        assert_eq!(result.attempts, 3, "{result:?}");
        if result.success {
            return;
        }
    }
    panic!("its last attempt never ended well");
}

#[tokio::test]
async fn the_limit_of_a_batch_ends_it_with_all_results() {
    let (scripts, mut modules) = Scripts::many(5, "sleep 60");
    fs::write(scripts.path("module_0.py"), "exit 0").unwrap();
    modules[0].priority = 1;
    let options = BatchOptions {
        batch_timeout: Some(Duration::from_secs(2)),
        batch_size: NonZeroUsize::new(4),
        ..BatchOptions::default()
    };
    let executor = scripts.with(2, options);
    let (results, summary) = executor.execute_batch_summed(modules).await;
    let timeout = Some(ErrorKind::Timeout);
    assert_eq!(kinds(&results), [None, timeout, timeout, timeout, timeout]);
    assert_eq!(
        error(&results[1]),
        "Module execution timed out after 2s, the time limit of the batch"
    );
    let never = "Batch execution timed out after 2s, before this module was started";
    assert_eq!((error(&results[3]), error(&results[4])), (never, never));
    assert_eq!(summary.state, RunState::TimedOut);
}

#[tokio::test]
async fn a_cancelled_batch_returns_all_results() {
    let (scripts, modules) = Scripts::many(30, "touch \"$FOLDER/began\"; sleep 60");
    let options = BatchOptions {
        batch_size: NonZeroUsize::new(20),
        ..BatchOptions::default()
    };
    let executor = scripts.with(4, options);
    let stopping = async {
        scripts.until("began").await;
        executor.cancel();
    };
    let ((results, summary), ()) = tokio::join!(executor.execute_batch_summed(modules.clone()), stopping);
    assert_eq!(kinds(&results), [Some(ErrorKind::Cancelled); 30]);
    assert!(results.iter().all(|it| !error(it).is_empty()));
    let indices: Vec<usize> = results.iter().map(|it| it.index).collect();
    assert_eq!(indices, (0..30).collect::<Vec<_>>());
    assert_eq!((summary.total, summary.failed), (30, 30));
    assert_eq!(summary.state, RunState::Cancelled);
    // Nothing begins later either.
    assert_eq!(executor.execute_batch(modules).await.len(), 30);
}

#[tokio::test]
async fn a_second_wish_kills_what_ignores_the_first() {
    let scripts = Scripts::new(&[(
        "stubborn.py",
        "trap '' TERM; touch \"$FOLDER/began\"; while :; do sleep 0.05; done",
    )]);
    let options = BatchOptions {
        stop_grace: PATIENCE * 10,
        ..BatchOptions::default()
    };
    let executor = scripts.with(1, options);
    let stopping = async {
        scripts.until("began").await;
        executor.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(executor.shutdown().await);
    };
    let ran = async { tokio::join!(executor.execute_module("stubborn", "stubborn.py", &[]), stopping) };
    let (result, ()) = tokio::time::timeout(PATIENCE, ran).await.unwrap();
    assert_eq!(
        (error(&result), result.error_kind),
        ("Module execution was cancelled", Some(ErrorKind::Cancelled))
    );
}

#[tokio::test]
async fn a_dropped_batch_leaves_nobody() {
    let scripts = Scripts::new(&[(
        "a.py",
        "touch \"$FOLDER/began\"; while :; do touch \"$FOLDER/alive\"; sleep 0.01; done",
    )]);
    let around = scripts.surroundings();
    let spawner = around.spawner.clone();
    let executor = ConcurrentExecutor::new(1, None, around).unwrap();
    tokio::select! {
        _ = executor.execute_module("a", "a.py", &[]) => unreachable!("it never ends"),
        () = scripts.until("began") => {}
    }
    assert!(executor.shutdown().await && spawner.settled(PATIENCE).await);
    let _ = fs::remove_file(scripts.path("alive"));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(!scripts.path("alive").exists());
}

/// Nobody reads 200 kB, and a module that prints them ends all the same.
#[tokio::test]
async fn much_output_that_nobody_reads_blocks_nobody() {
    let scripts = Scripts::new(&[
        (
            "much.py",
            "head -c 200000 /dev/zero; head -c 200000 /dev/zero >&2",
        ),
        (
            "more.py",
            "head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2; echo last words >&2; exit 1",
        ),
    ]);
    let modules = ["much", "more"].map(|it| Module::new(it, format!("{it}.py")));
    let results = scripts.executor(2).execute_batch(modules.clone()).await;
    assert_eq!(kinds(&results), [None, Some(ErrorKind::Exit)]);
    assert!(error(&results[1]).ends_with("last words"));
    assert!(error(&results[1]).len() < 10_000);
    let options = BatchOptions {
        output: Some(scripts.path("kept")),
        ..BatchOptions::default()
    };
    let kept = scripts.with(2, options);
    for _ in 0..2 {
        let results = kept.execute_batch(modules.clone()).await;
        let size = |it: &Option<PathBuf>| fs::metadata(it.as_ref().unwrap()).unwrap().len();
        assert_eq!(size(&results[0].stdout_path), 200_000);
        assert_eq!(size(&results[1].stderr_path), 10_000_011);
    }
}

#[tokio::test]
async fn attempts_are_counted_and_pauses_hold_no_place() {
    let scripts = Scripts::new(&[
        ("flaky.py", "echo $GAAI_ATTEMPT >> \"$FOLDER/attempts\"; exit 7"),
        ("gone.py", "exit 0"),
    ]);
    fs::remove_file(scripts.path("gone.py")).unwrap();
    let mut options = BatchOptions::default();
    options.retry.max_attempts = 3;
    options.retry.base = Duration::from_millis(1);
    let modules = ["flaky", "gone"].map(|it| Module::new(it, format!("{it}.py")));
    let results = scripts.with(1, options).execute_batch(modules).await;
    assert_eq!((results[0].attempts, results[0].exit_code), (3, 7));
    assert_eq!(scripts.read("attempts"), "1\n2\n3\n");
    assert_eq!(results[1].attempts, 1, "what is not there is not tried again");
}

/// Not more modules are read than there is room for results, plus the one in hand.
#[tokio::test]
async fn two_thousand_modules_are_streamed_with_bounded_memory() {
    const ROOM: usize = 16;
    let scripts = Scripts::new(&[("a.sh", "exit 0")]);
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let modules = stream::iter((0..2000).map(move |it| {
        counter.fetch_add(1, Ordering::SeqCst);
        Module::new(format!("m{it}"), "a.sh")
    }));
    let executor = scripts.executor(4);
    let (sender, mut results) = mpsc::channel::<ModuleResult>(ROOM);
    let taking = async {
        let mut seen = vec![false; 2000];
        let mut taken = 0;
        while let Some(result) = results.recv().await {
            taken += 1;
            let ahead = read.load(Ordering::SeqCst) - taken;
            assert!(ahead <= ROOM + 1, "{ahead} modules in memory");
            assert!(result.success && !std::mem::replace(&mut seen[result.index], true));
        }
        taken
    };
    let (summary, taken) = tokio::join!(executor.execute_stream(modules, sender), taking);
    assert_eq!((taken, summary.succeeded, summary.total), (2000, 2000, 2000));
}

#[tokio::test]
async fn results_that_nobody_wants_cancel_the_batch() {
    let (scripts, modules) = Scripts::many(50, "touch \"$FOLDER/began\"; sleep 60");
    let executor = scripts.executor(2);
    let (sender, results) = mpsc::channel(4);
    let leaving = async {
        scripts.until("began").await;
        drop(results);
    };
    let ran = async { tokio::join!(executor.execute_stream(stream::iter(modules), sender), leaving) };
    let (summary, ()) = tokio::time::timeout(PATIENCE, ran).await.unwrap();
    assert_eq!(summary.state, RunState::Cancelled);
    assert!(summary.total <= 5);
}

#[tokio::test]
async fn modules_that_cannot_be_read_leave_the_others_alone() {
    let scripts = Scripts::new(&[("a.sh", "exit 0")]);
    let modules = stream::iter((0..5).map(|it| {
        assert!(it < 3, "the fourth is torn");
        Module::new(it.to_string(), "a.sh")
    }));
    let (sender, _results) = mpsc::channel(8);
    let summary = scripts.executor(1).execute_stream(modules, sender).await;
    assert_eq!((summary.succeeded, summary.total), (3, 3));
    assert!(summary.unread.unwrap().contains("the fourth is torn"));
    assert_eq!(summary.state, RunState::Failed);
}
