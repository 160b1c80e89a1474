//! Hashes of what a run is made from, so that a resume with other inputs is refused.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::assets::Assets;
use crate::model::{document::Document, id::ContentHash};
use crate::pipeline::{PipelineError, RunRequest};
use crate::source::GraphSource;

/// What a run is made from, by its hashes.
pub(super) struct Hashes {
    /// Of everything that changes the answer. Budgets do not: they say how much of it is given.
    pub(super) all: ContentHash,
    /// Of the graph's data, wherever they lie.
    pub(super) data: ContentHash,
}

/// The hashes of `request`'s answer-changing fields, its `documents`, the files of `source` and `assets`.
pub(super) fn hashes(
    request: &RunRequest,
    source: &dyn GraphSource,
    documents: &[Document],
    assets: &Assets,
) -> Result<Hashes, PipelineError> {
    let mut lines = vec![
        format!("version {}", env!("CARGO_PKG_VERSION")),
        format!("command {}", request.question()),
        format!("location {}", request.location),
    ];
    for path in assets.list("") {
        let asset = assets
            .get(&path)
            .map_err(|error| PipelineError::Invalid(error.to_string()))?;
        lines.push(format!("asset {path} {}", asset.hash));
    }
    let mut data = Vec::new();
    // What the source reads, wherever it lies, and nothing else that lies beside it.
    for path in source.files() {
        let hash = hash_file(&path)?;
        lines.push(format!("file {} {hash}", path.display()));
        data.push(hash);
    }
    if data.is_empty() {
        // A graph that is generated is what its name says.
        data.push(request.location.clone());
    }
    for document in documents {
        lines.push(format!("document {} {}", document.name, document.hash));
    }
    let vertical = request.path(Path::new(&request.vertical));
    if vertical.is_file() {
        lines.push(format!("vertical {}", hash_file(&vertical)?));
    }
    Ok(Hashes {
        all: ContentHash::of(lines.join("\n").as_bytes()),
        data: ContentHash::of(data.join("\n").as_bytes()),
    })
}

/// The hash of a file, read in pieces: a graph need not fit into memory twice.
fn hash_file(path: &Path) -> Result<String, PipelineError> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut piece).map_err(|error| unreadable(path, &error))?;
        if read == 0 {
            break;
        }
        digest.update(&piece[..read]);
    }
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn unreadable(path: &Path, error: &std::io::Error) -> PipelineError {
    PipelineError::Invalid(format!(
        "{} cannot be read: {error}; check the path",
        path.display()
    ))
}
