//! What the rules' own sentences say of facts: the words that go with each, and the names that its value belongs to.
//!
//! The sentences of a vertical are written by people who know what its facts mean. A model's sentence may say the
//! same in another order and with plain words, so what they use is what it may use.

use std::collections::{BTreeMap, BTreeSet};

use super::comparisons::is_extreme;
use super::plain_words::{is_plain, stem, stems};
use super::sentence::{Part, Words, denominator, is_name, parts, sentences};
use crate::agents::lexicon::is_listed;
use crate::algorithms::Quantity;
use crate::model::{
    fact::{Derivation, DetectedWant, Fact, FactValue},
    format::pieces,
    id::FactId,
};

/// Words that tell which of several values a fact is, plain as they are.
pub(super) const MEASURES: &str = "average mean median typical typically";

/// Words in the names of facts that tell a place in an order, and not what there is.
const PLACES: &str = "first second third fourth fifth last";

/// What is said of facts already.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Stems of all words.
    words: BTreeSet<String>,
    /// The words that go with a fact, by stem, as they are written.
    own: BTreeMap<FactId, BTreeMap<String, String>>,
    /// Values with the names that stand next before them.
    pairs: BTreeSet<(FactId, FactId)>,
    /// Values with the names that stand in the same sentence.
    together: BTreeSet<(FactId, FactId)>,
    /// Values with the whole that they are of: `{F2} of {F1}`.
    wholes: BTreeSet<(FactId, FactId)>,
    /// Facts with all words of their clauses.
    beside: BTreeSet<(FactId, String)>,
    /// Stems of the nouns right behind counts.
    nouns: BTreeSet<String>,
    /// Facts with the word right before them.
    leads: BTreeSet<(FactId, String)>,
}

impl Said {
    /// What the sentences `texts` say of `facts`.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>, facts: &[Fact]) -> Self {
        let mut said = Self::default();
        for fact in facts {
            let named = fact.name.split('_').filter(|it| !is_listed(PLACES, it));
            let named: BTreeMap<String, String> = named.map(|it| (stem(it), it.to_owned())).collect();
            said.words.extend(named.keys().cloned());
            said.own.insert(fact.id.clone(), named);
        }
        for text in texts {
            said.words.extend(stems(text));
            for sentence in sentences(&pieces(text)) {
                said.hear(&parts(&sentence, facts));
            }
        }
        said.share(facts);
        said
    }

    /// Counts the words of `text`, which cites no facts, among those that are said.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.words.extend(stems(text));
        self
    }

    fn hear(&mut self, parts: &[Part<'_>]) {
        let facts: Vec<&Fact> = parts.iter().filter_map(Part::fact).collect();
        let first = facts.iter().find(|it| is_name(it)).copied();
        let mut named: Option<&Fact> = None;
        for fact in &facts {
            if is_name(fact) {
                named = Some(fact);
            } else if let Some(name) = named
                .or(first)
                .filter(|it| is_row(fact) || in_clause(parts, fact, it))
            {
                self.pairs.insert((fact.id.clone(), name.id.clone()));
            }
            for name in facts.iter().filter(|it| is_name(it)) {
                self.together.insert((fact.id.clone(), name.id.clone()));
            }
        }
        for (at, part) in parts.iter().enumerate() {
            let Some(fact) = part.fact() else { continue };
            let lead = at
                .checked_sub(1)
                .and_then(|it| parts[it].words())
                .and_then(|it| it.list.last());
            self.leads.extend(lead.map(|it| (fact.id.clone(), it.clone())));
            let noun = parts.get(at + 1).and_then(Part::words).and_then(Words::noun);
            self.nouns.extend(
                noun.filter(|_| fact.quantity == Quantity::Count)
                    .map(|it| stem(&it)),
            );
            let own = self.own.entry(fact.id.clone()).or_default();
            let words = words_beside(parts, at, is_list(fact));
            self.beside
                .extend(words.iter().map(|it| (fact.id.clone(), it.clone())));
            own.extend(
                words
                    .into_iter()
                    .map(|it| (stem(&it), it))
                    .filter(|it| is_own(&it.0, &it.1)),
            );
        }
        for three in parts.windows(3) {
            if let [Part::Fact(a), Part::Words(words), Part::Fact(b)] = three
                && words.list.first().is_some_and(|it| it == "of")
            {
                self.wholes.insert((a.id.clone(), b.id.clone()));
            }
        }
    }

    /// Facts of one column are called alike, as are parts of one whole, and parts like their whole.
    fn share(&mut self, facts: &[Fact]) {
        let mut kinds: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let kind = |fact: &Fact| column(fact).or_else(|| Some(denominator(fact, facts)?.id.0.clone()));
        for fact in facts {
            if let (Some(kind), Some(own)) = (kind(fact), self.own.get(&fact.id)) {
                kinds.entry(kind).or_default().extend(own.clone());
            }
        }
        for fact in facts {
            if let Some(all) = kind(fact).and_then(|it| kinds.get(&it)) {
                self.own.entry(fact.id.clone()).or_default().extend(all.clone());
            }
        }
        for fact in facts {
            let whole = denominator(fact, facts).and_then(|it| self.own.get(&it.id));
            // A list is called by what orders it.
            let orders = |it: &&Fact| matches!(&it.derivation, Derivation::Nth { column, .. } if order(fact) == Some(column));
            let ordering = facts.iter().find(orders).and_then(|it| self.own.get(&it.id));
            let more: Vec<_> = whole.into_iter().chain(ordering).flatten().collect();
            let more: BTreeMap<String, String> =
                more.into_iter().map(|it| (it.0.clone(), it.1.clone())).collect();
            self.own.entry(fact.id.clone()).or_default().extend(more);
        }
    }

    /// Whether a stem is that of a word that is said.
    pub(super) fn has(&self, stem: &str) -> bool {
        self.words.contains(stem)
    }

    /// The words that go with a fact, by stem, as they are written.
    pub(super) fn own(&self, id: &FactId) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.own.get(id).unwrap_or(&NONE)
    }

    /// The facts that a word goes with.
    pub(super) fn owners(&self, stem: &str) -> impl Iterator<Item = &FactId> {
        self.own
            .iter()
            .filter(move |it| it.1.contains_key(stem))
            .map(|it| it.0)
    }

    /// Whether `value` is said of `name`.
    pub(super) fn belongs(&self, value: &FactId, name: &FactId) -> bool {
        self.pairs.contains(&(value.clone(), name.clone()))
    }

    /// Whether the rules say of some name what `value` is.
    pub(super) fn has_owner(&self, value: &FactId) -> bool {
        self.pairs.iter().any(|it| it.0 == *value)
    }

    /// Whether both stand in one sentence.
    pub(super) fn are_together(&self, fact: &FactId, name: &FactId) -> bool {
        self.together.contains(&(fact.clone(), name.clone()))
    }

    /// Whether `word` stands in a clause of a fact.
    pub(super) fn is_beside(&self, word: &str, id: &FactId) -> bool {
        self.beside.contains(&(id.clone(), word.to_owned()))
    }

    /// Whether a word names things that are counted.
    pub(super) fn is_noun(&self, stem: &str) -> bool {
        self.nouns.contains(stem)
    }

    /// Whether `word` stands right before a fact.
    pub(super) fn leads(&self, word: &str, id: &FactId) -> bool {
        self.leads.contains(&(id.clone(), word.to_owned()))
    }

    /// Whether the rules say `value` of `whole`.
    pub(super) fn is_part(&self, value: &FactId, whole: &FactId) -> bool {
        self.wholes.contains(&(value.clone(), whole.clone()))
    }
}

/// Whether a word tells facts apart.
fn is_own(stem: &str, word: &str) -> bool {
    stem.len() > 2 && (!is_plain(stem) || tells_which(word))
}

/// Whether a word tells which of several values a fact is: the mean, the largest.
pub(super) fn tells_which(word: &str) -> bool {
    is_listed(MEASURES, word) || is_extreme(word)
}

/// Which facts are of one kind: those of one column of one execution.
fn column(fact: &Fact) -> Option<String> {
    match &fact.derivation {
        Derivation::Nth { column, .. } | Derivation::Aggregate { column, .. } => {
            Some(format!("{:?} {column}", fact.execution))
        }
        Derivation::Detected {
            want:
                DetectedWant::Members | DetectedWant::Largest | DetectedWant::Smallest | DetectedWant::Size(_),
            ..
        } => Some(format!("{:?} members", fact.execution)),
        Derivation::Rows { table, .. } => Some(format!("{:?} {table}", fact.execution)),
        _ => None,
    }
}

/// The column by which a list of names is ordered.
fn order(fact: &Fact) -> Option<&String> {
    match &fact.derivation {
        Derivation::Top { order_by, .. } => Some(order_by),
        Derivation::Detected { detector, .. } if is_list(fact) => Some(&detector.order_by),
        _ => None,
    }
}

/// Whether a value is that of one row.
fn is_row(fact: &Fact) -> bool {
    matches!(
        fact.derivation,
        Derivation::Nth { .. }
            | Derivation::NthGroup { .. }
            | Derivation::Ratio { .. }
            | Derivation::Detected {
                want: DetectedWant::Value(_) | DetectedWant::Size(_),
                ..
            }
    )
}

/// Whether two facts stand in one clause of a sentence.
fn in_clause(parts: &[Part<'_>], one: &Fact, other: &Fact) -> bool {
    let place = |fact: &Fact| {
        parts
            .iter()
            .position(|it| it.fact().is_some_and(|it| it.id == fact.id))
    };
    let (Some(a), Some(b)) = (place(one), place(other)) else {
        return false;
    };
    let between = &parts[a.min(b)..a.max(b)];
    between.iter().filter_map(Part::words).all(Words::is_open)
}

/// Whether a fact is a list of names.
pub(super) fn is_list(fact: &Fact) -> bool {
    matches!(fact.value, FactValue::List(_))
}

/// The words of the clause in which the fact at `at` stands; for a list all between the facts before and behind it.
pub(super) fn words_beside(parts: &[Part<'_>], at: usize, whole: bool) -> Vec<String> {
    let words = |it: Option<&Part<'_>>, after: bool| match it {
        Some(Part::Words(words)) if whole => words.list.clone(),
        Some(Part::Words(words)) if after => words.after_fact(),
        Some(Part::Words(words)) => words.before_fact(),
        Some(Part::Fact(_)) | None => Vec::new(),
    };
    let mut found = words(at.checked_sub(1).and_then(|it| parts.get(it)), false);
    found.extend(words(parts.get(at + 1), true));
    found
}
