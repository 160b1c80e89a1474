//! The one block of a file that differs between two runs of the same inputs, and how to leave it out.
//!
//! Law: files of two runs of the same inputs are equal once it is left out.

use super::Format;

const HTML: (&str, &str) = ("<!-- run facts: begin -->", "<!-- run facts: end -->");
const TEXT: (&str, &str) = ("---- run facts: begin ----", "---- run facts: end ----");
/// The last key of the envelope; the JSON is written with one key a line and line breaks in texts
/// are escaped, so no text can look like it.
const JSON: &str = ",\n  \"run\": {";

/// `bytes` without its block of run facts, marks included; as it is when it has none.
pub fn without_run_facts(bytes: &[u8], format: Format) -> Vec<u8> {
    let (begin, end) = match format {
        Format::Html | Format::Markdown => HTML,
        Format::Text => TEXT,
        Format::Json => {
            return match last(bytes, JSON.as_bytes()) {
                Some(at) => [&bytes[..at], b"\n}\n"].concat(),
                None => bytes.to_vec(),
            };
        }
    };
    let found = first(bytes, begin.as_bytes()).and_then(|from| {
        let to = first(&bytes[from..], end.as_bytes())?;
        Some((from, from + to + end.len()))
    });
    match found {
        Some((from, to)) => [&bytes[..from], &bytes[to..]].concat(),
        None => bytes.to_vec(),
    }
}

fn first(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|it| it == part)
}

fn last(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).rposition(|it| it == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_left_out_and_nothing_else() {
        let page = format!("a{}b{}c", HTML.0, HTML.1);
        assert_eq!(without_run_facts(page.as_bytes(), Format::Html), b"ac");
        let page = format!("a\n{}\nb\n{}\nc", TEXT.0, TEXT.1);
        assert_eq!(without_run_facts(page.as_bytes(), Format::Text), b"a\n\nc");
        assert_eq!(
            without_run_facts(b"{\n  \"a\": 1,\n  \"run\": {\n  }\n}\n", Format::Json),
            b"{\n  \"a\": 1\n}\n"
        );
    }

    #[test]
    fn a_page_without_the_block_stays_as_it_is() {
        assert_eq!(without_run_facts(b"abc", Format::Html), b"abc");
    }
}
