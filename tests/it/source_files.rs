//! Files become graphs: what is recognised, what is guessed, what is counted.

use std::fs;
use std::path::Path;

use gaai::algorithms::Control;
use gaai::graph::{Direction, ParallelEdges, ProjectionRules};
use gaai::model::schema::{AttributeKind, Census, IssueKind};
use gaai::model::template::{EdgeFilter, Projection};
use gaai::source::{FileSource, SourceError, write_inspection};

fn london() -> FileSource {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/london");
    FileSource::open(&path, "london").unwrap()
}

fn source(files: &[(&str, &str)]) -> Result<FileSource, SourceError> {
    let files: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    FileSource::in_memory("test", files)
}

fn census(files: &[(&str, &str)]) -> Census {
    source(files).unwrap().census_now(&Control::default()).unwrap()
}

fn projection(vertices: &[&str], edges: &[&str]) -> Projection {
    Projection {
        vertices: vertices.iter().map(|it| (*it).to_owned()).collect(),
        edges: edges.iter().map(|it| (*it).to_owned()).collect(),
        ..Projection::default()
    }
}

#[test]
fn what_the_rules_drop_and_merge_is_counted() {
    let source = source(&[("e.csv", "_from,_to\na,a\na,b\na,b\nb,c\nc,b\n")]).unwrap();
    let mut wanted = projection(&["vertices"], &["e"]);
    let counts = |wanted: &Projection| {
        let graph = source.load_now(wanted, &Control::default()).unwrap();
        (graph.self_loops_left_out, graph.merged, graph.csr.edge_count)
    };
    assert_eq!(counts(&wanted), (1, 1, 3));
    wanted.rules.direction = Direction::Undirected;
    assert_eq!(counts(&wanted), (1, 2, 2));
    wanted.rules.parallel = ParallelEdges::Keep;
    wanted.rules.self_loops = true;
    assert_eq!(counts(&wanted), (0, 0, 5));
}

#[test]
fn instants_meet_dates_written_as_text() {
    let files = [
        ("a.csv", "_key,birth\n1,1990-01-01\n"),
        (
            "b.jsonl",
            "{\"_key\": \"2\", \"birth\": \"1990-01-01\"}\n{\"_key\": \"3\", \"birth\": \"in 1990\"}\n",
        ),
        ("e.csv", "_from,_to\na/1,b/2\n"),
    ];
    let mut wanted = projection(&["a", "b"], &["e"]);
    wanted.attributes = vec!["birth".to_owned()];
    let loaded = source(&files)
        .unwrap()
        .load_now(&wanted, &Control::default())
        .unwrap();
    let births: Vec<_> = (0..3).map(|row| loaded.attributes[0].1.text(row)).collect();
    assert_eq!(births[0].as_deref(), Some("1990-01-01"));
    assert_eq!(births[0], births[1]);
}

#[test]
fn london_is_undirected_with_minutes_as_weight() {
    let census = london().census_now(&Control::default()).unwrap();
    assert_eq!((census.vertex_count(), census.edge_count()), (302, 406));
    let connections = &census.edges[0];
    assert!(!connections.directed);
    assert_eq!(connections.weights, ["minutes"]);
    assert!(census.issues.is_empty(), "{:?}", census.issues);
}

#[test]
fn inspection_of_london_reads_like_this() {
    let census = london().census_now(&Control::default()).unwrap();
    let mut text = Vec::new();
    write_inspection(&census, &mut text).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!("inspection_of_london", String::from_utf8(text).unwrap()));
}

#[test]
fn vertices_that_share_a_name_are_told_apart_by_their_keys() {
    let files = [
        ("people.csv", "_key,name\na,Ann\nb,Bob\nc,Ann\nd,\n"),
        ("knows.csv", "_from,_to\na,b\nc,d\n"),
    ];
    let loaded = source(&files)
        .unwrap()
        .load_now(&projection(&["people"], &["knows"]), &Control::default())
        .unwrap();
    assert!(loaded.keys.labels.iter().eq(["Ann (a)", "Bob", "Ann (c)", "d"]));
}

#[test]
fn london_loads_with_weights_and_attributes() {
    let wanted = Projection {
        weight: Some("minutes".to_owned()),
        attributes: vec!["zone".to_owned()],
        rules: ProjectionRules {
            direction: Direction::Undirected,
            parallel: ParallelEdges::Smallest,
            self_loops: false,
        },
        ..projection(&["stations"], &["connections"])
    };
    let control = Control::default();
    let loaded = london().load_now(&wanted, &control).unwrap();
    assert_eq!(loaded.csr.vertex_count(), 302);
    assert!(loaded.csr.is_weighted());
    assert_eq!(loaded.keys.labels.get(0), "Acton Town");
    assert_eq!(loaded.keys.id(0), "stations/1");
    assert_eq!(loaded.attributes[0].1.number(0), Some(3.0));
    assert!(loaded.exclusions.is_empty());
    let again = london().load_now(&wanted, &control).unwrap();
    assert_eq!(loaded.hash, again.hash);
}

#[test]
fn dangling_duplicate_ragged_and_missing_rows_are_counted_with_their_lines() {
    let census = census(&[
        ("people.csv", "_key,name\na,Ann\nb,Bob\na,Again\n,Nobody\nc\n"),
        (
            "knows.csv",
            "_from,_to,weight\npeople/a,people/b,1\npeople/a,people/z,1\npeople/a,,2\n",
        ),
    ]);
    let count = |kind| {
        census
            .issues
            .iter()
            .find(|it| it.kind == kind)
            .map(|it| (it.count, it.examples[0].as_str()))
    };
    assert_eq!(count(IssueKind::DuplicateKey), Some((1, "line 4: people/a")));
    assert_eq!(count(IssueKind::MissingKey), Some((1, "line 5")));
    assert_eq!(
        count(IssueKind::RaggedRow),
        Some((1, "line 6: 1 fields instead of 2"))
    );
    assert_eq!(count(IssueKind::DanglingEdge), Some((1, "line 3: people/z")));
    assert_eq!((census.vertices[0].count, census.edges[0].count), (2, 1));
}

#[test]
fn weights_that_are_no_finite_number_are_counted_and_their_edges_left_out() {
    let files = [("e.csv", "src,dst,weight\na,b,1\nb,c,NaN\nc,d,inf\nd,a,\nd,b,-2\n")];
    let counted = census(&files);
    let kinds: Vec<_> = counted.issues.iter().map(|it| (it.kind, it.count)).collect();
    assert_eq!(kinds, [(IssueKind::BadWeight, 2), (IssueKind::NegativeWeight, 1)]);
    let wanted = Projection {
        weight: Some("weight".to_owned()),
        ..projection(&["vertices"], &["e"])
    };
    let loaded = source(&files)
        .unwrap()
        .load_now(&wanted, &Control::default())
        .unwrap();
    assert_eq!(loaded.csr.edge_count, 2);
    assert_eq!(
        loaded.exclusions,
        ["3 edges without a finite weight `weight` were left out"]
    );
}

#[test]
fn finite_weights_with_an_infinite_sum_are_refused_with_their_ends() {
    let text = "src,dst,weight\na,b,1\nc,b,1e308\na,c,-1e308\nc,b,1e308\n";
    let mut wanted = Projection {
        weight: Some("weight".to_owned()),
        ..projection(&["vertices"], &["e"])
    };
    wanted.rules.parallel = ParallelEdges::Sum;
    let load = |wanted: &Projection| {
        source(&[("e.csv", text)])
            .unwrap()
            .load_now(wanted, &Control::default())
    };
    let error = load(&wanted).unwrap_err().to_string();
    assert!(
        error.contains("the weights `weight` of the edges between vertices/c and vertices/b have a sum"),
        "{error}"
    );
    wanted.rules.parallel = ParallelEdges::Smallest;
    assert_eq!(load(&wanted).unwrap().csr.edge_count, 3);
}

#[test]
fn rows_that_are_not_utf8_are_named_where_their_keys_are_missing() {
    let files = vec![
        ("nodes.csv".to_owned(), b"_key,name\n1,Caf\xe9\n2,B\n".to_vec()),
        ("links.csv".to_owned(), b"_from,_to\n1,2\n".to_vec()),
    ];
    let error = FileSource::in_memory("test", files)
        .unwrap()
        .census_now(&Control::default())
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("in nodes.csv, 1 could not be read"), "{text}");
    assert!(text.contains("save the file as UTF-8"), "{text}");
}

#[test]
fn rows_that_are_not_utf8_are_left_out_and_named() {
    let mut bytes = b"_key,name\na,Ann\nb,".to_vec();
    bytes.extend([0xff, 0xfe, b'\n']);
    let files = vec![
        ("people.csv".to_owned(), bytes),
        ("knows.csv".to_owned(), b"_from,_to\npeople/a,people/a\n".to_vec()),
    ];
    let source = FileSource::in_memory("test", files).unwrap();
    let census = source.census_now(&Control::default()).unwrap();
    assert_eq!(census.issues[0].kind, IssueKind::NotUtf8);
    assert!(census.issues[0].examples[0].starts_with("line 3"));
    assert_eq!(census.vertices[0].count, 1);
}

#[test]
fn delimiters_are_detected_and_a_wrong_one_is_named() {
    let good = census(&[("e.csv", "_from;_to;km\nv/a;v/b;1,5\n")]);
    assert_eq!(good.edges[0].attributes[0].name, "km");
    let error = source(&[
        ("e.csv", "_from;_to\nv/a;v/b\n"),
        ("graph.toml", "[collections.e]\ndelimiter = \"|\"\n"),
    ])
    .unwrap()
    .census_now(&Control::default())
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "e.csv, line 1: the delimiter `|` splits no line; `;` gives 2 columns: set `collections.e.delimiter = \"…\"`"
    );
}

#[test]
fn markup_in_keys_is_kept_verbatim() {
    let census_source = source(&[
        ("pages.csv", "_key,name\n<script>alert(1)</script>,x\nb,y\n"),
        ("refs.csv", "_from,_to\npages/<script>alert(1)</script>,pages/b\n"),
    ])
    .unwrap();
    let loaded = census_source
        .load_now(&projection(&["pages"], &["refs"]), &Control::default())
        .unwrap();
    assert_eq!(loaded.keys.id(0), "pages/<script>alert(1)</script>");
    assert_eq!(loaded.csr.edge_count, 1);
}

#[test]
fn bad_json_lines_are_counted() {
    let census = census(&[(
        "e.jsonl",
        "{\"_from\": \"v/1\", \"_to\": \"v/2\", \"w\": 1.5}\nnot json\n\n{\"_from\": \"v/2\", \"_to\": \"v/3\"}\n[1]\n",
    )]);
    assert_eq!(
        (census.issues[0].kind, census.issues[0].count),
        (IssueKind::BadJson, 2)
    );
    assert!(census.issues[0].examples[0].starts_with("line 2, column 2: "));
    assert_eq!(census.edges[0].count, 2);
    assert_eq!(census.edges[0].attributes[0].present, 1);
}

#[test]
fn empty_and_edgeless_graphs_are_errors_that_say_what_to_do() {
    let open = |files: &[(&str, &str)]| {
        source(files)
            .and_then(|it| it.census_now(&Control::default()))
            .unwrap_err()
            .to_string()
    };
    assert!(open(&[]).contains("no file here is a collection"));
    assert!(open(&[("people.csv", "_key\na\n")]).contains("no file is an edge collection"));
    assert!(open(&[("e.csv", "")]).contains("e.csv: the file is empty"));
    assert!(open(&[("e.csv", "0,1\n1,2\n")]).contains("add a header row"));
    assert!(
        open(&[("p.csv", "_key\na\n"), ("e.csv", "_from,_to\np/x,p/y\n")]).contains("no edge has both ends")
    );
}

#[test]
fn a_missing_path_is_named() {
    let error = FileSource::open(Path::new("/nowhere/at/all"), "x").unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/at/all: No such file"));
}

#[test]
fn files_outside_the_directory_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.csv"), "_from,_to\na,b\n").unwrap();
    let graph = outside.path().join("graph");
    fs::create_dir(&graph).unwrap();
    fs::write(graph.join("e.csv"), "_from,_to\na,b\n").unwrap();
    fs::write(
        graph.join("graph.toml"),
        "[collections.s]\nfile = \"../secret.csv\"\n",
    )
    .unwrap();
    let error = FileSource::open(&graph, "x").unwrap_err().to_string();
    assert!(error.contains("outside the graph directory"), "{error}");
    fs::remove_file(graph.join("graph.toml")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.csv"), graph.join("s.csv")).unwrap();
    let error = FileSource::open(&graph, "x").unwrap_err().to_string();
    assert!(error.contains("outside the graph directory"), "{error}");
}

#[test]
fn truth_and_prose_are_no_part_of_the_graph() {
    let census = census(&[
        ("e.csv", "_from,_to\nv/a,v/b\n"),
        ("truth.json", "{}"),
        ("brief.md", "# x"),
        ("notes.txt", "x"),
        ("README.csv", "x"),
    ]);
    let ignored = &census
        .guesses
        .iter()
        .find(|it| it.what.starts_with("not part"))
        .unwrap()
        .what;
    assert_eq!(
        ignored,
        "not part of the graph: truth.json, brief.md, notes.txt, README.csv"
    );
    assert_eq!(census.inputs.keys().collect::<Vec<_>>(), ["e.csv"]);
}

#[test]
fn settings_decide_what_is_guessed_otherwise() {
    let census = census(&[
        ("a.csv", "ref,title,nr\nx,Ex,007\ny,Why,8\n"),
        ("b.csv", "p,q,when,w\nx,y,1700000000,5\ny,x,1700000060,6\n"),
        (
            "graph.toml",
            "[collections.things]\nfile = \"a.csv\"\nkey = \"ref\"\ntypes = { nr = \"integer\" }\n\
             [collections.b]\nfrom = \"p\"\nto = \"q\"\nfrom_collection = \"things\"\n\
             to_collection = \"things\"\ndirected = true\ntime = \"when\"\n",
        ),
    ]);
    assert_eq!(census.vertices[0].name, "things");
    assert_eq!(census.vertices[0].attributes[1].kind, AttributeKind::Integer);
    let b = &census.edges[0];
    assert!(b.directed);
    assert_eq!(
        (b.times.as_slice(), b.weights.as_slice()),
        (&["when".to_owned()][..], &["w".to_owned()][..])
    );
    assert_eq!(b.relationships[0].count, 2);
}

#[test]
fn filters_keep_what_lies_in_the_band_and_count_the_rest() {
    let source = source(&[(
        "e.csv",
        "_from,_to,km,kind\nv/a,v/b,1,x\nv/b,v/c,5,x\nv/c,v/d,9,y\nv/d,v/a,,x\n",
    )])
    .unwrap();
    let mut wanted = projection(&["v"], &["e"]);
    wanted.filters.push(EdgeFilter {
        attribute: "km".to_owned(),
        at_least: Some(1.0),
        below: Some(9.0),
        equals: None,
    });
    let loaded = source.load_now(&wanted, &Control::default()).unwrap();
    assert_eq!(loaded.csr.edge_count, 2);
    assert_eq!(
        loaded.exclusions,
        [
            "1 edge that fails the filter was left out",
            "1 edge without the value that is filtered on was left out"
        ]
    );
}

#[test]
fn a_projection_of_what_is_not_there_offers_near_names() {
    let error = london()
        .load_now(&projection(&["station"], &["connections"]), &Control::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the graph has no vertex collection `station`; did you mean `stations`?"
    );
}

#[test]
fn cancelling_stops_the_reading() {
    let control = Control::default();
    control.cancel();
    assert_eq!(london().census_now(&control).unwrap_err(), SourceError::Cancelled);
}
