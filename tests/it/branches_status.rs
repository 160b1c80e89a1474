//! Statuses of branches: batches, retries, the journal as fallback, and that none is lost (004-6, 004-7, 004-P7).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gaai::model::event::RunState;
use gaai::model::id::RunId;
use gaai::workflow::branches::{
    Branch, ProcessingContext, Status, StatusJournal, StatusRecord, StatusTarget,
};
use tempfile::TempDir;
use tokio::time::Instant;

use super::branch_case::{millis, nap, run};

/// A database of the tests, which refuses so many commits.
#[derive(Clone, Default)]
struct Table(Arc<Inner>);

#[derive(Default)]
struct Inner {
    refuse: AtomicUsize,
    rows: Mutex<Vec<StatusRecord>>,
    /// When each commit came, and how many records it had.
    commits: Mutex<Vec<(u128, usize)>>,
}

impl Table {
    fn refusing(count: usize) -> Self {
        let table = Self::default();
        table.0.refuse.store(count, Ordering::Relaxed);
        table
    }

    fn target(&self, directory: &TempDir) -> StatusTarget {
        let (inner, began) = (Arc::clone(&self.0), Instant::now());
        let sink = move |batch: &[StatusRecord]| {
            let mut commits = inner.commits.lock().unwrap();
            commits.push((began.elapsed().as_millis(), batch.len()));
            let less = |it: usize| it.checked_sub(1);
            let refused = inner
                .refuse
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
            if refused.is_err() {
                inner.rows.lock().unwrap().extend_from_slice(batch);
            }
            let answer = if refused.is_ok() {
                Err("the database is away".to_owned())
            } else {
                Ok(())
            };
            async move { answer }
        };
        StatusTarget {
            sink: Arc::new(sink),
            journal: Arc::new(StatusJournal::open(&path(directory)).unwrap()),
        }
    }

    fn commits(&self) -> Vec<(u128, usize)> {
        self.0.commits.lock().unwrap().clone()
    }

    fn rows(&self) -> Vec<StatusRecord> {
        self.0.rows.lock().unwrap().clone()
    }
}

fn path(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("status.jsonl")
}

fn writing(table: &Table, directory: &TempDir) -> ProcessingContext {
    let mut context = ProcessingContext::new(RunId::from("run"), "tests");
    context.status = Some(table.target(directory));
    context
}

/// Whether the rows are all statuses of a run, each once, in order.
fn are_whole(rows: &[StatusRecord]) -> bool {
    let is_in_order = rows.iter().enumerate().all(|(place, it)| it.seq == place as u64);
    let ends = rows.last().map(|it| &it.status);
    is_in_order && matches!(ends, Some(Status::RunFinished { .. }))
}

/// 004-P7
#[tokio::test(start_paused = true)]
async fn statuses_are_committed_in_batches_of_their_number_or_their_time() {
    let directory = tempfile::tempdir().unwrap();
    let table = Table::default();
    let many = Branch {
        times: 200,
        ..nap("many", 1)
    };
    let mut wide = writing(&table, &directory);
    wide.settings.max_concurrent_branches = 200;
    let report = run(wide, vec![many, nap("late", 50)]).await;
    assert_eq!((report.branches.succeeded, report.statuses_kept), (201, 0));
    assert!(are_whole(&table.rows()));
    let commits = table.commits();
    let records: usize = commits.iter().map(|it| it.1).sum();
    // Start and end of each branch and of the run; no batch has more than 64.
    assert_eq!(records, 2 * 201 + 2);
    assert!(commits.iter().all(|it| it.1 <= 64), "{commits:?}");
    assert_eq!(commits.len(), 404_usize.div_ceil(64) + 1, "{commits:?}");
    // The rest of what happened after 1 ms waits 5 ms for more; what ends the run waits for nothing.
    let at: Vec<u128> = commits.iter().map(|it| it.0).collect();
    assert!(at.ends_with(&[1, 6, 51]), "{commits:?}");
}

/// 004-P7: more than wait in memory, through the journal, to a sink that is well and takes its time.
#[tokio::test(start_paused = true)]
async fn more_statuses_than_wait_at_once_reach_the_sink_once_each_in_order() {
    const BRANCHES: u32 = 20_000;
    let directory = tempfile::tempdir().unwrap();
    let rows = Arc::new(Mutex::new(Vec::new()));
    let table = Arc::clone(&rows);
    let mut context = ProcessingContext::new(RunId::from("run"), "tests");
    context.settings.max_concurrent_branches = 5000;
    context.status = Some(StatusTarget {
        sink: Arc::new(move |batch: &[StatusRecord]| {
            table.lock().unwrap().extend_from_slice(batch);
            async {
                tokio::time::sleep(millis(5)).await;
                Ok(())
            }
        }),
        journal: Arc::new(StatusJournal::open(&path(&directory)).unwrap()),
    });
    let many = Branch {
        times: BRANCHES,
        ..nap("many", 1)
    };
    let report = run(context, vec![many]).await;
    let rows = rows.lock().unwrap();
    assert_eq!(
        rows.len(),
        2 * BRANCHES as usize + 2,
        "none is missing, none comes twice"
    );
    assert!(are_whole(&rows));
    assert_eq!((report.state, report.statuses_kept), (RunState::Succeeded, 0));
    assert!(!path(&directory).exists());
}

/// 004-6
#[tokio::test(start_paused = true)]
async fn a_commit_that_fails_is_tried_again_after_100_200_400_and_800_ms() {
    let directory = tempfile::tempdir().unwrap();
    let table = Table::refusing(4);
    let report = run(writing(&table, &directory), vec![nap("a", 1)]).await;
    assert_eq!((report.state, report.statuses_kept), (RunState::Succeeded, 0));
    let at: Vec<u128> = table.commits().iter().map(|it| it.0).collect();
    let pauses: Vec<u128> = at.windows(2).map(|it| it[1] - it[0]).collect();
    assert_eq!(pauses, [100, 200, 400, 800]);
    assert!(are_whole(&table.rows()) && !path(&directory).exists());
}

/// 004-7
#[tokio::test(start_paused = true)]
async fn what_the_sink_does_not_take_is_in_the_journal_and_comes_back_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let table = Table::refusing(6);
    let branches = vec![nap("a", 10), nap("b", 3000), nap("c", 6000)];
    let report = run(writing(&table, &directory), branches).await;
    assert_eq!((report.state, report.statuses_kept), (RunState::Succeeded, 0));
    assert!(are_whole(&table.rows()), "{:?}", table.rows());
    assert!(!path(&directory).exists(), "it is kept nowhere twice");
}

/// 004-7
#[tokio::test(start_paused = true)]
async fn a_sink_that_stays_away_is_told_and_rebuilt_by_the_next_run() {
    let directory = tempfile::tempdir().unwrap();
    let away = Table::refusing(usize::MAX);
    let report = run(writing(&away, &directory), vec![nap("a", 10)]).await;
    assert_eq!((report.state, report.statuses_kept), (RunState::Succeeded, 4));
    assert!(path(&directory).exists());

    let table = Table::default();
    let mut next = writing(&table, &directory);
    next.flow_session_id = RunId::from("run-2");
    let report = run(next, vec![nap("b", 10)]).await;
    assert_eq!(report.statuses_kept, 0);
    let rows = table.rows();
    let (first, second) = rows.split_at(4);
    assert!(are_whole(first) && are_whole(second), "{rows:?}");
    assert_eq!(
        (first[0].run.0.as_str(), second[0].run.0.as_str()),
        ("run", "run-2")
    );
}

/// 004-7
#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_leaves_its_statuses_to_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let table = Table::refusing(usize::MAX);
    let context = writing(&table, &directory);
    let running = run(context, vec![nap("a", 10), nap("b", 500)]);
    let dropped = tokio::time::timeout(millis(200), running).await;
    assert!(dropped.is_err());
    let journal = StatusJournal::open(&path(&directory)).unwrap();
    let (records, _) = journal.next(usize::MAX).unwrap();
    // The run and both branches began, and one is over.
    assert_eq!(records.len(), 4, "{records:?}");
}

/// Neither the sink nor the journal: then nothing more begins, and the run is not told as well.
#[tokio::test(start_paused = true)]
async fn a_status_that_nobody_takes_halts_the_run() {
    let directory = tempfile::tempdir().unwrap();
    let table = Table::refusing(usize::MAX);
    let mut context = writing(&table, &directory);
    context.settings.max_concurrent_branches = 1;
    let target = context.status.as_mut().unwrap();
    // No file can be made where there is no directory.
    let nowhere = directory.path().join("missing").join("status.jsonl");
    target.journal = Arc::new(StatusJournal::open(&nowhere).unwrap());
    let many = Branch {
        times: 100,
        ..nap("many", 100)
    };
    let report = run(context, vec![many]).await;
    assert_eq!(report.state, RunState::Failed);
    assert!(report.branches.skipped > 50, "{:?}", report.branches);
}

/// 004-P4, as far as it goes: whoever looks on hears of each change when it happens.
#[tokio::test(start_paused = true)]
async fn an_observer_hears_of_every_change_at_once() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    let began = Instant::now();
    let mut context = ProcessingContext::new(RunId::from("run"), "tests");
    context.observer = Some(Arc::new(move |it| {
        let text = serde_json::to_value(it).unwrap();
        let status = text["status"].as_str().unwrap().to_owned();
        assert_eq!(u128::from(it.at_us), began.elapsed().as_micros());
        note.lock().unwrap().push(format!("{} {status}", it.name));
    }));
    let _ = run(context, vec![nap("a", 10), nap("b", 20)]).await;
    let heard = heard.lock().unwrap().join(", ");
    assert_eq!(
        heard,
        "tests runStarted, a started, b started, a ended, b ended, tests runFinished"
    );
}
