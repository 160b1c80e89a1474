//! Turns a kernel's answer and the graph that it saw into complete tables.
//!
//! Vertex numbers become `collection/key`, so that a table is read without the graph; a column of
//! vertices gets a twin with what people call them.

use arrow_array::builder::{Float32Builder, ListBuilder, StringBuilder};
use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray, TimestampMillisecondArray};

use super::error::EngineError;
use super::tables::{ResultTables, Table, TableColumn, VERTICES};
use crate::algorithms::{Outcome, OutputColumn, Quantity, Values};
use crate::graph::{Column, NO_VERTEX, VertexKeys};
use crate::model::execution::{ResultColumn, SummaryValue};
use crate::source::LoadedGraph;

/// Arrow's text columns hold 2 GiB; beyond it the builder would panic.
const TEXT_LIMIT: usize = i32::MAX as usize;

impl ResultTables {
    /// The complete tables of `outcome`: `vertices` first, then its table of rows, if it has one.
    ///
    /// # Errors
    ///
    /// When a column holds more than 2 GiB of text, a number beyond 2^63, or not one value a row.
    pub fn from_outcome<L>(outcome: &Outcome, graph: &LoadedGraph<L>) -> Result<Self, EngineError> {
        let mut tables = vec![vertex_table(outcome, graph)?];
        if let Some(rows) = &outcome.rows {
            let count = rows.columns.first().map_or(0, |it| it.values.len());
            let columns = algorithm_columns(rows.name, &rows.columns, count, &graph.keys)?;
            tables.push(Table {
                name: rows.name.to_owned(),
                rows: count,
                columns,
            });
        }
        let summary = outcome
            .summary
            .iter()
            .filter(|(_, _, value)| value.is_finite())
            .map(|(name, quantity, value)| SummaryValue {
                name: (*name).to_owned(),
                quantity: *quantity,
                value: zero_without_sign(*value),
            })
            .collect();
        Ok(Self { tables, summary })
    }
}

fn vertex_table<L>(outcome: &Outcome, graph: &LoadedGraph<L>) -> Result<Table, EngineError> {
    let keys = &graph.keys;
    let rows = keys.len();
    let collections = keys
        .ranges
        .iter()
        .flat_map(|it| it.range.clone().map(|_| Some(it.collection.as_str())));
    let mut columns = vec![
        texts(VERTICES, "collection", collections)?,
        texts(VERTICES, "key", keys.keys.iter().map(Some))?,
        texts(VERTICES, "label", keys.labels.iter().map(Some))?,
    ];
    columns.extend(algorithm_columns(VERTICES, &outcome.vertices, rows, keys)?);
    for (name, values) in &graph.attributes {
        columns.push(attribute(name, values)?);
    }
    if let Some((column, values)) = columns.iter().find(|(_, values)| values.len() != rows) {
        return Err(uneven(VERTICES, &column.name, values.len(), rows));
    }
    Ok(Table {
        name: VERTICES.to_owned(),
        rows,
        columns,
    })
}

/// `number`, where -0, which an empty sum is, becomes 0.
fn zero_without_sign(number: f64) -> f64 {
    number + 0.0
}

type Named = (ResultColumn, TableColumn);

fn algorithm_columns(
    table: &str,
    columns: &[OutputColumn],
    rows: usize,
    keys: &VertexKeys,
) -> Result<Vec<Named>, EngineError> {
    let mut named = Vec::new();
    for column in columns {
        if column.values.len() != rows {
            return Err(uneven(table, column.name, column.values.len(), rows));
        }
        let values = match &column.values {
            Values::Integers(values) => {
                let whole: Result<Vec<i64>, _> = values.iter().map(|it| i64::try_from(*it)).collect();
                let whole = whole.map_err(|_| fault(table, column.name, "holds a number beyond 2^63 - 1"))?;
                TableColumn::Integers(Int64Array::from(whole))
            }
            Values::Numbers(values) => {
                let unsigned = values.iter().map(|it| zero_without_sign(*it));
                TableColumn::Numbers(Float64Array::from_iter_values(unsigned))
            }
            Values::Flags(values) => TableColumn::Flags(BooleanArray::from(values.clone())),
            Values::Times(values) => TableColumn::Times(times(values.clone().into())),
            Values::Vertices(values) | Values::Groups(values) => {
                named.extend(vertices(table, column, values, keys)?);
                continue;
            }
            Values::Lists { offsets, members } => {
                named.extend(lists(table, column, offsets, members, keys)?);
                continue;
            }
            Values::Vectors { width, values } => vectors(table, column.name, *width, values)?,
        };
        named.push((result_column(column.name, column.quantity), values));
    }
    Ok(named)
}

fn vertices(
    table: &str,
    column: &OutputColumn,
    values: &[u32],
    keys: &VertexKeys,
) -> Result<[Named; 2], EngineError> {
    let known = || values.iter().map(|v| (*v != NO_VERTEX).then_some(*v));
    let ids: Vec<Option<String>> = known().map(|v| v.map(|v| keys.id(v))).collect();
    let (_, ids) = texts(table, column.name, ids.iter().map(Option::as_deref))?;
    let labels = known().map(|v| v.map(|v| keys.labels.get(v as usize)));
    Ok([
        (result_column(column.name, column.quantity), ids),
        texts(table, &format!("{}_label", column.name), labels)?,
    ])
}

fn lists(
    table: &str,
    column: &OutputColumn,
    offsets: &[usize],
    members: &[u32],
    keys: &VertexKeys,
) -> Result<[Named; 2], EngineError> {
    let ids: Vec<String> = members.iter().map(|v| keys.id(*v)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let labels: Vec<&str> = members.iter().map(|v| keys.labels.get(*v as usize)).collect();
    Ok([
        (
            result_column(column.name, column.quantity),
            list(table, column.name, offsets, &ids)?,
        ),
        (
            result_column(&format!("{}_labels", column.name), Quantity::Name),
            list(table, column.name, offsets, &labels)?,
        ),
    ])
}

fn list(table: &str, name: &str, offsets: &[usize], members: &[&str]) -> Result<TableColumn, EngineError> {
    check_size(table, name, members.iter().map(|it| it.len()))?;
    let mut builder = ListBuilder::new(StringBuilder::new());
    for pair in offsets.windows(2) {
        for member in &members[pair[0]..pair[1]] {
            builder.values().append_value(member);
        }
        builder.append(true);
    }
    Ok(TableColumn::Lists(builder.finish()))
}

fn vectors(table: &str, name: &str, width: usize, values: &[f32]) -> Result<TableColumn, EngineError> {
    // Offsets of Arrow's lists are 32 bits wide, and the builder would panic beyond.
    if i32::try_from(values.len()).is_err() {
        let problem = "holds more than 2^31 numbers; ask for fewer dimensions or narrow the projection";
        return Err(fault(table, name, problem));
    }
    let mut builder = ListBuilder::new(Float32Builder::with_capacity(values.len()));
    for vector in values.chunks(width.max(1)) {
        vector
            .iter()
            .for_each(|it| builder.values().append_value(it + 0.0));
        builder.append(true);
    }
    Ok(TableColumn::Vectors(builder.finish()))
}

fn attribute(name: &str, values: &Column) -> Result<Named, EngineError> {
    let name = format!("@{name}");
    let (quantity, column) = match values {
        Column::Text { codes, values } => {
            let cells = codes
                .iter()
                .map(|code| values.get(*code as usize).map(String::as_str));
            return texts(VERTICES, &name, cells);
        }
        Column::Integer(values) => (
            Quantity::Count,
            TableColumn::Integers(Int64Array::from(values.clone())),
        ),
        Column::Number(values) => (
            Quantity::Score,
            TableColumn::Numbers(Float64Array::from(values.clone())),
        ),
        Column::Boolean(values) => (
            Quantity::Flag,
            TableColumn::Flags(BooleanArray::from(values.clone())),
        ),
        Column::Time(values) => (
            Quantity::Instant,
            TableColumn::Times(times(values.clone().into())),
        ),
    };
    Ok((result_column(&name, quantity), column))
}

/// Instants are UTC in the file, so that no reader takes them for local time.
fn times(values: TimestampMillisecondArray) -> TimestampMillisecondArray {
    values.with_timezone("UTC")
}

fn texts<'a>(
    table: &str,
    name: &str,
    cells: impl Iterator<Item = Option<&'a str>> + Clone,
) -> Result<Named, EngineError> {
    check_size(table, name, cells.clone().map(|it| it.map_or(0, str::len)))?;
    Ok((
        result_column(name, Quantity::Name),
        TableColumn::Texts(cells.collect::<StringArray>()),
    ))
}

fn check_size(table: &str, name: &str, mut lengths: impl Iterator<Item = usize>) -> Result<(), EngineError> {
    let total = lengths.try_fold(0_usize, |sum, it| sum.checked_add(it));
    match total.filter(|it| *it <= TEXT_LIMIT) {
        Some(_) => Ok(()),
        None => Err(fault(
            table,
            name,
            "holds more than 2 GiB of text; narrow the projection",
        )),
    }
}

fn result_column(name: &str, quantity: Quantity) -> ResultColumn {
    ResultColumn {
        name: name.to_owned(),
        quantity,
    }
}

fn uneven(table: &str, column: &str, found: usize, rows: usize) -> EngineError {
    fault(table, column, &format!("has {found} values for {rows} rows"))
}

fn fault(table: &str, column: &str, problem: &str) -> EngineError {
    EngineError::Table {
        path: table.to_owned(),
        reason: format!("column `{column}` {problem}"),
    }
}
