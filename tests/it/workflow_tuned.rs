//! What recorded durations are good for: the order of steps, proposals of sizes (004-P5).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gaai::model::event::Record;
use gaai::model::workflow_event::WorkflowEvent;
use gaai::trace::{Durability, Journal, read_journal};
use serde_json::Value;

use super::program::{done, expect};
use super::workflow_cli::{run, step, workflow};

/// Writes the journal of the run `r` anew, as if its steps had taken so many seconds.
fn as_if(place: &Path, seconds: impl Fn(&str) -> u64) {
    let path = place.join("output/r/workflow.jsonl");
    let records: Vec<Record<WorkflowEvent>> = read_journal(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let journal = Journal::create_at(path, Durability::None, Arc::new(|| 0)).unwrap();
    for Record { mut event, .. } in records {
        if let WorkflowEvent::StepFinished { step, end } = &mut event {
            end.elapsed_us = seconds(step) * 1_000_000;
        }
        journal.write(&event).unwrap();
    }
    journal.sync().unwrap();
}

/// The steps in the order in which they ran, which they write down themselves.
fn order(place: &Path) -> String {
    let order = fs::read_to_string(place.join("order")).unwrap();
    fs::remove_file(place.join("order")).unwrap();
    order.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn steps_with_more_behind_them_go_first_and_with_longer_ways_once_those_are_known() {
    let place = tempfile::tempdir().unwrap();
    let noting = |id: &str, more: &str| {
        let more = format!("{more}, parallel: {{ resource: one }}");
        step(id, &format!("echo {id} >> order"), &more)
    };
    let steps = [
        noting("a", ""),
        noting("b", ""),
        noting("c", ", dependsOn: [b]"),
        noting("d", ", dependsOn: [c]"),
    ];
    workflow(
        place.path(),
        "parallel: { resources: { one: 1 } }",
        &steps.concat(),
    );
    run(place.path(), &[], 0);
    assert_eq!(order(place.path()), "b c a d", "by the number of steps");
    as_if(place.path(), |step| if step == "a" { 60 } else { 1 });
    expect(place.path(), &["workflow", "run", "w.yaml", "--run-id", "s"], 0);
    assert_eq!(order(place.path()), "a b c d", "by how long they took");
}

fn simulated(place: &Path, words: &[&str]) -> Value {
    let words = [&["workflow", "plan", "w.yaml", "--simulate", "--json"], words].concat();
    serde_json::from_str(&expect(place, &words, 0)).unwrap()
}

#[test]
fn recorded_durations_propose_sizes_that_are_written_into_the_file() {
    let place = tempfile::tempdir().unwrap();
    // A pool may have the name of the other limit.
    let pooled = ", parallel: { resource: defaultMaxConcurrency }";
    let steps: String = (0..4).map(|it| step(&format!("s{it}"), "true", pooled)).collect();
    let pools = "parallel: { resources: { defaultMaxConcurrency: 1 } } # mine";
    workflow(place.path(), pools, &steps);
    run(place.path(), &[], 0);
    as_if(place.path(), |_| 10);
    let found = simulated(place.path(), &[]);
    assert_eq!(found["runs"], 1);
    assert_eq!(found["criticalPath"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["makespanMs"], &found["proposedMs"]),
        (&40_000.into(), &10_000.into())
    );
    let change = &found["changes"][0];
    assert_eq!(
        (&change["isPool"], &change["to"]),
        (&true.into(), &4.into()),
        "{found:#}"
    );
    simulated(place.path(), &["--apply"]);
    let text = fs::read_to_string(place.path().join("w.yaml")).unwrap();
    assert!(text.contains("defaultMaxConcurrency: 4 } } # mine"), "{text}");
}

#[test]
fn where_no_size_has_an_effect_none_is_proposed() {
    let place = tempfile::tempdir().unwrap();
    let pooled = ", parallel: { resource: one }";
    let steps: String = (0..4).map(|it| step(&format!("s{it}"), "true", pooled)).collect();
    workflow(
        place.path(),
        "parallel: { enabled: false, resources: { one: 1 } }",
        &steps,
    );
    let found = simulated(place.path(), &[]);
    assert_eq!(found["changes"], Value::Array(Vec::new()), "{found:#}");
    assert_eq!(
        (&found["makespanMs"], &found["proposedMs"]),
        (&4000.into(), &4000.into())
    );
    assert!(
        found["leftOut"][0]
            .as_str()
            .unwrap()
            .contains("one after the other")
    );

    let alone = ", parallel: { enabled: false }";
    let steps: String = (0..4).map(|it| step(&format!("s{it}"), "true", alone)).collect();
    workflow(place.path(), "parallel: { defaultMaxConcurrency: 1 }", &steps);
    assert_eq!(simulated(place.path(), &[])["changes"], Value::Array(Vec::new()));
}

#[test]
fn what_is_not_simulated_is_told() {
    let place = tempfile::tempdir().unwrap();
    let each = ", forEach: { items: [1, 2], maxConcurrency: 1 }";
    let pools = "parallel: { resources: { calls: { rate: 5, per: 1s }, gpu: { slots: 1, scope: host }, \
                 llm: { adaptive: { min: 1, max: 4 } } } }";
    workflow(place.path(), pools, &step("each", "true", each));
    let found = simulated(place.path(), &[]);
    let texts: Vec<&str> = found["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        texts,
        [
            "pool calls refills by time, and limits nothing here",
            "pool gpu is shared by the machine, and limits nothing here",
            "pool llm follows the load, and limits nothing here",
            "step each is taken as a whole, which holds no place while its parts run"
        ]
    );
}

#[test]
fn a_pool_of_the_host_that_asks_to_adapt_is_warned_of_and_keeps_its_size() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let pools = "parallel: { resources: { llm: { slots: 3, adaptive: { min: 1, max: 16 }, scope: host } } }";
    workflow(place, pools, &step("a", "true", ", parallel: { resource: llm }"));
    let output = done(place, &["workflow", "validate", "w.yaml"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("`llm` keeps its 3 slots"), "{told}");
    let plan: Value =
        serde_json::from_str(&expect(place, &["workflow", "plan", "w.yaml", "--json"], 0)).unwrap();
    assert_eq!(plan["pools"]["llm"], "3 on this machine");
    // More than it has is never there.
    let heavy = ", parallel: { resources: { llm: 4 } }";
    workflow(place, pools, &step("a", "true", heavy));
    assert_eq!(
        done(place, &["workflow", "validate", "w.yaml"]).status.code(),
        Some(2)
    );
}
