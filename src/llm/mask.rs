//! Keeps a key out of all that an endpoint sends back: errors are printed, replies are recorded and kept.

use secrecy::{ExposeSecret, SecretString};

use super::request::{Finish, Reply};

/// What stands for a key.
const MARK: &str = "[key]";

/// Bytes of a key from which on it is no word that a reply may hold by chance: some local servers are given
/// `none` or `test`.
const SHORTEST_SECRET: usize = 8;

/// The key that is kept out, if there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Mask(pub(super) Option<SecretString>);

impl Mask {
    /// `text` with a mark in place of the key, in capitals or not.
    pub(super) fn text(&self, text: &str) -> String {
        let key = self.key().to_ascii_lowercase();
        if key.is_empty() {
            return text.to_owned();
        }
        // ASCII only, so that places in it are places in `text`.
        let lower = text.to_ascii_lowercase();
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for (start, _) in lower.match_indices(&key) {
            masked.push_str(&text[end..start]);
            masked.push_str(MARK);
            end = start + key.len();
        }
        masked + &text[end..]
    }

    /// `reply` without the key, unless that is short enough for a word.
    pub(super) fn reply(&self, reply: Reply) -> Reply {
        if self.key().len() < SHORTEST_SECRET {
            return reply;
        }
        Reply {
            text: self.text(&without_escapes(&reply.text)),
            model: self.text(&reply.model),
            finish: match reply.finish {
                Finish::Other(word) => Finish::Other(self.text(&word)),
                known => known,
            },
            ..reply
        }
    }

    fn key(&self) -> &str {
        self.0.as_ref().map_or("", ExposeSecret::expose_secret)
    }
}

/// `text` with letters, digits and plain marks in place of their JSON escapes, behind which a key would not be found;
/// quotation marks and backslashes keep theirs. What the text means as JSON stays the same.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let escape = &rest[at..];
        let code = escape.strip_prefix("\\u").and_then(|it| it.get(..4));
        let letter = code
            .and_then(|it| u8::from_str_radix(it, 16).ok())
            .filter(|it| it.is_ascii_graphic() && !matches!(it, b'"' | b'\\'));
        let (instead, length) = match letter {
            Some(letter) => (char::from(letter).to_string(), 6),
            // A backslash and what it escapes: one character, or a code that is looked at as text.
            None => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                (escape[..length].to_owned(), length)
            }
        };
        plain.push_str(&instead);
        rest = &escape[length..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::scripted::says;

    #[test]
    fn replies_repeat_no_key_in_any_part() {
        let mask = Mask(Some("sk-Canary-7731".into()));
        let reply = Reply {
            finish: Finish::Other("sk-Canary-7731".to_owned()),
            model: "m of sk-Canary-7731".to_owned(),
            ..says("é sk-Canary-7731, SK-CANARY-7731.").unwrap()
        };
        let masked = mask.reply(reply);
        assert_eq!(masked.text, "é [key], [key].");
        assert_eq!(masked.model, "m of [key]");
        assert_eq!(masked.finish, Finish::Other("[key]".to_owned()));
    }

    #[test]
    fn a_key_in_escapes_is_no_secret_either() {
        let mask = Mask(Some("sk-Canary-7731".into()));
        let reply = says(r#"{"quote":"\u0073k\u002dCanary-7731 \"and\" \\u0073 \u00e9 \n"}"#).unwrap();
        assert_eq!(
            mask.reply(reply).text,
            r#"{"quote":"[key] \"and\" \\u0073 \u00e9 \n"}"#
        );
    }

    #[test]
    fn words_of_replies_stay_where_the_key_is_a_word() {
        for key in [None, Some("none".into())] {
            let reply = Mask(key).reply(says("none of them").unwrap());
            assert_eq!(reply.text, "none of them");
        }
    }
}
