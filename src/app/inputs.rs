//! One hash over everything that changes a run's answer, so that a resume with other inputs is refused.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::assets::Assets;
use crate::model::{document::Document, id::ContentHash};
use crate::pipeline::{PipelineError, RunRequest};
use crate::source::GraphSource;

/// The hash of `request`'s answer-changing fields, its `documents`, the files of `source` and `assets`.
pub(super) fn hash(
    request: &RunRequest,
    source: &dyn GraphSource,
    documents: &[Document],
    assets: &Assets,
) -> Result<ContentHash, PipelineError> {
    let mut lines = vec![
        format!("version {}", env!("CARGO_PKG_VERSION")),
        format!("command {}", request.command()),
        format!("location {}", request.location),
    ];
    for path in assets.list("") {
        let asset = assets
            .get(&path)
            .map_err(|error| PipelineError::Invalid(error.to_string()))?;
        lines.push(format!("asset {path} {}", asset.hash));
    }
    // What the source reads, wherever it lies, and nothing else that lies beside it.
    for path in source.files() {
        lines.push(format!("file {} {}", path.display(), hash_file(&path)?));
    }
    for document in documents {
        lines.push(format!("document {} {}", document.name, document.hash));
    }
    let vertical = request.path(Path::new(&request.vertical));
    if vertical.is_file() {
        lines.push(format!("vertical {}", hash_file(&vertical)?));
    }
    Ok(ContentHash::of(lines.join("\n").as_bytes()))
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
