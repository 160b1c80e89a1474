//! What the models of a request can do, asked once and kept: runs then ask in the strictest way that works.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::models::{ModelKeys, Workshop, invalid};
use crate::llm::{Capabilities, Endpoint, ModelName, probe};
use crate::model::id::ContentHash;
use crate::pipeline::{PipelineError, RunRequest};
use crate::store;

/// Asks every model that `request` names what it can do. What was found is kept in the request's cache.
///
/// # Errors
///
/// A model, key or address that cannot be used. What a model cannot do is no error.
pub async fn doctor(request: &RunRequest, keys: &ModelKeys) -> Result<Vec<Capabilities>, PipelineError> {
    let wanted = &request.models;
    if wanted.offline {
        return Err(PipelineError::Invalid(
            "--offline opens no socket, so that no model can be asked; leave it out".to_owned(),
        ));
    }
    let ledger = Workshop::ledger(&request.effort);
    let workshop = Workshop::new(request, &request.effort, keys, ledger).map_err(|error| invalid(&error))?;
    let named = wanted.default.iter().chain(wanted.roles.values());
    let mut seen = BTreeSet::new();
    let names = named.chain(&wanted.fallbacks).filter(|it| seen.insert(*it));
    let mut found = Vec::new();
    for name in names {
        let named: ModelName = name.parse().map_err(|error| invalid(&error))?;
        let openai = workshop.openai(&named).map_err(|error| invalid(&error))?;
        let capabilities = probe(&openai).await;
        if let Some(cache) = &request.effort.cache {
            keep(cache, openai.endpoint(), &capabilities)?;
        }
        found.push(capabilities);
    }
    Ok(found)
}

/// What was found of the model at `endpoint`, if it was asked and could be reached.
pub(super) fn kept(cache: &Path, endpoint: &Endpoint) -> Option<Capabilities> {
    let bytes = std::fs::read(path(cache, endpoint)).ok()?;
    let found: Capabilities = serde_json::from_slice(&bytes).ok()?;
    (found.model == endpoint.model.to_string()).then_some(found)
}

fn keep(cache: &Path, endpoint: &Endpoint, found: &Capabilities) -> Result<(), PipelineError> {
    let path = path(cache, endpoint);
    let written = |error: &std::io::Error| PipelineError::write(&path, error);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| written(&error))?;
    }
    let bytes = serde_json::to_vec_pretty(found).map_err(|error| PipelineError::Defect {
        reason: format!("capabilities have no JSON form: {error}"),
    })?;
    store::write_whole(&path, &bytes).map_err(|error| written(&error))
}

/// One file an endpoint and model.
fn path(cache: &Path, endpoint: &Endpoint) -> PathBuf {
    let url = endpoint.url().map(|it| it.to_string()).unwrap_or_default();
    let hash = ContentHash::of(format!("{}\n{url}", endpoint.model).as_bytes());
    cache.join("models").join(format!("{}.json", hash.short()))
}
