//! Passages of Markdown: headings, list items, sentences and table rows, by CommonMark with tables.
//!
//! A paragraph that is bold as a whole counts as a label, because many people write headings so.
//! Code blocks are read as paragraphs: an indented brief is still a brief. Of HTML
//! blocks the text between tags is read: whole briefs come as `<p>…</p>`.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::passages::{LABEL, LEAD_IN, Passages, Words};
use crate::model::document::{Passage, PassageKind};

/// The passages of a Markdown text, in order.
pub(super) fn passages(text: &str) -> Vec<Passage> {
    let mut reader = Reader {
        source: text,
        ..Reader::default()
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(tag) => reader.start(&tag),
            Event::End(tag) => reader.finish_tag(tag),
            Event::Text(words) => reader.push(&words, range),
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => {
                reader.push(&words, range);
            }
            Event::SoftBreak | Event::HardBreak => reader.words.push(" ", range, text),
            Event::Html(markup) => reader.html(&markup, range.start),
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }
    reader.flush();
    reader.flush_pending(false);
    reader.passages.finish(text)
}

/// Tags inside a sentence, which do not end it.
const INLINE: [&str; 12] = [
    "a", "b", "i", "u", "em", "strong", "span", "code", "small", "sub", "sup", "mark",
];

/// What begins text that no reader sees, and what ends it.
const HIDDEN: [(&str, &str); 3] = [("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")];

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    passages: Passages,
    words: Words,
    /// A paragraph that waits to see whether a list follows.
    pending: Option<(Words, bool)>,
    /// Depth of list items.
    items: u32,
    in_row: bool,
    /// Whether the next words stand in a cell behind one that holds something.
    cell_begins: bool,
    strong: u32,
    /// What ends the part of an HTML block that no reader sees.
    hidden_until: Option<&'static str>,
    /// Whether words stood outside bold text.
    plain_words: bool,
}

impl Reader<'_> {
    fn push(&mut self, words: &str, range: std::ops::Range<usize>) {
        if words.trim().is_empty() && self.words.is_blank() {
            return;
        }
        if std::mem::take(&mut self.cell_begins) {
            // The mark between two cells that hold something; it has no place of its own in the source.
            self.words.push(" | ", range.start..range.start, self.source);
        }
        self.plain_words |= self.strong == 0 && !words.trim().is_empty();
        self.words.push(words, range, self.source);
    }

    /// The text between the tags of a line of an HTML block. A tag of the block's layout ends what
    /// stands before it; comments say nothing.
    fn html(&mut self, markup: &str, at: usize) {
        let mut rest = markup;
        while !rest.is_empty() {
            let from = at + markup.len() - rest.len();
            if let Some(end) = self.hidden_until {
                let behind = rest.find(end).map(|it| it + end.len());
                self.hidden_until = behind.map_or(Some(end), |_| None);
                rest = &rest[behind.unwrap_or(rest.len())..];
                continue;
            }
            self.hidden_until = HIDDEN.iter().find(|it| rest.starts_with(it.0)).map(|it| it.1);
            if self.hidden_until.is_some() {
                continue;
            }
            if rest.starts_with('<') {
                let end = rest.find('>').map_or(rest.len(), |it| it + 1);
                let name = rest[1..end].trim_start_matches('/');
                let name = name.split(|it: char| !it.is_alphanumeric()).next().unwrap_or("");
                if !INLINE.contains(&name.to_lowercase().as_str()) {
                    self.flush();
                    self.flush_pending(false);
                }
                rest = &rest[end..];
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.push(&rest[..end].replace('\n', " "), from..from + end);
                rest = &rest[end..];
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(_) => {
                self.flush();
                self.flush_pending(true);
            }
            Tag::Item => {
                self.flush();
                self.items += 1;
            }
            Tag::TableHead | Tag::TableRow => {
                self.flush();
                self.flush_pending(false);
                self.in_row = true;
            }
            Tag::TableCell => self.cell_begins = !self.words.is_blank(),
            Tag::Strong => self.strong += 1,
            Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_) => {
                self.flush();
                self.flush_pending(false);
            }
            _ => {}
        }
    }

    fn finish_tag(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let words = self.take();
                self.passages.heading(&words, depth(level));
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                let words = self.take();
                self.in_row = false;
                self.passages.whole(&words, PassageKind::Row);
                if tag == TagEnd::TableHead {
                    self.passages.lead_in(&words);
                }
            }
            TagEnd::Table => self.passages.end(LEAD_IN),
            TagEnd::Item => {
                self.flush();
                self.items = self.items.saturating_sub(1);
            }
            TagEnd::List(_) if self.items == 0 => self.passages.end(LEAD_IN),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Paragraph | TagEnd::CodeBlock => self.flush(),
            _ => {}
        }
    }

    /// Ends the block that was being read.
    fn flush(&mut self) {
        if self.words.is_blank() || self.in_row {
            return;
        }
        let bold = !self.plain_words;
        let words = self.take();
        if self.items > 0 {
            self.passages.whole(&words, PassageKind::Item);
        } else {
            self.flush_pending(false);
            self.pending = Some((words, bold));
        }
    }

    fn flush_pending(&mut self, before_list: bool) {
        if let Some((words, bold)) = self.pending.take() {
            if bold {
                self.passages.heading(&words, LABEL);
            } else {
                self.passages.paragraph(&words, before_list);
            }
        }
    }

    fn take(&mut self) -> Words {
        self.plain_words = false;
        std::mem::take(&mut self.words)
    }
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
