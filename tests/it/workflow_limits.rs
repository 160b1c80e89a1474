//! What bounds the steps of a run beside each other: slots, pools, steps that run alone, lists, one at a time.

use gaai::model::workflow_event::StepState;
use gaai::workflow::definition::Jobs;
use gaai::workflow::run::RunOptions;

use super::workflow_room::{Room, fate, step};

/// `count` steps that meet in `pool`, so many of them at once that `crowd` must be there before the first leaves.
fn crowd(pool: &str, count: usize, crowd: usize, more: &str) -> String {
    let step = |at| {
        format!(
            "  - {{ id: {pool}-{at}, type: script, config: {{ command: meet, args: [{pool}, '{crowd}'] }}{more} }}\n"
        )
    };
    (0..count).map(step).collect()
}

fn sequential() -> RunOptions {
    RunOptions {
        parallel_enabled: Some(false),
        ..RunOptions::default()
    }
}

#[tokio::test]
async fn two_pools_of_one_level_are_both_kept_and_used() {
    let room = Room::new();
    let steps = crowd("cpu", 6, 2, ", parallel: { resource: cpu }")
        + &crowd("net", 6, 3, ", parallel: { resource: net }");
    let yaml = format!(
        "name: p\nparallel:\n  defaultMaxConcurrency: 12\n  resources: {{ cpu: 2, net: 3 }}\nsteps:\n{steps}"
    );
    let result = room.run(&yaml).await;
    assert!(result.success, "{:?}", result.error);
    let pools = &result.parallel_stats.pools;
    assert_eq!((pools["cpu"].peak, pools["net"].peak), (2, 3));
    // As the steps themselves saw it.
    assert_eq!((room.peak("cpu"), room.peak("net")), (2, 3));
    assert!(result.parallel_stats.max_concurrent_steps <= 5);
    for (name, used) in &result.parallel_stats.resource_utilization {
        assert!(*used > 0.0 && *used <= 1.0, "{name}: {used}");
    }
}

#[tokio::test]
async fn the_cap_of_a_run_is_what_the_steps_see_and_the_result_says() {
    let mut room = Room::new();
    room.options.max_concurrency = Some(Jobs::Count(3.try_into().unwrap()));
    let yaml = format!(
        "name: cap\nparallel: {{ defaultMaxConcurrency: 9 }}\nsteps:\n{}",
        crowd("all", 9, 3, "")
    );
    let result = room.run(&yaml).await;
    assert_eq!(
        (room.peak("all"), result.parallel_stats.max_concurrent_steps),
        (3, 3)
    );
    let unsaid = Room::new();
    let yaml = format!("name: cap\nsteps:\n{}", crowd("all", 9, 4, ""));
    let result = unsaid.run(&yaml).await;
    assert_eq!(
        (unsaid.peak("all"), result.parallel_stats.max_concurrent_steps),
        (4, 4)
    );
}

#[tokio::test]
async fn weights_are_held_in_full() {
    let room = Room::new();
    let steps =
        crowd("heavy", 3, 1, ", resources: { cpu: 2 }") + &crowd("light", 3, 1, ", resources: { cpu: 1 }");
    let yaml =
        format!("name: w\nparallel:\n  defaultMaxConcurrency: 9\n  resources: {{ cpu: 3 }}\nsteps:\n{steps}");
    let result = room.run(&yaml).await;
    assert!(result.success);
    assert_eq!(room.peak("heavy"), 1);
    assert!(result.parallel_stats.pools["cpu"].peak <= 3);
}

/// A step that writes into the file of the size of a pool of the host, and one that takes four of it afterwards.
fn after_the_size_became(text: &str) -> String {
    format!(
        "
name: host
parallel: {{ resources: {{ gpu: {{ slots: 4, scope: host }} }} }}
steps:
  - {{ id: other, type: script, config: {{ command: sh, args: [-c, 'echo {text} > pools/gpu/size'] }} }}
  - {{ id: large, type: script, dependsOn: [other], resources: {{ gpu: 4 }}, config: {{ command: 'true' }} }}
"
    )
}

#[tokio::test]
async fn a_step_takes_all_of_a_pool_that_others_made_smaller() {
    let result = Room::new().run(&after_the_size_became("2")).await;
    assert!(result.success, "{:?}", result.error);
}

#[tokio::test]
async fn a_step_fails_when_a_pool_of_the_host_cannot_be_used() {
    let result = Room::new().run(&after_the_size_became("nothing")).await;
    assert_eq!(fate(&result, "large").0, StepState::Failed);
    let error = step(&result, "large").error.clone().unwrap();
    assert!(
        error.starts_with("it cannot have what it takes: failed to use the slots in ")
            && error.contains("pools/gpu/size: it holds no size"),
        "{error}"
    );
}

#[tokio::test]
async fn a_quick_branch_waits_for_no_slow_one_of_its_level() {
    let room = Room::new();
    // `slow` ends only after the successor of its quick sibling has.
    let result = room
        .run(
            "
name: streaming
steps:
  - { id: slow, type: script, config: { command: wait_for, args: [quick-2-was-here] } }
  - { id: quick, type: script, config: { command: 'true' } }
  - { id: quick-2, type: script, dependsOn: [quick], config: { command: touch, args: [quick-2-was-here] } }
",
        )
        .await;
    assert!(result.success);
}

#[tokio::test]
async fn a_limit_on_one_step_slows_none_of_its_siblings() {
    let room = Room::new();
    let single = "  - { id: single, type: script, config: { command: wait_for, args: [came.all.*] }, parallel: { maxConcurrency: 1 } }\n";
    let yaml = format!(
        "name: m\nparallel: {{ defaultMaxConcurrency: 5 }}\nsteps:\n{single}{}",
        crowd("all", 4, 4, "")
    );
    let yaml = yaml.replace("came.all.*", "meet/all");
    let result = room.run(&yaml).await;
    assert!(result.success);
    assert_eq!(room.peak("all"), 4);
}

#[tokio::test]
async fn a_step_without_parallelism_runs_alone() {
    let room = Room::new();
    let alone = "  - { id: alone, type: script, config: { command: sh, args: [-c, 'ls meet/all | wc -l > seen'] }, parallel: { enabled: false } }\n";
    std::fs::create_dir_all(room.path("meet/all")).unwrap();
    let yaml = format!(
        "name: alone\nsteps:\n{}{alone}{}",
        crowd("all", 4, 1, ""),
        crowd("more", 4, 1, "")
    );
    let result = room.run(&yaml).await;
    assert!(result.success);
    assert_eq!(room.lines("seen"), ["0"]);
}

/// Steps out of order in the file, a list and a nested workflow among them; each says its name.
const MIXED: &str = "
name: mixed
parallel: { enabled: ENABLED }
steps:
  - { id: last, type: script, dependsOn: [b], config: { command: sh, args: [-c, 'echo last >> order'] } }
  - { id: b, type: script, dependsOn: [a], config: { command: sh, args: [-c, 'echo b >> order'] }, onSuccess: { command: sh, args: [-c, 'echo after-b >> order'] } }
  - { id: a, type: script, config: { command: sh, args: [-c, 'echo a >> order'] } }
  - id: list
    type: script
    forEach: { items: [x, y, z] }
    config: { command: sh, args: [-c, 'echo $0 >> order', '{{item}}'] }
  - { id: c, type: script, config: { command: sh, args: [-c, 'echo c >> order'] } }
  - { id: nested, type: workflow, config: { path: nested.yaml } }
  - { id: d, type: script, config: { command: sh, args: [-c, 'echo d >> order'] } }
";

const NESTED: &str = "
name: nested
steps:
  - { id: one, type: script, config: { command: sh, args: [-c, 'echo one >> order'] } }
  - { id: two, type: script, config: { command: sh, args: [-c, 'echo two >> order'] } }
";

const FILE_ORDER: [&str; 11] = ["a", "b", "after-b", "last", "x", "y", "z", "c", "one", "two", "d"];

#[tokio::test]
async fn one_at_a_time_is_the_order_of_the_file_as_far_as_dependencies_let_it() {
    for enabled in [Some(false), None] {
        let mut room = Room::new();
        std::fs::write(room.path("nested.yaml"), NESTED).unwrap();
        room.options.parallel_enabled = enabled;
        let file_says = if enabled.is_some() { "true" } else { "false" };
        let result = room.run(&MIXED.replace("ENABLED", file_says)).await;
        assert!(result.success, "{:?}", result.error);
        assert_eq!(result.parallel_stats.max_concurrent_steps, 1);
        assert_eq!(room.lines("order"), FILE_ORDER);
    }
}

#[tokio::test]
async fn the_option_to_run_in_parallel_beats_the_file() {
    let mut room = Room::new();
    room.options.parallel_enabled = Some(true);
    let yaml = format!(
        "name: beats\nparallel: {{ enabled: false }}\nsteps:\n{}",
        crowd("all", 2, 2, "")
    );
    let result = room.run(&yaml).await;
    assert_eq!(result.parallel_stats.max_concurrent_steps, 2);
    // And the option not to beats the hints of steps and the number of slots.
    let mut room = Room::new();
    room.options = RunOptions {
        max_concurrency: Some(Jobs::Count(8.try_into().unwrap())),
        ..sequential()
    };
    let yaml = format!(
        "name: beats\nsteps:\n{}",
        crowd("all", 4, 1, ", parallel: { enabled: true }")
    );
    assert_eq!(room.run(&yaml).await.parallel_stats.max_concurrent_steps, 1);
    assert_eq!(room.peak("all"), 1);
}

#[tokio::test]
async fn a_slot_is_free_while_a_retry_rests() {
    let room = Room::new();
    // `second` can only run in the pause of `first`, which succeeds only after `second` has.
    let result = room
        .run(
            "
name: rests
parallel: { defaultMaxConcurrency: 1, resources: { one: 1 } }
steps:
  - id: first
    type: script
    config: { command: sh, args: [-c, 'test -e second-was-here'] }
    parallel: { resource: one }
    retry: { maxAttempts: 20, backoff: { initial: 20ms, factor: 1, max: 20ms } }
  - { id: second, type: script, config: { command: touch, args: [second-was-here] }, parallel: { resource: one } }
",
        )
        .await;
    assert!(result.success, "{:?}", result.error);
    assert_eq!(step(&result, "first").attempts, 2);
    assert_eq!(result.parallel_stats.max_concurrent_steps, 1);
}

#[tokio::test]
async fn only_from_and_until_choose_steps() {
    let yaml = "
name: chain
steps:
  - { id: a, type: script, config: { command: 'true' } }
  - { id: b, type: script, dependsOn: [a], config: { command: 'true' } }
  - { id: c, type: script, dependsOn: [b], config: { command: 'true' } }
";
    let chosen = |set: fn(&mut RunOptions)| async move {
        let mut room = Room::new();
        set(&mut room.options);
        let result = room.run(yaml).await;
        assert!(
            result
                .step_results
                .keys()
                .all(|it| fate(&result, it).0 == StepState::Succeeded)
        );
        result.step_results.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(chosen(|it| it.only = vec!["b".into()]).await, ["b"]);
    assert_eq!(chosen(|it| it.from = vec!["b".into()]).await, ["b", "c"]);
    assert_eq!(chosen(|it| it.until = vec!["b".into()]).await, ["a", "b"]);
}
