//! Asks a model to draft a vertical where none fits, as a file for people to read.
//!
//! A draft names the words and questions of a field; its patterns are those of `generic`, unchanged but for
//! the topic that they answer. It is TOML that passes the checks of every vertical, and nothing more: no run
//! uses it unless it is told to.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::choose_vertical::{LIST_TOKENS, beginnings};
use super::naming::words;
use super::prose::{WordBook, plain_faults};
use super::quality::Note;
use super::showing::{choices, collections, list, told};
use super::vertical::GENERIC;
use super::vertical_files::{check, parse};
use crate::llm::{Less, LlmError, Narrow, Role};
use crate::model::{
    document::Document,
    schema::Census,
    vertical::{Pattern, Topic, Vertical},
};

/// Tokens of a reply: eight topics of some 100 tokens, and lists of words.
const REPLY_TOKENS: u32 = 1_800;
/// Characters of a name or an id at most.
const LONGEST_ID: usize = 40;
/// Names that are no verticals to those who read settings.
const RESERVED: [&str; 3] = ["auto", "none", "examples"];
/// What stands above a draft.
const HEAD: &str = "# Drafted by a model from the names of a graph and the beginning of a brief. Read it before it is used:\n\
                    # words and questions are the model's, patterns and cues are those of generic.\n\n";

/// A vertical as a model drafts it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct VerticalDraft {
    /// One or two words of small letters, joined by `_`.
    #[garde(length(chars, max = 40))]
    pub name: String,
    /// What people call it.
    #[garde(length(chars, max = 60))]
    pub title: String,
    /// What it is for, in one sentence.
    #[garde(length(chars, max = 200))]
    pub description: String,
    /// Words in the names of its collections.
    #[garde(length(max = 24), inner(length(chars, max = 40)))]
    pub entities: Vec<String>,
    /// Words in the names of its attributes.
    #[garde(length(max = 24), inner(length(chars, max = 40)))]
    pub attributes: Vec<String>,
    /// Words and phrases of its briefs.
    #[garde(length(max = 24), inner(length(chars, max = 40)))]
    pub cues: Vec<String>,
    /// What the field calls the things, in the singular.
    #[garde(length(chars, max = 30))]
    pub vertex: String,
    /// What the field calls the links between them, in the singular.
    #[garde(length(chars, max = 30))]
    pub edge: String,
    /// Its questions.
    #[garde(length(max = 8), dive)]
    pub topics: Vec<TopicDraft>,
}

/// A question as a model drafts it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct TopicDraft {
    /// Small letters joined by `_`.
    #[garde(length(chars, max = 40))]
    pub id: String,
    /// What people call it.
    #[garde(length(chars, max = 80))]
    pub title: String,
    /// The question in one sentence.
    #[garde(length(chars, max = 200))]
    pub question: String,
    /// Ids of the patterns that answer it.
    #[garde(length(max = 3), inner(length(chars, max = 60)))]
    pub patterns: Vec<String>,
}

/// A vertical that was drafted, for review.
#[derive(Clone, Debug, PartialEq)]
pub struct Drafted {
    /// Its name; the file is called `NAME.toml`.
    pub name: String,
    /// The file's text.
    pub text: String,
    /// The vertical as the file says it, not yet joined with `generic`.
    pub vertical: Vertical,
}

/// A draft of a vertical for a graph and its brief, or none where no question of it holds.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn draft(
    adviser: &Adviser,
    verticals: &[Vertical],
    census: &Census,
    documents: &[Document],
) -> Result<(Option<Drafted>, Vec<Note>), LlmError> {
    let Some(generic) = verticals.iter().find(|it| it.name == GENERIC) else {
        return Ok((None, Vec::new()));
    };
    let advice = adviser.ask(asking(generic, census, documents)?).await?;
    let mut notes = advice.notes;
    let Some(answer) = advice.value else {
        return Ok((None, notes));
    };
    let book = WordBook::new(generic, documents, census);
    let (drafted, more) = compose(&answer, verticals, generic, &book);
    notes.extend(more);
    Ok((drafted, notes))
}

fn asking<'a>(
    generic: &Vertical,
    census: &Census,
    documents: &[Document],
) -> Result<Ask<'a, VerticalDraft>, LlmError> {
    let patterns = generic
        .patterns
        .iter()
        .map(|it| serde_json::json!({ "pattern": it.id, "title": it.title, "why": it.why }));
    let ids = generic.patterns.iter().map(|it| it.id.clone()).collect();
    let place = "/properties/topics/items/properties/patterns/items";
    Ok(Ask {
        role: Role::Vertical,
        prompt: "vertical/draft",
        form: "vertical_draft",
        values: vec![
            (
                "collections",
                list("collections", collections(census), LIST_TOKENS)?,
            ),
            ("passages", list("passages", beginnings(documents), LIST_TOKENS)?),
            ("patterns", list("patterns", patterns, LIST_TOKENS)?),
        ],
        narrow: choices(place, ids).into_iter().collect(),
        max_tokens: REPLY_TOKENS,
        less: Some(Less {
            words: "Draft at most 3 topics, and at most 8 words in each list.".to_owned(),
            narrow: vec![Narrow::AtMost {
                pointer: "/properties/topics".to_owned(),
                items: 3,
            }],
        }),
        check: None,
        private: Vec::new(),
    })
}

/// The vertical of a draft, of what holds in it; none where its name, title or description does not, or no
/// topic is left.
pub fn compose(
    answer: &VerticalDraft,
    verticals: &[Vertical],
    generic: &Vertical,
    book: &WordBook,
) -> (Option<Drafted>, Vec<Note>) {
    let mut notes = Vec::new();
    let drafted = composed(answer, verticals, generic, book, &mut notes)
        .map_err(|reason| {
            notes.push(Note::remark(format!(
                "the vertical {} that a model drafted was not kept: {reason}",
                told(&answer.name)
            )));
        })
        .ok();
    (drafted, notes)
}

fn composed(
    answer: &VerticalDraft,
    verticals: &[Vertical],
    generic: &Vertical,
    book: &WordBook,
    notes: &mut Vec<Note>,
) -> Result<Drafted, String> {
    let name = id(&answer.name)?;
    if RESERVED.contains(&name.as_str()) || verticals.iter().any(|it| it.name == name) {
        return Err("the name is taken".to_owned());
    }
    let title = plain("title", &answer.title, book)?;
    let description = plain("description", &answer.description, book)?;
    let mut vertical = Vertical {
        name: name.clone(),
        title,
        description,
        version: 1,
        entities: plain_words("entities", &answer.entities, book, notes),
        attributes: plain_words("attributes", &answer.attributes, book, notes),
        cues: plain_words("cues", &answer.cues, book, notes),
        ..Vertical::default()
    };
    for (neutral, own) in [("vertex", &answer.vertex), ("edge", &answer.edge)] {
        let own = plain_words(neutral, std::slice::from_ref(own), book, notes);
        if let Some(own) = own.into_iter().next() {
            vertical.vocabulary.insert(neutral.to_owned(), own);
        }
    }
    for drafted in &answer.topics {
        let done = topic(drafted, &vertical, generic, book);
        match done {
            Ok((topic, patterns)) => {
                vertical.topics.push(topic);
                vertical.patterns.extend(patterns);
            }
            Err(reason) => notes.push(Note::remark(format!(
                "the topic {} that a model drafted was left out: {reason}",
                told(&drafted.title)
            ))),
        }
    }
    if vertical.topics.is_empty() {
        return Err("none of its questions holds".to_owned());
    }
    written(vertical, generic)
}

/// A topic with copies of the patterns that answer it. Its cues, and the questions that it asks more
/// precisely, are those of the topics that the patterns come from.
fn topic(
    drafted: &TopicDraft,
    vertical: &Vertical,
    generic: &Vertical,
    book: &WordBook,
) -> Result<(Topic, Vec<Pattern>), String> {
    let id = id(&drafted.id)?;
    let title = plain("title", &drafted.title, book)?;
    let question = plain("question", &drafted.question, book)?;
    if vertical.topics.iter().any(|it| it.id == id) {
        return Err("two topics have its id".to_owned());
    }
    let mut chosen: Vec<&Pattern> = Vec::new();
    for wanted in &drafted.patterns {
        let known = generic.patterns.iter().find(|it| it.id == *wanted);
        let pattern = known.ok_or_else(|| format!("there is no pattern {}", told(wanted)))?;
        if chosen.iter().all(|it| it.id != pattern.id) {
            chosen.push(pattern);
        }
    }
    let copied = |it: &Pattern| Pattern {
        id: format!("{id}_{}", it.id),
        topic: id.clone(),
        ..it.clone()
    };
    if chosen.is_empty() {
        return Err("no pattern answers it".to_owned());
    }
    let patterns = chosen.iter().map(|it| copied(it)).collect();
    let from: Vec<&Topic> = generic
        .topics
        .iter()
        .filter(|topic| chosen.iter().any(|it| it.topic == topic.id))
        .collect();
    let instead = from.iter().map(|it| it.id.clone()).filter(|it| *it != id);
    let topic = Topic {
        title,
        instead_of: instead.collect(),
        cues: from.first().map(|it| it.cues.clone()).unwrap_or_default(),
        demands: from.first().map(|it| it.demands.clone()).unwrap_or_default(),
        examples: vec![question.clone()],
        question,
        proposed: true,
        id,
        ..Topic::default()
    };
    Ok((topic, patterns))
}

/// The file of a vertical, checked as every file is.
fn written(vertical: Vertical, generic: &Vertical) -> Result<Drafted, String> {
    let unwritable = |error: &dyn std::fmt::Display| format!("it cannot be written: {error}");
    let body = toml::to_string(&vertical).map_err(|it| unwritable(&it))?;
    let text = format!(
        "{HEAD}{}",
        with_examples(&body, &vertical).map_err(|it| unwritable(&it))?
    );
    let file = format!("{}.toml", vertical.name);
    let read = parse(&file, &text).map_err(|error| error.to_string())?;
    check(&read, Some(generic), &file, &text).map_err(|error| error.to_string())?;
    if read != vertical {
        return Err("it is not what was drafted once it is written".to_owned());
    }
    Ok(Drafted {
        name: read.name.clone(),
        text,
        vertical: read,
    })
}

/// The text with the examples of each topic, which are left out where verticals are written for runs.
fn with_examples(body: &str, vertical: &Vertical) -> Result<String, toml::ser::Error> {
    let Ok(mut table) = body.parse::<toml::Table>() else {
        return Ok(body.to_owned());
    };
    let topics = table.get_mut("topics").and_then(toml::Value::as_array_mut);
    for (topic, known) in topics.into_iter().flatten().zip(&vertical.topics) {
        if let Some(topic) = topic.as_table_mut() {
            topic.insert("examples".to_owned(), known.examples.clone().into());
        }
    }
    toml::to_string(&table)
}

/// A name or an id: small letters and `_`.
fn id(text: &str) -> Result<String, String> {
    let letters = text.chars().all(|it| it.is_ascii_lowercase() || it == '_');
    let is_word = letters && !words(text).is_empty() && !text.starts_with('_') && !text.ends_with('_');
    if is_word && text.len() <= LONGEST_ID {
        Ok(text.to_owned())
    } else {
        Err(format!("{} is not small letters joined by `_`", told(text)))
    }
}

fn plain(what: &str, text: &str, book: &WordBook) -> Result<String, String> {
    match plain_faults(text, book).into_iter().next() {
        None => Ok(text.trim().to_owned()),
        Some(fault) => Err(format!("its {what}: {fault}")),
    }
}

/// Words and phrases of letters, in lower case, each once; the others are left out with a note.
fn plain_words(what: &str, all: &[String], book: &WordBook, notes: &mut Vec<Note>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in all {
        let word = text.trim().to_lowercase();
        let letters = word.chars().all(|it| it.is_alphabetic() || it == ' ');
        if letters && word.chars().count() > 1 && plain_faults(&word, book).is_empty() {
            if !kept.contains(&word) {
                kept.push(word);
            }
        } else if !word.is_empty() {
            notes.push(Note::remark(format!(
                "{} among the {what} that a model drafted was left out: it is not plain words",
                told(text)
            )));
        }
    }
    kept
}
