//! Writes other sizes of limits into the text of a file; comments and everything else stay as they are.

use std::collections::BTreeMap;

use super::load::load;
use super::pool::{Jobs, Pool};
use super::workflow::Workflow;
use crate::workflow::yaml::{At, Faults, NodeId, Report, Tree, parse};

/// Sizes to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewSizes {
    /// `parallel.defaultMaxConcurrency`.
    pub max_concurrency: Option<u64>,
    /// Slots of pools by name.
    pub pools: BTreeMap<String, u64>,
}

/// Why sizes cannot be written into a text.
#[derive(Debug, thiserror::Error)]
pub enum ResizeError {
    /// It holds no workflow.
    #[error("{0}")]
    Faulty(#[from] Faults),
    /// It is written in a way that is left to its author.
    #[error("{limit} stands in the file in a way that only a person can change; set it to {size}")]
    ByHand {
        /// The limit.
        limit: String,
        /// The size it should have.
        size: u64,
    },
}

/// `text` with these sizes.
///
/// # Errors
/// A text that is no workflow, or in which a size cannot be set without touching anything else.
pub fn resized(text: &str, file_name: &str, sizes: &NewSizes) -> Result<String, ResizeError> {
    let mut text = text.to_owned();
    let pools = sizes.pools.iter().map(|(name, size)| (Some(name), *size));
    for (pool, size) in sizes
        .max_concurrency
        .map(|it| (None, it))
        .into_iter()
        .chain(pools)
    {
        let by_hand = || ResizeError::ByHand {
            limit: pool
                .cloned()
                .unwrap_or_else(|| "defaultMaxConcurrency".to_owned()),
            size,
        };
        let mut report = Report::new(file_name, &text, &text);
        let tree = parse(&text, &mut report);
        report.finish()?;
        let tree = tree.ok_or_else(by_hand)?;
        let (place, put) = match pool {
            None => concurrency(&text, &tree, size),
            Some(pool) => slots(&tree, pool, size).ok_or_else(by_hand)?,
        };
        let mut changed = text.clone();
        changed.replace_range(place, &put);
        if size_of(&load(&changed, file_name)?.workflow, pool) != Some(size) {
            return Err(by_hand());
        }
        text = changed;
    }
    Ok(text)
}

/// The size that a workflow gives to a limit.
fn size_of(workflow: &Workflow, pool: Option<&String>) -> Option<u64> {
    let Some(pool) = pool else {
        return match workflow.parallel.default_max_concurrency? {
            Jobs::Count(count) => Some(u64::from(count.get())),
            Jobs::Auto => None,
        };
    };
    match workflow.parallel.resources.get(pool)? {
        Pool::Slots(slots) => Some(u64::from(slots.initial().get())),
        Pool::Rate(_) => None,
    }
}

/// Where what is put for `defaultMaxConcurrency`: in place of its value, first in `parallel`, or before the steps.
fn concurrency(text: &str, tree: &Tree, size: u64) -> (std::ops::Range<usize>, String) {
    let root = tree.root();
    let line = format!("defaultMaxConcurrency: {size}");
    let Some((_, parallel)) = tree.entry(root, "parallel") else {
        let (steps, _) = tree.bytes(tree.find(root, &[At::KeyOf("steps")]));
        let start = text[..steps].rfind('\n').map_or(0, |it| it + 1);
        return (start..start, format!("parallel:\n  {line}\n\n"));
    };
    if let Some((_, value)) = tree.entry(parallel, "defaultMaxConcurrency") {
        return (range(tree, value), size.to_string());
    }
    let (start, _) = tree.bytes(parallel);
    if text[start..].starts_with('{') {
        return (start + 1..start + 1, format!(" {line},"));
    }
    let column = text[..start].rfind('\n').map_or(start, |it| start - it - 1);
    (start..start, format!("{line}\n{}", " ".repeat(column)))
}

fn slots(tree: &Tree, pool: &str, size: u64) -> Option<(std::ops::Range<usize>, String)> {
    let (_, parallel) = tree.entry(tree.root(), "parallel")?;
    let (_, resources) = tree.entry(parallel, "resources")?;
    let (_, value) = tree.entry(resources, pool)?;
    let value = match tree.entry(value, "slots") {
        Some((_, slots)) => slots,
        None => value,
    };
    tree.text(value)?;
    Some((range(tree, value), size.to_string()))
}

fn range(tree: &Tree, node: NodeId) -> std::ops::Range<usize> {
    let (start, end) = tree.bytes(node);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str = "steps:\n  - { id: a, type: script, config: { command: x } } # one\n";

    fn changed(parallel: &str, max_concurrency: Option<u64>, pools: &[(&str, u64)]) -> String {
        let sizes = NewSizes {
            max_concurrency,
            pools: pools
                .iter()
                .map(|(name, size)| ((*name).to_owned(), *size))
                .collect(),
        };
        let text = format!("# mine\nname: N\nversion: 1.0.0\n{parallel}{STEPS}");
        let changed = resized(&text, "x.yaml", &sizes).unwrap_or_else(|it| panic!("{it}\n{text}"));
        let before = changed.strip_prefix("# mine\nname: N\nversion: 1.0.0\n").unwrap();
        before.strip_suffix(STEPS).unwrap().to_owned()
    }

    #[test]
    fn sizes_are_put_in_whichever_way_the_file_is_written() {
        let cases = [
            ("", "parallel:\n  defaultMaxConcurrency: 7\n\n"),
            (
                "parallel:\n  # why\n  defaultMaxConcurrency: auto # so\n",
                "parallel:\n  # why\n  defaultMaxConcurrency: 7 # so\n",
            ),
            (
                "parallel:\n    keepGoing: true\n",
                "parallel:\n    defaultMaxConcurrency: 7\n    keepGoing: true\n",
            ),
            (
                "parallel: { keepGoing: true }\n",
                "parallel: { defaultMaxConcurrency: 7, keepGoing: true }\n",
            ),
        ];
        for (before, after) in cases {
            assert_eq!(changed(before, Some(7), &[]), after);
        }
    }

    #[test]
    fn pools_are_resized_in_both_their_forms() {
        let before = "parallel:\n  resources:\n    cpu: 2 # cores\n    llm: { slots: 3, scope: host }\n";
        let after = "parallel:\n  resources:\n    cpu: 9 # cores\n    llm: { slots: 1, scope: host }\n";
        assert_eq!(changed(before, None, &[("cpu", 9), ("llm", 1)]), after);
    }

    #[test]
    fn what_cannot_be_set_is_left_to_a_person() {
        let text = format!(
            "name: N\nversion: 1.0.0\nparallel: {{ resources: {{ t: {{ rate: 5, per: 1s }} }} }}\n{STEPS}"
        );
        let pools = BTreeMap::from([("t".to_owned(), 4)]);
        let sizes = NewSizes {
            max_concurrency: None,
            pools,
        };
        let error = resized(&text, "x.yaml", &sizes).unwrap_err().to_string();
        assert!(error.contains("t stands in the file"), "{error}");
    }
}
