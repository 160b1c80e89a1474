//! Passages of plain text: paragraphs between empty lines, list items, and lines that stand as headings.
//!
//! A heading is a line over a row of `=`, `-` or `~`, a line that begins with `#`, a line in capitals, or a short
//! line between empty lines without a mark at its end. Items begin with `-`, `*`, `•`, `+`, a number
//! or a letter, with `.` or `)`.

use super::passages::{LABEL, LEAD_IN, Passages, Words};
use crate::model::document::{Passage, PassageKind};

/// Longest heading, in words.
const HEADING_WORDS: usize = 8;
/// Longest line that may stand alone within a paragraph, in characters; wrapped text is wider.
const SHORT_LINE: usize = 50;

/// The passages of a plain text, in order.
pub(super) fn passages(text: &str) -> Vec<Passage> {
    let lines = lines(text);
    let mut passages = Passages::default();
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        let blank_before = at == 0 || lines[at - 1].words.is_empty();
        let next = lines.get(at + 1);
        if line.words.is_empty() || is_rule(line.words) {
            at += 1;
        } else if let Some(level) = heading_level(line, next, blank_before, at == 0) {
            let mut words = Words::default();
            let title = line.words.trim_start_matches('#').trim();
            words.push(title, line.start..line.start + line.words.len(), text);
            passages.heading(&words, level);
            at += 1;
        } else {
            at += block(text, &lines[at..], &mut passages);
        }
    }
    passages.finish(text)
}

/// A line without outer white space, and where it starts.
struct Line<'a> {
    words: &'a str,
    start: usize,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        found.push(Line {
            words: line.trim(),
            start: start + indent,
        });
        start += line.len();
    }
    found
}

/// Whether a line ends its paragraph although no empty line follows: it is short, and the next one
/// begins like a line of its own, as in a letterhead.
fn stands_alone(line: &str, next: &str) -> bool {
    line.chars().count() <= SHORT_LINE
        && next.starts_with(char::is_uppercase)
        && !line.ends_with([',', ':', '-'])
}

/// Reads one item or paragraph and returns how many lines it took.
fn block(text: &str, lines: &[Line<'_>], passages: &mut Passages) -> usize {
    let mark = item_mark(lines[0].words);
    let goes_on = |pair: &&[Line<'_>]| {
        let next = pair[1].words;
        let ends = next.is_empty() || item_mark(next) > 0 || is_rule(next);
        !ends && !stands_alone(pair[0].words, next)
    };
    let taken = 1 + lines.windows(2).take_while(goes_on).count();
    let mut words = Words::default();
    for (index, line) in lines[..taken].iter().enumerate() {
        let skipped = if index == 0 { mark } else { 0 };
        if index > 0 {
            words.push(" ", line.start - 1..line.start, text);
        }
        let start = line.start + skipped;
        words.push(&line.words[skipped..], start..line.start + line.words.len(), text);
    }
    if mark > 0 {
        passages.whole(&words, PassageKind::Item);
        let goes_on = lines[taken..]
            .iter()
            .find(|it| !it.words.is_empty())
            .is_some_and(|it| item_mark(it.words) > 0);
        if !goes_on {
            passages.end(LEAD_IN);
        }
    } else {
        let list_follows = lines[taken..]
            .iter()
            .find(|it| !it.words.is_empty())
            .is_some_and(|it| item_mark(it.words) > 0);
        passages.paragraph(&words, list_follows);
    }
    taken
}

/// Length of the mark and the space behind it, in bytes; 0 when the line is no item.
fn item_mark(line: &str) -> usize {
    let bullet = line
        .chars()
        .next()
        .filter(|it| matches!(it, '-' | '*' | '•' | '+' | '–' | '·'));
    let mark = match bullet {
        Some(bullet) => bullet.len_utf8(),
        None => {
            let inside = line.strip_prefix('(').unwrap_or(line);
            let opened = line.len() - inside.len();
            let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
            let letters = inside.bytes().take_while(u8::is_ascii_alphabetic).count();
            let number = match (digits, letters) {
                (1..=3, _) => digits,
                (0, 1) => letters,
                _ => return 0,
            };
            match inside.as_bytes().get(number) {
                Some(b')') => opened + number + 1,
                Some(b'.') if digits > 0 && opened == 0 => number + 1,
                _ => return 0,
            }
        }
    };
    let rest = &line[mark..];
    let space = rest.len() - rest.trim_start().len();
    if space == 0 || rest.trim().is_empty() {
        0
    } else {
        mark + space
    }
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3
        && (line.bytes().all(|it| it == b'=')
            || line.bytes().all(|it| it == b'-')
            || line.bytes().all(|it| it == b'~'))
}

fn heading_level(line: &Line<'_>, next: Option<&Line<'_>>, blank_before: bool, first: bool) -> Option<u8> {
    let words = line.words;
    let hashes = words.bytes().take_while(|it| *it == b'#').count();
    if (1..=6).contains(&hashes) && words[hashes..].starts_with(' ') {
        return u8::try_from(hashes).ok();
    }
    if words.split_whitespace().count() > HEADING_WORDS || item_mark(words) > 0 {
        return None;
    }
    if let Some(rule) = next.map(|it| it.words).filter(|it| is_rule(it)) {
        return Some(if rule.starts_with('=') { 1 } else { 2 });
    }
    let alone = blank_before && next.is_none_or(|it| it.words.is_empty());
    let letters = words.chars().filter(|it| it.is_alphabetic()).count();
    let capitals = letters >= 4
        && words.chars().all(|it| !it.is_alphabetic() || it.is_uppercase())
        && words.chars().any(char::is_uppercase);
    let unmarked = !words.ends_with(['.', '!', '?', ',', ';', ':', '。', '？', '！']);
    match (alone, unmarked) {
        // The first line names the whole text, unless it is all there is.
        (true, true) if first => next.is_some().then_some(1),
        (true, true) => Some(2),
        _ if capitals && blank_before => Some(LABEL),
        _ => None,
    }
}
