//! Mends and tidies a YAML text line by line, so that comments stay where they are.
//!
//! Laws: the value is the same before and after; formatting twice changes nothing more.
//!
//! What is done: leading tabs become two spaces each (where YAML refuses them), line ends become `\n`, blanks
//! at line ends go, several empty lines become one, and there is one line end at the end. Lines within a text
//! of several lines are left as they are.

use std::collections::BTreeSet;

use granit_parser::{Event, Options, Parser};

use super::fault::{Faults, Report};
use super::tabs::mended;
use super::tree::parse;

/// The text mended and tidied; faults when it is no YAML even then.
pub fn format(text: &str, file_name: &str) -> Result<String, Faults> {
    let unix = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let is_yaml = |it: &str| parse(it, &mut Report::new(file_name, it, it)).is_some();
    let text = match mended(&unix) {
        Some((mended, _)) if !is_yaml(&unix) => mended,
        _ => unix,
    };
    let mut report = Report::new(file_name, &text, &text);
    parse(&text, &mut report);
    report.finish()?;
    let tidied = tidied(&text);
    // Tidying is by rule of thumb; what it must not change is checked.
    Ok(if values(&tidied) == values(&text) {
        tidied
    } else {
        text
    })
}

fn tidied(text: &str) -> String {
    let kept = lines_within_texts(text);
    let mut tidied = String::with_capacity(text.len());
    let mut is_after_empty = true;
    for (at, line) in text.lines().enumerate() {
        let is_kept = kept.contains(&(at + 1));
        let line = if is_kept { line } else { line.trim_end() };
        if line.is_empty() && is_after_empty && !is_kept {
            continue;
        }
        is_after_empty = line.is_empty() && !is_kept;
        tidied.push_str(line);
        tidied.push('\n');
    }
    if is_after_empty && tidied.ends_with("\n\n") {
        tidied.pop();
    }
    tidied
}

/// The numbers, from 1, of lines that continue a scalar begun in an earlier line.
fn lines_within_texts(text: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    for (event, span) in events(text) {
        if matches!(event, Event::Scalar(..)) && span.end.line() > span.start.line() {
            lines.extend(span.start.line() + 1..=span.end.line());
        }
    }
    lines
}

fn events(text: &str) -> impl Iterator<Item = (Event<'_>, granit_parser::Span)> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options).map_while(Result::ok)
}

/// What the text says: its events without their places.
fn values(text: &str) -> Vec<Event<'_>> {
    events(text).map(|it| it.0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tabs_blanks_and_empty_lines_go_and_comments_stay() {
        let text = "\u{feff}# head  \r\n\r\n\r\na:\r\n\t# why\r\n\t- b   \n\t- c # end\n\n\n";
        assert_eq!(
            format(text, "x").unwrap(),
            "# head\n\na:\n  # why\n  - b\n  - c # end\n"
        );
    }

    #[test]
    fn texts_of_several_lines_are_left_alone() {
        let text = "a: |\n  one  \n\n\n  \ttwo\n\n\nb: \"x  \n\n\n  y\"\n";
        assert_eq!(format(text, "x").unwrap(), text);
        let kept = "a: |+\n  one\n\n\n";
        assert_eq!(format(kept, "x").unwrap(), kept);
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_place() {
        let faults = format("a: [1, 2\nb: 3\n", "x.yaml").unwrap_err();
        assert_eq!(faults.faults.len(), 1);
    }

    /// Lines of the sort that make YAML hard, in any order.
    fn documents() -> impl Strategy<Value = String> {
        let line = proptest::sample::select(vec![
            "a: 1",
            "- b  ",
            "\t- c",
            "\tk: |",
            "    text  ",
            "",
            "  ",
            "# note ",
            "k: >-",
            "  x: \"q",
            "  r\"  ",
            "\t\t# in",
            "z: [1,",
            "  2]",
            "- {a: b}",
            "\r",
            "---",
            "y: |+",
            "'s: t'  ",
        ]);
        (proptest::collection::vec(line, 0..14), any::<bool>()).prop_map(|(lines, ends)| {
            let end = if ends { "\n" } else { "" };
            format!("{}{end}", lines.join("\n"))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn formatting_keeps_the_value_and_is_done_once(text in documents()) {
            if let Ok(formatted) = format(&text, "x") {
                let before = text.replace("\r\n", "\n").replace('\r', "\n");
                if parse(&before, &mut Report::new("x", &before, &before)).is_some() {
                    prop_assert_eq!(values(&before), values(&formatted));
                }
                prop_assert_eq!(format(&formatted, "x").unwrap(), formatted);
            }
        }
    }
}
