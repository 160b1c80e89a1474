//! Keeps the values of secrets out of everything that is written down: logs, outputs, errors, events.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// What stands in place of a secret.
const MARK: &str = "***";

/// Characters of the shortest value that is masked: shorter ones occur by chance.
const SHORTEST: usize = 4;

/// The values to keep out, longest first, as they are and in the forms that they are sent in.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask(Vec<SecretString>);

impl Mask {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut forms: Vec<String> = secrets
            .into_iter()
            .map(|it| it.expose_secret())
            .flat_map(|it| {
                // A value of several lines is printed line by line.
                let lines = it.lines().map(str::trim).filter(move |line| *line != it);
                std::iter::once(it).chain(lines)
            })
            .filter(|it| it.chars().count() >= SHORTEST)
            .flat_map(forms)
            .collect();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self(forms.into_iter().map(SecretString::from).collect())
    }

    /// Whether there is nothing to keep out.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a secret in these bytes.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.0.iter().any(|it| text.contains(it.expose_secret()))
    }

    /// `text` with marks in place of secrets.
    pub(super) fn text(&self, text: String) -> String {
        self.0
            .iter()
            .map(ExposeSecret::expose_secret)
            .fold(text, |text, secret| {
                if text.contains(secret) {
                    text.replace(secret, MARK)
                } else {
                    text
                }
            })
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

/// A value as it is, and as Base64, a URL or JSON carry it.
fn forms(value: &str) -> Vec<String> {
    let json = Value::String(value.to_owned()).to_string();
    vec![
        value.to_owned(),
        STANDARD.encode(value),
        STANDARD_NO_PAD.encode(value),
        URL_SAFE.encode(value),
        URL_SAFE_NO_PAD.encode(value),
        percent(value, "%20"),
        percent(value, "+"),
        json[1..json.len() - 1].to_owned(),
    ]
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
    fn values_are_masked_within() {
        let masked = mask(&["hidden"]).value(json!({"a": ["hidden", 1], "hidden": null}));
        assert_eq!(masked, json!({"a": ["***", 1], "***": null}));
    }
}
