//! Claims about templates: what is bound, merged, rejected and capped.

use std::collections::BTreeMap;

use super::binding::{Wish, bind};
use super::templates::generate;
use crate::algorithms::Algorithm;
use crate::graph::{Direction, ProjectionRules};
use crate::model::{
    document::Citation,
    requirements::{Bound, Requirements, Threshold},
    schema::{Attribute, AttributeKind, Census, EdgeCollection, Relationship, Schema, VertexCollection},
    use_case::{Feasibility, UseCase},
    vertical::{Band, Pattern, ProjectionHint, Vertical},
};

fn attribute(name: &str, kind: AttributeKind) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        distinct: 9,
        ..Attribute::default()
    }
}

fn edges(name: &str, from: &str, to: &str, directed: bool, attributes: Vec<Attribute>) -> EdgeCollection {
    EdgeCollection {
        name: name.to_owned(),
        count: 1_000,
        directed,
        attributes,
        relationships: vec![Relationship {
            from: from.to_owned(),
            to: to.to_owned(),
            count: 1_000,
        }],
        ..EdgeCollection::default()
    }
}

fn vertices(name: &str, attributes: Vec<Attribute>) -> VertexCollection {
    VertexCollection {
        name: name.to_owned(),
        count: 100,
        attributes,
        ..VertexCollection::default()
    }
}

/// Accounts that pay each other and use devices; roads without direction between places.
fn schema() -> Schema {
    let amount = || attribute("amount_eur", AttributeKind::Number);
    Schema {
        census: Census {
            vertices: vec![
                vertices("bankAccounts", vec![attribute("phone_no", AttributeKind::Text)]),
                vertices("devices", Vec::new()),
                vertices("places", Vec::new()),
            ],
            edges: vec![
                edges(
                    "payments",
                    "bankAccounts",
                    "bankAccounts",
                    true,
                    vec![amount(), attribute("at", AttributeKind::Time)],
                ),
                edges(
                    "roads",
                    "places",
                    "places",
                    false,
                    vec![attribute("minutes", AttributeKind::Integer)],
                ),
                edges("uses", "bankAccounts", "devices", true, Vec::new()),
            ],
            ..Census::default()
        },
        ..Schema::default()
    }
}

fn kinds() -> BTreeMap<String, Vec<String>> {
    let kind =
        |name: &str, words: &[&str]| (name.to_owned(), words.iter().map(|it| (*it).to_owned()).collect());
    BTreeMap::from([
        kind("account", &["account", "wallet"]),
        kind("transfer", &["transfer", "payment"]),
        kind("place", &["place", "station"]),
    ])
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|it| (*it).to_owned()).collect()
}

fn pattern(id: &str, algorithm: &str, projection: ProjectionHint) -> Pattern {
    Pattern {
        id: id.to_owned(),
        topic: "topic".to_owned(),
        algorithm: algorithm.to_owned(),
        projection,
        ..Pattern::default()
    }
}

fn use_case(id: &str, rank: u32, patterns: &[&str]) -> UseCase {
    UseCase {
        id: id.into(),
        title: id.to_owned(),
        question: String::new(),
        serves: Vec::new(),
        patterns: texts(patterns),
        feasibility: Feasibility::Fully {
            reason: String::new(),
        },
        rank,
        rank_reason: String::new(),
        limit: None,
    }
}

fn vertical(patterns: Vec<Pattern>) -> Vertical {
    Vertical {
        name: "test".to_owned(),
        kinds: kinds(),
        patterns,
        ..Vertical::default()
    }
}

fn on_places(direction: Direction) -> ProjectionHint {
    ProjectionHint {
        vertices: texts(&["place"]),
        rules: ProjectionRules {
            direction,
            ..ProjectionRules::default()
        },
        ..ProjectionHint::default()
    }
}

fn on_payments() -> ProjectionHint {
    ProjectionHint {
        vertices: texts(&["account"]),
        edges: texts(&["transfer"]),
        weight: texts(&["amount"]),
        time: texts(&["at"]),
        ..ProjectionHint::default()
    }
}

fn bound(
    hint: &ProjectionHint,
    thresholds: &[Threshold],
) -> Result<super::binding::Binding, super::binding::Misfit> {
    let wish = Wish {
        hint,
        kinds: &kinds(),
        needs_direction: false,
        unit: None,
        thresholds,
    };
    bind(wish, &schema())
}

#[test]
fn collections_and_attributes_are_found_by_words_whatever_their_spelling() {
    let binding = bound(&on_payments(), &[]).unwrap();
    assert_eq!(binding.projection.vertices, ["bankAccounts"]);
    assert_eq!(binding.projection.edges, ["payments"]);
    assert_eq!(binding.projection.weight.as_deref(), Some("amount_eur"));
    assert_eq!(binding.projection.time.as_deref(), Some("at"));
    assert_eq!(binding.unit, "EUR");
}

#[test]
fn edges_of_the_right_kind_name_vertices_that_nobody_foresaw() {
    let hint = ProjectionHint {
        vertices: texts(&["customer"]),
        ..on_payments()
    };
    assert_eq!(bound(&hint, &[]).unwrap().projection.vertices, ["bankAccounts"]);
}

#[test]
fn a_directed_hint_follows_edges_without_direction_both_ways() {
    let binding = bound(&on_places(Direction::Directed), &[]).unwrap();
    assert_eq!(binding.projection.rules.direction, Direction::Undirected);
}

#[test]
fn a_hint_that_is_undirected_stays_so_on_directed_edges() {
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        ..ProjectionRules::default()
    };
    let binding = bound(
        &ProjectionHint {
            rules,
            ..on_payments()
        },
        &[],
    )
    .unwrap();
    assert_eq!(binding.projection.rules.direction, Direction::Undirected);
}

#[test]
fn a_band_lies_below_the_threshold_of_the_brief_and_else_of_the_vertical() {
    let band = Band {
        from: 0.8,
        threshold: 10_000.0,
        words: texts(&["report"]),
    };
    let hint = ProjectionHint {
        band: Some(band),
        ..on_payments()
    };
    let said = Threshold {
        id: "threshold-1".into(),
        subject: "eur".to_owned(),
        text: "reports are due from 5,000 EUR".to_owned(),
        bound: Bound::AtLeast,
        value: 5_000.0,
        source: Citation {
            document: "D1".into(),
            name: "brief.md".to_owned(),
            passage: 1,
            line: 7,
            quote: String::new(),
        },
    };
    let with = bound(&hint, &[said]).unwrap();
    assert_eq!(with.threshold, Some((5_000.0, "brief.md, line 7".to_owned())));
    assert_eq!(with.projection.filters[0].at_least, Some(4_000.0));
    assert_eq!(with.projection.filters[0].below, Some(5_000.0));
    assert_eq!(bound(&hint, &[]).unwrap().threshold.unwrap().0, 10_000.0);
}

#[test]
fn what_the_schema_lacks_is_said() {
    let hint = ProjectionHint {
        time: texts(&["when"]),
        time_required: true,
        ..on_payments()
    };
    assert_eq!(
        bound(&hint, &[]).unwrap_err().lacks,
        "a time on the edges of payments (looked for when)"
    );
    let hint = ProjectionHint {
        attributes: texts(&["phone", "email"]),
        attributes_required: 2,
        ..on_payments()
    };
    let lacks = bound(&hint, &[]).unwrap_err().lacks;
    assert_eq!(lacks, "2 of the attributes phone, email on bankAccounts");
}

#[test]
fn identical_work_is_one_template_that_serves_all_who_asked() {
    let vertical = vertical(vec![
        pattern("a", "articulation", on_places(Direction::Undirected)),
        pattern("b", "articulation", on_places(Direction::Directed)),
        pattern("c", "louvain", on_places(Direction::Undirected)),
    ]);
    let use_cases = [use_case("second", 2, &["b", "c"]), use_case("first", 1, &["a"])];
    let plan = generate(&use_cases, &schema(), &vertical, &Requirements::default(), None);
    assert_eq!(plan.templates.len(), 2, "{plan:?}");
    assert_eq!(plan.templates[0].use_cases, ["first".into(), "second".into()]);
    assert_eq!(plan.assignments.len(), 3);
    assert!(plan.templates[0].id.0.starts_with("articulation-"));
    let capped = generate(
        &use_cases,
        &schema(),
        &vertical,
        &Requirements::default(),
        Some(1),
    );
    assert_eq!(capped.templates.len(), 1);
    assert_eq!(capped.rejected[0].pattern, "c");
}

#[test]
fn fallbacks_are_used_only_where_nothing_else_fits() {
    let needs_weight = ProjectionHint {
        weight: texts(&["minutes"]),
        weight_required: true,
        ..on_places(Direction::Undirected)
    };
    let impossible = ProjectionHint {
        weight: texts(&["toll"]),
        ..needs_weight.clone()
    };
    let fallback = |id: &str| Pattern {
        fallback: true,
        ..pattern(id, "closeness", on_places(Direction::Undirected))
    };
    let vertical = vertical(vec![
        pattern("fits", "degree", needs_weight),
        pattern("misfits", "degree", impossible),
        fallback("plain"),
        fallback("spare"),
    ]);
    let chosen = |patterns: &[&str]| {
        let plan = generate(
            &[use_case("u", 1, patterns)],
            &schema(),
            &vertical,
            &Requirements::default(),
            None,
        );
        plan.assignments
            .into_iter()
            .map(|it| it.pattern)
            .collect::<Vec<_>>()
    };
    assert_eq!(chosen(&["plain", "fits", "misfits"]), ["fits"]);
    assert_eq!(chosen(&["misfits", "plain", "spare"]), ["plain"]);
}

#[test]
fn questions_about_direction_are_refused_where_edges_have_none() {
    let vertical = vertical(vec![pattern("loops", "scc", on_places(Direction::Directed))]);
    let use_cases = [use_case("u", 1, &["loops"])];
    let plan = generate(&use_cases, &schema(), &vertical, &Requirements::default(), None);
    assert!(plan.templates.is_empty());
    assert_eq!(
        plan.rejected[0].reason,
        "the graph lacks direction: the edges of roads have none"
    );
}

#[test]
fn betweenness_is_sampled_only_where_exact_work_is_too_much() {
    let vertical = vertical(vec![pattern(
        "through",
        "betweenness",
        on_places(Direction::Undirected),
    )]);
    let use_cases = [use_case("u", 1, &["through"])];
    let samples = |schema: &Schema| {
        let plan = generate(&use_cases, schema, &vertical, &Requirements::default(), None);
        match &plan.templates[0].algorithm {
            Algorithm::Betweenness(config) => config.samples,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(samples(&schema()), 0);
    let mut large = schema();
    large.census.vertices[2].count = 1_000_000;
    large.census.edges[1].count = 5_000_000;
    assert_eq!(samples(&large), 500);
}
