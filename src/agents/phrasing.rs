//! What a passage is by its heading and by its own words: a question, a limit, a measure of success.
//!
//! English, with the common headings of German, French, Spanish, Italian and Dutch briefs. The
//! heading decides where it speaks; the wording decides elsewhere. Both are lists, kept here.

use super::cues::{Cue, any_occurs, cues};
use super::lexicon as lists;
use super::tokens::{Token, tokens};
use crate::model::requirements::{Priority, StatementKind};

/// Most words of a label in front of a passage.
const LONGEST_LABEL: usize = 5;

/// What a section holds, by its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Questions to answer.
    Objectives,
    /// Other items of one kind.
    Statements(StatementKind),
    /// People.
    Stakeholders,
    /// What happened so far; nothing is asked here unless it is said outright.
    Background,
}

/// How clearly a passage asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asking {
    /// It tells.
    No,
    /// It says what should be; a question only if its topic is known.
    Faintly,
    /// It asks.
    Clearly,
}

/// What the wording of headings and passages is compared with, compiled once.
#[derive(Clone, Debug)]
pub struct Phrasing {
    sections: Vec<(Section, Vec<Cue>)>,
    asks: Vec<Cue>,
    wishes: Vec<Cue>,
    openers: Vec<Cue>,
    imperatives: Vec<Cue>,
    interrogatives: Vec<Cue>,
    past: Vec<Cue>,
    bounds: Vec<Cue>,
    rules: Vec<Cue>,
    success: Vec<Cue>,
    measured: Vec<Cue>,
    delivery: Vec<Cue>,
    references: Vec<Cue>,
    pointers: Vec<Cue>,
    more: Vec<Cue>,
    leads: Vec<Cue>,
    details: Vec<Cue>,
    kinds: Vec<(StatementKind, Vec<Cue>)>,
    priorities: Vec<(Priority, Vec<Cue>)>,
}

impl Default for Phrasing {
    fn default() -> Self {
        Self::new()
    }
}

impl Phrasing {
    /// Compiles the lists.
    pub fn new() -> Self {
        use StatementKind::{Assumption, Constraint, Kpi, Requirement, Risk, SuccessCriterion};
        let sections = [
            (Section::Objectives, lists::OBJECTIVES),
            (Section::Statements(SuccessCriterion), lists::SUCCESS),
            (Section::Statements(Constraint), lists::CONSTRAINTS),
            (Section::Statements(Requirement), lists::REQUIREMENTS),
            (Section::Statements(Kpi), lists::KPIS),
            (Section::Statements(Risk), lists::RISKS),
            (Section::Statements(Assumption), lists::ASSUMPTIONS),
            (Section::Stakeholders, lists::STAKEHOLDERS),
            (Section::Background, lists::BACKGROUND),
        ];
        Self {
            sections: sections
                .into_iter()
                .map(|it| (it.0, cues(it.1.lines())))
                .collect(),
            asks: cues(lists::ASKS.lines()),
            wishes: cues(lists::WISHES.lines()),
            openers: cues(lists::OPENERS.lines()),
            imperatives: cues(lists::IMPERATIVES.lines()),
            interrogatives: cues(lists::INTERROGATIVES.lines()),
            past: cues(lists::PAST.lines()),
            bounds: cues(lists::BOUNDS.lines()),
            rules: cues(lists::RULES.lines()),
            success: cues(lists::SUCCESS_WORDING.lines()),
            measured: cues(lists::MEASURED.lines()),
            delivery: cues(lists::DELIVERY.lines()),
            references: cues(lists::REFERENCES.lines()),
            pointers: cues(lists::POINTERS.lines()),
            more: cues(lists::MORE.lines()),
            leads: cues(lists::DETAIL_OPENERS.lines()),
            details: cues(lists::DETAILS.lines()),
            kinds: vec![
                (Assumption, cues(lists::ASSUMPTION_WORDING.lines())),
                (Risk, cues(lists::RISK_WORDING.lines())),
                (Kpi, cues(lists::KPI_WORDING.lines())),
            ],
            priorities: vec![
                (Priority::Critical, cues(lists::CRITICAL.lines())),
                (Priority::Low, cues(lists::LOW.lines())),
                (Priority::High, cues(lists::HIGH.lines())),
            ],
        }
    }

    /// What the innermost heading that speaks says about the passages below it. A heading speaks
    /// when at least half of its meaning words are of one kind, so that a title such as "Supply
    /// risk in the north" does not turn everything below into risks. One that asks leads into
    /// questions, unless it is the document's title.
    pub fn section(&self, headings: &[String], title: Option<&str>) -> Option<Section> {
        let leads = |it: &str| title != Some(it) && self.leads_into_questions(it);
        headings.iter().rev().find_map(|it| {
            self.heading(it)
                .or_else(|| leads(it).then_some(Section::Objectives))
        })
    }

    fn leads_into_questions(&self, heading: &str) -> bool {
        let words = tokens(heading);
        let question = heading.ends_with('?') || any_occurs(&self.asks, &words);
        words.len() > 3 && (question || self.orders(&words) && any_occurs(&self.pointers, &words))
    }

    /// What a heading's own words say; of the head of a table, those of the first cell that speaks.
    pub fn heading(&self, heading: &str) -> Option<Section> {
        heading.split(" | ").find_map(|it| self.cell(it))
    }

    fn cell(&self, heading: &str) -> Option<Section> {
        let words = tokens(heading);
        let meaning = words.iter().filter(|it| !fills(&it.word)).count();
        let mut best: Option<(usize, Section)> = None;
        for (section, cues) in &self.sections {
            let mut touched: Vec<usize> = cues
                .iter()
                .filter_map(|it| it.find(&words, &|_| true))
                .flatten()
                .filter(|it| !fills(&words[*it].word))
                .collect();
            touched.sort_unstable();
            touched.dedup();
            if touched.len() * 2 >= meaning.max(1) && best.is_none_or(|it| touched.len() > it.0) {
                best = Some((touched.len(), *section));
            }
        }
        best.map(|it| it.1)
    }

    /// How clearly the words ask for something.
    pub fn asking(&self, words: &[Token], text: &str) -> Asking {
        let question = text.contains('?');
        let orders = self.orders(words) || labelled(words, text).is_some_and(|it| self.orders(it));
        if question || orders || any_occurs(&self.asks, words) {
            Asking::Clearly
        } else if any_occurs(&self.wishes, words) && !self.bounds(words) {
            Asking::Faintly
        } else {
            Asking::No
        }
    }

    /// Whether it tells of the past, as background does.
    pub fn is_past(&self, words: &[Token]) -> bool {
        any_occurs(&self.past, words)
    }

    /// Whether it bounds something: "at most", "no longer than".
    pub fn bounds(&self, words: &[Token]) -> bool {
        any_occurs(&self.bounds, words)
    }

    /// Whether it says how success is judged.
    pub fn judges(&self, words: &[Token]) -> bool {
        let judged = any_occurs(&self.success, words)
            || any_occurs(&self.measured, words) && !any_occurs(&self.asks, words);
        judged && !self.orders(words)
    }

    /// Whether it begins with an order or a question word.
    fn orders(&self, words: &[Token]) -> bool {
        let opened = self.opened(words);
        let mut first = self.imperatives.iter().chain(&self.interrogatives);
        first.any(|it| it.begins(words, opened))
    }

    /// Whether it begins by pointing back: "such knots", "for each of them".
    pub fn says_more(&self, words: &[Token]) -> bool {
        self.more.iter().any(|it| it.begins(words, 0))
    }

    /// Whether it points back at what was said just before: "such knots", "who are they".
    pub fn refers(&self, words: &[Token]) -> bool {
        any_occurs(&self.references, words)
    }

    /// The kind of statement by wording, where it is not a question.
    pub fn statement(&self, words: &[Token]) -> Option<StatementKind> {
        if self.judges(words) {
            return Some(StatementKind::SuccessCriterion);
        }
        let kind = self
            .kinds
            .iter()
            .find(|it| any_occurs(&it.1, words))
            .map(|it| it.0);
        if kind.is_some() || self.is_past(words) {
            kind
        } else if any_occurs(&self.delivery, words) {
            Some(StatementKind::SuccessCriterion)
        } else if self.bounds(words) {
            Some(StatementKind::Constraint)
        } else {
            any_occurs(&self.rules, words).then_some(StatementKind::Requirement)
        }
    }

    /// How urgent the words say it is.
    pub fn priority(&self, words: &[Token]) -> Priority {
        self.priorities
            .iter()
            .find(|it| any_occurs(&it.1, words))
            .map_or(Priority::Medium, |it| it.0)
    }

    /// Whether it speaks of what was asked before in closer detail: what to say of each, or what to hand over.
    pub fn details(&self, words: &[Token], text: &str) -> bool {
        let begins = |words: &[Token]| {
            let opened = self.opened(words);
            self.leads
                .iter()
                .any(|it| it.begins(words, opened) || it.begins(words, 0))
        };
        let numbered = labelled(words, text).filter(|it| {
            let label = &words[..words.len() - it.len()];
            label.len() == 1
                || label
                    .iter()
                    .any(|it| it.word.starts_with(|it: char| it.is_ascii_digit()))
        });
        begins(words) || numbered.is_some_and(begins) || any_occurs(&self.details, words)
    }

    /// How many words an opener takes: "and", "finally", "in second place".
    fn opened(&self, words: &[Token]) -> usize {
        let mut at = 0;
        // Two are enough for "And finally"; more would eat the sentence.
        for _ in 0..2 {
            let longest = (at..words.len().min(at + 4)).rev().find(|end| {
                self.openers.iter().any(|it| {
                    it.find(&words[at..=*end], &|_| true)
                        .is_some_and(|places| places.len() == end - at + 1)
                })
            });
            match longest {
                Some(end) => at = end + 1,
                None => break,
            }
        }
        at
    }
}

/// The words behind a short label in front ("Mule detection: identify …", "14.2 | Establish …").
fn labelled<'a>(words: &'a [Token], text: &str) -> Option<&'a [Token]> {
    let behind = text.find([':', '|', ')'])?;
    let label = words.iter().take_while(|it| it.end <= behind).count();
    (label <= LONGEST_LABEL).then(|| &words[label..])
}

/// Whether a word of a heading means nothing by itself.
fn fills(word: &str) -> bool {
    word.bytes().all(|it| it.is_ascii_digit()) || lists::is_listed(lists::FILLERS, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(text: &str) -> Asking {
        Phrasing::new().asking(&tokens(text), text)
    }

    fn section(heading: &str) -> Option<Section> {
        Phrasing::new().section(&[heading.to_owned()], None)
    }

    #[test]
    fn headings_speak_when_half_of_their_words_do() {
        use StatementKind::{Constraint, SuccessCriterion};
        assert_eq!(section("2. Objectives"), Some(Section::Objectives));
        assert_eq!(
            section("What we would like to find out"),
            Some(Section::Objectives)
        );
        assert_eq!(
            section("In this study we want to know these things"),
            Some(Section::Objectives)
        );
        assert_eq!(
            section("Success criteria for the board"),
            Some(Section::Statements(SuccessCriterion))
        );
        assert_eq!(section("Limits"), Some(Section::Statements(Constraint)));
        assert_eq!(section("Ziele"), Some(Section::Objectives));
        assert_eq!(section("Supply-chain risk in the distribution"), None);
        assert_eq!(section("Resilience of the underground network"), None);
    }

    #[test]
    fn questions_orders_and_wishes_ask_and_tales_do_not() {
        for text in [
            "Which stops strand others?",
            "Find circular dependencies.",
            "And finally, where do most journeys pass.",
            "We would like to learn which stops matter.",
            "It is unclear how far a compromise would reach.",
            "Of interest are the places that carry most traffic.",
        ] {
            assert_eq!(asking(text), Asking::Clearly, "{text}");
        }
        for text in [
            "Last winter a closure stranded thousands of passengers.",
            "The network has grown over a century and carries millions of journeys.",
            "Most traffic passes through the centre.",
        ] {
            assert_eq!(asking(text), Asking::No, "{text}");
        }
    }
}
