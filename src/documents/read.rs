//! Reads files and inline text into documents.
//!
//! Limits: UTF-8 only, at most 10 MiB a document, `.md`, `.markdown` and `.txt`. The hash is of the
//! bytes as given; a byte order mark is dropped and line ends become `\n` before passages are cut.

use std::fs;
use std::path::{Path, PathBuf};

use super::{DocumentError, markdown, plain};
use crate::model::document::Document;
use crate::model::id::{ContentHash, DocumentId};

/// Greatest length of a document in bytes.
pub const LARGEST: u64 = 10 * 1024 * 1024;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    Markdown,
    Plain,
}

/// The documents at these paths, `D1`, `D2`, … in their order. A directory stands for the
/// documents directly in it, in name order.
///
/// The first path that cannot be read is the error; nothing is skipped.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<Document>, DocumentError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(DocumentError::Missing { path: path.clone() });
        } else if path.is_dir() {
            files.extend(documents_of(path)?);
        } else {
            files.push(path.clone());
        }
    }
    files
        .iter()
        .enumerate()
        .map(|(index, path)| read_file(path, index + 1))
        .collect()
}

/// The document of a text given directly, read as Markdown; `index` is its number among the run's
/// documents, from 1.
pub fn from_text(text: &str, index: usize) -> Result<Document, DocumentError> {
    from_bytes(text.as_bytes(), &format!("inline-{index}.md"), index).map(|it| Document {
        name: format!("inline-{index}"),
        ..it
    })
}

/// The document of these bytes; the ending of `name` says how it is written, Markdown unless `.txt`.
pub fn from_bytes(bytes: &[u8], name: &str, index: usize) -> Result<Document, DocumentError> {
    check_size(bytes.len() as u64, name)?;
    let text = std::str::from_utf8(bytes).map_err(|error| DocumentError::NotUtf8 {
        name: name.to_owned(),
        offset: error.valid_up_to(),
    })?;
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    if !text.contains(char::is_alphanumeric) {
        return Err(DocumentError::Empty {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
        });
    }
    let passages = match markup(Path::new(name)) {
        Some(Markup::Plain) => plain::passages(&text),
        Some(Markup::Markdown) | None => markdown::passages(&text),
    };
    if passages.is_empty() {
        return Err(DocumentError::Empty {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
        });
    }
    Ok(Document {
        id: DocumentId(format!("D{index}")),
        name: name.to_owned(),
        hash: ContentHash::of(bytes),
        text,
        passages,
    })
}

fn read_file(path: &Path, index: usize) -> Result<Document, DocumentError> {
    let unreadable = |error: std::io::Error| DocumentError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    // A pipe or a device has no end that could be checked beforehand.
    let kind = fs::metadata(path).map_err(unreadable)?;
    if markup(path).is_none() || !kind.is_file() {
        return Err(DocumentError::Unsupported {
            path: path.to_owned(),
        });
    }
    check_size(kind.len(), &path.display().to_string())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    from_bytes(&fs::read(path).map_err(unreadable)?, &name, index)
}

fn check_size(bytes: u64, name: &str) -> Result<(), DocumentError> {
    if bytes > LARGEST {
        return Err(DocumentError::TooLarge {
            name: name.to_owned(),
            bytes,
            limit: LARGEST,
        });
    }
    Ok(())
}

/// The documents directly in a directory, in name order.
fn documents_of(directory: &Path) -> Result<Vec<PathBuf>, DocumentError> {
    let unreadable = |error: std::io::Error| DocumentError::Unreadable {
        path: directory.to_owned(),
        reason: error.to_string(),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() && markup(&path).is_some() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(DocumentError::NoDocuments {
            path: directory.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// How a file is written, by its ending; `None` when it is not read.
fn markup(path: &Path) -> Option<Markup> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "md" | "markdown" => Some(Markup::Markdown),
        "txt" | "text" => Some(Markup::Plain),
        _ => None,
    }
}
