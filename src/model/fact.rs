//! Numbers and names computed from complete result tables, and claims that cite them.

use serde::{Deserialize, Serialize};

use super::id::{ClaimId, FactId, TemplateId};
use super::vertical::Detector;
use crate::algorithms::Quantity;

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FactValue {
    /// A whole number.
    Integer(i64),
    /// A real number, finite.
    Number(f64),
    /// A name.
    Text(String),
    /// Names.
    List(Vec<String>),
}

impl FactValue {
    /// The names that it holds; none where it is a number.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Text(name) => std::slice::from_ref(name),
            Self::List(names) => names,
            Self::Integer(_) | Self::Number(_) => &[],
        }
    }
}

/// One number or name with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its id within the report.
    pub id: FactId,
    /// Its name within the pattern, e.g. `top_stranded`.
    pub name: String,
    /// Its value.
    pub value: FactValue,
    /// What it measures.
    pub quantity: Quantity,
    /// Unit for people where the quantity has one of its own, e.g. `minutes`; empty otherwise.
    pub unit: String,
    /// The execution whose tables the derivation reads, or whose template holds a given value; `None`
    /// for facts of the schema and of the brief.
    pub execution: Option<TemplateId>,
    /// How to compute it again.
    pub derivation: Derivation,
}

/// How a fact is computed. Tables are named as in [`super::execution::Execution::tables`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// Number of rows that pass the filter.
    Rows {
        /// Table.
        table: String,
        /// Conditions, all of which must hold.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// An aggregate of a column over the rows that pass the filter.
    Aggregate {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// Which aggregate.
        measure: Aggregate,
        /// Conditions.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// The value of `column` in the `nth` row (from 1) by `order_by`; ties by collection and key,
    /// then by row.
    Nth {
        /// Table.
        table: String,
        /// Column to order by.
        order_by: String,
        /// Greatest first.
        #[serde(default = "yes")]
        descending: bool,
        /// Which row, from 1.
        nth: u32,
        /// Column of the answer; `label` is what people call the vertex.
        column: String,
        /// Conditions.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// The `column` values of the first `count` rows by `order_by`, as a list.
    Top {
        /// Table.
        table: String,
        /// Column to order by.
        order_by: String,
        /// Greatest first.
        #[serde(default = "yes")]
        descending: bool,
        /// How many.
        count: u32,
        /// Column of the answer.
        column: String,
        /// Conditions.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// Number of distinct values of `by` that at least `min_rows` rows have.
    Groups {
        /// Table.
        table: String,
        /// Column that names the group.
        by: String,
        /// Least number of rows of a group.
        #[serde(default = "one")]
        min_rows: u64,
        /// Conditions.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// Of the groups by `by`, ordered by size (ties by name), something about the `nth`, from 1.
    NthGroup {
        /// Table.
        table: String,
        /// Column that names the group.
        by: String,
        /// Which group, from 1.
        nth: u32,
        /// What about it.
        want: GroupWant,
        /// Column summed instead of counting rows.
        #[serde(default)]
        sum: Option<String>,
        /// Conditions.
        #[serde(default)]
        filter: Vec<Condition>,
    },
    /// One fact divided by another, both named within the pattern (ids once instantiated).
    Ratio {
        /// Fact above the line.
        numerator: String,
        /// Fact below the line; must not be 0.
        denominator: String,
    },
    /// Something about the instances that a detector finds in the tables.
    Detected {
        /// The detector, whole, so that the fact is recomputed from the tables alone; a pattern's
        /// facts leave it out and get the pattern's.
        #[serde(default)]
        detector: Box<Detector>,
        /// What about them.
        want: DetectedWant,
    },
    /// A number of the execution's summary, e.g. `modularity`.
    Summary {
        /// Its name.
        name: String,
    },
    /// A number of the census: vertices or edges of one collection, or of all when `collection` is `*`.
    Census {
        /// Collection name or `*`.
        collection: String,
        /// What is counted.
        count: CensusCount,
    },
    /// A value that was given, not computed: a threshold of the vertical or the brief.
    Given {
        /// Where it was given.
        by: String,
    },
}

/// Aggregates over a column; missing values, NaN and infinities are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Sum.
    Sum,
    /// Mean.
    Mean,
    /// Least.
    Min,
    /// Greatest.
    Max,
    /// The value below which a part `0..=1` of the values lies (nearest rank).
    Quantile(f64),
    /// Distinct values.
    Distinct,
    /// Gini coefficient.
    Gini,
    /// Herfindahl-Hirschman index of the values' shares of their sum, in 0..=1.
    Hhi,
    /// Share of the sum that the greatest `n` values hold.
    TopShare(u32),
}

/// What is asked of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupWant {
    /// Its name.
    Name,
    /// What people call the vertex that names it (`<by>_label`); its name where there is no such column.
    Label,
    /// Its size: rows, or the sum of the column.
    Size,
    /// The labels of its members, in row order.
    Members,
}

/// What is asked of a detector's instances, which are ordered as the detector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectedWant {
    /// How many there are.
    Count,
    /// Distinct vertices in all of them together.
    Members,
    /// Members of the one with most.
    Largest,
    /// Members of the one with fewest.
    Smallest,
    /// Sum of their values.
    Sum,
    /// Label of the `n`th, from 1.
    Label(u32),
    /// Value of the `n`th.
    Value(u32),
    /// Members of the `n`th.
    Size(u32),
    /// Labels of the first `n`.
    Labels(u32),
    /// Labels of members of the `n`th, at most so many, in the order of its rows.
    Names(u32, u32),
    /// The vertex that is in most of them, by label; ties by `collection/key`.
    Busiest,
    /// In how many of them that vertex is.
    BusiestCount,
}

/// What a census fact counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CensusCount {
    /// Vertices.
    Vertices,
    /// Edges.
    Edges,
}

/// A condition on a column of a table. A row whose value is missing or NaN fails it, unless that is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// What must hold.
    #[serde(flatten)]
    pub test: Test,
}

/// What must hold of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// ≥ the number.
    AtLeast(f64),
    /// ≤ the number.
    AtMost(f64),
    /// > the number.
    Above(f64),
    /// < the number.
    Below(f64),
    /// Equal to the text (numbers and truth values are compared as text: `3`, `true`).
    Equals(String),
    /// Different from the text.
    Differs(String),
    /// Whether there is a value.
    Present(bool),
    /// ≥ the `q` quantile (nearest rank) of the column over the whole table.
    AtLeastQuantile(f64),
    /// ≥ `factor` × the median of the column over the rows where it is above 0.
    AtLeastMedians(f64),
    /// ≥ `factor` × the value of another column of the row.
    AtLeastTimes(String, f64),
    /// ≤ `factor` × the value of another column of the row.
    AtMostTimes(String, f64),
}

/// One sentence that cites facts. Numbers stand in `text` only as `{F12}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Its id.
    pub id: ClaimId,
    /// The sentence with fact ids in braces; a literal brace is doubled.
    pub text: String,
    /// Facts cited, in order of first appearance.
    pub facts: Vec<FactId>,
    /// Whether a model wrote it; otherwise it stands in the vertical's words.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_model: bool,
}

fn yes() -> bool {
    true
}

fn one() -> u64 {
    1
}

/// What is not said of most claims is not written down for them.
fn is_false(value: &bool) -> bool {
    !value
}
