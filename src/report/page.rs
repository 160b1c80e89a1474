//! What surrounds every page: head, style, script, policy, run facts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::finding_view::FileLink;
use super::view::Badge;
use crate::model::report::{Lineage, Volatile};

/// Who worded the sentences: a report must say so.
pub(super) fn mode(lineage: &Lineage) -> String {
    let mut names: Vec<&str> = lineage.models.iter().map(|it| it.1.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names.is_empty() {
        true => "offline: no model".to_owned(),
        false => format!("with {}", names.join(", ")),
    }
}

/// The top of a page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct HeadView {
    pub title: String,
    pub question: String,
    /// What is answered and what is not, where the answer is partial.
    pub partly: Option<String>,
    pub graph: String,
    pub brief: String,
    pub vertical: String,
    pub mode: String,
    pub badge: Badge,
    /// The index, from a report's page.
    pub index: Option<FileLink>,
}

/// What an HTML page carries within itself.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Carried {
    pub style: String,
    pub script: String,
    /// `sha256-…` of the script.
    pub script_hash: String,
    /// JSON that cannot close its element.
    pub json: String,
    pub signs: Vec<super::view::Severity>,
}

/// The block of run facts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunView {
    pub run: String,
    pub started: String,
    pub lines: Vec<(String, String)>,
}

pub(super) fn run_view(volatile: &Volatile) -> RunView {
    RunView {
        run: volatile.run.clone(),
        started: volatile.started.clone(),
        lines: volatile.lines.clone(),
    }
}

/// The source that lets a browser run this script and no other.
pub(super) fn script_hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script.as_bytes())))
}
