//! How facts are written for people: the one rounding rule that every face of a report shares.
//!
//! Law: what is written depends on value, quantity and unit only. Prose keeps three significant
//! digits; whole numbers of things are written in full. The full value stays in the fact.

use super::execution::Execution;
use super::fact::{Claim, Fact, FactValue};
use super::id::FactId;
use crate::algorithms::{Exactness, Quantity};

/// Whole values below this are written in full even where they are measured, not counted.
const FULL_BELOW: f64 = 100_000.0;

/// The value as it stands in a sentence: rounded, with thousands separators and its unit.
///
/// Shares become per cent, durations days to milliseconds, instants ISO 8601, lists are joined
/// with commas and "and". Values that are not finite are written in words.
pub fn render(value: &FactValue, quantity: Quantity, unit: &str) -> String {
    let text = cell(value, quantity);
    if matches!(value, FactValue::Text(_) | FactValue::List(_)) {
        return text;
    }
    let unit = match quantity {
        Quantity::Hops if unit.is_empty() => "hops",
        Quantity::Count | Quantity::Score | Quantity::Weight | Quantity::Hops => unit,
        Quantity::Share | Quantity::Duration | Quantity::Instant | Quantity::Flag | Quantity::Name => "",
    };
    with_unit(text, unit)
}

/// The value as it stands in a table cell, where the column's head names the unit.
pub fn cell(value: &FactValue, quantity: Quantity) -> String {
    match value {
        FactValue::Text(text) => text.clone(),
        FactValue::List(names) => join(names),
        FactValue::Integer(number) => match quantity {
            Quantity::Share => percent(*number as f64),
            Quantity::Duration => duration(*number as f64),
            Quantity::Instant => instant(*number),
            Quantity::Flag => flag(*number != 0),
            Quantity::Name => number.to_string(),
            Quantity::Count | Quantity::Score | Quantity::Hops | Quantity::Weight => {
                separated(&number.to_string())
            }
        },
        FactValue::Number(number) if !number.is_finite() => not_finite(*number).to_owned(),
        FactValue::Number(number) => match quantity {
            Quantity::Share => percent(*number),
            Quantity::Duration => duration(*number),
            Quantity::Instant => instant(*number as i64),
            Quantity::Flag => flag(*number != 0.0),
            Quantity::Count if number.fract() == 0.0 => separated(&format!("{number:.0}")),
            Quantity::Count | Quantity::Score | Quantity::Hops | Quantity::Weight | Quantity::Name => {
                rounded(*number)
            }
        },
    }
}

/// A number with three significant digits and thousands separators; whole numbers below 100,000
/// in full.
pub fn rounded(number: f64) -> String {
    if !number.is_finite() {
        return not_finite(number).to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.fract() == 0.0 && number.abs() < FULL_BELOW {
        return separated(&format!("{number:.0}"));
    }
    let scientific = format!("{number:.2e}");
    let exponent: i32 = scientific
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    if exponent < -6 {
        return scientific;
    }
    let nearest: f64 = scientific.parse().unwrap_or(number);
    let decimals = usize::try_from(2 - exponent).unwrap_or(0);
    let text = format!("{nearest:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    separated(text)
}

/// How exact an execution's values are; of a sample the error bound of `column`, or of every column
/// that has one where `column` has none.
pub fn exactness(execution: &Execution, column: &str) -> String {
    let confidence = match &execution.exactness {
        Exactness::Exact => return "exact".to_owned(),
        Exactness::Truncated { listed } => {
            let listed = cell(&FactValue::Integer(listed.cast_signed()), Quantity::Count);
            return format!("truncated at {listed} rows; more may exist");
        }
        Exactness::Unsettled { rounds, change } => {
            let rounds = cell(&FactValue::Integer(rounds.cast_signed()), Quantity::Count);
            let change = rounded(*change);
            return format!(
                "not settled: stopped after {rounds} rounds, the last of which still changed {change}"
            );
        }
        Exactness::Sampled { confidence, .. } => cell(&FactValue::Number(*confidence), Quantity::Share),
    };
    let columns = execution.tables.first().map_or(&[][..], |it| &it.columns);
    let bound = |name: &str, quantity| {
        let error = execution.error_of(name)?;
        Some(format!("± {}", cell(&FactValue::Number(error), quantity)))
    };
    let own = columns.iter().find(|it| it.name == column);
    let bounds = own
        .and_then(|it| bound(&it.name, it.quantity))
        .unwrap_or_else(|| {
            let all = columns.iter().filter_map(|it| {
                let bound = bound(&it.name, it.quantity)?;
                Some(format!("{} {bound}", it.name))
            });
            all.collect::<Vec<String>>().join(", ")
        });
    format!("sampled: {bounds} at {confidence} confidence")
}

/// Names joined for a sentence: `a`, `a and b`, `a, b and c`.
pub fn join(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A piece of a claim's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Words, braces already single.
    Words(String),
    /// A fact to be put in.
    Fact(FactId),
}

/// The words and fact ids of a claim's text, in order; doubled braces become single ones.
///
/// A brace that is neither doubled nor part of `{id}` is kept as a word, so that nothing is lost.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        words.push_str(&rest[..at]);
        let tail = &rest[at..];
        let id = tail
            .strip_prefix('{')
            .and_then(|it| it.split_once('}'))
            .map(|(id, _)| id)
            .filter(|id| !id.is_empty() && id.chars().all(|it| it.is_ascii_alphanumeric() || it == '_'));
        if tail.starts_with("{{") || tail.starts_with("}}") {
            words.push_str(&tail[..1]);
            rest = &tail[2..];
        } else if let Some(id) = id {
            if !words.is_empty() {
                found.push(Piece::Words(std::mem::take(&mut words)));
            }
            found.push(Piece::Fact(FactId::from(id)));
            rest = &tail[id.len() + 2..];
        } else {
            words.push_str(&tail[..1]);
            rest = &tail[1..];
        }
    }
    words.push_str(rest);
    if !words.is_empty() {
        found.push(Piece::Words(words));
    }
    found
}

/// The claim's sentence with every fact put in.
///
/// # Errors
///
/// The first fact id that `facts` lacks.
pub fn render_claim(claim: &Claim, facts: &[Fact]) -> Result<String, FactId> {
    let mut text = String::new();
    for piece in pieces(&claim.text) {
        match piece {
            Piece::Words(words) => text.push_str(&words),
            Piece::Fact(id) => {
                let fact = facts.iter().find(|it| it.id == id).ok_or(id)?;
                text.push_str(&render(&fact.value, fact.quantity, &fact.unit));
            }
        }
    }
    Ok(text)
}

fn with_unit(text: String, unit: &str) -> String {
    if unit.is_empty() {
        return text;
    }
    // "1 minutes" would be the only sentence in a report that nobody could have written.
    let unit = match unit.strip_suffix('s') {
        Some(one) if text == "1" && one.len() > 1 && !one.ends_with('s') => one,
        Some(_) | None => unit,
    };
    format!("{text} {unit}")
}

fn percent(share: f64) -> String {
    let text = rounded(share * 100.0);
    // Rounding must not turn "nearly all" into "all".
    if text == "100" && share < 1.0 {
        return "over 99.9 %".to_owned();
    }
    format!("{text} %")
}

fn duration(ms: f64) -> String {
    const SECOND: f64 = 1_000.0;
    const MINUTE: f64 = 60.0 * SECOND;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    // Each unit is kept until two (days: three) of the next are full: "90 minutes", "72 hours".
    let (unit, name) = match ms.abs() {
        size if size < SECOND => (1.0, "ms"),
        size if size < 2.0 * MINUTE => (SECOND, "seconds"),
        size if size < 2.0 * HOUR => (MINUTE, "minutes"),
        size if size <= 3.0 * DAY => (HOUR, "hours"),
        _ => (DAY, "days"),
    };
    with_unit(rounded(ms / unit), name)
}

fn instant(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{ms} ms since 1970"),
    }
}

fn flag(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn not_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "not defined"
    } else {
        "unreachable"
    }
}

/// Thousands separators in the digits before the decimal point.
fn separated(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |it| ("-", it));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The text on one line, cut between words and ended with "…" where it is longer than `most` characters.
pub fn shortened(text: &str, most: usize) -> String {
    let whole: Vec<&str> = text.split_whitespace().collect();
    let whole = whole.join(" ");
    if whole.chars().count() <= most {
        return whole;
    }
    let cut: String = whole.chars().take(most.saturating_sub(1)).collect();
    let kept = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_words() {
        assert_eq!(shortened("which  users\nlead?", 17), "which users lead?");
        assert_eq!(shortened("which users lead?", 16), "which users…");
        assert_eq!(shortened("überallhin", 5), "über…");
    }

    fn number(value: f64, quantity: Quantity, unit: &str) -> String {
        render(&FactValue::Number(value), quantity, unit)
    }

    #[test]
    fn counts_are_written_in_full_and_measures_with_three_significant_digits() {
        assert_eq!(render(&FactValue::Integer(63_666), Quantity::Count, ""), "63,666");
        assert_eq!(number(1_912_345.67, Quantity::Weight, "EUR"), "1,910,000 EUR");
        assert_eq!(number(12.345, Quantity::Weight, "minutes"), "12.3 minutes");
        assert_eq!(number(10_000.0, Quantity::Weight, ""), "10,000");
        assert_eq!(number(9.996, Quantity::Score, ""), "10");
        assert_eq!(number(0.000_123_456, Quantity::Score, ""), "0.000123");
        assert_eq!(number(-1234.5, Quantity::Score, ""), "-1,230");
    }

    #[test]
    fn shares_are_per_cent_and_never_rounded_up_to_all() {
        assert_eq!(number(0.307_4, Quantity::Share, ""), "30.7 %");
        assert_eq!(number(0.5, Quantity::Share, ""), "50 %");
        assert_eq!(number(1.0, Quantity::Share, ""), "100 %");
        assert_eq!(number(0.999_96, Quantity::Share, ""), "over 99.9 %");
    }

    #[test]
    fn units_of_time_follow_the_size() {
        assert_eq!(number(259_200_000.0, Quantity::Duration, ""), "72 hours");
        assert_eq!(number(86_400_000.0 * 4.5, Quantity::Duration, ""), "4.5 days");
        assert_eq!(number(1_000.0, Quantity::Duration, ""), "1 second");
        assert_eq!(
            render(&FactValue::Integer(0), Quantity::Instant, ""),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn one_of_a_unit_is_singular() {
        assert_eq!(render(&FactValue::Integer(1), Quantity::Hops, ""), "1 hop");
        assert_eq!(number(1.0, Quantity::Weight, "minutes"), "1 minute");
        assert_eq!(number(2.0, Quantity::Weight, "minutes"), "2 minutes");
    }

    #[test]
    fn pieces_keep_every_brace_that_is_not_a_citation() {
        let words = |text: &str| Piece::Words(text.to_owned());
        assert_eq!(
            pieces("a {{b}} {F3}, {not a fact} }"),
            [
                words("a {b} "),
                Piece::Fact("F3".into()),
                words(", {not a fact} }")
            ]
        );
    }

    #[test]
    fn a_claim_with_an_unknown_fact_is_refused() {
        let claim = Claim {
            id: "x.1.1".into(),
            text: "It is {F9}.".to_owned(),
            facts: vec!["F9".into()],
            by_model: false,
        };
        assert_eq!(render_claim(&claim, &[]), Err(FactId::from("F9")));
    }
}
