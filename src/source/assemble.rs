//! Joins rows of vertices and edges into one graph: distinct keys, endpoints by vertex number.
//!
//! An endpoint `collection/key` names its collection. A key alone belongs to the collection that
//! the settings name, else to the one that holds most of these keys, else to the only one there
//! is. Collections that no file holds but endpoints name are implied: their keys are the endpoints.
//! What cannot be joined is left out and counted.

use std::sync::Arc;

use rayon::prelude::*;

use super::cells::Tally;
use super::endpoints::{self, Plan};
use super::error::{SourceError, check};
use super::interned::{InternedCells, Interner, MISSING_CODE};
use super::pairs::Pairs;
use super::rows::Notes;
use super::settings;
use super::tables::{EdgeRows, EdgeTable, Named, Tables, VertexRows, VertexTable};
use super::values;
use crate::algorithms::Control;
use crate::graph::NO_VERTEX;
use crate::model::schema::{Guess, Issue, IssueKind};

/// Rows between two looks at whether to stop.
const BLOCK: usize = 8192;

/// A vertex collection while keys are joined.
#[derive(Debug, Default)]
pub(super) struct Collection {
    pub(super) name: String,
    pub(super) implied: bool,
    pub(super) keys: Interner,
    columns: Vec<Named>,
    label: Option<String>,
}

/// Where an end belongs, until all collections are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// To no vertex.
    Nowhere,
    /// To a vertex that its collection takes in once an edge needs it.
    New { collection: u32 },
    /// To a row of a collection.
    Known { collection: u32, row: u32 },
}

/// One side of an edge collection: the code of each kept edge's end, and where each code belongs.
struct Side {
    codes: Vec<u32>,
    places: Vec<Place>,
    /// Its first end, for messages.
    example: String,
}

/// An edge collection whose ends are known.
struct Joined {
    rows: EdgeRows,
    /// Rows of the file.
    count: usize,
    /// Rows that were left out, ascending.
    dropped: Vec<usize>,
    from: Side,
    to: Side,
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
    check_total(vertex_count(&collections), name)?;
    if joined.iter().all(|it| it.from.codes.is_empty() && it.count > 0) {
        return Err(nothing_joined(name, &joined, &notes.issues));
    }
    for collection in collections.iter().filter(|it| it.implied) {
        notes.guesses.push(Guess {
            what: format!(
                "`{}` has no file: its {} vertices are the endpoints that name it",
                collection.name,
                collection.keys.texts().len()
            ),
            change: format!("add {}.csv with a column `_key`", collection.name),
        });
    }
    number(name, collections, joined, notes, control)
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

fn vertex_count(collections: &[Collection]) -> u64 {
    collections.iter().map(|it| it.keys.texts().len() as u64).sum()
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
            missing.add(|| format!("line {}", rows.lines.get(row)));
        } else if made.keys.intern(key) as usize == kept.len() {
            kept.push(row);
        } else {
            repeated.add(|| format!("line {}: {}/{key}", rows.lines.get(row), made.name));
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
}

/// Finds the ends of each edge; rows without both are left out and counted.
fn join(
    mut rows: EdgeRows,
    collections: &mut Vec<Collection>,
    notes: &mut Notes,
    control: &Control,
) -> Result<Joined, SourceError> {
    let from_plan = endpoints::plan(&rows, true, collections, notes);
    let to_plan = endpoints::plan(&rows, false, collections, notes);
    let mut from_places = places(&rows.from, &from_plan, collections);
    let mut to_places = places(&rows.to, &to_plan, collections);
    let mut missing = Tally::new(IssueKind::MissingKey, &rows.place, "the edges were left out");
    let mut dangling = Tally::new(IssueKind::DanglingEdge, &rows.place, "the edges were left out");
    let mut dropped = Vec::new();
    for (row, (start, end)) in rows.from.codes().iter().zip(rows.to.codes()).enumerate() {
        if row % BLOCK == 0 {
            check(control)?;
            check_total(vertex_count(collections), &rows.place)?;
        }
        if *start == MISSING_CODE || *end == MISSING_CODE {
            missing.add(|| {
                let line = rows.lines.get(row);
                format!("line {line}: {} → {}", rows.from.get(row), rows.to.get(row))
            });
            dropped.push(row);
            continue;
        }
        let from = &mut from_places[*start as usize];
        let to = &mut to_places[*end as usize];
        // Both ends must exist before either may add a key to an implied collection.
        if *from == Place::Nowhere || *to == Place::Nowhere {
            let lost = if *from == Place::Nowhere {
                &rows.from
            } else {
                &rows.to
            };
            dangling.add(|| format!("line {}: {}", rows.lines.get(row), lost.get(row)));
            dropped.push(row);
            continue;
        }
        if let Place::New { collection } = *from {
            *from = settle(collection, &rows.from.value(*start), &from_plan, collections);
        }
        if let Place::New { collection } = *to {
            *to = settle(collection, &rows.to.value(*end), &to_plan, collections);
        }
    }
    missing.report(&mut notes.issues);
    dangling.report(&mut notes.issues);
    Ok(Joined {
        count: rows.from.len(),
        from: Side::new(std::mem::take(&mut rows.from), from_places, &dropped),
        to: Side::new(std::mem::take(&mut rows.to), to_places, &dropped),
        dropped,
        rows,
    })
}

/// Where each distinct end of one side belongs by `plan`.
fn places(cells: &InternedCells, plan: &Plan, collections: &[Collection]) -> Vec<Place> {
    let place = |code: u32| {
        let cell = cells.value(code);
        let Some((at, key)) = endpoints::target(&cell, plan, collections) else {
            return Place::Nowhere;
        };
        let collection = at as u32;
        match collections[at].keys.find(key) {
            Some(row) => Place::Known { collection, row },
            None if collections[at].implied => Place::New { collection },
            None => Place::Nowhere,
        }
    };
    (0..cells.distinct() as u32).into_par_iter().map(place).collect()
}

/// Takes the end `cell` into its implied collection, unless an edge before has done so.
fn settle(collection: u32, cell: &str, plan: &Plan, collections: &mut [Collection]) -> Place {
    match endpoints::target(cell, plan, collections) {
        Some((at, key)) => Place::Known {
            collection,
            row: collections[at].keys.intern(key),
        },
        None => Place::Nowhere,
    }
}

impl Side {
    fn new(cells: InternedCells, places: Vec<Place>, dropped: &[usize]) -> Self {
        let first = cells.codes().iter().find(|it| **it != MISSING_CODE);
        let example = first.map(|it| cells.value(*it).into_owned()).unwrap_or_default();
        let mut codes = cells.into_codes();
        let mut without = dropped.iter().copied().peekable();
        if !dropped.is_empty() {
            let mut row = 0;
            codes.retain(|_| {
                row += 1;
                without.next_if_eq(&(row - 1)).is_none()
            });
        }
        Self {
            codes,
            places,
            example,
        }
    }

    /// The number of each edge's end; `first` are the numbers at which collections begin.
    fn numbers(self, first: &[u32]) -> Vec<u32> {
        let number = |place: &Place| match place {
            Place::Known { collection, row } => first[*collection as usize] + row,
            // No kept edge ends here.
            Place::Nowhere | Place::New { .. } => NO_VERTEX,
        };
        let numbers: Vec<u32> = self.places.iter().map(number).collect();
        let mut ends = self.codes;
        ends.par_iter_mut().for_each(|it| *it = numbers[*it as usize]);
        ends
    }
}

/// Numbers all vertices, collections in name order.
fn number(
    name: &str,
    collections: Vec<Collection>,
    joined: Vec<Joined>,
    mut notes: Notes,
    control: &Control,
) -> Result<Tables, SourceError> {
    let mut order: Vec<usize> = (0..collections.len()).collect();
    order.sort_by(|a, b| collections[*a].name.cmp(&collections[*b].name));
    let mut first = vec![0_u32; collections.len()];
    let mut next = 0_u32;
    for at in &order {
        first[*at] = next;
        // `check_total` has seen to it that the sum fits.
        next += collections[*at].keys.texts().len() as u32;
    }
    let mut edges = Vec::with_capacity(joined.len());
    for it in joined {
        edges.push(edge_table(it, &first, next, &mut notes, control)?);
    }
    edges.sort_by(|a, b| a.name.cmp(&b.name));
    let mut vertices: Vec<VertexTable> = collections
        .into_iter()
        .zip(first)
        .map(|(it, first)| VertexTable {
            name: it.name,
            implied: it.implied,
            first,
            keys: Arc::new(it.keys.into_texts()),
            columns: it.columns,
            label: it.label,
        })
        .collect();
    vertices.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Tables {
        graph: name.to_owned(),
        vertices,
        edges,
        issues: notes.issues,
        guesses: notes.guesses,
        ..Tables::default()
    })
}

fn edge_table(
    joined: Joined,
    first: &[u32],
    vertices: u32,
    notes: &mut Notes,
    control: &Control,
) -> Result<EdgeTable, SourceError> {
    let Joined {
        rows,
        count,
        dropped,
        from,
        to,
    } = joined;
    let (from, to) = (from.numbers(first), to.numbers(first));
    let pairs = Pairs::of(&from, &to, vertices as usize, control)?;
    let directed = rows.directed.unwrap_or_else(|| {
        let guessed = super::direction::guess(&rows.name, from.len(), &pairs);
        notes.guesses.push(Guess {
            what: guessed.reason,
            change: settings::line(&rows.name, "directed", &(!guessed.directed).to_string()),
        });
        guessed.directed
    });
    let columns = if rows.columns.is_empty() || dropped.is_empty() {
        rows.columns
    } else {
        let mut without = dropped.iter().copied().peekable();
        let kept: Vec<usize> = (0..count).filter(|it| without.next_if_eq(it).is_none()).collect();
        picked(rows.columns, &kept, count)
    };
    Ok(EdgeTable {
        columns,
        name: rows.name,
        from,
        to,
        pairs,
        directed,
        weights: rows.weights,
        times: rows.times,
        declared: rows.declared,
    })
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
    let seen: Vec<String> = joined
        .iter()
        .map(|it| format!("`{}` → `{}` in {}", it.from.example, it.to.example, it.rows.place))
        .collect();
    let are_decimals = joined
        .iter()
        .any(|it| it.from.example.ends_with(".0") || it.to.example.ends_with(".0"));
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
