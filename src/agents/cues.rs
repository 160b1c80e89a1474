//! Finds cues in a passage and decides which topics it asks about.
//!
//! A cue is a word, a stem ending in `*`, alternatives `a|b` (one of several words is written
//! `each_other`), or a phrase of these, in which `..` stands for up to six words. A topic is asked when the weights of the groups touched reach 1.
//! A passage may ask several topics: the best takes its words away, then the rest are weighed
//! again, so that one wording never counts for two questions. Words are neither read as negated
//! nor as affirmed: "cannot be reached" and "which can be reached" ask about the same thing.

use super::naming::singular;
use crate::model::vertical::{CueGroup, Demand, Topic, Vertical};

/// Most words that `..` stands for.
const LONGEST_GAP: usize = 6;
/// Groups at or above this weight take their words away from other topics; lighter ones are context.
const CLAIMING: f64 = 0.5;
/// Evidence that asks a topic; a hair below 1, because tenths do not add up exactly.
const ENOUGH: f64 = 0.999;
/// Evidence that asks a further topic in the same passage, unless an "and" sets it apart.
const FURTHER: f64 = 1.099;
/// Evidence from which a topic is the nearest to a question that asks none outright.
const NEAR: f64 = 0.699;
/// Lead over the next topic that it needs.
const CLEARLY_NEARER: f64 = 0.199;

/// A word of a passage with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without apostrophes; `10,000` is one word, `%` is `percent`, `€` is `eur`.
    pub word: String,
    /// Byte offset in the passage's text.
    pub start: usize,
    /// Byte offset behind.
    pub end: usize,
}

/// The words of a text in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut inside = false;
    let mut marks = text.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let next = marks.peek().map(|it| it.1);
        let digit_before = inside && text[..at].ends_with(|it: char| it.is_ascii_digit());
        let in_number =
            matches!(mark, '.' | ',') && digit_before && next.is_some_and(|it| it.is_ascii_digit());
        let apostrophe = matches!(mark, '\'' | '’') && inside && next.is_some_and(char::is_alphabetic);
        let end = at + mark.len_utf8();
        if mark.is_alphanumeric() || in_number || apostrophe {
            if !inside {
                found.push(token("", at, at));
            }
            if let Some(last) = found.last_mut() {
                last.end = end;
                if !apostrophe {
                    last.word.extend(mark.to_lowercase());
                }
            }
            inside = true;
        } else {
            inside = false;
            let symbol = match mark {
                '%' => "percent",
                '€' => "eur",
                '$' => "usd",
                '£' => "gbp",
                _ => continue,
            };
            found.push(token(symbol, at, end));
        }
    }
    found
}

fn token(word: &str, start: usize, end: usize) -> Token {
    Token {
        word: word.to_owned(),
        start,
        end,
    }
}

/// A cue ready for matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One of these alternatives, each a row of forms.
    Words(Vec<Vec<Form>>),
    /// Up to [`LONGEST_GAP`] words.
    Gap,
}

/// A word, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    text: String,
    stem: bool,
}

impl Form {
    fn new(text: &str) -> Self {
        let stem = text.strip_suffix('*');
        Self {
            text: stem.unwrap_or(text).to_owned(),
            stem: stem.is_some(),
        }
    }

    fn fits(&self, word: &str) -> bool {
        word == self.text || self.stem && word.starts_with(&self.text)
    }
}

impl Cue {
    /// Reads a cue as it stands in a vertical.
    pub fn new(text: &str) -> Self {
        let alternative = |it: &str| it.split('_').map(Form::new).collect();
        let part = |it: &str| match it {
            ".." => Part::Gap,
            _ => Part::Words(it.split('|').map(alternative).collect()),
        };
        Self(text.split_whitespace().map(part).collect())
    }

    /// Positions of the words matched at the first place that satisfies `free` with all of them.
    pub fn find(&self, words: &[Token], free: &dyn Fn(usize) -> bool) -> Option<Vec<usize>> {
        (0..words.len()).find_map(|at| self.matched(words, at, free))
    }

    /// Whether the cue occurs.
    pub fn occurs(&self, words: &[Token]) -> bool {
        self.find(words, &|_| true).is_some()
    }

    /// Whether the cue occurs with its first word at `at`.
    pub fn begins(&self, words: &[Token], at: usize) -> bool {
        self.matched(words, at, &|_| true).is_some()
    }

    fn matched(&self, words: &[Token], at: usize, free: &dyn Fn(usize) -> bool) -> Option<Vec<usize>> {
        let mut places = Vec::with_capacity(self.0.len());
        (self.matches(0, words, at, free, &mut places) && !places.is_empty()).then_some(places)
    }

    fn matches(
        &self,
        part: usize,
        words: &[Token],
        at: usize,
        free: &dyn Fn(usize) -> bool,
        places: &mut Vec<usize>,
    ) -> bool {
        match self.0.get(part) {
            None => true,
            Some(Part::Gap) => {
                (at..=at + LONGEST_GAP).any(|from| self.matches(part + 1, words, from, free, places))
            }
            Some(Part::Words(alternatives)) => alternatives.iter().any(|forms| {
                let behind = at + forms.len();
                let fits = words
                    .get(at..behind)
                    .is_some_and(|row| row.iter().zip(forms).all(|(word, form)| form.fits(&word.word)));
                if !fits || !(at..behind).all(free) {
                    return false;
                }
                let before = places.len();
                places.extend(at..behind);
                let rest = self.matches(part + 1, words, behind, free, places);
                if !rest {
                    places.truncate(before);
                }
                rest
            }),
        }
    }
}

/// Reads cues, such as a vertical's list or the lines of a text.
pub fn cues<'a>(texts: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> Vec<Cue> {
    texts
        .into_iter()
        .map(|it| Cue::new(it.as_ref()))
        .filter(|it| !it.0.is_empty())
        .collect()
}

/// Whether one of the cues occurs.
pub fn any_occurs(cues: &[Cue], words: &[Token]) -> bool {
    cues.iter().any(|it| it.occurs(words))
}

/// A topic that a passage asks about.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicMatch {
    /// Position among the vertical's topics.
    pub topic: usize,
    /// Sum of the weights of the groups touched.
    pub score: f64,
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

    /// The topics asked by a passage, best first. A reason given ("so that …", "because …") counts
    /// only when the rest asks nothing.
    pub fn asked(&self, words: &[Token], text: &str) -> Vec<TopicMatch> {
        let reasons = reasons(words, text);
        let found = self.weighed(words, &reasons);
        if found.is_empty() && reasons.iter().any(|it| *it) {
            return self.weighed(words, &vec![false; words.len()]);
        }
        found
    }

    /// The topic that a question without any topic comes nearest to, if one stands out.
    pub fn nearest(&self, words: &[Token]) -> Option<TopicMatch> {
        let free = vec![false; words.len()];
        let mut scored: Vec<(usize, f64, Vec<usize>)> = (0..self.topics.len())
            .map(|topic| {
                let (score, places) = self.score(topic, words, &free, &free);
                (topic, score, places)
            })
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let next = scored.get(1).map_or(0.0, |it| it.1);
        let (topic, score, places) = scored.into_iter().next()?;
        (score >= NEAR && score - next >= CLEARLY_NEARER).then(|| TopicMatch {
            topic,
            score,
            cues: places.iter().map(|it| words[*it].word.clone()).collect(),
        })
    }

    fn weighed(&self, words: &[Token], skipped: &[bool]) -> Vec<TopicMatch> {
        let mut taken = skipped.to_vec();
        let mut found: Vec<TopicMatch> = Vec::new();
        let mut spans: Vec<(usize, usize)> = Vec::new();
        while let Some((topic, score, places)) = self.best(words, skipped, &taken, &found) {
            let (Some(first), Some(last)) = (places.first(), places.last()) else {
                break;
            };
            let apart = |it: &(usize, usize)| joined(words, *it, (*first, *last));
            if score < FURTHER && !spans.iter().all(apart) {
                break;
            }
            spans.push((*first, *last));
            for place in self
                .claims(topic, words, skipped)
                .into_iter()
                .chain(places.iter().copied())
            {
                taken[place] = true;
            }
            found.push(TopicMatch {
                topic,
                score,
                cues: places.iter().map(|it| words[*it].word.clone()).collect(),
            });
        }
        found
    }

    /// The topic with the highest score among those still open, or the finer one in its place.
    fn best(
        &self,
        words: &[Token],
        skipped: &[bool],
        taken: &[bool],
        found: &[TopicMatch],
    ) -> Option<(usize, f64, Vec<usize>)> {
        let asked = |topic: &usize| found.iter().any(|it| it.topic == *topic);
        let closed = |topic: &usize| asked(topic) || self.finer[*topic].iter().any(asked);
        let scored = |topic: usize| {
            let (score, places) = self.score(topic, words, skipped, taken);
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
                .filter(|it| !asked(it))
                .find_map(scored)
        };
        best.map(|it| finer(it.0).unwrap_or(it))
    }

    /// Sum of the weights touched, and where. A group adds nothing when heavier groups of the same
    /// topic already used all its words.
    fn score(&self, topic: usize, words: &[Token], skipped: &[bool], taken: &[bool]) -> (f64, Vec<usize>) {
        let mut used: Vec<usize> = Vec::new();
        let mut score = 0.0;
        for (weight, cues) in &self.topics[topic] {
            let blocked = if *weight >= CLAIMING { taken } else { skipped };
            let fresh = cues
                .iter()
                .filter_map(|cue| cue.find(words, &|at| !blocked[at]))
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
    fn claims(&self, topic: usize, words: &[Token], skipped: &[bool]) -> Vec<usize> {
        let mut places = Vec::new();
        let heavy = self.topics[topic].iter().filter(|it| it.0 >= CLAIMING);
        for cue in heavy.flat_map(|it| &it.1) {
            for at in 0..words.len() {
                places.extend(cue.matched(words, at, &|it| !skipped[it]).into_iter().flatten());
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
fn reasons(words: &[Token], text: &str) -> Vec<bool> {
    let openings = cues([
        "so that",
        "so we|they|it|as|i|he|she|you",
        "with a view to",
        "as a|the basis",
        "to inform",
        "because",
        "in order to|that",
        "since",
        "as they|it|these|those",
    ]);
    let mut flags = vec![false; words.len()];
    let mut inside = false;
    for at in 0..words.len() {
        let before = at.checked_sub(1).map_or(0, |it| words[it].end);
        // A reason in front ends at a comma; one behind goes on over commas.
        let closed = text[before..words[at].start].contains(['.', ';', '?', '!', ':'])
            || (flags.first() == Some(&true) && text[before..words[at].start].contains(','));
        inside = (inside && !closed) || openings.iter().any(|it| it.begins(words, at));
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
    use super::*;

    fn found(cue: &str, text: &str) -> bool {
        Cue::new(cue).occurs(&tokens(text))
    }

    #[test]
    fn cues_are_words_stems_alternatives_and_phrases_with_gaps() {
        assert!(found("strand*", "It strands others"));
        assert!(!found("strand", "It strands others"));
        assert!(found("cut|cuts .. off", "cut parts of the network off"));
        assert!(!found("cut .. off", "cut one two three four five six seven off"));
        assert!(found("need* each_other|itself", "They need each other."));
        assert!(!found("need* each_other|itself", "They need each one."));
        assert!(found("through traffic", "most through-traffic."));
        assert!(!found("traffic through", "most through-traffic."));
    }

    #[test]
    fn words_keep_numbers_whole_and_name_signs() {
        let words: Vec<String> = tokens("The station’s €10,000, 5% or 1.5 days.")
            .into_iter()
            .map(|it| it.word)
            .collect();
        assert_eq!(
            words,
            [
                "the", "stations", "eur", "10,000", "5", "percent", "or", "1.5", "days"
            ]
        );
    }

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
        let asked = TopicCues::new(&vertical).asked(&tokens(text), text);
        assert_eq!(asked.iter().map(|it| it.topic).collect::<Vec<_>>(), [1]);
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
