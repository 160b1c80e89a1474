//! A run killed at any moment and taken up again gives the same outputs and repeats nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{join, join_all};
use gaai::flow::{Attempt, Cancel, Ended, Failure, Flow, Policy, Remedy, TaskSpec};
use gaai::model::event::{Event, Stage, TaskId};
use gaai::model::id::{ContentHash, RunId};
use gaai::trace::{Clock, Durability, EventSink, History, JOURNAL, Journal, read};
use proptest::prelude::*;

/// Outputs by their hash, as the files of a run directory would keep them.
#[derive(Clone, Default)]
struct Stored(Arc<Mutex<BTreeMap<ContentHash, String>>>);

/// One process at work on the run.
struct Process {
    flow: Flow,
    stored: Stored,
    worked: Arc<Mutex<Vec<TaskId>>>,
}

fn clock() -> Clock {
    let origin = tokio::time::Instant::now();
    Arc::new(move || i64::try_from(origin.elapsed().as_micros()).unwrap())
}

impl Process {
    fn new(journal: Journal, stored: &Stored, finished: BTreeMap<TaskId, ContentHash>) -> Self {
        let policy = Policy::parallel(3);
        let flow = Flow::new(policy, Arc::new(journal), clock(), Cancel::default()).with_finished(finished);
        Self {
            flow,
            stored: stored.clone(),
            worked: Arc::default(),
        }
    }

    /// A task whose output is its name and what it reads; every third fails at first.
    fn task(
        &self,
        name: &str,
        after: &[&str],
        ms: u64,
    ) -> impl Future<Output = Result<String, Ended>> + use<> {
        let after: Vec<TaskId> = after.iter().map(|it| TaskId::from(*it)).collect();
        let text = format!("{name} of {after:?}");
        let (stored, worked) = (self.stored.clone(), Arc::clone(&self.worked));
        let kept = self.stored.clone();
        let work = move |attempt: Attempt| {
            let (text, stored) = (text.clone(), stored.clone());
            worked.lock().unwrap().push(attempt.task().clone());
            async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                if ms.is_multiple_of(3) && attempt.number() == 1 {
                    let reason = "a passing fault".to_owned();
                    return Err(Failure {
                        reason,
                        remedy: Remedy::Retry,
                    });
                }
                let hash = ContentHash::of(text.as_bytes());
                stored.0.lock().unwrap().insert(hash.clone(), text.clone());
                Ok((hash, text))
            }
        };
        let restore = move |hash: ContentHash| async move {
            let found = kept.0.lock().unwrap().get(&hash).cloned();
            found.ok_or_else(|| "it is gone".to_owned())
        };
        self.flow
            .perform(TaskSpec::new(name, Stage::Execution).after(&after), work, restore)
    }

    async fn run(&self) -> Vec<String> {
        let front = self.task("schema", &[], 4);
        let other = self.task("requirements", &[], 3);
        let (front, other) = join(front, other).await;
        let chains = (0..5_u64).map(|it| {
            let (execution, report) = (format!("execution:{it}"), format!("report:{it}"));
            let execute = self.task(&execution, &["schema", "requirements"], 5 + it);
            let draw = self.task(&report, &[&execution], 2 * it);
            join(execute, draw)
        });
        let mut outputs = vec![front.unwrap(), other.unwrap()];
        for (execution, report) in join_all(chains).await {
            outputs.extend([execution.unwrap(), report.unwrap()]);
        }
        outputs
    }
}

fn started() -> Event {
    Event::RunStarted {
        run: RunId::from("r"),
        version: String::new(),
        request: "{}".to_owned(),
        inputs: ContentHash::of(b""),
    }
}

async fn whole(directory: &Path, stored: &Stored) -> Vec<String> {
    let journal = Journal::create(directory, Durability::None, clock()).unwrap();
    journal.record(&started()).unwrap();
    Process::new(journal, stored, BTreeMap::new()).run().await
}

/// Takes up what a cut journal tells of; gives outputs, tasks finished before, and tasks worked on.
async fn resumed(directory: &Path, stored: &Stored) -> (Vec<String>, BTreeSet<TaskId>, Vec<TaskId>) {
    let (journal, records) = Journal::reopen(directory, Durability::None, clock()).unwrap();
    let history = History::replay(&records).unwrap();
    let reused = history.finished.len() as u64;
    journal
        .record(&if history.run.is_none() {
            started()
        } else {
            Event::RunResumed {
                reused,
                effort: String::new(),
            }
        })
        .unwrap();
    let finished: BTreeSet<TaskId> = history.finished.keys().cloned().collect();
    let process = Process::new(journal, stored, history.finished);
    let outputs = process.run().await;
    let worked = process.worked.lock().unwrap().clone();
    (outputs, finished, worked)
}

fn virtual_time() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_run_killed_twice_at_any_byte_ends_the_same_and_repeats_nothing(
        first in 0.0..1.0_f64, second in 0.0..1.0_f64,
    ) {
        virtual_time().block_on(async {
            let stored = Stored::default();
            let root = tempfile::tempdir().unwrap();
            let expected = whole(root.path(), &stored).await;
            let path = root.path().join(JOURNAL);
            for cut in [first, second] {
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..(bytes.len() as f64 * cut) as usize]).unwrap();
                let (outputs, finished, worked) = resumed(root.path(), &stored).await;
                assert_eq!(outputs, expected);
                assert!(worked.iter().all(|it| !finished.contains(it)), "{worked:?} of {finished:?}");
            }
            let history = History::replay(&read(root.path()).unwrap()).unwrap();
            assert_eq!(history.finished.len(), expected.len());
            assert!(history.running.is_empty() && history.failed.is_empty());
        });
    }
}

/// An artefact that was lost is made again, and only that one.
#[tokio::test(start_paused = true)]
async fn a_lost_artefact_is_made_again() {
    let stored = Stored::default();
    let root = tempfile::tempdir().unwrap();
    let expected = whole(root.path(), &stored).await;
    let lost = ContentHash::of(expected[4].as_bytes());
    stored.0.lock().unwrap().remove(&lost);
    let (outputs, _, worked) = resumed(root.path(), &stored).await;
    assert_eq!(outputs, expected);
    assert_eq!(
        worked.iter().collect::<BTreeSet<_>>(),
        BTreeSet::from([&TaskId::from("execution:1")])
    );
    assert!(stored.0.lock().unwrap().contains_key(&lost));
}
