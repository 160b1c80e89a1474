//! What is written in a format is read back: tables through CSV, JSON lines and Parquet, edges
//! through edge lists.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use gaai::algorithms::Control;
use gaai::graph::{Column, ParallelEdges, ProjectionRules};
use gaai::model::template::Projection;
use gaai::source::{FileSource, LoadedGraph};
use proptest::prelude::*;

/// Vertices of the collection `v`: key, then a text, a whole number and a number, each optional.
pub(crate) type Table = Vec<(String, Option<String>, Option<i64>, Option<f64>)>;

fn tables() -> impl Strategy<Value = Table> {
    // A leading letter keeps keys and texts from looking like numbers, dates or null words.
    let text = "t[ -~éß漢\n\"]{0,12}";
    // Longer numbers are codes in a file without types.
    let number = -1e9..1e9_f64;
    let row = (
        prop::option::of(text),
        prop::option::of(any::<i64>()),
        prop::option::of(number),
    );
    prop::collection::btree_map("k[a-z0-9<>\"',;|/é]{0,8}", row, 2..12)
        .prop_map(|rows| rows.into_iter().map(|(key, (a, b, c))| (key, a, b, c)).collect())
}

/// A ring through all vertices, which makes the table a graph.
fn ring(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["_from", "_to"]).unwrap();
    for (index, row) in table.iter().enumerate() {
        let next = &table[(index + 1) % table.len()].0;
        writer
            .write_record([format!("v/{}", row.0), format!("v/{next}")])
            .unwrap();
    }
    writer.into_inner().unwrap()
}

fn load(source: &FileSource) -> LoadedGraph {
    let census = source.census_now(&Control::default()).unwrap();
    assert!(census.issues.is_empty(), "{:?}", census.issues);
    let wanted = Projection {
        vertices: vec!["v".to_owned()],
        edges: vec!["e".to_owned()],
        attributes: ["text", "whole", "number"].map(str::to_owned).to_vec(),
        ..Projection::default()
    };
    source.load_now(&wanted, &Control::default()).unwrap()
}

fn assert_same(table: &Table, loaded: &LoadedGraph) {
    let attribute =
        |name: &str| -> &Column { &loaded.attributes.iter().find(|(own, _)| own == name).unwrap().1 };
    assert_eq!(loaded.keys.len(), table.len());
    for (row, (key, text, whole, number)) in table.iter().enumerate() {
        assert_eq!(&loaded.keys.keys[row], key);
        assert_eq!(&attribute("text").text(row), text);
        assert_eq!(attribute("whole").text(row), whole.map(|it| it.to_string()));
        assert_eq!(attribute("number").number(row), *number);
    }
    assert_eq!(loaded.csr.edge_count, table.len() as u64);
}

fn in_memory(name: &str, bytes: Vec<u8>, table: &Table) -> FileSource {
    let files = vec![(name.to_owned(), bytes), ("e.csv".to_owned(), ring(table))];
    FileSource::in_memory("test", files).unwrap()
}

fn shown<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map(T::to_string).unwrap_or_default()
}

pub(crate) fn write_parquet(path: &Path, table: &Table) {
    let columns: [(&str, ArrayRef); 4] = [
        (
            "_key",
            Arc::new(StringArray::from_iter_values(table.iter().map(|it| &it.0))),
        ),
        (
            "text",
            Arc::new(table.iter().map(|it| it.1.as_deref()).collect::<StringArray>()),
        ),
        (
            "whole",
            Arc::new(table.iter().map(|it| it.2).collect::<Int64Array>()),
        ),
        (
            "number",
            Arc::new(table.iter().map(|it| it.3).collect::<Float64Array>()),
        ),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, it)| (name, it, true))).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

pub(crate) fn one_table() -> Table {
    vec![
        ("k1".to_owned(), Some("t".to_owned()), Some(1), Some(0.5)),
        ("k2".to_owned(), None, None, None),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn csv_reads_back_what_was_written(table in tables(), delimiter in prop::sample::select(b",;\t|".to_vec())) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["_key", "text", "whole", "number"]).unwrap();
        for (key, text, whole, number) in &table {
            writer.write_record([key.clone(), shown(text), shown(whole), shown(number)]).unwrap();
        }
        let source = in_memory("v.csv", writer.into_inner().unwrap(), &table);
        assert_same(&table, &load(&source));
    }

    #[test]
    fn json_lines_read_back_what_was_written(table in tables()) {
        let lines: Vec<String> = table
            .iter()
            .map(|(key, text, whole, number)| {
                serde_json::json!({"_key": key, "text": text, "whole": whole, "number": number}).to_string()
            })
            .collect();
        let source = in_memory("v.jsonl", lines.join("\n").into_bytes(), &table);
        assert_same(&table, &load(&source));
    }

    #[test]
    fn parquet_reads_back_what_was_written(table in tables()) {
        let directory = tempfile::tempdir().unwrap();
        write_parquet(&directory.path().join("v.parquet"), &table);
        fs::write(directory.path().join("e.csv"), ring(&table)).unwrap();
        assert_same(&table, &load(&FileSource::open(directory.path(), "test").unwrap()));
    }

    #[test]
    fn edge_lists_read_back_what_was_written(
        edges in prop::collection::vec(("[a-z0-9_.:-]{1,5}", "[a-z0-9_.:-]{1,5}", -1e9..1e9_f64), 1..30),
    ) {
        let mut text = "# a comment\n% another\n\n".to_owned();
        for (from, to, weight) in &edges {
            text.push_str(&format!("{from}\t{to} {weight}\n"));
        }
        let source = FileSource::in_memory("test", vec![("e.el".to_owned(), text.into_bytes())]).unwrap();
        let wanted = Projection {
            vertices: vec!["vertices".to_owned()],
            edges: vec!["e".to_owned()],
            weight: Some("weight".to_owned()),
            rules: ProjectionRules { parallel: ParallelEdges::Keep, self_loops: true, ..ProjectionRules::default() },
            ..Projection::default()
        };
        let loaded = source.load_now(&wanted, &Control::default()).unwrap();
        let mut read: BTreeMap<(String, String, u64), usize> = BTreeMap::new();
        for v in 0..loaded.csr.vertex_count() {
            for at in loaded.csr.out.range(v) {
                let to = loaded.csr.out.targets[at] as usize;
                let ends = (loaded.keys.keys[v as usize].to_owned(), loaded.keys.keys[to].to_owned());
                *read.entry((ends.0, ends.1, loaded.csr.out.weight(at).to_bits())).or_default() += 1;
            }
        }
        let mut written: BTreeMap<(String, String, u64), usize> = BTreeMap::new();
        for (from, to, weight) in edges {
            *written.entry((from, to, weight.to_bits())).or_default() += 1;
        }
        prop_assert_eq!(read, written);
    }
}

#[test]
fn a_parquet_file_cut_anywhere_is_an_error_that_names_it() {
    let table = one_table();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("v.parquet");
    write_parquet(&path, &table);
    fs::write(directory.path().join("e.csv"), ring(&table)).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in [1, 4, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let source = FileSource::open(directory.path(), "test").unwrap();
        let error = source.census_now(&Control::default()).unwrap_err().to_string();
        assert!(
            error.contains("v.parquet") && error.contains("no whole Parquet file"),
            "{error}"
        );
    }
}

/// The same graph in four formats has the same vertices and edges.
#[test]
fn a_graph_is_the_same_in_every_format() {
    let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")];
    let csv: String = edges.iter().map(|(a, b)| format!("{a},{b}\n")).collect();
    let list: String = edges.iter().map(|(a, b)| format!("{a} {b}\n")).collect();
    let json: String = edges
        .iter()
        .map(|(a, b)| format!("{{\"_from\": \"vertices/{a}\", \"_to\": \"vertices/{b}\"}}\n"))
        .collect();
    let wanted = Projection {
        vertices: vec!["vertices".to_owned()],
        edges: vec!["g".to_owned()],
        ..Projection::default()
    };
    let hashes = [
        ("g.csv", format!("src,dst\n{csv}")),
        ("g.el", list),
        ("g.jsonl", json),
    ]
    .map(|(name, text)| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        let source = FileSource::open(&path, "g").unwrap();
        source.load_now(&wanted, &Control::default()).unwrap().hash
    });
    assert!(hashes.iter().all(|it| *it == hashes[0]), "{hashes:?}");
}
