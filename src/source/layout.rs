//! Which file is which collection, and which columns are keys, endpoints and labels.
//!
//! Nothing outside the graph directory is read: a settings entry or a symbolic link that leads out
//! of it is refused.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::cells::{Cells, RawColumn, RawTable, TextCells};
use super::error::SourceError;
use super::resolve;
use super::settings::{self, CollectionKind, CollectionSettings, GraphSettings, SETTINGS_FILE};

/// Column pairs that make a file an edge collection, compared without case.
const ENDPOINTS: [(&str, &str); 4] = [
    ("_from", "_to"),
    ("source", "target"),
    ("src", "dst"),
    ("from", "to"),
];

/// Columns that hold vertex keys, best first, compared without case.
const KEYS: [&str; 4] = ["_key", "key", "id", "_id"];

/// Columns that hold what people call a vertex, best first, compared without case.
const LABELS: [&str; 7] = [
    "name",
    "title",
    "label",
    "full_name",
    "display_name",
    "username",
    "handle",
];

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Text with a header row and a delimiter.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Parquet.
    Parquet,
    /// `from to [weight]` a line.
    EdgeList,
}

/// Where the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// In a file.
    OnDisk(PathBuf),
    /// Here.
    InMemory(Bytes),
}

/// A file that is a collection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The collection's name.
    pub(super) collection: String,
    /// The file's name, for messages.
    pub(super) place: String,
    /// How it is read.
    pub(super) format: Format,
    /// What `graph.toml` says about it.
    pub(super) settings: CollectionSettings,
    /// Its bytes.
    pub(super) content: Content,
}

/// The files of a graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Listing {
    /// Collections in name order.
    pub(super) entries: Vec<Entry>,
    /// Files that are no collection, in name order.
    pub(super) ignored: Vec<String>,
    /// The settings file on disk, if there is one.
    pub(super) settings_file: Option<PathBuf>,
}

/// What a table's rows are, with the positions of the columns that say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Vertices with their key column.
    Vertices { key: usize },
    /// Edges with their endpoint columns.
    Edges { from: usize, to: usize },
}

/// Lists the graph at `path`, a directory or one file.
pub(super) fn list(path: &Path) -> Result<Listing, SourceError> {
    let unreadable = |reason: String| SourceError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    let kind = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if kind.is_dir() {
        return list_directory(path);
    }
    let place = file_name(path);
    let format = format_of(&place)
        .or_else(|| has_extension(&place, &["txt"]).then_some(Format::EdgeList))
        .ok_or_else(|| {
            unreadable(
                "its kind is not known; give .csv, .tsv, .jsonl, .parquet or an edge list (.el, .txt)"
                    .to_owned(),
            )
        })?;
    let entry = Entry {
        collection: stem(&place),
        place,
        format,
        settings: CollectionSettings::default(),
        content: Content::OnDisk(path.to_owned()),
    };
    Ok(Listing {
        entries: vec![entry],
        ..Listing::default()
    })
}

/// Lists files held in memory, by the same rules as a directory.
pub(super) fn list_memory(files: Vec<(String, Vec<u8>)>) -> Result<Listing, SourceError> {
    let text = files.iter().find(|(name, _)| name == SETTINGS_FILE);
    let settings = match text {
        Some((_, bytes)) => settings::parse(SETTINGS_FILE, &String::from_utf8_lossy(bytes))?,
        None => GraphSettings::default(),
    };
    let named = files
        .into_iter()
        .map(|(name, bytes)| (name, Content::InMemory(bytes.into())))
        .collect();
    arrange("the given files", named, settings)
}

fn list_directory(root: &Path) -> Result<Listing, SourceError> {
    let unreadable = |path: &Path, error: std::io::Error| SourceError::Unreadable {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    let canonical = fs::canonicalize(root).map_err(|error| unreadable(root, error))?;
    let settings_path = root.join(SETTINGS_FILE);
    let settings = if settings_path.exists() {
        inside(&canonical, &settings_path)?;
        let text = fs::read_to_string(&settings_path).map_err(|error| unreadable(&settings_path, error))?;
        settings::parse(&settings_path.display().to_string(), &text)?
    } else {
        GraphSettings::default()
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(root).map_err(|error| unreadable(root, error))? {
        let path = entry.map_err(|error| unreadable(root, error))?.path();
        let name = file_name(&path);
        let declared = settings
            .collections
            .values()
            .any(|it| it.file.as_deref() == Some(&name));
        if declared || is_collection_file(&name) {
            inside(&canonical, &path)?;
        }
        files.push((name, Content::OnDisk(path)));
    }
    for wanted in settings.collections.values().filter_map(|it| it.file.as_deref()) {
        let path = root.join(wanted);
        inside(&canonical, &path)?;
        if !files.iter().any(|(name, _)| name == wanted) {
            files.push((wanted.to_owned(), Content::OnDisk(path)));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut listing = arrange(&root.display().to_string(), files, settings)?;
    listing.settings_file = settings_path.exists().then_some(settings_path);
    Ok(listing)
}

/// Refuses what lies outside `root`, links followed.
fn inside(root: &Path, path: &Path) -> Result<(), SourceError> {
    let refused = |reason: String| SourceError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    let real = fs::canonicalize(path).map_err(|error| refused(error.to_string()))?;
    if real.starts_with(root) {
        return Ok(());
    }
    Err(refused(
        "it lies outside the graph directory and is not read; copy it into the directory".to_owned(),
    ))
}

/// Makes entries of `files` by `settings`; `place` names the whole in messages.
fn arrange(
    place: &str,
    files: Vec<(String, Content)>,
    settings: GraphSettings,
) -> Result<Listing, SourceError> {
    let unreadable = |reason: String| SourceError::Unreadable {
        path: place.to_owned(),
        reason,
    };
    check_files(&files, &settings).map_err(unreadable)?;
    let mut listing = Listing::default();
    for (name, content) in files {
        let declared = settings
            .collections
            .iter()
            .find(|(_, own)| own.file.as_deref() == Some(&name))
            .map(|(collection, _)| collection.clone());
        let is_ignored = settings.ignore.contains(&name);
        if is_ignored || (declared.is_none() && !is_collection_file(&name)) {
            if name != SETTINGS_FILE {
                listing.ignored.push(name);
            }
            continue;
        }
        let collection = declared.unwrap_or_else(|| stem(&name));
        if let Some(other) = listing.entries.iter().find(|it| it.collection == collection) {
            return Err(unreadable(format!(
                "`{}` and `{name}` would both be the collection `{collection}`; rename one, or say \
                 `{}`",
                other.place,
                settings::line("another_name", "file", &format!("\"{name}\""))
            )));
        }
        listing.entries.push(Entry {
            settings: settings.collections.get(&collection).cloned().unwrap_or_default(),
            format: format_of(&name).unwrap_or(Format::EdgeList),
            collection,
            place: name,
            content,
        });
    }
    if listing.entries.is_empty() {
        return Err(unreadable(
            "no file here is a collection; put .csv, .tsv, .jsonl, .parquet or .el files into it".to_owned(),
        ));
    }
    listing.entries.sort_by(|a, b| a.collection.cmp(&b.collection));
    Ok(listing)
}

/// Says what is wrong where `settings` give a file to two collections, or name one that is not there.
fn check_files(files: &[(String, Content)], settings: &GraphSettings) -> Result<(), String> {
    let known = || files.iter().map(|(name, _)| name.as_str());
    for (collection, own) in &settings.collections {
        let claims = |other: &CollectionSettings| own.file.is_some() && other.file == own.file;
        let rivals = settings.collections.iter().filter(|(_, other)| claims(other));
        if let [first, second, ..] = rivals.map(|(name, _)| name.as_str()).collect::<Vec<_>>()[..] {
            return Err(format!(
                "graph.toml says that `{}` is the file of both `{first}` and `{second}`; a file is one collection",
                own.file.as_deref().unwrap_or_default()
            ));
        }
        let found = match &own.file {
            Some(file) => known().any(|it| it == file),
            None => known().any(|it| is_collection_file(it) && stem(it) == *collection),
        };
        if !found {
            let wanted = own.file.as_deref().unwrap_or(collection);
            let hint = resolve::hint(wanted, known());
            return Err(format!(
                "graph.toml names `{wanted}`, which is no file here; {hint}"
            ));
        }
    }
    Ok(())
}

/// Says what the rows of `table` are.
pub(super) fn recognise(entry: &Entry, table: &RawTable) -> Result<Shape, SourceError> {
    let given = &entry.settings;
    let declared_edge =
        given.kind == Some(CollectionKind::Edge) || given.from.is_some() || given.to.is_some();
    let endpoints = endpoints(entry, table)?;
    match endpoints {
        Some((from, to)) if given.kind != Some(CollectionKind::Vertex) => Ok(Shape::Edges { from, to }),
        None if declared_edge => Err(missing(
            entry,
            &format!(
                "it is declared an edge collection, but has no column pair `_from`, `_to`; its columns are {}; \
                 set `{}`",
                resolve::quoted(&table.header(), ", "),
                settings::line(&entry.collection, "from", "\"…\"")
            ),
        )),
        _ => Ok(Shape::Vertices {
            key: key_column(entry, table)?,
        }),
    }
}

/// Columns that hold ends of edges by their names alone, so that they can be read as such. What is wrong
/// with the settings is for [`recognise`] to say.
pub(super) fn end_columns(entry: &Entry, header: &[String]) -> Vec<usize> {
    let columns = header.iter().map(|name| RawColumn {
        name: name.clone(),
        cells: Cells::Untyped(TextCells::default()),
    });
    let table = RawTable {
        columns: columns.collect(),
        ..RawTable::default()
    };
    match endpoints(entry, &table) {
        Ok(Some((from, to))) if entry.settings.kind != Some(CollectionKind::Vertex) => vec![from, to],
        _ => Vec::new(),
    }
}

fn endpoints(entry: &Entry, table: &RawTable) -> Result<Option<(usize, usize)>, SourceError> {
    let guessed = ENDPOINTS
        .into_iter()
        .find_map(|(from, to)| Some((caseless(table, from)?, caseless(table, to)?)));
    let from = declared_column(entry, table, "from", entry.settings.from.as_deref())?;
    let to = declared_column(entry, table, "to", entry.settings.to.as_deref())?;
    let from = from.or(guessed.map(|it| it.0));
    let to = to.or(guessed.map(|it| it.1));
    if from.is_some() && from == to {
        let reason = format!(
            "edges would start and end in the same column; set both `{}` and `{}`",
            settings::line(&entry.collection, "from", "\"…\""),
            settings::line(&entry.collection, "to", "\"…\"")
        );
        return Err(missing(entry, &reason));
    }
    Ok(from.zip(to))
}

fn key_column(entry: &Entry, table: &RawTable) -> Result<usize, SourceError> {
    if let Some(key) = declared_column(entry, table, "key", entry.settings.key.as_deref())? {
        return Ok(key);
    }
    let stem = entry.collection.to_lowercase();
    let singular = stem.strip_suffix('s').unwrap_or(&stem);
    let own = [
        format!("{stem}_id"),
        format!("{singular}_id"),
        format!("{singular}_key"),
    ];
    let names = KEYS.into_iter().chain(own.iter().map(String::as_str));
    let found = names.into_iter().find_map(|name| caseless(table, name));
    let distinct = |index: &usize| {
        let cells = table.columns[*index].cells.clone().into_texts();
        let mut seen = rustc_hash::FxHashSet::default();
        cells.iter().all(|it| !it.is_empty() && seen.insert(it))
    };
    found
        .or_else(|| caseless(table, "name").filter(distinct))
        .or_else(|| (!table.columns.is_empty()).then_some(0).filter(distinct))
        .ok_or_else(|| {
            missing(
                entry,
                &format!(
                    "no column is a key (`_key`, `key`, `id`) and the first one repeats values; its columns are \
                     {}; set `{}`",
                    resolve::quoted(&table.header(), ", "),
                    settings::line(&entry.collection, "key", "\"…\"")
                ),
            )
        })
}

/// The label column of a vertex table: declared, or the first by name that is not the key.
pub(super) fn label_column(
    entry: &Entry,
    table: &RawTable,
    key: usize,
) -> Result<Option<usize>, SourceError> {
    if let Some(label) = declared_column(entry, table, "label", entry.settings.label.as_deref())? {
        return Ok(Some(label));
    }
    Ok(LABELS
        .into_iter()
        .find_map(|name| caseless(table, name).filter(|it| *it != key)))
}

/// Position of a column that the settings name, or an error that offers near names.
pub(super) fn declared_column(
    entry: &Entry,
    table: &RawTable,
    setting: &str,
    name: Option<&str>,
) -> Result<Option<usize>, SourceError> {
    let Some(name) = name else {
        return Ok(None);
    };
    table.position(name).map(Some).ok_or_else(|| {
        let hint = resolve::hint(name, table.header());
        missing(
            entry,
            &format!("graph.toml sets {setting} to `{name}`, which is no column; {hint}"),
        )
    })
}

fn caseless(table: &RawTable, name: &str) -> Option<usize> {
    table
        .columns
        .iter()
        .position(|it| it.name.eq_ignore_ascii_case(name))
}

fn missing(entry: &Entry, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: entry.place.clone(),
        line: 0,
        reason: reason.to_owned(),
    }
}

fn is_collection_file(name: &str) -> bool {
    !name.starts_with('.') && !name.to_lowercase().starts_with("readme") && format_of(name).is_some()
}

fn format_of(name: &str) -> Option<Format> {
    if has_extension(name, &["csv", "tsv", "tab"]) {
        Some(Format::Csv)
    } else if has_extension(name, &["jsonl", "ndjson"]) {
        Some(Format::Jsonl)
    } else if has_extension(name, &["parquet"]) {
        Some(Format::Parquet)
    } else if has_extension(name, &["el", "edges", "edgelist"]) {
        Some(Format::EdgeList)
    } else {
        None
    }
}

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    let own = Path::new(name)
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or("");
    extensions.iter().any(|it| own.eq_ignore_ascii_case(it))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}

fn stem(name: &str) -> String {
    Path::new(name)
        .file_stem()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}
