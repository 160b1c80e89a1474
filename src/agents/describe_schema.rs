//! Asks a model what collections mean, and takes what the census allows.
//!
//! The census is not the model's: names, counts and relationships stand. It may name the domain and see a
//! collection's part otherwise than the rules. Three things it cannot undo: what the user named as core is
//! core, what no edge touches is not, and some edges must be left between collections that count.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::prose::{WordBook, plain_faults};
use super::quality::Note;
use super::showing::{choices, collection_id, collections, list, told};
use crate::llm::{LlmError, Role as Asker};
use crate::model::schema::{Census, CollectionRole, Role, Schema};

/// Tokens of each list in a prompt at most.
const LIST_TOKENS: u64 = 6_000;
/// Tokens of a reply: thirty roles of some 50 tokens.
const REPLY_TOKENS: u32 = 1_500;
/// Characters and words of a domain at most.
const LONGEST_DOMAIN: (usize, usize) = (40, 5);

/// What a model says of a schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Description {
    /// What the graph is about, in at most five words.
    #[garde(length(chars, max = 40))]
    pub domain: String,
    /// Collections whose part the model sees otherwise.
    #[garde(length(max = 30), dive)]
    pub roles: Vec<DescribedRole>,
}

/// The part that a collection plays, as a model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct DescribedRole {
    /// Handle of the collection.
    #[garde(length(chars, max = 12))]
    pub collection: String,
    /// Its part.
    #[garde(skip)]
    pub role: Part,
    /// Why, in one sentence.
    #[garde(length(chars, max = 200))]
    pub reason: String,
}

/// What part a collection plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the questions are about.
    Core,
    /// Joins core vertices to each other.
    Bridge,
    /// Describes others.
    Satellite,
}

/// `base` as a model sees it, where the census allows it. `core` are the collections that the user named.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn describe(
    adviser: &Adviser,
    base: Schema,
    core: &[String],
    book: &WordBook,
) -> Result<(Schema, Vec<Note>), LlmError> {
    if base.census.vertices.is_empty() {
        return Ok((base, Vec::new()));
    }
    let advice = adviser.ask(asking(&base)?).await?;
    let mut notes = advice.notes;
    let Some(answer) = advice.value else {
        return Ok((base, notes));
    };
    let (schema, more) = adopt(base, &answer, core, book);
    notes.extend(more);
    Ok((schema, notes))
}

fn asking<'a>(base: &Schema) -> Result<Ask<'a, Description>, LlmError> {
    let roles = base.roles.iter().map(|it| {
        let at = base
            .census
            .vertices
            .iter()
            .position(|known| known.name == it.collection);
        serde_json::json!({ "collection": at.map(collection_id), "role": it.role, "reason": it.reason })
    });
    let handles = (0..base.census.vertices.len()).map(collection_id).collect();
    let narrow = choices("/properties/roles/items/properties/collection", handles);
    Ok(Ask {
        role: Asker::Schema,
        prompt: "schema/describe",
        form: "description",
        values: vec![
            (
                "collections",
                list("collections", collections(&base.census), LIST_TOKENS)?,
            ),
            ("roles", list("roles", roles, LIST_TOKENS)?),
        ],
        narrow: narrow.into_iter().collect(),
        max_tokens: REPLY_TOKENS,
        less: None,
        check: None,
        private: Vec::new(),
    })
}

/// `base` with what of the description the census allows, and the reasons why the rest was refused.
pub fn adopt(base: Schema, answer: &Description, core: &[String], book: &WordBook) -> (Schema, Vec<Note>) {
    let mut notes = Vec::new();
    let mut schema = base.clone();
    let mut changed: Vec<String> = Vec::new();
    for described in &answer.roles {
        match role(described, &base, core, book) {
            Ok(Some((at, role))) if !changed.contains(&role.collection) => {
                changed.push(role.collection.clone());
                schema.roles[at] = role;
            }
            Ok(_) => {}
            Err(reason) => notes.push(Note::remark(format!(
                "the part that a model gave to collection {} was not taken: {reason}",
                told(&described.collection)
            ))),
        }
    }
    if let Some(fault) = fault(&schema, &base) {
        notes.push(Note::remark(format!(
            "the parts that a model gave to collections were not taken: {fault}"
        )));
        schema.roles.clone_from(&base.roles);
        changed.clear();
    }
    if !changed.is_empty() {
        notes.push(Note::remark(format!(
            "a model sees the part of {} otherwise than the rules",
            changed.join(", ")
        )));
    }
    let domain = answer.domain.trim();
    match domain_fault(domain, book) {
        _ if domain.is_empty() => {}
        None => schema.domain = renamed(&base.domain, domain),
        Some(fault) => notes.push(Note::remark(format!(
            "the domain {} that a model named was not taken: {fault}",
            told(domain)
        ))),
    }
    (schema, notes)
}

/// The place of the role in the schema and what it becomes; `None` where the rules said the same.
fn role(
    described: &DescribedRole,
    base: &Schema,
    core: &[String],
    book: &WordBook,
) -> Result<Option<(usize, CollectionRole)>, String> {
    let census = &base.census;
    let mut handles = census.vertices.iter().enumerate();
    let found = handles.find(|it| collection_id(it.0) == described.collection);
    let name = &found
        .ok_or_else(|| "the graph has no such collection".to_owned())?
        .1
        .name;
    let at = base.roles.iter().position(|it| it.collection == *name);
    let at = at.ok_or_else(|| "the rules gave it none".to_owned())?;
    let role = match described.role {
        Part::Core => Role::Core,
        Part::Bridge => Role::Bridge,
        Part::Satellite => Role::Satellite,
    };
    if base.roles[at].role == role {
        return Ok(None);
    }
    if core.contains(name) {
        return Err("it was named as core by the user".to_owned());
    }
    if role == Role::Core && !core.is_empty() {
        return Err("the user named others as core".to_owned());
    }
    let (touches, tied) = (has_edges(census, name), is_tied_to_itself(census, name));
    let others = census.vertices.iter().any(|it| has_edges(census, &it.name));
    if role != Role::Satellite && !touches && others {
        return Err("no edge touches it".to_owned());
    }
    if role == Role::Satellite && tied {
        return Err("its vertices are tied to each other".to_owned());
    }
    let reason = described.reason.trim().trim_end_matches('.');
    let reason = match plain_faults(reason, book).as_slice() {
        [] => format!("{reason} (by the model)"),
        _ => "a model sees it so".to_owned(),
    };
    let collection = name.clone();
    Ok(Some((
        at,
        CollectionRole {
            collection,
            role,
            reason,
        },
    )))
}

fn has_edges(census: &Census, name: &str) -> bool {
    let mut pairs = census.edges.iter().flat_map(|it| &it.relationships);
    pairs.any(|it| it.from == name || it.to == name)
}

fn is_tied_to_itself(census: &Census, name: &str) -> bool {
    let mut pairs = census.edges.iter().flat_map(|it| &it.relationships);
    pairs.any(|it| it.from == name && it.to == name)
}

/// What would be lost by the roles of a schema that `base` has.
fn fault(schema: &Schema, base: &Schema) -> Option<&'static str> {
    let has_core = |it: &Schema| it.roles.iter().any(|it| it.role == Role::Core);
    let lost = |is: bool, was: bool| was && !is;
    if lost(has_core(schema), has_core(base)) {
        return Some("no collection would be left that questions are about");
    }
    lost(has_inner_edges(schema), has_inner_edges(base))
        .then_some("no edges would be left between collections that count")
}

/// Whether some edges lie between collections that are no satellites, which is what most analyses see.
fn has_inner_edges(schema: &Schema) -> bool {
    let counts = |name: &str| {
        let known = schema.roles.iter().find(|it| it.collection == name);
        known.is_some_and(|it| it.role != Role::Satellite)
    };
    let mut pairs = schema.census.edges.iter().flat_map(|it| &it.relationships);
    pairs.any(|it| counts(&it.from) && counts(&it.to))
}

fn domain_fault(domain: &str, book: &WordBook) -> Option<String> {
    let (letters, words) = LONGEST_DOMAIN;
    if domain
        .chars()
        .any(|it| !it.is_alphabetic() && it != ' ' && it != '-')
    {
        return Some("it is not letters only".to_owned());
    }
    if domain.chars().count() > letters || domain.split_whitespace().count() > words {
        return Some(format!("it has more than {words} words or {letters} letters"));
    }
    plain_faults(domain, book).into_iter().next()
}

/// A domain under another name: what its largest collections are called stays.
fn renamed(before: &str, domain: &str) -> String {
    match before.split_once(": ") {
        Some((_, collections)) => format!("{domain}: {collections}"),
        None => domain.to_owned(),
    }
}
