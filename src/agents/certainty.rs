//! How far a finding can be trusted: exactness of the method, stability of the answer, completeness
//! of the data.
//!
//! A tag stands only where its subject was measured: an exact ranking needs no word on stability, and
//! a method that was run once gets none.

use super::findings::FindingInput;
use crate::algorithms::{Algorithm, Exactness, Quantity};
use crate::engine::Detected;
use crate::model::{
    fact::FactValue,
    finding::Instance,
    format::{cell, exactness},
    schema::Issue,
    vertical::Detector,
};

/// Share of neighbours that other starting orders must sort alike for a division to be called stable.
const STABLE_SHARE: f64 = 0.9;

/// Ranks whose order is judged; what comes later is seldom acted on.
const RANKS: usize = 10;

/// The tags of a finding, in the order in which they are read.
pub(super) fn tags(input: &FindingInput<'_>, detector: &Detector, detected: &Detected) -> Vec<String> {
    let instances: Vec<&Instance> = detected.found.iter().map(|it| &it.instance).collect();
    let mut tags = vec![exactness(input.execution, &detector.order_by)];
    tags.extend(division(input).or_else(|| ranking(input, detector, &instances)));
    tags.push(data(input));
    tags
}

/// Whether other runs sort neighbours alike, where there were others.
fn division(input: &FindingInput<'_>) -> Option<String> {
    let trials = match &input.template.algorithm {
        Algorithm::Louvain(config) => config.trials,
        Algorithm::Leiden(config) => config.trials,
        _ => return None,
    };
    if trials < 2 {
        return None;
    }
    let summary = &input.execution.summary;
    let agreement = summary.iter().find(|it| it.name == "agreement")?.value;
    let word = if agreement >= STABLE_SHARE {
        "stable"
    } else {
        "sensitive"
    };
    let share = cell(&FactValue::Number(agreement), Quantity::Share);
    Some(format!(
        "{word}: runs from other starting orders sort at least {share} of neighbours alike"
    ))
}

/// How many of the first ranks a sample settles: two estimates within their error keep their order
/// when they are more than twice the error apart.
fn ranking(input: &FindingInput<'_>, detector: &Detector, instances: &[&Instance]) -> Option<String> {
    if !matches!(input.execution.exactness, Exactness::Sampled { .. }) || !detector.group_by.is_empty() {
        return None;
    }
    let error = input.execution.error_of(&detector.order_by)?;
    let ranks = instances.len().saturating_sub(1).min(RANKS);
    let apart = |pair: &&[&Instance]| (pair[0].value - pair[1].value).abs() > 2.0 * error;
    let settled = instances.windows(2).take(ranks).take_while(apart).count();
    match (settled, ranks) {
        (_, 0) => None,
        (settled, ranks) if settled == ranks => {
            Some(format!("stable: the error moves none of the first {ranks} ranks"))
        }
        (0, _) => Some("sensitive: the error could move even the first rank".to_owned()),
        (settled, _) => Some(format!(
            "sensitive: the error could move ranks from number {} on",
            settled + 1
        )),
    }
}

/// What the data lacks.
fn data(input: &FindingInput<'_>) -> String {
    let count = |number: u64| cell(&FactValue::Integer(number.cast_signed()), Quantity::Count);
    let seen = |issue: &&Issue| input.template.projection.may_see(issue, input.census);
    let issues = input.census.issues.iter().filter(seen);
    let mut lacks: Vec<String> = issues
        .map(|it| format!("{} in {}: {}", count(it.count), it.place, it.treatment))
        .collect();
    lacks.extend(input.execution.exclusions.iter().cloned());
    if lacks.is_empty() {
        "data complete".to_owned()
    } else {
        format!("data partial: {}", lacks.join("; "))
    }
}
