//! What a kernel gets beside the graph: the vertices that `sources` names, and items for linkage.

use std::collections::BTreeMap;

use super::error::EngineError;
use crate::algorithms::{Algorithm, Inputs, ItemCodes, KernelError};
use crate::graph::{Column, MISSING, VertexKeys};
use crate::source::{LoadedGraph, near_names};

/// The inputs of `algorithm` on `graph`.
///
/// # Errors
///
/// Names the first source that is no vertex, with near names, or that several collections have.
pub(super) fn inputs(algorithm: &Algorithm, graph: &LoadedGraph) -> Result<Inputs, EngineError> {
    let mut sources = algorithm
        .sources()
        .iter()
        .map(|name| find(&graph.keys, name))
        .collect::<Result<Vec<u32>, EngineError>>()?;
    sources.sort_unstable();
    sources.dedup();
    let items = match algorithm {
        Algorithm::Linkage(_) => graph
            .attributes
            .iter()
            .map(|(name, column)| ItemCodes {
                name: name.clone(),
                codes: codes(column),
            })
            .collect(),
        _ => Vec::new(),
    };
    Ok(Inputs { sources, items })
}

/// The vertex that `name` names, as `collection/key` or as a key that one collection has.
pub(super) fn find(keys: &VertexKeys, name: &str) -> Result<u32, EngineError> {
    let within = keys.ranges.iter().filter_map(|it| {
        let key = name.strip_prefix(&it.collection)?.strip_prefix('/')?;
        Some((it.range.clone(), key))
    });
    for (range, key) in within {
        if let Some(v) = range.clone().find(|v| keys.keys[*v as usize] == key) {
            return Ok(v);
        }
    }
    let mut bearers = (0..)
        .zip(&keys.keys)
        .filter(|(_, key)| *key == name)
        .map(|(v, _)| v);
    match (bearers.next(), bearers.next()) {
        (Some(only), None) => Ok(only),
        (Some(one), Some(other)) => Err(refused(format!(
            "names `{name}`, which is {} and {}; write the collection too",
            keys.id(one),
            keys.id(other)
        ))),
        _ => Err(refused(format!(
            "names `{name}`, which is no vertex; {}",
            near(keys, name)
        ))),
    }
}

fn refused(problem: String) -> EngineError {
    EngineError::Kernel(KernelError::Parameter {
        parameter: "sources",
        problem,
    })
}

/// The vertices whose key or label resembles `name` most.
fn near(keys: &VertexKeys, name: &str) -> String {
    let wanted = name.rsplit('/').next().unwrap_or(name);
    let texts = keys.labels.iter().chain(&keys.keys).map(String::as_str);
    let bearer = |text: &str| {
        let is_it = |v: &u32| keys.labels[*v as usize] == text || keys.keys[*v as usize] == text;
        (0..keys.len() as u32).find(is_it)
    };
    let mut found: Vec<u32> = near_names(wanted, texts).into_iter().filter_map(bearer).collect();
    found.dedup();
    let named: Vec<String> = found
        .iter()
        .map(|v| format!("`{}` ({})", keys.id(*v), keys.labels[*v as usize]))
        .collect();
    if named.is_empty() {
        "a source is written as `collection/key`".to_owned()
    } else {
        format!("did you mean {}?", named.join(" or "))
    }
}

/// One code a row; equal values have equal codes, in order of first appearance.
fn codes(column: &Column) -> Vec<u32> {
    if let Column::Text { codes, .. } = column {
        return codes.clone();
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
