//! Keeps the values of secrets out of everything that is written down: logs, outputs, errors, events.

use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use memchr::memmem;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::process::Printed;

/// What stands in place of a secret.
const MARK: &str = "***";

/// Characters of the shortest value that is masked: shorter ones occur by chance.
const SHORTEST: usize = 4;

/// Bytes of a file that are looked through at once.
const BLOCK: u64 = 1 << 20;

/// The values to keep out, in the forms that they are sent in.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask {
    /// All of them, longest first.
    forms: Vec<SecretString>,
    /// Those of them that programs break into lines.
    broken: Vec<SecretString>,
}

impl Mask {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        Self::default().with(secrets)
    }

    /// This one, and further values.
    pub(super) fn with<'a>(&self, secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let values: Vec<&str> = secrets
            .into_iter()
            .map(|it| it.expose_secret())
            .flat_map(|it| {
                // A value of several lines is printed line by line.
                let lines = it.lines().map(str::trim).filter(move |line| *line != it);
                std::iter::once(it).chain(lines)
            })
            .filter(|it| it.chars().count() >= SHORTEST)
            .collect();
        let broken: Vec<String> = values.iter().flat_map(|it| encoded(it)).collect();
        let plain = values.iter().flat_map(|it| forms(it));
        Self {
            forms: merged(&self.forms, plain.chain(broken.iter().cloned()).collect()),
            broken: merged(&self.broken, broken),
        }
    }

    /// Whether there is nothing to keep out.
    pub(super) fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// Whether there is a secret in what `from` gives, of which only a block is in memory at a time.
    pub(super) fn is_in(&self, mut from: impl Read) -> io::Result<bool> {
        let longest = self.forms.first().map_or(0, |it| it.expose_secret().len());
        let mut block = Vec::new();
        loop {
            let read = from.by_ref().take(BLOCK).read_to_end(&mut block)?;
            if self.finds(&block) {
                return Ok(true);
            }
            if (read as u64) < BLOCK {
                return Ok(false);
            }
            // What begins in one block may end in the next, with line ends in it.
            block.drain(..block.len().saturating_sub(2 * longest));
        }
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        let in_bytes = |bytes: &[u8], forms: &[SecretString]| {
            forms
                .iter()
                .any(|it| memmem::find(bytes, it.expose_secret().as_bytes()).is_some())
        };
        in_bytes(bytes, &self.forms) || in_bytes(&unbroken(bytes).0, &self.broken)
    }

    /// `text` with marks in place of secrets.
    pub(super) fn text(&self, text: String) -> String {
        let masked = self
            .forms
            .iter()
            .map(ExposeSecret::expose_secret)
            .fold(text, |text, secret| {
                if text.contains(secret) {
                    text.replace(secret, MARK)
                } else {
                    text
                }
            });
        if self.is_empty() || !masked.contains('\n') {
            return masked;
        }
        self.without_broken(&masked)
    }

    /// `text` with marks in place of secrets that line ends run through.
    fn without_broken(&self, text: &str) -> String {
        let (joined, places) = unbroken(text.as_bytes());
        let mut found: Vec<(usize, usize)> = Vec::new();
        for secret in &self.broken {
            let secret = secret.expose_secret().as_bytes();
            let ends = memmem::find_iter(&joined, secret).map(|at| (at, at + secret.len() - 1));
            found.extend(ends.map(|(from, to)| (places[from], places[to] + 1)));
        }
        found.sort_unstable();
        let (mut masked, mut end) = (String::with_capacity(text.len()), 0);
        for (from, to) in found {
            if from >= end {
                masked.push_str(&text[end..from]);
                masked.push_str(MARK);
            }
            end = end.max(to);
        }
        masked.push_str(&text[end..]);
        masked
    }

    /// What was printed with marks in place of secrets, and without the parts of those that its cut runs through.
    pub(super) fn printed(&self, printed: Printed) -> Printed {
        if self.is_empty() {
            return printed;
        }
        let left_out = printed.left_out();
        let masked = |bytes: &[u8]| {
            self.text(String::from_utf8_lossy(bytes).into_owned())
                .into_bytes()
        };
        let (mut head, mut tail) = (masked(&printed.head), masked(&printed.tail));
        if left_out > 0 {
            head.truncate(head.len() - self.cut_off(&head, false));
            tail.drain(..self.cut_off(&tail, true));
        }
        let total = left_out + (head.len() + tail.len()) as u64;
        Printed { head, tail, total }
    }

    /// Bytes at the end of `bytes`, or at its beginning, that may be a part of a secret.
    fn cut_off(&self, bytes: &[u8], at_beginning: bool) -> usize {
        let longest = self.forms.first().map_or(0, |it| it.expose_secret().len());
        let near = bytes.len().min(2 * longest);
        let start = if at_beginning { 0 } else { bytes.len() - near };
        let (joined, places) = unbroken(&bytes[start..start + near]);
        let part = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            (1..secret.len().min(joined.len() + 1))
                .rev()
                .find(|it| match at_beginning {
                    true => joined.starts_with(&secret[secret.len() - it..]),
                    false => joined.ends_with(&secret[..*it]),
                })
        };
        match self.forms.iter().filter_map(part).max() {
            Some(part) if at_beginning => places[part - 1] + 1,
            Some(part) => near - places[places.len() - part],
            None => 0,
        }
    }

    /// The same for every text in a value.
    pub(super) fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.into_iter().map(|it| self.value(it)).collect(),
            Value::Object(values) => {
                let masked = values
                    .into_iter()
                    .map(|(key, it)| (self.text(key), self.value(it)));
                Value::Object(masked.collect())
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
        }
    }
}

/// `known` and `more`, each once, longest first.
fn merged(known: &[SecretString], more: Vec<String>) -> Vec<SecretString> {
    let known = known.iter().map(|it| it.expose_secret().to_owned());
    let mut all: Vec<String> = known.chain(more).collect();
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all.into_iter().map(SecretString::from).collect()
}

/// The bytes without line ends, and where each of them stands.
fn unbroken(bytes: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let inner = bytes
        .iter()
        .enumerate()
        .filter(|it| !matches!(it.1, b'\r' | b'\n'));
    inner.map(|(place, byte)| (*byte, place)).unzip()
}

/// A value as it is, and as a URL or JSON carry it.
fn forms(value: &str) -> [String; 4] {
    let json = Value::String(value.to_owned()).to_string();
    [
        value.to_owned(),
        percent(value, "%20"),
        percent(value, "+"),
        json[1..json.len() - 1].to_owned(),
    ]
}

/// A value as Base64 carries it: alone, with a line end, and within something longer, where the groups of three
/// bytes that lie in it as a whole show.
fn encoded(value: &str) -> Vec<String> {
    let line = format!("{value}\n");
    let mut all = vec![
        STANDARD.encode(value),
        URL_SAFE.encode(value),
        STANDARD.encode(&line),
        URL_SAFE.encode(&line),
    ];
    for skipped in 0..3 {
        let bytes = value.as_bytes().get(skipped..).unwrap_or_default();
        let whole = &bytes[..bytes.len() - bytes.len() % 3];
        // One group in the middle of something longer occurs by chance.
        if !whole.is_empty() && (skipped == 0 || whole.len() > 3) {
            all.extend([STANDARD.encode(whole), URL_SAFE.encode(whole)]);
        }
    }
    let unpadded = all.iter().map(|it| it.trim_end_matches('=').to_owned());
    unpadded.collect::<Vec<_>>().into_iter().chain(all).collect()
}

/// `value` with all but the unreserved characters of RFC 3986 written as `%XX`, and blanks as `blank`.
fn percent(value: &str, blank: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte))
            }
            b' ' => text.push_str(blank),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mask(values: &[&str]) -> Mask {
        let secrets: Vec<SecretString> = values.iter().map(|it| SecretString::from(*it)).collect();
        Mask::of(&secrets)
    }

    #[test]
    fn a_secret_is_masked_in_every_form_that_it_is_sent_in() {
        let mask = mask(&["p&ss w/rd+1"]);
        for form in [
            "p&ss w/rd+1",
            "cCZzcyB3L3JkKzE=",
            "cCZzcyB3L3JkKzE",
            "p%26ss%20w%2Frd%2B1",
            "p%26ss+w%2Frd%2B1",
        ] {
            assert_eq!(mask.text(format!("a {form} b")), "a *** b", "{form}");
        }
    }

    #[test]
    fn of_two_secrets_the_longer_one_is_masked_first() {
        assert_eq!(
            mask(&["abcd", "abcdefgh"]).text("abcdefgh abcd".into()),
            "*** ***"
        );
    }

    #[test]
    fn short_values_are_left_alone_and_lines_are_masked_one_by_one() {
        assert_eq!(mask(&["abc"]).text("abc".into()), "abc");
        assert_eq!(
            mask(&["first line\nsecond line"]).text("> second line".into()),
            "> ***"
        );
    }

    #[test]
    fn base64_of_more_than_a_secret_shows_none_of_its_groups() {
        let secret = "c4nary/s3cret+value!";
        let mask = mask(&[secret]);
        for around in ["%", "%\n", "a%", "ab%", "user:% and more", "abc%\r\n"] {
            let text = STANDARD.encode(around.replace('%', secret));
            let masked = mask.text(text.clone());
            assert!(
                masked.contains(MARK) && masked.len() < text.len() - 15,
                "{text} {masked}"
            );
        }
    }

    #[test]
    fn base64_that_is_broken_into_lines_is_masked() {
        let secret = "0123456789".repeat(9);
        let text = STANDARD.encode(format!("some text before {secret} and after"));
        for end in ["\n", "\r\n"] {
            let lines: Vec<&str> = (0..text.len())
                .step_by(76)
                .map(|it| &text[it..text.len().min(it + 76)])
                .collect();
            let masked = mask(&[&secret]).text(format!("first\n{}\nlast\n", lines.join(end)));
            assert!(
                masked.len() < 90 && masked.starts_with("first\n") && masked.ends_with("\nlast\n"),
                "{masked}"
            );
        }
    }

    #[test]
    fn a_cut_leaves_no_part_of_a_secret() {
        let mask = mask(&["c4nary-value"]);
        let printed = Printed {
            head: b"c4nary-value and c4nary-".to_vec(),
            tail: b"-value, c4nary-value".to_vec(),
            total: 1000,
        };
        let left_out = printed.left_out();
        let masked = mask.printed(printed);
        assert_eq!(masked.head, b"*** and ");
        assert_eq!(masked.tail, b", ***");
        assert_eq!(masked.left_out(), left_out);
        let whole = Printed {
            head: b"ends with c4nary".to_vec(),
            tail: Vec::new(),
            total: 16,
        };
        assert_eq!(mask.printed(whole.clone()), whole);
    }

    #[test]
    fn a_secret_is_found_wherever_blocks_of_a_file_meet() {
        let mask = mask(&["c4nary-value"]);
        for before in (BLOCK as usize - 12)..=(BLOCK as usize) {
            let bytes = [vec![b'x'; before], b"c4nary-value".to_vec(), vec![b'y'; 9]].concat();
            assert!(mask.is_in(bytes.as_slice()).unwrap(), "{before}");
        }
        assert!(!mask.is_in(vec![b'x'; 3 << 20].as_slice()).unwrap());
    }

    #[test]
    fn values_are_masked_within() {
        let masked = mask(&["hidden"]).value(json!({"a": ["hidden", 1], "hidden": null}));
        assert_eq!(masked, json!({"a": ["***", 1], "***": null}));
    }
}
