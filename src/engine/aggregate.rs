//! Aggregates over the finite values of a column.
//!
//! The rules are written in [`super::facts`]. Sums of whole numbers are exact; sums of real numbers
//! are compensated and so correct to the last digits in any order.

use std::collections::BTreeSet;

use super::tables::TableColumn;
use crate::graph::stats::{self, sum};
use crate::model::fact::{Aggregate, FactValue};

/// The finite values of `rows`, in row order.
pub(super) fn finite_values(column: &TableColumn, rows: impl IntoIterator<Item = usize>) -> Vec<f64> {
    rows.into_iter()
        .filter_map(|row| column.number(row))
        .filter(|it| it.is_finite())
        .collect()
}

/// The value at position `max(1, ceil(q × n))` of the `n` values in ascending order (nearest rank);
/// `None` of no values. Sorts `values`.
pub(super) fn nearest_rank(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    stats::nearest_rank(values.len(), q).map(|at| values[at])
}

/// The `measure` of `column` over `rows`.
///
/// # Errors
///
/// Says why there is none: no value, text, or shares of negative values.
pub(super) fn aggregate(
    column: &TableColumn,
    name: &str,
    rows: &[usize],
    measure: Aggregate,
) -> Result<FactValue, String> {
    if measure == Aggregate::Distinct {
        return Ok(distinct(column, rows));
    }
    if let TableColumn::Texts(_) | TableColumn::Lists(_) = column {
        return Err(format!(
            "column `{name}` holds text; only its distinct values can be counted"
        ));
    }
    if let TableColumn::Vectors(_) = column {
        return Err(format!("column `{name}` holds vectors, which have no aggregate"));
    }
    let mut values = finite_values(column, rows.iter().copied());
    let none = || {
        format!(
            "column `{name}` has no value in the {} rows that pass",
            rows.len()
        )
    };
    let number = |value: f64| Ok(FactValue::Number(value + 0.0));
    let like_column = |value: f64| {
        // The value is one of the column's, so a whole one is exact below 2^53.
        Ok(if column.is_whole() {
            FactValue::Integer(value as i64)
        } else {
            FactValue::Number(value + 0.0)
        })
    };
    match measure {
        Aggregate::Sum => sum_of(column, name, rows, &values),
        Aggregate::Mean if values.is_empty() => Err(none()),
        Aggregate::Mean => number(sum(&values) / values.len() as f64),
        Aggregate::Min => nearest_rank(&mut values, 0.0).map_or_else(|| Err(none()), like_column),
        Aggregate::Max => nearest_rank(&mut values, 1.0).map_or_else(|| Err(none()), like_column),
        Aggregate::Quantile(q) if !(0.0..=1.0).contains(&q) => {
            Err(format!("the quantile {q} is not in 0..=1"))
        }
        Aggregate::Quantile(q) => nearest_rank(&mut values, q).map_or_else(|| Err(none()), like_column),
        Aggregate::Distinct => Ok(distinct(column, rows)),
        Aggregate::Gini | Aggregate::Hhi | Aggregate::TopShare(_) if values.is_empty() => Err(none()),
        Aggregate::Gini | Aggregate::Hhi | Aggregate::TopShare(_) if values.iter().any(|it| *it < 0.0) => {
            Err(format!(
                "column `{name}` has negative values, which have no shares"
            ))
        }
        Aggregate::Gini => {
            values.sort_by(f64::total_cmp);
            number(stats::gini(&values))
        }
        Aggregate::Hhi | Aggregate::TopShare(_) if sum(&values) == 0.0 => Err(format!(
            "the values of column `{name}` sum to 0, so nothing has a share"
        )),
        Aggregate::Hhi => {
            let total = sum(&values);
            let squares: Vec<f64> = values.iter().map(|it| (it / total).powi(2)).collect();
            number(sum(&squares))
        }
        Aggregate::TopShare(count) => {
            let total = sum(&values);
            values.sort_by(|a, b| b.total_cmp(a));
            values.truncate(count as usize);
            number((sum(&values) / total).min(1.0))
        }
    }
}

/// Distinct texts of the present, finite values.
fn distinct(column: &TableColumn, rows: &[usize]) -> FactValue {
    let is_value = |row: &&usize| match column {
        TableColumn::Numbers(_) => column.number(**row).is_some_and(f64::is_finite),
        _ => true,
    };
    let texts: BTreeSet<_> = rows
        .iter()
        .filter(is_value)
        .filter_map(|row| column.text(*row))
        .collect();
    FactValue::Integer(texts.len() as i64)
}

fn sum_of(column: &TableColumn, name: &str, rows: &[usize], values: &[f64]) -> Result<FactValue, String> {
    if !column.is_whole() {
        let total = sum(values);
        return if total.is_finite() {
            Ok(FactValue::Number(total + 0.0))
        } else {
            Err(format!("the sum of column `{name}` is beyond the numbers"))
        };
    }
    let total: i128 = rows
        .iter()
        .filter_map(|row| column.integer(*row))
        .map(i128::from)
        .sum();
    i64::try_from(total)
        .map(FactValue::Integer)
        .map_err(|_| format!("the sum of column `{name}` is beyond 2^63"))
}
