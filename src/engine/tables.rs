//! Complete result tables in memory: named columns of one type each, read by (table, column, row).
//!
//! Law: a table that was written and read again equals the table that was written; facts see no
//! difference between the two. Columns are Arrow arrays, so that a million rows of keys are one
//! buffer and not a million allocations.

use std::borrow::Cow;

use arrow_array::{
    Array, BooleanArray, Float32Array, Float64Array, Int64Array, ListArray, StringArray,
    TimestampMillisecondArray,
};

use crate::model::{
    execution::{ResultColumn, SummaryValue},
    fact::FactValue,
};

/// Name of the table that has one row a vertex.
pub const VERTICES: &str = "vertices";

/// The values of one column; a missing value is null.
#[derive(Clone, Debug, PartialEq)]
pub enum TableColumn {
    /// Whole numbers.
    Integers(Int64Array),
    /// Real numbers; NaN means not defined, infinity unreachable.
    Numbers(Float64Array),
    /// Truth values.
    Flags(BooleanArray),
    /// Instants in milliseconds since 1970-01-01 UTC.
    Times(TimestampMillisecondArray),
    /// Names, keys, `collection/key`.
    Texts(StringArray),
    /// Lists of texts.
    Lists(ListArray),
    /// Lists of real numbers: vectors of equal length.
    Vectors(ListArray),
}

/// A table: columns of equal length in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// `vertices`, or what its rows are.
    pub name: String,
    /// Rows.
    pub rows: usize,
    /// Columns with their values.
    pub columns: Vec<(ResultColumn, TableColumn)>,
}

/// All tables of one execution and the numbers about its whole result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultTables {
    /// The tables, `vertices` first.
    pub tables: Vec<Table>,
    /// Finite numbers about the whole result, as they stand in the files.
    pub summary: Vec<SummaryValue>,
}

impl ResultTables {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|it| it.name == name)
    }

    /// The number of this name about the whole result.
    pub fn summary(&self, name: &str) -> Option<f64> {
        self.summary.iter().find(|it| it.name == name).map(|it| it.value)
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns
            .iter()
            .find(|(column, _)| column.name == name)
            .map(|(_, values)| values)
    }

    /// The value at (column, row); `None` where there is no such column or row, and as in
    /// [`TableColumn::value`].
    pub fn value(&self, column: &str, row: usize) -> Option<FactValue> {
        self.column(column)
            .filter(|_| row < self.rows)
            .and_then(|it| it.value(row))
    }

    /// The text at (column, row) as in [`TableColumn::text`].
    pub fn text(&self, column: &str, row: usize) -> Option<Cow<'_, str>> {
        self.column(column)
            .filter(|_| row < self.rows)
            .and_then(|it| it.text(row))
    }
}

impl TableColumn {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.array().len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column as an Arrow array.
    pub fn array(&self) -> &dyn Array {
        match self {
            TableColumn::Integers(values) => values,
            TableColumn::Numbers(values) => values,
            TableColumn::Flags(values) => values,
            TableColumn::Times(values) => values,
            TableColumn::Texts(values) => values,
            TableColumn::Lists(values) | TableColumn::Vectors(values) => values,
        }
    }

    /// Whether values are whole numbers, instants or truth values, so that sums are exact.
    pub fn is_whole(&self) -> bool {
        match self {
            TableColumn::Integers(_) | TableColumn::Times(_) | TableColumn::Flags(_) => true,
            TableColumn::Numbers(_)
            | TableColumn::Texts(_)
            | TableColumn::Lists(_)
            | TableColumn::Vectors(_) => false,
        }
    }

    /// The value as a fact: truth values are 0 and 1, instants milliseconds.
    ///
    /// `None` where it is missing, NaN or infinite, since a fact is finite, and of vectors, which are none.
    pub fn value(&self, row: usize) -> Option<FactValue> {
        if self.array().is_null(row) {
            return None;
        }
        Some(match self {
            TableColumn::Integers(values) => FactValue::Integer(values.value(row)),
            TableColumn::Times(values) => FactValue::Integer(values.value(row)),
            TableColumn::Flags(values) => FactValue::Integer(i64::from(values.value(row))),
            TableColumn::Numbers(values) => {
                let number = values.value(row);
                return number.is_finite().then_some(FactValue::Number(number));
            }
            TableColumn::Texts(values) => FactValue::Text(values.value(row).to_owned()),
            TableColumn::Lists(_) => FactValue::List(self.list(row)?),
            TableColumn::Vectors(_) => return None,
        })
    }

    /// The value as a number, infinities included; `None` where it is missing, NaN or no number.
    pub fn number(&self, row: usize) -> Option<f64> {
        if self.array().is_null(row) {
            return None;
        }
        match self {
            TableColumn::Integers(values) => Some(values.value(row) as f64),
            TableColumn::Times(values) => Some(values.value(row) as f64),
            TableColumn::Flags(values) => Some(f64::from(values.value(row))),
            TableColumn::Numbers(values) => Some(values.value(row)).filter(|it| !it.is_nan()),
            TableColumn::Texts(_) | TableColumn::Lists(_) | TableColumn::Vectors(_) => None,
        }
    }

    /// The value as a whole number; `None` where it is missing or the column holds others.
    pub fn integer(&self, row: usize) -> Option<i64> {
        if self.array().is_null(row) {
            return None;
        }
        match self {
            TableColumn::Integers(values) => Some(values.value(row)),
            TableColumn::Times(values) => Some(values.value(row)),
            TableColumn::Flags(values) => Some(i64::from(values.value(row))),
            TableColumn::Numbers(_)
            | TableColumn::Texts(_)
            | TableColumn::Lists(_)
            | TableColumn::Vectors(_) => None,
        }
    }

    /// The value as text: numbers in the shortest form that reads back (`3`, `0.25`), `true` and
    /// `false`, lists joined by `, `. `None` where it is missing or NaN.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        if self.array().is_null(row) {
            return None;
        }
        match self {
            TableColumn::Integers(values) => Some(values.value(row).to_string().into()),
            TableColumn::Times(values) => Some(values.value(row).to_string().into()),
            TableColumn::Flags(values) => Some(values.value(row).to_string().into()),
            // An attribute may be -0; adding 0 turns it into 0, so that equal numbers have equal texts.
            TableColumn::Numbers(values) => self
                .number(row)
                .map(|_| (values.value(row) + 0.0).to_string().into()),
            TableColumn::Texts(values) => Some(values.value(row).into()),
            TableColumn::Lists(_) => Some(self.list(row)?.join(", ").into()),
            TableColumn::Vectors(_) => {
                let numbers: Vec<String> = self.vector(row)?.iter().map(f32::to_string).collect();
                Some(numbers.join(", ").into())
            }
        }
    }

    /// The numbers of a vector in order; `None` where it is missing or the column holds no vectors.
    pub fn vector(&self, row: usize) -> Option<Vec<f32>> {
        let TableColumn::Vectors(values) = self else {
            return None;
        };
        if values.is_null(row) {
            return None;
        }
        let numbers = values.value(row);
        let numbers = numbers.as_any().downcast_ref::<Float32Array>()?;
        Some(numbers.values().to_vec())
    }

    /// The members of a list in order; `None` where it is missing or the column holds no lists.
    pub fn list(&self, row: usize) -> Option<Vec<String>> {
        let TableColumn::Lists(values) = self else {
            return None;
        };
        if values.is_null(row) {
            return None;
        }
        let members = values.value(row);
        let members = members.as_any().downcast_ref::<StringArray>()?;
        Some(members.iter().flatten().map(str::to_owned).collect())
    }
}
