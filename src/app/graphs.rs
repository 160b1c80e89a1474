//! What `--graph` names: a table of `gaai.toml`, a path, or `demo:<kind>[:<seed>[:<scale>]]`, in
//! this order.

use std::path::{Path, PathBuf};

use crate::config::Project;
use crate::source::demo;

/// Where a graph is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file or a directory.
    Path(PathBuf),
    /// A generated demo graph.
    Demo {
        /// Which one, e.g. `fraud`.
        kind: String,
        /// Its seed.
        seed: u64,
        /// Its size: `s`, `m` or `l`.
        scale: String,
    },
}

/// A resolved graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGraph {
    /// What people call it in reports.
    pub name: String,
    /// Where it is.
    pub location: Location,
    /// Documents that belong to it when no flag names any.
    pub documents: Vec<PathBuf>,
    /// Vertical that the project file sets for it.
    pub vertical: Option<String>,
}

/// Resolves `name`. The error says what was looked for, near names and what to do.
pub fn resolve(name: &str, project: &Project, demo_kinds: &[&str]) -> Result<NamedGraph, String> {
    if let Some(setting) = project.graphs.get(name) {
        let location = if setting.path.starts_with("demo:") {
            demo_location(&setting.path, demo_kinds)?
        } else {
            Location::Path(project.directory.join(&setting.path))
        };
        let documents = setting
            .documents
            .iter()
            .map(|it| project.directory.join(it))
            .collect();
        return Ok(NamedGraph {
            name: name.to_owned(),
            location,
            documents,
            vertical: setting.vertical.clone(),
        });
    }
    if name.starts_with("demo:") {
        let location = demo_location(name, demo_kinds)?;
        return Ok(NamedGraph {
            name: name.to_owned(),
            location,
            documents: Vec::new(),
            vertical: None,
        });
    }
    let path = Path::new(name);
    if !name.is_empty() && path.exists() {
        return Ok(NamedGraph {
            name: graph_name(path),
            documents: brief_beside(path),
            location: Location::Path(path.to_path_buf()),
            vertical: None,
        });
    }
    Err(unknown(name, project, demo_kinds))
}

impl Location {
    /// The text form that a journal keeps and [`Location::parse`] reads.
    pub fn text(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Demo { kind, seed, scale } => format!("demo:{kind}:{seed}:{scale}"),
        }
    }

    /// Reads [`Location::text`].
    pub fn parse(text: &str, demo_kinds: &[&str]) -> Result<Self, String> {
        if text.starts_with("demo:") {
            demo_location(text, demo_kinds)
        } else {
            Ok(Self::Path(PathBuf::from(text)))
        }
    }
}

fn graph_name(path: &Path) -> String {
    let last = path
        .file_name()
        .or_else(|| path.parent().and_then(Path::file_name));
    let name = last.map(|it| it.to_string_lossy().into_owned());
    name.filter(|it| it != "." && it != "..")
        .unwrap_or_else(|| "graph".to_owned())
}

/// The `brief.md` in a graph's directory: used when no document is named.
fn brief_beside(path: &Path) -> Vec<PathBuf> {
    let brief = path.join("brief.md");
    if brief.is_file() { vec![brief] } else { Vec::new() }
}

fn demo_location(text: &str, kinds: &[&str]) -> Result<Location, String> {
    let mut parts = text.split(':').skip(1);
    let kind = parts.next().unwrap_or("");
    if !kinds.contains(&kind) {
        return Err(format!(
            "there is no demo graph `{kind}`; there are {}",
            kinds
                .iter()
                .map(|it| format!("demo:{it}"))
                .collect::<Vec<_>>()
                .join(", ")
        ));
    }
    let seed = match parts.next() {
        None => demo::DEFAULT_SEED,
        Some(text) => text
            .parse()
            .map_err(|_| format!("`{text}` is not a seed; give a whole number"))?,
    };
    let scale = parts.next().unwrap_or("s");
    if !["s", "m", "l"].contains(&scale) || parts.next().is_some() {
        return Err(format!(
            "`{text}` is not a demo graph; write demo:<kind>[:<seed>[:<s|m|l>]]"
        ));
    }
    Ok(Location::Demo {
        kind: kind.to_owned(),
        seed,
        scale: scale.to_owned(),
    })
}

fn unknown(name: &str, project: &Project, demo_kinds: &[&str]) -> String {
    let mut names: Vec<String> = project.graphs.keys().cloned().collect();
    names.extend(demo_kinds.iter().map(|it| format!("demo:{it}")));
    let parent = Path::new(name)
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if let Ok(entries) = std::fs::read_dir(parent) {
        names.extend(entries.flatten().map(|it| {
            let file = it.file_name().to_string_lossy().into_owned();
            if parent == Path::new(".") {
                file
            } else {
                parent.join(file).display().to_string()
            }
        }));
    }
    names.sort();
    let mut near: Vec<(f64, String)> = names
        .into_iter()
        .map(|it| (strsim::jaro_winkler(name, &it), it))
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let near: Vec<String> = near
        .into_iter()
        .take(3)
        .map(|(_, it)| format!("`{it}`"))
        .collect();
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!(" Near names: {}.", near.join(", "))
    };
    format!(
        "there is no graph `{name}`: no [graphs.{name}] in gaai.toml, no such path, and no demo.{hint} \
         Give a file or directory, or try --graph demo:fraud"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GraphSetting;

    const KINDS: &[&str] = &["fraud", "social", "supply_chain"];

    #[test]
    fn a_table_of_the_project_comes_before_a_path() {
        let mut project = Project {
            directory: PathBuf::from("/p"),
            ..Project::default()
        };
        let setting = GraphSetting {
            path: "data".to_owned(),
            ..GraphSetting::default()
        };
        project.graphs.insert("src".to_owned(), setting);
        let graph = resolve("src", &project, KINDS).unwrap();
        assert_eq!(graph.location, Location::Path(PathBuf::from("/p/data")));
    }

    #[test]
    fn demo_names_carry_seed_and_scale_and_round_trip() {
        let graph = resolve("demo:fraud:7:m", &Project::default(), KINDS).unwrap();
        let expected = Location::Demo {
            kind: "fraud".to_owned(),
            seed: 7,
            scale: "m".to_owned(),
        };
        assert_eq!(graph.location, expected);
        assert_eq!(Location::parse(&expected.text(), KINDS), Ok(expected));
        for wrong in ["demo:frod", "demo:fraud:x", "demo:fraud:1:xl", "demo:fraud:1:s:y"] {
            assert!(resolve(wrong, &Project::default(), KINDS).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_name_is_met_with_near_names_and_a_way_out() {
        let error = resolve("demo-fraud", &Project::default(), KINDS).unwrap_err();
        assert!(
            error.contains("`demo:fraud`") && error.contains("gaai.toml"),
            "{error}"
        );
    }
}
