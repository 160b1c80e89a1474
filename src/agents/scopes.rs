//! Finds the clauses by which a question narrows what is looked at: "in zone 1", "since 2023", "from
//! Brixton to Bank", "without the interchanges".
//!
//! No pattern narrows its graph by such a clause. Each is reported as not applied, because an answer
//! about everything must not pass for one about the part that was asked for.

use super::cues::{Cue, cues};
use super::lexicon::{self as lists, is_listed};
use super::naming::{singular, words as name_words};
use super::tokens::{Token, tokens};
use super::topics::reasons;
use crate::model::{
    requirements::Objective,
    schema::{Attribute, AttributeKind, Census},
};

/// Most words of a clause.
const LONGEST_CLAUSE: usize = 9;
/// Farthest that "to" may stand behind "from".
const FARTHEST_END: usize = 6;

/// The narrowing clauses of an objective, in its words.
pub(super) fn scopes(objective: &Objective, census: &Census) -> Vec<String> {
    let words = tokens(&objective.text);
    let question = Question {
        text: &objective.text,
        reasons: reasons(&words, &objective.text),
        words,
        asks: &objective.cues,
        exclusions: cues(lists::EXCLUSIONS.lines()),
        attributes: attributes(census),
    };
    let mut clauses = Vec::new();
    let mut at = 0;
    while at < question.words.len() {
        // "since" opens a reason, and a time.
        let may = !question.reasons[at] || question.words[at].word == "since";
        match question.narrows(at).filter(|_| may) {
            Some(begins) => {
                let end = question.clause_end(at);
                let (from, to) = (question.words[begins].start, question.words[end].end);
                clauses.push(objective.text[from..to].to_owned());
                at = end + 1;
            }
            None => at += 1,
        }
    }
    clauses
}

struct Question<'a> {
    text: &'a str,
    words: Vec<Token>,
    reasons: Vec<bool>,
    /// The words that ask; what they say is the question, not a limit of it.
    asks: &'a [String],
    exclusions: Vec<Cue>,
    attributes: Vec<(String, &'a Attribute)>,
}

impl Question<'_> {
    /// Where a narrowing clause with a telling word at `at` begins.
    fn narrows(&self, at: usize) -> Option<usize> {
        if self.excludes(at) || self.dates(at) || self.names_ends(at) {
            return Some(at);
        }
        self.picks_value(at).then(|| {
            let before = at.checked_sub(1).filter(|it| {
                let word = self.words[*it].word.as_str();
                ["in", "on", "of", "at", "with", "for", "whose"].contains(&word)
            });
            before.unwrap_or(at)
        })
    }

    /// "excluding …", "apart from …", "without touching …".
    fn excludes(&self, at: usize) -> bool {
        let asked = |it: &Token| self.asks.contains(&it.word);
        let opens = self.exclusions.iter().any(|it| it.begins(&self.words, at))
            || self.words[at].word == "without"
                && self.words.get(at + 1).is_some_and(|it| it.word.ends_with("ing"));
        opens && !self.words[at..].iter().take(3).any(asked)
    }

    /// "since 2023", "in March", "last quarter".
    fn dates(&self, at: usize) -> bool {
        let Some(next) = self.words.get(at + 1) else {
            return false;
        };
        let word = self.words[at].word.as_str();
        let year = next.word.len() == 4
            && (next.word.starts_with("19") || next.word.starts_with("20"))
            && next.word.bytes().all(|it| it.is_ascii_digit());
        let month = is_listed(lists::MONTHS, &next.word) && self.is_capital(at + 1);
        let dated = ["in", "during", "since", "before", "after", "until", "of", "from"].contains(&word);
        let past = ["last", "past", "previous"].contains(&word) && is_listed(lists::PERIODS, &next.word);
        dated && (year || month) || past
    }

    /// "from Brixton to Bank", "between Brixton and Bank".
    fn names_ends(&self, at: usize) -> bool {
        let joint = match self.words[at].word.as_str() {
            "from" => "to",
            "between" => "and",
            _ => return false,
        };
        let ends = at + 2..self.words.len().min(at + 2 + FARTHEST_END);
        self.is_capital(at + 1)
            && ends
                .into_iter()
                .any(|it| self.words[it].word == joint && self.is_capital(it + 1))
    }

    /// "zone 1", "whose zone is 1", "the Victoria line", where the graph has such an attribute.
    fn picks_value(&self, at: usize) -> bool {
        let word = singular(&self.words[at].word);
        let mut named = self.attributes.iter().filter(|it| it.0 == word);
        named.any(|(_, attribute)| {
            let is_value = |place: usize, number: bool| {
                self.words.get(place).is_some_and(|it| {
                    let sample = |known: &String| known.to_lowercase() == it.word;
                    number && it.word.starts_with(|it: char| it.is_ascii_digit())
                        || self.is_capital(place) && attribute.samples.iter().any(sample)
                })
            };
            let equals = |it: &Token| ["is", "of", "equals", "number"].contains(&it.word.as_str());
            let behind = at + 1 + usize::from(self.words.get(at + 1).is_some_and(equals));
            is_value(behind, true) || at.checked_sub(1).is_some_and(|it| is_value(it, false))
        })
    }

    fn is_capital(&self, at: usize) -> bool {
        let letters = self.words.get(at).map(|it| &self.text[it.start..it.end]);
        letters.is_some_and(|it| it.starts_with(char::is_uppercase))
    }

    /// The last word of the clause that begins at `at`: before punctuation, or where it grows too long.
    fn clause_end(&self, at: usize) -> usize {
        let last = self.words.len().min(at + LONGEST_CLAUSE) - 1;
        let closes = |it: &usize| {
            let behind = self.words.get(it + 1).map_or(self.text.len(), |next| next.start);
            self.text[self.words[*it].end..behind].contains([',', '.', ';', ':', '?', '!', ')', '|'])
                || !self.reasons[*it] && self.reasons.get(it + 1) == Some(&true)
        };
        (at..last).find(closes).unwrap_or(last)
    }
}

/// Attributes by the last word of their name: the one that people say. What identifies a thing and
/// what has no values to pick from is left out.
fn attributes(census: &Census) -> Vec<(String, &Attribute)> {
    let vertices = census.vertices.iter().flat_map(|it| &it.attributes);
    let all = vertices.chain(census.edges.iter().flat_map(|it| &it.attributes));
    let mut named: Vec<(String, &Attribute)> = all
        .filter(|it| !matches!(it.kind, AttributeKind::Time | AttributeKind::Empty))
        .filter_map(|it| Some((name_words(&it.name).pop()?, it)))
        .collect();
    named.retain(|it| it.0 != "id" && it.0 != "key");
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        document::Citation,
        id::{DocumentId, RequirementId},
        requirements::Priority,
        schema::VertexCollection,
    };

    fn found(text: &str) -> Vec<String> {
        let attribute = |name: &str, kind, samples: &[&str]| Attribute {
            name: name.to_owned(),
            kind,
            samples: samples.iter().map(|it| (*it).to_owned()).collect(),
            ..Attribute::default()
        };
        let census = Census {
            vertices: vec![VertexCollection {
                attributes: vec![
                    attribute("zone", AttributeKind::Integer, &["1", "2"]),
                    attribute("tube_line", AttributeKind::Text, &["Victoria", "Northern"]),
                ],
                ..VertexCollection::default()
            }],
            ..Census::default()
        };
        let objective = Objective {
            id: RequirementId::default(),
            topic: None,
            title: String::new(),
            text: text.to_owned(),
            priority: Priority::Medium,
            limit: None,
            unit: None,
            cues: vec!["cutting".to_owned(), "off".to_owned()],
            needs: Vec::new(),
            source: Citation {
                document: DocumentId::from("D1"),
                name: "b.md".to_owned(),
                passage: 0,
                line: 1,
                quote: String::new(),
            },
        };
        scopes(&objective, &census)
    }

    #[test]
    fn clauses_that_narrow_are_found_whole() {
        for (text, expected) in [
            ("Which stations in zone 1 are busiest?", "in zone 1 are busiest"),
            ("Name the busiest stations on the Victoria line.", "line"),
            (
                "Which are busiest, leaving out the termini?",
                "leaving out the termini",
            ),
            (
                "What carries most traffic from Brixton to Oxford Circus?",
                "from Brixton to Oxford Circus",
            ),
            ("What carried most traffic since 2023, and why?", "since 2023"),
            (
                "Which could close without slowing the rest?",
                "without slowing the rest",
            ),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn questions_about_everything_have_none() {
        for text in [
            "Which stations cannot close without cutting others off?",
            "Which zones are there, and what links them?",
            "How far is it from everywhere to everywhere?",
            "Know which stations are busiest, so that crews are there in 2025.",
            "Which lines matter most?",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
