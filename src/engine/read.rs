//! Reads result tables back from Parquet, from our files or from anyone's with the same columns.
//!
//! Facts are recomputed from what is read here, so nothing is taken from the execution but where
//! the tables are and what their columns measure. A damaged file is an error that names it.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};

use arrow_array::types::{Float32Type, Int8Type, Int16Type, Int32Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{
    Array, ArrowPrimitiveType, BooleanArray, Float64Array, Int64Array, LargeStringArray, ListArray,
    PrimitiveArray, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::error::EngineError;
use super::tables::{ResultTables, Table, TableColumn};
use super::write::SUMMARY_KEY;
use crate::algorithms::Quantity;
use crate::model::{
    execution::{Execution, ResultColumn, ResultTable, SummaryValue},
    id::ContentHash,
};

impl ResultTables {
    /// Reads every table of `execution` from its files under `run_directory`.
    ///
    /// The content is not compared with the recorded hashes ([`ResultTables::check`] does that).
    ///
    /// # Errors
    ///
    /// [`EngineError::Table`] names the file that is missing, damaged, or lies outside the run.
    pub fn open(run_directory: &Path, execution: &Execution) -> Result<Self, EngineError> {
        let mut found = Self::default();
        for table in &execution.tables {
            let path = inside(run_directory, table)?;
            let (read, summary) = read_table(&path, table)?;
            if found.tables.is_empty() {
                found.summary = summary;
            }
            found.tables.push(read);
        }
        Ok(found)
    }

    /// Compares the files of `execution` with their recorded SHA-256.
    ///
    /// # Errors
    ///
    /// [`EngineError::Table`] names the first file that is missing or was changed.
    pub fn check(run_directory: &Path, execution: &Execution) -> Result<(), EngineError> {
        for table in &execution.tables {
            let path = inside(run_directory, table)?;
            let bytes = fs::read(&path).map_err(|error| fault(&path, error.to_string()))?;
            let hash = ContentHash::of(&bytes);
            if hash != table.hash {
                let reason = format!(
                    "its SHA-256 is {hash} and not {} as recorded; the file was changed after the run",
                    table.hash
                );
                return Err(fault(&path, reason));
            }
        }
        Ok(())
    }
}

/// The table's path, which must not lead out of the run directory: an execution is read from a
/// file that others may have edited.
fn inside(run_directory: &Path, table: &ResultTable) -> Result<PathBuf, EngineError> {
    let relative = Path::new(&table.path);
    if relative.components().all(|it| matches!(it, Component::Normal(_))) {
        Ok(run_directory.join(relative))
    } else {
        Err(fault(
            relative,
            "the path leads out of the run directory".to_owned(),
        ))
    }
}

fn read_table(path: &Path, table: &ResultTable) -> Result<(Table, Vec<SummaryValue>), EngineError> {
    // The decoder is not ours and the bytes may be anything: a panic in it is a damaged file.
    let read = catch_unwind(AssertUnwindSafe(|| decode(path)));
    let (batch, summary) = read
        .unwrap_or_else(|_| Err("the decoder gave up".to_owned()))
        .map_err(|reason| {
            fault(
                path,
                format!("not a complete Parquet table ({reason}); run the template again"),
            )
        })?;
    let mut columns = Vec::new();
    for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
        let values = typed(array.as_ref())
            .map_err(|reason| fault(path, format!("column `{}` {reason}", field.name())))?;
        let quantity = table
            .columns
            .iter()
            .find(|it| &it.name == field.name())
            .map_or_else(|| guess(&values), |it| it.quantity);
        let column = ResultColumn {
            name: field.name().clone(),
            quantity,
        };
        columns.push((column, values));
    }
    let table = Table {
        name: table.name.clone(),
        rows: batch.num_rows(),
        columns,
    };
    Ok((table, summary))
}

fn decode(path: &Path) -> Result<(RecordBatch, Vec<SummaryValue>), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let metadata = builder.metadata().file_metadata();
    let rows = usize::try_from(metadata.num_rows()).map_err(|_| "a negative row count".to_owned())?;
    let summary = metadata
        .key_value_metadata()
        .into_iter()
        .flatten()
        .find(|it| it.key == SUMMARY_KEY)
        .and_then(|it| it.value.as_deref())
        .map_or(Ok(Vec::new()), serde_json::from_str)
        .map_err(|error| format!("`{SUMMARY_KEY}`: {error}"))?;
    let schema = builder.schema().clone();
    // One batch spans all row groups, so that every column is one array.
    let mut reader = builder
        .with_batch_size(rows.max(1))
        .build()
        .map_err(|error| error.to_string())?;
    let batch = match reader.next() {
        Some(batch) => batch.map_err(|error| error.to_string())?,
        None => RecordBatch::new_empty(schema),
    };
    if batch.num_rows() != rows || reader.next().is_some() {
        return Err(format!("{rows} rows announced, {} found", batch.num_rows()));
    }
    Ok((batch, summary))
}

/// What a column measures when nobody said.
fn guess(values: &TableColumn) -> Quantity {
    match values {
        TableColumn::Integers(_) => Quantity::Count,
        TableColumn::Numbers(_) | TableColumn::Vectors(_) => Quantity::Score,
        TableColumn::Flags(_) => Quantity::Flag,
        TableColumn::Times(_) => Quantity::Instant,
        TableColumn::Texts(_) | TableColumn::Lists(_) => Quantity::Name,
    }
}

/// The array as one of our column types; narrower numbers are widened.
fn typed(array: &dyn Array) -> Result<TableColumn, String> {
    let column = match array.data_type() {
        DataType::Int64 => own::<Int64Array>(array).map(TableColumn::Integers),
        DataType::Int32 => whole::<Int32Type>(array),
        DataType::Int16 => whole::<Int16Type>(array),
        DataType::Int8 => whole::<Int8Type>(array),
        DataType::UInt32 => whole::<UInt32Type>(array),
        DataType::UInt16 => whole::<UInt16Type>(array),
        DataType::UInt8 => whole::<UInt8Type>(array),
        DataType::UInt64 => own::<UInt64Array>(array).and_then(|it| {
            let values: Option<Vec<Option<i64>>> = it
                .iter()
                .map(|cell| cell.map_or(Some(None), |value| i64::try_from(value).ok().map(Some)))
                .collect();
            values.map(|it| TableColumn::Integers(Int64Array::from(it)))
        }),
        DataType::Float64 => own::<Float64Array>(array).map(TableColumn::Numbers),
        DataType::Float32 => own::<PrimitiveArray<Float32Type>>(array)
            .map(|it| TableColumn::Numbers(it.iter().map(|cell| cell.map(f64::from)).collect())),
        DataType::Boolean => own::<BooleanArray>(array).map(TableColumn::Flags),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            own::<TimestampMillisecondArray>(array).map(TableColumn::Times)
        }
        DataType::Utf8 => own::<StringArray>(array).map(TableColumn::Texts),
        DataType::LargeUtf8 => {
            own::<LargeStringArray>(array).map(|it| TableColumn::Texts(it.iter().collect()))
        }
        DataType::List(member) if member.data_type() == &DataType::Utf8 => {
            own::<ListArray>(array).map(TableColumn::Lists)
        }
        DataType::List(member) if member.data_type() == &DataType::Float32 => {
            own::<ListArray>(array).map(TableColumn::Vectors)
        }
        _ => None,
    };
    column.ok_or_else(|| format!("has the type {} that no result table has", array.data_type()))
}

fn own<A: Array + Clone + 'static>(array: &dyn Array) -> Option<A> {
    array.as_any().downcast_ref::<A>().cloned()
}

fn whole<T>(array: &dyn Array) -> Option<TableColumn>
where
    T: ArrowPrimitiveType,
    i64: From<T::Native>,
{
    own::<PrimitiveArray<T>>(array)
        .map(|it| TableColumn::Integers(it.iter().map(|cell| cell.map(i64::from)).collect()))
}

fn fault(path: &Path, reason: String) -> EngineError {
    EngineError::Table {
        path: path.display().to_string(),
        reason,
    }
}
