//! Facts: numbers and names computed from complete result tables, the census and other facts.
//!
//! These are all the rules, so that a script that never saw this code computes the same values:
//!
//! * **Value.** A cell that is null is *missing*. A cell that is missing, NaN or infinite has no
//!   *finite value*. Truth values count as 0 and 1, instants as milliseconds since 1970 UTC.
//! * **Text of a value.** Whole numbers in decimal; real numbers in the shortest decimal form that
//!   reads back, without exponent (`3`, `0.25`); `true` and `false`; lists joined by `, `.
//! * **Conditions.** All must hold. A missing or NaN cell fails every condition; an infinite one is
//!   compared as infinite. `equals` and `differs` compare texts. Quantiles and medians of a condition
//!   are taken over the finite values of the whole table, before any filter.
//! * **Nearest rank.** The `q` quantile of `n` values is number `max(1, ceil(q × n))` in ascending
//!   order, with `q × n` in double precision. The median is the 0.5 quantile.
//! * **Rank of rows.** By value (texts by their UTF-8 bytes), rows without a finite value last; ties
//!   by collection, then key (both by bytes), then row.
//! * **Aggregates** see finite values only. Sum, least, greatest and quantiles of whole-number
//!   columns are whole numbers. The sum of no values is 0; every other aggregate of no values is an
//!   error, `distinct` aside, which counts distinct texts.
//!   Gini: `2 Σ i·x_i / (n Σ x) - (n + 1) / n` over ascending values; 0 when all are 0.
//!   HHI: `Σ (x / Σ x)²`. Top share: the sum of the greatest `k` over the sum.
//! * **Groups.** Rows with equal texts in the column `by`; missing ones belong to no group. Order by
//!   size, greatest first (rows, or the sum of `sum`), ties by name in bytes.
//! * **Instances** of a detector: the rules are in `detect`.
//! * **Missing answers** are errors, never 0; `top` leaves rows out whose answer is missing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::aggregate::aggregate;
use super::conditions::{column, passing, ranked};
use super::detect::detected_fact;
use super::error::EngineError;
use super::tables::{ResultTables, Table};
use crate::model::{
    fact::{Aggregate, CensusCount, Condition, Derivation, FactValue, GroupWant},
    schema::Census,
};

/// What facts are computed from.
#[derive(Clone, Copy, Debug)]
pub struct FactContext<'a> {
    /// The tables of the execution; `None` for facts about the schema.
    pub tables: Option<&'a ResultTables>,
    /// The census.
    pub census: &'a Census,
    /// Facts by name (by id once instantiated) that ratios cite.
    pub known: &'a BTreeMap<String, FactValue>,
}

/// The value of a fact by its derivation; finite.
///
/// # Errors
///
/// [`EngineError::Fact`] says why there is no value: an unknown table or column, no row that
/// passes, a missing cell, a division by 0, or a given value, which nothing computes.
pub fn evaluate(derivation: &Derivation, context: &FactContext<'_>) -> Result<FactValue, EngineError> {
    value_of(derivation, context).map_err(|reason| EngineError::Fact {
        name: title(derivation),
        reason,
    })
}

fn value_of(derivation: &Derivation, context: &FactContext<'_>) -> Result<FactValue, String> {
    match derivation {
        Derivation::Rows { table, filter } => {
            let rows = passing(table_of(context, table)?, filter)?;
            Ok(FactValue::Integer(rows.len() as i64))
        }
        Derivation::Aggregate {
            table,
            column: name,
            measure,
            filter,
        } => {
            let table = table_of(context, table)?;
            let values = column(table, name)?;
            aggregate(values, name, &passing(table, filter)?, *measure)
        }
        Derivation::Nth {
            table,
            order_by,
            descending,
            nth,
            column: name,
            filter,
        } => {
            let table = table_of(context, table)?;
            let rows = ranked(table, order_by, *descending, filter)?;
            nth_value(table, &rows, *nth, name)
        }
        Derivation::Top {
            table,
            order_by,
            descending,
            count,
            column: name,
            filter,
        } => {
            let table = table_of(context, table)?;
            let mut rows = ranked(table, order_by, *descending, filter)?;
            rows.truncate(*count as usize);
            top_values(table, &rows, name)
        }
        Derivation::Groups {
            table,
            by,
            min_rows,
            filter,
        } => {
            let groups = groups(table_of(context, table)?, by, filter)?;
            let large = groups.values().filter(|rows| rows.len() as u64 >= *min_rows);
            Ok(FactValue::Integer(large.count() as i64))
        }
        Derivation::NthGroup {
            table,
            by,
            nth,
            want,
            sum,
            filter,
        } => {
            let table = table_of(context, table)?;
            nth_group(table, by, *nth, *want, sum.as_deref(), filter)
        }
        Derivation::Ratio {
            numerator,
            denominator,
        } => ratio(context, numerator, denominator),
        // Instances are more than rows (groups, merged overlaps); whoever finds them counts them.
        Derivation::Detected { detector, want } => {
            let tables = context
                .tables
                .ok_or_else(|| "it is not tied to an execution".to_owned())?;
            detected_fact(detector, *want, tables)
        }
        Derivation::Summary { name } => summary(context, name),
        Derivation::Census { collection, count } => counted(context.census, collection, *count),
        Derivation::Given { by } => Err(format!("the value was given by {by}; nothing computes it")),
    }
}

fn table_of<'a>(context: &FactContext<'a>, name: &str) -> Result<&'a Table, String> {
    let tables = context
        .tables
        .ok_or_else(|| "it is not tied to an execution".to_owned())?;
    tables.table(name).ok_or_else(|| {
        let names: Vec<&str> = tables.tables.iter().map(|it| it.name.as_str()).collect();
        format!("there is no table `{name}`; there are {}", names.join(", "))
    })
}

fn nth_value(table: &Table, rows: &[usize], nth: u32, name: &str) -> Result<FactValue, String> {
    let values = column(table, name)?;
    let at = (nth as usize).checked_sub(1).ok_or("rows are counted from 1")?;
    let row = rows
        .get(at)
        .ok_or_else(|| format!("row {nth} was asked for, {} rows pass", rows.len()))?;
    values
        .value(*row)
        .ok_or_else(|| format!("column `{name}` has no value in row {row}"))
}

fn top_values(table: &Table, rows: &[usize], name: &str) -> Result<FactValue, String> {
    let values = column(table, name)?;
    let texts: Vec<String> = rows
        .iter()
        .filter_map(|row| values.text(*row))
        .map(Cow::into_owned)
        .collect();
    if texts.is_empty() {
        return Err(format!(
            "column `{name}` has no value in the {} rows that pass",
            rows.len()
        ));
    }
    Ok(FactValue::List(texts))
}

fn groups<'a>(
    table: &'a Table,
    by: &str,
    filter: &[Condition],
) -> Result<BTreeMap<Cow<'a, str>, Vec<usize>>, String> {
    let names = column(table, by)?;
    let mut groups: BTreeMap<Cow<'a, str>, Vec<usize>> = BTreeMap::new();
    for row in passing(table, filter)? {
        if let Some(name) = names.text(row) {
            groups.entry(name).or_default().push(row);
        }
    }
    Ok(groups)
}

fn nth_group(
    table: &Table,
    by: &str,
    nth: u32,
    want: GroupWant,
    sum: Option<&str>,
    filter: &[Condition],
) -> Result<FactValue, String> {
    let groups = groups(table, by, filter)?;
    let summed = sum
        .map(|name| column(table, name).map(|it| (name, it)))
        .transpose()?;
    let mut sized = Vec::with_capacity(groups.len());
    for (name, rows) in &groups {
        let size = match summed {
            None => FactValue::Integer(rows.len() as i64),
            Some((column, values)) => aggregate(values, column, rows, Aggregate::Sum)?,
        };
        sized.push((number(&size)?, size, name, rows));
    }
    // Stable: the map's name order breaks ties.
    sized.sort_by(|a, b| b.0.total_cmp(&a.0));
    let at = (nth as usize).checked_sub(1).ok_or("groups are counted from 1")?;
    let (_, size, name, rows) = sized
        .get(at)
        .ok_or_else(|| format!("group {nth} was asked for, there are {}", sized.len()))?;
    match want {
        GroupWant::Size => Ok(size.clone()),
        GroupWant::Name => Ok(FactValue::Text(name.to_string())),
        GroupWant::Label => {
            let label = rows
                .first()
                .and_then(|row| table.text(&format!("{by}_label"), *row));
            Ok(FactValue::Text(
                label.unwrap_or_else(|| (*name).clone()).into_owned(),
            ))
        }
        GroupWant::Members => top_values(table, rows, "label"),
    }
}

fn ratio(context: &FactContext<'_>, above: &str, below: &str) -> Result<FactValue, String> {
    let known = |name: &str| {
        let value = context.known.get(name);
        number(value.ok_or_else(|| format!("the fact `{name}` is not known"))?)
    };
    let quotient = known(above)? / known(below)?;
    if quotient.is_finite() {
        Ok(FactValue::Number(quotient + 0.0))
    } else {
        Err(format!("the fact `{below}` is 0"))
    }
}

fn number(value: &FactValue) -> Result<f64, String> {
    match value {
        FactValue::Integer(value) => Ok(*value as f64),
        FactValue::Number(value) => Ok(*value),
        FactValue::Text(_) | FactValue::List(_) => Err("a name cannot be reckoned with".to_owned()),
    }
}

/// Whole values are whole numbers, so that a count of components reads as one.
fn summary(context: &FactContext<'_>, name: &str) -> Result<FactValue, String> {
    const WHOLE_BELOW: f64 = 9_007_199_254_740_992.0;
    let tables = context
        .tables
        .ok_or_else(|| "it is not tied to an execution".to_owned())?;
    let value = tables.summary(name).ok_or_else(|| {
        let names: Vec<&str> = tables.summary.iter().map(|it| it.name.as_str()).collect();
        format!("the summary has no `{name}`; it has {}", names.join(", "))
    })?;
    Ok(if value.fract() == 0.0 && value.abs() < WHOLE_BELOW {
        FactValue::Integer(value as i64)
    } else {
        FactValue::Number(value)
    })
}

fn counted(census: &Census, collection: &str, count: CensusCount) -> Result<FactValue, String> {
    let found = match (collection, count) {
        ("*", CensusCount::Vertices) => Some(census.vertex_count()),
        ("*", CensusCount::Edges) => Some(census.edge_count()),
        (name, CensusCount::Vertices) => census
            .vertices
            .iter()
            .find(|it| it.name == name)
            .map(|it| it.count),
        (name, CensusCount::Edges) => census.edges.iter().find(|it| it.name == name).map(|it| it.count),
    };
    let count = found.ok_or_else(|| format!("the census has no collection `{collection}` of this kind"))?;
    i64::try_from(count)
        .map(FactValue::Integer)
        .map_err(|_| "the count is beyond 2^63".to_owned())
}

/// What a derivation computes, in a few words for messages.
fn title(derivation: &Derivation) -> String {
    match derivation {
        Derivation::Rows { table, .. } => format!("rows of {table}"),
        Derivation::Aggregate {
            table,
            column,
            measure,
            ..
        } => format!("{measure:?} of {table}.{column}"),
        Derivation::Nth {
            table, column, nth, ..
        } => format!("{table}.{column} of row {nth}"),
        Derivation::Top {
            table, column, count, ..
        } => format!("{table}.{column} of the first {count} rows"),
        Derivation::Groups { table, by, .. } => format!("groups of {table} by {by}"),
        Derivation::NthGroup { table, by, nth, .. } => format!("group {nth} of {table} by {by}"),
        Derivation::Ratio {
            numerator,
            denominator,
        } => format!("{numerator} / {denominator}"),
        Derivation::Detected { want, .. } => format!("{want:?} of what was detected"),
        Derivation::Summary { name } => format!("summary {name}"),
        Derivation::Census { collection, .. } => format!("census of {collection}"),
        Derivation::Given { .. } => "given value".to_owned(),
    }
}
