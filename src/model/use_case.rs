//! One business question to answer.

use serde::{Deserialize, Serialize};

use super::id::{RequirementId, UseCaseId};

/// Whether the data can answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answerable")]
pub enum Feasibility {
    /// All of it.
    Fully {
        /// What in the schema makes it so.
        reason: String,
    },
    /// Some of it.
    Partly {
        /// What is answered.
        answered: String,
        /// What the data lacks for the rest.
        reason: String,
    },
    /// Nothing of it; it has no patterns and gets no template, and is shown in the coverage matrix.
    Not {
        /// What the data lacks.
        reason: String,
    },
}

/// A question with the requirements it serves and the patterns that answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UseCase {
    /// Its topic.
    pub id: UseCaseId,
    /// What people call it.
    pub title: String,
    /// The question in one sentence, in the brief's words where it has some.
    pub question: String,
    /// Objectives and statements that it serves; empty for one that the vertical proposes itself.
    pub serves: Vec<RequirementId>,
    /// Ids of the vertical's patterns that answer it, in order of preference.
    pub patterns: Vec<String>,
    /// Whether the data can answer.
    pub feasibility: Feasibility,
    /// 1 is the most important.
    pub rank: u32,
    /// Why it stands there, in one sentence.
    pub rank_reason: String,
    /// At most this many subjects may be named, where the brief says so.
    pub limit: Option<u32>,
}
