//! Claims about numbers of a brief: taken by the question that they stand in, or said to be left out.

use super::requirements::extract;
use super::templates::generate;
use super::use_cases::{DEFAULT_MAX, propose};
use super::vertical::{VerticalChoice, resolve};
use super::vertical_files::load;
use crate::algorithms::Algorithm;
use crate::assets::Assets;
use crate::documents::from_text;
use crate::model::{
    requirements::Requirements,
    schema::{Attribute, AttributeKind, Census, EdgeCollection, Relationship, Schema, VertexCollection},
    template::TemplatePlan,
    use_case::{Feasibility, UseCase},
    vertical::Vertical,
};

fn fraud() -> Vertical {
    let all = load(&Assets::embedded()).unwrap();
    let choice = VerticalChoice::Named("fraud".to_owned());
    resolve(&choice, &all, &Census::default(), &[]).unwrap().vertical
}

fn payments() -> Schema {
    let attribute = |name: &str, kind| Attribute {
        name: name.to_owned(),
        kind,
        distinct: 9,
        ..Attribute::default()
    };
    let accounts = VertexCollection {
        name: "accounts".to_owned(),
        count: 100,
        ..VertexCollection::default()
    };
    let transfers = EdgeCollection {
        name: "transfers".to_owned(),
        count: 1_000,
        directed: true,
        attributes: vec![
            attribute("amount", AttributeKind::Number),
            attribute("at", AttributeKind::Time),
        ],
        relationships: vec![Relationship {
            from: "accounts".to_owned(),
            to: "accounts".to_owned(),
            count: 1_000,
        }],
        ..EdgeCollection::default()
    };
    Schema {
        census: Census {
            vertices: vec![accounts],
            edges: vec![transfers],
            ..Census::default()
        },
        ..Schema::default()
    }
}

fn read(brief: &str) -> Requirements {
    extract(&[from_text(brief, 1).unwrap()], &fraud())
}

fn use_cases(brief: &str, most: usize) -> Vec<UseCase> {
    propose(&read(brief), &payments(), &fraud(), most)
}

fn plan(brief: &str) -> TemplatePlan {
    generate(
        &use_cases(brief, DEFAULT_MAX),
        &payments(),
        &fraud(),
        &read(brief),
        None,
    )
}

#[test]
fn a_window_of_the_brief_stands_in_for_the_verticals() {
    let plan = plan("Find rings in which money returns to its sender within 24 hours.");
    let windows: Vec<i64> = plan
        .templates
        .iter()
        .filter_map(|it| match &it.algorithm {
            Algorithm::TemporalCycles(config) => Some(config.window_ms),
            _ => None,
        })
        .collect();
    assert_eq!(windows, [24 * 3_600_000]);
    assert!(
        plan.assignments.iter().all(|it| it.unapplied.is_empty()),
        "{plan:#?}"
    );
}

#[test]
fn a_number_that_nothing_takes_is_kept_in_words() {
    let plan = plan("Find rings of accounts that move money round across at least 2 countries.");
    let unapplied: Vec<&String> = plan.assignments.iter().flat_map(|it| &it.unapplied).collect();
    assert!(
        !unapplied.is_empty() && unapplied.iter().all(|it| it.contains("at least 2 countries")),
        "{plan:#?}"
    );
}

#[test]
fn only_an_amount_is_a_threshold() {
    let threshold = |brief: &str| {
        let plan = plan(brief);
        let found = plan.assignments.iter().find_map(|it| it.threshold.clone());
        found.map(|it| it.0)
    };
    let asked = "Find accounts whose transfers stay just below the reporting threshold of 5,000.00 EUR.";
    assert_eq!(threshold(asked), Some(5_000.0));
    let asked = "Find accounts whose transfers stay just below the reporting limit.\n\n\
        Report at most 20 accounts per pattern. Report within 5 days.";
    assert_eq!(threshold(asked), Some(10_000.0));
}

#[test]
fn use_cases_beyond_the_limit_say_so() {
    let brief = "- Find rings of money.\n- Find mules.\n- What colour is the roof?\n";
    let found = use_cases(brief, 1);
    assert_eq!(found.len(), 3);
    let reasons: Vec<Option<&str>> = found
        .iter()
        .map(|it| match &it.feasibility {
            Feasibility::Not { reason } => Some(reason.as_str()),
            Feasibility::Fully { .. } | Feasibility::Partly { .. } => None,
        })
        .collect();
    assert_eq!(reasons[0], None);
    assert!(
        reasons[1].is_some_and(|it| it.contains("limit of 1 use cases")),
        "{reasons:?}"
    );
    assert!(
        reasons[2].is_some_and(|it| it.contains("no analysis is known")),
        "{reasons:?}"
    );
}

#[test]
fn what_templates_refuse_is_not_called_feasible() {
    let mut schema = payments();
    schema.census.edges[0].directed = false;
    let found = propose(&read("Find rings of money."), &schema, &fraud(), DEFAULT_MAX);
    let reason = match &found[0].feasibility {
        Feasibility::Not { reason } => reason.as_str(),
        Feasibility::Fully { .. } | Feasibility::Partly { .. } => "",
    };
    assert!(reason.contains("direction"), "{found:#?}");
}

#[test]
fn a_way_between_named_ends_is_answered_in_part() {
    let found = use_cases("What is the shortest route from Bank to Heathrow?", DEFAULT_MAX);
    assert!(
        matches!(found[0].feasibility, Feasibility::Partly { .. }),
        "{found:#?}"
    );
}
