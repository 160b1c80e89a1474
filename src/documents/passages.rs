//! Builds passages: words without markup, and where they stand in the source.
//!
//! Law: passages come in order, do not overlap, lie within the text on character boundaries, and
//! their words stand in their slice in the same order (character references such as `&amp;` aside).

use std::ops::Range;

use super::sentences::sentences;
use crate::model::document::{Passage, PassageKind};

/// Level of a heading that is a label in front of its text, such as `Objectives:`; it holds until the
/// next heading.
pub(super) const LABEL: u8 = 7;
/// Level of a sentence that leads into a list, and of the head of a table; it holds until they end.
pub(super) const LEAD_IN: u8 = 8;

/// Longest label, in words.
const LABEL_WORDS: usize = 6;

/// Words of a block with the source range of each stretch.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    stretches: Vec<Stretch>,
}

#[derive(Debug)]
struct Stretch {
    at: usize,
    source: Range<usize>,
    /// Whether the source has the same bytes, so that positions within map one to one.
    exact: bool,
}

impl Words {
    /// Adds words that stand in the source at `range`, literally or in another spelling.
    pub(super) fn push(&mut self, words: &str, range: Range<usize>, source: &str) {
        let exact = source.get(range.clone()) == Some(words);
        let inside = (!exact).then(|| source.get(range.clone())?.find(words)).flatten();
        let (range, exact) = match inside {
            Some(offset) => (range.start + offset..range.start + offset + words.len(), true),
            None => (range, exact),
        };
        self.stretches.push(Stretch {
            at: self.text.len(),
            source: range,
            exact,
        });
        self.text.push_str(words);
    }

    /// Whether nothing but white space was added.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The words so far.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    fn source(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let (first, start) = self.stretch(range.start)?;
        let (last, end) = self.stretch(range.end.checked_sub(1)?)?;
        let from = if first.exact {
            first.source.start + start
        } else {
            first.source.start
        };
        let to = if last.exact {
            last.source.start + end + 1
        } else {
            last.source.end
        };
        Some(from..to)
    }

    /// The stretch that covers a byte, and the position within.
    fn stretch(&self, at: usize) -> Option<(&Stretch, usize)> {
        let index = self.stretches.partition_point(|it| it.at <= at).checked_sub(1)?;
        let found = self.stretches.get(index)?;
        Some((found, at - found.at))
    }
}

/// Collects passages and the headings above them.
#[derive(Debug, Default)]
pub(super) struct Passages {
    headings: Vec<(u8, String)>,
    found: Vec<Passage>,
}

impl Passages {
    /// Adds a block as one passage.
    pub(super) fn whole(&mut self, words: &Words, kind: PassageKind) {
        let text = words.as_str();
        let start = text.len() - text.trim_start().len();
        self.add(words, start..start + text.trim().len(), kind);
    }

    /// Adds a block as sentences.
    pub(super) fn sentences(&mut self, words: &Words) {
        for range in sentences(words.as_str()) {
            self.add(words, range, PassageKind::Sentence);
        }
    }

    /// Adds a heading of this level; it ends those of its level and deeper.
    pub(super) fn heading(&mut self, words: &Words, level: u8) {
        self.end(level);
        self.whole(words, PassageKind::Heading);
        let title = words.as_str().trim().trim_end_matches(':').trim_end();
        if !title.is_empty() {
            self.headings.push((level, squeezed(title)));
        }
    }

    /// Adds a paragraph; a short one that ends in a colon is a label. With `before_list`, whatever
    /// ends in a colon leads into that list.
    pub(super) fn paragraph(&mut self, words: &Words, before_list: bool) {
        self.end(LEAD_IN);
        let text = words.as_str().trim_end();
        if text.ends_with(':') && text.split_whitespace().count() <= LABEL_WORDS && sentences(text).len() == 1
        {
            self.heading(words, LABEL);
        } else {
            self.sentences(words);
            let last = self
                .found
                .last()
                .map(|it| it.text.clone())
                .filter(|it| it.ends_with(':'));
            if let Some(last) = last.filter(|_| before_list) {
                self.headings
                    .push((LEAD_IN, last.trim_end_matches(':').to_owned()));
            }
        }
    }

    /// Puts words above what follows, until the list or table ends.
    pub(super) fn lead_in(&mut self, words: &Words) {
        self.end(LEAD_IN);
        let text = squeezed(words.as_str());
        if !text.is_empty() {
            self.headings.push((LEAD_IN, text));
        }
    }

    /// Ends headings of this level and deeper.
    pub(super) fn end(&mut self, level: u8) {
        self.headings.retain(|it| it.0 < level);
    }

    /// The passages, with their lines counted in `source`.
    pub(super) fn finish(mut self, source: &str) -> Vec<Passage> {
        let (mut line, mut at) = (1, 0);
        for passage in &mut self.found {
            let newlines = source.as_bytes()[at..passage.start]
                .iter()
                .filter(|it| **it == b'\n')
                .count();
            line += u32::try_from(newlines).unwrap_or(u32::MAX);
            at = passage.start;
            passage.line = line;
        }
        self.found
    }

    fn add(&mut self, words: &Words, range: Range<usize>, kind: PassageKind) {
        let Some(source) = words.source(&range) else {
            return;
        };
        let behind = self.found.last().map_or(0, |it| it.end);
        let text = squeezed(&words.as_str()[range]);
        if text.is_empty() || source.start < behind {
            return;
        }
        self.found.push(Passage {
            index: u32::try_from(self.found.len()).unwrap_or(u32::MAX),
            kind,
            headings: self.headings.iter().map(|it| it.1.clone()).collect(),
            start: source.start,
            end: source.end,
            line: 0,
            text,
        });
    }
}

/// The words with single spaces between them.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
