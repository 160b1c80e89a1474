//! How branches and runs end when something is odd: too late, too often, or with a panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gaai::app::start_processor;
use gaai::config::{Environment, ProcessorFlags, Project};
use gaai::model::event::RunState;
use gaai::workflow::branches::{
    Branch, PoolSize, ProcessorError, ProcessorSettings, Runs, Successors, WorkflowMessage, process_workflow,
};
use tokio::time::sleep;

use super::branch_case::{context, failing, millis, nap, owns, run};

/// 004-3, 004-5: what ends well only after its limit has not ended well, and nothing follows on it.
#[tokio::test(start_paused = true)]
async fn work_that_ends_well_after_its_limit_has_run_out_of_time() {
    let late = Branch {
        timeout: Some(millis(50)),
        stop_grace: millis(1000),
        ..Branch::new("late", |attempt| async move {
            attempt.stop.cancelled().await;
            sleep(millis(20)).await;
            Ok(Successors::of([nap("next", 1)]))
        })
    };
    let report = run(context(2), vec![late, nap("other", 100)]).await;
    let counts = report.branches;
    assert_eq!((report.state, counts.timed_out), (RunState::Failed, 1));
    assert_eq!((counts.succeeded, counts.total()), (1, 2), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_joins_others_is_there_as_often_as_it_says() {
    for (times, is_owner) in [(5, false), (0, false), (3, true)] {
        let indices = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&indices);
        let join = Branch {
            times,
            ..Branch::new("join", move |attempt| {
                seen.fetch_or(1 << attempt.index, Ordering::Relaxed);
                async { Ok(Successors::none()) }
            })
        };
        let join = if is_owner { owns("db", 1, join) } else { join };
        let root = Branch::new("root", move |_| {
            let join = join.clone();
            async move { Ok(Successors::of([nap("leaf", 5)]).then(join)) }
        });
        let mut context = context(2);
        context.pools = vec![("db".to_owned(), PoolSize::Units(2))];
        let report = run(context, vec![root]).await;
        assert_eq!(report.state, RunState::Succeeded, "{times}");
        assert_eq!(report.branches.succeeded, 2 + u64::from(times));
        assert_eq!(indices.load(Ordering::Relaxed), (1 << times) - 1, "{times}");
    }
}

/// 004-5
#[tokio::test(start_paused = true)]
async fn what_was_skipped_names_the_branch_that_it_waited_for() {
    let mut context = context(2);
    context.pools = vec![("db".to_owned(), PoolSize::Units(2))];
    let broken = Branch {
        times: 2,
        ..failing("broken")
    };
    let branches = vec![
        broken,
        nap("after", 5).after(&["broken"]),
        owns("db", 1, failing("owner")),
        nap("heir", 5).after(&["owner"]),
    ];
    let report = run(context, branches).await;
    let skipped = report.failures.iter().filter(|it| it.end.starts_with("skipped"));
    let told: Vec<String> = skipped.map(|it| format!("{}: {}", it.name, it.end)).collect();
    assert_eq!(
        told,
        [
            "after: skipped: upstreamFailed: `broken[0]` gave no result",
            "heir: skipped: upstreamFailed: `owner` gave no result"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_asked_for_a_run_that_panicked_hears_its_words() {
    let runs = Runs::start(&ProcessorSettings::default());
    let mut broken = context(1);
    broken.observer = Some(Arc::new(|_| panic!("the observer fell over")));
    let message = |context| WorkflowMessage {
        context: Arc::new(context),
        branches: vec![nap("a", 1)],
        priority: 0,
    };
    let error = process_workflow(&runs, message(broken)).await.unwrap_err();
    let said = "it panicked: the observer fell over".to_owned();
    assert_eq!(error, ProcessorError::WorkflowExecutionError(said));
    // The others go on.
    assert!(process_workflow(&runs, message(context(1))).await.is_ok());
    runs.shutdown().await;
}

/// The names of the original: environment and `[processor]` reach the runs.
#[tokio::test(start_paused = true)]
async fn a_processor_is_started_with_the_numbers_of_the_environment_and_the_project() {
    let pair = ("MAX_CONCURRENT_BRANCHES".to_owned(), "3".to_owned());
    let environment = Environment {
        processor: [pair].into_iter().collect(),
        ..Environment::default()
    };
    let mut project = Project::default();
    project.processor.max_concurrent_runs = Some(1);
    let flags = ProcessorFlags::default();
    let (runs, settings) = start_processor(&flags, &environment, &project).unwrap();
    let message = || {
        let mut context = context(1);
        context.settings = settings.clone();
        let branch = Branch {
            times: 9,
            ..nap("a", 100)
        };
        WorkflowMessage {
            context: Arc::new(context),
            branches: vec![branch],
            priority: 0,
        }
    };
    let began = tokio::time::Instant::now();
    let (one, other) = tokio::join!(
        process_workflow(&runs, message()),
        process_workflow(&runs, message())
    );
    assert_eq!((one.unwrap().peak_running, other.unwrap().peak_running), (3, 3));
    assert_eq!(began.elapsed(), millis(600), "one run after the other");
    runs.shutdown().await;

    project.processor.max_concurrent_runs = Some(0);
    let error = start_processor(&flags, &environment, &project).err().unwrap();
    assert_eq!(
        error.to_string(),
        "setting `processor.max_concurrent_runs`: `0` is not a whole number from 1 on"
    );
}
