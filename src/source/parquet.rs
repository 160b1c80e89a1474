//! Reads Parquet files: flat columns of numbers, texts, truth values, dates and timestamps.
//!
//! Columns of other types (lists, structs, bytes) are left out and named in the guesses. A file
//! that is cut short or damaged is an error, never a shorter table.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use super::cells::{Cells, RawColumn, RawTable, TextCells, line_number};
use super::error::SourceError;
use crate::algorithms::Control;
use crate::graph::Column;
use crate::model::schema::Guess;

const MS_PER_DAY: i64 = 86_400_000;

/// A column while it is read.
enum Growing {
    Integers(Vec<Option<i64>>),
    /// With the rows that hold NaN or infinity.
    Numbers(Vec<Option<f64>>, Vec<usize>),
    Booleans(Vec<Option<bool>>),
    Times(Vec<Option<i64>>),
    Texts(TextCells),
}

/// Reads the table in `bytes`; `place` names the file in messages.
pub(super) fn read(place: &str, bytes: &Bytes, control: &Control) -> Result<RawTable, SourceError> {
    // The decoder asserts what a damaged file need not keep; its panic is that file's error.
    let reading = AssertUnwindSafe(|| read_whole(place, bytes, control));
    catch_unwind(reading).unwrap_or_else(|_| Err(damaged(place, &"its pages contradict its footer")))
}

fn read_whole(place: &str, bytes: &Bytes, control: &Control) -> Result<RawTable, SourceError> {
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).map_err(|error| damaged(place, &error))?;
    let fields = builder.schema().fields().clone();
    check_chunks(place, bytes.len() as u64, builder.metadata())?;
    let reader = builder.build().map_err(|error| damaged(place, &error))?;
    let mut columns: Vec<Option<Growing>> = fields.iter().map(|it| Growing::of(it.data_type())).collect();
    let mut rows = 0;
    for batch in reader {
        if control.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let batch: RecordBatch = batch.map_err(|error| damaged(place, &error))?;
        for (growing, array) in columns.iter_mut().zip(batch.columns()) {
            if let Some(growing) = growing {
                growing.extend(array, rows);
            }
        }
        rows += batch.num_rows();
    }
    let mut table = RawTable {
        lines: (1..=rows as u64).map(line_number).collect(),
        ..RawTable::default()
    };
    for (field, column) in fields.iter().zip(columns) {
        match column {
            Some(column) => table.columns.push(RawColumn {
                name: field.name().clone(),
                cells: column.finish(),
            }),
            None => table.guesses.push(Guess {
                what: format!(
                    "column `{}` of {place} is left out: values of type {} are not read",
                    field.name(),
                    field.data_type()
                ),
                change: "write it as text or numbers".to_owned(),
            }),
        }
    }
    Ok(table)
}

/// Refuses column chunks that lie outside of the file, at which the decoder would panic.
fn check_chunks(place: &str, length: u64, metadata: &ParquetMetaData) -> Result<(), SourceError> {
    let chunks = metadata.row_groups().iter().flat_map(|it| it.columns());
    for chunk in chunks {
        let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
        let end = start.checked_add(chunk.compressed_size());
        let is_inside = start >= 0
            && chunk.compressed_size() >= 0
            && end
                .and_then(|it| u64::try_from(it).ok())
                .is_some_and(|it| it <= length);
        if !is_inside {
            return Err(damaged(place, &"a column lies outside of the file"));
        }
    }
    Ok(())
}

impl Growing {
    /// The empty column for values of `kind`; `None` when they are not read.
    fn of(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Self::Integers(Vec::new())
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Self::Integers(Vec::new()),
            DataType::Float32 | DataType::Float64 => Self::Numbers(Vec::new(), Vec::new()),
            DataType::Boolean => Self::Booleans(Vec::new()),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Times(Vec::new()),
            // Beyond i64 an unsigned number is a code, not a quantity.
            DataType::UInt64 | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Texts(TextCells::default())
            }
            _ => return None,
        })
    }

    /// Adds the values of `array`, whose first row is row `first` of the file.
    fn extend(&mut self, array: &ArrayRef, first: usize) {
        match self {
            Self::Integers(values) => values.extend(integers(array)),
            Self::Times(values) => values.extend(times(array)),
            Self::Booleans(values) => values.extend(array.as_boolean().iter()),
            Self::Numbers(values, misfits) => {
                for (row, value) in (first..).zip(numbers(array)) {
                    let kept = value.filter(|it| it.is_finite());
                    if value.is_some() && kept.is_none() {
                        misfits.push(row);
                    }
                    values.push(kept);
                }
            }
            Self::Texts(cells) => push_texts(array, cells),
        }
    }

    fn finish(self) -> Cells {
        match self {
            Self::Integers(values) => Cells::Typed(Column::Integer(values), Vec::new()),
            Self::Numbers(values, misfits) => Cells::Typed(Column::Number(values), misfits),
            Self::Booleans(values) => Cells::Typed(Column::Boolean(values), Vec::new()),
            Self::Times(values) => Cells::Typed(Column::Time(values), Vec::new()),
            Self::Texts(cells) => Cells::Texts(cells),
        }
    }
}

fn widened<T: ArrowPrimitiveType, U>(array: &ArrayRef, widen: impl Fn(T::Native) -> U) -> Vec<Option<U>> {
    array
        .as_primitive::<T>()
        .iter()
        .map(|it| it.map(&widen))
        .collect()
}

fn integers(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Int8 => widened::<Int8Type, _>(array, i64::from),
        DataType::Int16 => widened::<Int16Type, _>(array, i64::from),
        DataType::Int32 => widened::<Int32Type, _>(array, i64::from),
        DataType::Int64 => widened::<Int64Type, _>(array, |it| it),
        DataType::UInt8 => widened::<UInt8Type, _>(array, i64::from),
        DataType::UInt16 => widened::<UInt16Type, _>(array, i64::from),
        DataType::UInt32 => widened::<UInt32Type, _>(array, i64::from),
        _ => vec![None; array.len()],
    }
}

fn numbers(array: &ArrayRef) -> Vec<Option<f64>> {
    match array.data_type() {
        DataType::Float32 => widened::<Float32Type, _>(array, f64::from),
        DataType::Float64 => widened::<Float64Type, _>(array, |it| it),
        _ => vec![None; array.len()],
    }
}

fn times(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Date32 => widened::<Date32Type, _>(array, |it| i64::from(it) * MS_PER_DAY),
        DataType::Date64 => widened::<Date64Type, _>(array, |it| it),
        DataType::Timestamp(TimeUnit::Second, _) => {
            widened::<TimestampSecondType, _>(array, |it| it.saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            widened::<TimestampMillisecondType, _>(array, |it| it)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            widened::<TimestampMicrosecondType, _>(array, |it| it.div_euclid(1000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            widened::<TimestampNanosecondType, _>(array, |it| it.div_euclid(1_000_000))
        }
        _ => vec![None; array.len()],
    }
}

fn push_texts(array: &ArrayRef, cells: &mut TextCells) {
    let mut push = |text: Option<&str>| cells.push(text.unwrap_or_default());
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(&mut push),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(&mut push),
        DataType::Utf8View => array.as_string_view().iter().for_each(&mut push),
        DataType::UInt64 => {
            for value in array.as_primitive::<UInt64Type>() {
                push(value.map(|it| it.to_string()).as_deref());
            }
        }
        _ => (0..array.len()).for_each(|_| push(None)),
    }
}

fn damaged(place: &str, error: &dyn std::fmt::Display) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: format!("it is no whole Parquet file ({error}); copy or export it again"),
    }
}
