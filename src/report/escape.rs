//! Makes text from the data inert in each format. Everything from the data passes through here.
//!
//! Law: escaped text, read by a parser of the format, gives back the cleaned text and nothing else.

/// The text without what could move, hide or command: control characters and marks that reorder
/// a line become U+FFFD, line breaks and tabs become blanks.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|it| match it {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
            // Overrides of direction could make a name read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
            it if it.is_control() => '\u{fffd}',
            it => it,
        })
        .collect()
}

/// For HTML and SVG, as text or within a quoted attribute.
pub(super) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for it in clean(text).chars() {
        match it {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            it => escaped.push(it),
        }
    }
    escaped
}

/// For GitHub-flavoured Markdown, within a line or a table cell.
///
/// An underscore between letters stays as it is: it marks nothing there, and names read better.
pub(super) fn markdown(text: &str) -> String {
    let cleaned = clean(text);
    let text: Vec<char> = cleaned.chars().collect();
    let word = |at: Option<usize>| {
        at.and_then(|it| text.get(it))
            .is_some_and(|it| it.is_alphanumeric())
    };
    let mut escaped = String::with_capacity(cleaned.len() + 8);
    for (at, it) in text.iter().enumerate() {
        let marks = match it {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '@' => true,
            '_' => !(word(at.checked_sub(1)) && word(Some(at + 1))),
            // Without these, `http://…` and `www.…` would become links.
            ':' => text.get(at + 1) == Some(&'/'),
            // `2.` and `2)` make a list at the start of a line, `2.5` does not.
            '.' | ')' if text.get(at + 1).is_none_or(|it| *it == ' ') && numbered(&text[..at]) => true,
            '.' => at >= 3 && text[at - 3..at].iter().all(|it| it.eq_ignore_ascii_case(&'w')),
            // At the start of a line they would make a heading, a list or a rule.
            '#' | '+' | '-' | '=' | '!' => at == 0,
            _ => false,
        };
        if marks {
            escaped.push('\\');
        }
        escaped.push(*it);
    }
    escaped
}

fn numbered(before: &[char]) -> bool {
    !before.is_empty() && before.iter().all(char::is_ascii_digit)
}

/// JSON for a `<script type="application/json">`: no `<` remains, so nothing can close the element.
pub(super) fn json_in_html(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// The part of an anchor that an id gives: letters, digits, `.`, `_` and `-`; the rest as `-`.
pub(super) fn anchor(prefix: &str, id: &str) -> String {
    let id: String = id
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() || "._-".contains(it) {
                it
            } else {
                '-'
            }
        })
        .collect();
    format!("{prefix}-{id}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser};

    use super::*;

    const HOSTILE: &str = "[\\\\`*_\\[\\]<>|~&$@:/.#+=!()\"' {}a-z0-9\n\u{202e}é-]{1,24}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// A Markdown parser reads escaped text as plain text, in a paragraph and in a table.
        #[test]
        fn markdown_gives_back_the_text_and_nothing_else(text in HOSTILE) {
            // Layouts begin no line with data that begins with blanks.
            let text = text.trim();
            let page = markdown(text);
            // What GitHub reads; smart quotes would only change the look.
            let github = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES
                | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH | Options::ENABLE_GFM;
            let mut read = String::new();
            for event in Parser::new_ext(&page, github) {
                match event {
                    Event::Text(it) => read.push_str(&it),
                    Event::Start(pulldown_cmark::Tag::Paragraph) | Event::End(pulldown_cmark::TagEnd::Paragraph) => {}
                    other => prop_assert!(false, "{page:?} has {other:?}"),
                }
            }
            let wanted = clean(text);
            prop_assert_eq!(read.trim(), wanted.trim());
        }

        #[test]
        fn html_leaves_no_character_that_opens_anything(text in ".{0,40}") {
            let escaped = html(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            let back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&");
            prop_assert_eq!(back, clean(&text));
        }
    }

    #[test]
    fn links_are_not_made_from_data() {
        assert_eq!(markdown("http://x.y"), "http\\://x.y");
        assert_eq!(markdown("www.x.y"), "www\\.x.y");
        assert_eq!(markdown("single_point"), "single_point");
    }

    #[test]
    fn a_terminal_is_not_commanded() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb c\u{fffd}d");
    }

    #[test]
    fn embedded_json_cannot_close_its_element() {
        assert_eq!(json_in_html("\"</script>\""), "\"\\u003c/script\\u003e\"");
    }

    #[test]
    fn anchors_hold_no_blank() {
        assert_eq!(anchor("finding", "a b.1"), "finding-a-b.1");
    }
}
