//! Makes a pattern's fact hints into derivations that stand on their own: conditions, limits and
//! the detector are written in, so that a fact is computed again without the pattern.

use serde::{Serialize, de::DeserializeOwned};

use super::findings::FindingInput;
use crate::algorithms::{Algorithm, Quantity};
use crate::model::{
    fact::{Condition, Derivation, DetectedWant, FactValue},
    template::Assignment,
    vertical::{Detector, FactHint},
};

/// How a value given by a band begins.
pub(super) const THRESHOLD: &str = "threshold";

/// The hint's derivation with the detector's conditions and the brief's limit on names.
pub(super) fn instantiate(
    hint: &FactHint,
    detector: &Detector,
    limit: Option<u32>,
    assignment: &Assignment,
    attributes: &[String],
) -> Derivation {
    let mut derivation = with_attributes(&hint.derive, attributes);
    match &mut derivation {
        Derivation::Rows { filter, .. }
        | Derivation::Aggregate { filter, .. }
        | Derivation::Nth { filter, .. }
        | Derivation::Groups { filter, .. }
        | Derivation::NthGroup { filter, .. } => narrow(filter, hint, detector),
        Derivation::Top { filter, count, .. } => {
            narrow(filter, hint, detector);
            *count = (*count).min(limit.unwrap_or(u32::MAX));
        }
        Derivation::Detected {
            detector: whole,
            want,
        } => {
            **whole = detector.clone();
            // What is shown changes no instance; without it the derivation reads shorter.
            whole.columns.clear();
            whole.show = None;
            if let DetectedWant::Labels(count) | DetectedWant::Names(_, count) = want {
                *count = (*count).min(limit.unwrap_or(u32::MAX));
            }
        }
        Derivation::Given { by } if by == THRESHOLD => {
            if let Some((_, source)) = &assignment.threshold {
                *by = format!("{THRESHOLD} of {source}");
            }
        }
        Derivation::Ratio { .. }
        | Derivation::Summary { .. }
        | Derivation::Census { .. }
        | Derivation::Given { .. } => {}
    }
    derivation
}

/// The value with `@1`, `@2`, … replaced by the columns of the attributes that were found.
pub(super) fn with_attributes<T: Serialize + DeserializeOwned + Clone>(
    value: &T,
    attributes: &[String],
) -> T {
    let replaced = serde_json::to_value(value).ok().map(|mut json| {
        replace(&mut json, attributes);
        serde_json::from_value(json)
    });
    // What was written by serde is read by it; a value that is not has no placeholders either.
    replaced.and_then(Result::ok).unwrap_or_else(|| value.clone())
}

fn replace(json: &mut serde_json::Value, attributes: &[String]) {
    match json {
        serde_json::Value::String(text) => {
            let (name, title) = text
                .split_once(": ")
                .map_or((text.as_str(), None), |it| (it.0, Some(it.1)));
            let place = name.strip_prefix('@').and_then(|it| it.parse::<usize>().ok());
            if let Some(attribute) = place.and_then(|it| attributes.get(it.wrapping_sub(1))) {
                *text = title.map_or_else(|| format!("@{attribute}"), |it| format!("@{attribute}: {it}"));
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|it| replace(it, attributes)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|it| replace(it, attributes)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

fn narrow(filter: &mut Vec<Condition>, hint: &FactHint, detector: &Detector) {
    if hint.hits {
        filter.extend(detector.hits.iter().cloned());
    }
}

/// A value that nothing computes: `threshold` of the band, `limit` of the brief, or
/// `parameter NAME` of the template.
pub(super) fn given(by: &str, input: &FindingInput<'_>) -> Result<FactValue, String> {
    let none = |what: &str| format!("there is no {what}");
    match by {
        THRESHOLD => {
            let threshold = input.assignment.threshold.as_ref();
            threshold
                .map(|(value, _)| FactValue::Number(*value))
                .ok_or_else(|| none("threshold"))
        }
        "limit" => {
            let limit = input.use_case.limit;
            limit
                .map(|it| FactValue::Integer(i64::from(it)))
                .ok_or_else(|| none("limit in the brief"))
        }
        _ => {
            let name = by.strip_prefix("parameter ").ok_or_else(|| none(by))?;
            parameter(&input.template.algorithm, name).ok_or_else(|| none(by))
        }
    }
}

/// The value of a parameter, where it is a number.
pub(super) fn parameter(algorithm: &Algorithm, name: &str) -> Option<FactValue> {
    let json = serde_json::to_value(algorithm).ok()?;
    let value = json.get(name)?;
    let whole = value.as_i64().map(FactValue::Integer);
    whole.or_else(|| value.as_f64().map(FactValue::Number))
}

/// The unit of a fact: that of the weight where the fact measures weights.
pub(super) fn unit_of(quantity: Quantity, assignment: &Assignment) -> String {
    match quantity {
        Quantity::Weight => assignment.unit.clone(),
        Quantity::Count
        | Quantity::Score
        | Quantity::Share
        | Quantity::Hops
        | Quantity::Duration
        | Quantity::Instant
        | Quantity::Flag
        | Quantity::Name => String::new(),
    }
}
