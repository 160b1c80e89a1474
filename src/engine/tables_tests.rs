//! Round trips of result tables through Parquet files, and what damaged files do.

use std::fs;
use std::path::Path;

use super::doubles::{execution_of, full_outcome, small_graph};
use super::write::write_noted;
use super::{EngineError, ResultTables, Table, TableColumn, write_tables};
use crate::algorithms::{Control, KernelError, Quantity, Values};
use crate::model::fact::FactValue;

fn tables() -> ResultTables {
    ResultTables::from_outcome(&full_outcome(), &small_graph()).unwrap()
}

/// Equal as values: NaN equals NaN, which `PartialEq` of floats denies.
fn cells(table: &Table) -> Vec<Vec<String>> {
    let cell = |column: &TableColumn, row| format!("{:?} {:?}", column.text(row), column.number(row));
    table
        .columns
        .iter()
        .map(|(_, column)| (0..table.rows).map(|row| cell(column, row)).collect())
        .collect()
}

#[test]
fn vertices_are_written_as_keys_with_labels_beside_them() {
    let tables = tables();
    let vertices = tables.table("vertices").unwrap();
    let names: Vec<&str> = vertices.columns.iter().map(|(it, _)| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "collection",
            "key",
            "label",
            "links",
            "distance",
            "cut",
            "seen",
            "group",
            "group_label",
            "place",
            "@city",
            "@age",
            "@score",
            "@open",
            "@since"
        ]
    );
    assert_eq!(vertices.text("collection", 1).unwrap(), "people");
    assert_eq!(vertices.text("group", 3).unwrap(), "shops/s0");
    assert_eq!(vertices.text("group_label", 3).unwrap(), "Corner");
    assert_eq!(vertices.text("group", 4), None);
    assert_eq!(vertices.text("@city", 1), None);
    assert_eq!(vertices.value("distance", 3), None, "a fact is finite");
    assert_eq!(vertices.value("distance", 4), None);
    assert_eq!(vertices.value("cut", 1), Some(FactValue::Integer(1)));
    assert_eq!(vertices.value("links", 9), None);
    assert_eq!(vertices.text("place", 1).unwrap(), "0, 0.25");
    assert_eq!(vertices.value("place", 1), None, "a vector is no fact");
    let place = vertices.column("place").unwrap();
    assert_eq!(place.vector(0).unwrap(), [0.5, -1.0]);
    let cycles = tables.table("cycles").unwrap();
    assert_eq!(cycles.rows, 3);
    assert_eq!(
        cycles.value("members", 2),
        Some(FactValue::List(vec![
            "shops/s0".to_owned(),
            "shops/s1".to_owned(),
            "shops/s2".to_owned()
        ]))
    );
    assert_eq!(cycles.text("members_labels", 0).unwrap(), "Ada, <b>Bo</b>");
    assert_eq!(cycles.text("members", 1).unwrap(), "");
}

#[test]
fn tables_read_back_equal_the_tables_written() {
    let run = tempfile::tempdir().unwrap();
    let tables = tables();
    let written = write_tables(&tables, run.path(), "test-1").unwrap();
    assert_eq!(written[0].path, "results/test-1.vertices.parquet");
    assert_eq!(written[0].rows, 5);
    let execution = execution_of(written);
    ResultTables::check(run.path(), &execution).unwrap();
    let read = ResultTables::open(run.path(), &execution).unwrap();
    assert_eq!(read.summary, tables.summary);
    assert_eq!(read.summary("groups"), Some(2.0));
    assert_eq!(read.summary("undefined"), None);
    for (read, written) in read.tables.iter().zip(&tables.tables) {
        let columns = |it: &Table| it.columns.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
        assert_eq!(columns(read), columns(written));
        assert_eq!(cells(read), cells(written));
    }
}

#[test]
fn a_table_without_rows_reads_back() {
    let run = tempfile::tempdir().unwrap();
    let mut outcome = full_outcome();
    for column in &mut outcome.rows.as_mut().unwrap().columns {
        column.values = match column.name {
            "members" => Values::Lists {
                offsets: vec![0],
                members: Vec::new(),
            },
            _ => Values::Numbers(Vec::new()),
        };
    }
    let tables = ResultTables::from_outcome(&outcome, &small_graph()).unwrap();
    let execution = execution_of(write_tables(&tables, run.path(), "test-1").unwrap());
    let read = ResultTables::open(run.path(), &execution).unwrap();
    assert_eq!(read.table("cycles").unwrap().rows, 0);
    assert!(read.table("cycles").unwrap().column("members").is_some());
}

#[test]
fn equal_tables_are_equal_bytes() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let hashes = |at: &Path| {
        let written = write_tables(&tables(), at, "test-1").unwrap();
        written.into_iter().map(|it| it.hash).collect::<Vec<_>>()
    };
    assert_eq!(hashes(first.path()), hashes(second.path()));
    assert_eq!(hashes(first.path()), hashes(first.path()), "written over itself");
}

#[test]
fn a_column_that_does_not_fit_its_table_is_refused() {
    let mut outcome = full_outcome();
    outcome.vertices[0].values = Values::Integers(vec![1]);
    let error = ResultTables::from_outcome(&outcome, &small_graph()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vertices: column `links` has 1 values for 5 rows"
    );
}

#[test]
fn a_damaged_file_is_named_at_every_length_and_byte() {
    let run = tempfile::tempdir().unwrap();
    let execution = execution_of(write_tables(&tables(), run.path(), "test-1").unwrap());
    let path = run.path().join("results/test-1.cycles.parquet");
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        let error = ResultTables::open(run.path(), &execution).unwrap_err();
        assert!(error.to_string().contains("test-1.cycles.parquet"), "{error}");
    }
    for at in (0..whole.len()).step_by(3) {
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        fs::write(&path, &changed).unwrap();
        let error = ResultTables::check(run.path(), &execution).unwrap_err();
        assert!(error.to_string().contains("changed after the run"), "{error}");
        // Reading it may succeed with another value or fail; it must not stop the process.
        let _ = ResultTables::open(run.path(), &execution);
    }
    fs::remove_file(&path).unwrap();
    let error = ResultTables::open(run.path(), &execution).unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
}

#[test]
fn paths_out_of_the_run_directory_are_refused() {
    let run = tempfile::tempdir().unwrap();
    for path in ["../secret.parquet", "/etc/passwd", "results/../../x"] {
        let mut execution = execution_of(write_tables(&tables(), run.path(), "test-1").unwrap());
        execution.tables[0].path = path.to_owned();
        let error = ResultTables::open(run.path(), &execution).unwrap_err();
        assert!(error.to_string().contains("leads out of"), "{error}");
    }
}

#[test]
fn a_failed_write_leaves_nothing_and_says_what_to_do() {
    let run = tempfile::tempdir().unwrap();
    // A directory where the file should be: the rename fails after the bytes were written.
    fs::create_dir_all(run.path().join("results/test-1.vertices.parquet/in-the-way")).unwrap();
    let error = write_tables(&tables(), run.path(), "test-1").unwrap_err();
    assert!(matches!(error, EngineError::Table { .. }));
    assert!(
        error.to_string().contains("check the path given with --out"),
        "{error}"
    );
    let left: Vec<_> = fs::read_dir(run.path().join("results")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn zeros_have_no_sign() {
    let mut outcome = full_outcome();
    outcome.summary = vec![("total", Quantity::Weight, -0.0)];
    for column in &mut outcome.vertices {
        match &mut column.values {
            Values::Numbers(values) => values.fill(-0.0),
            Values::Vectors { values, .. } => values.fill(-0.0),
            _ => {}
        }
    }
    let tables = ResultTables::from_outcome(&outcome, &small_graph()).unwrap();
    let vertices = tables.table("vertices").unwrap();
    assert!(tables.summary("total").unwrap().is_sign_positive());
    for row in 0..vertices.rows {
        let number = vertices.column("distance").unwrap().number(row).unwrap();
        assert!(number.is_sign_positive());
        assert_eq!(vertices.text("place", row).unwrap(), "0, 0");
    }
}

#[test]
fn a_cancelled_write_leaves_nothing() {
    let (place, control) = (tempfile::tempdir().unwrap(), Control::default());
    control.cancel();
    let ended = write_noted(&tables(), place.path(), "degree", &[], &control);
    assert!(matches!(ended, Err(EngineError::Kernel(KernelError::Cancelled))));
    let left = fs::read_dir(place.path().join("results")).map_or(0, Iterator::count);
    assert_eq!(left, 0);
}
