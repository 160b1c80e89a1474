//! What a plain scalar means: YAML 1.2's core schema, less its surprises.
//!
//! `null ~`, `true false` (and their capitalised forms), decimal, `0x` and `0o` integers and floats. What is
//! not one of those is text; so are `yes`, `no`, `on`, `1.2.3`, and digits with a leading zero, which are
//! more often an identifier than a number.

use serde_json::{Number, Value};

/// The value of a plain scalar.
pub(super) fn resolved(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix: &str, radix| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix)
            .ok()
            .filter(|_| !digits.starts_with('+'))
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(number.into());
    }
    let mut letters = unsigned.chars();
    if !letters.next()?.is_ascii_digit() && !unsigned.starts_with('.') {
        return None;
    }
    let zero_led = unsigned.len() > 1 && unsigned.starts_with('0') && letters.next()?.is_ascii_digit();
    let numeric = unsigned
        .chars()
        .all(|it| it.is_ascii_digit() || matches!(it, '.' | 'e' | 'E' | '+' | '-'));
    if zero_led || !numeric {
        return None;
    }
    if unsigned.chars().all(|it| it.is_ascii_digit()) {
        let whole = text.strip_prefix('+').unwrap_or(text);
        // Longer than 64 bits: as text, every digit is kept.
        return whole
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| whole.parse::<i64>().map(Number::from))
            .ok();
    }
    Number::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("True", json!(true)),
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("+3", json!(3)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("0", json!(0)),
            ("0.5", json!(0.5)),
        ] {
            assert_eq!(resolved(text), value, "{text}");
        }
    }

    #[test]
    fn what_looks_odd_is_text() {
        for text in [
            "yes",
            "no",
            "on",
            "1.0.0",
            "007",
            "1_000",
            "-",
            ".",
            "0x",
            "0x+1",
            ".inf",
            ".nan",
            "1e999",
            "99999999999999999999999",
            "12:30",
            "5m",
            "e3",
            "infinity",
        ] {
            assert_eq!(resolved(text), json!(text), "{text}");
        }
    }
}
