//! Compares a passage with example sentences of every topic, and with sentences that ask none.
//!
//! Naive Bayes with the multinomial model on the presence of words and of pairs of neighbours
//! (McCallum and Nigam, "A comparison of event models for naive Bayes text classification", 1998),
//! smoothed by Lidstone's law. All classes are equally likely beforehand: how often a topic is
//! asked is not known. Counting needs one pass over the examples and no other training, so that a
//! vertical is taught by writing sentences into its file.

use std::collections::HashMap;

use super::naming::singular;
use super::tokens::{Token, tokens};
use crate::model::vertical::Vertical;

/// Added to every count (Lidstone). Small, because most words of a brief stand in few examples.
const SMOOTHING: f64 = 0.1;

/// Known words and pairs below which a comparison says little.
const FEW: usize = 8;

/// Added to the number of words and pairs under the root that scales: evidence grows with the root
/// of its amount, because words of a passage hang together, and a few words are little evidence.
const STEADYING: f64 = 16.0;

/// A word, or two neighbours; positions in the vocabulary.
type Feature = (u32, Option<u32>);

/// The example sentences of a vertical, counted.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// Words as they stand in examples, and the number of their singular.
    vocabulary: HashMap<String, u32>,
    /// In how many sentences of a class a feature occurs, by feature and class.
    counts: Vec<(Feature, usize, u32)>,
    /// Distinct features.
    features: usize,
    /// For each class, what all its counts add up to. The topics come first, then background, then
    /// questions that no topic knows.
    totals: Vec<u32>,
}

/// How a passage compares with the examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// For each topic, how many times likelier the passage is there than among sentences that ask
    /// none, as a natural logarithm over `scale`; `None` where a topic has no examples.
    pub leads: Vec<Option<f64>>,
    /// What the leads were divided by.
    pub scale: f64,
    /// How much likelier it is among questions that no topic knows than among what asks nothing.
    pub other: f64,
    /// Whether too little is known of it to go by: few words and pairs, or less than half of the words.
    pub is_vague: bool,
}

impl Examples {
    /// Counts the examples of a vertical. The question of a topic is one of its examples.
    pub fn new(vertical: &Vertical) -> Self {
        let topics = vertical.topics.len();
        let mut found = Self {
            totals: vec![0; topics + 2],
            ..Self::default()
        };
        let mut seen: Vec<(Feature, usize)> = Vec::new();
        for (class, topic) in vertical.topics.iter().enumerate() {
            // A question alone is too little to compare with.
            let question = Some(&topic.question).filter(|_| !topic.examples.is_empty());
            for sentence in topic.examples.iter().chain(question) {
                found.take(class, sentence, &mut seen);
            }
        }
        for (class, sentences) in [(topics, &vertical.background), (topics + 1, &vertical.other)] {
            for sentence in sentences {
                found.take(class, sentence, &mut seen);
            }
        }
        found.count(seen);
        found
    }

    /// Adds the features of a sentence to those seen.
    fn take(&mut self, class: usize, sentence: &str, seen: &mut Vec<(Feature, usize)>) {
        let ids: Vec<Option<u32>> = tokens(sentence)
            .iter()
            .map(|it| Some(self.number(&it.word)))
            .collect();
        seen.extend(features(&ids).into_iter().map(|it| (it, class)));
    }

    /// The number of a word's singular, a new one where it is new.
    fn number(&mut self, word: &str) -> u32 {
        if let Some(known) = self.vocabulary.get(word) {
            return *known;
        }
        let next = u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX);
        let number = *self.vocabulary.entry(singular(word)).or_insert(next);
        self.vocabulary.insert(word.to_owned(), number);
        number
    }

    fn count(&mut self, mut seen: Vec<(Feature, usize)>) {
        seen.sort_unstable();
        for same in seen.chunk_by(|a, b| a == b) {
            let Some((feature, class)) = same.first() else {
                continue;
            };
            let count = u32::try_from(same.len()).unwrap_or(u32::MAX);
            self.totals[*class] += count;
            self.counts.push((*feature, *class, count));
        }
        self.features = self.counts.chunk_by(|a, b| a.0 == b.0).count();
    }

    /// How a passage compares with the examples of each topic.
    pub fn likeness(&self, words: &[Token]) -> Likeness {
        let known: Vec<Feature> = self.known(words);
        let familiar = words
            .iter()
            .filter(|it| self.known_number(&it.word).is_some())
            .count();
        let scale = (known.len() as f64 + STEADYING).sqrt();
        let (leads, other) = self.compared(&known);
        Likeness {
            leads: leads.into_iter().map(|it| Some(it? / scale)).collect(),
            other: other / scale,
            is_vague: known.len() < FEW || 2 * familiar < words.len(),
            scale,
        }
    }

    /// By how much each topic is likelier than what asks none, and other questions than background, as
    /// natural logarithms.
    fn compared(&self, known: &[Feature]) -> (Vec<Option<f64>>, f64) {
        let scores = self.scores(known);
        let (topics, rest) = scores.split_at(scores.len().saturating_sub(2));
        let other = match rest {
            [Some(background), Some(other)] => other - background,
            _ => 0.0,
        };
        let none = rest.iter().copied().flatten().fold(f64::NEG_INFINITY, f64::max);
        // Without sentences that ask nothing there is nothing to compare with.
        let lead = |score: &Option<f64>| score.filter(|_| none.is_finite()).map(|it| it - none);
        (topics.iter().map(lead).collect(), other)
    }

    /// Log-likelihood of the features in each class that has examples.
    fn scores(&self, known: &[Feature]) -> Vec<Option<f64>> {
        let unseen = SMOOTHING.ln() * known.len() as f64;
        let smoothed = SMOOTHING * self.features as f64;
        let mut scores: Vec<Option<f64>> = self
            .totals
            .iter()
            .map(|total| {
                let each = (f64::from(*total) + smoothed).ln();
                (*total > 0).then_some(unseen - each * known.len() as f64)
            })
            .collect();
        for (_, class, count) in known.iter().flat_map(|it| self.counts_of(*it)) {
            if let Some(score) = &mut scores[*class] {
                *score += (f64::from(*count) / SMOOTHING).ln_1p();
            }
        }
        scores
    }

    /// The words that speak most for a topic, at most `most`, in the order of the passage.
    pub fn telling(&self, topic: usize, words: &[Token], most: usize) -> Vec<String> {
        let mut ranked: Vec<(f64, usize)> = (0..words.len())
            .filter_map(|at| {
                let feature = self.known(&words[at..=at]).pop()?;
                let (leads, _) = self.compared(&[feature]);
                Some(((*leads.get(topic)?)?, at))
            })
            .filter(|it| it.0 > 0.0)
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut places: Vec<usize> = ranked.into_iter().take(most).map(|it| it.1).collect();
        places.sort_unstable();
        places.into_iter().map(|it| words[it].word.clone()).collect()
    }

    /// The features of a passage that some example has.
    fn known(&self, words: &[Token]) -> Vec<Feature> {
        let ids: Vec<Option<u32>> = words.iter().map(|it| self.known_number(&it.word)).collect();
        let mut known = features(&ids);
        known.retain(|it| !self.counts_of(*it).is_empty());
        known
    }

    fn known_number(&self, word: &str) -> Option<u32> {
        let known = self.vocabulary.get(word);
        known.or_else(|| self.vocabulary.get(&singular(word))).copied()
    }

    fn counts_of(&self, feature: Feature) -> &[(Feature, usize, u32)] {
        let begin = self.counts.partition_point(|it| it.0 < feature);
        let end = begin + self.counts[begin..].partition_point(|it| it.0 == feature);
        &self.counts[begin..end]
    }
}

/// Words and pairs of neighbours, each once, in order.
fn features(ids: &[Option<u32>]) -> Vec<Feature> {
    let single = ids.iter().flatten().map(|it| (*it, None));
    let pairs = ids.windows(2).filter_map(|it| Some((it[0]?, Some(it[1]?))));
    let mut found: Vec<Feature> = single.chain(pairs).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vertical::Topic;

    fn examples() -> Examples {
        let topic = |examples: &[&str]| Topic {
            question: "Which?".to_owned(),
            examples: examples.iter().map(|it| (*it).to_owned()).collect(),
            ..Topic::default()
        };
        let lines = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
        Examples::new(&Vertical {
            topics: vec![
                topic(&["Who lends to whom in a ring?", "Loans that go round in a circle."]),
                topic(&["Which lenders stand alone?", "Lenders nobody borrows from."]),
                topic(&[]),
            ],
            background: lines(&["The bank has lent for a century.", "Please reply by Monday."]),
            other: lines(&["What will loans cost next year?"]),
            ..Vertical::default()
        })
    }

    fn likeness(text: &str) -> Likeness {
        examples().likeness(&tokens(text))
    }

    #[test]
    fn a_passage_is_likest_to_the_examples_that_share_its_words() {
        let found = likeness("Which loans run in a circle?");
        assert!(
            found.leads[0] > Some(0.0) && found.leads[0] > found.leads[1],
            "{found:?}"
        );
        let found = likeness("Name lenders that stand alone.");
        assert!(
            found.leads[1] > Some(0.0) && found.leads[1] > found.leads[0],
            "{found:?}"
        );
        let found = likeness("Reply to the bank by Monday, please.");
        assert!(
            found.leads[0] < Some(0.0) && found.leads[1] < Some(0.0),
            "{found:?}"
        );
    }

    #[test]
    fn what_no_example_has_says_nothing() {
        let found = likeness("Quokkas sleep");
        assert!(found.is_vague);
        assert_eq!(found.leads, [Some(0.0), Some(0.0), None]);
        assert_eq!(
            Examples::new(&Vertical::default()).likeness(&tokens("a b")).leads,
            []
        );
    }

    #[test]
    fn words_that_return_are_known_as_often() {
        let many = "who lends to whom in a ring in a ring in a ring";
        assert!(!likeness(many).is_vague);
        let strange = "quokkas sleep and wombats dig deep holes by night they say often under very dry sand";
        assert!(likeness(&format!("{many} {strange}")).is_vague);
    }

    #[test]
    fn telling_words_stand_in_their_order() {
        let words = tokens("By Monday: a ring or circle of loans");
        assert_eq!(examples().telling(0, &words, 2), ["ring", "circle"]);
    }
}
