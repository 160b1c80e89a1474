//! Weighs all that speaks for a passage asking a topic: likeness to examples, cues, wording, place.
//!
//! A logistic model: the weights are log-odds, fitted to the passages of 116 briefs,
//! the examples taken from each left out in its turn. A passage asks topics besides the likeliest
//! only where cues name that one and them, so that one wording never counts for two. The cost of a passage is that
//! of looking for every cue at every word: about a millisecond.

use super::examples::Examples;
use super::phrasing::Asking;
use super::tokens::Token;
use super::topics::{NamedTopic, TopicCues};
use crate::model::vertical::{Topic, Vertical};

/// Log-odds when nothing speaks for a question.
const NOTHING: f64 = -3.07;
/// For each unit by which the passage is likelier among a topic's examples (see
/// [`super::examples::Likeness::leads`]).
const LIKENESS: f64 = 1.31;
/// For cues that ask the topic in full; as much again for half as much more.
const CUES: f64 = 1.2;
/// Cue evidence counts no further than this.
const MOST_CUES: f64 = 1.5;
/// For words that ask.
const CLEARLY: f64 = 1.23;
/// For a wish.
const FAINTLY: f64 = 0.37;
/// Under a heading of constraints, criteria and the like.
const STATED: f64 = -2.05;
/// For what to say of each answer.
const DETAILS: f64 = -0.51;
/// For a sentence of a paragraph, against an item of a list, unless it asks and names the topic.
const SENTENCE: f64 = -0.85;
/// Log-odds from which a topic is asked; below even, because a question that is missed costs more
/// than one that is answered in vain.
const ENOUGH: f64 = -1.2;
/// Log-odds from which a sentence that only tells asks all the same.
const DESCRIBED: f64 = 1.5;
/// Taken from the likelihood of a topic of `generic` where a vertical has topics of its own, in
/// natural logarithms before scaling.
const GENERAL: f64 = 10.0;
/// Likeness that full cues stand for where a topic has no examples.
const LIKE_EXAMPLES: f64 = 4.0;
/// Likeness to other questions below which a passage without a question mark asks nothing.
const TELLS: f64 = -0.5;
/// Words of a passage that are weighed. A question is shorter; what is longer is no sentence, and
/// every cue is looked for at every word.
const MOST_WORDS: usize = 500;
/// Words named as those that told.
const TELLING: usize = 6;

/// A topic that a passage asks.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicMatch {
    /// Position among the vertical's topics.
    pub topic: usize,
    /// Log-odds that it is asked.
    pub odds: f64,
    /// The passage's words that tell, in its order.
    pub cues: Vec<String>,
}

/// What is known of a passage beside its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Signs {
    /// How clearly its wording asks.
    pub(super) asking: Asking,
    /// Whether it stands under constraints, criteria and the like.
    pub(super) stated: bool,
    /// Whether it says what to tell of each answer.
    pub(super) details: bool,
    /// Whether it is a sentence of a paragraph.
    pub(super) sentence: bool,
}

impl Signs {
    /// Of what asks, and stands by itself.
    pub(super) const OUTRIGHT: Self = Self {
        asking: Asking::Clearly,
        stated: false,
        details: false,
        sentence: false,
    };
}

/// Finds what passages ask, by the topics of one vertical.
#[derive(Clone, Debug)]
pub(super) struct Weigher {
    cues: TopicCues,
    examples: Examples,
    /// What is taken from each topic's likelihood.
    handicaps: Vec<f64>,
}

impl Weigher {
    /// Compiles cues and counts examples.
    pub(super) fn new(vertical: &Vertical) -> Self {
        let handicap = |it: &Topic| if it.general { GENERAL } else { 0.0 };
        Self {
            cues: TopicCues::new(vertical),
            examples: Examples::new(vertical),
            handicaps: vertical.topics.iter().map(handicap).collect(),
        }
    }

    /// The topics that words name by cues, whether or not they ask.
    pub(super) fn named(&self, words: &[Token], text: &str) -> Vec<NamedTopic> {
        self.cues.named(bounded(words), text)
    }

    /// The topics that a passage asks, the likeliest first.
    pub(super) fn asked(&self, words: &[Token], text: &str, signs: Signs) -> Vec<TopicMatch> {
        let words = bounded(words);
        let named = self.named(words, text);
        let mut odds = self.odds(words, &named, signs);
        let tells = signs.sentence && signs.asking == Asking::No;
        odds.retain(|it| it.1 > if tells { DESCRIBED } else { ENOUGH });
        let Some(likeliest) = odds.first().map(|it| it.0) else {
            return Vec::new();
        };
        let is_named = |topic: usize| named.iter().any(|it| it.topic == topic);
        // Where the examples speak for a topic that no cue names, what cues name beside it is a word in
        // passing far more often than a second question.
        let first_is_named = is_named(likeliest);
        odds.retain(|it| it.0 == likeliest || first_is_named && is_named(it.0));
        odds.into_iter()
            .map(|(topic, odds)| TopicMatch {
                topic,
                odds,
                cues: self.told(topic, words, &named),
            })
            .collect()
    }

    /// Whether a passage reads like what stands around questions, rather than like a question that no
    /// topic knows.
    pub(super) fn tells(&self, words: &[Token]) -> bool {
        let likeness = self.examples.likeness(bounded(words));
        !likeness.is_vague && likeness.other < TELLS
    }

    /// Log-odds of every topic, highest first.
    fn odds(&self, words: &[Token], named: &[NamedTopic], signs: Signs) -> Vec<(usize, f64)> {
        let likeness = self.examples.likeness(words);
        let mut base = NOTHING;
        base += match signs.asking {
            Asking::Clearly => CLEARLY,
            Asking::Faintly => FAINTLY,
            Asking::No => 0.0,
        };
        for (sign, weight) in [(signs.stated, STATED), (signs.details, DETAILS)] {
            base += if sign { weight } else { 0.0 };
        }
        let mut odds: Vec<(usize, f64)> = Vec::with_capacity(likeness.leads.len());
        for (topic, (lead, handicap)) in likeness.leads.iter().zip(&self.handicaps).enumerate() {
            let cues = named.iter().find(|it| it.topic == topic);
            let cues = cues.map_or(0.0, |it| it.weight.min(MOST_CUES));
            let lead = lead.map(|it| it - handicap / likeness.scale);
            let named = cues > 0.0 && signs.asking == Asking::Clearly;
            let lead = match lead {
                // Examples that know too little neither speak for a topic nor against one that is named.
                _ if likeness.is_vague && cues == 0.0 => continue,
                Some(lead) if named => lead.max(0.0),
                Some(lead) => lead,
                None => LIKE_EXAMPLES * cues,
            };
            let place = if signs.sentence && !named { SENTENCE } else { 0.0 };
            odds.push((topic, base + place + LIKENESS * lead + CUES * cues));
        }
        odds.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        odds
    }

    /// The words that told: the cues, else those that the examples share.
    fn told(&self, topic: usize, words: &[Token], named: &[NamedTopic]) -> Vec<String> {
        match named.iter().find(|it| it.topic == topic) {
            Some(known) => known.cues.clone(),
            None => self.examples.telling(topic, words, TELLING),
        }
    }
}

/// The words that are weighed.
fn bounded(words: &[Token]) -> &[Token] {
    &words[..words.len().min(MOST_WORDS)]
}
