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
    /// How exact the answer is.
    pub exactness: Exactness,
    /// Numbers about the whole result.
    pub summary: Vec<SummaryValue>,
    /// Its complete tables, `vertices` first.
    pub tables: Vec<ResultTable>,
    /// What was expected before it ran.
    pub estimate: Estimate,
}

impl Execution {
    /// How far the values of a column of the vertices' table may lie from the defined ones, in the
    /// column's own unit; `None` where the method is exact or bounds another column.
    pub fn error_of(&self, column: &str) -> Option<f64> {
        match &self.exactness {
            Exactness::Sampled { errors, .. } => errors.get(column).copied(),
            Exactness::Exact | Exactness::Unsettled { .. } | Exactness::Truncated { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::format::exactness;

    fn sampled() -> Execution {
        let column = |name: &str, quantity| ResultColumn {
            name: name.to_owned(),
            quantity,
        };
        Execution {
            template: "betweenness-1".into(),
            engine: "embedded".to_owned(),
            graph_hash: ContentHash(String::new()),
            vertices: 3,
            edges: 2,
            exclusions: Vec::new(),
            conventions: Vec::new(),
            exactness: Exactness::Sampled {
                errors: [
                    ("betweenness".to_owned(), 500.0),
                    ("betweenness_share".to_owned(), 0.05),
                ]
                .into(),
                confidence: 0.95,
            },
            summary: vec![SummaryValue {
                name: "pairs".to_owned(),
                quantity: Quantity::Count,
                value: 10_000.0,
            }],
            tables: vec![ResultTable {
                name: "vertices".to_owned(),
                path: String::new(),
                rows: 3,
                columns: vec![
                    column("betweenness", Quantity::Score),
                    column("betweenness_share", Quantity::Share),
                ],
                hash: ContentHash(String::new()),
            }],
            estimate: Estimate {
                vertices: 3,
                edges: 2,
                memory_bytes: 0,
                operations: 0,
                time_ms: 0,
                cost_usd: 0.0,
                basis: String::new(),
            },
        }
    }

    /// A bound in pairs beside a share of pairs would read as if nothing were known.
    #[test]
    fn an_error_is_in_the_unit_of_its_column() {
        let execution = sampled();
        assert_eq!(execution.error_of("betweenness"), Some(500.0));
        assert_eq!(execution.error_of("betweenness_share"), Some(0.05));
        assert_eq!(execution.error_of("degree"), None);
        let said = exactness(&execution, "betweenness_share");
        assert_eq!(said, "sampled: ± 5 % at 95 % confidence");
    }
}
