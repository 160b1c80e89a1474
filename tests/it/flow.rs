//! The scheduler's driver in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{join, join_all};
use gaai::flow::{Attempt, Cancel, Ended, Failure, Flow, Halt, Needs, Policy, Remedy, SkipReason, TaskSpec};
use gaai::model::event::{Event, Record, Stage, TaskId};
use gaai::model::id::ContentHash;
use gaai::trace::{Clock, EventSink, History, Memory, TraceError};
use tokio::time::{Instant, sleep, timeout};

fn clock() -> Clock {
    let origin = Instant::now();
    Arc::new(move || i64::try_from(origin.elapsed().as_micros()).unwrap())
}

fn flow(policy: Policy) -> (Flow, Arc<Memory>, Cancel) {
    let (memory, cancel) = (Arc::new(Memory::default()), Cancel::default());
    let flow = Flow::new(
        policy,
        Arc::clone(&memory) as Arc<dyn EventSink>,
        clock(),
        cancel.clone(),
    );
    (flow, memory, cancel)
}

fn unread<T>(_: ContentHash) -> std::future::Ready<Result<T, String>> {
    std::future::ready(Err("nothing is stored".to_owned()))
}

/// A task that takes `ms` and gives its name; it is queued by the call.
fn nap(flow: &Flow, spec: TaskSpec, ms: u64) -> impl Future<Output = Result<String, Ended>> + use<> {
    let name = spec.id.0.clone();
    let work = move |_| {
        let name = name.clone();
        async move {
            sleep(Duration::from_millis(ms)).await;
            Ok((ContentHash(name.clone()), name))
        }
    };
    flow.perform(spec, work, unread)
}

fn spec(name: &str, after: &[&str]) -> TaskSpec {
    let after: Vec<TaskId> = after.iter().map(|it| TaskId::from(*it)).collect();
    TaskSpec::new(name, Stage::Execution).after(&after)
}

fn failing(flow: &Flow, spec: TaskSpec, remedy: Remedy) -> impl Future<Output = Result<(), Ended>> + use<> {
    let reason = "no".to_owned();
    let failure = Failure { reason, remedy };
    let work = move |_| std::future::ready(Err(failure.clone()));
    flow.perform(spec, work, unread)
}

/// No report waits for another template's execution: the makespan is the longest chain.
#[tokio::test(start_paused = true)]
async fn chains_run_without_barriers() {
    let (flow, _, _) = flow(Policy::parallel(64));
    let start = Instant::now();
    let chains = (0..20_u64).map(|it| {
        let (execution, report) = (format!("execution:{it}"), format!("report:{it}"));
        let execute = nap(&flow, spec(&execution, &[]), 100 - it);
        let draw = nap(&flow, spec(&report, &[&execution]), it * 4);
        join(execute, draw)
    });
    let ended = join_all(chains).await;
    assert!(
        ended
            .iter()
            .all(|(first, second)| first.is_ok() && second.is_ok())
    );
    // The last chain takes 81 + 76 ms; with a barrier it would be 100 + 76.
    assert_eq!(start.elapsed().as_millis(), 157);
}

#[tokio::test(start_paused = true)]
async fn one_at_a_time_means_one_after_the_other() {
    let (flow, memory, _) = flow(Policy::sequential());
    let start = Instant::now();
    let naps = ["a", "b", "c"].map(|it| nap(&flow, spec(it, &[]), 10));
    join_all(naps).await;
    assert_eq!(start.elapsed().as_millis(), 30);
    let events = memory.events();
    let starts: Vec<_> = events
        .iter()
        .filter_map(|it| match it {
            Event::TaskStarted { task, .. } => Some(task.0.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(starts, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_its_dependants_and_no_one_else() {
    let (flow, memory, _) = flow(Policy::parallel(8));
    let (bad, good, after_bad, after_both) = tokio::join!(
        failing(&flow, spec("bad", &[]), Remedy::GiveUp),
        nap(&flow, spec("good", &[]), 20),
        nap(&flow, spec("after-bad", &["bad"]), 1),
        nap(
            &flow,
            TaskSpec {
                needs: Needs::Any,
                ..spec("after-both", &["bad", "good"])
            },
            1
        ),
    );
    assert!(matches!(bad, Err(Ended::Failed { .. })));
    assert_eq!(good.unwrap(), "good");
    assert_eq!(after_both.unwrap(), "after-both");
    let reason = SkipReason::UpstreamFailed("bad".into());
    let task = TaskId::from("after-bad");
    assert_eq!(
        after_bad,
        Err(Ended::Skipped {
            task: task.clone(),
            reason: reason.clone()
        })
    );
    let skipped = Event::TaskSkipped {
        task,
        reason: reason.to_string(),
    };
    assert!(memory.events().contains(&skipped));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again_after_a_pause() {
    let policy = Policy {
        max_attempts: 3,
        retry_pause: Duration::from_millis(100),
        ..Policy::parallel(2)
    };
    let (flow, memory, _) = flow(policy);
    let start = Instant::now();
    assert!(failing(&flow, spec("flaky", &[]), Remedy::Retry).await.is_err());
    assert_eq!(start.elapsed().as_millis(), 300);
    let failures = memory
        .events()
        .iter()
        .filter(|it| matches!(it, Event::TaskFailed { .. }))
        .count();
    assert_eq!(failures, 3);
}

#[tokio::test(start_paused = true)]
async fn cancelling_drains_what_runs_and_skips_what_waits() {
    let (flow, _, cancel) = flow(Policy::sequential());
    let stubborn = |attempt: Attempt| async move {
        while !attempt.control().is_cancelled() {
            sleep(Duration::from_millis(5)).await;
        }
        Err::<(ContentHash, ()), _>(Failure {
            reason: "stopped".to_owned(),
            remedy: Remedy::Cancelled,
        })
    };
    let (running, waiting, ()) = tokio::join!(
        flow.perform(spec("running", &[]), stubborn, unread),
        nap(&flow, spec("waiting", &[]), 5),
        async {
            sleep(Duration::from_millis(12)).await;
            cancel.cancel();
        }
    );
    assert_eq!(
        running,
        Err(Ended::Cancelled {
            task: "running".into()
        })
    );
    assert_eq!(
        waiting,
        Err(Ended::Skipped {
            task: "waiting".into(),
            reason: SkipReason::Cancelled
        })
    );
    assert_eq!(flow.halt(), Some(Halt::Cancelled));
}

#[tokio::test(start_paused = true)]
async fn time_limits_stop_a_task_and_a_run() {
    let limit = Duration::from_millis(30);
    let policy = Policy {
        grace: Duration::ZERO,
        ..Policy::parallel(2)
    };
    let (one, _, _) = flow(policy.clone());
    let slow = TaskSpec {
        timeout: Some(limit),
        ..spec("slow", &[])
    };
    let (slow, sibling) = tokio::join!(nap(&one, slow, 100), nap(&one, spec("sibling", &[]), 60));
    assert_eq!(
        slow,
        Err(Ended::TimedOut {
            task: "slow".into(),
            limit
        })
    );
    assert!(sibling.is_ok());

    let (whole, _, _) = flow(Policy {
        run_timeout: Some(limit),
        ..policy
    });
    let (slow, later) = tokio::join!(
        nap(&whole, spec("slow", &[]), 100),
        nap(&whole, spec("later", &["slow"]), 1)
    );
    assert_eq!(
        slow,
        Err(Ended::RunTimedOut {
            task: "slow".into(),
            limit
        })
    );
    assert!(matches!(later, Err(Ended::Skipped { .. })));
    assert_eq!(whole.halt(), Some(Halt::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn finished_tasks_are_restored_and_unreadable_ones_run() {
    let finished: BTreeMap<TaskId, ContentHash> = ["kept", "lost"]
        .iter()
        .map(|it| (TaskId::from(*it), ContentHash::from(*it)))
        .collect();
    let (flow, memory, _) = flow(Policy::parallel(2));
    let flow = flow.with_finished(finished);
    let restore = |hash: ContentHash| std::future::ready(Ok(format!("stored {hash}")));
    let work = |_| async { unreachable!("it is finished") };
    let kept = flow.perform::<String, _, _, _, _>(spec("kept", &[]), work, restore);
    let (kept, lost, after) = tokio::join!(
        kept,
        nap(&flow, spec("lost", &[]), 1),
        nap(&flow, spec("after", &["kept", "lost"]), 1)
    );
    assert_eq!(kept.unwrap(), "stored kept");
    assert!(lost.is_ok() && after.is_ok());
    let started: BTreeSet<String> = memory
        .events()
        .iter()
        .filter_map(|it| match it {
            Event::TaskStarted { task, .. } => Some(task.0.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(started, BTreeSet::from(["after".to_owned(), "lost".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn stepwise_asks_once_a_stage_and_a_no_ends_the_run() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let (flow, _, _) = flow(Policy::stepwise());
    let flow = flow.with_approval(Arc::new(move |task: TaskId| {
        heard.lock().unwrap().push(task.0.clone());
        Box::pin(async move { task.0 != "report" })
    }));
    let report = TaskSpec::new("report", Stage::Report).after(&["b".into()]);
    let (a, b, report) = tokio::join!(
        nap(&flow, spec("a", &[]), 1),
        nap(&flow, spec("b", &["a"]), 1),
        nap(&flow, report, 1)
    );
    assert!(a.is_ok() && b.is_ok());
    assert!(matches!(
        report,
        Err(Ended::Skipped {
            reason: SkipReason::NotApproved,
            ..
        })
    ));
    assert_eq!(*asked.lock().unwrap(), ["a", "report"]);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_future_frees_its_slot() {
    let (flow, _, _) = flow(Policy::sequential());
    let first = flow.perform::<(), _, _, _, _>(spec("first", &[]), |_| std::future::pending(), unread);
    drop(first);
    assert!(nap(&flow, spec("second", &[]), 1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_dependency_and_a_second_task_of_one_name_are_refused() {
    let (flow, _, _) = flow(Policy::parallel(2));
    assert!(matches!(
        nap(&flow, spec("a", &["nowhere"]), 1).await,
        Err(Ended::Failed { .. })
    ));
    assert!(nap(&flow, spec("a", &[]), 1).await.is_ok());
    assert!(matches!(
        nap(&flow, spec("a", &[]), 1).await,
        Err(Ended::Failed { .. })
    ));
}

/// A task that failed and pauses has its end in the journal already; a second one would break it.
#[tokio::test(start_paused = true)]
async fn dropping_a_future_that_pauses_leaves_a_journal_that_can_be_replayed() {
    let (flow, memory, _) = flow(Policy::parallel(1));
    let pausing = failing(&flow, spec("a", &[]), Remedy::Retry);
    assert!(timeout(Duration::from_millis(50), pausing).await.is_err());
    let started = Event::RunStarted {
        run: "r".into(),
        version: String::new(),
        request: String::new(),
        inputs: ContentHash::of(b""),
    };
    let records: Vec<Record> = std::iter::once(started)
        .chain(memory.events())
        .enumerate()
        .map(|(seq, event)| Record {
            seq: seq as u64,
            at_ms: 0,
            event,
        })
        .collect();
    History::replay(&records).unwrap();
    assert!(flow.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_closing_task_runs_after_a_halt() {
    let (flow, _, cancel) = flow(Policy::sequential());
    let closing = TaskSpec {
        is_closing: true,
        ..spec("index", &[])
    };
    let (running, waiting, closing, ()) = tokio::join!(
        nap(&flow, spec("running", &[]), 20),
        nap(&flow, spec("waiting", &[]), 5),
        nap(&flow, closing, 5),
        async {
            sleep(Duration::from_millis(5)).await;
            cancel.cancel();
        }
    );
    assert!(running.is_ok() && waiting.is_err() && closing.is_ok());
}

/// Nothing starts that could not be written down.
#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_the_run() {
    struct Full(Mutex<u32>);
    impl EventSink for Full {
        fn record(&self, _: &Event) -> Result<(), TraceError> {
            let mut left = self.0.lock().unwrap();
            *left = left.checked_sub(1).ok_or(TraceError::Io {
                path: "journal.jsonl".to_owned(),
                reason: "no space left".to_owned(),
            })?;
            Ok(())
        }
    }
    for room in 0..6 {
        let flow = Flow::new(
            Policy::parallel(2),
            Arc::new(Full(Mutex::new(room))),
            clock(),
            Cancel::default(),
        );
        let (a, b) = tokio::join!(nap(&flow, spec("a", &[]), 1), nap(&flow, spec("b", &["a"]), 1));
        assert!(b.is_err(), "{a:?} {b:?}");
        assert!(flow.unrecorded().unwrap().contains("no space left"));
        assert!(flow.is_over());
    }
}
