//! Looks assets up: the override folder first, then what was embedded at build.
//!
//! Law: the same bytes give the same hash, wherever they came from.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::AssetError;
use crate::model::id::ContentHash;

#[derive(RustEmbed)]
#[folder = "templates/"]
#[prefix = "templates/"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "verticals/"]
#[prefix = "verticals/"]
struct Verticals;

#[derive(RustEmbed)]
#[folder = "prompts/"]
#[prefix = "prompts/"]
struct Prompts;

#[derive(RustEmbed)]
#[folder = "workflows/"]
#[prefix = "workflows/"]
struct Workflows;

/// An asset with the hash of its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Its path, e.g. `verticals/fraud.toml`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub hash: ContentHash,
    /// Whether it came from the override folder.
    pub overridden: bool,
}

/// Where assets come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assets {
    folder: Option<PathBuf>,
}

impl Assets {
    /// The assets embedded at build, and no others.
    pub fn embedded() -> Self {
        Self::default()
    }

    /// The embedded assets, of which those that `folder` holds are replaced. A folder that does not
    /// exist replaces none.
    pub fn with_override(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
        }
    }

    /// The asset at `path`. Errors name the near ones.
    pub fn get(&self, path: &str) -> Result<Asset, AssetError> {
        if let Some(file) = self.replacement(path) {
            let bytes = fs::read(&file).map_err(|error| AssetError::Unreadable {
                path: file,
                reason: error.to_string(),
            })?;
            return Ok(asset(path, bytes, true));
        }
        match embedded(path) {
            Some(file) => Ok(asset(path, file.data.into_owned(), false)),
            None => Err(AssetError::Unknown {
                path: path.to_owned(),
                near: self.near(path),
            }),
        }
    }

    /// The text of the asset at `path`.
    pub fn text(&self, path: &str) -> Result<String, AssetError> {
        String::from_utf8(self.get(path)?.bytes).map_err(|error| AssetError::NotUtf8 {
            path: path.to_owned(),
            offset: error.utf8_error().valid_up_to(),
        })
    }

    /// Paths that begin with `prefix`, in order, the override folder's own ones included.
    pub fn list(&self, prefix: &str) -> Vec<String> {
        let mut paths: BTreeSet<String> = embedded_paths().map(Cow::into_owned).collect();
        if let Some(folder) = &self.folder {
            for room in ["templates", "verticals", "prompts", "workflows"] {
                collect(&folder.join(room), room, &mut paths);
            }
        }
        paths.retain(|it| it.starts_with(prefix));
        paths.into_iter().collect()
    }

    /// The file of the override folder that stands for `path`, if there is one.
    fn replacement(&self, path: &str) -> Option<PathBuf> {
        let inside = path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':']));
        let file = self.folder.as_ref().filter(|_| inside)?.join(path);
        file.is_file().then_some(file)
    }

    fn near(&self, path: &str) -> Vec<String> {
        let mut ranked: Vec<(f64, String)> = self
            .list("")
            .into_iter()
            .map(|it| (strsim::jaro_winkler(path, &it), it))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ranked.into_iter().take(3).map(|it| it.1).collect()
    }
}

fn asset(path: &str, bytes: Vec<u8>, overridden: bool) -> Asset {
    Asset {
        path: path.to_owned(),
        hash: ContentHash::of(&bytes),
        bytes,
        overridden,
    }
}

fn embedded(path: &str) -> Option<EmbeddedFile> {
    Templates::get(path)
        .or_else(|| Verticals::get(path))
        .or_else(|| Prompts::get(path))
        .or_else(|| Workflows::get(path))
}

fn embedded_paths() -> impl Iterator<Item = Cow<'static, str>> {
    Templates::iter()
        .chain(Verticals::iter())
        .chain(Prompts::iter())
        .chain(Workflows::iter())
}

/// Adds the files below `folder` as paths below `path`; what cannot be listed holds no assets.
fn collect(folder: &Path, path: &str, paths: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // Files that editors and file managers keep for themselves.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let below = format!("{path}/{name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &below, paths);
        } else {
            paths.insert(below);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_assets_are_found_and_hashed() {
        let assets = Assets::embedded();
        let generic = assets.get("verticals/generic.toml").unwrap();
        assert_eq!(generic.hash, ContentHash::of(&generic.bytes));
        assert!(!generic.overridden);
        assert!(
            assets
                .list("verticals/")
                .contains(&"verticals/fraud.toml".to_owned())
        );
        assert!(assets.list("verticals/").iter().is_sorted());
    }

    #[test]
    fn a_project_file_replaces_one_asset_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("verticals")).unwrap();
        fs::write(folder.path().join("verticals/fraud.toml"), "mine").unwrap();
        fs::write(folder.path().join("verticals/own.toml"), "new").unwrap();
        let assets = Assets::with_override(folder.path());
        let fraud = assets.get("verticals/fraud.toml").unwrap();
        assert_eq!(
            (fraud.bytes.as_slice(), fraud.overridden),
            (b"mine".as_slice(), true)
        );
        assert!(!assets.get("verticals/generic.toml").unwrap().overridden);
        assert!(
            assets
                .list("verticals/o")
                .contains(&"verticals/own.toml".to_owned())
        );
    }

    #[test]
    fn an_unknown_asset_names_near_ones() {
        let error = Assets::embedded().get("verticals/frod.toml").unwrap_err();
        assert!(error.to_string().contains("verticals/fraud.toml"), "{error}");
    }

    #[test]
    fn no_path_leaves_the_override_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret.toml"), "secret").unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        let assets = Assets::with_override(folder.path().join("project"));
        for path in [
            "../secret.toml",
            "verticals/../../secret.toml",
            "/etc/hostname",
            "",
        ] {
            assert!(
                matches!(assets.get(path), Err(AssetError::Unknown { .. })),
                "{path}"
            );
        }
    }
}
