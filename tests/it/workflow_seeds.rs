//! The six snippets of seed 002 load as they stand, and mean what their document says.

use gaai::workflow::definition::{Loaded, Order, format, load};

const NAMES: [&str; 6] = [
    "automatic-detection",
    "workflow-level",
    "step-level",
    "resource-pools",
    "error-handling",
    "complex",
];

fn text(name: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read_to_string(format!("{root}/tests/workflows/seed_002/{name}.yaml")).unwrap()
}

fn loaded(name: &str) -> Loaded {
    load(&text(name), &format!("{name}.yaml")).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn all_six_load_with_their_tabs_and_a_warning_that_names_the_line() {
    for name in NAMES {
        let loaded = loaded(name);
        assert!(text(name).contains('\t'), "{name}");
        let tabs: Vec<_> = loaded
            .warnings
            .iter()
            .filter(|it| it.message.starts_with("tabs"))
            .collect();
        assert_eq!(tabs.len(), 1, "{name}");
        let line = text(name).lines().position(|it| it.starts_with('\t')).unwrap() + 1;
        assert_eq!(tabs[0].line, line, "{name}");
    }
}

#[test]
fn a_snippet_without_a_name_is_called_after_its_file() {
    assert_eq!(loaded("resource-pools").workflow.name, "resource-pools");
    assert_eq!(loaded("complex").workflow.name, "Complex Parallel Workflow");
}

#[test]
fn the_complex_example_has_the_four_groups_of_its_document() {
    let workflow = loaded("complex").workflow;
    let order = Order::of(&workflow).unwrap();
    let groups: Vec<Vec<&str>> = order
        .groups()
        .iter()
        .map(|group| group.iter().map(|it| workflow.steps[*it].id.0.as_str()).collect())
        .collect();
    assert_eq!(
        groups,
        [
            vec!["setup-env", "validate-config", "check-dependencies"],
            vec!["build-frontend", "build-backend", "prepare-database"],
            vec!["test-frontend", "test-backend", "integration-tests"],
            vec!["deploy"],
        ]
    );
}

#[test]
fn the_first_example_runs_two_steps_at_once_without_being_told() {
    let workflow = loaded("automatic-detection").workflow;
    let groups = Order::of(&workflow).unwrap().groups();
    assert_eq!(groups, [vec![0], vec![1, 2]]);
}

#[test]
fn formatting_mends_the_tabs_and_keeps_comments_and_meaning() {
    for name in NAMES {
        let formatted = format(&text(name), name).unwrap();
        assert!(!formatted.contains('\t'), "{name}");
        let comments = |text: &str| text.lines().filter(|it| it.contains('#')).count();
        assert_eq!(comments(&formatted), comments(&text(name)), "{name}");
        let again = load(&formatted, &format!("{name}.yaml")).unwrap();
        assert_eq!(again.workflow, loaded(name).workflow, "{name}");
        assert!(
            again.warnings.iter().all(|it| !it.message.starts_with("tabs")),
            "{name}"
        );
    }
}
