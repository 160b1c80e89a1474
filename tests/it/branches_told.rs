//! What the branch processor tells: logs within spans, and metrics (004-9, 004-10, 004-11).

use std::sync::Arc;

use gaai::flow::Trigger;
use gaai::workflow::branches::{
    Branch, MetricsRecorder, PoolSize, ProcessorSettings, Runs, Status, Successors, WorkflowMessage,
    process_workflow,
};
use tokio::time::sleep;

use super::branch_case::{context, failing, millis, nap, run};
use super::heard::Heard;

/// 004-11 and the filter that users of the original know.
#[tokio::test(start_paused = true)]
async fn the_processors_debug_logs_tell_of_every_branch_within_its_spans() {
    let heard = Heard::by("gaai::processor=debug");
    let runs = Runs::start(&ProcessorSettings::default());
    let root = Branch::new("root", |_| async {
        sleep(millis(1)).await;
        Ok(Successors::of([nap("left", 5), nap("right", 5)]).then(nap("join", 1)))
    });
    let message = WorkflowMessage {
        context: Arc::new(context(2)),
        branches: vec![root],
        priority: 0,
    };
    let report = process_workflow(&runs, message).await.unwrap();
    assert_eq!(report.branches.succeeded, 4);
    runs.shutdown().await;
    let text = heard.text();
    let begins = |it: &&str| it.contains("a branch begins") && it.contains("left");
    let line = text.lines().find(begins).unwrap_or_else(|| panic!("{text}"));
    // 004-9: each within the one around it, though they interleave.
    let spans = [
        "workflow_lifecycle{",
        "workflow_execution{",
        "process_task_and_branches{",
        "task_processing{",
    ];
    let places: Vec<usize> = spans
        .iter()
        .map(|it| line.find(it).unwrap_or_else(|| panic!("{it}: {line}")))
        .collect();
    assert!(places.is_sorted(), "{line}");
    assert!(line.matches("task_processing{").count() == 1, "{line}");
    for word in [
        "service=gaai",
        "environment=local",
        "run_id=run",
        "workflow_id=tests",
        "BRANCH_PROCESSOR",
    ] {
        assert!(line.contains(word), "{word}: {line}");
    }
    for name in ["root", "left", "right", "join"] {
        let ended = format!("step_id=\"{name}\" status=\"succeeded\"");
        assert!(text.contains(&ended), "{ended} is not in\n{text}");
    }
}

fn rendered(metrics: &MetricsRecorder) -> String {
    let mut text = String::new();
    metrics.render(&mut text).unwrap();
    text
}

/// 004-10: what was dropped does not run.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_leaves_no_attempt_in_the_metrics() {
    let context = context(2);
    let metrics = context.metrics_recorder.clone();
    let running = run(context, vec![nap("a", 500), nap("b", 500)]);
    assert!(tokio::time::timeout(millis(10), running).await.is_err());
    let text = rendered(&metrics);
    assert!(text.contains("gaai_steps_running 0"), "{text}");
}

/// 004-10
#[tokio::test(start_paused = true)]
async fn metrics_tell_how_breakers_stand_and_how_long_the_scheduler_takes() {
    let mut context = context(1);
    let metrics = context.metrics_recorder.clone();
    let seen = metrics.clone();
    context.observer = Some(Arc::new(move |it| {
        if it.name == "last" && matches!(it.status, Status::Started { .. }) {
            let text = rendered(&seen);
            assert!(
                text.contains("gaai_breaker_state{breaker=\"ledger\"} 1"),
                "{text}"
            );
        }
    }));
    let call = Branch {
        times: 5,
        breaker: Some("ledger".to_owned()),
        ..failing("call")
    };
    let branches = vec![
        call.clone(),
        Branch {
            trigger: Trigger::Decided,
            ..nap("last", 1)
        }
        .after(&["call"]),
    ];
    let report = run(context, branches).await;
    assert_eq!((report.branches.failed, report.branches.succeeded), (5, 1));
    let text = rendered(&metrics);
    for line in [
        "gaai_breaker_state{breaker=\"ledger\"} 1",
        "gaai_scheduler_loop_seconds_count ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

/// 004-10
#[tokio::test(start_paused = true)]
async fn metrics_tell_of_runs_branches_and_pools_without_ids() {
    let mut context = context(2);
    context.pools = vec![("db".to_owned(), PoolSize::Units(1))];
    let metrics = context.metrics_recorder.clone();
    let taking = |name: &str| Branch {
        takes: vec![("db".to_owned(), 1)],
        ..nap(name, 500)
    };
    let report = run(context, vec![taking("a"), taking("b"), failing("c")]).await;
    assert_eq!(report.pools["db"].utilisation(), 1.0);
    let text = rendered(&metrics);
    for line in [
        "gaai_runs_total{workflow=\"tests\",status=\"failed\"} 1",
        "gaai_steps_total{workflow=\"tests\",type=\"branch\",status=\"succeeded\"} 2",
        "gaai_steps_total{workflow=\"tests\",type=\"branch\",status=\"failed\"} 1",
        "gaai_branches_spawned_total{workflow=\"tests\"} 3",
        "gaai_steps_running 0",
        "gaai_pool_slots{pool=\"db\",state=\"total\"} 1",
        "gaai_pool_slots{pool=\"db\",state=\"used\"} 0",
        "gaai_pool_wait_seconds_total{pool=\"db\"} 0.5",
        "gaai_pool_utilization{pool=\"db\"} 1.0",
        "gaai_run_duration_seconds_sum{workflow=\"tests\"} 1.0",
        "gaai_step_duration_seconds_sum{workflow=\"tests\"} 1.0",
        "gaai_step_queue_seconds_sum{workflow=\"tests\"} 0.5",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("run\""), "the run's id is in\n{text}");
}
