//! Fuzz targets for workflow files: any text is refused with places within it, or gives a workflow.

use gaai::workflow::definition::{GraphFormat, Order, explain, format, graph, load};

#[test]
fn any_bytes_are_refused_or_give_a_workflow() {
    bolero::check!()
        .with_iterations(2_000)
        .with_max_len(300)
        .for_each(|bytes: &[u8]| check(&String::from_utf8_lossy(bytes)));
}

/// Lines as authors write them, in any order, reach the rules that random bytes do not.
#[test]
fn any_lines_of_workflows_are_refused_or_give_a_workflow() {
    const LINES: [&str; 32] = [
        "name: A",
        "version: 1.0",
        "parallel: { resources: { cpu: 2, t: { rate: 1, per: 1s } }, keepGoing: true }",
        "variables: { x: [1, 2], y: &y { z: 1 } }",
        "secrets: { S: { env: S } }",
        "env: { E: \"{{ variables.x }}\" }",
        "x-a: &a { dependsOn: [a], <<: *y }",
        "onFailure: { command: \"{{ steps.a.error }}\" }",
        "schedule: [ { cron: \"* * * * *\" } ]",
        "verify: [ { log: { step: a, pattern: x } } ]",
        "steps:",
        "  - id: a",
        "  - id: b",
        "  - id: c",
        "    type: script",
        "    type: agent",
        "    type: condition",
        "    type: service",
        "    config: { command: a b }",
        "    config: { command: x, args: [\"{{ item }}\"], env: { A: \"{{ secrets.S }}\" } }",
        "    config: { prompt: \"{{ steps.a.output }}\" }",
        "    config: { expression: { type: equals, left: 1, right: 2 }, onTrue: [b], onFalse: c }",
        "    dependsOn: [a]",
        "    dependsOn: [ { step: b, condition: failed } ]",
        "    <<: *a",
        "    condition: always() && !(1 == 2)",
        "    condition: \"{{\"",
        "    forEach: { items: \"{{ variables.x }}\" }",
        "    resources: { cpu: 1 }",
        "    continueOnError: true",
        "\t- id: d",
        "    bogus: 1",
    ];
    bolero::check!()
        .with_iterations(3_000)
        .with_max_len(24)
        .for_each(|choices: &[u8]| {
            let lines: Vec<&str> = choices
                .iter()
                .map(|it| LINES[usize::from(*it) % LINES.len()])
                .collect();
            check(&lines.join("\n"));
            // The same after a sound beginning, which most random orders lack.
            check(&format!(
                "steps:\n  - id: a\n    type: script\n    config: {{ command: x }}\n{}",
                lines.join("\n")
            ));
        });
}

fn check(text: &str) {
    let lines = text.lines().count();
    match load(text, "fuzz.yaml") {
        Ok(loaded) => {
            let order = Order::of(&loaded.workflow).unwrap_or_else(|it| panic!("{it:?}"));
            assert_eq!(order.sequence().len(), loaded.workflow.steps.len());
            for (format, _) in GraphFormat::ALL {
                assert!(!graph(&loaded.workflow, &order, format).is_empty());
            }
            for step in 0..loaded.workflow.steps.len() {
                assert!(!explain(&loaded.workflow, &order, step).to_string().is_empty());
            }
        }
        Err(faults) => {
            assert!(!faults.faults.is_empty());
            assert!(
                faults
                    .faults
                    .iter()
                    .all(|it| it.line <= lines + 1 && it.column > 0),
                "{faults}"
            );
        }
    }
    if let Ok(formatted) = format(text, "fuzz.yaml") {
        assert_eq!(
            format(&formatted, "fuzz.yaml").unwrap_or_else(|it| panic!("{it}")),
            formatted
        );
    }
}
