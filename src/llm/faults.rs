//! What is wrong with an answer, in the words that the model is shown.
//!
//! A reason is a JSON pointer and a rule; values the model wrote are masked, so that a reason may stand in an
//! event. Their number and length are capped.

use garde::Report;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// Reasons that are told at most.
const MOST: usize = 8;

/// Characters of a reason at most.
const LONGEST: usize = 240;

/// What in `value` does not fit the form.
pub(super) fn of_form(validator: &Validator, value: &Value) -> Vec<String> {
    // One more than is told, so that it is known that there are more.
    let errors = validator.iter_errors(value).take(4 * MOST);
    errors.map(|error| reason_of(&error)).collect()
}

fn reason_of(error: &ValidationError<'_>) -> String {
    if let ValidationErrorKind::AnyOf { context } = error.kind() {
        // The alternative that was nearest is the one that was meant.
        let nearest = context
            .iter()
            .filter(|it| !it.is_empty())
            .min_by_key(|it| it.len());
        if let Some(first) = nearest.and_then(|it| it.first()) {
            return reason_of(first);
        }
    }
    let place = error.instance_path().as_str();
    let rule = error.masked().to_string();
    match error.kind() {
        // Cut, a list of words would be wrong, and half a word of somebody's data might stand at its end.
        ValidationErrorKind::Enum { .. } if place.len() + rule.len() > LONGEST - 8 => {
            at(place, "value is not one of the words that the form allows here")
        }
        _ => at(place, &rule),
    }
}

/// What in a value that fits the form breaks a rule of its type.
pub(super) fn of_rules(report: &Report) -> Vec<String> {
    let pointer = |path: String| {
        let steps = path.replace('[', "/").replace(']', "").replace('.', "/");
        if steps.is_empty() {
            steps
        } else {
            format!("/{}", steps.trim_start_matches('/'))
        }
    };
    let faults = report.iter();
    faults
        .map(|(path, error)| at(&pointer(path.to_string()), error.message()))
        .collect()
}

fn at(pointer: &str, what: &str) -> String {
    let place = if pointer.is_empty() { "/" } else { pointer };
    format!("at {place}: {what}")
}

/// The reasons as they are told: cleaned, cut, and not too many.
pub(super) fn told(reasons: Vec<String>) -> Vec<String> {
    let more = reasons.len().saturating_sub(MOST);
    let mut told: Vec<String> = reasons.iter().take(MOST).map(|it| cleaned(it)).collect();
    if more > 0 {
        told.push(format!("and {more} more of the kind"));
    }
    told
}

/// One line without control characters, cut after [`LONGEST`] characters.
pub(super) fn cleaned(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .take(LONGEST)
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_names_the_place_and_the_rule_and_not_the_value() {
        let form = json!({"type": "object", "properties": {
            "kind": {"enum": ["a", "b"]},
            "part": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {
                "name": {"type": "string", "maxLength": 3}
            }}]}
        }});
        let validator = jsonschema::validator_for(&form).unwrap();
        let reasons = of_form(&validator, &json!({"kind": "secret", "part": {"name": "secret"}}));
        assert_eq!(reasons.len(), 2);
        assert!(
            reasons[0].starts_with("at /kind: ") && reasons[0].contains("\"a\""),
            "{reasons:?}"
        );
        assert!(reasons.iter().all(|it| !it.contains("secret")), "{reasons:?}");
    }

    #[test]
    fn a_list_of_words_is_told_whole_or_not_at_all() {
        let words: Vec<String> = (0..3).map(|it| format!("{it}").repeat(150)).collect();
        let validator = jsonschema::validator_for(&json!({"enum": words})).unwrap();
        let reasons = of_form(&validator, &json!("x"));
        assert_eq!(
            reasons,
            ["at /: value is not one of the words that the form allows here"]
        );
    }

    #[test]
    fn reasons_are_few_and_short() {
        let many = told(vec!["x".repeat(5000) + "\u{1b}[31m"; 30]);
        assert_eq!(many.len(), MOST + 1);
        assert_eq!(many[MOST], "and 22 more of the kind");
        assert!(many.iter().all(|it| it.chars().count() <= LONGEST + 1));
        assert_eq!(cleaned("a\u{1b}\nb"), "a  b");
    }
}
