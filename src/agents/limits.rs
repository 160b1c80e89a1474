//! Carries limits from constraints to the objectives that they speak of.
//!
//! "At most 10 stations can get a crew" limits the objective that speaks of crews;
//! "recommendations must name at most 20 packages each" limits all. A limit that an objective sets
//! itself stands.

use std::collections::BTreeMap;

use super::cues::tokens;
use super::naming::singular;
use super::numbers::{Numbers, as_limit};
use crate::model::requirements::{Objective, Requirements, Statement, StatementKind};

/// Words for answers as such: a limit that speaks of them, and of nothing that tells objectives
/// apart, is meant for all.
const ANSWERS: &[&str] = &[
    "recommendation",
    "answer",
    "list",
    "finding",
    "result",
    "report",
    "each",
    "ranking",
    "table",
    "name",
    "show",
    "section",
    "question",
    "objective",
    "item",
];

/// Shortest word that may tell objectives apart.
const SHORTEST: usize = 4;

/// Sets the limits that statements imply, where an objective has none of its own.
pub fn apply_limits(found: &mut Requirements) {
    let numbers = Numbers::new();
    let own: Vec<Vec<String>> = found.objectives.iter().map(|it| stems(&it.text)).collect();
    for statement in &found.statements {
        let sets_limits = match statement.kind {
            StatementKind::Constraint | StatementKind::SuccessCriterion | StatementKind::Requirement => true,
            StatementKind::Kpi | StatementKind::Risk | StatementKind::Assumption => false,
        };
        let words = tokens(&statement.text);
        let limit = numbers
            .quantities(&words, &statement.text)
            .iter()
            .find_map(as_limit);
        let Some(limit) = limit.filter(|_| sets_limits) else {
            continue;
        };
        for at in meant(statement, &found.objectives, &own) {
            found.objectives[at].limit.get_or_insert(limit);
        }
    }
}

/// Positions of the objectives that a statement speaks of.
fn meant(statement: &Statement, objectives: &[Objective], own: &[Vec<String>]) -> Vec<usize> {
    let by_topic = |it: &usize| {
        let topic = objectives[*it].topic.as_ref();
        topic.is_some_and(|topic| statement.topics.contains(topic))
    };
    let named: Vec<usize> = (0..objectives.len()).filter(by_topic).collect();
    if !named.is_empty() {
        return named;
    }
    let said = stems(&statement.text);
    let telling = telling_words(own);
    let scores: Vec<usize> = own
        .iter()
        .map(|words| {
            let shared = |it: &&String| {
                said.contains(it) && telling.get(it.as_str()).is_some_and(|n| *n * 2 <= own.len())
            };
            words.iter().filter(shared).count()
        })
        .collect();
    let most = scores.iter().copied().max().unwrap_or(0);
    if most > 0 {
        return (0..scores.len()).filter(|it| scores[*it] == most).collect();
    }
    let general = said.iter().any(|it| ANSWERS.contains(&it.as_str()));
    if general || objectives.len() == 1 {
        (0..objectives.len()).collect()
    } else {
        Vec::new()
    }
}

/// How many objectives use each word.
fn telling_words(own: &[Vec<String>]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for word in own.iter().flatten() {
        *counts.entry(word.as_str()).or_insert(0) += 1;
    }
    counts
}

/// The distinct words that may tell something apart, in the singular.
fn stems(text: &str) -> Vec<String> {
    let mut words: Vec<String> = tokens(text)
        .iter()
        .map(|it| singular(&it.word))
        .filter(|it| it.len() >= SHORTEST && !COMMON.contains(&it.as_str()))
        .collect();
    words.sort();
    words.dedup();
    words
}

/// Words of any sentence.
const COMMON: &[&str] = &[
    "which", "that", "this", "these", "those", "with", "from", "most", "more", "than", "many", "much",
    "some", "such", "have", "must", "should", "would", "could", "shall", "will", "need", "want", "like",
    "know", "find", "there", "their", "they", "them", "other", "others", "when", "where", "what", "into",
    "only", "also", "then", "over", "under", "least", "each", "every", "because", "since", "about",
    "planned", "place", "placed", "given", "make", "made", "take", "taken", "number", "reason", "top",
    "long", "very", "well",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Citation;
    use crate::model::id::{DocumentId, RequirementId};
    use crate::model::requirements::Priority;

    fn cited() -> Citation {
        Citation {
            document: DocumentId::from("D1"),
            name: "b.md".to_owned(),
            passage: 0,
            line: 1,
            quote: String::new(),
        }
    }

    fn limits(objectives: &[&str], statement: &str) -> Vec<Option<u32>> {
        let objective = |text: &&str| Objective {
            id: RequirementId::default(),
            topic: None,
            title: String::new(),
            text: (*text).to_owned(),
            priority: Priority::Medium,
            limit: None,
            unit: None,
            cues: Vec::new(),
            needs: Vec::new(),
            source: cited(),
        };
        let mut found = Requirements {
            objectives: objectives.iter().map(objective).collect(),
            statements: vec![Statement {
                id: RequirementId::default(),
                kind: StatementKind::Constraint,
                text: statement.to_owned(),
                priority: Priority::Medium,
                topics: Vec::new(),
                source: cited(),
            }],
            ..Requirements::default()
        };
        apply_limits(&mut found);
        found.objectives.iter().map(|it| it.limit).collect()
    }

    #[test]
    fn a_limit_goes_where_its_words_point_or_to_all() {
        let asked = ["stations for crews to wait at", "stations that are remote"];
        assert_eq!(
            limits(&asked, "At most 10 stations can get a stand-by crew."),
            [Some(10), None]
        );
        assert_eq!(
            limits(&asked, "Recommendations name at most 20 stations each."),
            [Some(20), Some(20)]
        );
        assert_eq!(limits(&asked, "At most 3 trains are late."), [None, None]);
        assert_eq!(limits(&asked, "Closures last less than one day."), [None, None]);
    }
}
