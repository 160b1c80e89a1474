//! Joins rows of vertices and edges into one graph: distinct keys, endpoints by vertex number.
//!
//! An endpoint `collection/key` names its collection. A key alone belongs to the collection that
//! the settings name, else to the one that holds most of these keys, else to the only one there
//! is. Collections that no file holds but endpoints name are implied: their keys are the endpoints.
//! What cannot be joined is left out and counted.

use std::sync::Arc;

use super::cells::Tally;
use super::error::SourceError;
use super::interned::Interner;
use super::joining::{Joined, join};
use super::pairs::Pairs;
use super::rows::Notes;
use super::settings;
use super::tables::{EdgeRows, EdgeTable, Named, Tables, VertexRows, VertexTable};
use super::values;
use crate::algorithms::Control;
use crate::model::schema::{Guess, Issue, IssueKind};

/// A vertex collection while keys are joined.
#[derive(Debug, Default)]
pub(super) struct Collection {
    pub(super) name: String,
    pub(super) implied: bool,
    pub(super) keys: Interner,
    columns: Vec<Named>,
    label: Option<String>,
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

/// Vertices of all collections.
pub(super) fn vertex_count(collections: &[Collection]) -> u64 {
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
