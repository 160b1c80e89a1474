//! `graph.toml`: what cannot be guessed from the files.
//!
//! ```toml
//! ignore = ["notes.csv"]
//!
//! [collections.connections]
//! file = "connections.csv"          # default: the file with this stem
//! kind = "edge"                     # or "vertex"
//! from = "_from"
//! to = "_to"
//! from_collection = "stations"
//! to_collection = "stations"
//! directed = false
//! weight = "minutes"
//! types = { line = "text" }
//!
//! [collections.stations]
//! key = "_key"
//! label = "name"
//! delimiter = ";"
//! ```
//!
//! Unknown names are errors, so that a slip of the pen is not silently ignored.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::error::SourceError;
use crate::model::schema::AttributeKind;

/// Name of the settings file within a graph directory.
pub(super) const SETTINGS_FILE: &str = "graph.toml";

/// What `graph.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GraphSettings {
    /// Files that are no collection.
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    /// Collections by name.
    #[serde(default)]
    pub(super) collections: BTreeMap<String, CollectionSettings>,
}

/// What `graph.toml` says about one collection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectionSettings {
    /// Its file within the graph directory.
    pub(super) file: Option<String>,
    /// What it holds.
    pub(super) kind: Option<CollectionKind>,
    /// Column of the vertex keys.
    pub(super) key: Option<String>,
    /// Column of what people call a vertex.
    pub(super) label: Option<String>,
    /// Column where edges start.
    pub(super) from: Option<String>,
    /// Column where edges end.
    pub(super) to: Option<String>,
    /// Vertex collection of start keys that name none.
    pub(super) from_collection: Option<String>,
    /// Vertex collection of end keys that name none.
    pub(super) to_collection: Option<String>,
    /// Whether direction means something.
    pub(super) directed: Option<bool>,
    /// Attribute to use as weight.
    pub(super) weight: Option<String>,
    /// Attribute to use as time.
    pub(super) time: Option<String>,
    /// Delimiter of a text table, one ASCII character.
    pub(super) delimiter: Option<char>,
    /// Types of attributes, by name.
    #[serde(default)]
    pub(super) types: BTreeMap<String, AttributeKind>,
}

/// What a collection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CollectionKind {
    /// Vertices.
    Vertex,
    /// Edges.
    Edge,
}

/// Reads `text`, the content of the settings file at `path`.
pub(super) fn parse(path: &str, text: &str) -> Result<GraphSettings, SourceError> {
    let mut settings: GraphSettings = toml::from_str(text).map_err(|error| SourceError::Malformed {
        path: path.to_owned(),
        line: error
            .span()
            .map_or(0, |span| 1 + text[..span.start].matches('\n').count() as u64),
        reason: error.message().trim().replace('\n', "; "),
    })?;
    let files = settings
        .collections
        .values_mut()
        .filter_map(|it| it.file.as_mut());
    for file in files.chain(&mut settings.ignore) {
        *file = plain(file);
    }
    Ok(settings)
}

/// One spelling a file: `./x.csv` and `x.csv` are the same.
fn plain(file: &str) -> String {
    let parts = Path::new(file).components().filter(|it| *it != Component::CurDir);
    parts.collect::<PathBuf>().to_string_lossy().into_owned()
}

/// The line of `graph.toml` that sets `setting` of `collection` to `value` (TOML text).
pub(super) fn line(collection: &str, setting: &str, value: &str) -> String {
    let bare = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    let name = if !collection.is_empty() && collection.chars().all(bare) {
        collection.to_owned()
    } else {
        toml::Value::from(collection).to_string()
    };
    format!("collections.{name}.{setting} = {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_an_error_with_its_line() {
        let error = parse("graph.toml", "[collections.a]\ndirectd = true\n").unwrap_err();
        let SourceError::Malformed { line, reason, .. } = error else {
            panic!("not malformed")
        };
        assert_eq!(line, 2);
        assert!(reason.contains("unknown field `directd`"), "{reason}");
    }

    #[test]
    fn the_line_offered_in_a_guess_is_valid_toml() {
        let text = line("my file.x", "directed", "true");
        assert_eq!(
            parse("", &text).unwrap().collections["my file.x"].directed,
            Some(true)
        );
    }
}
