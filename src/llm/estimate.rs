//! How many tokens a text takes, before a provider counts them.
//!
//! Tokenisers differ; this is an upper estimate for the usual ones (byte-pair encodings of 32,000 entries
//! and more), so that what is reserved suffices: three bytes of ASCII a token, where English takes about four;
//! each digit a token, as some take them; two tokens for a character of other scripts, four for an emoji. A
//! server whose tokens are bytes takes up to three times as many.

use super::Request;

/// Tokens that a turn takes beside its text: speaker and separators.
const TURN: u64 = 8;

/// Tokens of `text` at most, as a rule.
pub fn tokens_of(text: &str) -> u64 {
    let (mut plain, mut dear) = (0_u64, 0_u64);
    for one in text.chars() {
        match one.len_utf8() {
            1 if one.is_ascii_digit() => dear += 1,
            1 => plain += 1,
            2 | 3 => dear += 2,
            _ => dear += 4,
        }
    }
    plain.div_ceil(3) + dear
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
        assert_eq!(tokens_of("2026"), 4);
        assert_eq!(tokens_of("🦀"), 4);
    }
}
