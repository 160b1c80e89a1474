//! A fact where it stands in a sentence, with the words of its clause and what it is called by the rules.

use super::Ground;
use super::plain_words::stem;
use super::said::{is_list, words_beside};
use super::sentence::{Part, Words, denominator, is_ratio_to};
use crate::model::fact::{Aggregate, CensusCount, Derivation, DetectedWant, Fact};

/// A fact where it stands in a sentence.
pub(super) struct Seen<'a, 'p> {
    pub(super) fact: &'a Fact,
    pub(super) at: usize,
    pub(super) parts: &'p [Part<'a>],
    pub(super) ground: &'p Ground<'a>,
}

impl Seen<'_, '_> {
    pub(super) fn before(&self) -> Option<&Words> {
        self.at.checked_sub(1).and_then(|it| self.parts[it].words())
    }

    pub(super) fn after(&self) -> Option<&Words> {
        self.parts.get(self.at + 1).and_then(Part::words)
    }

    /// Words of its clause.
    pub(super) fn clause(&self) -> Vec<String> {
        words_beside(self.parts, self.at, is_list(self.fact))
    }

    pub(super) fn is_own(&self, word: &str) -> bool {
        let stem = stem(word);
        self.ground.said.own(&self.fact.id).contains_key(&stem)
            || self.ground.book.is_vertex(&stem) && counts_vertices(self.fact, self.ground.facts)
    }

    /// All words of its sentence.
    pub(super) fn sentence(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().filter_map(Part::words).flat_map(|it| &it.list)
    }

    /// All facts of its sentence.
    pub(super) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.parts.iter().filter_map(Part::fact)
    }

    /// What it is, and what to do about it.
    pub(super) fn is_called(&self, then: &str) -> String {
        format!("{{{}}} is {}; {then}", self.fact.id, self.called())
    }

    /// What it is called, for the model.
    pub(super) fn called(&self) -> String {
        let own = self.ground.said.own(&self.fact.id).values();
        let words: Vec<&str> = own.map(String::as_str).take(6).collect();
        match words.as_slice() {
            [] => format!("`{}`", self.fact.name),
            words => format!("`{}` ({})", self.fact.name, words.join(", ")),
        }
    }

    /// The facts next to it.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = &Fact> {
        let places = [self.at.checked_sub(2), Some(self.at + 2)];
        let places = places.into_iter().flatten();
        places.filter_map(|it| self.parts.get(it).and_then(Part::fact))
    }
}

/// Whether what a value counts are vertices.
fn counts_vertices(fact: &Fact, facts: &[Fact]) -> bool {
    match &fact.derivation {
        Derivation::Rows { table, .. } => table == "vertices",
        Derivation::Census { count, .. } => *count == CensusCount::Vertices,
        Derivation::Detected { detector, want } => match want {
            DetectedWant::Members
            | DetectedWant::Largest
            | DetectedWant::Smallest
            | DetectedWant::Size(_) => true,
            DetectedWant::Count => detector.group_by.is_empty() && detector.members.is_empty(),
            _ => false,
        },
        Derivation::Ratio { .. } => denominator(fact, facts).is_some_and(|it| counts_vertices(it, facts)),
        _ => false,
    }
}

/// Whether others are parts of a value.
pub(super) fn is_whole(fact: &Fact, facts: &[Fact]) -> bool {
    let adds_up = matches!(
        fact.derivation,
        Derivation::Rows { .. }
            | Derivation::Census { .. }
            | Derivation::Aggregate {
                measure: Aggregate::Sum,
                ..
            }
    );
    let has_parts = || facts.iter().any(|it| is_ratio_to(it, fact, facts));
    adds_up && has_parts()
}
