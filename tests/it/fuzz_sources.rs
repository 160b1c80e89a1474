//! Fuzz targets for sources: whatever bytes a file holds, reading it ends in a census or an error,
//! never in a panic, and no line goes missing.

use std::fs;

use gaai::algorithms::Control;
use gaai::model::schema::Census;
use gaai::source::FileSource;

/// Reads `bytes` as the file `name` beside a small graph that is in order.
fn read(name: &str, bytes: &[u8]) -> Option<Census> {
    let files = vec![
        (name.to_owned(), bytes.to_vec()),
        ("people.csv".to_owned(), b"_key,name\na,Ann\nb,Bob\n".to_vec()),
        ("knows.csv".to_owned(), b"_from,_to\npeople/a,people/b\n".to_vec()),
    ];
    let source = FileSource::in_memory("fuzz", files).ok()?;
    let census = source.census_now(&Control::default()).ok()?;
    assert!(census.edges.iter().any(|it| it.name == "knows" && it.count == 1));
    Some(census)
}

/// Lines of an edge list that are neither empty nor comments.
fn content_lines(bytes: &[u8]) -> u64 {
    let holds = |line: &[u8]| {
        std::str::from_utf8(line).map_or(true, |it| {
            !it.trim().is_empty() && !it.trim().starts_with(['#', '%'])
        })
    };
    bytes.split(|it| *it == b'\n').filter(|it| holds(it)).count() as u64
}

#[test]
fn fuzz_csv() {
    bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
        read("x.csv", bytes);
        read("x.csv", &[b"_from,_to,weight\n", bytes].concat());
    });
}

#[test]
fn fuzz_jsonl() {
    bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
        read("x.jsonl", bytes);
        read("x.jsonl", &[b"{\"_key\": \"1\", \"a\": ", bytes, b"}\n"].concat());
    });
}

#[test]
fn fuzz_edge_list() {
    bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
        read("x.el", bytes);
        let all = [b"1 2 0.5\n", bytes].concat();
        if let Some(census) = read("x.el", &all) {
            let edges = census.edges.iter().find(|it| it.name == "x").unwrap().count;
            let left_out: u64 = census
                .issues
                .iter()
                .filter(|it| it.place == "x.el")
                .map(|it| it.count)
                .sum();
            assert_eq!(edges + left_out, content_lines(&all));
        }
    });
}

#[test]
fn fuzz_settings() {
    bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
        read("graph.toml", bytes);
        read("graph.toml", &[b"[collections.knows]\n", bytes].concat());
    });
}

/// Bytes of a whole file are overwritten one after another: damage anywhere is an error or is not
/// noticed, but never a panic.
#[test]
fn fuzz_parquet() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.parquet");
    fs::write(directory.path().join("knows.csv"), "_from,_to\nx/a,x/b\n").unwrap();
    super::source_parsers::write_parquet(&path, &super::source_parsers::one_table());
    let whole = fs::read(&path).unwrap();
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let source = FileSource::open(directory.path(), "fuzz").unwrap();
        let _ = source.census_now(&Control::default());
    };
    bolero::check!()
        .with_iterations(500)
        .with_type::<(u16, u8, u16, u8)>()
        .for_each(|(first, one, second, other)| {
            let mut bytes = whole.clone();
            bytes[usize::from(*first) % whole.len()] = *one;
            bytes[usize::from(*second) % whole.len()] = *other;
            read(&bytes);
        });
}
