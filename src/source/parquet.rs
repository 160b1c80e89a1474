//! Reads Parquet files: flat columns of numbers, texts, truth values, dates and timestamps, also where
//! they are stored as dictionaries (categories) or decimals.
//!
//! Columns of other types (lists, structs, bytes) are left out and named in the guesses. A file
//! that is cut short or damaged is an error, never a shorter table.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use super::cells::{Cells, RawColumn, RawTable, TextCells};
use super::error::SourceError;
use super::lines::Lines;
use crate::algorithms::Control;
use crate::graph::Column;
use crate::model::schema::Guess;

const MS_PER_DAY: i64 = 86_400_000;

/// A column while it is read.
enum Growing {
    Integers(Vec<Option<i64>>),
    /// Whole numbers of which some may lie beyond an `i64`.
    Unsigned(Vec<Option<u64>>),
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
    let metadata = metadata(bytes).map_err(|error| damaged(place, &error))?;
    let fields = metadata.schema().fields().clone();
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata);
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
        lines: Lines::consecutive(rows),
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

/// What the file's footer says, with columns of dictionaries taken as columns of their values.
fn metadata(bytes: &Bytes) -> Result<ArrowReaderMetadata, ParquetError> {
    let found = ArrowReaderMetadata::load(bytes, ArrowReaderOptions::default())?;
    let plain = |field: &Arc<Field>| match field.data_type() {
        DataType::Dictionary(_, values) => {
            Arc::new(field.as_ref().clone().with_data_type(values.as_ref().clone()))
        }
        _ => Arc::clone(field),
    };
    let fields: Fields = found.schema().fields().iter().map(plain).collect();
    if fields == *found.schema().fields() {
        return Ok(found);
    }
    let schema = Schema::new_with_metadata(fields, found.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), options)
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
            DataType::UInt64 => Self::Unsigned(Vec::new()),
            DataType::Float32
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => Self::Numbers(Vec::new(), Vec::new()),
            DataType::Boolean => Self::Booleans(Vec::new()),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Times(Vec::new()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Texts(TextCells::default()),
            _ => return None,
        })
    }

    /// Adds the values of `array`, whose first row is row `first` of the file.
    fn extend(&mut self, array: &ArrayRef, first: usize) {
        match self {
            Self::Integers(values) => values.extend(integers(array)),
            Self::Unsigned(values) => values.extend(array.as_primitive::<UInt64Type>().iter()),
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
            Self::Unsigned(values) => unsigned(&values),
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

/// Whole numbers where all fit; else texts, since a number of that size is a code and no quantity.
fn unsigned(values: &[Option<u64>]) -> Cells {
    let fitting: Result<Vec<Option<i64>>, _> = values
        .iter()
        .map(|it| it.map(i64::try_from).transpose())
        .collect();
    match fitting {
        Ok(values) => Cells::Typed(Column::Integer(values), Vec::new()),
        Err(_) => {
            let mut cells = TextCells::default();
            for value in values {
                cells.push(&value.map(|it| it.to_string()).unwrap_or_default());
            }
            Cells::Texts(cells)
        }
    }
}

/// The numbers nearest to the decimals.
fn decimals<T: DecimalType + ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<f64>> {
    let array = array.as_primitive::<T>();
    (0..array.len())
        .map(|row| array.is_valid(row).then(|| array.value_as_string(row)))
        .map(|text| text.and_then(|it| it.parse().ok()))
        .collect()
}

fn numbers(array: &ArrayRef) -> Vec<Option<f64>> {
    match array.data_type() {
        DataType::Float32 => widened::<Float32Type, _>(array, f64::from),
        DataType::Float64 => widened::<Float64Type, _>(array, |it| it),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(array),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(array),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(array),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(array),
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

#[cfg(test)]
mod tests {
    use arrow_array::{Decimal128Array, DictionaryArray, Float64Array, UInt64Array, types::Int32Type as Key};

    use super::*;

    fn written(columns: [(&str, ArrayRef); 4]) -> Bytes {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes.into()
    }

    #[test]
    fn categories_decimals_and_unsigned_numbers_are_read_as_what_they_mean() {
        let ends: DictionaryArray<Key> = ["a", "b", "a"].into_iter().collect();
        let amounts = Decimal128Array::from(vec![Some(1999), None, Some(-5)])
            .with_precision_and_scale(18, 2)
            .unwrap();
        let bytes = written([
            ("_from", Arc::new(ends)),
            ("amount", Arc::new(amounts)),
            ("count", Arc::new(UInt64Array::from(vec![1, 2, 3]))),
            ("code", Arc::new(UInt64Array::from(vec![1, u64::MAX, 3]))),
        ]);
        let table = read("e.parquet", &bytes, &Control::default()).unwrap();
        let cells: Vec<Cells> = table.columns.into_iter().map(|it| it.cells).collect();
        assert_eq!(cells[0], Cells::Texts(["a", "b", "a"].into_iter().collect()));
        let numbers = vec![Some(19.99), None, Some(-0.05)];
        assert_eq!(cells[1], Cells::Typed(Column::Number(numbers), Vec::new()));
        let whole = vec![Some(1), Some(2), Some(3)];
        assert_eq!(cells[2], Cells::Typed(Column::Integer(whole), Vec::new()));
        let codes = ["1", "18446744073709551615", "3"];
        assert_eq!(cells[3], Cells::Texts(codes.into_iter().collect()));
    }

    /// What the file's type could not hold is counted, declared as weight or not.
    #[test]
    fn a_declared_weight_keeps_its_misfits() {
        let text = |it: [&str; 2]| -> ArrayRef { Arc::new(arrow_array::StringArray::from_iter_values(it)) };
        let bytes = written([
            ("_from", text(["a", "b"])),
            ("_to", text(["b", "c"])),
            ("km", Arc::new(Float64Array::from(vec![1.5, f64::NAN]))),
            ("note", text(["x", "y"])),
        ]);
        for settings in ["", "[collections.e]\nweight = \"km\"\n"] {
            let files = vec![
                ("e.parquet".to_owned(), bytes.to_vec()),
                ("graph.toml".to_owned(), settings.as_bytes().to_vec()),
            ];
            let source = super::super::FileSource::in_memory("test", files).unwrap();
            let census = source.census_now(&Control::default()).unwrap();
            let issues: Vec<_> = census.issues.iter().map(|it| (it.kind, it.count)).collect();
            assert_eq!(
                issues,
                [(crate::model::schema::IssueKind::BadWeight, 1)],
                "{settings}"
            );
        }
    }
}
