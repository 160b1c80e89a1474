//! What a directory's files and its settings make of each other.

use std::fs;

use super::*;
use crate::model::schema::{Census, IssueKind};

fn census(files: &[(&str, &str)]) -> Result<Census, SourceError> {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    FileSource::in_memory("test", files)?.census_now(&Control::default())
}

fn reason(files: &[(&str, &str)]) -> String {
    census(files).unwrap_err().to_string()
}

const PEOPLE: (&str, &str) = ("people.csv", "_key,name,title\na,Ann,Dr\nb,Bob,Mr\n");
const KNOWS: (&str, &str) = ("knows.csv", "_from,_to\na,b\n");

#[test]
fn edges_cannot_start_and_end_in_one_column() {
    let turned = ("graph.toml", "[collections.knows]\nfrom = \"_to\"\n");
    let text = reason(&[PEOPLE, KNOWS, turned]);
    assert!(text.contains("set both `collections.knows.from"), "{text}");
    let both = (
        "graph.toml",
        "[collections.knows]\nfrom = \"_to\"\nto = \"_from\"\n",
    );
    assert_eq!(census(&[PEOPLE, KNOWS, both]).unwrap().edge_count(), 1);
}

#[test]
fn a_file_is_one_collection_however_it_is_spelt() {
    let twice = (
        "graph.toml",
        "[collections.a]\nfile = \"knows.csv\"\n[collections.b]\nfile = \"./knows.csv\"\n",
    );
    let text = reason(&[PEOPLE, KNOWS, twice]);
    assert!(text.contains("the file of both `a` and `b`"), "{text}");
    let spelt = ("graph.toml", "[collections.a]\nfile = \"./knows.csv\"\n");
    let found = census(&[PEOPLE, KNOWS, spelt]).unwrap();
    assert_eq!((found.edges.len(), found.edges[0].name.as_str()), (1, "a"));
}

#[test]
fn the_label_is_the_first_name_that_is_not_the_key() {
    let by_name = ("graph.toml", "[collections.people]\nkey = \"name\"\n");
    let files = [PEOPLE, ("knows.csv", "_from,_to\nAnn,Bob\n"), by_name];
    assert_eq!(
        census(&files).unwrap().vertices[0].label.as_deref(),
        Some("title")
    );
}

#[test]
fn a_quote_left_open_is_an_error_with_its_line() {
    let text = reason(&[(
        "e.csv",
        "_from,_to,note\na,b,\"whole\"\na,b,\"open\nb,c,x\nc,d,y\n",
    )]);
    assert!(
        text.contains("line 3: a quote is opened here and never closed"),
        "{text}"
    );
    let closed = "_from,_to,note\na,b,\"two\nlines\"\"\"\nb,c,5\" pipe\nc,d,\"last\"";
    assert_eq!(census(&[("e.csv", closed)]).unwrap().edge_count(), 3);
}

#[test]
fn rows_within_an_open_quote_are_all_counted() {
    let edges =
        "_from,note,_to\na,x,b\na,x,b\na,x,b\na,x,b\na,x,b\na,\"open,b\nb,x,c\nc,closed\",e,d\na,x,b\n";
    let census = census(&[("e.csv", edges)]).unwrap();
    // The quote that opens in line 7 is closed in line 9, so that three lines make one record.
    assert_eq!(
        (census.issues[0].kind, census.issues[0].count),
        (IssueKind::RaggedRow, 3)
    );
}

#[test]
fn blanks_around_cells_split_no_vertex() {
    let padded = census(&[("e.csv", "_from, _to, kind, weight\na, b, x, 3\nb, c, y, 4\n")]).unwrap();
    assert_eq!(padded.vertex_count(), 3);
    assert_eq!(padded.edges[0].weights, ["weight"]);
    assert_eq!(padded.edges[0].attributes[0].samples, ["x", "y"]);
    assert!(
        padded
            .guesses
            .iter()
            .any(|it| it.what.contains("blanks around the cells"))
    );
    let keys = census(&[("e.csv", "_from,_to,kind\na,b , x\nb,a,y\n")]).unwrap();
    assert_eq!(keys.vertex_count(), 2);
    assert_eq!(keys.edges[0].attributes[0].samples, [" x", "y"]);
    assert!(
        keys.guesses
            .iter()
            .any(|it| it.what.contains("blanks around 1 values of `_to`"))
    );
}

#[test]
fn a_table_with_commas_is_no_edge_list() {
    let text = reason(&[("e.el", "1, 2\n2, 3\n3, 1\n")]);
    assert!(
        text.contains("line 1 is delimited by `,`; name the file .csv"),
        "{text}"
    );
}

#[test]
fn numbers_of_any_length_are_keys_of_their_own() {
    let long = "340282366920938463463374607431768211455";
    let longer = "340282366920938463463374607431768211454";
    let vertices = format!("{{\"_key\": {long}}}\n{{\"_key\": {longer}}}\n");
    let edges = format!("{{\"_from\": {long}, \"_to\": {longer}}}\n");
    let census = census(&[("v.jsonl", &vertices), ("e.jsonl", &edges)]).unwrap();
    assert_eq!((census.vertex_count(), census.edges[0].self_loops), (2, 0));
    assert!(census.issues.is_empty(), "{:?}", census.issues);
}

#[test]
fn field_names_that_are_data_are_refused_before_they_fill_the_memory() {
    let lines: Vec<String> = (0..5000)
        .map(|it| format!("{{\"_key\": \"{it}\", \"c{it}\": 1}}"))
        .collect();
    let text = reason(&[("v.jsonl", &lines.join("\n")), KNOWS]);
    assert!(text.contains("field names look like data"), "{text}");
}

#[test]
fn json_in_utf_16_is_called_that() {
    let files = vec![("v.jsonl".to_owned(), b"\xff\xfe{\0}\0".to_vec())];
    let source = FileSource::in_memory("test", files).unwrap();
    let text = source.census_now(&Control::default()).unwrap_err().to_string();
    assert_eq!(text, "v.jsonl: it is UTF-16; save it as UTF-8");
}

#[test]
fn a_whole_number_stays_one_where_the_settings_say_so() {
    let edges = ("e.csv", "_from,_to,created\na,b,150000000\nb,c,150000001\n");
    assert_eq!(census(&[edges]).unwrap().edges[0].times, ["created"]);
    let declared = (
        "graph.toml",
        "[collections.e]\ntypes = { created = \"integer\" }\n",
    );
    assert_eq!(census(&[edges, declared]).unwrap().edges[0].times.len(), 0);
    let weight = ("graph.toml", "[collections.e]\nweight = \"created\"\n");
    assert_eq!(census(&[edges, weight]).unwrap().edges[0].weights, ["created"]);
    let risk = (
        "e.csv",
        "_from,_to,amount_at_risk,seen_at\na,b,150000000,150000000\n",
    );
    let found = census(&[risk]).unwrap();
    assert_eq!(
        (found.edges[0].weights.as_slice(), found.edges[0].times.as_slice()),
        (&["amount_at_risk".to_owned()][..], &["seen_at".to_owned()][..])
    );
}

#[test]
fn full_ids_are_keys_in_any_key_column() {
    let people = ("people.csv", "id\npeople/a\npeople/b\n");
    let knows = ("knows.csv", "_from,_to\npeople/a,people/b\n");
    assert_eq!(census(&[people, knows]).unwrap().edge_count(), 1);
}

#[test]
fn keys_that_became_decimals_are_said_to_be() {
    let text = reason(&[("v.csv", "_key\n1\n2\n"), ("e.csv", "_from,_to\n1.0,2.0\n")]);
    assert!(
        text.contains("whole numbers that were written as decimals"),
        "{text}"
    );
}

#[test]
fn without_vertex_files_every_collection_named_is_implied() {
    let edges: String = (0..40).map(|it| format!("c{it}/a,c{it}/b\n")).collect();
    let census = census(&[("e.csv", &format!("_from,_to\n{edges}"))]).unwrap();
    assert_eq!((census.vertices.len(), census.edge_count()), (40, 40));
    let many: String = (0..1100).map(|it| format!("c{it}/a,c{it}/b\n")).collect();
    let census = super::tests::census(&[("e.csv", &format!("_from,_to\n{many}"))]).unwrap();
    assert_eq!((census.vertices.len(), census.vertex_count()), (1, 2200));
}

#[test]
fn a_source_tells_which_files_it_reads_also_below_its_directory() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("sub")).unwrap();
    for (name, text) in [
        KNOWS,
        ("sub/people.csv", PEOPLE.1),
        ("graph.toml", "[collections.people]\nfile = \"sub/people.csv\"\n"),
        ("notes.md", "not read"),
    ] {
        fs::write(root.path().join(name), text).unwrap();
    }
    let source = FileSource::open(root.path(), "test").unwrap();
    let names = ["graph.toml", "knows.csv", "sub/people.csv"];
    assert_eq!(source.files(), names.map(|it| root.path().join(it)));
}

#[test]
fn a_directory_of_part_files_is_named_for_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("edges.parquet")).unwrap();
    let source = FileSource::open(root.path(), "test").unwrap();
    let text = source.census_now(&Control::default()).unwrap_err().to_string();
    assert!(text.contains("it is a directory; put the files in it"), "{text}");
}

/// A file is refused as soon as its tables exceed what is allowed, whatever it holds.
#[test]
fn tables_that_do_not_fit_are_refused() {
    let rows: String = (0..200_000).map(|it| format!("a{it},b{it}\n")).collect();
    let files = || vec![("e.csv".to_owned(), format!("_from,_to\n{rows}").into_bytes())];
    let limits = |bytes| LoadLimits {
        memory_bytes: Some(bytes),
        ..LoadLimits::default()
    };
    let read = |bytes| {
        let source = FileSource::in_memory("test", files()).unwrap();
        source.with_limits(limits(bytes)).census_now(&Control::default())
    };
    let error = read(2 << 20).unwrap_err();
    assert!(matches!(error, SourceError::Memory { .. }), "{error}");
    assert_eq!(read(64 << 20).unwrap().edge_count(), 200_000);
}
