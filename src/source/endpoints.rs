//! Decides, for one side of an edge file, which vertex collection each endpoint belongs to.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::assemble::Collection;
use super::interned::{InternedCells, MISSING_CODE};
use super::resolve::quoted;
use super::rows::Notes;
use super::settings;
use super::tables::EdgeRows;
use crate::model::schema::Guess;

/// Endpoints that are tried against the vertex files when keys name no collection.
const TRIED: usize = 10_000;

/// Share of a side's endpoints that must name an unknown collection for it to be implied where there
/// are vertex files; below that, they are taken for faults.
const IMPLIED_SHARE: f64 = 0.05;

/// Unknown collections from which what stands before `/` is taken for a part of the key.
const MOST_IMPLIED: usize = 1000;

/// Name of the collection of endpoints that name none when no vertex file holds them.
const UNNAMED: &str = "vertices";

/// Where the endpoints of one side belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Collection of endpoints whose prefix is no collection; `None`: they dangle.
    default: Option<usize>,
}

/// The collection and key of an endpoint; `None` when no collection is meant.
pub(super) fn target<'a>(cell: &'a str, plan: &Plan, collections: &[Collection]) -> Option<(usize, &'a str)> {
    if let Some((prefix, key)) = split(cell)
        && let Some(at) = collections.iter().position(|it| it.name == prefix)
    {
        return Some((at, key));
    }
    plan.default.map(|at| (at, cell))
}

/// Plans one side of `rows`; adds the collections that its endpoints imply.
pub(super) fn plan(
    rows: &EdgeRows,
    is_from: bool,
    collections: &mut Vec<Collection>,
    notes: &mut Notes,
) -> Plan {
    let (cells, declared, setting) = if is_from {
        (&rows.from, rows.from_collection.as_deref(), "from_collection")
    } else {
        (&rows.to, rows.to_collection.as_deref(), "to_collection")
    };
    if let Some(name) = declared {
        return Plan {
            default: Some(find_or_imply(name, collections)),
        };
    }
    let census = Prefixes::of(cells);
    let unknown = census.unknown(collections);
    let strangers = census.bare + unknown.iter().map(|(_, count)| count).sum::<usize>();
    if strangers == 0 {
        return Plan::default();
    }
    if let Some((at, others)) = holder(cells, collections) {
        let also = match others.as_slice() {
            [] => String::new(),
            others => format!(", though {} has some of them too", quoted(others, " and ")),
        };
        say(rows, is_from, setting, &collections[at].name, &also, notes);
        return Plan { default: Some(at) };
    }
    let files: Vec<usize> = (0..collections.len())
        .filter(|it| !collections[*it].implied)
        .collect();
    let is_common = |count: usize| count as f64 >= IMPLIED_SHARE * census.total as f64;
    let are_keys = files.is_empty() && unknown.len() > MOST_IMPLIED;
    for (prefix, count) in &unknown {
        if !are_keys && (files.is_empty() || is_common(*count)) {
            find_or_imply(prefix, collections);
        }
    }
    if census.bare == 0 && !are_keys {
        return Plan::default();
    }
    let default = match files[..] {
        [only] => only,
        [_, ..] if !is_common(census.bare) => return Plan::default(),
        _ => find_or_imply(UNNAMED, collections),
    };
    say(rows, is_from, setting, &collections[default].name, "", notes);
    Plan {
        default: Some(default),
    }
}

/// How the endpoints of a side name their collections.
struct Prefixes {
    counts: BTreeMap<String, usize>,
    bare: usize,
    total: usize,
}

impl Prefixes {
    fn of(cells: &InternedCells) -> Self {
        let rows = cells.counts();
        let total = rows.iter().sum();
        if cells.are_whole() {
            return Self {
                counts: BTreeMap::new(),
                bare: total,
                total,
            };
        }
        let (mut counts, mut bare) = (BTreeMap::new(), 0);
        for (code, rows) in (0..).zip(rows) {
            match split(&cells.value(code)) {
                Some((prefix, _)) => match counts.get_mut(prefix) {
                    Some(count) => *count += rows,
                    None => {
                        counts.insert(prefix.to_owned(), rows);
                    }
                },
                None => bare += rows,
            }
        }
        Self { counts, bare, total }
    }

    fn unknown(&self, collections: &[Collection]) -> Vec<(&str, usize)> {
        self.counts
            .iter()
            .filter(|(prefix, _)| !collections.iter().any(|it| it.name == **prefix))
            .map(|(prefix, count)| (prefix.as_str(), *count))
            .collect()
    }
}

/// `collection/key` as its two parts.
fn split(cell: &str) -> Option<(&str, &str)> {
    let (prefix, key) = cell.split_once('/')?;
    let named = !prefix.is_empty()
        && prefix
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
    (named && !key.is_empty()).then_some((prefix, key))
}

/// The vertex file that holds most of the endpoints that name no collection, if it holds half, and the names of
/// the others that hold some.
fn holder<'a>(cells: &InternedCells, collections: &'a [Collection]) -> Option<(usize, Vec<&'a str>)> {
    let known = |prefix: &str| collections.iter().any(|it| it.name == prefix);
    let tried: Vec<Cow<str>> = cells
        .codes()
        .iter()
        .filter(|it| **it != MISSING_CODE)
        .map(|it| cells.value(*it))
        .filter(|it| !split(it).is_some_and(|(prefix, _)| known(prefix)))
        .take(TRIED)
        .collect();
    let mut best: Option<(usize, usize)> = None;
    let mut holders = Vec::new();
    for (at, collection) in collections.iter().enumerate().filter(|(_, it)| !it.implied) {
        let hits = tried
            .iter()
            .filter(|it| collection.keys.find(it).is_some())
            .count();
        if hits > 0 {
            holders.push(at);
        }
        if hits * 2 >= tried.len() && best.is_none_or(|(other, _)| hits > other) {
            best = Some((hits, at));
        }
    }
    best.map(|(_, at)| {
        let others = holders.iter().filter(|it| **it != at);
        (at, others.map(|it| collections[*it].name.as_str()).collect())
    })
}

fn find_or_imply(name: &str, collections: &mut Vec<Collection>) -> usize {
    if let Some(at) = collections.iter().position(|it| it.name == name) {
        return at;
    }
    collections.push(Collection::implied(name));
    collections.len() - 1
}

fn say(rows: &EdgeRows, is_from: bool, setting: &str, collection: &str, also: &str, notes: &mut Notes) {
    let side = if is_from { "starts" } else { "ends" };
    notes.guesses.push(Guess {
        what: format!(
            "{side} of `{}` that name no collection are keys of `{collection}`{also}",
            rows.name
        ),
        change: settings::line(&rows.name, setting, "\"…\""),
    });
}
