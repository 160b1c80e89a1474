//! What the documents ask for, each item with the passage that it came from.

use serde::{Deserialize, Serialize};

use super::document::Citation;
use super::id::RequirementId;

/// How urgent an item is, by the brief's own words; `Medium` where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Nice to have.
    Low,
    /// Not said.
    #[default]
    Medium,
    /// Must, important.
    High,
    /// Critical, urgent, mandatory.
    Critical,
}

/// A question that the sponsor wants answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// The topic, or `other-N` when no topic fits.
    pub id: RequirementId,
    /// The topic it asks about (see [`super::vertical::Topic`]); `None` when no topic fits.
    pub topic: Option<String>,
    /// The topic's title, or the objective's own words.
    pub title: String,
    /// The brief's words.
    pub text: String,
    /// How urgent.
    pub priority: Priority,
    /// At most this many subjects may be named in the answer, where the brief says so.
    pub limit: Option<u32>,
    /// A unit that the brief wants the answer in, e.g. `minutes`.
    pub unit: Option<String>,
    /// Words of the passage that chose the topic.
    pub cues: Vec<String>,
    /// Parts of the objective that need an attribute, e.g. "a single maintainer keeps" → `maintainer`.
    pub needs: Vec<String>,
    /// Where it stands.
    pub source: Citation,
}

/// What kind of item a [`Statement`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementKind {
    /// Something the result must do or contain.
    Requirement,
    /// How success is judged.
    SuccessCriterion,
    /// A limit on what may be done.
    Constraint,
    /// A measured quantity that matters to the sponsor.
    Kpi,
    /// Something that may go wrong.
    Risk,
    /// Something taken for granted.
    Assumption,
}

/// An item other than an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Kind and number, e.g. `constraint-1`.
    pub id: RequirementId,
    /// What it is.
    pub kind: StatementKind,
    /// The brief's words.
    pub text: String,
    /// How urgent.
    pub priority: Priority,
    /// Topics that its words name; may be empty.
    pub topics: Vec<String>,
    /// Where it stands.
    pub source: Citation,
}

/// A number that the brief sets, e.g. "reports are due from 10,000 EUR" or "at most 20 packages".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// `threshold-N`.
    pub id: RequirementId,
    /// Lower-case words next to the number, e.g. `stations`, `eur`, `hours`.
    pub subject: String,
    /// The words of the whole condition, e.g. `at most 10 stations`.
    pub text: String,
    /// Whether the number bounds from above, from below, or is a value as such.
    pub bound: Bound,
    /// The number.
    pub value: f64,
    /// Where it stands.
    pub source: Citation,
}

/// Which side a threshold bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// At most, under, no more than.
    AtMost,
    /// At least, over, from.
    AtLeast,
    /// Neither is said.
    Value,
}

/// Somebody the brief names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stakeholder {
    /// The role or name as written, e.g. `Head of Network Resilience`.
    pub name: String,
    /// What they are to the work: `sponsor`, `audience`, `owner` or `stakeholder`.
    pub role: String,
    /// Where it stands.
    pub source: Citation,
}

/// All that the documents ask for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Requirements {
    /// First top-level heading, or a title made from the first objective.
    pub title: String,
    /// The questions to answer, in the order of the documents.
    pub objectives: Vec<Objective>,
    /// Requirements, success criteria, constraints, KPIs, risks and assumptions.
    pub statements: Vec<Statement>,
    /// Numbers the brief sets.
    pub thresholds: Vec<Threshold>,
    /// People the brief names.
    pub stakeholders: Vec<Stakeholder>,
    /// Passages that look like asking for something and could not be placed, so that nothing is lost silently.
    pub unplaced: Vec<Citation>,
}
