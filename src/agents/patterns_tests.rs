//! Claims about every shipped pattern: it can be run, its words have their facts, its columns exist.

use std::collections::{BTreeMap, BTreeSet};

use super::verify::is_number;
use crate::algorithms::{Algorithm, Info};
use crate::assets::Assets;
use crate::model::{
    fact::{Condition, Derivation, Test},
    format::{Piece, pieces},
    vertical::{MEMBERS, Pattern, Vertical},
};

fn verticals() -> Vec<Vertical> {
    let assets = Assets::embedded();
    let paths = assets.list("verticals/");
    let read = |path: &String| {
        toml::from_str(&assets.text(path).unwrap()).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    paths
        .iter()
        .filter(|it| it.ends_with(".toml"))
        .map(read)
        .collect()
}

fn for_each_pattern(check: impl Fn(&Vertical, &Pattern)) {
    let verticals = verticals();
    assert!(verticals.iter().any(|it| !it.patterns.is_empty()));
    for vertical in &verticals {
        for pattern in &vertical.patterns {
            check(vertical, pattern);
        }
    }
}

fn info(pattern: &Pattern) -> &'static Info {
    let parameters: BTreeMap<String, serde_json::Value> = pattern
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), serde_json::to_value(value).unwrap()))
        .collect();
    let algorithm = Algorithm::from_parameters(&pattern.algorithm, &parameters);
    algorithm
        .unwrap_or_else(|error| panic!("{}: {error}", pattern.id))
        .info()
}

/// Everything a reader may be told.
fn texts(pattern: &Pattern) -> Vec<&String> {
    let wording = &pattern.wording;
    let mut texts = vec![
        &wording.headline,
        &wording.so_what,
        &wording.nothing,
        &pattern.action.what,
    ];
    texts.extend(&wording.claims);
    texts.extend(pattern.severity.iter().map(|it| &it.reason));
    texts
}

#[test]
fn ids_are_unique_and_topics_known() {
    let verticals = verticals();
    let generic: BTreeSet<&String> = verticals
        .iter()
        .filter(|it| it.name == "generic")
        .flat_map(|it| it.topics.iter().map(|topic| &topic.id))
        .collect();
    let mut seen = BTreeSet::new();
    for vertical in &verticals {
        for pattern in &vertical.patterns {
            assert!(seen.insert(&pattern.id), "{} twice", pattern.id);
            let own = vertical.topics.iter().any(|it| it.id == pattern.topic);
            assert!(
                own || generic.contains(&pattern.topic),
                "{} answers no topic",
                pattern.id
            );
        }
        for topic in &vertical.topics {
            let answered = vertical.patterns.iter().any(|it| it.topic == topic.id);
            assert!(answered, "{}: no pattern answers {}", vertical.name, topic.id);
        }
    }
}

#[test]
fn algorithms_take_the_parameters() {
    for_each_pattern(|_, pattern| {
        info(pattern);
    });
}

#[test]
fn kinds_are_defined_or_plain_words() {
    for_each_pattern(|vertical, pattern| {
        let hint = &pattern.projection;
        for kind in hint.vertices.iter().chain(&hint.edges) {
            let known = vertical.kinds.contains_key(kind) || vertical.name == "generic";
            assert!(known, "{}: kind {kind} is not in [kinds]", pattern.id);
        }
    });
}

#[test]
fn every_fact_cited_is_defined_before_and_every_fact_defined_is_used() {
    for_each_pattern(|_, pattern| {
        let names: BTreeSet<&str> = pattern.facts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names.len(), pattern.facts.len(), "{}: a fact twice", pattern.id);
        let mut used: BTreeSet<String> = pattern.severity.iter().map(|it| it.fact.clone()).collect();
        for text in texts(pattern) {
            for part in text.split('{').skip(1) {
                let inside = part.split('}').next().unwrap();
                let name = inside
                    .strip_prefix("pick:")
                    .map_or(inside, |it| it.split(':').next().unwrap());
                if inside.starts_with("word:") || inside.starts_with("words:") {
                    continue;
                }
                assert!(names.contains(name), "{}: no fact {name}", pattern.id);
                used.insert(name.to_owned());
            }
        }
        let mut before = BTreeSet::new();
        for fact in &pattern.facts {
            if let Derivation::Ratio {
                numerator,
                denominator,
            } = &fact.derive
            {
                for operand in [numerator, denominator] {
                    assert!(
                        before.contains(operand),
                        "{}: {operand} comes after {}",
                        pattern.id,
                        fact.name
                    );
                    used.insert(operand.clone());
                }
            }
            before.insert(fact.name.clone());
        }
        let idle: Vec<&str> = names.into_iter().filter(|it| !used.contains(*it)).collect();
        assert!(idle.is_empty(), "{}: nothing cites {idle:?}", pattern.id);
    });
}

#[test]
fn no_number_is_written_by_hand_and_headlines_are_short() {
    for_each_pattern(|_, pattern| {
        for text in texts(pattern) {
            let words: Vec<Piece> = pieces(text)
                .into_iter()
                .filter(|it| matches!(it, Piece::Words(_)))
                .collect();
            let digits = |it: &Piece| matches!(it, Piece::Words(words) if words.contains(|c: char| c.is_ascii_digit()));
            assert!(!words.iter().any(digits), "{}: {text}", pattern.id);
            let spelled = |it: &Piece| match it {
                Piece::Words(words) => words.split(|it: char| !it.is_alphanumeric()).any(is_number),
                Piece::Fact(_) => false,
            };
            assert!(!words.iter().any(spelled), "{}: {text}", pattern.id);
        }
        let words = pattern.wording.headline.split_whitespace().count();
        assert!(words <= 25, "{}: the headline has {words} words", pattern.id);
        assert!(
            !pattern.wording.headline.is_empty() && !pattern.why.is_empty(),
            "{}",
            pattern.id
        );
    });
}

/// Columns of a table that the algorithm of a pattern makes.
fn known(info: &Info, table: &str, column: &str) -> bool {
    if column.is_empty() || column.starts_with('@') {
        return true;
    }
    let base = column
        .strip_suffix("_labels")
        .or_else(|| column.strip_suffix("_label"))
        .unwrap_or(column);
    match (table, info.rows) {
        ("" | "vertices", _) => {
            ["collection", "key", "label"].contains(&column) || info.columns.iter().any(|it| it.name == base)
        }
        (_, Some((name, columns))) => name == table && columns.iter().any(|it| it.name == base),
        (_, None) => false,
    }
}

fn columns_of(conditions: &[Condition]) -> Vec<&str> {
    let mut columns = Vec::new();
    for condition in conditions {
        columns.push(condition.column.as_str());
        if let Test::AtLeastTimes(other, _) | Test::AtMostTimes(other, _) = &condition.test {
            columns.push(other);
        }
    }
    columns
}

#[test]
fn every_column_named_exists() {
    for_each_pattern(|_, pattern| {
        let info = info(pattern);
        let check = |table: &str, columns: &[&str]| {
            for column in columns {
                assert!(
                    known(info, table, column),
                    "{}: {table} of {} has no {column}",
                    pattern.id,
                    info.name
                );
            }
        };
        let detector = &pattern.detector;
        let name = |it: &String| it.split(": ").next().unwrap().to_owned();
        let made = |it: &String| detector.has_group_rows() && it == MEMBERS;
        let shown = detector.columns.iter().map(name).filter(|it| !made(it));
        let shown: Vec<String> = shown.collect();
        check(
            &detector.table,
            &shown.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        check(&detector.table, &columns_of(&detector.hits));
        check(
            &detector.table,
            &[
                &detector.order_by,
                &detector.group_by,
                &detector.group_sum,
                &detector.members,
            ],
        );
        for fact in &pattern.facts {
            match &fact.derive {
                Derivation::Rows { table, filter } => check(table, &columns_of(filter)),
                Derivation::Aggregate {
                    table,
                    column,
                    filter,
                    ..
                } => {
                    check(table, &columns_of(filter));
                    check(table, &[column]);
                }
                Derivation::Nth {
                    table,
                    order_by,
                    column,
                    filter,
                    ..
                }
                | Derivation::Top {
                    table,
                    order_by,
                    column,
                    filter,
                    ..
                } => {
                    check(table, &columns_of(filter));
                    check(table, &[order_by, column]);
                }
                Derivation::Groups {
                    table, by, filter, ..
                } => {
                    check(table, &columns_of(filter));
                    check(table, &[by]);
                }
                Derivation::NthGroup {
                    table,
                    by,
                    sum,
                    filter,
                    ..
                } => {
                    check(table, &columns_of(filter));
                    check(table, &[by, sum.as_deref().unwrap_or("")]);
                }
                Derivation::Summary { name } => {
                    let known = info.summary_values.iter().any(|it| it.name == name);
                    assert!(
                        known,
                        "{}: the summary of {} has no {name}",
                        pattern.id, info.name
                    );
                }
                Derivation::Ratio { .. }
                | Derivation::Detected { .. }
                | Derivation::Census { .. }
                | Derivation::Given { .. } => {}
            }
        }
    });
}
