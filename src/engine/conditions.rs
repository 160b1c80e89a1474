//! Which rows of a table pass conditions, and in which order they rank.
//!
//! The rules are written in [`super::facts`], where an independent script finds all of them.

use std::cmp::Ordering;

use super::aggregate::{finite_values, nearest_rank};
use super::error::EngineError;
use super::tables::{Table, TableColumn};
use crate::model::fact::{Condition, Test};

/// The rows that pass all `conditions`, ascending.
///
/// # Errors
///
/// [`EngineError::Fact`] when a condition names a column that the table lacks, or compares text
/// with a number.
pub fn matching_rows(table: &Table, conditions: &[Condition]) -> Result<Vec<usize>, EngineError> {
    passing(table, conditions).map_err(|reason| in_table(table, reason))
}

/// The rows that pass all `conditions`, ranked by the column `order_by`: greatest first when
/// `descending`, rows without a finite value last, ties by collection and key, then by row. An
/// empty `order_by` ranks by collection and key alone.
///
/// # Errors
///
/// As [`matching_rows`]; also when `order_by` is a list.
pub fn ordered_rows(
    table: &Table,
    order_by: &str,
    descending: bool,
    conditions: &[Condition],
) -> Result<Vec<usize>, EngineError> {
    ranked(table, order_by, descending, conditions).map_err(|reason| in_table(table, reason))
}

fn in_table(table: &Table, reason: String) -> EngineError {
    EngineError::Fact {
        name: format!("rows of {}", table.name),
        reason,
    }
}

/// A condition with its columns found and its threshold computed.
struct Bound<'a> {
    column: &'a TableColumn,
    name: &'a str,
    test: BoundTest<'a>,
}

enum BoundTest<'a> {
    AtLeast(f64),
    AtMost(f64),
    Above(f64),
    Below(f64),
    Equals(&'a str),
    Differs(&'a str),
    Present(bool),
    AtLeastTimes(Other<'a>, f64),
    AtMostTimes(Other<'a>, f64),
    /// The threshold is a quantile of no values.
    Never,
}

/// The column that a condition compares with, and its name.
type Other<'a> = (&'a TableColumn, &'a str);

pub(super) fn passing(table: &Table, conditions: &[Condition]) -> Result<Vec<usize>, String> {
    let bound: Vec<Bound<'_>> = conditions
        .iter()
        .map(|it| bind(table, it))
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    'rows: for row in 0..table.rows {
        for condition in &bound {
            if !condition.holds(row)? {
                continue 'rows;
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

pub(super) fn ranked(
    table: &Table,
    order_by: &str,
    descending: bool,
    conditions: &[Condition],
) -> Result<Vec<usize>, String> {
    let mut rows = passing(table, conditions)?;
    let key = match order_by {
        "" => None,
        name => Some(column(table, name)?),
    };
    if let Some(TableColumn::Lists(_) | TableColumn::Vectors(_)) = key {
        return Err(format!("column `{order_by}` holds lists, which have no order"));
    }
    let ties = (table.column("collection"), table.column("key"));
    rows.sort_by(|a, b| {
        let by_key = key.map_or(Ordering::Equal, |it| by_value(it, *a, *b, descending));
        let by_name = || match ties {
            (Some(collection), Some(key)) => {
                let name = |row| (collection.text(row), key.text(row));
                name(*a).cmp(&name(*b))
            }
            _ => Ordering::Equal,
        };
        by_key.then_with(by_name).then(a.cmp(b))
    });
    Ok(rows)
}

/// Orders two rows by a column; those without a (finite) value come last in both directions.
fn by_value(column: &TableColumn, a: usize, b: usize, descending: bool) -> Ordering {
    let ordering = if let TableColumn::Texts(_) = column {
        match (column.text(a), column.text(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => return b.is_some().cmp(&a.is_some()),
        }
    } else {
        let finite = |row| column.number(row).filter(|it| it.is_finite());
        match (finite(a), finite(b)) {
            // Adding 0 turns -0 into 0, so that equal numbers tie.
            (Some(a), Some(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (a, b) => return b.is_some().cmp(&a.is_some()),
        }
    };
    if descending { ordering.reverse() } else { ordering }
}

pub(super) fn column<'a>(table: &'a Table, name: &str) -> Result<&'a TableColumn, String> {
    table.column(name).ok_or_else(|| {
        let names: Vec<&str> = table.columns.iter().map(|(it, _)| it.name.as_str()).collect();
        format!(
            "table `{}` has no column `{name}`; it has {}",
            table.name,
            names.join(", ")
        )
    })
}

fn bind<'a>(table: &'a Table, condition: &'a Condition) -> Result<Bound<'a>, String> {
    let tested = column(table, &condition.column)?;
    let test = match &condition.test {
        Test::AtLeast(limit) => BoundTest::AtLeast(*limit),
        Test::AtMost(limit) => BoundTest::AtMost(*limit),
        Test::Above(limit) => BoundTest::Above(*limit),
        Test::Below(limit) => BoundTest::Below(*limit),
        Test::Equals(text) => BoundTest::Equals(text),
        Test::Differs(text) => BoundTest::Differs(text),
        Test::Present(wanted) => BoundTest::Present(*wanted),
        Test::AtLeastQuantile(q) => {
            let mut values = finite_values(tested, 0..table.rows);
            match nearest_rank(&mut values, *q) {
                Some(limit) => BoundTest::AtLeast(limit),
                None => BoundTest::Never,
            }
        }
        Test::AtLeastMedians(factor) => {
            let mut values = finite_values(tested, 0..table.rows);
            values.retain(|it| *it > 0.0);
            match nearest_rank(&mut values, 0.5) {
                Some(median) => BoundTest::AtLeast(factor * median),
                None => BoundTest::Never,
            }
        }
        Test::AtLeastTimes(other, factor) => BoundTest::AtLeastTimes((column(table, other)?, other), *factor),
        Test::AtMostTimes(other, factor) => BoundTest::AtMostTimes((column(table, other)?, other), *factor),
    };
    Ok(Bound {
        column: tested,
        name: &condition.column,
        test,
    })
}

impl Bound<'_> {
    fn holds(&self, row: usize) -> Result<bool, String> {
        let number = || comparable(self.column, self.name, row);
        Ok(match self.test {
            BoundTest::AtLeast(limit) => number()?.is_some_and(|it| it >= limit),
            BoundTest::AtMost(limit) => number()?.is_some_and(|it| it <= limit),
            BoundTest::Above(limit) => number()?.is_some_and(|it| it > limit),
            BoundTest::Below(limit) => number()?.is_some_and(|it| it < limit),
            BoundTest::Equals(text) => self.column.text(row).is_some_and(|it| it == text),
            BoundTest::Differs(text) => self.column.text(row).is_some_and(|it| it != text),
            BoundTest::Present(wanted) => self.column.text(row).is_some() == wanted,
            BoundTest::AtLeastTimes(other, factor) => {
                let other = comparable(other.0, other.1, row)?;
                number()?
                    .zip(other)
                    .is_some_and(|(value, other)| value >= factor * other)
            }
            BoundTest::AtMostTimes(other, factor) => {
                let other = comparable(other.0, other.1, row)?;
                number()?
                    .zip(other)
                    .is_some_and(|(value, other)| value <= factor * other)
            }
            BoundTest::Never => false,
        })
    }
}

/// The value as a number, `None` where it is missing or NaN; text is a fault of the condition.
fn comparable(column: &TableColumn, name: &str, row: usize) -> Result<Option<f64>, String> {
    match column {
        TableColumn::Texts(_) | TableColumn::Lists(_) if column.text(row).is_some() => Err(format!(
            "column `{name}` holds text, which cannot be compared with a number"
        )),
        TableColumn::Vectors(_) => Err(format!(
            "column `{name}` holds vectors, which cannot be compared with a number"
        )),
        _ => Ok(column.number(row)),
    }
}
