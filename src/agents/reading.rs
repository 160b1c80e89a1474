//! Decides what each passage of a brief is: a question, a statement, a person, or background.
//!
//! The heading decides where it speaks; elsewhere wording and topic decide together. Telling is
//! not asking: a sentence about the past, or one that only names a topic, is background; one in the
//! present that describes in full what a topic looks for asks it.

use super::lexicon::LETTER_HEAD;
use super::people::is_label;
use super::phrasing::{Asking, Phrasing, Section};
use super::tokens::{Token, tokens};
use super::topics::{TopicCues, TopicMatch};
use crate::model::{
    document::{Document, Passage, PassageKind},
    requirements::StatementKind,
    vertical::Vertical,
};

/// What a passage is.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// It asks these topics, best first; none when it asks something that no topic knows.
    Asks(Vec<TopicMatch>),
    /// An item of another kind.
    States(StatementKind),
    /// It names somebody.
    Names,
    /// It seems to ask, and nothing says what.
    Unplaced,
    /// Nothing is asked or set.
    Background,
}

/// A passage with its words and what it is.
#[derive(Clone, Debug)]
pub struct ReadPassage<'a> {
    /// The document.
    pub document: &'a Document,
    /// The passage.
    pub passage: &'a Passage,
    /// Its words.
    pub words: Vec<Token>,
    /// What it is.
    pub reading: Reading,
}

/// Evidence for a topic above which a sentence in the present asks it without asking words.
const DESCRIBED: f64 = 1.45;
/// Most sentences that a reference goes back over.
const FARTHEST_REFERENCE: usize = 2;

/// Reads documents in the words of one vertical.
#[derive(Clone, Debug)]
pub struct Reader {
    topics: TopicCues,
    phrasing: Phrasing,
}

/// What stands around a passage.
#[derive(Clone, Copy, Debug)]
struct Place {
    section: Option<Section>,
    /// Whether the passage just before, under the same headings, asks.
    after_question: bool,
    /// Whether it is the head of a table.
    table_head: bool,
}

impl Reader {
    /// A reader for the topics of a vertical.
    pub fn new(vertical: &Vertical) -> Self {
        Self {
            topics: TopicCues::new(vertical),
            phrasing: Phrasing::new(),
        }
    }

    /// The phrasing that it compares with.
    pub fn phrasing(&self) -> &Phrasing {
        &self.phrasing
    }

    /// The topics that words name, whether or not they ask.
    pub fn topics(&self, words: &[Token], text: &str) -> Vec<TopicMatch> {
        self.topics.asked(words, text)
    }

    /// The heading that names the whole document: the first passage, when it is a heading over
    /// others and not the name of a section.
    pub fn title<'a>(&self, document: &'a Document) -> Option<&'a str> {
        let first = document.passages.first()?;
        let over_others = document
            .passages
            .get(1)
            .is_some_and(|it| it.headings.first() == Some(&first.text));
        let names =
            first.kind == PassageKind::Heading && over_others && self.phrasing.heading(&first.text).is_none();
        names.then_some(first.text.as_str())
    }

    /// A question that asks no topic outright asks the nearest, if one stands out.
    fn nearest(&self, words: &[Token]) -> Vec<TopicMatch> {
        self.topics.nearest(words).into_iter().collect()
    }

    /// A sentence that asks: for the nearest topic, or for something unknown.
    fn perhaps(&self, words: &[Token]) -> Reading {
        let topics = self.nearest(words);
        if topics.is_empty() {
            Reading::Unplaced
        } else {
            Reading::Asks(topics)
        }
    }

    /// What each passage of a document is, in order.
    pub fn read<'a>(&self, document: &'a Document) -> Vec<ReadPassage<'a>> {
        let title = self.title(document);
        let mut sections: Option<(&[String], Option<Section>)> = None;
        let mut after_question = false;
        let mut found = Vec::with_capacity(document.passages.len());
        for passage in &document.passages {
            let same_headings = sections.filter(|it| it.0 == passage.headings.as_slice());
            let section = match same_headings {
                Some(known) => known.1,
                None => self.phrasing.section(&passage.headings, title),
            };
            after_question &= same_headings.is_some();
            sections = Some((&passage.headings, section));
            let below = document.passages.get(passage.index as usize + 1);
            let place = Place {
                section,
                after_question,
                table_head: passage.kind == PassageKind::Row
                    && below.is_some_and(|it| it.headings.last() == Some(&passage.text)),
            };
            let words = tokens(&passage.text);
            let reading = if title == Some(passage.text.as_str()) && passage.kind == PassageKind::Heading {
                Reading::Background
            } else {
                self.passage(passage, &words, place)
            };
            after_question = matches!(reading, Reading::Asks(_) | Reading::Unplaced);
            found.push(ReadPassage {
                document,
                passage,
                words,
                reading,
            });
            self.look_back(&mut found);
        }
        found
    }

    /// A question that only points back ("How many such knots are there?") asks what the sentences
    /// before it speak of. They become the question, since they hold its words, and it a requirement.
    fn look_back(&self, found: &mut [ReadPassage<'_>]) {
        let Some((last, before)) = found.split_last_mut() else {
            return;
        };
        let without_topic = match &last.reading {
            Reading::Asks(topics) => topics.is_empty(),
            Reading::Unplaced => true,
            Reading::States(_) | Reading::Names | Reading::Background => false,
        };
        let sentence = last.passage.kind == PassageKind::Sentence;
        if !sentence || !without_topic || !self.phrasing.refers(&last.words) {
            return;
        }
        for earlier in before.iter_mut().rev().take(FARTHEST_REFERENCE) {
            let told = earlier.reading == Reading::Background || earlier.reading == Reading::Unplaced;
            if matches!(&earlier.reading, Reading::Asks(topics) if !topics.is_empty()) {
                last.reading = Reading::States(StatementKind::Requirement);
                return;
            }
            let tells = told && !self.phrasing.is_past(&earlier.words);
            if earlier.passage.headings != last.passage.headings || !tells && !is_constraint(&earlier.reading)
            {
                return;
            }
            let topics = self.topics(&earlier.words, &earlier.passage.text);
            if !topics.is_empty() {
                earlier.reading = Reading::Asks(topics);
                last.reading = Reading::States(StatementKind::Requirement);
                return;
            }
        }
    }

    fn passage(&self, passage: &Passage, words: &[Token], place: Place) -> Reading {
        let text = &passage.text;
        if passage.kind == PassageKind::Heading {
            return self.heading(text, words);
        }
        if is_label(text) {
            return Reading::Names;
        }
        if is_letter_head(text) {
            return Reading::Background;
        }
        match place.section {
            Some(Section::Stakeholders) => Reading::Names,
            Some(Section::Statements(StatementKind::Requirement)) => self.requirement(text, words),
            Some(Section::Statements(kind)) if !place.table_head => Reading::States(kind),
            Some(Section::Objectives) if !place.table_head => self.under_objectives(passage, words),
            Some(Section::Background) => self.under_background(text, words),
            Some(Section::Statements(_) | Section::Objectives) | None => self.anywhere(passage, words, place),
        }
    }

    /// A heading asks when its words do and it is no name of a section.
    fn heading(&self, text: &str, words: &[Token]) -> Reading {
        let asks =
            self.phrasing.heading(text).is_none() && self.phrasing.asking(words, text) == Asking::Clearly;
        let topics = if asks {
            self.topics(words, text)
        } else {
            Vec::new()
        };
        if topics.is_empty() {
            Reading::Background
        } else {
            Reading::Asks(topics)
        }
    }

    fn under_objectives(&self, passage: &Passage, words: &[Token]) -> Reading {
        let text = &passage.text;
        let asking = self.phrasing.asking(words, text);
        let sentence = passage.kind == PassageKind::Sentence;
        let topics = self.topics(words, text);
        if !topics.is_empty() {
            let tells = sentence && asking == Asking::No && self.phrasing.is_past(words);
            return if tells {
                Reading::Background
            } else {
                Reading::Asks(topics)
            };
        }
        let stated = self.phrasing.statement(words);
        match stated.filter(|it| *it == StatementKind::Constraint || asking != Asking::Clearly) {
            Some(kind) => Reading::States(kind),
            None if !sentence || text.ends_with('?') => Reading::Asks(self.nearest(words)),
            None if asking == Asking::Clearly && !text.ends_with(':') => self.perhaps(words),
            None => Reading::Background,
        }
    }

    fn under_background(&self, text: &str, words: &[Token]) -> Reading {
        let asks = self.phrasing.asking(words, text) == Asking::Clearly && !self.phrasing.is_past(words);
        let topics = if asks {
            self.topics(words, text)
        } else {
            Vec::new()
        };
        if topics.is_empty() {
            Reading::Background
        } else {
            Reading::Asks(topics)
        }
    }

    /// Under "Requirements" stand questions and rules alike.
    fn requirement(&self, text: &str, words: &[Token]) -> Reading {
        let topics = self.topics(words, text);
        if topics.is_empty() || self.phrasing.asking(words, text) == Asking::No {
            Reading::States(StatementKind::Requirement)
        } else {
            Reading::Asks(topics)
        }
    }

    /// A passage that no heading speaks for.
    fn anywhere(&self, passage: &Passage, words: &[Token], place: Place) -> Reading {
        let text = &passage.text;
        let sentence = passage.kind == PassageKind::Sentence;
        let asking = self.phrasing.asking(words, text);
        if self.phrasing.judges(words) {
            return Reading::States(StatementKind::SuccessCriterion);
        }
        let continues =
            place.after_question && (self.phrasing.goes_on(words) || self.phrasing.is_fragment(words));
        let may_ask = match asking {
            Asking::Clearly => true,
            Asking::Faintly => !self.phrasing.is_past(words),
            Asking::No => {
                let told = self.phrasing.is_past(words) && (sentence || !place.after_question);
                (continues || !sentence) && !told && !self.phrasing.bounds(words)
            }
        };
        let topics = if may_ask {
            self.topics(words, text)
        } else {
            Vec::new()
        };
        if !topics.is_empty() {
            return Reading::Asks(topics);
        }
        if !may_ask && !self.phrasing.is_past(words) {
            let named = self.topics(words, text);
            // Writers also ask by describing what they look for, in more words than a tale spends on it.
            if named.iter().any(|it| it.score > DESCRIBED) {
                return Reading::Asks(named);
            }
        }
        if place.table_head {
            return Reading::Background;
        }
        let asks = asking == Asking::Clearly && !text.ends_with(':');
        if asks && text.ends_with('?') {
            if sentence {
                return self.perhaps(words);
            }
            return Reading::Asks(self.nearest(words));
        }
        match self.phrasing.statement(words) {
            Some(kind) => Reading::States(kind),
            None if asks && !sentence => Reading::Asks(self.nearest(words)),
            None if asks && place.after_question && self.phrasing.says_more(words) => {
                Reading::States(StatementKind::Requirement)
            }
            None if asks => self.perhaps(words),
            None => Reading::Background,
        }
    }
}

/// Whether a passage is the head of a letter (`From: … To: …`), which asks nothing.
fn is_letter_head(text: &str) -> bool {
    let begins = text.split_once(':').is_some_and(|(label, _)| {
        let label = label.trim().to_lowercase();
        LETTER_HEAD.split(['|', '\n']).any(|it| it.trim() == label)
    });
    begins && !text.ends_with('?') || text.starts_with("From: ")
}

fn is_constraint(reading: &Reading) -> bool {
    matches!(reading, Reading::States(StatementKind::Constraint))
}
