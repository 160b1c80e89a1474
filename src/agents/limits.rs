//! Carries limits from constraints to the objectives that they speak of.
//!
//! "At most 10 stations can get a crew" limits the objective that speaks of crews;
//! "recommendations must name at most 20 packages each" limits all. A limit that an objective sets
//! itself stands.

use std::collections::BTreeMap;

use super::lexicon::{self as lists, is_listed};
use super::naming::singular;
use super::numbers::{Numbers, as_limit};
use super::tokens::tokens;
use crate::model::requirements::{Requirements, StatementKind};

/// Shortest word that may tell objectives apart.
const SHORTEST: usize = 4;

/// Sets the limits that statements imply, where an objective has none of its own.
pub fn apply_limits(found: &mut Requirements) {
    let numbers = Numbers::new();
    let own: Vec<Vec<String>> = found.objectives.iter().map(|it| stems(&it.text)).collect();
    let uses = uses(&own);
    for statement in &found.statements {
        let sets_limits = match statement.kind {
            StatementKind::Constraint | StatementKind::SuccessCriterion | StatementKind::Requirement => true,
            StatementKind::Kpi | StatementKind::Risk | StatementKind::Assumption => false,
        };
        let words = tokens(&statement.text);
        let quantities = numbers.quantities(&words, &statement.text);
        let Some((quantity, limit)) = quantities.iter().find_map(|it| Some((it, as_limit(it)?))) else {
            continue;
        };
        // A row of a table is one clause, however many cells it has.
        let row = statement.text.contains(" | ");
        let clause = if row { &statement.text } else { &quantity.clause };
        for at in meant(clause, &quantity.subject, &own, &uses) {
            if sets_limits {
                found.objectives[at].limit.get_or_insert(limit);
            }
        }
    }
}

/// Positions of the objectives that a clause speaks of. What it counts does not tell them apart.
fn meant(clause: &str, counted: &str, own: &[Vec<String>], uses: &BTreeMap<&str, usize>) -> Vec<usize> {
    let mut said = stems(clause);
    said.retain(|it| *it != singular(counted));
    let scores: Vec<usize> = own
        .iter()
        .map(|words| {
            let tells = |it: &&String| {
                said.contains(it) && uses.get(it.as_str()).is_some_and(|n| *n * 2 <= own.len())
            };
            words.iter().filter(tells).count()
        })
        .collect();
    let most = scores.iter().copied().max().unwrap_or(0);
    if most > 0 {
        return (0..scores.len()).filter(|it| scores[*it] == most).collect();
    }
    let counted = singular(counted);
    let general = said
        .iter()
        .chain([&counted])
        .any(|it| is_listed(lists::ANSWERS, it));
    // What is counted must be what is asked for: a limit on staff or trains limits no answer.
    if general || own.len() == 1 && own[0].contains(&counted) {
        (0..own.len()).collect()
    } else {
        Vec::new()
    }
}

/// How many objectives use each word.
fn uses(own: &[Vec<String>]) -> BTreeMap<&str, usize> {
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
        .filter(|it| it.len() >= SHORTEST && !is_listed(lists::COMMON, it))
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::document::Citation;
    use crate::model::id::{DocumentId, RequirementId};
    use crate::model::requirements::{Objective, Priority, Statement};

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
        assert_eq!(limits(&asked[..1], "At most 3 people work on this."), [None]);
        assert_eq!(
            limits(&asked[..1], "At most 3 stations can be staffed."),
            [Some(3)]
        );
    }
}
