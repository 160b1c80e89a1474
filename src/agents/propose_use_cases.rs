//! Asks a model for questions that nobody listed, and takes those that the data can answer.
//!
//! A model chooses among the vertical's patterns and the brief's items, and words title, question and reason.
//! Whether the data can answer, the same rules decide as for every use case. What was proposed before keeps
//! its rank; what a model proposes comes behind.

use std::collections::BTreeSet;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::prose::{WordBook, plain_faults};
use super::quality::Note;
use super::scopes::scopes;
use super::showing::{choices, collections_with_roles, items, list, told};
use super::use_cases::{Asking, feasible};
use crate::llm::{Filling, Less, LlmError, Narrow, Role};
use crate::model::{
    document::Citation,
    id::{DocumentId, RequirementId, UseCaseId},
    requirements::{Objective, Priority, Requirements},
    schema::Schema,
    use_case::{Feasibility, UseCase},
    vertical::{Pattern, Topic, Vertical},
};

/// Questions that a model may propose.
const MOST: u64 = 5;
/// Tokens of each list in a prompt at most.
const LIST_TOKENS: u64 = 4_000;
/// Tokens of a reply: five proposals of some 150 tokens.
const REPLY_TOKENS: u32 = 1_000;
/// Characters of an id made of a title.
const LONGEST_ID: usize = 40;

/// Questions as a model proposes them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Proposals {
    /// The questions, the best first.
    #[garde(length(max = 5), dive)]
    pub use_cases: Vec<ProposedUseCase>,
}

/// A question as a model proposes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct ProposedUseCase {
    /// The question's name in a few words.
    #[garde(length(chars, max = 80))]
    pub title: String,
    /// The question in one sentence.
    #[garde(length(chars, max = 200))]
    pub question: String,
    /// Ids of the patterns that answer it, the best first.
    #[garde(length(max = 4), inner(length(chars, max = 60)))]
    pub patterns: Vec<String>,
    /// Ids of the items of the brief that it serves.
    #[garde(length(max = 8), inner(length(chars, max = 60)))]
    pub serves: Vec<String>,
    /// What the sponsor could do with the answer.
    #[garde(length(chars, max = 200))]
    pub why: String,
}

/// What proposals are judged by.
#[derive(Clone, Copy)]
pub struct Grounds<'a> {
    /// What the brief asks.
    pub requirements: &'a Requirements,
    /// What is in the graph.
    pub schema: &'a Schema,
    /// The field's patterns.
    pub vertical: &'a Vertical,
    /// The words that there are.
    pub book: &'a WordBook,
    /// Use cases that are answered at most, those of the rules included.
    pub max: usize,
}

/// `base` with the questions of a model that the data can answer, behind the others.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn propose(
    adviser: &Adviser,
    base: Vec<UseCase>,
    grounds: Grounds<'_>,
) -> Result<(Vec<UseCase>, Vec<Note>), LlmError> {
    if answered(&base) >= grounds.max {
        return Ok((base, Vec::new()));
    }
    let advice = adviser.ask(asking(&base, grounds)?).await?;
    let mut notes = advice.notes;
    let Some(answer) = advice.value else {
        return Ok((base, notes));
    };
    let (use_cases, more) = adopt(base, &answer, grounds);
    notes.extend(more);
    Ok((use_cases, notes))
}

fn answered(use_cases: &[UseCase]) -> usize {
    let is_answered = |it: &&UseCase| !matches!(it.feasibility, Feasibility::Not { .. });
    use_cases.iter().filter(is_answered).count()
}

fn asking<'a>(base: &[UseCase], grounds: Grounds<'_>) -> Result<Ask<'a, Proposals>, LlmError> {
    let vertical = grounds.vertical;
    let patterns = vertical.patterns.iter().map(
        |it| serde_json::json!({ "pattern": it.id, "title": it.title, "why": it.why, "topic": it.topic }),
    );
    let known = base.iter().map(
        |it| serde_json::json!({ "question": it.question, "patterns": it.patterns, "serves": it.serves }),
    );
    let place = |name: &str| format!("/properties/use_cases/items/properties/{name}/items");
    let narrow = [
        choices(
            &place("patterns"),
            vertical.patterns.iter().map(|it| it.id.clone()).collect(),
        ),
        choices(
            &place("serves"),
            ids(grounds.requirements).map(|it| it.0.clone()).collect(),
        ),
    ];
    Ok(Ask {
        role: Role::UseCases,
        prompt: "use_cases/propose",
        form: "proposals",
        values: vec![
            (
                "collections",
                list("collections", collections_with_roles(grounds.schema), LIST_TOKENS)?,
            ),
            ("items", list("items", items(grounds.requirements), LIST_TOKENS)?),
            ("patterns", list("patterns", patterns, LIST_TOKENS)?),
            ("known", list("known", known, LIST_TOKENS)?),
            ("most", Filling::Number(MOST)),
        ],
        narrow: narrow.into_iter().flatten().collect(),
        max_tokens: REPLY_TOKENS,
        less: Some(Less {
            words: "Propose at most 2 questions.".to_owned(),
            narrow: vec![Narrow::AtMost {
                pointer: "/properties/use_cases".to_owned(),
                items: 2,
            }],
        }),
        check: None,
        private: Vec::new(),
    })
}

fn ids(requirements: &Requirements) -> impl Iterator<Item = &RequirementId> {
    let objectives = requirements.objectives.iter().map(|it| &it.id);
    objectives.chain(requirements.statements.iter().map(|it| &it.id))
}

/// `base` with the proposals that hold, and the reasons why others do not.
pub fn adopt(mut base: Vec<UseCase>, answer: &Proposals, grounds: Grounds<'_>) -> (Vec<UseCase>, Vec<Note>) {
    let mut notes = Vec::new();
    for proposed in &answer.use_cases {
        match use_case(proposed, &base, grounds) {
            Ok(use_case) => {
                notes.push(Note::remark(format!(
                    "a model proposed the question `{}`, which the brief does not ask in words",
                    use_case.title
                )));
                base.push(use_case);
            }
            Err(reason) => notes.push(Note::remark(format!(
                "the question {} that a model proposed was not taken: {reason}",
                told(&proposed.title)
            ))),
        }
    }
    (base, notes)
}

fn use_case(proposed: &ProposedUseCase, base: &[UseCase], grounds: Grounds<'_>) -> Result<UseCase, String> {
    if answered(base) >= grounds.max {
        return Err(format!("there are {} questions already", grounds.max));
    }
    for (what, text) in [("title", &proposed.title), ("question", &proposed.question)] {
        if let Some(fault) = plain_faults(text, grounds.book).into_iter().next() {
            return Err(format!("its {what}: {fault}"));
        }
    }
    if let Some(clause) = narrowed(&proposed.question, grounds.schema).first() {
        return Err(format!(
            "no analysis looks at a part of the graph only, as {} asks",
            told(clause)
        ));
    }
    let patterns = patterns(&proposed.patterns, grounds.vertical)?;
    let is_covered = |known: &&UseCase| patterns.iter().all(|it| known.patterns.contains(&it.id));
    if let Some(known) = base.iter().find(is_covered) {
        return Err(format!("`{}` is answered by the same patterns", known.title));
    }
    let serves = serves(&proposed.serves, grounds.requirements)?;
    let limits = grounds.requirements.objectives.iter();
    let limit = limits
        .filter(|it| serves.contains(&it.id))
        .filter_map(|it| it.limit)
        .min();
    let question = proposed.question.trim().to_owned();
    let feasibility = judged(&patterns, &question, &serves, limit, grounds);
    if let Feasibility::Not { reason } = &feasibility {
        return Err(format!("the data cannot answer it: {reason}"));
    }
    let why = proposed.why.trim();
    let rank_reason = match plain_faults(why, grounds.book).as_slice() {
        [] => format!("a model proposed it: {why}"),
        _ => "a model proposed it".to_owned(),
    };
    Ok(UseCase {
        id: unused_id(&proposed.title, base, grounds),
        title: proposed.title.trim().to_owned(),
        question,
        serves,
        patterns: patterns.iter().map(|it| it.id.clone()).collect(),
        feasibility,
        rank: u32::try_from(base.len()).map_or(u32::MAX, |it| it.saturating_add(1)),
        rank_reason,
        limit,
    })
}

/// The clauses by which a question narrows the graph: an answer about everything is no answer to it.
fn narrowed(question: &str, schema: &Schema) -> Vec<String> {
    let objective = Objective {
        id: RequirementId::default(),
        topic: None,
        title: String::new(),
        text: question.to_owned(),
        priority: Priority::Medium,
        limit: None,
        unit: None,
        cues: Vec::new(),
        needs: Vec::new(),
        source: Citation {
            document: DocumentId::default(),
            name: String::new(),
            passage: 0,
            line: 0,
            quote: String::new(),
        },
    };
    scopes(&objective, &schema.census)
}

/// The patterns of these ids, each once.
fn patterns<'a>(wanted: &[String], vertical: &'a Vertical) -> Result<Vec<&'a Pattern>, String> {
    let mut found: Vec<&Pattern> = Vec::new();
    for id in wanted {
        let known = vertical.patterns.iter().find(|it| it.id == *id);
        let pattern = known.ok_or_else(|| format!("there is no pattern {}", told(id)))?;
        if found.iter().all(|it| it.id != pattern.id) {
            found.push(pattern);
        }
    }
    if found.is_empty() {
        return Err("it names no pattern that answers it".to_owned());
    }
    Ok(found)
}

/// The items of the brief of these ids, each once.
fn serves(wanted: &[String], requirements: &Requirements) -> Result<Vec<RequirementId>, String> {
    let mut found: Vec<RequirementId> = Vec::new();
    for id in wanted {
        let known = ids(requirements).find(|it| it.0 == *id);
        let known = known.ok_or_else(|| format!("the brief has no item {}", told(id)))?;
        if !found.contains(known) {
            found.push(known.clone());
        }
    }
    Ok(found)
}

/// Whether the data can answer, by the rules; what the question itself demands counts as if the brief asked it.
fn judged(
    patterns: &[&Pattern],
    question: &str,
    serves: &[RequirementId],
    limit: Option<u32>,
    grounds: Grounds<'_>,
) -> Feasibility {
    let topics = grounds.vertical.topics.iter();
    let topics: Vec<&Topic> = topics
        .filter(|topic| patterns.iter().any(|it| it.topic == topic.id))
        .collect();
    let asked = Asking {
        serves,
        limit,
        requirements: grounds.requirements,
    };
    feasible(
        patterns,
        &topics,
        &[question],
        asked,
        grounds.schema,
        grounds.vertical,
    )
}

/// An id made of the title that no use case, topic or item of the brief has.
fn unused_id(title: &str, base: &[UseCase], grounds: Grounds<'_>) -> UseCaseId {
    let mut taken: BTreeSet<&str> = base.iter().map(|it| it.id.0.as_str()).collect();
    taken.extend(grounds.vertical.topics.iter().map(|it| it.id.as_str()));
    taken.extend(ids(grounds.requirements).map(|it| it.0.as_str()));
    let slug = slug(title);
    let numbered = (2..).map(|number: u32| format!("{slug}_{number}"));
    let mut free = std::iter::once(slug.clone())
        .chain(numbered)
        .filter(|it| !taken.contains(it.as_str()));
    UseCaseId(free.next().unwrap_or(slug))
}

/// The title's words in lower-case letters of ASCII.
fn slug(title: &str) -> String {
    let lower = title.to_ascii_lowercase();
    let words = lower.split(|it: char| !it.is_ascii_alphanumeric());
    let mut slug = String::new();
    for word in words.filter(|it| !it.is_empty()) {
        if slug.len() + word.len() >= LONGEST_ID {
            break;
        }
        slug.push_str(if slug.is_empty() { "" } else { "_" });
        slug.push_str(word);
    }
    if slug.is_empty() {
        "question".to_owned()
    } else {
        slug
    }
}
