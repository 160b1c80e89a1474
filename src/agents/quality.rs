//! Checks after a stage, as values: what a reader should know, and what the stage should do again.

use crate::model::{
    document::Document,
    requirements::Requirements,
    schema::Schema,
    use_case::{Feasibility, UseCase},
    vertical::Vertical,
};

/// What a check noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// One sentence.
    pub text: String,
    /// What follows from it.
    pub consequence: Consequence,
}

/// What follows from a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// A reader should know.
    Remark,
    /// The stage's output cannot stand; it is sent back.
    SendBack,
}

impl Note {
    /// Something a reader should know.
    pub fn remark(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            consequence: Consequence::Remark,
        }
    }

    /// Something that cannot stand.
    pub fn send_back(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            consequence: Consequence::SendBack,
        }
    }
}

/// Checks what was chosen to begin with: a vertical that can answer something, documents with passages.
pub fn check_choice(vertical: &Vertical, documents: &[Document]) -> Vec<Note> {
    let mut notes = Vec::new();
    if vertical.patterns.is_empty() {
        notes.push(Note::send_back(format!(
            "the vertical {} has no pattern, so it answers nothing",
            vertical.name
        )));
    }
    for document in documents.iter().filter(|it| it.passages.is_empty()) {
        notes.push(Note::remark(format!("{} has no passage", document.name)));
    }
    notes
}

/// Checks what was read from the documents: every item cites a passage, and nothing was lost silently.
pub fn check_requirements(requirements: &Requirements) -> Vec<Note> {
    let mut notes = Vec::new();
    if requirements.objectives.is_empty() {
        let read = requirements.title.is_empty() && requirements.statements.is_empty();
        notes.push(Note::remark(if read && requirements.unplaced.is_empty() {
            "no document asks anything; the vertical proposes its own questions"
        } else {
            "the documents ask no question that was understood; the vertical proposes its own"
        }));
    }
    for objective in &requirements.objectives {
        if objective.source.quote.trim().is_empty() {
            notes.push(Note::send_back(format!(
                "objective {} cites no passage",
                objective.id
            )));
        }
        if objective.topic.is_none() {
            notes.push(Note::remark(format!(
                "no topic is known for `{}`",
                objective.text
            )));
        }
    }
    for passage in &requirements.unplaced {
        notes.push(Note::remark(format!(
            "{}, line {}: this seems to ask for something and was not placed: {}",
            passage.name, passage.line, passage.quote
        )));
    }
    notes
}

/// Checks what the census means: something must be there to analyse.
pub fn check_schema(schema: &Schema) -> Vec<Note> {
    let mut notes = Vec::new();
    if schema.roles.len() != schema.census.vertices.len() {
        notes.push(Note::send_back("not every vertex collection has a role"));
    }
    if schema.census.edge_count() == 0 {
        notes.push(Note::remark("the graph has no edges"));
    }
    for issue in &schema.census.issues {
        notes.push(Note::remark(format!(
            "{}: {} rows: {}",
            issue.place, issue.count, issue.treatment
        )));
    }
    notes
}

/// Checks the use cases: ranks without gaps, no topic twice, and what cannot be answered is said.
pub fn check_use_cases(use_cases: &[UseCase]) -> Vec<Note> {
    let mut notes = Vec::new();
    if use_cases.is_empty() {
        notes.push(Note::remark("no question is to be answered"));
    }
    for (use_case, rank) in use_cases.iter().zip(1..) {
        if use_case.rank != rank || use_cases.iter().filter(|it| it.id == use_case.id).count() > 1 {
            notes.push(Note::send_back(format!(
                "use case {} is ranked wrongly or stands twice",
                use_case.id
            )));
        }
        if let Feasibility::Not { reason } = &use_case.feasibility {
            notes.push(Note::remark(format!(
                "`{}` cannot be answered: {reason}",
                use_case.title
            )));
        }
    }
    notes
}
