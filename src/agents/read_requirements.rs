//! Asks a model what the rules missed in a brief, and takes over what stands in it.
//!
//! What [`super::requirements::extract`] found stays as it is. A model may add objectives and statements, each
//! with words that stand in its passage, and may find the topic of an objective that has none.

use std::collections::BTreeSet;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::limits::apply_limits;
use super::numbers::{Numbers, Quantity, is_unit, stands};
use super::quality::Note;
use super::reading::{ReadPassage, Reading};
use super::requirements::{Extractor, MOST_OTHERS};
use super::showing::{choices, items, list, passage_id, passage_of, passages, told};
use super::tokens::tokens;
use crate::llm::{Filling, Less, LlmError, Narrow, Role};
use crate::model::{
    document::{Citation, Document, Passage},
    id::RequirementId,
    requirements::{Objective, Requirements, StatementKind},
    vertical::Vertical,
};

/// Items of each sort that a model may name.
const MOST: u64 = 24;
/// Words of a quote at least, unless it is the whole passage: fewer stand in many passages.
const LEAST_WORDS: usize = 3;
/// Tokens of the passages in a prompt at most.
const PASSAGE_TOKENS: u64 = 8_000;
/// Tokens of the topics, and of what was found, at most.
const LIST_TOKENS: u64 = 4_000;
/// Tokens of a reply: 24 objectives and as many statements of some 60 tokens.
const REPLY_TOKENS: u32 = 3_000;
/// What stands for no topic.
const NO_TOPIC: &str = "none";

/// What a model read in a brief.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct BriefReading {
    /// Questions that the sponsor wants answered.
    #[garde(length(max = 24), dive)]
    pub objectives: Vec<ReadObjective>,
    /// Items that set something without asking.
    #[garde(length(max = 24), dive)]
    pub statements: Vec<ReadStatement>,
}

/// A question that a model read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct ReadObjective {
    /// Handle of the passage.
    #[garde(length(chars, max = 20))]
    pub passage: String,
    /// The words of the passage that ask, copied.
    #[garde(length(chars, max = 400))]
    pub quote: String,
    /// Id of the topic that is asked, or `none`.
    #[garde(length(chars, max = 60))]
    pub topic: String,
    /// How many answers the passage allows at most, where it says so.
    #[garde(range(min = 1, max = 1_000_000))]
    pub limit: Option<u32>,
}

/// An item of another kind that a model read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct ReadStatement {
    /// Handle of the passage.
    #[garde(length(chars, max = 20))]
    pub passage: String,
    /// The words of the passage that set something, copied.
    #[garde(length(chars, max = 400))]
    pub quote: String,
    /// What it is.
    #[garde(skip)]
    pub kind: Kind,
}

/// What an item is that asks nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Kind {
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

/// `base` with what a model read beside it.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn read(
    adviser: &Adviser,
    base: Requirements,
    documents: &[Document],
    vertical: &Vertical,
) -> Result<(Requirements, Vec<Note>), LlmError> {
    if documents.iter().all(|it| it.passages.is_empty()) {
        return Ok((base, Vec::new()));
    }
    let advice = adviser.ask(asking(&base, documents, vertical)?).await?;
    let mut notes = advice.notes;
    let Some(answer) = advice.value else {
        return Ok((base, notes));
    };
    let (requirements, more) = adopt(base, &answer, documents, vertical);
    notes.extend(more);
    Ok((requirements, notes))
}

fn asking<'a>(
    base: &Requirements,
    documents: &[Document],
    vertical: &Vertical,
) -> Result<Ask<'a, BriefReading>, LlmError> {
    let shown = vertical
        .topics
        .iter()
        .map(|it| serde_json::json!({ "topic": it.id, "title": it.title, "question": it.question }));
    let ids = documents
        .iter()
        .flat_map(|it| it.passages.iter().map(|passage| passage_id(it, passage)));
    let ids: Vec<String> = ids.collect();
    let topics = vertical.topics.iter().map(|it| it.id.clone());
    let topics = topics.chain(std::iter::once(NO_TOPIC.to_owned())).collect();
    let place = |of: &str, name: &str| format!("/properties/{of}/items/properties/{name}");
    let narrow = [
        choices(&place("objectives", "passage"), ids.clone()),
        choices(&place("objectives", "topic"), topics),
        choices(&place("statements", "passage"), ids),
    ];
    let at_most = |of: &str| Narrow::AtMost {
        pointer: format!("/properties/{of}"),
        items: MOST / 4,
    };
    Ok(Ask {
        role: Role::Requirements,
        prompt: "requirements/read",
        form: "brief_reading",
        values: vec![
            ("topics", list("topics", shown, LIST_TOKENS)?),
            ("passages", list("passages", passages(documents), PASSAGE_TOKENS)?),
            ("items", list("items", items(base), LIST_TOKENS)?),
            ("most", Filling::Number(MOST)),
        ],
        narrow: narrow.into_iter().flatten().collect(),
        max_tokens: REPLY_TOKENS,
        less: Some(Less {
            words: "Give at most 6 objectives and 6 statements, the most important ones.".to_owned(),
            narrow: vec![at_most("objectives"), at_most("statements")],
        }),
        check: None,
        private: Vec::new(),
    })
}

/// `base` with what of the answer stands in the documents, and what became of the rest.
///
/// An objective that has a topic stays as it is, and so does every statement; a passage that asks a topic by
/// the rules asks no other; how urgent one is, the rules read in it. Where a topic has an objective, a further passage becomes a requirement of it.
pub fn adopt(
    base: Requirements,
    answer: &BriefReading,
    documents: &[Document],
    vertical: &Vertical,
) -> (Requirements, Vec<Note>) {
    let with_topic = base.objectives.iter().filter(|it| it.topic.is_some());
    let limits: Vec<(RequirementId, Option<u32>)> = base
        .objectives
        .iter()
        .map(|it| (it.id.clone(), it.limit))
        .collect();
    let mut adoption = Adoption {
        settled: with_topic.map(|it| place_of(&it.source)).collect(),
        stated: base.statements.iter().map(|it| place_of(&it.source)).collect(),
        extractor: Extractor::resumed(base, vertical),
        vertical,
        placed: 0,
        notes: Vec::new(),
    };
    for it in &answer.objectives {
        let done = found(documents, &it.passage, &it.quote).and_then(|read| adoption.objective(&read, it));
        adoption.tell(&it.passage, done);
    }
    for it in &answer.statements {
        let done =
            found(documents, &it.passage, &it.quote).and_then(|read| adoption.statement(&read, it.kind));
        adoption.tell(&it.passage, done);
    }
    let mut requirements = adoption.extractor.found;
    let mut notes = adoption.notes;
    if adoption.placed > 0 {
        apply_limits(&mut requirements);
        // What a model calls a constraint does not limit what the rules read without one.
        for objective in &mut requirements.objectives {
            if let Some((_, limit)) = limits.iter().find(|it| it.0 == objective.id) {
                objective.limit = *limit;
            }
        }
        if requirements.title.is_empty() {
            let first = requirements.objectives.first();
            requirements.title = first.map(|it| it.title.clone()).unwrap_or_default();
        }
        notes.insert(
            0,
            Note::remark(format!(
                "a model placed {} that the rules had not placed, or not in a topic",
                counted(adoption.placed)
            )),
        );
    }
    (requirements, notes)
}

fn counted(passages: usize) -> String {
    match passages {
        1 => "1 passage".to_owned(),
        many => format!("{many} passages"),
    }
}

/// The passage that an answer cites, where its quote stands in it.
fn found<'a>(documents: &'a [Document], id: &str, quote: &str) -> Result<ReadPassage<'a>, String> {
    let (document, passage) =
        passage_of(documents, id).ok_or_else(|| "the brief has no such passage".to_owned())?;
    if !is_quoted(quote, passage) {
        return Err(format!("it does not say {}", told(quote)));
    }
    Ok(ReadPassage {
        document,
        passage,
        words: tokens(&passage.text),
        reading: Reading::Background,
        otherwise: StatementKind::Requirement,
    })
}

/// Whether a quote stands in a passage, spaces and line breaks aside, and is long enough to tell something.
fn is_quoted(quote: &str, passage: &Passage) -> bool {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (quote, text) = (fold(quote), fold(&passage.text));
    let words = quote.split(' ').count();
    !quote.is_empty() && (quote == text || words >= LEAST_WORDS && text.contains(&quote))
}

type Place = (String, u32);

fn place_of(source: &Citation) -> Place {
    (source.document.0.clone(), source.passage)
}

struct Adoption<'a> {
    /// Passages that ask a topic by the rules.
    settled: BTreeSet<Place>,
    /// Passages that are statements.
    stated: BTreeSet<Place>,
    extractor: Extractor<'a>,
    vertical: &'a Vertical,
    placed: usize,
    notes: Vec<Note>,
}

impl Adoption<'_> {
    fn tell(&mut self, passage: &str, done: Result<bool, String>) {
        match done {
            Ok(placed) => self.placed += usize::from(placed),
            Err(reason) => self.notes.push(Note::remark(format!(
                "what a model read in passage {} was not taken: {reason}",
                told(passage)
            ))),
        }
    }

    /// Takes over a question; `false` where it is known.
    fn objective(&mut self, read: &ReadPassage<'_>, answer: &ReadObjective) -> Result<bool, String> {
        let topic = self.topic(&answer.topic)?;
        let topic_id = topic.map(|it| self.vertical.topics[it].id.as_str());
        let place = (read.document.id.0.clone(), read.passage.index);
        let objectives = &self.extractor.found.objectives;
        let at_place = |it: &&Objective| place_of(&it.source) == place;
        let same = objectives.iter().filter(at_place);
        if same.clone().any(|it| it.topic.as_deref() == topic_id) {
            return Ok(false);
        }
        if self.settled.contains(&place) {
            let known = same.filter_map(|it| it.topic.as_deref()).collect::<Vec<_>>();
            return Err(format!("the rules read it as asking {}", known.join(", ")));
        }
        let open = objectives
            .iter()
            .position(|it| at_place(&it) && it.topic.is_none());
        match (open, topic) {
            (Some(at), Some(topic)) => self.extractor.give_topic(at, topic),
            (Some(_), None) => return Ok(false),
            (None, None) if objectives.iter().any(|it| at_place(&it)) => return Ok(false),
            (None, None) if objectives.iter().filter(|it| it.topic.is_none()).count() >= MOST_OTHERS => {
                return Err(format!(
                    "there are {MOST_OTHERS} questions without a topic already"
                ));
            }
            (None, _) => self.extractor.read_as_question(read, topic),
        }
        self.limit(read, &place, answer.limit);
        Ok(true)
    }

    fn topic(&self, id: &str) -> Result<Option<usize>, String> {
        if id == NO_TOPIC {
            return Ok(None);
        }
        let at = self.vertical.topics.iter().position(|it| it.id == id);
        at.map(Some)
            .ok_or_else(|| format!("there is no topic {}", told(id)))
    }

    /// Sets the limit of the objectives of a passage, where they have none and its words do.
    fn limit(&mut self, read: &ReadPassage<'_>, place: &Place, limit: Option<u32>) {
        let Some(limit) = limit else {
            return;
        };
        let own: Vec<&mut _> = self
            .extractor
            .found
            .objectives
            .iter_mut()
            .filter(|it| place_of(&it.source) == *place)
            .collect();
        if own.is_empty() || own.iter().any(|it| it.limit == Some(limit)) {
            return;
        }
        if !is_limit_of(read, limit) || own.iter().any(|it| it.limit.is_some()) {
            self.notes.push(Note::remark(format!(
                "the limit of {limit} that a model read in passage {}.{} was not taken: it is not what its words limit",
                read.document.id, read.passage.index
            )));
            return;
        }
        for objective in own {
            objective.limit = Some(limit);
        }
    }

    fn statement(&mut self, read: &ReadPassage<'_>, kind: Kind) -> Result<bool, String> {
        let place = (read.document.id.0.clone(), read.passage.index);
        let asks = self.extractor.found.objectives.iter();
        if asks.clone().any(|it| place_of(&it.source) == place) {
            return Err("it asks a question already".to_owned());
        }
        if !self.stated.insert(place) {
            return Ok(false);
        }
        self.extractor.read_as_statement(read, statement_kind(kind));
        Ok(true)
    }
}

/// Whether a passage holds the number, as one that counts things.
fn is_limit_of(read: &ReadPassage<'_>, limit: u32) -> bool {
    let value = f64::from(limit);
    let quantities = Numbers::new().quantities(&read.words, &read.passage.text);
    let measures = |it: &Quantity| it.value == value && is_unit(&it.subject);
    stands(&read.words, value) && !quantities.iter().any(measures)
}

fn statement_kind(kind: Kind) -> StatementKind {
    match kind {
        Kind::Requirement => StatementKind::Requirement,
        Kind::SuccessCriterion => StatementKind::SuccessCriterion,
        Kind::Constraint => StatementKind::Constraint,
        Kind::Kpi => StatementKind::Kpi,
        Kind::Risk => StatementKind::Risk,
        Kind::Assumption => StatementKind::Assumption,
    }
}
