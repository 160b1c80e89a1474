//! One hash over everything that changes a run's answer, so that a resume with other inputs is refused.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::graphs::Location;
use crate::assets::Assets;
use crate::model::id::ContentHash;
use crate::pipeline::{PipelineError, RunRequest};

/// The hash of `request`'s answer-changing fields, its documents, the graph at `location` and `assets`.
pub(super) fn hash(
    request: &RunRequest,
    location: &Location,
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
    if let Location::Path(path) = location {
        lines_of(path, &mut lines)?;
    }
    for document in &request.documents {
        lines_of(document, &mut lines)?;
    }
    let vertical = Path::new(&request.vertical);
    if vertical.is_file() {
        lines_of(vertical, &mut lines)?;
    }
    Ok(ContentHash::of(lines.join("\n").as_bytes()))
}

/// One line per file at or directly in `path`, in name order.
fn lines_of(path: &Path, lines: &mut Vec<String>) -> Result<(), PipelineError> {
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
        let mut files: Vec<_> = entries
            .flatten()
            .map(|it| it.path())
            .filter(|it| it.is_file())
            .collect();
        files.sort();
        for file in files {
            lines.push(format!("file {} {}", file.display(), hash_file(&file)?));
        }
        Ok(())
    } else {
        lines.push(format!("file {} {}", path.display(), hash_file(path)?));
        Ok(())
    }
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
