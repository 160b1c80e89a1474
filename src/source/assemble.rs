//! Joins rows of vertices and edges into one graph: distinct keys, endpoints by vertex number.
//!
//! An endpoint `collection/key` names its collection. A key alone belongs to the collection that
//! the settings name, else to the one that holds most of these keys, else to the only one there
//! is. Collections that no file holds but endpoints name are implied: their keys are the endpoints.
//! What cannot be joined is left out and counted.

use rustc_hash::FxHashMap;

use super::cells::{Tally, TextCells};
use super::endpoints::{self, Plan};
use super::error::SourceError;
use super::rows::Notes;
use super::settings;
use super::tables::{EdgeRows, EdgeTable, Named, Tables, VertexRows, VertexTable};
use super::values;
use crate::algorithms::Control;
use crate::model::schema::{Guess, Issue, IssueKind};

/// Rows between two looks at whether to stop.
const BLOCK: usize = 8192;

/// A vertex collection while keys are joined.
#[derive(Debug, Default)]
pub(super) struct Collection {
    pub(super) name: String,
    pub(super) implied: bool,
    pub(super) keys: Vec<String>,
    pub(super) index: FxHashMap<String, u32>,
    columns: Vec<Named>,
    label: Option<String>,
}

/// A vertex as (collection, row) until all collections are known.
type Place = (u32, u32);

/// An edge collection whose ends are known.
struct Joined {
    rows: EdgeRows,
    kept: Vec<usize>,
    from: Vec<Place>,
    to: Vec<Place>,
}

/// Makes the graph `name` of `vertices` and `edges`.
pub(super) fn assemble(
    name: &str,
    vertices: Vec<VertexRows>,
    edges: Vec<EdgeRows>,
    mut notes: Notes,
    control: &Control,
) -> Result<Tables, SourceError> {
    if edges.is_empty() {
        return Err(SourceError::Unreadable {
            path: name.to_owned(),
            reason: "no file is an edge collection; edges need columns `_from` and `_to` (or `source` and \
                     `target`, `src` and `dst`, `from` and `to`), or `from` and `to` set in graph.toml"
                .to_owned(),
        });
    }
    let mut collections = Vec::new();
    for rows in vertices {
        collections.push(distinct(rows, &mut notes)?);
    }
    let mut joined = Vec::new();
    for rows in edges {
        joined.push(join(rows, &mut collections, &mut notes, control)?);
    }
    check_total(collections.iter().map(|it| it.keys.len() as u64).sum(), name)?;
    if joined
        .iter()
        .all(|it| it.kept.is_empty() && it.rows.from.len() > 0)
    {
        return Err(nothing_joined(name, &joined, &notes.issues));
    }
    for collection in collections.iter().filter(|it| it.implied) {
        notes.guesses.push(Guess {
            what: format!(
                "`{}` has no file: its {} vertices are the endpoints that name it",
                collection.name,
                collection.keys.len()
            ),
            change: format!("add {}.csv with a column `_key`", collection.name),
        });
    }
    Ok(number(name, collections, joined, notes))
}

/// Refuses more vertices than a `u32` can number with one value to spare.
pub(super) fn check_total(vertices: u64, name: &str) -> Result<(), SourceError> {
    if vertices < u64::from(u32::MAX) {
        return Ok(());
    }
    Err(SourceError::Unreadable {
        path: name.to_owned(),
        reason: format!(
            "it has {vertices} vertices, more than the {} that one graph can hold; split it",
            u32::MAX - 1
        ),
    })
}

/// Keeps the first row of each key.
fn distinct(rows: VertexRows, notes: &mut Notes) -> Result<Collection, SourceError> {
    check_total(rows.keys.len() as u64, &rows.place)?;
    let mut made = Collection {
        name: rows.name,
        label: rows.label,
        ..Collection::default()
    };
    let mut kept = Vec::with_capacity(rows.keys.len());
    let mut missing = Tally::new(IssueKind::MissingKey, &rows.place, "the rows were left out");
    let treatment = "the first row of each key was kept, later ones were left out";
    let mut repeated = Tally::new(IssueKind::DuplicateKey, &rows.place, treatment);
    for (row, key) in rows.keys.iter().enumerate() {
        if key.is_empty() {
            missing.add(|| format!("line {}", rows.lines[row]));
        } else if made.index.contains_key(key) {
            repeated.add(|| format!("line {}: {}/{key}", rows.lines[row], made.name));
        } else {
            made.add(key);
            kept.push(row);
        }
    }
    missing.report(&mut notes.issues);
    repeated.report(&mut notes.issues);
    made.columns = picked(rows.columns, &kept, rows.keys.len());
    Ok(made)
}

impl Collection {
    /// A collection that no file holds.
    pub(super) fn implied(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            implied: true,
            ..Self::default()
        }
    }

    fn add(&mut self, key: &str) -> u32 {
        let row = self.keys.len() as u32;
        self.keys.push(key.to_owned());
        self.index.insert(key.to_owned(), row);
        row
    }

    /// The row of `key`; an implied collection takes a key that it does not have yet.
    fn find(&mut self, key: &str) -> Option<u32> {
        match self.index.get(key) {
            Some(row) => Some(*row),
            None if self.implied => Some(self.add(key)),
            None => None,
        }
    }
}

/// Finds the ends of each edge; rows without both are left out and counted.
fn join(
    rows: EdgeRows,
    collections: &mut Vec<Collection>,
    notes: &mut Notes,
    control: &Control,
) -> Result<Joined, SourceError> {
    let from_plan = endpoints::plan(&rows, true, collections, notes);
    let to_plan = endpoints::plan(&rows, false, collections, notes);
    let mut missing = Tally::new(IssueKind::MissingKey, &rows.place, "the edges were left out");
    let mut dangling = Tally::new(IssueKind::DanglingEdge, &rows.place, "the edges were left out");
    let (mut kept, mut from, mut to) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows.from.len() {
        if row % BLOCK == 0 {
            if control.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            check_total(
                collections.iter().map(|it| it.keys.len() as u64).sum(),
                &rows.place,
            )?;
        }
        let (start, end) = (rows.from.get(row), rows.to.get(row));
        let line = rows.lines[row];
        if start.is_empty() || end.is_empty() {
            missing.add(|| format!("line {line}: {start} → {end}"));
            continue;
        }
        // Both ends must exist before either may add a key to an implied collection.
        let start_is_known = exists(start, &from_plan, collections);
        let end_is_known = exists(end, &to_plan, collections);
        if !start_is_known || !end_is_known {
            let lost = if start_is_known { end } else { start };
            dangling.add(|| format!("line {line}: {lost}"));
            continue;
        }
        if let (Some(a), Some(b)) = (
            locate(start, &from_plan, collections),
            locate(end, &to_plan, collections),
        ) {
            kept.push(row);
            from.push(a);
            to.push(b);
        }
    }
    missing.report(&mut notes.issues);
    dangling.report(&mut notes.issues);
    Ok(Joined { rows, kept, from, to })
}

fn exists(cell: &str, plan: &Plan, collections: &[Collection]) -> bool {
    endpoints::target(cell, plan, collections)
        .is_some_and(|(at, key)| collections[at].implied || collections[at].index.contains_key(key))
}

fn locate(cell: &str, plan: &Plan, collections: &mut [Collection]) -> Option<Place> {
    let (at, key) = endpoints::target(cell, plan, collections)?;
    Some((at as u32, collections[at].find(key)?))
}

/// Numbers all vertices, collections in name order.
fn number(name: &str, collections: Vec<Collection>, joined: Vec<Joined>, mut notes: Notes) -> Tables {
    let mut order: Vec<usize> = (0..collections.len()).collect();
    order.sort_by(|a, b| collections[*a].name.cmp(&collections[*b].name));
    let mut first = vec![0_u32; collections.len()];
    let mut next = 0_u32;
    for at in &order {
        first[*at] = next;
        // `check_total` has seen to it that the sum fits.
        next += collections[*at].keys.len() as u32;
    }
    let number_of = |place: &Place| first[place.0 as usize] + place.1;
    let mut edges: Vec<EdgeTable> = joined
        .into_iter()
        .map(|it| {
            let from: Vec<u32> = it.from.iter().map(number_of).collect();
            let to: Vec<u32> = it.to.iter().map(number_of).collect();
            let directed = it.rows.directed.unwrap_or_else(|| {
                let guessed = super::direction::guess(&it.rows.name, &it.from, &it.to);
                notes.guesses.push(Guess {
                    what: guessed.reason,
                    change: settings::line(&it.rows.name, "directed", &(!guessed.directed).to_string()),
                });
                guessed.directed
            });
            EdgeTable {
                columns: picked(it.rows.columns, &it.kept, it.rows.from.len()),
                name: it.rows.name,
                from,
                to,
                directed,
                weights: it.rows.weights,
                times: it.rows.times,
                declared: it.rows.declared,
            }
        })
        .collect();
    edges.sort_by(|a, b| a.name.cmp(&b.name));
    let mut vertices: Vec<VertexTable> = collections
        .into_iter()
        .zip(first)
        .map(|(it, first)| VertexTable {
            name: it.name,
            implied: it.implied,
            first,
            keys: it.keys,
            columns: it.columns,
            label: it.label,
        })
        .collect();
    vertices.sort_by(|a, b| a.name.cmp(&b.name));
    Tables {
        graph: name.to_owned(),
        vertices,
        edges,
        issues: notes.issues,
        guesses: notes.guesses,
        ..Tables::default()
    }
}

/// The kept rows of each column; nothing is copied when all of the `rows` are kept.
fn picked(columns: Vec<Named>, kept: &[usize], rows: usize) -> Vec<Named> {
    if kept.len() == rows {
        return columns;
    }
    columns
        .into_iter()
        .map(|(name, column)| (name, values::pick(&column, kept)))
        .collect()
}

fn nothing_joined(name: &str, joined: &[Joined], issues: &[Issue]) -> SourceError {
    let example = |cells: &TextCells| cells.iter().find(|it| !it.is_empty()).unwrap_or("").to_owned();
    let seen: Vec<String> = joined
        .iter()
        .map(|it| {
            format!(
                "`{}` → `{}` in {}",
                example(&it.rows.from),
                example(&it.rows.to),
                it.rows.place
            )
        })
        .collect();
    let are_decimals = joined
        .iter()
        .any(|it| example(&it.rows.from).ends_with(".0") || example(&it.rows.to).ends_with(".0"));
    let hint = if are_decimals {
        "keys that end in `.0` are whole numbers that were written as decimals: write them whole, or "
    } else {
        ""
    };
    // Rows that could not be read may hold the very keys that are missing.
    let lost: Vec<String> = issues
        .iter()
        .filter(|it| {
            matches!(
                it.kind,
                IssueKind::NotUtf8 | IssueKind::RaggedRow | IssueKind::BadJson
            )
        })
        .map(|it| {
            format!(
                "in {}, {} could not be read: {}; ",
                it.place, it.count, it.treatment
            )
        })
        .collect();
    SourceError::Unreadable {
        path: name.to_owned(),
        reason: format!(
            "no edge has both ends in a vertex file ({}); {}{}set `from_collection`, `to_collection` or the \
             vertices' `key` in graph.toml",
            seen.join(", "),
            lost.concat(),
            hint
        ),
    }
}
