//! Numbers that briefs set: digits and number words, what they bound, and in which unit.
//!
//! `10,000`, `10 000`, `10k`, `1.5 million`, `twenty-five` and `half a dozen` are numbers. A comma or a full stop
//! in front of exactly three digits groups them when it is a comma or occurs more than once;
//! otherwise it is the decimal mark.

use super::cues::{Cue, cues};
use super::lexicon::{self as lists, is_listed};
use super::tokens::Token;
use crate::model::requirements::Bound;

/// A number of a passage with what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Which side it bounds.
    pub bound: Bound,
    /// Whether the bound itself is excluded ("fewer than ten").
    pub strict: bool,
    /// Words next to it that say what is counted, lower case.
    pub subject: String,
    /// Words of the clause that it stands in, as written.
    pub clause: String,
    /// Position of its first word.
    pub at: usize,
}

const WORDS: [(&str, f64); 32] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("hundred", 100.0),
    ("thousand", 1000.0),
    ("million", 1e6),
    ("billion", 1e9),
    ("dozen", 12.0),
];

/// At most this many things may be named, where a quantity counts things.
pub fn as_limit(quantity: &Quantity) -> Option<u32> {
    let counts_things = !quantity.subject.is_empty() && !is_unit(&quantity.subject);
    let whole = quantity.value >= 1.0 && quantity.value <= 1e6 && quantity.value.fract() == 0.0;
    if !(counts_things && whole && quantity.bound == Bound::AtMost) {
        return None;
    }
    let limit = quantity.value as u32 - u32::from(quantity.strict);
    (limit > 0).then_some(limit)
}

/// Whether the first word is a unit of time, length, money or share.
pub fn is_unit(subject: &str) -> bool {
    subject
        .split(' ')
        .next()
        .is_some_and(|it| is_listed(lists::UNITS, it))
}

/// The unit that the words want an answer in: "in minutes", "measured in km".
pub fn unit(words: &[Token]) -> Option<String> {
    let asked = words
        .windows(2)
        .find(|pair| ["in", "by"].contains(&pair[0].word.as_str()) && is_listed(lists::UNITS, &pair[1].word));
    let counted = || {
        words
            .windows(3)
            .find(|it| it[0].word == "how" && it[1].word == "many" && is_listed(lists::UNITS, &it[2].word))
            .map(|it| it[2].word.clone())
    };
    asked.map(|pair| pair[1].word.clone()).or_else(counted)
}

/// Whether a number of this value stands among the words, in digits or spelled out.
pub(super) fn stands(words: &[Token], value: f64) -> bool {
    (0..words.len()).any(|at| number(words, at).is_some_and(|it| it.0 == value))
}

/// The words around numbers, compiled once.
#[derive(Clone, Debug)]
pub struct Numbers {
    before: [(Bound, bool, Vec<Cue>); 4],
    behind: [(Bound, Vec<Cue>); 2],
    top: Vec<Cue>,
    superlatives: Vec<Cue>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new()
    }
}

impl Numbers {
    /// Compiles the word lists.
    pub fn new() -> Self {
        Self {
            before: [
                (Bound::AtMost, false, cues(lists::AT_MOST.lines())),
                (Bound::AtLeast, false, cues(lists::AT_LEAST.lines())),
                (Bound::AtMost, true, cues(lists::UNDER.lines())),
                (Bound::AtLeast, true, cues(lists::OVER.lines())),
            ],
            behind: [
                (Bound::AtLeast, cues(lists::OR_MORE.lines())),
                (Bound::AtMost, cues(lists::OR_LESS.lines())),
            ],
            top: cues(lists::TOP.lines()),
            superlatives: cues(lists::SUPERLATIVES.lines()),
        }
    }

    /// The numbers of a passage, in order. A number word counts only where something bounds it, because
    /// "one" and "two" are mostly no figures.
    pub fn quantities(&self, words: &[Token], text: &str) -> Vec<Quantity> {
        let mut found = Vec::new();
        let first_cell = text.find(" | ");
        let mut at = 0;
        while at < words.len() {
            let Some((value, length)) = number(words, at) else {
                at += 1;
                continue;
            };
            let (mut bound, strict) = self.bound(words, at, length);
            if bound == Bound::Value && value >= 2.0 && self.wants(words, at, length) {
                bound = Bound::AtMost;
            }
            let digits = words[at].word.starts_with(|it: char| it.is_ascii_digit());
            if digits || bound != Bound::Value {
                let (mut subject, behind) = subject(words, at, length, self);
                let in_cell = first_cell.is_some_and(|it| it < words[at].start);
                if let Some(first) = words.first().filter(|_| subject.is_empty() && in_cell) {
                    // A number alone in its cell counts what the row is about.
                    subject.clone_from(&first.word);
                }
                found.push(Quantity {
                    value,
                    bound,
                    strict,
                    subject,
                    clause: clause(words, text, at, behind),
                    at,
                });
            }
            at += length;
        }
        found
    }

    /// What bounds the number at `at`, and whether the bound is excluded.
    fn bound(&self, words: &[Token], at: usize, length: usize) -> (Bound, bool) {
        let behind = at + length;
        // The unit may stand between: "20 packages or fewer".
        for (bound, cues) in &self.behind {
            if (behind..behind + 2).any(|from| cues.iter().any(|it| it.begins(words, from))) {
                return (*bound, false);
            }
        }
        // Articles and currencies may stand between: "at most a dozen", "under € 10".
        let mut end = at;
        while end > 0
            && ["a", "an", "the", "about", "eur", "usd", "gbp"].contains(&words[end - 1].word.as_str())
        {
            end -= 1;
        }
        for reach in (1..=8).rev() {
            let Some(from) = end.checked_sub(reach) else {
                continue;
            };
            let ends_here = |it: &Cue| {
                it.find(&words[from..end], &|_| true)
                    .is_some_and(|places| places.first() == Some(&0) && places.last() == Some(&(reach - 1)))
            };
            for (bound, strict, cues) in &self.before {
                if cues.iter().any(ends_here) {
                    return (*bound, *strict);
                }
            }
        }
        (Bound::Value, false)
    }

    /// Whether so many are wanted: "top ten", "the ten busiest", "name the ten". One is no number
    /// in "which one".
    fn wants(&self, words: &[Token], at: usize, length: usize) -> bool {
        let mut asked = at;
        while asked > 0 && is_listed("the us me our out", &words[asked - 1].word) {
            asked -= 1;
        }
        let top = asked
            .checked_sub(1)
            .is_some_and(|it| self.top.iter().any(|cue| cue.begins(words, it)));
        let superlative = words.get(at + length).is_some_and(|it| {
            it.word.len() > 4 && it.word.ends_with("est") || is_listed("most worst best top", &it.word)
        });
        top || superlative
    }
}

/// What the number counts, and the position behind it.
fn subject(words: &[Token], at: usize, length: usize, phrases: &Numbers) -> (String, usize) {
    let mut from = at + length;
    while phrases.superlatives.iter().any(|it| it.begins(words, from)) {
        from += 1;
    }
    let before = at.checked_sub(1).map(|it| words[it].word.as_str());
    if let Some(currency) = before.filter(|it| ["eur", "usd", "gbp"].contains(it)) {
        return (currency.to_owned(), at + length);
    }
    match words.get(from) {
        Some(word) if !is_listed(lists::STOPS, &word.word) => (word.word.clone(), from + 1),
        Some(_) | None => (String::new(), at + length),
    }
}

/// The clause around the words from `at` up to `behind`, as written.
fn clause(words: &[Token], text: &str, at: usize, behind: usize) -> String {
    let breaks = |left: usize| {
        words.get(left + 1).is_none_or(|next| {
            text[words[left].end..next.start].contains([',', ';', ':', '.', '!', '?', '(', ')', '|', '–'])
        })
    };
    let mut first = at;
    while first > 0 && at - first < 12 && !breaks(first - 1) {
        first -= 1;
    }
    let mut last = behind
        .saturating_sub(1)
        .max(at)
        .min(words.len().saturating_sub(1));
    while last + 1 < words.len() && last < behind + 8 && !breaks(last) {
        last += 1;
    }
    text[words[first].start..words[last].end].to_owned()
}

/// The number that begins at `at`, and how many words it takes.
fn number(words: &[Token], at: usize) -> Option<(f64, usize)> {
    let first = words[at].word.as_str();
    if first.starts_with(|it: char| it.is_ascii_digit()) {
        let (mut value, mut scale) = digits(first)?;
        let mut length = 1;
        // "30m" is a length or a time unless it is money.
        let money = |it: usize| words.get(it).is_some_and(|it| is_listed(lists::MONEY, &it.word));
        if first.ends_with('m') && !(money(at + 1) || at > 0 && money(at - 1)) {
            scale = 1.0;
        }
        // "10 000": groups of three behind one to three digits.
        let short = first.len() <= 3 && scale == 1.0;
        while short
            && words
                .get(at + length)
                .is_some_and(|it| it.word.len() == 3 && it.word.bytes().all(|b| b.is_ascii_digit()))
        {
            value = value * 1000.0 + words[at + length].word.parse::<f64>().ok()?;
            length += 1;
        }
        value *= scale;
        let million = |it: &str| it == "m" && (money(at + length + 1) || at > 0 && money(at - 1));
        let scale = words.get(at + length).map(|it| it.word.as_str());
        let scale = scale.filter(|it| *it != "m" || million(it)).and_then(magnitude);
        if let Some(scale) = scale {
            return Some((value * scale, length + 1));
        }
        return Some((value, length));
    }
    if first == "half" && words.get(at + 1)?.word == "a" && words.get(at + 2)?.word == "dozen" {
        return Some((6.0, 3));
    }
    let mut total = 0.0_f64;
    let mut length = 0;
    while let Some(value) = words.get(at + length).and_then(|it| named(&it.word)) {
        // Ten, a hundred and more multiply what stands before; smaller ones add to it.
        total = match total {
            0.0 => value,
            _ if value >= 100.0 || value == 12.0 => total * value,
            _ if value < 10.0 && total % 10.0 == 0.0 => total + value,
            _ => break,
        };
        length += 1;
    }
    (length > 0).then_some((total, length))
}

/// Whether a word is a number; "one" has other uses.
pub(super) fn stands_for_number(word: &str) -> bool {
    word != "one" && named(word).is_some()
}

fn named(word: &str) -> Option<f64> {
    WORDS.iter().find(|it| it.0 == word).map(|it| it.1)
}

fn magnitude(word: &str) -> Option<f64> {
    named(word).filter(|it| *it >= 1000.0).or(match word {
        "k" => Some(1e3),
        "m" | "mn" | "mio" => Some(1e6),
        _ => None,
    })
}

/// Value and scale of a word that begins with a digit: `10,000`, `1.5`, `10k`.
fn digits(word: &str) -> Option<(f64, f64)> {
    let body = word.trim_end_matches(|it: char| it.is_alphabetic());
    let scale = match &word[body.len()..] {
        "" => 1.0,
        "k" => 1e3,
        "m" => 1e6,
        _ => return None,
    };
    let groups: Vec<&str> = body.split([',', '.']).collect();
    let marks = groups.len() - 1;
    let in_threes = marks > 0 && groups[1..].iter().all(|it| it.len() == 3);
    let plain = if body.contains(',') && body.contains('.') {
        // Both marks: the last is the decimal mark, and those before it group by threes.
        let (whole, decimals) = body.rsplit_once([',', '.'])?;
        if groups[1..marks].iter().any(|it| it.len() != 3) {
            return None;
        }
        format!("{}.{decimals}", whole.replace([',', '.'], ""))
    } else if in_threes && (marks > 1 || body.contains(',')) {
        body.replace([',', '.'], "")
    } else {
        body.replace(',', ".")
    };
    plain
        .parse()
        .ok()
        .filter(|it: &f64| it.is_finite())
        .map(|it| (it, scale))
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn read(text: &str) -> Vec<(f64, Bound, String)> {
        Numbers::new()
            .quantities(&tokens(text), text)
            .into_iter()
            .map(|it| (it.value, it.bound, it.subject))
            .collect()
    }

    fn one(text: &str, value: f64, bound: Bound, subject: &str) {
        assert_eq!(read(text), [(value, bound, subject.to_owned())], "{text}");
    }

    #[test]
    fn bounds_are_read_from_the_words_around_a_number() {
        one(
            "At most 10 stations can get a crew",
            10.0,
            Bound::AtMost,
            "stations",
        );
        one("Closures last less than one day", 1.0, Bound::AtMost, "day");
        one(
            "no more than twenty-five packages",
            25.0,
            Bound::AtMost,
            "packages",
        );
        one("a list of up to half a dozen", 6.0, Bound::AtMost, "");
        one("a dozen stops or fewer", 12.0, Bound::AtMost, "stops");
        one("reports are due from 10,000 EUR", 10_000.0, Bound::AtLeast, "eur");
        one("not less than €1.5k a day", 1500.0, Bound::AtLeast, "eur");
        one("the ten busiest stops", 10.0, Bound::AtMost, "stops");
        one("Name the top 5 hubs", 5.0, Bound::AtMost, "hubs");
        one("groups of 3 or more accounts", 3.0, Bound::AtLeast, "");
        one("in 24 hours", 24.0, Bound::Value, "hours");
        one("under 10 000 dollars", 10_000.0, Bound::AtMost, "dollars");
        one("from 10,000.00 EUR", 10_000.0, Bound::AtLeast, "eur");
        one("just under €9,999.99", 9_999.99, Bound::AtMost, "eur");
        one("over 1.234.567,5 euros", 1_234_567.5, Bound::AtLeast, "euros");
        one("over $1.5m a year", 1_500_000.0, Bound::AtLeast, "usd");
        one("within 30m of", 30.0, Bound::AtMost, "");
        assert!(read("one of the two maintainers").is_empty());
    }

    #[test]
    fn limits_count_things_and_keep_strict_bounds() {
        let limit = |text: &str| {
            Numbers::new()
                .quantities(&tokens(text), text)
                .iter()
                .find_map(as_limit)
        };
        assert_eq!(limit("fewer than ten stations"), Some(9));
        assert_eq!(limit("at most 20 packages each"), Some(20));
        assert_eq!(limit("less than one day"), None);
        assert_eq!(limit("within 30 minutes"), None);
    }

    #[test]
    fn clauses_are_cut_at_marks() {
        let text = "Transfers are frequent, reports are due from 10,000 EUR; nothing else.";
        assert_eq!(
            Numbers::new().quantities(&tokens(text), text)[0].clause,
            "reports are due from 10,000 EUR"
        );
    }

    #[test]
    fn units_are_asked_for_with_in() {
        assert_eq!(
            unit(&tokens("hardest to reach (in minutes)")).as_deref(),
            Some("minutes")
        );
        assert_eq!(unit(&tokens("how many hops away")).as_deref(), Some("hops"));
        assert_eq!(unit(&tokens("in districts")), None);
    }
}
