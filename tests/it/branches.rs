//! The branch processor, row by row of what it has to do (004-1 … 004-17), in virtual time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use gaai::flow::{Cancel, Trigger};
use gaai::limits::Retry;
use gaai::model::event::RunState;
use gaai::model::id::RunId;
use gaai::workflow::branches::{
    Branch, BranchFailure, EnhancedBranchProcessor, EnhancedParallelProcessor, ProcessorError,
    ProcessorSettings, Runs, Shape, Successors, WorkflowMessage, process_workflow,
};
use tokio::time::{Instant, sleep};

use super::branch_case::{context, failing, millis, nap, run};

/// What branches did, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, what: &str) {
        self.0.lock().unwrap().push(what.to_owned());
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }

    /// A branch that notes when it begins.
    fn nap(&self, name: &str, ms: u64) -> Branch {
        let (diary, what) = (self.clone(), name.to_owned());
        Branch::new(name, move |_| {
            diary.note(&what);
            async move {
                sleep(millis(ms)).await;
                Ok(Successors::none())
            }
        })
    }
}

/// A tree of branches: each leads to `width` others, `depth` times. Counts what runs at once.
fn tree(width: u32, depth: u32, running: &Arc<AtomicUsize>, peak: &Arc<AtomicUsize>) -> Branch {
    let (running, peak) = (Arc::clone(running), Arc::clone(peak));
    Branch::new("node", move |_| {
        let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
        async move {
            peak.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(millis(10)).await;
            running.fetch_sub(1, Ordering::Relaxed);
            if depth == 0 {
                return Ok(Successors::none());
            }
            let branch = Branch {
                times: width,
                ..tree(width, depth - 1, &running, &peak)
            };
            Ok(Successors::of([branch]))
        }
    })
}

/// 004-1
#[tokio::test(start_paused = true)]
async fn a_run_ends_only_when_no_nested_branch_runs_is_ready_or_waits() {
    let (running, peak) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let report = run(context(1000), vec![tree(5, 3, &running, &peak)]).await;
    assert_eq!(report.branches.succeeded, 1 + 5 + 25 + 125);
    assert_eq!((report.took, running.load(Ordering::Relaxed)), (millis(40), 0));
}

/// 004-2
#[tokio::test(start_paused = true)]
async fn nested_branches_keep_the_limit_and_parents_hold_no_slot() {
    for jobs in [1, 2, 10] {
        let (running, peak) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let report = run(context(jobs), vec![tree(3, 4, &running, &peak)]).await;
        assert_eq!(report.branches.succeeded, 121, "{jobs}");
        assert_eq!((peak.load(Ordering::Relaxed), report.peak_running), (jobs, jobs));
    }
}

/// 004-2: the original would wait for itself for ever.
#[tokio::test(start_paused = true)]
async fn a_branch_that_would_wait_for_branches_is_refused() {
    let context = Arc::new(context(1));
    let inner = EnhancedBranchProcessor::new(Arc::clone(&context));
    let outer = Branch::new("outer", move |_| {
        let inner = inner.clone();
        async move {
            let refused = inner.process_task_and_branches_parallel(nap("inner", 1)).await;
            assert!(
                matches!(refused, Err(ProcessorError::SemaphoreError(_))),
                "{refused:?}"
            );
            Ok(Successors::of([nap("inner", 1)]))
        }
    });
    let processor = EnhancedParallelProcessor::new(context);
    let report = processor.process_workflow_parallel(vec![outer]).await.unwrap();
    assert_eq!(
        (report.state, report.branches.succeeded),
        (RunState::Succeeded, 2)
    );
}

/// 004-2: nor through another run that a branch has for itself.
#[tokio::test(start_paused = true)]
async fn a_run_within_a_branch_has_its_own_limits_and_cannot_wait_for_the_outer_one() {
    let outer = Arc::new(context(1));
    let around = EnhancedParallelProcessor::new(Arc::clone(&outer));
    let root = Branch::new("root", move |_| {
        let around = around.clone();
        let deep = Branch::new("deep", move |_| {
            let around = around.clone();
            async move {
                let refused = around.process_branches_parallel(vec![nap("a", 1)]).await.err();
                assert!(
                    matches!(refused, Some(ProcessorError::SemaphoreError(_))),
                    "{refused:?}"
                );
                let spawned = around.spawn_branch_processor(nap("b", 1)).await.unwrap();
                assert!(matches!(
                    spawned.ended().await,
                    Err(ProcessorError::SemaphoreError(_))
                ));
                Ok(Successors::none())
            }
        });
        async move {
            let mut inner = context(1);
            inner.flow_session_id = RunId::from("inner");
            let report = run(inner, vec![deep]).await;
            assert_eq!((report.state, report.branches.total()), (RunState::Succeeded, 1));
            Ok(Successors::none())
        }
    });
    let processor = EnhancedParallelProcessor::new(outer);
    let report = processor.process_workflow_parallel(vec![root]).await.unwrap();
    assert_eq!(
        (report.state, report.branches.succeeded),
        (RunState::Succeeded, 2)
    );
}

/// 004-3
#[tokio::test(start_paused = true)]
async fn every_branch_has_the_timeout_from_its_start_and_is_gone_after_it() {
    let mut context = context(1);
    context.settings.branch_timeout = millis(100);
    let gone = Arc::new(());
    let held = Arc::clone(&gone);
    let slow = Branch::new("slow", move |_| {
        let held = Arc::clone(&held);
        async move {
            sleep(millis(10_000)).await;
            drop(held);
            Ok(Successors::none())
        }
    });
    let (slow, weak) = (slow, Arc::downgrade(&gone));
    drop(gone);
    let root = Branch::new("root", move |_| {
        let slow = slow.clone();
        // Together they wait longer for the one slot than the timeout.
        async move { Ok(Successors::of([nap("a", 90), nap("b", 90), slow, nap("c", 90)])) }
    });
    let report = run(context, vec![root]).await;
    let counts = report.branches;
    assert_eq!((counts.succeeded, counts.failed, counts.timed_out), (4, 1, 1));
    assert_eq!(report.took, millis(90 * 3 + 100));
    assert_eq!(report.failures[0].name, "slow");
    assert!(weak.upgrade().is_none(), "what the branch held is dropped");
}

/// 004-3
#[tokio::test(start_paused = true)]
async fn work_with_a_grace_may_clean_up_and_keeps_its_slot_until_then() {
    let diary = Diary::default();
    let notes = diary.clone();
    let tidy = Branch {
        timeout: Some(millis(50)),
        stop_grace: millis(500),
        ..Branch::new("tidy", move |attempt| {
            let notes = notes.clone();
            async move {
                attempt.stop.cancelled().await;
                sleep(millis(30)).await;
                notes.note("killed");
                Err(BranchFailure::lasting("stopped"))
            }
        })
    };
    let report = run(context(1), vec![tidy, diary.nap("next", 10)]).await;
    assert_eq!((diary.text().as_str(), report.took), ("killed next", millis(90)));
    assert_eq!(report.branches.timed_out, 1);
}

/// 004-4
#[tokio::test(start_paused = true)]
async fn a_join_waits_for_all_and_starts_once() {
    let diary = Diary::default();
    let branches = vec![
        diary.nap("a", 10),
        diary.nap("b", 20).after(&["a"]),
        diary.nap("c", 70).after(&["a"]),
        diary.nap("d", 10).after(&["b", "c"]),
    ];
    let report = run(context(10), branches).await;
    assert_eq!((diary.text().as_str(), report.took), ("a b c d", millis(90)));
}

/// 004-4
#[tokio::test(start_paused = true)]
async fn a_join_of_successors_waits_for_all_that_they_lead_to() {
    for (trigger, fails, joins) in [
        (Trigger::All, false, true),
        (Trigger::All, true, false),
        (Trigger::Any, true, true),
        (Trigger::Decided, true, true),
    ] {
        let diary = Diary::default();
        let notes = diary.clone();
        let root = Branch::new("root", move |_| {
            let (leaf, join) = (notes.nap("leaf", 40), notes.nap("join", 5));
            let child = Branch::new("child", move |_| {
                let mut leaves = vec![leaf.clone()];
                leaves.extend(fails.then(|| failing("broken")));
                async move { Ok(Successors::of(leaves)) }
            });
            let join = Branch { trigger, ..join };
            async move { Ok(Successors::of([child]).then(join)) }
        });
        let report = run(context(10), vec![root]).await;
        let text = if joins { "leaf join" } else { "leaf" };
        assert_eq!(diary.text(), text, "{trigger:?} {fails}");
        assert_eq!(report.state == RunState::Succeeded, !fails, "{trigger:?}");
        assert_eq!(report.branches.skipped, u64::from(!joins));
    }
}

/// 004-5
#[tokio::test(start_paused = true)]
async fn a_failed_branch_stops_nobody_and_the_run_is_not_told_as_well() {
    let branches = || {
        vec![
            nap("a", 20),
            failing("b"),
            nap("c", 20),
            nap("d", 5).after(&["b"]),
        ]
    };
    let report = run(context(10), branches()).await;
    let counts = report.branches;
    assert_eq!((counts.succeeded, counts.failed, counts.skipped), (2, 1, 1));
    assert_eq!(report.state, RunState::Failed);
    let error = report.completed().unwrap_err().to_string();
    assert_eq!(
        error,
        "workflow execution failed: 2 of 4 branches did not end well; the first: `b` failed: no such file"
    );

    let mut tolerant = branches();
    tolerant[1].continue_on_error = true;
    let report = run(context(10), tolerant).await;
    assert_eq!(
        (report.state, report.branches.succeeded),
        (RunState::PartiallySucceeded, 3)
    );
}

/// 004-5
#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_branch_with_its_words() {
    let early = Branch::new("early", |attempt| {
        assert!(attempt.number > 1, "before there is a future");
        async { Ok(Successors::none()) }
    });
    let late = Branch::new("late", |_| async { panic!("within the future") });
    let report = run(context(10), vec![early, late, nap("other", 5)]).await;
    assert_eq!((report.branches.failed, report.branches.succeeded), (2, 1));
    let ends: Vec<&str> = report.failures.iter().map(|it| it.end.as_str()).collect();
    assert_eq!(
        ends,
        [
            "failed: it panicked: before there is a future",
            "failed: it panicked: within the future"
        ]
    );
}

/// 004-8: what is lost of three branches, and when the run ends, by what goes wrong.
#[tokio::test(start_paused = true)]
async fn each_recovery_strategy_keeps_the_other_branches() {
    let retried = Branch {
        retry: Retry {
            max_attempts: 3,
            base: millis(100),
            jitter: 0.0,
            ..Retry::default()
        },
        ..Branch::new("retried", |attempt| async move {
            if attempt.number < 3 {
                return Err(BranchFailure::passing("not yet"));
            }
            Ok(Successors::none())
        })
    };
    let hanging = Branch {
        timeout: Some(millis(70)),
        ..nap("hanging", 10_000)
    };
    for (case, jobs, odd, well, took) in [
        ("a failure: the others go on", 3, failing("odd"), 2, 50),
        ("a timeout: it is cancelled, the others go on", 3, hanging, 2, 70),
        ("no room: it waits", 1, nap("odd", 50), 3, 150),
        ("a failure that passes: it is tried again", 3, retried, 3, 300),
    ] {
        let report = run(context(jobs), vec![nap("a", 50), odd, nap("b", 50)]).await;
        assert_eq!(report.branches.succeeded, well, "{case}");
        assert_eq!(report.took, millis(took), "{case}");
        assert_eq!(report.state == RunState::Succeeded, well == 3, "{case}");
    }
}

/// 004-13: makespans beside the critical path; the sequential engine through the same calls (004-15).
#[tokio::test(start_paused = true)]
async fn every_shape_takes_its_critical_path_and_one_slot_takes_the_sum() {
    for shape in Shape::ALL {
        let (count, each) = (24, millis(10));
        let beside = shape.run(count, each, 64).await.unwrap();
        let in_turn = shape.run(count, each, 1).await.unwrap();
        let path = each * u32::try_from(shape.critical_path(count)).unwrap();
        assert_eq!(beside.took, path, "{shape:?}");
        assert_eq!(in_turn.took, each * u32::try_from(count).unwrap(), "{shape:?}");
        assert_eq!((beside.branches, in_turn.peak_running), (in_turn.branches, 1));
    }
}

/// 004-15
#[tokio::test(start_paused = true)]
async fn without_parallelism_branches_run_in_the_order_given() {
    let mut context = context(10);
    context.settings.parallel_enabled = false;
    let diary = Diary::default();
    let urgent = Branch {
        priority: 9,
        ..diary.nap("c", 5)
    };
    let branches = vec![
        diary.nap("a", 5),
        diary.nap("b", 5),
        urgent,
        diary.nap("d", 5).after(&["a"]),
    ];
    let report = run(context, branches).await;
    assert_eq!((diary.text().as_str(), report.peak_running), ("a b c d", 1));
}

/// 004-12: the message, the place, the end.
#[tokio::test(start_paused = true)]
async fn so_many_runs_at_once_and_the_urgent_one_first() {
    let diary = Diary::default();
    let settings = ProcessorSettings {
        max_concurrent_runs: 2,
        ..ProcessorSettings::default()
    };
    let runs = Runs::start(&settings);
    let one = |name: &str, priority| WorkflowMessage {
        context: Arc::new(context(10)),
        branches: vec![diary.nap(name, 100)],
        priority,
    };
    let began = Instant::now();
    let (a, b, c, d) = tokio::join!(
        process_workflow(&runs, one("a", 0)),
        process_workflow(&runs, one("b", 0)),
        async {
            sleep(millis(10)).await;
            process_workflow(&runs, one("c", 0)).await
        },
        async {
            sleep(millis(20)).await;
            process_workflow(&runs, one("d", 5)).await
        },
    );
    for report in [a, b, c, d] {
        assert_eq!(report.unwrap().state, RunState::Succeeded);
    }
    assert_eq!((diary.text().as_str(), began.elapsed()), ("a b d c", millis(200)));
    // What comes when none is left begins anew.
    let later = process_workflow(&runs, one("e", 0)).await.unwrap();
    assert_eq!(later.took, millis(100));
    runs.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_is_told_as_that() {
    let context = context(1);
    let cancel: Cancel = context.cancel.clone();
    let stopping = async {
        sleep(millis(30)).await;
        cancel.cancel();
    };
    let (report, ()) = tokio::join!(run(context, vec![nap("a", 100), nap("b", 100)]), stopping);
    assert_eq!((report.state, report.took), (RunState::Cancelled, millis(30)));
    assert_eq!((report.branches.cancelled, report.branches.skipped), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn branches_can_be_added_to_a_run_within_its_limits_and_to_none_that_is_over() {
    let context = Arc::new(context(2));
    let processor = EnhancedParallelProcessor::new(Arc::clone(&context));
    let refused = processor.spawn_branch_processor(nap("early", 1)).await.err();
    assert_eq!(refused, Some(ProcessorError::ChannelClosed));
    let adding = async {
        sleep(millis(10)).await;
        assert_eq!(context.active_branches(), 2);
        let spawned = processor.spawn_branch_processor(failing("late")).await.unwrap();
        let other = EnhancedBranchProcessor::new(Arc::clone(&context));
        let (spawned, other) = tokio::join!(
            spawned.ended(),
            other.process_task_and_branches_parallel(nap("later", 40))
        );
        (spawned.unwrap(), other.unwrap())
    };
    let leading = processor.process_workflow_parallel(vec![nap("a", 100), nap("b", 50)]);
    let (whole, (late, later)) = tokio::join!(leading, adding);
    let whole = whole.unwrap();
    assert_eq!((late.state, later.state), (RunState::Failed, RunState::Succeeded));
    assert_eq!((whole.took, whole.peak_running), (millis(100), 2));
    assert_eq!((whole.branches.succeeded, whole.branches.failed), (3, 1));
    assert_eq!(context.active_branches(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_run_starts_nothing() {
    let twice = || vec![nap("a", 1), nap("a", 1)];
    for (branches, text) in [
        (twice(), "branch `a`: another one of the same list has this name"),
        (
            vec![nap("a", 1).after(&["b"]), nap("b", 1)],
            "branch `a`: it waits for `b`, which is not given before it",
        ),
        (
            vec![Branch {
                takes: vec![("db".to_owned(), 1)],
                ..nap("a", 1)
            }],
            "branch `a`: there is no pool `db`; the run has none",
        ),
    ] {
        let processor = EnhancedParallelProcessor::new(Arc::new(context(2)));
        let error = processor.process_workflow_parallel(branches).await.unwrap_err();
        assert_eq!(error, ProcessorError::MessageProcessingError(text.to_owned()));
    }
    // As successors they are a failure of the branch that ends with them.
    let root = Branch::new("root", move |_| async move {
        Ok(Successors::of(vec![nap("a", 1), nap("a", 1)]))
    });
    let report = run(context(2), vec![root]).await;
    assert_eq!((report.branches.failed, report.branches.total()), (1, 1));
}
