//! What comparisons and functions do with values.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value};

use super::error::EvaluationError;

/// Bytes that a compiled pattern may take.
const LARGEST_PATTERN: usize = 1 << 20;

/// The kind of a value, for messages.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Whether two values are equal; a text counts as what it reads as.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(text), other @ (Value::Number(_) | Value::Bool(_)))
        | (other @ (Value::Number(_) | Value::Bool(_)), Value::String(text)) => {
            read(text).is_some_and(|it| equal(&it, other))
        }
        (Value::Number(left), Value::Number(right)) => numbers(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        _ => left == right,
    }
}

/// Which of two values is larger; `None` where they have no order.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => numbers(left, right),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::String(text), Value::Number(right)) => match read(text)? {
            Value::Number(left) => numbers(&left, right),
            _ => None,
        },
        (Value::Number(_), Value::String(_)) => order(right, left).map(Ordering::reverse),
        _ => None,
    }
}

/// Whether `part` is an element, a key or a part of `whole`; `None` where nothing can be in it.
pub(super) fn contains(whole: &Value, part: &Value) -> Option<bool> {
    match (whole, part) {
        (Value::Array(elements), _) => Some(elements.iter().any(|it| equal(it, part))),
        (Value::Object(keys), Value::String(key)) => Some(keys.contains_key(key)),
        (Value::String(text), Value::String(part)) => Some(text.contains(part.as_str())),
        (Value::String(text), Value::Number(part)) => Some(text.contains(&part.to_string())),
        // What is not there holds nothing.
        (Value::Null, _) => Some(false),
        _ => None,
    }
}

/// The pattern of a text, linear in time and bounded in size.
pub(super) fn pattern(text: &str) -> Result<Regex, EvaluationError> {
    RegexBuilder::new(text)
        .size_limit(LARGEST_PATTERN)
        .dfa_size_limit(LARGEST_PATTERN)
        .build()
        .map_err(|error| EvaluationError::Pattern {
            pattern: text.chars().take(60).collect(),
            // Its text is a drawing of several lines; the last says what is wrong.
            reason: match error.to_string().lines().last() {
                Some(last) => last.trim_start_matches("error: ").to_owned(),
                None => "it cannot be read".to_owned(),
            },
        })
}

/// Integers as integers, so that no two of 64 bits are taken for one.
fn numbers(left: &Number, right: &Number) -> Option<Ordering> {
    let whole = |it: &Number| {
        let unsigned = it.as_u64().map(i128::from);
        unsigned.or_else(|| it.as_i64().map(i128::from))
    };
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// The number, true or false that a text reads as.
fn read(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    matches!(value, Value::Number(_) | Value::Bool(_)).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_counts_as_what_it_reads_as() {
        for (left, right, is_equal) in [
            (json!("8"), json!(8), true),
            (json!("8.0"), json!(8), true),
            (json!("false"), json!(false), true),
            (json!("no"), json!(false), false),
            (json!("true"), json!(1), false),
            (json!(""), json!(0), false),
            (json!(null), json!(false), false),
            (json!(null), json!("null"), false),
            (json!("8"), json!("8.0"), false),
            (json!(["1"]), json!([1]), true),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992_u64),
                false,
            ),
        ] {
            assert_eq!(equal(&left, &right), is_equal, "{left} {right}");
            assert_eq!(equal(&right, &left), is_equal, "{right} {left}");
        }
    }

    #[test]
    fn only_numbers_and_texts_have_an_order() {
        assert_eq!(order(&json!("10"), &json!("9")), Some(Ordering::Less));
        assert_eq!(order(&json!("10"), &json!(9)), Some(Ordering::Greater));
        assert_eq!(order(&json!(9), &json!("10")), Some(Ordering::Less));
        assert_eq!(order(&json!("ten"), &json!(9)), None);
        assert_eq!(order(&json!(true), &json!(false)), None);
    }

    #[test]
    fn a_pattern_is_bounded() {
        assert!(pattern("^v\\d+$").is_ok());
        assert!(pattern("(").is_err());
        assert!(pattern("(a{1000}){1000}").is_err());
    }
}
