//! A finding: headline claim, claims, evidence, severity with its reason, recommended action.

use serde::{Deserialize, Serialize};

use super::fact::{Claim, FactValue};
use super::id::{FindingId, TemplateId};
use super::vertical::{Detector, Severity};
use crate::algorithms::Quantity;

/// What was found, complete before it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// The pattern that found it.
    pub pattern: String,
    /// The execution that it rests on.
    pub template: TemplateId,
    /// What people call the pattern.
    pub title: String,
    /// One sentence of at most 25 words with the number that matters.
    pub headline: Claim,
    /// Further sentences.
    pub claims: Vec<Claim>,
    /// What it means for the business; cites facts like a claim.
    pub so_what: Option<Claim>,
    /// How grave.
    pub severity: Severity,
    /// Why; cites facts like a claim.
    pub severity_reason: Claim,
    /// What to do.
    pub action: Option<Recommendation>,
    /// What was looked for, as it was run; instances and evidence follow from it and the tables.
    pub detector: Detector,
    /// Rows that show it.
    pub evidence: Evidence,
    /// What was found, one entry an instance; complete, not cut.
    pub instances: Vec<Instance>,
    /// Whether instances are alerts (something is wrong) or merely the answer.
    pub alert: bool,
    /// Whether something was found; a null finding says what was looked for.
    pub found: bool,
    /// `exact`, `sampled ± e`, `truncated`; `data complete` or `partial: …`.
    pub tags: Vec<String>,
    /// What a reader must know before acting.
    pub caveats: Vec<String>,
    /// The chart, if one helps.
    pub chart: Option<Chart>,
    /// The neighbourhood picture, if one helps.
    pub picture: Option<Picture>,
}

/// A recommended action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// What to do.
    pub what: Claim,
    /// Who.
    pub owner: String,
    /// How much work.
    pub effort: String,
    /// What it should bring.
    pub effect: String,
    /// How to see that it worked.
    pub check: String,
}

/// One thing that was found: a vertex, a ring, a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// `collection/key` of its vertices, sorted.
    pub members: Vec<String>,
    /// What people call it.
    pub label: String,
    /// Value that orders instances.
    pub value: f64,
}

/// The first rows of a table, and of how many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Table name within the execution.
    pub table: String,
    /// Columns.
    pub columns: Vec<EvidenceColumn>,
    /// Rows shown.
    pub rows: Vec<EvidenceRow>,
    /// Rows that pass the detector's conditions.
    pub hits: u64,
    /// Rows of the whole table.
    pub total: u64,
}

/// A column of an evidence table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceColumn {
    /// Name in the result table.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it measures.
    pub quantity: Quantity,
    /// Unit for people; may be empty.
    pub unit: String,
}

/// A row of an evidence table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// Row number in the result table, from 0.
    pub row: u64,
    /// Values by column; `None` where missing.
    pub values: Vec<Option<FactValue>>,
}

/// A chart as data; `report` draws it. Every value is a fact or an evidence value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// What it shows.
    pub kind: ChartKind,
    /// Title for people.
    pub title: String,
    /// One sentence that says what to see.
    pub description: String,
    /// What the values measure.
    pub quantity: Quantity,
    /// Unit of the values; may be empty.
    pub unit: String,
    /// Bars in order.
    pub bars: Vec<Bar>,
}

/// Kinds of charts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// One bar a subject, greatest first.
    Ranking,
    /// One bar a group.
    Sizes,
}

/// A bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// How much; computed from the complete table.
    pub value: f64,
}

/// A piece of the graph, at most 200 vertices, laid out by `report`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Why these vertices.
    pub caption: String,
    /// The vertices.
    pub vertices: Vec<PictureVertex>,
    /// Pairs of positions in `vertices`.
    pub edges: Vec<(u32, u32)>,
    /// Whether arrows are drawn.
    pub directed: bool,
}

/// A vertex of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureVertex {
    /// `collection/key`.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Whether it is what the finding is about.
    pub marked: bool,
}
