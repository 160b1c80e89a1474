//! The words of a text, each with its place.

/// A word of a passage with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without apostrophes; `10,000` is one word, `%` is `percent`, `€` is `eur`.
    pub word: String,
    /// Byte offset in the passage's text.
    pub start: usize,
    /// Byte offset behind.
    pub end: usize,
}

/// The words of a text in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut inside = false;
    let mut marks = text.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let next = marks.peek().map(|it| it.1);
        let digit_before = inside && text[..at].ends_with(|it: char| it.is_ascii_digit());
        let in_number =
            matches!(mark, '.' | ',') && digit_before && next.is_some_and(|it| it.is_ascii_digit());
        let apostrophe = matches!(mark, '\'' | '’') && inside && next.is_some_and(char::is_alphabetic);
        let end = at + mark.len_utf8();
        if mark.is_alphanumeric() || in_number || apostrophe {
            if !inside {
                found.push(token("", at, at));
            }
            if let Some(last) = found.last_mut() {
                last.end = end;
                if !apostrophe {
                    last.word.extend(mark.to_lowercase());
                }
            }
            inside = true;
        } else {
            inside = false;
            let symbol = match mark {
                '%' => "percent",
                '€' => "eur",
                '$' => "usd",
                '£' => "gbp",
                _ => continue,
            };
            found.push(token(symbol, at, end));
        }
    }
    found
}

fn token(word: &str, start: usize, end: usize) -> Token {
    Token {
        word: word.to_owned(),
        start,
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_numbers_whole_and_name_signs() {
        let words: Vec<String> = tokens("The station’s €10,000, 5% or 1.5 days.")
            .into_iter()
            .map(|it| it.word)
            .collect();
        assert_eq!(
            words,
            [
                "the", "stations", "eur", "10,000", "5", "percent", "or", "1.5", "days"
            ]
        );
    }
}
