//! Demo graphs: seeded generators with noise, planted patterns and innocent decoys.
//!
//! Law: the same kind, seed and scale give the same bytes on every machine. Every planted pattern
//! fulfils its definition; what would fulfil it by accident is broken up while generating, so that
//! the truth is complete. Each generator states its definitions at its head.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SourceError;
use super::files::FileSource;
use super::{demo_fraud, demo_social, demo_supply_chain};
use crate::store::{advice, write_whole};

/// Seed when none is given.
pub const DEFAULT_SEED: u64 = 42;

/// What a demo graph is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DemoKind {
    /// Accounts, merchants, transfers, payments.
    Fraud,
    /// Suppliers in four tiers, parts, plants, products.
    SupplyChain,
    /// Users, posts, follows, shares.
    Social,
}

/// How large a demo graph is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// Thousands of vertices.
    #[default]
    S,
    /// About ten times `S`.
    M,
    /// About fifty times `S`.
    L,
}

/// A pattern that was planted, or the lack of one that only looks like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planted {
    /// What it is.
    pub kind: String,
    /// Its vertices as `collection/key`.
    pub members: Vec<String>,
    /// What was planted, in one sentence.
    #[serde(default)]
    pub note: String,
}

/// Something innocent that resembles a planted pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decoy {
    /// What it is.
    pub kind: String,
    /// Its vertices as `collection/key`.
    pub members: Vec<String>,
    /// Why it is innocent, in one sentence.
    #[serde(default)]
    pub why: String,
}

/// What a demo graph hides; reports never read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// What should be found.
    pub patterns: Vec<Planted>,
    /// What should not be.
    #[serde(default)]
    pub decoys: Vec<Decoy>,
}

/// A generated graph with its brief and truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Demo {
    /// The graph's files (name, bytes).
    pub files: Vec<(String, Vec<u8>)>,
    /// What the business wants to know, as Markdown.
    pub brief: String,
    /// What was planted.
    pub truth: Truth,
}

impl DemoKind {
    /// All kinds.
    pub const ALL: [DemoKind; 3] = [DemoKind::Fraud, DemoKind::SupplyChain, DemoKind::Social];

    /// `fraud`, `supply_chain` or `social`: the vertical's name.
    pub fn name(self) -> &'static str {
        match self {
            DemoKind::Fraud => "fraud",
            DemoKind::SupplyChain => "supply_chain",
            DemoKind::Social => "social",
        }
    }

    /// The kind of this name, hyphens allowed.
    pub fn named(name: &str) -> Option<Self> {
        let wanted = name.replace('-', "_");
        Self::ALL.into_iter().find(|it| it.name() == wanted)
    }
}

impl Scale {
    /// `s`, `m` or `l`.
    pub fn name(self) -> &'static str {
        match self {
            Scale::S => "s",
            Scale::M => "m",
            Scale::L => "l",
        }
    }

    /// The scale of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Scale::S, Scale::M, Scale::L]
            .into_iter()
            .find(|it| it.name() == name)
    }

    /// `count` of background things at this scale: 1, 10, 50 times as many.
    pub(super) fn of(self, count: u32) -> u32 {
        count
            * match self {
                Scale::S => 1,
                Scale::M => 10,
                Scale::L => 50,
            }
    }

    /// `count` of planted things at this scale: 1, 1.5, 2 times as many.
    pub(super) fn planted(self, count: u32) -> u32 {
        match self {
            Scale::S => count,
            Scale::M => count * 3 / 2,
            Scale::L => count * 2,
        }
    }
}

/// Generates a demo graph.
///
/// Cost: under a second at scale `s` in release; at `l` about a gigabyte of memory.
pub fn generate(kind: DemoKind, seed: u64, scale: Scale) -> Demo {
    match kind {
        DemoKind::Fraud => demo_fraud::generate(seed, scale),
        DemoKind::SupplyChain => demo_supply_chain::generate(seed, scale),
        DemoKind::Social => demo_social::generate(seed, scale),
    }
}

/// Writes the graph's files, `brief.md` and `truth.json` into the directory `out`, made if missing.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(demo: &Demo, out: &Path) -> Result<(), SourceError> {
    let unwritable = |path: &Path, reason: String| SourceError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    fs::create_dir_all(out).map_err(|error| unwritable(out, error.to_string()))?;
    let truth =
        serde_json::to_string_pretty(&demo.truth).map_err(|error| unwritable(out, error.to_string()))?;
    let prose = [
        ("brief.md", demo.brief.as_bytes()),
        ("truth.json", truth.as_bytes()),
    ];
    let tables = demo
        .files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in tables.chain(prose) {
        let path = out.join(name);
        write_whole(&path, bytes)
            .map_err(|error| unwritable(&path, format!("{error}; {}", advice(&error))))?;
    }
    Ok(())
}

/// The demo graph as a source named `demo:<kind>`; neither its brief nor its truth is part of it.
///
/// # Errors
///
/// None in practice: generated files are readable.
pub fn open(kind: DemoKind, seed: u64, scale: Scale) -> Result<FileSource, SourceError> {
    let demo = generate(kind, seed, scale);
    FileSource::in_memory(&format!("demo:{}", kind.name()), demo.files)
}
