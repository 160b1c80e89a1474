//! What was kept is the same bit for bit, or it is made again.

use std::fs;
use std::path::Path;

use super::super::files::{FileSource, LoadLimits};
use super::*;
use crate::algorithms::Control;
use crate::graph::{Direction, ProjectionRules};

fn write_inputs(directory: &Path, bonus: usize) {
    let mut edges = String::from("_from,_to,km,since\n");
    for it in 0..500 {
        let km = if it % 7 == 0 {
            String::new()
        } else {
            format!("{}.5", it + bonus)
        };
        edges += &format!(
            "p/{},p/{},{km},2024-01-{:02}\n",
            it % 40,
            it * 7 % 41,
            it % 28 + 1
        );
    }
    let mut people = String::from("_key,name,age,score,active,born\n");
    for it in 0..41 {
        let age = if it == 3 { String::new() } else { it.to_string() };
        people += &format!(
            "{it},Näme {},{age},{}.25,{},199{}-01-01\n",
            it % 30,
            it,
            it % 2 == 0,
            it % 10
        );
    }
    fs::create_dir_all(directory).unwrap();
    fs::write(directory.join("knows.csv"), edges).unwrap();
    fs::write(directory.join("p.csv"), people).unwrap();
}

fn options(directory: &Path) -> CacheOptions {
    CacheOptions {
        least_input: 0,
        ..CacheOptions::in_directory(directory.join("cache"))
    }
}

fn source(directory: &Path, cache: Option<CacheOptions>) -> FileSource {
    let limits = LoadLimits {
        cache,
        ..LoadLimits::default()
    };
    FileSource::open(&directory.join("graph"), "g")
        .unwrap()
        .with_limits(limits)
}

fn projections() -> Vec<Projection> {
    let plain = Projection {
        vertices: vec!["p".to_owned()],
        edges: vec!["knows".to_owned()],
        ..Projection::default()
    };
    let rich = Projection {
        weight: Some("km".to_owned()),
        time: Some("since".to_owned()),
        attributes: ["name", "age", "score", "active", "born"]
            .map(str::to_owned)
            .to_vec(),
        rules: ProjectionRules {
            direction: Direction::Undirected,
            ..ProjectionRules::default()
        },
        ..plain.clone()
    };
    vec![plain, rich]
}

/// Census and graphs in all their parts, as text.
fn everything(source: &FileSource) -> String {
    let control = Control::default();
    let census = source.census_now(&control).unwrap();
    let graphs: Vec<LoadedGraph> = projections()
        .iter()
        .map(|it| source.load_now(it, &control).unwrap())
        .collect();
    format!("{census:?} {graphs:?}")
}

fn kept_files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory.join("cache"))
        .into_iter()
        .flatten()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn a_second_load_is_the_first_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(&directory.path().join("graph"), 0);
    let without = everything(&source(directory.path(), None));
    assert!(kept_files(directory.path()).is_empty());
    let cold = everything(&source(directory.path(), Some(options(directory.path()))));
    assert_eq!(kept_files(directory.path()).len(), 3);
    let warm = everything(&source(directory.path(), Some(options(directory.path()))));
    assert_eq!((&cold, &warm), (&without, &without));
}

#[test]
fn damage_anywhere_is_noticed_and_made_good() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(&directory.path().join("graph"), 0);
    let read = || everything(&source(directory.path(), Some(options(directory.path()))));
    let expected = read();
    for path in kept_files(directory.path()) {
        let whole = fs::read(&path).unwrap();
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len().min(48)).chain((48..whole.len()).step_by(step)) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&path, &damaged).unwrap();
            assert_eq!(read(), expected, "{} byte {at}", path.display());
            assert_eq!(fs::read(&path).unwrap(), whole, "{} byte {at}", path.display());
        }
        for length in [0, 7, 31, 32, 40, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read(), expected, "cut at {length}");
        }
        fs::write(&path, [whole.as_slice(), b"more"].concat()).unwrap();
        assert_eq!(read(), expected, "grown");
    }
}

#[test]
fn an_input_that_changed_is_read_again_also_when_its_size_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let graph = directory.path().join("graph");
    write_inputs(&graph, 0);
    let read = || everything(&source(directory.path(), Some(options(directory.path()))));
    let before = read();
    let path = graph.join("knows.csv");
    let text = fs::read_to_string(&path).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, text.replace("p/3,", "p/4,")).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), text.len() as u64);
    let after = read();
    assert_ne!(after, before);
    assert_eq!(after, everything(&source(directory.path(), None)));
    fs::write(
        graph.join("graph.toml"),
        "[collections.knows]\ndirected = false\n",
    )
    .unwrap();
    assert_eq!(read(), everything(&source(directory.path(), None)));
}

#[test]
fn writers_at_once_and_dead_ones_leave_whole_files() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(&directory.path().join("graph"), 0);
    let expected = everything(&source(directory.path(), None));
    fs::create_dir_all(directory.path().join("cache")).unwrap();
    let left = directory.path().join("cache/.x.graph.1-0.part");
    fs::write(&left, "half").unwrap();
    let long_ago = super::super::cache::now() - std::time::Duration::from_secs(7200);
    fs::File::options()
        .write(true)
        .open(&left)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let read = everything(&source(directory.path(), Some(options(directory.path()))));
                assert_eq!(read, expected);
            });
        }
    });
    let names = kept_files(directory.path());
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(
        everything(&source(directory.path(), Some(options(directory.path())))),
        expected
    );
}

#[test]
fn the_oldest_are_removed_beyond_the_size_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let graph = directory.path().join("graph");
    for bonus in 0..4 {
        write_inputs(&graph, bonus);
        let small = CacheOptions {
            most_bytes: 1,
            ..options(directory.path())
        };
        everything(&source(directory.path(), Some(small)));
        assert_eq!(kept_files(directory.path()).len(), 1);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_gone_without() {
    let directory = tempfile::tempdir().unwrap();
    write_inputs(&directory.path().join("graph"), 0);
    fs::write(
        directory.path().join("cache"),
        "a file where the directory would be",
    )
    .unwrap();
    let read = everything(&source(directory.path(), Some(options(directory.path()))));
    assert_eq!(read, everything(&source(directory.path(), None)));
}
