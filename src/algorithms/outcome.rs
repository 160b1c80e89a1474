//! What a kernel answers: complete columns, one value per vertex, and where the answer is about
//! edges, cycles or pairs, a table of rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a column or fact measures; decides how a value is rounded and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// A whole number of things.
    Count,
    /// A real number without unit (a score).
    Score,
    /// A part of a whole in 0..=1, written as per cent.
    Share,
    /// A distance in hops.
    Hops,
    /// A sum or distance in the unit of the edge weight (the template says which).
    Weight,
    /// Milliseconds between two instants, written in days, hours, minutes or seconds.
    Duration,
    /// An instant in milliseconds since 1970-01-01 UTC.
    Instant,
    /// Truth.
    Flag,
    /// A name, a key, or a group's label.
    Name,
}

/// Values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Whole numbers.
    Integers(Vec<u64>),
    /// Real numbers; infinity means unreachable, NaN means not defined there.
    Numbers(Vec<f64>),
    /// Truth values.
    Flags(Vec<bool>),
    /// Instants in milliseconds since 1970-01-01 UTC.
    Times(Vec<Option<i64>>),
    /// Vertex numbers, [`crate::graph::NO_VERTEX`] for none; written as keys.
    Vertices(Vec<u32>),
    /// Of every row its group, named by the group's smallest member, [`crate::graph::NO_VERTEX`] for none;
    /// written as keys.
    Groups(Vec<u32>),
    /// Lists of vertices: row `i` is `members[offsets[i]..offsets[i + 1]]`; written as a list of keys.
    Lists {
        /// Length rows + 1.
        offsets: Vec<usize>,
        /// Vertex numbers.
        members: Vec<u32>,
    },
    /// Vectors of equal length: row `i` is `values[i * width..(i + 1) * width]`; written as a list of numbers.
    Vectors {
        /// Numbers of a vector, from 1.
        width: usize,
        /// The vectors, one after another; finite.
        values: Vec<f32>,
    },
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Stable name, as in the registry.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// Its values.
    pub values: Values,
}

/// Rows that are not vertices: bridges, cycles, linked pairs, groups.
#[derive(Clone, Debug, PartialEq)]
pub struct RowTable {
    /// What a row is, plural: `bridges`, `cycles`, `pairs`, `groups`.
    pub name: &'static str,
    /// Columns of equal length.
    pub columns: Vec<OutputColumn>,
}

/// Whether the answer is the defined value or an estimate of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exactness {
    /// The defined value, up to floating-point rounding.
    #[default]
    Exact,
    /// An estimate: with probability `confidence` every value is within the bound of its column of the
    /// defined one.
    Sampled {
        /// Absolute error bound by column, in its unit.
        errors: BTreeMap<String, f64>,
        /// Probability in 0..=1.
        confidence: f64,
    },
    /// An iteration that ran out of rounds before its values settled.
    Unsettled {
        /// Rounds done.
        rounds: u64,
        /// How much the last one still changed, in the algorithm's own measure.
        change: f64,
    },
    /// An enumeration that stopped at its cap: what is listed exists, more may exist.
    Truncated {
        /// Rows listed.
        listed: u64,
    },
}

/// A kernel's whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One value per vertex, in vertex order; may be empty when only rows are of interest.
    pub vertices: Vec<OutputColumn>,
    /// Rows that are not vertices.
    pub rows: Option<RowTable>,
    /// Numbers about the whole graph (`iterations`, `residual`, `modularity`, `components`).
    pub summary: Vec<(&'static str, Quantity, f64)>,
    /// How exact the answer is.
    pub exactness: Exactness,
}

impl OutputColumn {
    /// A column of `values`.
    pub fn new(name: &'static str, quantity: Quantity, values: Values) -> Self {
        Self {
            name,
            quantity,
            values,
        }
    }
}

impl Outcome {
    /// The vertex column `name`, or `None` where the algorithm has no such column.
    pub fn vertex_column(&self, name: &str) -> Option<&OutputColumn> {
        self.vertices.iter().find(|it| it.name == name)
    }

    /// The real numbers of a column of the vertices.
    #[cfg(test)]
    pub(super) fn numbers(&self, name: &str) -> &[f64] {
        match self.vertex_column(name).map(|it| &it.values) {
            Some(Values::Numbers(values)) => values,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// The column `name` of the table of rows, or `None` where there is no such column.
    pub fn row_column(&self, name: &str) -> Option<&OutputColumn> {
        self.rows.as_ref()?.columns.iter().find(|it| it.name == name)
    }
}

impl Values {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Integers(values) => values.len(),
            Values::Numbers(values) => values.len(),
            Values::Flags(values) => values.len(),
            Values::Times(values) => values.len(),
            Values::Vertices(values) | Values::Groups(values) => values.len(),
            Values::Lists { offsets, .. } => offsets.len().saturating_sub(1),
            Values::Vectors { width, values } => values.len() / (*width).max(1),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
