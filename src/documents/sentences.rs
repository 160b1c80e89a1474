//! Where sentences end.
//!
//! A sentence ends behind `.`, `!` or `?` (and the closing marks that follow) when white space and
//! no lower-case letter come next, and at `。`, `！`, `？`. Abbreviations, initials and the numbers
//! of lists end none. Ranges come in order, do not overlap, and are free of outer white space.

use std::ops::Range;

const ABBREVIATIONS: [&str; 22] = [
    "e.g", "i.e", "etc", "vs", "cf", "approx", "ca", "no", "nos", "fig", "dr", "mr", "mrs", "ms", "prof",
    "st", "dept", "inc", "ltd", "incl", "resp", "min",
];

/// The sentences of a paragraph.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut marks = text.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let wide = matches!(mark, '。' | '！' | '？');
        if !wide && !matches!(mark, '.' | '!' | '?') {
            continue;
        }
        let mut end = at + mark.len_utf8();
        while let Some((closing, char)) = marks.peek().copied() {
            if !matches!(char, '.' | '!' | '?' | '"' | '\'' | ')' | ']' | '”' | '’' | '»') {
                break;
            }
            end = closing + char.len_utf8();
            marks.next();
        }
        let rest = &text[end..];
        let breaks = rest.starts_with(char::is_whitespace)
            && !rest.trim_start().starts_with(char::is_lowercase)
            && !(mark == '.' && abbreviates(&text[start..at]));
        if wide || breaks {
            push(text, start..end, &mut found);
            start = end;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

/// Whether a full stop behind these words belongs to the last of them.
fn abbreviates(before: &str) -> bool {
    let word = before
        .rsplit(|it: char| it.is_whitespace() || it == '(')
        .next()
        .unwrap_or_default();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    // The number of a list stands alone in front of its item; a number that ends a sentence does not.
    let number = before.trim() == word && !word.is_empty() && word.chars().all(|it| it.is_ascii_digit());
    initial || number || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = start + slice.trim().len();
    if start < end {
        found.push(start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|it| &text[it]).collect()
    }

    #[test]
    fn sentences_end_at_marks_and_not_at_abbreviations() {
        assert_eq!(
            split(
                "Closures last 1.5 days, e.g. Bank. At most 10 stations (\"crews\")! Which? Mr. J. Smith asks."
            ),
            [
                "Closures last 1.5 days, e.g. Bank.",
                "At most 10 stations (\"crews\")!",
                "Which?",
                "Mr. J. Smith asks."
            ]
        );
    }

    #[test]
    fn a_number_in_front_is_not_a_sentence_and_one_behind_is_no_reason_to_go_on() {
        assert_eq!(
            split("1. Find it. There are 10. Two more."),
            ["1. Find it.", "There are 10.", "Two more."]
        );
        assert_eq!(split("駅はどこ。次は？"), ["駅はどこ。", "次は？"]);
    }
}
