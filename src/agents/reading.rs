//! Decides what each passage of a brief is: a question, a statement, a person, or background.
//!
//! Whether it asks a topic is weighed (`asking`): likeness to examples, cues, wording and
//! place together. For the rest the heading decides where it speaks, and the wording elsewhere.

use super::asking::{Signs, TopicMatch, Weigher};
use super::lexicon::LETTER_HEAD;
use super::people::is_label;
use super::phrasing::{Asking, Phrasing, Section};
use super::tokens::{Token, tokens};
use super::topics::NamedTopic;
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
    /// What it is where it asks nothing that was not asked before.
    pub otherwise: StatementKind,
}

/// Log-odds from which words without cues are taken for a question that they do not put.
const RESEMBLES: f64 = 0.5;
/// Most sentences that a reference goes back over.
const FARTHEST_REFERENCE: usize = 2;

/// Reads documents in the words of one vertical.
#[derive(Clone, Debug)]
pub struct Reader {
    weigher: Weigher,
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
            weigher: Weigher::new(vertical),
            phrasing: Phrasing::new(),
        }
    }

    /// The phrasing that it compares with.
    pub fn phrasing(&self) -> &Phrasing {
        &self.phrasing
    }

    /// The topics that words name, whether or not they ask.
    pub fn named(&self, words: &[Token], text: &str) -> Vec<NamedTopic> {
        self.weigher.named(words, text)
    }

    /// The topics that words would ask if they asked: of a label, or of what a question points back to.
    /// What only resembles a question must do so clearly.
    pub fn meant(&self, words: &[Token], text: &str) -> Vec<TopicMatch> {
        let named = self.named(words, text);
        let mut asked = self.weigher.asked(words, text, Signs::OUTRIGHT);
        asked.retain(|it| it.odds > RESEMBLES || named.iter().any(|named| named.topic == it.topic));
        asked
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
                otherwise: match section {
                    Some(Section::Statements(kind)) => kind,
                    Some(Section::Objectives | Section::Stakeholders | Section::Background) | None => {
                        StatementKind::Requirement
                    }
                },
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
            let topics = self.meant(&earlier.words, &earlier.passage.text);
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
        if place.section == Some(Section::Stakeholders) {
            return Reading::Names;
        }
        let asking = self.phrasing.asking(words, text);
        let signs = Signs {
            asking,
            stated: matches!(place.section, Some(Section::Statements(_))),
            details: self.phrasing.details(words, text),
            sentence: passage.kind == PassageKind::Sentence,
        };
        let topics = if place.table_head {
            Vec::new()
        } else {
            self.weigher.asked(words, text, signs)
        };
        match place.section {
            _ if !topics.is_empty() => Reading::Asks(topics),
            Some(Section::Statements(kind)) if !place.table_head => Reading::States(kind),
            Some(Section::Objectives) if !place.table_head => self.unknown_objective(text, words, signs),
            Some(Section::Background) => Reading::Background,
            _ => self.unknown(text, words, signs, place),
        }
    }

    /// A heading asks when its words do and it is no name of a section.
    fn heading(&self, text: &str, words: &[Token]) -> Reading {
        let asks =
            self.phrasing.heading(text).is_none() && self.phrasing.asking(words, text) == Asking::Clearly;
        let mut topics = if asks { self.meant(words, text) } else { Vec::new() };
        // A heading has few words; those that only resemble a question ask nothing.
        let named = self.named(words, text);
        topics.retain(|it| named.iter().any(|named| named.topic == it.topic));
        if topics.is_empty() {
            Reading::Background
        } else {
            Reading::Asks(topics)
        }
    }

    /// What stands under "Objectives" and asks no topic.
    fn unknown_objective(&self, text: &str, words: &[Token], signs: Signs) -> Reading {
        let clearly = signs.asking == Asking::Clearly;
        let stated = self.phrasing.statement(words);
        match stated.filter(|it| *it == StatementKind::Constraint || !clearly) {
            Some(kind) => Reading::States(kind),
            None if !signs.sentence || text.ends_with('?') => Reading::Asks(Vec::new()),
            None if clearly && !text.ends_with(':') => Reading::Unplaced,
            None => Reading::Background,
        }
    }

    /// What asks no topic, where no heading speaks.
    fn unknown(&self, text: &str, words: &[Token], signs: Signs, place: Place) -> Reading {
        if self.phrasing.judges(words) {
            return Reading::States(StatementKind::SuccessCriterion);
        }
        if place.table_head {
            return Reading::Background;
        }
        let asks = signs.asking == Asking::Clearly && !text.ends_with(':');
        if asks && text.ends_with('?') {
            return if signs.sentence {
                Reading::Unplaced
            } else {
                Reading::Asks(Vec::new())
            };
        }
        match self.phrasing.statement(words) {
            Some(kind) => Reading::States(kind),
            None if asks && !signs.sentence => Reading::Asks(Vec::new()),
            None if asks && place.after_question && self.phrasing.says_more(words) => {
                Reading::States(StatementKind::Requirement)
            }
            None if asks && !self.weigher.tells(words) => Reading::Unplaced,
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
