//! One template run on one engine, with its complete result tables.

use serde::{Deserialize, Serialize};

use super::id::{ContentHash, TemplateId};
use super::template::Estimate;
use crate::algorithms::{Exactness, Quantity};

/// A result table on disk. Every row of the answer is in it.
///
/// The table `vertices` has the columns `collection`, `key`, `label`, then the algorithm's columns,
/// then the projection's attributes (`@name`). Tables of rows (`bridges`, `cycles`, `pairs`) have
/// the algorithm's columns; a column of vertices `x` is written as `x` (`collection/key`) and
/// `x_label`; a list of vertices as a list of `collection/key` and `x_labels`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultTable {
    /// `vertices` or what its rows are.
    pub name: String,
    /// Path relative to the run directory, with `/`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Columns in order.
    pub columns: Vec<ResultColumn>,
    /// SHA-256 of the file.
    pub hash: ContentHash,
}

/// A column of a result table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// What it measures.
    pub quantity: Quantity,
}

/// A number about the whole result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryValue {
    /// Its name, e.g. `modularity`.
    pub name: String,
    /// What it measures.
    pub quantity: Quantity,
    /// Its value; also in the metadata of the Parquet files, from which it is verified.
    pub value: f64,
}

/// A finished execution. Nothing in it depends on time, threads or host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The template.
    pub template: TemplateId,
    /// `embedded`, later `gae` or `spark`.
    pub engine: String,
    /// Content hash of the projection's loaded graph (vertices, edges, weights, times).
    pub graph_hash: ContentHash,
    /// Vertices the kernel saw.
    pub vertices: u64,
    /// Edges the kernel saw, after the projection's rules.
    pub edges: u64,
    /// What the projection left out, in sentences: `12 edges without a time were left out`.
    pub exclusions: Vec<String>,
    /// Conventions that change the answer: of the projection and of the algorithm, in sentences.
    pub conventions: Vec<String>,
    /// Exact, sampled or truncated.
    pub exactness: Exactness,
    /// Numbers about the whole result.
    pub summary: Vec<SummaryValue>,
    /// Its complete tables, `vertices` first.
    pub tables: Vec<ResultTable>,
    /// What was expected before it ran.
    pub estimate: Estimate,
}
