//! Writes result tables as Parquet: complete, whole or not at all, and the same bytes each time.
//!
//! The bytes depend on the table and its notes only: the creator is fixed, there is no time in the
//! file, one thread writes it, and row groups are cut by row count.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::error::EngineError;
use super::tables::{ResultTables, Table};
use crate::algorithms::Control;
use crate::model::{execution::ResultTable, id::ContentHash};
use crate::store::{advice, write_whole};

/// Key of the summary in a file's metadata: a JSON list of name, quantity and value.
pub const SUMMARY_KEY: &str = "gaai.summary";

/// Directory of the tables within a run's.
const RESULTS: &str = "results";

/// Rows of a row group and at once in memory beside the table.
const ROWS_AT_ONCE: usize = 131_072;

/// Writes `tables` to `run_directory/results/<stem>.<table>.parquet` and says what was written.
///
/// Each file is written beside its place, synced and renamed, so that a reader never meets half of
/// one; when writing fails, nothing of it is left behind. `stem` is the template's id.
///
/// # Errors
///
/// [`EngineError::Table`] names the file, what the system said and what to do.
pub fn write_tables(
    tables: &ResultTables,
    run_directory: &Path,
    stem: &str,
) -> Result<Vec<ResultTable>, EngineError> {
    write_noted(tables, run_directory, stem, &[], &Control::default())
}

/// As [`write_tables`], with `notes` in the metadata of each file: key and text. Stops when `control` is cancelled.
pub(super) fn write_noted(
    tables: &ResultTables,
    run_directory: &Path,
    stem: &str,
    notes: &[(&str, String)],
    control: &Control,
) -> Result<Vec<ResultTable>, EngineError> {
    if stem.is_empty()
        || !stem
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
    {
        let reason = format!("`{stem}` cannot be part of a file name; use letters, digits, `-` and `_`");
        return Err(fault(&run_directory.join(RESULTS), &reason));
    }
    let summary = serde_json::to_string(&tables.summary)
        .map_err(|error| fault(&run_directory.join(RESULTS), &error.to_string()))?;
    let mut written: Vec<ResultTable> = Vec::new();
    for table in &tables.tables {
        match write_one(table, run_directory, stem, (&summary, notes), control) {
            Ok(table) => written.push(table),
            Err(error) => {
                // Some tables without the others would pass for all of them.
                for it in &written {
                    let _ = fs::remove_file(run_directory.join(&it.path));
                }
                return Err(error);
            }
        }
    }
    Ok(written)
}

/// Writes one table with the summary and the notes.
fn write_one(
    table: &Table,
    run_directory: &Path,
    stem: &str,
    (summary, notes): (&str, &[(&str, String)]),
    control: &Control,
) -> Result<ResultTable, EngineError> {
    let relative = format!("{RESULTS}/{stem}.{}.parquet", table.name);
    let path = run_directory.join(&relative);
    let encoded = encode(table, summary, notes, control);
    let bytes = encoded.map_err(|error| fault(&path, &error.to_string()))?;
    control.check()?;
    write_whole(&path, &bytes).map_err(|error| fault(&path, &format!("{error}; {}", advice(&error))))?;
    Ok(ResultTable {
        name: table.name.clone(),
        path: relative,
        rows: table.rows as u64,
        columns: table.columns.iter().map(|(column, _)| column.clone()).collect(),
        hash: ContentHash::of(&bytes),
    })
}

/// The table as a Parquet file in memory: hashed and written from there, so that a failed write is
/// the system's error and nothing else. Cut short once `control` is cancelled.
fn encode(
    table: &Table,
    summary: &str,
    notes: &[(&str, String)],
    control: &Control,
) -> Result<Vec<u8>, ParquetError> {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|(column, values)| {
            let array = values.array();
            // A column's nullability must not depend on the data, or equal runs on a grown graph
            // would differ in schema: texts, instants and attributes may be missing, the rest never is.
            let nullable = column.name.starts_with('@')
                || matches!(
                    array.data_type(),
                    DataType::Utf8 | DataType::List(_) | DataType::Timestamp(..)
                );
            Field::new(&column.name, array.data_type().clone(), nullable)
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let mut metadata = vec![
        KeyValue::new("gaai.table".to_owned(), table.name.clone()),
        KeyValue::new(SUMMARY_KEY.to_owned(), summary.to_owned()),
    ];
    metadata.extend(
        notes
            .iter()
            .map(|(key, text)| KeyValue::new((*key).to_owned(), text.clone())),
    );
    let properties = WriterProperties::builder()
        .set_created_by("gaai".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROWS_AT_ONCE))
        .set_key_value_metadata(Some(metadata))
        .build();
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        // Arrow's own copy of the schema would tie the bytes to its version.
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options)?;
    let mut from = 0;
    while from < table.rows && !control.is_cancelled() {
        let rows = ROWS_AT_ONCE.min(table.rows - from);
        let arrays: Vec<ArrayRef> = table
            .columns
            .iter()
            .map(|(_, values)| values.array().slice(from, rows))
            .collect();
        writer.write(&RecordBatch::try_new(schema.clone(), arrays)?)?;
        from += rows;
    }
    writer.into_inner()
}

fn fault(path: &Path, reason: &str) -> EngineError {
    EngineError::Table {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
