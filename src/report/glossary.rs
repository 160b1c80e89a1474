//! The words that every report uses, for readers without a graph background.

use serde::Serialize;

use crate::model::template::Template;

/// A word and what it means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Term {
    pub word: String,
    pub meaning: String,
}

const TERMS: [(&str, &str); 11] = [
    (
        "Alert",
        "A finding whose instances are something wrong, not merely the answer to a question.",
    ),
    (
        "Claim",
        "One sentence whose every number is a fact; it is verified or it is not printed.",
    ),
    (
        "Edge",
        "A connection between two vertices: a track, a payment, a dependency.",
    ),
    (
        "Evidence",
        "Rows of a result table that show what a finding says.",
    ),
    (
        "Exact, sampled, truncated",
        "Whether a result is the defined value, an estimate with an error bound, or a list that stopped at a cap.",
    ),
    (
        "Fact",
        "One number or name computed from a complete result table, with the way to compute it again.",
    ),
    (
        "Finding",
        "A headline claim with its evidence, its severity and what to do.",
    ),
    (
        "Projection",
        "Which collections, directions and weights an algorithm saw.",
    ),
    (
        "Severity",
        "How grave a finding is, from a rule of the vertical; the reason stands beside it.",
    ),
    (
        "Vertex",
        "A thing in the graph: a station, an account, a package.",
    ),
    (
        "Vertical",
        "The vocabulary, patterns and thresholds of a field, from one file.",
    ),
];

/// The words, then the algorithms that were used, each in alphabetical order.
pub(super) fn terms<'a>(templates: impl Iterator<Item = &'a Template>) -> Vec<Term> {
    let term = |word: &str, meaning: &str| Term {
        word: word.to_owned(),
        meaning: meaning.to_owned(),
    };
    let mut algorithms: Vec<Term> = templates
        .map(|it| it.algorithm.info())
        .map(|it| term(it.title, it.summary))
        .collect();
    algorithms.sort_by(|a, b| a.word.cmp(&b.word));
    algorithms.dedup();
    TERMS
        .iter()
        .map(|(word, meaning)| term(word, meaning))
        .chain(algorithms)
        .collect()
}
