//! The vertex attribute that a kernel works with, chosen by name, and its values as small numbers.

use rustc_hash::{FxHashMap, FxHashSet};

use super::control::KernelError;
use super::registry::{Inputs, ItemCodes, NumberColumn, ParameterInfo};
use crate::graph::{Csr, MISSING, NO_VERTEX};

/// The parameter that names the attribute of a kernel that needs one.
pub(super) const ATTRIBUTE: ParameterInfo = ParameterInfo {
    name: "attribute",
    kind: "text",
    default: "",
    range: "an attribute of the projection",
    meaning: "The attribute to use; without a name the projection's first.",
};

/// The attribute `name` as items; the first where `name` is empty.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] when the projection has no attribute, [`KernelError::Parameter`] when it
/// has none of this name.
pub(super) fn items<'a>(inputs: &'a Inputs, name: &str) -> Result<&'a ItemCodes, KernelError> {
    chosen(&inputs.items, name, |it| &it.name)
}

/// The attribute `name` as numbers; the first that is numbers where `name` is empty.
///
/// # Errors
///
/// As [`items`]; an attribute that is not numbers counts as none.
pub(super) fn numbers<'a>(inputs: &'a Inputs, name: &str) -> Result<&'a NumberColumn, KernelError> {
    chosen(&inputs.numbers, name, |it| &it.name)
}

fn chosen<'a, T>(all: &'a [T], name: &str, named: impl Fn(&T) -> &String) -> Result<&'a T, KernelError> {
    let found = all.iter().find(|it| name.is_empty() || named(it) == name);
    found.ok_or_else(|| match all.is_empty() {
        true => KernelError::NotApplicable {
            reason: match name {
                "" => "the projection has no vertex attribute that fits; name one with `--attributes`"
                    .to_owned(),
                name => format!(
                    "the projection has no vertex attribute that fits; load the one that is asked for with \
                     `--attributes {name}`"
                ),
            },
        },
        false => {
            let names: Vec<&str> = all.iter().map(|it| named(it).as_str()).collect();
            KernelError::Parameter {
                parameter: "attribute",
                problem: format!(
                    "is `{name}`; the projection has {}; `--attributes {name}` loads it",
                    names.join(", ")
                ),
            }
        }
    })
}

/// The values of an attribute, numbered `0..count` in the order of their codes.
#[derive(Debug, PartialEq)]
pub(super) struct Kinds {
    /// The number of each vertex's value; [`MISSING`] where it has none.
    pub(super) of: Vec<u32>,
    /// Different values.
    pub(super) count: u32,
}

impl Kinds {
    /// The values behind `codes`.
    pub(super) fn new(codes: &[u32]) -> Kinds {
        let distinct: FxHashSet<u32> = codes.iter().copied().filter(|it| *it != MISSING).collect();
        let mut distinct: Vec<u32> = distinct.into_iter().collect();
        distinct.sort_unstable();
        let numbers: FxHashMap<u32, u32> = distinct.iter().copied().zip(0..).collect();
        let number = |code: &u32| numbers.get(code).copied().unwrap_or(MISSING);
        Kinds {
            of: codes.iter().map(number).collect(),
            count: distinct.len() as u32,
        }
    }

    /// For each value the vertex, first in the projection's order, that has it.
    pub(super) fn bearers(&self, graph: &Csr) -> Vec<u32> {
        firsts(graph, &self.of, self.count)
    }
}

/// For each group below `count` its member that comes first in the projection; groups above are none.
pub(super) fn firsts(graph: &Csr, groups: &[u32], count: u32) -> Vec<u32> {
    let mut firsts = vec![NO_VERTEX; count as usize];
    for (v, group) in (0_u32..).zip(groups) {
        if let Some(first) = firsts.get_mut(*group as usize)
            && (*first == NO_VERTEX || graph.number(v) < graph.number(*first))
        {
            *first = v;
        }
    }
    firsts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Inputs {
        let items = |name: &str| ItemCodes {
            name: name.to_owned(),
            codes: vec![9, MISSING, 4, 9],
        };
        Inputs {
            items: vec![items("city"), items("bank")],
            ..Inputs::default()
        }
    }

    #[test]
    fn the_first_attribute_stands_for_none_named_and_unknown_names_are_refused() {
        let given = given();
        assert_eq!(items(&given, "").unwrap().name, "city");
        assert_eq!(items(&given, "bank").unwrap().name, "bank");
        let error = items(&given, "town").unwrap_err().to_string();
        assert!(error.contains("city, bank"), "{error}");
        let error = numbers(&given, "").unwrap_err().to_string();
        assert!(error.contains("`--attributes`"), "{error}");
    }

    #[test]
    fn values_are_numbered_by_code_and_shown_by_their_first_bearer() {
        let kinds = Kinds::new(&given().items[0].codes);
        assert_eq!((kinds.of.clone(), kinds.count), (vec![1, MISSING, 0, 1], 2));
        let graph = super::super::random_graphs::graph_of(4, &[], true);
        assert_eq!(kinds.bearers(&graph), [2, 0]);
    }
}
