//! Names in place of values, so that the values do not leave the machine.
//!
//! Law: what is restored is what was redacted, and no value of more than three characters is left in between
//! as a whole word. Shorter values stand in too many words of our own; they are replaced only where they are
//! all of a text. A name is made of the value and a salt: the same in a run, another in every run.
//!
//! Not for: numbers, other spellings of a value, and what a value can be guessed from.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::model::id::ContentHasher;

/// What each name begins with.
const PREFIX: &str = "name_";

/// Characters of a code; none is mistaken for another one.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Values of more characters are replaced within texts too.
const SHORT: usize = 3;

/// Names for values, and back.
#[derive(Clone, Debug, Default)]
pub struct Pseudonyms {
    names: HashMap<String, String>,
    /// Values by the code of their name.
    values: HashMap<String, String>,
    /// Values that are looked for within texts, by their first word, the longest first.
    words: HashMap<String, Vec<String>>,
    code_length: usize,
}

impl Pseudonyms {
    /// Names for these values, made with the run's salt. The order of values does not matter.
    pub fn for_values<V: AsRef<str>>(values: impl IntoIterator<Item = V>, salt: &str) -> Self {
        let sorted: BTreeSet<String> = values
            .into_iter()
            .map(|it| it.as_ref().to_owned())
            .filter(|it| it.chars().any(char::is_alphanumeric))
            .collect();
        let mut made = Self {
            code_length: code_length(sorted.len()),
            ..Self::default()
        };
        // A name must not be what somebody's value already looks like.
        let alike: Vec<String> = sorted
            .iter()
            .map(|it| it.to_lowercase())
            .filter(|it| it.contains(PREFIX))
            .collect();
        for value in sorted {
            let code = made.free_code(&value, salt, &alike);
            if value.chars().count() > SHORT {
                let first = value[..first_word(&value)].to_owned();
                made.words.entry(first).or_default().push(value.clone());
            }
            made.names.insert(value.clone(), format!("{PREFIX}{code}"));
            made.values.insert(code, value);
        }
        for same in made.words.values_mut() {
            same.sort_by_key(|it| std::cmp::Reverse(it.len()));
        }
        made
    }

    fn free_code(&self, value: &str, salt: &str, alike: &[String]) -> String {
        let mut round = 0_u64;
        loop {
            let code = code_of(value, salt, round, self.code_length);
            let name = format!("{PREFIX}{code}");
            let is_taken = self.values.contains_key(&code) || PREFIX.starts_with(&code);
            if !is_taken && alike.iter().all(|it| !it.contains(&name)) {
                return code;
            }
            round += 1;
        }
    }

    /// `text` with names in place of values. Whole words only, the longest value first.
    pub fn redact(&self, text: &str) -> String {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut before = None;
        while let Some(first) = text[at..].chars().next() {
            let value = self.value_at(&text[at..]).filter(|_| !joins(before, Some(first)));
            let taken = if let Some((value, name)) = value {
                out.push_str(name);
                value.len()
            } else {
                out.push(first);
                first.len_utf8()
            };
            before = text[at..at + taken].chars().next_back();
            at += taken;
        }
        out
    }

    /// The longest value that `text` begins with, as whole words, and its name.
    fn value_at(&self, text: &str) -> Option<(&str, &str)> {
        let same = self.words.get(&text[..first_word(text)])?;
        let value = same.iter().find(|it| {
            let rest = text.strip_prefix(it.as_str());
            rest.is_some_and(|rest| !joins(it.chars().next_back(), rest.chars().next()))
        })?;
        Some((value, self.names.get(value)?))
    }

    /// `text` with values in place of names, however the name is capitalised. A name counts wherever it
    /// stands, since a value may have stood beside a letter.
    pub fn restore(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = PREFIX.len() + self.code_length;
            let name = rest.get(..end).map(str::to_ascii_lowercase);
            let code = name.as_deref().and_then(|it| it.strip_prefix(PREFIX));
            if let Some(value) = code.and_then(|it| self.values.get(it)) {
                out.push_str(value);
                rest = &rest[end..];
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }

    /// The values of more than three characters that stand in `text` as whole words, in order.
    pub fn left_in(&self, text: &str) -> Vec<&str> {
        let stands = |value: &str| {
            text.match_indices(value).any(|(at, _)| {
                let (before, behind) = (&text[..at], &text[at + value.len()..]);
                !joins(before.chars().next_back(), value.chars().next())
                    && !joins(value.chars().next_back(), behind.chars().next())
            })
        };
        let long = self.words.values().flatten().map(String::as_str);
        let mut found: Vec<&str> = long.filter(|it| stands(it)).collect();
        found.sort_unstable();
        found
    }

    /// A value whose texts, and names of fields that are values, are redacted.
    pub fn redact_json(&self, value: &Value) -> Value {
        let of_key = |key: &str| self.names.get(key).cloned().unwrap_or_else(|| key.to_owned());
        change(value, &|text| self.redact(text), &of_key)
    }

    /// A value whose texts and names of fields are restored.
    pub fn restore_json(&self, value: &Value) -> Value {
        change(value, &|text| self.restore(text), &|key| self.restore(key))
    }
}

fn change(value: &Value, text: &dyn Fn(&str) -> String, key: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(one) => Value::String(text(one)),
        Value::Array(items) => items.iter().map(|it| change(it, text, key)).collect(),
        Value::Object(fields) => {
            let changed = fields.iter().map(|(name, it)| (key(name), change(it, text, key)));
            Value::Object(changed.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Whether two neighbours belong to one word.
fn joins(left: Option<char>, right: Option<char>) -> bool {
    let in_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    in_word(left) && in_word(right)
}

/// Bytes of the first word, or of the first character where it is in none.
fn first_word(text: &str) -> usize {
    let mut length = 0;
    let mut before = None;
    for one in text.chars() {
        if before.is_some() && !joins(before, Some(one)) {
            break;
        }
        length += one.len_utf8();
        before = Some(one);
    }
    length
}

/// So long that few codes are taken when the next one is made: 32 codes a value at least.
fn code_length(values: usize) -> usize {
    let mut length = 4;
    let mut codes = 32_usize.pow(4);
    while codes / 32 < values {
        codes = codes.saturating_mul(32);
        length += 1;
    }
    length
}

fn code_of(value: &str, salt: &str, round: u64, length: usize) -> String {
    let mut hasher = ContentHasher::default();
    // Lengths first, so that no two inputs run into each other.
    hasher.update(format!("{} {round} {salt}", salt.len()).as_bytes());
    hasher.update(value.as_bytes());
    let hash = hasher.finish().0;
    let digits: Vec<u8> = hash
        .bytes()
        .map(|it| (it as char).to_digit(16).unwrap_or(0) as u8)
        .collect();
    let pairs = digits.as_chunks::<2>().0.iter();
    let letters = pairs.map(|[high, low]| char::from(ALPHABET[usize::from((high << 4 | low) & 31)]));
    letters.take(length).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_longest_value_goes_first_and_words_stay_whole() {
        let names = Pseudonyms::for_values(["alice", "alice-smith", "US", "New York"], "salt");
        let name = |value: &str| names.redact(value);
        let text = names.redact("alice-smith knows alice, malice and alice_2 in New York, US");
        assert_eq!(
            text,
            format!(
                "{} knows {}, malice and alice_2 in {}, US",
                name("alice-smith"),
                name("alice"),
                name("New York")
            )
        );
        assert_ne!(name("US"), "US");
        assert_eq!(
            names
                .restore(&text.to_uppercase().replace("US", "us"))
                .matches("alice")
                .count(),
            2
        );
    }

    #[test]
    fn names_depend_on_the_salt_and_not_on_the_order() {
        let one = Pseudonyms::for_values(["alice", "bob-7"], "salt");
        let other = Pseudonyms::for_values(["bob-7", "alice", "alice"], "salt");
        assert_eq!(one.redact("alice bob-7"), other.redact("alice bob-7"));
        let salted = Pseudonyms::for_values(["alice", "bob-7"], "pepper");
        assert_ne!(one.redact("alice"), salted.redact("alice"));
    }

    #[test]
    fn no_two_values_share_a_name() {
        let values: Vec<String> = (0..60_000).map(|it| format!("user-{it}")).collect();
        let names = Pseudonyms::for_values(&values, "salt");
        let distinct: HashSet<&String> = names.names.values().collect();
        assert_eq!(distinct.len(), values.len());
    }

    #[test]
    fn texts_and_field_names_of_json_are_replaced_and_numbers_are_not() {
        let names = Pseudonyms::for_values(["alice", "7", "score"], "salt");
        let value = json!({"alice": [{"who": "alice", "score": 7, "note": "7"}]});
        let redacted = names.redact_json(&value);
        assert!(!redacted.to_string().contains("alice"));
        assert!(redacted.to_string().contains(":7"));
        assert_eq!(names.restore_json(&redacted), value);
    }

    /// Words that run into each other, repeat each other and look like names.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab_ (){}\"\\-\\.é]{0,12}",
            "(name_|abab|ab|-| |\"){0,6}",
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn what_is_restored_is_what_was_redacted_and_nothing_is_left(
            values in prop::collection::vec(texts(), 0..8),
            parts in prop::collection::vec((texts(), any::<prop::sample::Index>()), 0..8),
        ) {
            let names = Pseudonyms::for_values(&values, "salt");
            let mut text = String::new();
            for (part, index) in &parts {
                text.push_str(part);
                if !values.is_empty() {
                    text.push_str(index.get::<String>(&values));
                }
            }
            let redacted = names.redact(&text);
            prop_assert_eq!(names.restore(&redacted), text);
            prop_assert_eq!(names.left_in(&redacted), Vec::<&str>::new());
        }
    }
}
