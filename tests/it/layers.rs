//! Keeps the layers of docs/ARCHITECTURE.md: imports point down, files stay short.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: &[(u8, &[&str])] = &[
    (13, &["cli"]),
    (12, &["service", "mcp"]),
    (11, &["app"]),
    (10, &["config"]),
    (9, &["pipeline", "workflow"]),
    (8, &["agents"]),
    (7, &["engine"]),
    (6, &["documents", "llm", "source", "catalog", "report", "flow"]),
    (5, &["trace", "arango", "spark", "store", "process", "assets"]),
    (4, &["model"]),
    (3, &["algorithms"]),
    (2, &["graph", "limits"]),
];

const LONGEST_FILE: usize = 500;

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a source text names, as `crate::room` or within `use crate::{…}`.
fn rooms_named(text: &str) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for (at, _) in code.match_indices("crate::") {
            let room: String = code[at + 7..]
                .chars()
                .take_while(|it| it.is_ascii_alphanumeric() || *it == '_')
                .collect();
            named.push((index + 1, room));
        }
    }
    named
}

#[test]
fn imports_point_down_and_rooms_on_one_line_are_strangers() {
    let layer: BTreeMap<&str, u8> = LAYERS
        .iter()
        .flat_map(|(level, rooms)| rooms.iter().map(|room| (*room, *level)))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut faults = Vec::new();
    for path in &files {
        let inside = path.strip_prefix(&root).unwrap();
        let Some(own) = inside
            .parent()
            .and_then(|it| it.iter().next())
            .and_then(|it| it.to_str())
        else {
            continue;
        };
        let own_level = layer
            .get(own)
            .unwrap_or_else(|| panic!("room `{own}` has no layer"));
        for (line, room) in rooms_named(&fs::read_to_string(path).unwrap()) {
            match layer.get(room.as_str()) {
                None => faults.push(format!(
                    "{}:{line} names `crate::{room}`, which is no room",
                    inside.display()
                )),
                Some(level) if room != own && level >= own_level => {
                    faults.push(format!(
                        "{}:{line} imports `{room}` upwards or sideways",
                        inside.display()
                    ));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_is_longer_than_the_house_allows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for part in ["src", "tests", "examples", "benches"] {
        if root.join(part).is_dir() {
            rust_files(&root.join(part), &mut files);
        }
    }
    let long: Vec<String> = files
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// `autotests` is off, so that there is one binary: Cargo would not say that a file is left out.
#[test]
fn every_file_of_integration_tests_is_compiled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut files = Vec::new();
    rust_files(&folder, &mut files);
    for path in files {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let named = main.lines().any(|it| it == format!("mod {stem};"));
        assert!(stem == "main" || named, "{stem}.rs is not named in main.rs");
    }
}
