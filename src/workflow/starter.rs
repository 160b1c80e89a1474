//! Workflows to begin with, from `workflows/*.yaml`.

use super::definition::{Faults, load};
use crate::assets::{AssetError, Assets};

const FOLDER: &str = "workflows/";
const EXTENSION: &str = ".yaml";

/// A workflow to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    /// What it is asked for by.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Why there is no text to begin with.
#[derive(Debug, thiserror::Error)]
pub enum StarterError {
    /// There is none of this name, or it cannot be read.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// It is one that somebody put in place of ours, and it is faulty.
    #[error("{0}")]
    Faulty(#[from] Faults),
}

/// All of them, by name.
pub fn starters(assets: &Assets) -> Result<Vec<Starter>, StarterError> {
    let paths = assets.list(FOLDER);
    let names = paths
        .iter()
        .filter_map(|it| it.strip_prefix(FOLDER)?.strip_suffix(EXTENSION));
    names
        .map(|name| {
            let loaded = load(&starter(assets, name)?, &format!("{name}{EXTENSION}"))?;
            Ok(Starter {
                name: name.to_owned(),
                description: loaded.workflow.description.unwrap_or_default(),
            })
        })
        .collect()
}

/// The text of the one called `name`.
pub fn starter(assets: &Assets, name: &str) -> Result<String, StarterError> {
    Ok(assets.text(&format!("{FOLDER}{name}{EXTENSION}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::definition::format;

    #[test]
    fn each_is_valid_and_tidy_without_a_warning() {
        let assets = Assets::embedded();
        for it in starters(&assets).unwrap() {
            let text = starter(&assets, &it.name).unwrap();
            let loaded = load(&text, &it.name).unwrap();
            assert_eq!(loaded.warnings, [], "{}", it.name);
            assert_eq!(format(&text, &it.name).unwrap(), text, "{}", it.name);
            assert!(!it.description.is_empty(), "{}", it.name);
        }
    }

    #[test]
    fn the_concurrent_graph_analysis_has_the_name_and_description_of_its_document() {
        let text = starter(&Assets::embedded(), "concurrent-graph-analysis").unwrap();
        let workflow = load(&text, "x.yaml").unwrap().workflow;
        assert_eq!(workflow.name, "Concurrent Graph Analysis");
        assert_eq!(
            workflow.description.as_deref(),
            Some("Manages concurrent graph operations with proper async resource handling")
        );
        let services: Vec<&str> = workflow.steps[1..].iter().map(|it| it.id.0.as_str()).collect();
        assert_eq!(services, ["api", "graph-manager", "pool-manager"]);
        for service in &workflow.steps[1..] {
            assert!(service.kind.is_service() && service.is_isolated());
            let limits = service.limits.as_ref().unwrap();
            assert_eq!(limits.memory.map(|it| it.0), Some(536_870_912));
            assert_eq!(limits.cpu, Some(1.0));
        }
    }

    #[test]
    fn an_unknown_one_is_met_with_near_names() {
        let error = starter(&Assets::embedded(), "helo").unwrap_err().to_string();
        assert!(error.contains("workflows/hello.yaml"), "{error}");
    }
}
