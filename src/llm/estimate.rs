//! How many tokens a text takes, before a provider counts them.
//!
//! Tokenisers differ; this is an upper estimate for the usual ones (byte-pair encodings of 32,000 entries
//! and more), so that what is reserved suffices: three bytes of ASCII a token, where English takes about
//! four and JSON about three, and two tokens for every other character.

use super::Request;

/// Tokens that a turn takes beside its text: speaker and separators.
const TURN: u64 = 8;

/// Tokens of `text` at most, as a rule.
pub fn tokens_of(text: &str) -> u64 {
    let other = text.chars().filter(|it| !it.is_ascii()).count() as u64;
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    ascii.div_ceil(3) + 2 * other
}

/// Tokens of a request's prompt at most, as a rule: all turns, and the form where there is one.
pub fn prompt_tokens_of(request: &Request) -> u64 {
    let turns: u64 = request.messages.iter().map(|it| TURN + tokens_of(&it.text)).sum();
    let form = request.shape.as_ref();
    turns + TURN + form.map_or(0, |it| TURN + tokens_of(&it.schema.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_grows_with_bytes_and_counts_other_scripts_dearer() {
        assert_eq!(tokens_of(""), 0);
        assert_eq!(tokens_of("abc"), 1);
        assert_eq!(tokens_of("abcd"), 2);
        assert_eq!(tokens_of("図"), 2);
    }
}
