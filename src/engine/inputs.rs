//! What a kernel gets beside the graph: the vertices that `sources` and `targets` name, and attributes in
//! the form that it takes them.

use std::collections::BTreeMap;

use super::error::EngineError;
use crate::algorithms::{Algorithm, AttributeUse, Inputs, ItemCodes, KernelError, NumberColumn};
use crate::graph::{Column, MISSING, VertexKeys, VertexRange};
use crate::source::{LoadedGraph, near_names};

/// Words that people and systems write where they have no value, in lower case.
const NO_VALUE: [&str; 13] = [
    "null",
    "none",
    "none given",
    "na",
    "n/a",
    "nan",
    "nil",
    "not available",
    "not given",
    "unknown",
    "undefined",
    "missing",
    "0",
];

/// The inputs of `algorithm` on `graph`.
///
/// # Errors
///
/// Names the first source that is no vertex, with near names, or that several collections have.
pub(super) fn inputs<L>(algorithm: &Algorithm, graph: &LoadedGraph<L>) -> Result<Inputs, EngineError> {
    let attributes = || graph.attributes.iter();
    let items = || {
        attributes().map(|(name, column)| ItemCodes {
            name: name.clone(),
            codes: codes(column),
        })
    };
    let numbers = || attributes().filter_map(|(name, column)| numbers(name, column));
    let (items, numbers) = match algorithm.info().attributes {
        AttributeUse::None => (Vec::new(), Vec::new()),
        AttributeUse::Items => (items().collect(), Vec::new()),
        AttributeUse::Numbers => (Vec::new(), numbers().collect()),
        AttributeUse::Both => (items().collect(), numbers().collect()),
    };
    Ok(Inputs {
        sources: named(&graph.keys, algorithm.sources(), "sources")?,
        targets: named(&graph.keys, algorithm.targets(), "targets")?,
        items,
        numbers,
    })
}

/// The vertices that these names of `parameter` name, each once, ascending.
fn named(keys: &VertexKeys, names: &[String], parameter: &'static str) -> Result<Vec<u32>, EngineError> {
    let refused = |problem| EngineError::Kernel(KernelError::Parameter { parameter, problem });
    let found = names.iter().map(|name| find(keys, name).map_err(refused));
    let mut vertices = found.collect::<Result<Vec<u32>, EngineError>>()?;
    vertices.sort_unstable();
    vertices.dedup();
    Ok(vertices)
}

/// The attribute as numbers; `None` where it holds none.
fn numbers(name: &str, column: &Column) -> Option<NumberColumn> {
    if matches!(column, Column::Text { .. }) {
        return None;
    }
    let value = |row| column.number(row).unwrap_or(f64::NAN);
    Some(NumberColumn {
        name: name.to_owned(),
        values: (0..column.len()).map(value).collect(),
    })
}

/// The vertex that `name` names, as `collection/key` or as a key that one collection has.
pub(super) fn find(keys: &VertexKeys, name: &str) -> Result<u32, String> {
    let within = keys.ranges.iter().filter_map(|it| {
        let key = name.strip_prefix(&it.collection)?.strip_prefix('/')?;
        Some((it.range.clone(), key))
    });
    for (range, key) in within {
        if let Some(v) = range.clone().find(|v| keys.keys.get(*v as usize) == key) {
            return Ok(v);
        }
    }
    let mut bearers = (0..)
        .zip(keys.keys.iter())
        .filter(|(_, key)| *key == name)
        .map(|(v, _)| v);
    match (bearers.next(), bearers.next()) {
        (Some(only), None) => Ok(only),
        (Some(one), Some(other)) => Err(format!(
            "names `{name}`, which is {} and {}; write the collection too",
            keys.id(one),
            keys.id(other)
        )),
        _ => Err(format!(
            "names `{name}`, which is no vertex; {}",
            near(keys, name)
        )),
    }
}

/// Whether `text` says that a value is missing instead of being one.
fn stands_for_none(text: &str) -> bool {
    let word = text.trim().to_lowercase();
    NO_VALUE.contains(&word.as_str()) || word.chars().all(|it| !it.is_alphanumeric())
}

/// The vertices whose key or label resembles `name` most.
fn near(keys: &VertexKeys, name: &str) -> String {
    let wanted = name.rsplit('/').next().unwrap_or(name);
    let texts = keys.labels.iter().chain(keys.keys.iter());
    let bearer = |text: &str| {
        let is_it = |v: &u32| keys.labels.get(*v as usize) == text || keys.keys.get(*v as usize) == text;
        (0..keys.len() as u32).find(is_it)
    };
    let mut found: Vec<u32> = Vec::new();
    for v in near_names(wanted, texts).into_iter().filter_map(bearer) {
        if !found.contains(&v) {
            found.push(v);
        }
    }
    let named: Vec<String> = found.iter().map(|v| called(keys, *v)).collect();
    let collection = |it: &&VertexRange| {
        name.strip_prefix(&it.collection)
            .is_some_and(|it| it.starts_with('/'))
    };
    match (named.as_slice(), keys.ranges.iter().find(collection)) {
        ([], None) => "a source is written as `collection/key`".to_owned(),
        ([], Some(it)) => format!("`{}` has no such key", it.collection),
        (named, None) => format!("did you mean {}?", named.join(" or ")),
        (named, Some(it)) => format!(
            "`{}` has no such key; did you mean {}?",
            it.collection,
            named.join(" or ")
        ),
    }
}

/// A vertex by its id, with what people call it where that is not its key.
fn called(keys: &VertexKeys, v: u32) -> String {
    let (id, label) = (keys.id(v), keys.labels.get(v as usize));
    if keys.keys.get(v as usize) == label {
        format!("`{id}`")
    } else {
        format!("`{id}` ({label})")
    }
}

/// One code a row; equal values have equal codes, in order of first appearance. Words that stand for
/// no value are none: people who gave no telephone number do not share one.
fn codes(column: &Column) -> Vec<u32> {
    if let Column::Text { codes, values } = column {
        let is_none: Vec<bool> = values.iter().map(|it| stands_for_none(it)).collect();
        let kept = |code: &u32| {
            let is_none = is_none.get(*code as usize).copied().unwrap_or(false);
            if is_none { MISSING } else { *code }
        };
        return codes.iter().map(kept).collect();
    }
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    (0..column.len())
        .map(|row| match column.text(row) {
            None => MISSING,
            Some(text) => {
                // Fewer rows than u32::MAX, so fewer codes.
                let next = known.len() as u32;
                *known.entry(text).or_insert(next)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_for_nothing_is_shared_by_nobody() {
        let words = ["555-1", "unknown", " N/A ", "-", "0", "555-1", "none given"];
        let column = Column::Text {
            codes: vec![0, 1, 2, 3, 4, 0, 6, MISSING],
            values: words.map(str::to_owned).into(),
        };
        let mut expected = vec![MISSING; 8];
        (expected[0], expected[5]) = (0, 0);
        assert_eq!(codes(&column), expected);
    }
}
