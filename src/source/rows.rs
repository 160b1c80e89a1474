//! Turns a file's raw table into typed rows of vertices or edges, and says what was decided.

use super::cells::{self, Cells, RawColumn, RawTable, Tally};
use super::error::{SourceError, check};
use super::interned::InternedCells;
use super::layout::{self, Entry, Shape};
use super::lines::Lines;
use super::settings;
use super::tables::{EdgeRows, Named, VertexRows};
use super::values::{self, Typed};
use crate::algorithms::Control;
use crate::graph::Column;
use crate::model::schema::{AttributeKind, Guess, Issue, IssueKind};

/// Fields that ArangoDB adds to every document; they say nothing about the graph.
const SYSTEM: [&str; 3] = ["_id", "_rev", "_key"];

/// Words in the name of an edge attribute that make it a good weight.
const WEIGHT_WORDS: [&str; 22] = [
    "weight", "cost", "distance", "length", "minutes", "hours", "seconds", "days", "duration", "km", "miles",
    "amount", "value", "price", "capacity", "volume", "count", "quantity", "strength", "share", "flow",
    "traffic",
];

/// Words in the name of a numeric attribute that make it no weight.
const NOT_WEIGHT_WORDS: [&str; 13] = [
    "id",
    "key",
    "year",
    "month",
    "code",
    "zip",
    "postcode",
    "phone",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "index",
];

/// Words in the name of a whole number that may be seconds or milliseconds since 1970; so may `at` at
/// its end (`created_at`, but not `amount_at_risk`).
const TIME_WORDS: [&str; 8] = [
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "created",
    "updated",
    "since",
];

/// 1973 to 2096 in seconds and in milliseconds since 1970: outside, a number is no instant.
const EPOCH_SECONDS: std::ops::Range<i64> = 100_000_000..4_000_000_000;
const EPOCH_MS: std::ops::Range<i64> = 100_000_000_000..4_000_000_000_000;

/// Typed rows of a file.
pub(super) enum Rows {
    /// Vertices.
    Vertices(VertexRows),
    /// Edges.
    Edges(Box<EdgeRows>),
}

/// What was noticed on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// What was wrong.
    pub(super) issues: Vec<Issue>,
    /// What was guessed.
    pub(super) guesses: Vec<Guess>,
}

/// Types the rows of `table`, the content of `entry`.
pub(super) fn typed(
    entry: &Entry,
    mut table: RawTable,
    notes: &mut Notes,
    control: &Control,
) -> Result<Rows, SourceError> {
    notes.issues.append(&mut table.issues);
    notes.guesses.append(&mut table.guesses);
    for name in entry.settings.types.keys() {
        layout::declared_column(entry, &table, "types", Some(name))?;
    }
    match layout::recognise(entry, &table)? {
        Shape::Vertices { key } => vertices(entry, table, key, notes, control).map(Rows::Vertices),
        Shape::Edges { from, to } => {
            edges(entry, table, (from, to), notes, control).map(|rows| Rows::Edges(Box::new(rows)))
        }
    }
}

fn vertices(
    entry: &Entry,
    table: RawTable,
    key: usize,
    notes: &mut Notes,
    control: &Control,
) -> Result<VertexRows, SourceError> {
    let label = layout::label_column(entry, &table, key)?;
    let key_name = table.columns[key].name.clone();
    let label_name = label.map(|it| table.columns[it].name.clone());
    if entry.settings.key.is_none() {
        notes.guesses.push(Guess {
            what: format!("{} is a vertex collection with the key `{key_name}`", entry.place),
            change: settings::line(&entry.collection, "key", "\"…\""),
        });
    }
    if let (Some(name), None) = (&label_name, &entry.settings.label) {
        notes.guesses.push(Guess {
            what: format!("vertices of `{}` are called by `{name}`", entry.collection),
            change: settings::line(&entry.collection, "label", "\"…\""),
        });
    }
    let mut rows = VertexRows {
        name: entry.collection.clone(),
        place: entry.place.clone(),
        label: label_name,
        lines: table.lines,
        ..VertexRows::default()
    };
    for (index, column) in table.columns.into_iter().enumerate() {
        check(control)?;
        if index == key {
            let RawColumn { name, cells } = column;
            let (keys, padded) = cells::trimmed(cells.into_texts());
            say_padded(entry, &name, padded, notes);
            rows.keys = keys;
        } else if !SYSTEM.contains(&column.name.as_str()) {
            let named = attribute(entry, column, &rows.lines, IssueKind::MixedTypes, notes);
            rows.columns.push(named);
        }
    }
    let prefix = format!("{}/", entry.collection);
    let are_full = rows
        .keys
        .iter()
        .all(|it| it.is_empty() || it.starts_with(&prefix));
    if are_full || key_name == "_id" {
        rows.keys = rows
            .keys
            .iter()
            .map(|it| it.strip_prefix(&prefix).unwrap_or(it))
            .collect();
    }
    Ok(rows)
}

fn edges(
    entry: &Entry,
    table: RawTable,
    (from, to): (usize, usize),
    notes: &mut Notes,
    control: &Control,
) -> Result<EdgeRows, SourceError> {
    let given = &entry.settings;
    layout::declared_column(entry, &table, "weight", given.weight.as_deref())?;
    layout::declared_column(entry, &table, "time", given.time.as_deref())?;
    if given.kind.is_none() && given.from.is_none() {
        notes.guesses.push(Guess {
            what: format!(
                "{} is an edge collection (columns `{}`, `{}`)",
                entry.place, table.columns[from].name, table.columns[to].name
            ),
            change: settings::line(&entry.collection, "kind", "\"vertex\""),
        });
    }
    let mut rows = EdgeRows {
        name: entry.collection.clone(),
        place: entry.place.clone(),
        from_collection: given.from_collection.clone(),
        to_collection: given.to_collection.clone(),
        directed: given.directed,
        lines: table.lines,
        ..EdgeRows::default()
    };
    for (index, column) in table.columns.into_iter().enumerate() {
        check(control)?;
        if index == from {
            rows.from = ends(entry, column, notes);
        } else if index == to {
            rows.to = ends(entry, column, notes);
        } else if !SYSTEM.contains(&column.name.as_str()) {
            let named = attribute(entry, column, &rows.lines, IssueKind::BadWeight, notes);
            rows.columns.push(named);
        }
    }
    rows.declared = given.weight.iter().chain(&given.time).cloned().collect();
    rows.weights = weights(given.weight.as_deref(), &rows.columns);
    rows.times = times(given.time.as_deref(), &rows.columns);
    negative_weights(&rows, notes);
    if let (Some(weight), None) = (rows.weights.first(), &given.weight) {
        notes.guesses.push(Guess {
            what: format!("`{weight}` can serve as the weight of `{}`", entry.collection),
            change: settings::line(&entry.collection, "weight", "\"…\""),
        });
    }
    Ok(rows)
}

/// One side of the edges: blanks around a key are no part of it.
fn ends(entry: &Entry, column: RawColumn, notes: &mut Notes) -> InternedCells {
    let RawColumn { name, cells } = column;
    let (cells, padded) = cells.into_interned().trimmed();
    say_padded(entry, &name, padded, notes);
    cells
}

fn say_padded(entry: &Entry, name: &str, padded: u64, notes: &mut Notes) {
    if padded > 0 {
        notes.guesses.push(Guess {
            what: format!(
                "blanks around {padded} values of `{name}` of {} are not part of them",
                entry.place
            ),
            change: format!("write the values of {} without blanks", entry.place),
        });
    }
}

/// Types one attribute; what does not fit is counted as `misfit`.
fn attribute(entry: &Entry, column: RawColumn, lines: &Lines, misfit: IssueKind, notes: &mut Notes) -> Named {
    let RawColumn { name, cells } = column;
    let is_time = entry.settings.time.as_deref() == Some(&name);
    let is_weight = entry.settings.weight.as_deref() == Some(&name);
    let declared = entry.settings.types.get(&name).copied();
    let declared = declared.or(is_weight.then_some(AttributeKind::Number));
    let originals = cells.clone();
    let mut typed = match (declared, cells) {
        (None | Some(AttributeKind::Time), cells) => values::infer(cells),
        // What the file's own type could not hold has no text to be read from.
        (Some(kind), Cells::Typed(column, unheld)) => {
            let mut typed = values::typed_as(&Cells::Typed(column, Vec::new()).into_texts(), kind);
            typed.misfits.extend(unheld);
            typed.misfits.sort_unstable();
            typed
        }
        (Some(kind), cells) => values::typed_as(&cells.into_texts(), kind),
    };
    let wants_time = is_time || declared == Some(AttributeKind::Time);
    if wants_time || declared.is_none() {
        as_instants(entry, &name, wants_time, &mut typed, notes);
    }
    if wants_time && !matches!(typed.column, Column::Time(_)) {
        typed = values::typed_as(&originals.clone().into_texts(), AttributeKind::Time);
    }
    report(entry, &name, &originals, &typed, lines, misfit, notes);
    (name, typed.column)
}

/// Turns whole numbers into instants where the settings or the name and all values say so.
fn as_instants(entry: &Entry, name: &str, wanted: bool, typed: &mut Typed, notes: &mut Notes) {
    let Column::Integer(values) = &typed.column else {
        return;
    };
    let within = |range: &std::ops::Range<i64>| {
        values.iter().flatten().all(|it| range.contains(it)) && values.iter().any(Option::is_some)
    };
    let scale = if within(&EPOCH_MS) {
        1
    } else if within(&EPOCH_SECONDS) {
        1000
    } else {
        return;
    };
    let named_so = has_word(name, &TIME_WORDS) || words(name).last().is_some_and(|it| it == "at");
    if !wanted && !named_so {
        return;
    }
    typed.column = Column::Time(values.iter().map(|it| it.map(|it| it * scale)).collect());
    if !wanted {
        let unit = if scale == 1 { "milliseconds" } else { "seconds" };
        notes.guesses.push(Guess {
            what: format!("`{name}` of {} counts {unit} since 1970", entry.place),
            change: settings::line(&entry.collection, "types", &format!("{{ {name} = \"integer\" }}")),
        });
    }
}

fn report(
    entry: &Entry,
    name: &str,
    originals: &Cells,
    typed: &Typed,
    lines: &Lines,
    misfit: IssueKind,
    notes: &mut Notes,
) {
    let place = format!("{}, column `{name}`", entry.place);
    let cell = |row: usize| match originals {
        Cells::Untyped(cells) | Cells::Texts(cells) | Cells::Mixed(cells, _) => cells.get(row).to_owned(),
        Cells::Interned(cells) => cells.get(row).into_owned(),
        Cells::Typed(column, _) => column.text(row).unwrap_or_else(|| "NaN or infinite".to_owned()),
    };
    let numeric = matches!(typed.column, Column::Number(_) | Column::Integer(_));
    let kind = if numeric { misfit } else { IssueKind::MixedTypes };
    let mut misfits = Tally::new(kind, &place, "the values count as missing");
    for row in &typed.misfits {
        misfits.add(|| format!("line {}: {}", lines.get(*row), cell(*row)));
    }
    misfits.report(&mut notes.issues);
    let (kind, what) = match typed.mostly {
        AttributeKind::Time => ("time", "times"),
        AttributeKind::Boolean => ("boolean", "truth values"),
        _ => ("number", "numbers"),
    };
    let treatment = format!(
        "the attribute was read as text; `{}` reads {what}",
        settings::line(&entry.collection, "types", &format!("{{ {name} = \"{kind}\" }}"))
    );
    let mut mixed = Tally::new(IssueKind::MixedTypes, &place, &treatment);
    for row in &typed.mixed {
        mixed.add(|| format!("line {}: {}", lines.get(*row), cell(*row)));
    }
    mixed.report(&mut notes.issues);
}

/// Attributes that can serve as weight: the declared one, then those named like one, then other
/// non-negative numbers.
pub(super) fn weights(declared: Option<&str>, columns: &[Named]) -> Vec<String> {
    let mut ranked: Vec<(u8, &str)> = Vec::new();
    for (name, column) in columns {
        if !matches!(column, Column::Integer(_) | Column::Number(_)) {
            continue;
        }
        let negative = (0..column.len()).any(|row| column.number(row).is_some_and(|it| it < 0.0));
        if declared == Some(name) {
            ranked.push((0, name));
        } else if has_word(name, &WEIGHT_WORDS) {
            ranked.push((1, name));
        } else if !negative && !has_word(name, &NOT_WEIGHT_WORDS) {
            ranked.push((2, name));
        }
    }
    ranked.sort_by_key(|it| it.0);
    ranked.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// Attributes that can serve as time: the declared one, then other instants in column order.
pub(super) fn times(declared: Option<&str>, columns: &[Named]) -> Vec<String> {
    let mut found: Vec<&str> = columns
        .iter()
        .filter(|(_, column)| matches!(column, Column::Time(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    found.sort_by_key(|name| declared != Some(*name));
    found.into_iter().map(str::to_owned).collect()
}

fn negative_weights(rows: &EdgeRows, notes: &mut Notes) {
    for name in &rows.weights {
        let Some((_, column)) = rows.columns.iter().find(|(own, _)| own == name) else {
            continue;
        };
        let place = format!("{}, column `{name}`", rows.place);
        let treatment = "the values are kept; algorithms that need weights of at least 0 refuse them";
        let mut negative = Tally::new(IssueKind::NegativeWeight, &place, treatment);
        for row in 0..column.len() {
            if let Some(value) = column.number(row).filter(|it| *it < 0.0) {
                negative.add(|| format!("line {}: {value}", rows.lines.get(row)));
            }
        }
        negative.report(&mut notes.issues);
    }
}

/// Whether one of the words that `name` is made of (`lead_time_days`, `leadTime`) is in `wanted`.
pub(super) fn has_word(name: &str, wanted: &[&str]) -> bool {
    words(name).iter().any(|it| wanted.contains(&it.as_str()))
}

fn words(name: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && after_lower {
            spaced.push(' ');
        }
        after_lower = letter.is_lowercase();
        spaced.extend(letter.to_lowercase());
    }
    let parts = spaced.split(|it: char| !it.is_alphanumeric());
    parts.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}
