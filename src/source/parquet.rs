//! Reads Parquet files: flat columns of numbers, texts, truth values, dates and timestamps, also where
//! they are stored as dictionaries (categories) or decimals.
//!
//! Columns of other types (lists, structs, bytes) are left out and named in the guesses. A file
//! that is cut short or damaged is an error, never a shorter table.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;
use rayon::prelude::*;

use super::cells::{RawColumn, RawTable};
use super::error::{SourceError, check};
use super::layout::{self, Content, Entry};
use super::lines::Lines;
use super::meter::Meter;
use super::parquet_columns::Decoded;
use crate::algorithms::Control;
use crate::model::schema::Guess;

/// Rows that are decoded at once, and between two looks at whether to stop.
const BATCH: usize = 1 << 16;

/// Reads the table of `entry`, row groups in parallel.
pub(super) fn read(entry: &Entry, meter: Meter, control: &Control) -> Result<RawTable, SourceError> {
    let place = &entry.place;
    // The decoder asserts what a damaged file need not keep; its panic is that file's error.
    let reading = AssertUnwindSafe(|| match &entry.content {
        // Each group has a file of its own: clones of one would share its position.
        Content::OnDisk(path) => read_whole(entry, || File::open(path), meter, control),
        Content::InMemory(bytes) => read_whole(entry, || Ok(bytes.clone()), meter, control),
    });
    catch_unwind(reading).unwrap_or_else(|_| Err(damaged(place, &"its pages contradict its footer")))
}

fn read_whole<R: ChunkReader + 'static>(
    entry: &Entry,
    open: impl Fn() -> io::Result<R> + Sync,
    meter: Meter,
    control: &Control,
) -> Result<RawTable, SourceError> {
    let place = &entry.place;
    let file = open().map_err(|error| damaged(place, &error))?;
    let metadata = metadata(&file).map_err(|error| damaged(place, &error))?;
    check_chunks(place, file.len(), metadata.metadata())?;
    let fields = metadata.schema().fields().clone();
    let names: Vec<String> = fields.iter().map(|it| it.name().clone()).collect();
    let ends = layout::end_columns(entry, &names);
    let empty = |index: usize| Decoded::of(fields[index].data_type(), ends.contains(&index));
    let read: Vec<usize> = (0..fields.len()).filter(|it| empty(*it).is_some()).collect();
    meter.check_known(place, known_bytes(&metadata, &read, &ends))?;
    let mut columns: Vec<Decoded> = read.iter().filter_map(|it| empty(*it)).collect();
    let mut rows = 0;
    let groups: Vec<usize> = (0..metadata.metadata().num_row_groups()).collect();
    for wave in groups.chunks(rayon::current_num_threads()) {
        let parts: Vec<Result<(Vec<Decoded>, usize), SourceError>> = wave
            .par_iter()
            .map(|group| {
                let file = open().map_err(|error| damaged(place, &error))?;
                let columns = read.iter().filter_map(|it| empty(*it)).collect();
                read_group(place, file, (&metadata, &read), *group, columns, control)
            })
            .collect();
        for part in parts {
            let (part, count) = part?;
            for (column, more) in columns.iter_mut().zip(part) {
                column.append(place, more, rows)?;
            }
            rows += count;
        }
    }
    let mut table = RawTable {
        lines: Lines::consecutive(rows),
        ..RawTable::default()
    };
    let mut columns = columns.into_iter();
    for (index, field) in fields.iter().enumerate() {
        match read.contains(&index).then(|| columns.next()).flatten() {
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

/// The rows of one row group, and how many they are; only the columns `read` are decoded.
fn read_group<R: ChunkReader + 'static>(
    place: &str,
    file: R,
    (metadata, read): (&ArrowReaderMetadata, &[usize]),
    group: usize,
    mut columns: Vec<Decoded>,
    control: &Control,
) -> Result<(Vec<Decoded>, usize), SourceError> {
    let mask = ProjectionMask::roots(metadata.parquet_schema(), read.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build()
        .map_err(|error| damaged(place, &error))?;
    let mut rows = 0;
    for batch in reader {
        check(control)?;
        let batch: RecordBatch = batch.map_err(|error| damaged(place, &error))?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            column.extend(array, rows);
        }
        rows += batch.num_rows();
    }
    Ok((columns, rows))
}

/// Bytes that the columns `read` take at least, by the footer.
fn known_bytes(metadata: &ArrowReaderMetadata, read: &[usize], ends: &[usize]) -> u64 {
    let rows = u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let row_bytes = |index: &usize| match metadata.schema().field(*index).data_type() {
        _ if ends.contains(index) => 4,
        DataType::Boolean => 1,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => 8,
        _ => 16,
    };
    rows.saturating_mul(read.iter().map(row_bytes).sum())
}

/// What the file's footer says, with columns of dictionaries taken as columns of their values.
fn metadata<R: ChunkReader>(file: &R) -> Result<ArrowReaderMetadata, ParquetError> {
    let found = ArrowReaderMetadata::load(file, ArrowReaderOptions::default())?;
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

fn damaged(place: &str, error: &dyn std::fmt::Display) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line: 0,
        reason: format!("it is no whole Parquet file ({error}); copy or export it again"),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        ArrayRef, Decimal128Array, DictionaryArray, Float64Array, UInt64Array, types::Int32Type as Key,
    };

    use bytes::Bytes;

    use super::*;
    use crate::graph::Column;
    use crate::source::cells::Cells;

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
        let listing = layout::list_memory(vec![("e.parquet".to_owned(), bytes.to_vec())]).unwrap();
        let table = read(&listing.entries[0], Meter::new(None), &Control::default()).unwrap();
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

    /// Ends are the same whatever type they have, however rows are grouped and on any number of threads.
    #[test]
    fn groups_of_rows_are_put_together_in_order() {
        let keys: Vec<Option<i64>> = (0..1000)
            .map(|it| (it % 13 != 0).then_some(if it == 700 { i64::MIN } else { it * 31 % 97 }))
            .collect();
        let unsigned = |it: &Option<i64>| it.map(|it| if it < 0 { u64::MAX } else { it as u64 });
        let from: ArrayRef = Arc::new(arrow_array::Int64Array::from(keys.clone()));
        let to: ArrayRef = Arc::new(UInt64Array::from_iter(keys.iter().map(unsigned)));
        let amounts = (0..1000).map(|it| if it % 100 == 99 { f64::NAN } else { f64::from(it) });
        let amounts: ArrayRef = Arc::new(Float64Array::from_iter_values(amounts));
        let notes = (0..1000).map(|it| format!("note {it}"));
        let notes: ArrayRef = Arc::new(arrow_array::StringArray::from_iter_values(notes));
        let columns = [("_from", from), ("_to", to), ("amount", amounts), ("note", notes)];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let table = |rows_a_group: usize, threads: usize| {
            let properties = parquet::file::properties::WriterProperties::builder()
                .set_max_row_group_row_count(Some(rows_a_group))
                .build();
            let mut bytes = Vec::new();
            let mut writer =
                parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            let listing = layout::list_memory(vec![("e.parquet".to_owned(), bytes)]).unwrap();
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| read(&listing.entries[0], Meter::new(None), &Control::default()))
                .unwrap()
        };
        let whole = table(1000, 1);
        let shown = |it: Option<String>| it.unwrap_or_default();
        let Cells::Interned(from) = &whole.columns[0].cells else {
            panic!("not interned")
        };
        assert!((0..1000).all(|row| from.get(row) == shown(keys[row].map(|it| it.to_string()))));
        let Cells::Interned(to) = &whole.columns[1].cells else {
            panic!("not interned")
        };
        assert!((0..1000).all(|row| to.get(row) == shown(unsigned(&keys[row]).map(|it| it.to_string()))));
        let Cells::Typed(Column::Number(_), misfits) = &whole.columns[2].cells else {
            panic!("no numbers")
        };
        assert_eq!((misfits.len(), misfits[9]), (10, 999));
        for (rows_a_group, threads) in [(100, 1), (64, 2), (333, 3), (1, 8)] {
            assert_eq!(table(rows_a_group, threads), whole, "{rows_a_group} rows a group");
        }
    }

    #[test]
    fn what_cannot_fit_is_refused_before_it_is_read() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![0.5; 3]));
        let text: ArrayRef = Arc::new(arrow_array::StringArray::from(vec!["a"; 3]));
        let columns = [
            ("_from", text.clone()),
            ("_to", text),
            ("x", numbers.clone()),
            ("y", numbers),
        ];
        let files = vec![("e.parquet".to_owned(), written(columns).to_vec())];
        let listing = layout::list_memory(files).unwrap();
        let within = |bytes: u64| {
            read(&listing.entries[0], Meter::new(Some(bytes)), &Control::default()).map(|it| it.lines.len())
        };
        assert_eq!(within(120), Ok(3));
        let error = within(119).unwrap_err().to_string();
        assert!(error.contains("--budget-memory"), "{error}");
    }
}
