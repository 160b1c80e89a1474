//! Cues: words and phrases that speak for something.
//!
//! A cue is a word, a stem ending in `*`, alternatives `a|b` (one of several words is written
//! `each_other`), or a phrase of these, in which `..` stands for up to six words.

use super::tokens::Token;

/// Most words that `..` stands for.
const LONGEST_GAP: usize = 6;

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

    /// Whether all its parts can be found among the words, in whatever order.
    pub(super) fn may_occur(&self, words: &Present<'_>) -> bool {
        self.0.iter().all(|part| match part {
            Part::Gap => true,
            Part::Words(alternatives) => alternatives
                .iter()
                .any(|forms| forms.iter().all(|it| words.has(it))),
        })
    }

    /// Whether the cue occurs.
    pub fn occurs(&self, words: &[Token]) -> bool {
        self.find(words, &|_| true).is_some()
    }

    /// Whether the cue occurs with its first word at `at`.
    pub fn begins(&self, words: &[Token], at: usize) -> bool {
        self.matched(words, at, &|_| true).is_some()
    }

    /// Positions of the words matched from `at` on, all of which satisfy `free`.
    pub(super) fn matched(
        &self,
        words: &[Token],
        at: usize,
        free: &dyn Fn(usize) -> bool,
    ) -> Option<Vec<usize>> {
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

/// The words of a passage in order, to tell quickly what does not occur.
pub(super) struct Present<'a>(Vec<&'a str>);

impl<'a> Present<'a> {
    pub(super) fn new(words: &'a [Token]) -> Self {
        let mut sorted: Vec<&str> = words.iter().map(|it| it.word.as_str()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self(sorted)
    }

    fn has(&self, form: &Form) -> bool {
        let at = self.0.partition_point(|it| *it < form.text.as_str());
        self.0.get(at).is_some_and(|it| form.fits(it))
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

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
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
}
