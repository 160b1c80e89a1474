//! The six snippets of seed 002 run as their document says, with its programs played by small scripts.

use std::sync::Arc;

use futures_util::FutureExt;
use gaai::model::event::RunState;
use gaai::model::workflow_event::StepState;
use gaai::workflow::run::{Calls, WorkflowResult};
use serde_json::{Value, json};

use super::workflow_room::{Room, fate, step};

/// Writes down how it was called, then does what `acts.NAME` says for it, if that exists.
const TOLD: &str = "#!/bin/sh
echo \"$(basename \"$0\") $*\" >> calls
[ ! -e \"acts.$(basename \"$0\")\" ] || . \"./acts.$(basename \"$0\")\"
";

fn text(name: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read_to_string(format!("{root}/tests/workflows/seed_002/{name}.yaml")).unwrap()
}

/// A room with every program of the document.
fn room() -> Room {
    let mut room = Room::new();
    for name in ["npm", "curl"] {
        room.program(&format!("bin/{name}"), TOLD);
    }
    for name in [
        "process-data",
        "sync-api",
        "critical-task",
        "optional-task",
        "independent-task",
        "setup-env",
        "validate-config",
        "check-deps",
        "prepare-db",
        "deploy",
    ] {
        room.program(&format!("{name}.sh"), TOLD);
    }
    room.calls = Calls {
        agent: Some(Arc::new(|_| {
            async { Ok(("processed".to_owned(), serde_json::Map::new())) }.boxed()
        })),
        analysis: None,
    };
    room
}

async fn run(room: &Room, name: &str) -> WorkflowResult {
    room.run(&text(name)).await
}

fn ran_well(result: &WorkflowResult) {
    assert!(result.success, "{:?}", result.error);
    assert_eq!((result.state, &result.error), (RunState::Succeeded, &None));
    assert!(
        result
            .step_results
            .values()
            .all(|it| it.success && it.error.is_none())
    );
}

#[tokio::test]
async fn the_first_snippet_runs_both_checks_after_the_installation() {
    let room = room();
    let result = run(&room, "automatic-detection").await;
    ran_well(&result);
    let calls = room.lines("calls");
    assert_eq!(calls[0], "npm install");
    let mut later = calls[1..].to_vec();
    later.sort();
    assert_eq!(later, ["npm run lint", "npm run type-check"]);
    assert_eq!(step(&result, "install").parallel_group, 0);
    assert_eq!(step(&result, "lint").parallel_group, 1);
    assert_eq!(step(&result, "type-check").parallel_group, 1);
    assert_eq!(result.parallel_stats.total_groups, 2);
}

#[tokio::test]
async fn the_first_snippet_runs_its_checks_at_once_without_a_word_about_it() {
    let room = room();
    // Neither check ends before both have begun.
    std::fs::write(room.path("acts.npm"), "[ \"$1\" = install ] || meet check 2\n").unwrap();
    let result = run(&room, "automatic-detection").await;
    ran_well(&result);
    assert_eq!(result.parallel_stats.max_concurrent_steps, 2);
}

#[tokio::test]
async fn results_have_the_names_of_the_document() {
    let room = room();
    std::fs::write(room.path("acts.npm"), "echo \"said $*\"\n").unwrap();
    let result = serde_json::to_value(run(&room, "workflow-level").await).unwrap();
    assert_eq!(result["success"], true);
    assert!(result["executionTime"].is_u64() && result["error"].is_null());
    let step = &result["stepResults"]["run-tests"];
    assert_eq!(step["success"], true);
    assert_eq!(step["output"], "said test");
    assert_eq!(step["error"], Value::Null);
    assert_eq!(step["parallelGroup"], 0);
    assert!(step["executionTime"].is_u64());
    let stats = &result["parallelStats"];
    assert_eq!(stats["totalGroups"], 1);
    assert!((1..=3).contains(&stats["maxConcurrentSteps"].as_u64().unwrap()));
    let used = json!({"cpu": 0.0, "memory": 0.0, "network": 0.0});
    assert_eq!(stats["resourceUtilization"], used);
}

#[tokio::test]
async fn the_steps_of_three_kinds_each_use_their_own_pool() {
    let room = room();
    let yaml = text("step-level") + "\nparallel:\n  resources: { cpu: 1, memory: 1, network: 1 }\n";
    let yaml = yaml.replace('\t', "  ");
    let result = room.run(&yaml).await;
    ran_well(&result);
    assert_eq!(step(&result, "memory-task").output, "processed");
    let mut calls = room.lines("calls");
    calls.sort();
    assert_eq!(
        calls,
        ["curl -X POST https://api.example.com/webhook", "process-data.sh "]
    );
    for (name, pool) in &result.parallel_stats.pools {
        assert_eq!((pool.size, pool.peak), (1, 1), "{name}");
    }
    // As the document has it, without a declaration, the pools limit nothing.
    let bare = super::workflow_runs::room();
    ran_well(&run(&bare, "step-level").await);
}

#[tokio::test]
async fn declared_pools_are_used_by_the_steps_that_name_them() {
    let room = room();
    let result = run(&room, "resource-pools").await;
    ran_well(&result);
    let pools = &result.parallel_stats.pools;
    let seen = ["database", "api", "filesystem"].map(|it| (pools[it].size, pools[it].peak));
    assert_eq!(seen, [(2, 1), (10, 1), (5, 0)]);
    let used = &result.parallel_stats.resource_utilization;
    assert!(used["database"] > 0.0 && used["database"] <= 0.5, "{used:?}");
    assert_eq!(used["filesystem"], 0.0);
}

#[tokio::test]
async fn an_optional_failure_is_told_and_tolerated() {
    let room = room();
    std::fs::write(room.path("acts.optional-task.sh"), "exit 3\n").unwrap();
    let result = run(&room, "error-handling").await;
    assert!(result.success);
    assert_eq!(result.state, RunState::PartiallySucceeded);
    let optional = step(&result, "optional-step");
    assert_eq!(
        (optional.state, optional.success, optional.exit_code),
        (StepState::Failed, true, Some(3))
    );
    assert_eq!(fate(&result, "critical-step").0, StepState::Succeeded);
}

#[tokio::test]
async fn a_critical_failure_fails_the_run_and_leaves_isolated_steps_alone() {
    let room = room();
    std::fs::write(room.path("acts.critical-task.sh"), "echo broken >&2; exit 4\n").unwrap();
    let result = run(&room, "error-handling").await;
    assert_eq!((result.success, result.state), (false, RunState::Failed));
    let error = result.error.clone().unwrap();
    assert_eq!(
        error,
        "Failed steps: critical-step; critical-step: it exited with code 4: broken"
    );
    for isolated in ["optional-step", "independent-step"] {
        assert_eq!(fate(&result, isolated).0, StepState::Succeeded);
    }
}

#[tokio::test]
async fn the_complex_example_runs_in_four_groups_within_its_pools() {
    let room = room();
    let result = run(&room, "complex").await;
    ran_well(&result);
    assert_eq!(result.parallel_stats.total_groups, 4);
    let groups = [
        &["setup-env", "validate-config", "check-dependencies"][..],
        &["build-frontend", "build-backend", "prepare-database"],
        &["test-frontend", "test-backend", "integration-tests"],
        &["deploy"],
    ];
    for (group, steps) in groups.into_iter().enumerate() {
        for id in steps {
            assert_eq!(
                step(&result, id).parallel_group,
                u32::try_from(group).unwrap(),
                "{id}"
            );
        }
    }
    assert_eq!(result.step_results.len(), 10);
    assert_eq!(room.lines("calls").last().unwrap(), "deploy.sh ");
    for (name, pool) in &result.parallel_stats.pools {
        assert!((1..=pool.size).contains(&pool.peak), "{name}: {pool:?}");
    }
    assert!(result.parallel_stats.max_concurrent_steps <= 6);
}

#[tokio::test]
async fn both_builds_of_the_complex_example_fit_into_its_pool_at_once() {
    let room = room();
    let act = "case \"$2\" in build:*) meet build 2;; esac\n";
    std::fs::write(room.path("acts.npm"), act).unwrap();
    let result = run(&room, "complex").await;
    ran_well(&result);
    assert_eq!(result.parallel_stats.pools["cpu"].peak, 2);
}
