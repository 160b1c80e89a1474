//! Finds the topics that a passage names, by the cues in it.
//!
//! A topic is named when the weights of the cue groups touched reach 1; whether it is asked,
//! `asking` decides. A passage may name several topics: the best takes its words away, then the rest are weighed again, so that one wording never
//! counts for two questions. Words are neither read as negated nor as affirmed: "cannot be reached"
//! and "which can be reached" ask about the same thing.

use std::sync::LazyLock;

use super::cues::{Cue, Present, any_occurs, cues};
use super::naming::singular;
use super::tokens::Token;
use crate::model::vertical::{CueGroup, Demand, Topic, Vertical};

/// Groups at or above this weight take their words away from other topics; lighter ones are context.
const CLAIMING: f64 = 0.5;
/// Weight that names a topic; a hair below 1, because tenths do not add up exactly.
const ENOUGH: f64 = 0.999;
/// Weight that names a further topic in the same passage, unless an "and" sets it apart.
const FURTHER: f64 = 1.099;

/// What opens a reason.
static REASONS: LazyLock<Vec<Cue>> = LazyLock::new(|| {
    cues([
        "so that",
        "so we|they|it|as|i|he|she|you",
        "with a view to",
        "as a|the basis",
        "to inform",
        "because",
        "in order to|that",
        "since",
        "as they|it|these|those",
    ])
});

/// A topic that a passage names.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTopic {
    /// Position among the vertical's topics.
    pub topic: usize,
    /// Sum of the weights of the groups touched.
    pub weight: f64,
    /// The passage's words that touched them, in its order.
    pub cues: Vec<String>,
}

/// The topics of a vertical, ready for matching.
#[derive(Clone, Debug)]
pub struct TopicCues {
    topics: Vec<Vec<(f64, Vec<Cue>)>>,
    /// For each topic, those that ask it more precisely.
    finer: Vec<Vec<usize>>,
}

impl TopicCues {
    /// Compiles the cues of all topics.
    pub fn new(vertical: &Vertical) -> Self {
        let group = |it: &CueGroup| (it.weight, cues(&it.any));
        let topic = |it: &Topic| {
            let mut groups: Vec<(f64, Vec<Cue>)> = it.cues.iter().map(group).collect();
            groups.sort_by(|a, b| b.0.total_cmp(&a.0));
            groups
        };
        let finer = |it: &Topic| {
            let replaces = |at: &usize| vertical.topics[*at].instead_of.contains(&it.id);
            (0..vertical.topics.len()).filter(replaces).collect()
        };
        Self {
            topics: vertical.topics.iter().map(topic).collect(),
            finer: vertical.topics.iter().map(finer).collect(),
        }
    }

    /// The topics named by a passage, best first. A reason given ("so that …", "because …") counts
    /// only when the rest names nothing.
    pub fn named(&self, words: &[Token], text: &str) -> Vec<NamedTopic> {
        let reasons = reasons(words, text);
        let passage = self.passage(words);
        let found = passage.weighed(&reasons);
        if found.is_empty() && reasons.iter().any(|it| *it) {
            return passage.weighed(&vec![false; words.len()]);
        }
        found
    }

    /// A passage with the cues that may occur in it: few of a thousand.
    fn passage<'a>(&'a self, words: &'a [Token]) -> Passage<'a> {
        let present = Present::new(words);
        let possible = |cues: &'a Vec<Cue>| cues.iter().filter(|it| it.may_occur(&present)).collect();
        let topic = |groups: &'a Vec<(f64, Vec<Cue>)>| {
            groups
                .iter()
                .map(|(weight, cues)| (*weight, possible(cues)))
                .collect()
        };
        Passage {
            words,
            topics: self.topics.iter().map(topic).collect(),
            finer: &self.finer,
        }
    }
}

/// The words of a passage, and the cues that may occur in them.
struct Passage<'a> {
    words: &'a [Token],
    topics: Vec<Vec<(f64, Vec<&'a Cue>)>>,
    finer: &'a [Vec<usize>],
}

impl Passage<'_> {
    fn weighed(&self, skipped: &[bool]) -> Vec<NamedTopic> {
        let mut taken = skipped.to_vec();
        let mut found: Vec<NamedTopic> = Vec::new();
        let mut spans: Vec<(usize, usize)> = Vec::new();
        while let Some((topic, score, places)) = self.best(skipped, &taken, &found) {
            let (Some(first), Some(last)) = (places.first(), places.last()) else {
                break;
            };
            let apart = |it: &(usize, usize)| joined(self.words, *it, (*first, *last));
            if score < FURTHER && !spans.iter().all(apart) {
                break;
            }
            spans.push((*first, *last));
            for place in self
                .claims(topic, skipped)
                .into_iter()
                .chain(places.iter().copied())
            {
                taken[place] = true;
            }
            found.push(NamedTopic {
                topic,
                weight: score,
                cues: places.iter().map(|it| self.words[*it].word.clone()).collect(),
            });
        }
        found
    }

    /// The topic with the highest score among those still open, or the finer one in its place.
    fn best(
        &self,
        skipped: &[bool],
        taken: &[bool],
        found: &[NamedTopic],
    ) -> Option<(usize, f64, Vec<usize>)> {
        let known = |topic: &usize| found.iter().any(|it| it.topic == *topic);
        let closed = |topic: &usize| known(topic) || self.finer[*topic].iter().any(known);
        let scored = |topic: usize| {
            let (score, places) = self.score(topic, skipped, taken);
            (score >= ENOUGH).then_some((topic, score, places))
        };
        let mut best: Option<(usize, f64, Vec<usize>)> = None;
        for candidate in (0..self.topics.len()).filter(|it| !closed(it)).filter_map(scored) {
            // Ties keep the earlier topic: a vertical's own stand before the generic ones.
            if best.as_ref().is_none_or(|it| candidate.1 > it.1 + 1e-9) {
                best = Some(candidate);
            }
        }
        let finer = |topic: usize| {
            self.finer[topic]
                .iter()
                .copied()
                .filter(|it| !known(it))
                .find_map(scored)
        };
        best.map(|it| finer(it.0).unwrap_or(it))
    }

    /// Sum of the weights touched, and where. A group adds nothing when heavier groups of the same
    /// topic already used all its words.
    fn score(&self, topic: usize, skipped: &[bool], taken: &[bool]) -> (f64, Vec<usize>) {
        let mut used: Vec<usize> = Vec::new();
        let mut score = 0.0;
        for (weight, cues) in &self.topics[topic] {
            let blocked = if *weight >= CLAIMING { taken } else { skipped };
            let fresh = cues
                .iter()
                .filter_map(|cue| cue.find(self.words, &|at| !blocked[at]))
                .find(|places| places.iter().any(|it| !used.contains(it)));
            if let Some(places) = fresh {
                score += weight;
                used.extend(places);
            }
        }
        used.sort_unstable();
        used.dedup();
        (score, used)
    }

    /// Every word that speaks for a topic in its heavier groups.
    fn claims(&self, topic: usize, skipped: &[bool]) -> Vec<usize> {
        let mut places = Vec::new();
        let heavy = self.topics[topic].iter().filter(|it| it.0 >= CLAIMING);
        for cue in heavy.flat_map(|it| &it.1) {
            for at in 0..self.words.len() {
                places.extend(
                    cue.matched(self.words, at, &|it| !skipped[it])
                        .into_iter()
                        .flatten(),
                );
            }
        }
        places
    }
}

/// Whether one stretch of words lies wholly before the other, with an "and" between them.
fn joined(words: &[Token], one: (usize, usize), other: (usize, usize)) -> bool {
    let (end, start) = if one.1 < other.0 {
        (one.1, other.0)
    } else {
        (other.1, one.0)
    };
    let between = words.get(end + 1..start).unwrap_or_default();
    between
        .iter()
        .any(|it| matches!(it.word.as_str(), "and" | "or" | "plus" | "also" | "nor"))
}

/// Which words belong to a reason: from "so that", "because" and the like to the end of the clause.
pub(super) fn reasons(words: &[Token], text: &str) -> Vec<bool> {
    let mut flags = vec![false; words.len()];
    let mut inside = false;
    for at in 0..words.len() {
        let before = at.checked_sub(1).map_or(0, |it| words[it].end);
        // A reason in front ends at a comma; one behind goes on over commas.
        let closed = text[before..words[at].start].contains(['.', ';', '?', '!', ':'])
            || (flags.first() == Some(&true) && text[before..words[at].start].contains(','));
        inside = (inside && !closed) || REASONS.iter().any(|it| it.begins(words, at));
        flags[at] = inside;
    }
    flags
}

/// The demands of a topic that a passage makes.
pub fn demands<'a>(topic: &'a Topic, words: &[Token]) -> Vec<&'a Demand> {
    topic
        .demands
        .iter()
        .filter(|it| any_occurs(&cues(&it.any), words))
        .collect()
}

/// The attribute that a demand asks for: the one whose name the passage says, else the first.
pub fn demanded_attribute(demand: &Demand, words: &[Token]) -> Option<String> {
    let said = |name: &&String| words.iter().any(|it| singular(&it.word) == **name);
    demand
        .attributes
        .iter()
        .find(said)
        .or(demand.attributes.first())
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn one_wording_never_counts_for_two_topics() {
        let topic = |id: &str, cue: &str, weight: f64| Topic {
            id: id.to_owned(),
            cues: vec![CueGroup {
                weight,
                any: vec![cue.to_owned()],
            }],
            ..Topic::default()
        };
        let vertical = Vertical {
            topics: vec![
                topic("hubs", "many depend", 1.0),
                topic("ownership", "many depend", 1.1),
            ],
            ..Vertical::default()
        };
        let text = "packages that many depend on";
        let named = TopicCues::new(&vertical).named(&tokens(text), text);
        assert_eq!(named.iter().map(|it| it.topic).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_reason_behind_is_set_aside_and_one_in_front_ends_at_its_comma() {
        let flagged = |text: &str| {
            let words = tokens(text);
            let flags = reasons(&words, text);
            words
                .into_iter()
                .zip(flags)
                .filter(|it| it.1)
                .map(|it| it.0.word)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            flagged("Find it, so that crews, too, go there; then rest."),
            "so that crews too go there"
        );
        assert_eq!(flagged("Because trains fail, find it."), "because trains fail");
    }
}
