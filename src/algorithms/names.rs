//! Algorithms by what people call them: names, aliases, special cases, and what a typing error meant.

use std::collections::BTreeMap;

use serde_json::Value;

use super::control::KernelError;
use super::description::{Info, SpecialCase};

/// Names that a refusal gives at most.
const MOST_NEAR: usize = 5;

/// How near a name must come, by Jaro and Winkler, to be meant.
const NEAR: f64 = 0.8;

impl Info {
    /// Its name, its aliases, and the names of its special cases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let cases = self.special_cases.iter().map(|it| it.name);
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .chain(cases)
    }
}

/// The one of `all` that has this name, and the special case that the name stands for.
pub(super) fn find(
    all: &[&'static Info],
    name: &str,
) -> Result<(&'static Info, Option<&'static SpecialCase>), KernelError> {
    let wanted = canonical(name);
    let found = all.iter().find(|info| info.names().any(|it| it == wanted));
    let info = *found.ok_or_else(|| KernelError::UnknownAlgorithm {
        name: name.to_owned(),
        near: near_algorithms(all, &wanted),
    })?;
    Ok((info, info.special_cases.iter().find(|it| it.name == wanted)))
}

/// The parameters that are given, with those that the name `case` stands for.
pub(super) fn stated(
    info: &Info,
    case: Option<&SpecialCase>,
    given: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, KernelError> {
    let mut stated = given.clone();
    let Some(case) = case else {
        return Ok(stated);
    };
    let of = |name: &str| info.parameters.iter().find(|it| it.name == name);
    for (name, value) in case.sets {
        let value = Value::from(*value);
        let Some(parameter) = of(name) else { continue };
        let meant = parameter.coerced(&value);
        if let Some(other) = stated
            .insert((*name).to_owned(), value)
            .filter(|it| parameter.coerced(it) != meant)
        {
            return Err(KernelError::Parameter {
                parameter: parameter.name,
                problem: format!(
                    "is {other}, but the name `{}` stands for {meant}; leave it out, or run {} with it",
                    case.name, info.name
                ),
            });
        }
    }
    for name in case.needs {
        if let Some(parameter) = of(name).filter(|_| !given.contains_key(*name)) {
            return Err(KernelError::Parameter {
                parameter: parameter.name,
                problem: format!(
                    "is what the name `{}` stands for; give it ({}), or run {} without it",
                    case.name, parameter.range, info.name
                ),
            });
        }
    }
    Ok(stated)
}

/// A name as the registry writes it.
pub(super) fn canonical(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Of each algorithm with a name near to `wanted` the nearest, nearest first.
fn near_algorithms(all: &[&'static Info], wanted: &str) -> Vec<&'static str> {
    let best = all
        .iter()
        .filter_map(|info| nearest(wanted, info.names()).into_iter().next());
    let mut near = nearest(wanted, best);
    near.truncate(MOST_NEAR);
    near
}

/// Those of `names` that a typing error turns into `wanted`, nearest first.
fn nearest(wanted: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut near: Vec<(f64, &'static str)> = names
        .map(|it| (strsim::jaro_winkler(wanted, it), it))
        .filter(|(similarity, _)| *similarity > NEAR)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.into_iter().map(|(_, name)| name).collect()
}

/// At most three of `names` that a typing error turns into `wanted`; all of them, in their order, when none
/// comes near.
pub(super) fn nearest_or_all(
    wanted: &str,
    names: impl Iterator<Item = &'static str> + Clone,
) -> Vec<&'static str> {
    let mut near = nearest(wanted, names.clone());
    near.truncate(3);
    if near.is_empty() { names.collect() } else { near }
}
