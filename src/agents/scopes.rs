//! Finds the clauses by which a question narrows what is looked at: "in zone 1", "since 2023", "from
//! Brixton to Bank", "without the interchanges".
//!
//! No pattern narrows its graph by such a clause. Each is reported as not applied, because an answer
//! about everything must not pass for one about the part that was asked for.

use std::sync::LazyLock;

use super::cues::{Cue, cues};
use super::lexicon::{self as lists, is_listed};
use super::naming::{singular, words as name_words};
use super::tokens::{Token, tokens};
use super::topics::reasons;
use crate::model::{
    requirements::Objective,
    schema::{Attribute, AttributeKind, Census},
};

/// Distinct values above which an attribute is no category.
const MOST_VALUES: u64 = 200;
/// Most words of a clause.
const LONGEST_CLAUSE: usize = 9;
/// Farthest that "to" may stand behind "from".
const FARTHEST_END: usize = 6;

/// What opens a clause that leaves something out, compiled once.
static EXCLUSIONS: LazyLock<Vec<Cue>> = LazyLock::new(|| cues(lists::EXCLUSIONS.lines()));

/// The narrowing clauses of an objective, in its words.
pub(super) fn scopes(objective: &Objective, census: &Census) -> Vec<String> {
    let words = tokens(&objective.text);
    let question = Question {
        text: &objective.text,
        reasons: reasons(&words, &objective.text),
        words,
        objective,
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
    objective: &'a Objective,
    attributes: Vec<Named<'a>>,
}

/// An attribute by the word that people say for it.
struct Named<'a> {
    word: String,
    attribute: &'a Attribute,
    /// The words of its sample values, where they can be told from other words.
    values: Vec<Vec<String>>,
}

impl Question<'_> {
    /// Where a narrowing clause with a telling word at `at` begins.
    fn narrows(&self, at: usize) -> Option<usize> {
        if self.excludes(at) || self.dates(at) || self.names_ends(at) || self.supposes(at) {
            return Some(at);
        }
        (self.numbers_value(at) || self.names_value(at)).then(|| self.opening(at))
    }

    /// The preposition, and the article, in front of a word, where they stand there.
    fn opening(&self, at: usize) -> usize {
        let is = |place: usize, list: &[&str]| list.contains(&self.words[place].word.as_str());
        let articled = at
            .checked_sub(1)
            .filter(|it| is(*it, &["the", "a", "an"]))
            .unwrap_or(at);
        let prepositions = [
            "in", "on", "of", "at", "with", "for", "whose", "by", "if", "only", "from",
        ];
        let opened = articled.checked_sub(1).filter(|it| is(*it, &prepositions));
        opened.unwrap_or(articled)
    }

    /// "excluding …", "apart from …", "without touching …".
    fn excludes(&self, at: usize) -> bool {
        let follows = |place: usize, list: &[&str]| {
            self.words
                .get(place)
                .is_some_and(|it| list.contains(&it.word.as_str()))
        };
        let asked = |it: &Token| self.objective.cues.contains(&it.word);
        let leaves = EXCLUSIONS.iter().any(|it| it.begins(&self.words, at));
        let without = self.words[at].word == "without"
            && self.words.get(at + 1).is_some_and(|it| it.word.ends_with("ing"))
            && !follows(at + 2, &["it", "this", "that", "them", "us"]);
        // "apart from one another" leaves nothing out.
        let mutual = follows(at + 2, &["one", "each"]);
        (leaves || without) && !mutual && !self.words[at..].iter().take(3).any(asked)
    }

    /// "since 2023", "in March", "last quarter", in the clause that asks.
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
        (dated && (year || month) || past) && self.asks_here(at)
    }

    /// Whether the clause around a word holds one that asks.
    fn asks_here(&self, at: usize) -> bool {
        let (before, behind) = self.text.split_at(self.words[at].start);
        let marks = [';', ':', '.', '?', '!'];
        let from = before.rfind(marks).map_or(0, |it| it + 1);
        let to = behind.find(marks).map_or(self.text.len(), |it| before.len() + it);
        let mut here = self.words.iter().filter(|it| it.start >= from && it.end <= to);
        self.objective.cues.is_empty() || here.any(|it| self.objective.cues.contains(&it.word))
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

    /// "if Bank closes".
    fn supposes(&self, at: usize) -> bool {
        let opens = ["if", "when", "once", "should", "without"].contains(&self.words[at].word.as_str());
        let named = self.words.get(at + 1).is_some_and(|it| it.word.len() > 1);
        opens && named && self.is_capital(at + 1)
    }

    /// "zone 1", "whose zone is 1", where the graph has such an attribute of numbers.
    fn numbers_value(&self, at: usize) -> bool {
        let word = singular(&self.words[at].word);
        let counts = |it: &&Named<'_>| {
            let numeric = matches!(it.attribute.kind, AttributeKind::Integer | AttributeKind::Number);
            it.word == word && numeric
        };
        let equals = |it: &Token| ["is", "of", "equals", "number"].contains(&it.word.as_str());
        let behind = at + 1 + usize::from(self.words.get(at + 1).is_some_and(equals));
        let number = self.words.get(behind).and_then(|it| it.word.parse::<f64>().ok());
        // The first word gives an order; how many to name is no value.
        let limit = self.objective.limit.map(f64::from);
        at > 0 && number.is_some() && number != limit && self.attributes.iter().any(|it| counts(&it))
    }

    /// "the Victoria Line", where an attribute has that value.
    fn names_value(&self, at: usize) -> bool {
        let same = |value: &Vec<String>| {
            let here = self.words[at..].iter().map(|it| &it.word);
            value.len() <= self.words.len() - at && here.zip(value).all(|(said, word)| said == word)
        };
        let next = self.words.get(at + 1).map(|it| singular(&it.word));
        // Samples are few; a name in front of the attribute's word is a value as well.
        let any = |it: &Named<'_>| {
            it.values.iter().any(same)
                || it.attribute.kind == AttributeKind::Text && next.as_ref() == Some(&it.word)
        };
        self.is_capital(at) && at > 0 && self.attributes.iter().any(any)
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

/// Attributes by the last word of their name: the one that people say. Those that name or number
/// things have no values to pick from, nor have times.
fn attributes(census: &Census) -> Vec<Named<'_>> {
    let vertices = census.vertices.iter().flat_map(|it| &it.attributes);
    let all = vertices.chain(census.edges.iter().flat_map(|it| &it.attributes));
    all.filter(|it| !matches!(it.kind, AttributeKind::Time | AttributeKind::Empty))
        .filter_map(|attribute| {
            let word = name_words(&attribute.name).pop()?;
            let identifies = ["id", "key", "name", "label", "title"].contains(&word.as_str());
            (!identifies).then(|| Named {
                values: values(attribute),
                word,
                attribute,
            })
        })
        .collect()
}

/// The words of an attribute's values, where there are few: what many values have is no category.
fn values(attribute: &Attribute) -> Vec<Vec<String>> {
    if attribute.kind != AttributeKind::Text || attribute.distinct > MOST_VALUES {
        return Vec::new();
    }
    let split = |it: &String| tokens(it).into_iter().map(|it| it.word).collect::<Vec<_>>();
    let mut values: Vec<Vec<String>> = attribute.samples.iter().map(split).collect();
    values.retain(|it| !it.is_empty());
    values
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
                    attribute("tube_line", AttributeKind::Text, &["Victoria Line", "DLR"]),
                    attribute("name", AttributeKind::Text, &["Bank"]),
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
            cues: ["cutting", "off", "busiest", "traffic"]
                .map(str::to_owned)
                .to_vec(),
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
            (
                "Name the busiest stations on the Victoria line.",
                "on the Victoria line",
            ),
            (
                "Which Jubilee line stations are busiest?",
                "Jubilee line stations are busiest",
            ),
            ("If Bank closes, which are cut off?", "If Bank closes"),
            ("Which DLR stations are busiest?", "DLR stations are busiest"),
            ("I run it since 2019; which are busiest since 2023?", "since 2023"),
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
            "Name 5 stations that strand others.",
            "I run the network since 2019; which stations are busiest?",
            "What keeps the parts apart from one another?",
            "Can it be run without forcing it?",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
