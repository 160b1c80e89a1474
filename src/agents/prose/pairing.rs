//! Which name a value in a sentence belongs to.

use super::Ground;
use super::said::is_list;
use super::sentence::{Part, is_name, row};
use crate::agents::lexicon::is_listed;
use crate::model::fact::{Derivation, DetectedWant, Fact};

/// Values of another row, or of another analysis, than the name that they stand with: the last one before them,
/// or the first of the sentence where none is before.
pub(super) fn pairing_faults(parts: &[Part<'_>], ground: &Ground<'_>) -> Vec<String> {
    let facts: Vec<&Fact> = parts.iter().filter_map(Part::fact).collect();
    let first = facts.iter().find(|it| is_name(it)).copied();
    let mut named: Option<&Fact> = None;
    let mut faults = Vec::new();
    let mut executions = facts.iter().filter_map(|it| it.execution.as_ref());
    let execution = executions.next();
    if executions.any(|it| Some(it) != execution) {
        faults.push("it cites facts of two analyses; write of one in a sentence".to_owned());
    }
    for fact in facts {
        if is_name(fact) {
            named = Some(fact);
            continue;
        }
        let Some(name) = named.or(first) else { continue };
        if is_of_another(fact, name, ground) || is_among(fact, parts, ground) {
            faults.push(format!(
                "{{{}}} is not the value of {{{}}}; write each value after its own name",
                fact.id, name.id
            ));
        }
    }
    faults
}

fn is_of_another(value: &Fact, name: &Fact, ground: &Ground<'_>) -> bool {
    if matches!((&name.execution, &value.execution), (Some(a), Some(b)) if a != b) {
        return true;
    }
    if ground.said.belongs(&value.id, &name.id) {
        return false;
    }
    match (row(name, ground.facts), row(value, ground.facts)) {
        (Some(of), Some(row)) => of != row,
        // Names of many, and the value of one of them.
        (None, Some(_)) if is_list(name) => !ground.said.are_together(&value.id, &name.id),
        (None, Some(_)) => ground.said.has_owner(&value.id),
        // A value that is said of one name is not said of another.
        (_, None) => !is_list(name) && ground.said.has_owner(&value.id) && is_of_one(value),
    }
}

/// Whether a value of one row stands in a sentence that lists others as if they were among what it counts.
fn is_among(value: &Fact, parts: &[Part<'_>], ground: &Ground<'_>) -> bool {
    let mut words = parts.iter().filter_map(Part::words).flat_map(|it| &it.list);
    let lists = words.any(|it| is_listed("among amongst include includes including", it));
    let Some(own) = row(value, ground.facts).filter(|_| lists) else {
        return false;
    };
    let names = parts.iter().filter_map(Part::fact).filter(|it| is_name(it));
    let mut others = names.filter(|it| !ground.said.are_together(&value.id, &it.id));
    others.any(|it| row(it, ground.facts).is_some_and(|it| it.list == own.list && it.nth != own.nth))
}

/// Whether a value is of one thing, though no row tells which.
pub(super) fn is_of_one(fact: &Fact) -> bool {
    matches!(
        &fact.derivation,
        Derivation::Detected {
            want: DetectedWant::BusiestCount,
            ..
        }
    )
}
