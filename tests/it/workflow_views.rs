//! How workflows are drawn and explained, and that the page on workflows shows the table the code reads.

use gaai::workflow::definition::{Explanation, GraphFormat, Order, Workflow, explain, graph, load};
use gaai::workflow::truth_table;

const SHAPE: &str = r#"
name: Shape "A"
version: 1.0.0
parallel: { resources: { cpu: 2 } }
steps:
  - { id: prepare, type: script, config: { command: a } }
  - { id: build, name: "Build <all>", type: script, config: { command: b }, dependsOn: [prepare], resources: { cpu: 2 } }
  - { id: lint, type: script, config: { command: c }, dependsOn: [prepare] }
  - { id: docs, type: script, config: { command: d }, dependsOn: [prepare], parallel: { isolateErrors: true, enabled: false } }
  - { id: test, type: script, config: { command: e }, dependsOn: [build] }
  - { id: publish, type: script, config: { command: f }, dependsOn: [docs] }
  - { id: package, type: script, config: { command: g }, dependsOn: [test] }
  - { id: report, type: script, config: { command: h }, dependsOn: [package], condition: always() }
  - { id: repair, type: script, config: { command: i }, dependsOn: [ { step: build, condition: failed } ] }
  - { id: slow, type: script, config: { command: j }, dependsOn: [docs] }
"#;

fn workflow(text: &str) -> Workflow {
    load(text, "shape.yaml")
        .unwrap_or_else(|it| panic!("{it}"))
        .workflow
}

fn explained(text: &str, step: &str) -> Explanation {
    let workflow = workflow(text);
    let order = Order::of(&workflow).unwrap();
    let at = workflow.steps.iter().position(|it| it.id.0 == step).unwrap();
    explain(&workflow, &order, at)
}

#[test]
fn a_graph_is_drawn_in_four_ways() {
    let workflow = workflow(SHAPE);
    let order = Order::of(&workflow).unwrap();
    let drawn: Vec<String> = GraphFormat::ALL
        .into_iter()
        .map(|(format, name)| format!("== {name}\n{}", graph(&workflow, &order, format)))
        .collect();
    insta::assert_snapshot!("graph", drawn.join("\n"));
}

#[test]
fn a_failure_is_explained_with_names() {
    let keep_going = SHAPE.replace("{ resources:", "{ keepGoing: true, resources:");
    let cancel_all = SHAPE.replace("{ resources:", "{ failFast: cancelAll, resources:");
    let told = [
        explained(SHAPE, "build"),
        explained(SHAPE, "docs"),
        explained(
            &SHAPE.replace("enabled: false }", "enabled: false }, continueOnError: true"),
            "docs",
        ),
        explained(&keep_going, "build"),
        explained(&cancel_all, "docs"),
    ];
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("explain", told.join("\n"));
}

#[test]
fn every_other_step_stands_in_one_list() {
    for step in ["prepare", "build", "docs", "report", "slow"] {
        let it = explained(SHAPE, step);
        let lists = [
            &it.before,
            &it.group_failed,
            &it.upstream_failed,
            &it.run_failing,
            &it.by_condition,
            &it.untouched,
        ];
        let mut names: Vec<&String> = lists.into_iter().flatten().collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 9, "{step}");
        assert_eq!(lists.into_iter().map(Vec::len).sum::<usize>(), 9, "{step}");
    }
}

#[test]
fn the_page_on_workflows_shows_the_table_that_the_code_reads() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/workflows.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains(&truth_table::markdown()),
        "docs/workflows.md lacks:\n{}",
        truth_table::markdown()
    );
}
